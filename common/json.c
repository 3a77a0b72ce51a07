// SPDX-License-Identifier: MIT
/*
 * json.c - reads and writes JSON, all of it or nothing
 *
 * Whether an allocation failed is read from errno, because jansson itself often does not say. A NUL
 * byte is refused before jansson sees it: between two tokens it would pass over one.
 */
#include "common/json.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct source {
	const char *at;
	size_t left;
	bool starved; /* an allocation has failed meanwhile */
};

/* Hands jansson one byte at a time, so that a failed allocation is noticed at the next byte: before
 * jansson goes on, and before it reads a number, which clears errno. */
static size_t next_byte(void *byte, size_t size, void *user)
{
	struct source *source = user;

	(void)size;
	source->starved |= errno == ENOMEM;
	if (source->starved || !source->left)
		return 0;
	*(char *)byte = *source->at++;
	source->left--;
	return 1;
}

void cbx_json_wipe(json_t **json)
{
	const char *name;
	json_t *child;
	size_t i;

	if (!*json)
		return;
	/* jansson returns its strings as const; this tree belongs to us and is about to be freed */
	if (json_is_string(*json))
		explicit_bzero((void *)(uintptr_t)json_string_value(*json),
			       json_string_length(*json));
	json_array_foreach(*json, i, child)
	{
		json_t *borrowed = json_incref(child);

		cbx_json_wipe(&borrowed);
	}
	json_object_foreach(*json, name, child)
	{
		json_t *borrowed = json_incref(child);

		cbx_json_wipe(&borrowed);
	}
	json_decref(*json);
	*json = NULL;
}

/* Where jansson would have stopped */
static int refuse_nul(const char *bytes, const char *nul, json_error_t *error)
{
	if (!error)
		return CHATTERBOX_E_DECODE;
	*error = (json_error_t){ .line = 1, .text = "a NUL byte" };
	for (; bytes < nul; bytes++) {
		error->column++;
		if (*bytes != '\n')
			continue;
		error->line++;
		error->column = 0;
	}
	return CHATTERBOX_E_DECODE;
}

/* 0, -ENOMEM or CHATTERBOX_E_DECODE */
static int read_once(const char *bytes, size_t len, json_t **out, json_error_t *error)
{
	cbx_auto(cbx_json_wipe) json_t *json = NULL; /* it may hold secrets */
	struct source source = { .at = bytes, .left = len };

	errno = 0;
	json = json_load_callback(next_byte, &source, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
				  error);
	if (source.starved || errno == ENOMEM)
		return -ENOMEM;
	if (!json)
		return CHATTERBOX_E_DECODE;
	*out = cbx_steal(json);
	return 0;
}

int cbx_json_read(const char *bytes, size_t len, json_t **out, json_error_t *error)
{
	const char *nul = len ? memchr(bytes, '\0', len) : NULL;
	int result;

	if (nul)
		return refuse_nul(bytes, nul, error);
	result = read_once(bytes, len, out, error);
	/* malloc() may leave ENOMEM behind and still have found memory, elsewhere */
	if (result == -ENOMEM)
		result = read_once(bytes, len, out, error);
	return result;
}

static int add(const char *bytes, size_t len, void *text)
{
	cbx_text_add(text, bytes, len);
	return 0;
}

char *cbx_json_text(const json_t *json)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	char *out = NULL;

	/* the text remembers the first failed allocation, whatever jansson makes of it */
	if (json_dump_callback(json, add, &text, JSON_COMPACT))
		return NULL;
	return cbx_text_take(&text, &out, NULL) < 0 ? NULL : out;
}
