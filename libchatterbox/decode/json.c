// SPDX-License-Identifier: MIT
/*
 * json.c - reads JSON as RFC 8259 has it, and nothing that is not
 *
 * The text lies in memory as a whole, so values are handed over as slices of it: nothing is copied,
 * but for strings with escapes. Containers that no level wants are checked like all others.
 */
#include "decode/json.h"
#include "common/utf8.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

struct walk {
	const char *at;
	const char *end;
	char *decoded; /* where the next string with escapes goes */
	const struct cbx_json_doc *doc;
	void *context;
	unsigned depth; /* containers that are open */
};

/* NUL, which is nowhere in JSON, at the end */
static char peek(const struct walk *w)
{
	return w->at < w->end ? *w->at : '\0';
}

static char peek_token(struct walk *w)
{
	while (w->at < w->end &&
	       (*w->at == ' ' || *w->at == '\n' || *w->at == '\r' || *w->at == '\t'))
		w->at++;
	return peek(w);
}

static bool skip(struct walk *w, char c)
{
	bool is = w->at < w->end && *w->at == c;

	w->at += is;
	return is;
}

static bool skip_digits(struct walk *w)
{
	const char *start = w->at;

	while (peek(w) >= '0' && peek(w) <= '9')
		w->at++;
	return w->at > start;
}

static bool skip_number(struct walk *w)
{
	skip(w, '-');
	if (!skip(w, '0') && !skip_digits(w))
		return false;
	if (skip(w, '.') && !skip_digits(w))
		return false;
	if (!skip(w, 'e') && !skip(w, 'E'))
		return true;
	if (!skip(w, '+'))
		skip(w, '-');
	return skip_digits(w);
}

static bool skip_text(struct walk *w, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(w->end - w->at) < len || memcmp(w->at, text, len) != 0)
		return false;
	w->at += len;
	return true;
}

/* The four digits of an escape; false: they are not */
static bool read_hex(struct walk *w, uint32_t *code)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int i;

	*code = 0;
	for (i = 0; i < 4; i++, w->at++) {
		const char *digit = strchr(digits, peek(w));

		if (!digit || !*digit)
			return false;
		*code = *code << 4 | ((uint32_t)(digit - digits) & 15);
	}
	return true;
}

static void put_utf8(struct walk *w, uint32_t code)
{
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };
	int more = (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);

	*w->decoded++ = (char)(first[more] | code >> 6 * more);
	while (more--)
		*w->decoded++ = (char)(0x80 | (code >> 6 * more & 0x3f));
}

/* After "\u". Two escapes make one character when they are a surrogate pair; a lone surrogate is
 * none, and becomes '?'. */
static bool unescape_code(struct walk *w, struct cbx_json *string)
{
	uint32_t code;
	uint32_t low;
	bool lone;

	if (!read_hex(w, &code))
		return false;
	if (code >= 0xd800 && code < 0xdc00) {
		const char *next = w->at;

		if (skip_text(w, "\\u") && read_hex(w, &low) && low >= 0xdc00 && low < 0xe000)
			code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
		else
			w->at = next; /* an escape of its own, to be judged in its turn */
	}
	lone = code >= 0xd800 && code < 0xe000;
	if (lone || !code)
		string->clean = false;
	put_utf8(w, lone ? '?' : code);
	return true;
}

/* After "\" */
static bool unescape(struct walk *w, struct cbx_json *string)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *escape = strchr(escapes, peek(w));

	if (skip(w, 'u'))
		return unescape_code(w, string);
	if (!escape || !*escape)
		return false;
	w->at++;
	*w->decoded++ = meanings[escape - escapes];
	return true;
}

/* A string with escapes, from its beginning */
static bool read_escapes(struct walk *w, struct cbx_json *string)
{
	unsigned char c;

	w->at = string->text;
	string->text = w->decoded;
	while ((c = (unsigned char)peek(w)) != '"') {
		if (c < 0x20)
			return false;
		w->at++;
		if (c != '\\')
			*w->decoded++ = (char)c;
		else if (!unescape(w, string))
			return false;
	}
	string->text_len = (size_t)(w->decoded - string->text);
	return true;
}

/* At its quote. Most bytes of a document pass through its loop. */
static bool read_string(struct walk *w, struct cbx_json *string)
{
	static const bool plain[256] = { [' ' ... '!'] = true,
					 ['#' ... '['] = true,
					 [']' ... 255] = true };
	const char *at = w->at + 1;

	*string = (struct cbx_json){
		.type = CBX_JSON_STRING, .clean = true, .raw = w->at, .text = at
	};
	while (at < w->end && plain[(unsigned char)*at])
		at++;
	w->at = at;
	string->text_len = (size_t)(at - string->text);
	if ((peek(w) == '\\' && !read_escapes(w, string)) || !skip(w, '"'))
		return false;
	string->raw_len = (size_t)(w->at - string->raw);
	return true;
}

static int read_value(struct walk *w, const struct cbx_level *level, const struct cbx_json *key);

/* What is in a container, after its bracket; @level may be NULL */
static int read_members(struct walk *w, const struct cbx_level *level, char bracket)
{
	struct cbx_json key;
	bool keyed = bracket == '}';
	int result;

	peek_token(w);
	if (skip(w, bracket))
		return 0;
	do {
		if (keyed && (peek_token(w) != '"' || !read_string(w, &key) ||
			      peek_token(w) != ':' || !skip(w, ':')))
			return CHATTERBOX_E_DECODE;
		result = read_value(w, level, keyed ? &key : NULL);
		if (result)
			return result;
		peek_token(w);
	} while (skip(w, ','));
	return skip(w, bracket) ? 0 : CHATTERBOX_E_DECODE;
}

static int read_container(struct walk *w, const struct cbx_level *level, const struct cbx_json *key)
{
	struct cbx_json whole = {
		*w->at == '{' ? CBX_JSON_OBJECT : CBX_JSON_ARRAY, true, w->at, 0, NULL, 0
	};
	const struct cbx_level *enter = NULL;
	ssize_t known = 0;
	int result = 0;

	if (level && level == w->doc->known_in)
		known = w->doc->known(w->context, w->at, (size_t)(w->end - w->at));
	w->at += known > 0 ? known : 0;
	if (known)
		return known < 0 ? (int)known : 0;
	if (++w->depth > CBX_JSON_DEPTH)
		return CHATTERBOX_E_DECODE;
	if (level && level->open)
		result = level->open(w->context, key, whole.type, &enter);
	w->at++;
	if (!result)
		result = read_members(w, enter, whole.type == CBX_JSON_OBJECT ? '}' : ']');
	if (result)
		return result;
	w->depth--;
	if (enter)
		return enter->close ? enter->close(w->context) : 0;
	whole.raw_len = (size_t)(w->at - whole.raw);
	return level ? level->take(w->context, key, &whole) : 0;
}

static bool read_scalar(struct walk *w, char first, struct cbx_json *value)
{
	bool valid;

	if (first == '"')
		return read_string(w, value);
	*value = (struct cbx_json){ .clean = true, .raw = w->at };
	if (first == 't' || first == 'f' || first == 'n') {
		value->type = first == 'n' ? CBX_JSON_NULL : CBX_JSON_BOOL;
		valid = skip_text(w, first == 'n' ? "null" : first == 't' ? "true" : "false");
	} else {
		value->type = CBX_JSON_NUMBER;
		valid = skip_number(w);
		value->text = value->raw;
		value->text_len = (size_t)(w->at - value->raw);
	}
	value->raw_len = (size_t)(w->at - value->raw);
	return valid;
}

static int read_value(struct walk *w, const struct cbx_level *level, const struct cbx_json *key)
{
	char first = peek_token(w);
	struct cbx_json value;

	if (first == '{' || first == '[')
		return read_container(w, level, key);
	if (!read_scalar(w, first, &value))
		return CHATTERBOX_E_DECODE;
	return level ? level->take(w->context, key, &value) : 0;
}

int cbx_json_open(const char *bytes, size_t len, struct cbx_json_doc *doc)
{
	if (!len || !cbx_utf8_valid(bytes, len))
		return CHATTERBOX_E_DECODE;
	*doc = (struct cbx_json_doc){ .bytes = bytes, .len = len };
	if (!memchr(bytes, '\\', len))
		return 0;
	doc->room = malloc(len); /* no escape is shorter than what it means */
	return doc->room ? 0 : -ENOMEM;
}

void cbx_json_close(struct cbx_json_doc *doc)
{
	free(doc->room);
	doc->room = NULL;
}

int cbx_json_walk(struct cbx_json_doc *doc, const struct cbx_level *root, void *context)
{
	struct walk w = { doc->bytes, doc->bytes + doc->len, doc->room, doc, context, 0 };
	int result = read_value(&w, root, NULL);

	peek_token(&w);
	return result || w.at == w.end ? result : CHATTERBOX_E_DECODE;
}
