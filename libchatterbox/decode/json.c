// SPDX-License-Identifier: MIT
/*
 * json.c - reads JSON with yajl, and refuses what yajl lets through
 *
 * yajl accepts some invalid UTF-8, and the control characters VT and FF as white space, so the
 * bytes are checked first. It has no limit to nesting, so depth is counted here. It accepts an
 * unfinished string after the document, so that is looked for. Its byte offsets give each value the
 * slice of the document in which it stands.
 */
#include "decode/json.h"
#include "common/utf8.h"
#include "decode/memory.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

struct walk {
	const struct cbx_json_doc *doc;
	yajl_handle yajl;
	void *context;
	int result;
	size_t end;   /* end of the last token */
	size_t depth; /* containers that are open */
	size_t skip;  /* everything deeper than this is skipped; 0 = nothing is */
	size_t skip_start;
	bool keyed;     /* `key` belongs to the value that comes next */
	bool finishing; /* the end of the text was reached */
	struct cbx_json key;
	struct cbx_json_room room;
	char *decoded;
	const struct cbx_level
		*levels[CBX_JSON_DEPTH + 1]; /* of the containers that were entered */
};

/* Is there no NUL and no lone surrogate among the escapes of this raw string? */
static bool escapes_clean(const char *raw, size_t len)
{
	const char *p = raw;
	const char *end = raw + len;
	bool high = false;

	while (p < end) {
		char hex[5] = { 0 };
		unsigned long code;

		if (*p != '\\' || p[1] != 'u') {
			if (high)
				return false;
			p += *p == '\\' ? 2 : 1;
			continue;
		}
		memcpy(hex, p + 2, 4);
		code = strtoul(hex, NULL, 16);
		p += 6;
		if (!code || high != (code >= 0xdc00 && code <= 0xdfff))
			return false;
		high = code >= 0xd800 && code <= 0xdbff;
	}
	return !high;
}

/* Notes where the token that yajl has just read ends, and returns where it began */
static size_t token_start(struct walk *w)
{
	size_t start = w->end;
	const char *bytes = w->doc->bytes;

	w->end = yajl_get_bytes_consumed(w->yajl);
	while (start < w->end &&
	       (bytes[start] == ' ' || bytes[start] == ',' || bytes[start] == ':' ||
		bytes[start] == '\n' || bytes[start] == '\r' || bytes[start] == '\t'))
		start++;
	return start;
}

static struct cbx_json token(struct walk *w, enum cbx_json_type type, size_t start)
{
	return (struct cbx_json){
		.type = type, .raw = w->doc->bytes + start, .raw_len = w->end - start, .clean = true
	};
}

static struct cbx_json string_token(struct walk *w, const unsigned char *text, size_t len)
{
	struct cbx_json string = token(w, CBX_JSON_STRING, token_start(w));

	string.text = (const char *)text;
	string.text_len = len;
	if (string.raw_len == len + 2)
		return string;
	/* it had escapes: yajl's buffer holds it only until the next one */
	memcpy(w->decoded, text, len);
	string.text = w->decoded;
	w->decoded += len;
	string.clean = escapes_clean(string.raw + 1, string.raw_len - 2);
	return string;
}

static int finish(struct walk *w, int result)
{
	w->result = result;
	return !result;
}

static int take(struct walk *w, const struct cbx_json *value)
{
	bool keyed = w->keyed;

	w->keyed = false;
	return finish(w, w->levels[w->depth]->take(w->context, keyed ? &w->key : NULL, value));
}

static int take_scalar(struct walk *w, enum cbx_json_type type)
{
	struct cbx_json value;

	if (w->skip)
		return 1;
	value = token(w, type, token_start(w));
	if (type == CBX_JSON_NUMBER) {
		value.text = value.raw;
		value.text_len = value.raw_len;
	}
	return take(w, &value);
}

static int on_null(void *context)
{
	return take_scalar(context, CBX_JSON_NULL);
}

static int on_boolean(void *context, int value)
{
	(void)value;
	return take_scalar(context, CBX_JSON_BOOL);
}

static int on_number(void *context, const char *text, size_t len)
{
	struct walk *w = context;

	(void)text;
	(void)len;
	/* a number that only the end of the text has ended: truncated, or no document at all */
	if (w->finishing)
		return finish(w, CHATTERBOX_E_DECODE);
	return take_scalar(w, CBX_JSON_NUMBER);
}

static int on_string(void *context, const unsigned char *text, size_t len)
{
	struct walk *w = context;
	struct cbx_json value;

	if (w->skip)
		return 1;
	value = string_token(w, text, len);
	return take(w, &value);
}

static int on_key(void *context, const unsigned char *text, size_t len)
{
	struct walk *w = context;

	if (w->skip)
		return 1;
	w->key = string_token(w, text, len);
	w->keyed = true;
	return 1;
}

static int open_container(struct walk *w, enum cbx_json_type type)
{
	const struct cbx_level *level = w->levels[w->depth];
	const struct cbx_level *enter = NULL;
	size_t start;
	int result;

	if (w->depth == CBX_JSON_DEPTH)
		return finish(w, CHATTERBOX_E_DECODE);
	if (w->skip) {
		w->depth++;
		return 1;
	}
	start = token_start(w);
	if (level->open) {
		result = level->open(w->context, w->keyed ? &w->key : NULL, type, &enter);
		if (result)
			return finish(w, result);
	}
	w->depth++;
	w->levels[w->depth] = enter;
	if (enter) {
		w->keyed = false;
	} else {
		w->skip = w->depth;
		w->skip_start = start;
	}
	return 1;
}

static int close_container(struct walk *w, enum cbx_json_type type)
{
	const struct cbx_level *level = w->levels[w->depth];
	struct cbx_json value;

	if (w->skip) {
		if (w->depth-- != w->skip)
			return 1;
		w->skip = 0;
		w->end = yajl_get_bytes_consumed(w->yajl);
		value = token(w, type, w->skip_start);
		return take(w, &value);
	}
	token_start(w);
	w->depth--;
	return level->close ? finish(w, level->close(w->context)) : 1;
}

static int on_start_map(void *context)
{
	return open_container(context, CBX_JSON_OBJECT);
}

static int on_end_map(void *context)
{
	return close_container(context, CBX_JSON_OBJECT);
}

static int on_start_array(void *context)
{
	return open_container(context, CBX_JSON_ARRAY);
}

static int on_end_array(void *context)
{
	return close_container(context, CBX_JSON_ARRAY);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

int cbx_json_open(const char *bytes, size_t len, struct cbx_json_doc *doc)
{
	if (!len || memchr(bytes, '\v', len) || memchr(bytes, '\f', len) ||
	    !cbx_utf8_valid(bytes, len))
		return CHATTERBOX_E_DECODE;
	*doc = (struct cbx_json_doc){ .bytes = bytes, .len = len };
	doc->has_escapes = memchr(bytes, '\\', len) != NULL;
	doc->room_size = cbx_json_room_size(len, doc->has_escapes);
	if (!doc->room_size)
		return -ENOMEM;
	doc->room = malloc(doc->room_size);
	return doc->room ? 0 : -ENOMEM;
}

void cbx_json_close(struct cbx_json_doc *doc)
{
	free(doc->room);
	doc->room = NULL;
}

static bool is_over(const struct walk *w)
{
	size_t at = w->end;

	while (at < w->doc->len && strchr(" \t\r\n", w->doc->bytes[at]))
		at++;
	return at == w->doc->len;
}

int cbx_json_walk(struct cbx_json_doc *doc, const struct cbx_level *root, void *context)
{
	const unsigned char *bytes = (const unsigned char *)doc->bytes;
	struct walk w = { .doc = doc, .context = context, .levels = { root } };
	yajl_alloc_funcs functions;
	yajl_status status;

	w.decoded = doc->room;
	w.room = (struct cbx_json_room){ .bytes = doc->room, .size = doc->room_size };
	w.room.used = doc->has_escapes ? doc->len : 0;
	functions = cbx_json_room_functions(&w.room);
	w.yajl = yajl_alloc(&callbacks, &functions, &w);
	/* done already, and more strictly */
	yajl_config(w.yajl, yajl_dont_validate_strings, 1);
	status = yajl_parse(w.yajl, bytes, doc->len);
	w.finishing = true;
	if (status == yajl_status_ok)
		status = yajl_complete_parse(w.yajl);
	yajl_free(w.yajl);
	if (w.result)
		return w.result;
	return status == yajl_status_ok && is_over(&w) ? 0 : CHATTERBOX_E_DECODE;
}
