// SPDX-License-Identifier: MIT
/*
 * fuzz_json.c - the walk through a JSON text, compared with jansson
 *
 * The walk enters everything and writes it down again as JSON, which must be equal for jansson;
 * what jansson refuses, the walk refuses. Where JSON allows what jansson can't hold, only the
 * walk's own promises are checked.
 */
#include "fuzz.h"

#include "common/text.h"
#include "common/utf8.h"
#include "decode/json.h"

#include <chatterbox/error.h>
#include <string.h>

struct writer {
	struct cbx_text text;
	const char *bytes;
	size_t len;
	bool first;
	size_t depth;
	bool arrays[CBX_JSON_DEPTH + 1];
};

static void put_slice(struct writer *writer, const char *raw, size_t len)
{
	FUZZ_CHECK(raw >= writer->bytes && raw + len <= writer->bytes + writer->len && len);
	cbx_text_add(&writer->text, raw, len);
}

static void put_key(struct writer *writer, const struct cbx_json *key)
{
	if (!writer->first)
		cbx_text_putc(&writer->text, ',');
	writer->first = false;
	FUZZ_CHECK(!key == (!writer->depth || writer->arrays[writer->depth]));
	if (!key)
		return;
	FUZZ_CHECK(key->type == CBX_JSON_STRING && key->text);
	put_slice(writer, key->raw, key->raw_len);
	cbx_text_putc(&writer->text, ':');
}

static int on_open(void *user, const struct cbx_json *key, enum cbx_json_type type,
		   const struct cbx_level **enter);

/* The decoded text of a clean string is jansson's */
static void check_string(const struct cbx_json *value)
{
	json_t *json = json_loadb(value->raw, value->raw_len, JSON_DECODE_ANY, NULL);

	FUZZ_CHECK(json || !value->clean);
	FUZZ_CHECK(!value->clean || json_string_length(json) == value->text_len);
	FUZZ_CHECK(!value->clean || !value->text_len ||
		   !memcmp(json_string_value(json), value->text, value->text_len));
	FUZZ_CHECK(!value->clean || cbx_utf8_valid(value->text, value->text_len));
	json_decref(json);
}

static int on_take(void *user, const struct cbx_json *key, const struct cbx_json *value)
{
	struct writer *writer = user;

	put_key(writer, key);
	put_slice(writer, value->raw, value->raw_len);
	FUZZ_CHECK((value->type == CBX_JSON_STRING || value->type == CBX_JSON_NUMBER) ==
		   !!value->text);
	if (value->type == CBX_JSON_STRING)
		check_string(value);
	return 0;
}

static int on_close(void *user)
{
	struct writer *writer = user;

	cbx_text_putc(&writer->text, writer->arrays[writer->depth--] ? ']' : '}');
	writer->first = false;
	return 0;
}

static const struct cbx_level inner = { on_open, on_take, on_close };

static int on_open(void *user, const struct cbx_json *key, enum cbx_json_type type,
		   const struct cbx_level **enter)
{
	struct writer *writer = user;

	put_key(writer, key);
	FUZZ_CHECK(writer->depth < CBX_JSON_DEPTH);
	writer->arrays[++writer->depth] = type == CBX_JSON_ARRAY;
	cbx_text_putc(&writer->text, type == CBX_JSON_ARRAY ? '[' : '{');
	writer->first = true;
	*enter = &inner;
	return 0;
}

/* The same document, its outermost container taken whole: a slice that is the trimmed text */
static int take_whole(void *user, const struct cbx_json *key, const struct cbx_json *value)
{
	struct writer *writer = user;

	FUZZ_CHECK(!key);
	put_slice(writer, value->raw, value->raw_len);
	return 0;
}

static const struct cbx_level whole = { NULL, take_whole, NULL };

static void check_whole(struct cbx_json_doc *doc)
{
	struct writer writer = { .bytes = doc->bytes, .len = doc->len };
	size_t start = strspn(doc->bytes, " \t\r\n");
	size_t end = doc->len;

	while (end > start && strchr(" \t\r\n", doc->bytes[end - 1]))
		end--;
	FUZZ_CHECK(!cbx_json_walk(doc, &whole, &writer));
	FUZZ_CHECK(writer.text.len == end - start &&
		   !memcmp(writer.text.bytes, doc->bytes + start, end - start));
	cbx_text_free(&writer.text);
}

static bool is_deep(const struct cbx_json_doc *doc)
{
	size_t opened = 0;
	size_t i;

	for (i = 0; i < doc->len; i++)
		opened += doc->bytes[i] == '[' || doc->bytes[i] == '{';
	return opened > CBX_JSON_DEPTH;
}

static void walk(struct cbx_json_doc *doc)
{
	struct writer writer = { .bytes = doc->bytes, .len = doc->len, .first = true };
	int result = cbx_json_walk(doc, &inner, &writer);
	json_error_t error = { 0 };
	json_t *json = json_loadb(doc->bytes, doc->len, JSON_DECODE_ANY, &error);
	json_t *written;

	FUZZ_CHECK(!result || result == CHATTERBOX_E_DECODE);
	FUZZ_CHECK(!result || !json || is_deep(doc));
	if (!result) {
		FUZZ_CHECK(!writer.depth);
		FUZZ_CHECK(json || fuzz_is_beyond_jansson(&error));
		written = fuzz_json(writer.text.bytes, writer.text.len);
		FUZZ_CHECK(!json == !written && (!json || json_equal(json, written)));
		json_decref(written);
		check_whole(doc);
	}
	json_decref(json);
	cbx_text_free(&writer.text);
}

static int take_any(void *user, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)user;
	(void)key;
	(void)value;
	return 0;
}

static const struct cbx_level any = { NULL, take_any, NULL };

static bool is_document(const char *text, size_t size)
{
	struct cbx_json_doc doc;
	int result = cbx_json_open(text, size, &doc);

	if (result)
		return false;
	result = cbx_json_walk(&doc, &any, NULL);
	cbx_json_close(&doc);
	return !result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct cbx_json_doc doc;

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	/* jansson passes over a NUL between tokens */
	if (memchr(text, '\0', size))
		FUZZ_CHECK(!is_document(text, size));
	else if (!cbx_json_open(text, size, &doc)) {
		walk(&doc);
		cbx_json_close(&doc);
	}
	free(text);
	return 0;
}
