/* SPDX-License-Identifier: MIT */
/*
 * json.h - walks through a JSON document and hands each value over with its original bytes
 *
 * What a document means is described by levels, one for each kind of container. When a container
 * begins, the present level says whether to enter it, and with which level, or to take it whole, as
 * a slice of the document.
 */
#ifndef CBX_DECODE_JSON_H
#define CBX_DECODE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

enum cbx_json_type {
	CBX_JSON_NULL,
	CBX_JSON_BOOL,
	CBX_JSON_NUMBER,
	CBX_JSON_STRING,
	CBX_JSON_ARRAY,
	CBX_JSON_OBJECT,
};

/* A value or a key. Its slices live as long as the document. */
struct cbx_json {
	enum cbx_json_type type;
	bool clean;      /* a string without an escaped NUL or lone surrogate */
	const char *raw; /* as it stands in the document */
	size_t raw_len;
	const char *text; /* a string's characters; a number's digits; else NULL */
	size_t text_len;
};

/* Each function returns 0 to continue; any other value ends the walk, which returns it. @key is
 * NULL at the root and in arrays. */
struct cbx_level {
	/* A container begins: set *enter to go in. NULL: containers are taken whole. */
	int (*open)(void *context, const struct cbx_json *key, enum cbx_json_type type,
		    const struct cbx_level **enter);
	/* A scalar, or a container that was not entered */
	int (*take)(void *context, const struct cbx_json *key, const struct cbx_json *value);
	/* The container that was entered with this level ends; may be NULL */
	int (*close)(void *context);
};

struct cbx_json_doc {
	const char *bytes;
	size_t len;
	char *room; /* for strings with escapes, decoded; NULL if there are none */
	/* Asked about each container in @known_in (NULL: none): how many bytes it has, if it need
	 * not be read; else 0; negative ends the walk */
	const struct cbx_level *known_in;
	ssize_t (*known)(void *context, const char *at, size_t left);
};

#define CBX_JSON_DEPTH 64

/* CHATTERBOX_E_DECODE: the bytes can't be JSON; -ENOMEM. @bytes are borrowed. */
int cbx_json_open(const char *bytes, size_t len, struct cbx_json_doc *doc);
void cbx_json_close(struct cbx_json_doc *doc);
/* 0, what a level returned, or CHATTERBOX_E_DECODE: not JSON, or nested deeper than 64. A second
 * walk invalidates the slices of the first one. */
int cbx_json_walk(struct cbx_json_doc *doc, const struct cbx_level *root, void *context);

/* Is this string (or key) equal to @text? */
static inline bool cbx_json_is(const struct cbx_json *string, const char *text)
{
	return string->text_len == strlen(text) && !memcmp(string->text, text, string->text_len);
}

#endif
