// SPDX-License-Identifier: MIT
/* The reader of JSON by itself: what is a document, what a string means, where a value stands. */
#include "common/cleanup.h"
#include "common/text.h"
#include "decode/json.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <stdlib.h>
#include <string.h>

/* Notes what it is shown, as "key=raw;" for each value and "/" for the end of a container */
struct seen {
	struct cbx_text values;
	const struct cbx_level *inside; /* of containers; NULL: they are taken whole */
	bool clean;
	char text[64]; /* of the last value, decoded */
};

static int note(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct seen *seen = context;

	cbx_text_printf(&seen->values, "%.*s=%.*s;", key ? (int)key->text_len : 0,
			key ? key->text : "", (int)value->raw_len, value->raw);
	seen->clean = value->clean;
	memcpy(seen->text, value->text ? value->text : "", value->text_len);
	seen->text[value->text_len] = '\0';
	return 0;
}

static int enter_inside(void *context, const struct cbx_json *key, enum cbx_json_type type,
			const struct cbx_level **enter)
{
	struct seen *seen = context;

	(void)key;
	(void)type;
	*enter = seen->inside;
	return 0;
}

static int note_end(void *context)
{
	struct seen *seen = context;

	cbx_text_putc(&seen->values, '/');
	return 0;
}

static const struct cbx_level level = { enter_inside, note, note_end };

/* From a copy of just its size, so that a byte read behind it is found */
static int read_text(const char *text, size_t len, struct seen *seen)
{
	char *copy = malloc(len + !len);
	struct cbx_json_doc doc;
	int result;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	result = cbx_json_open(copy, len, &doc);
	if (!result) {
		result = cbx_json_walk(&doc, &level, seen);
		cbx_json_close(&doc);
	}
	free(copy);
	return result;
}

static const char *const documents[] = {
	"null",
	"true",
	"false",
	"0",
	"-0",
	"5",
	"-17",
	"1.5",
	"0.0",
	"1e3",
	"1E+3",
	"1e-300",
	"12345678901234567890123",
	"\"\"",
	"\"a\"",
	"[]",
	"{}",
	"[1]",
	"[[],{}]",
	" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n",
	"{\"\":null}",
	"{\"a\":1,\"a\":2}",
	"\"\\u0000\"",
	"\"\\ud800\"",
	"\"\\/\\\"\\\\\\b\\f\\n\\r\\t\"",
	"\"\x7f\xc3\xa9\"",
};

static const char *const others[] = {
	"",
	" ",
	"nul",
	"nulll",
	"True",
	"+1",
	"01",
	"-",
	"-a",
	".5",
	"1.",
	"1.e3",
	"1e",
	"1e+",
	"0x10",
	"1 2",
	"\"",
	"\"a",
	"\"\\\"",
	"\"\\",
	"\"\\x\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"\\ud800\\u12\"",
	"\"a\nb\"",
	"\"\x01\"",
	"'a'",
	"[",
	"]",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[1 2]",
	"[1}",
	"{",
	"{\"a\"",
	"{\"a\":",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1,}",
	"{a:1}",
	"{1:1}",
	"{\"a\" 1}",
	"{\"a\":1]",
	"{\"a\":1 \"b\":2}",
	"{}{}",
	"[] x",
	"/**/1",
	"\v1",
	"1\f",
	"\xef\xbb\xbf[]",
	"\"\xc0\x80\"",
	"\"\xed\xa0\x80\"",
	"\"\xff\"",
	"NaN",
	"Infinity",
};

static int verdict(const char *text, size_t len)
{
	struct seen seen = { .inside = NULL };
	int result = read_text(text, len, &seen);

	cbx_text_free(&seen.values);
	return result;
}

START_TEST(takes_json)
{
	ck_assert_msg(!verdict(documents[_i], strlen(documents[_i])), "%s", documents[_i]);
}
END_TEST

START_TEST(takes_nothing_else)
{
	ck_assert_msg(verdict(others[_i], strlen(others[_i])) == CHATTERBOX_E_DECODE, "%s",
		      others[_i]);
}
END_TEST

START_TEST(takes_no_nul)
{
	ck_assert_int_eq(verdict("1\0", 2), CHATTERBOX_E_DECODE);
	ck_assert_int_eq(verdict("\"a\0b\"", 5), CHATTERBOX_E_DECODE);
}
END_TEST

static const struct {
	const char *raw, *text;
	bool clean;
} strings[] = {
	{ "\"plain\"", "plain", true },
	{ "\"a\\u00e9\\u20ac\\ud83d\\uDE00z\"", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z", true },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", true },
	{ "\"x\\ud800y\"", "x?y", false },
	{ "\"\\udc00\"", "?", false },
	{ "\"\\ud800\\ud83d\\ude00\"", "?\xf0\x9f\x98\x80", false },
	{ "\"\\ud800\\n\"", "?\n", false },
	{ "\"a\\u0000b\"", "a", false },
};

START_TEST(decodes_strings)
{
	struct seen seen = { .inside = NULL };

	ck_assert_int_eq(read_text(strings[_i].raw, strlen(strings[_i].raw), &seen), 0);
	ck_assert_str_eq(seen.text, strings[_i].text);
	ck_assert_int_eq(seen.clean, strings[_i].clean);
	cbx_text_free(&seen.values);
}
END_TEST

START_TEST(enters_or_takes_whole)
{
	static const char text[] = " {\"a\\u0062\": [1, {\"x\":\"\\n\"}] ,\"c\":-2 } ";
	struct seen entered = { .inside = &level };
	struct seen whole = { .inside = NULL };

	ck_assert_int_eq(read_text(text, sizeof(text) - 1, &entered), 0);
	ck_assert_str_eq(entered.values.bytes, "=1;x=\"\\n\";//c=-2;/");
	ck_assert_int_eq(read_text(text, sizeof(text) - 1, &whole), 0);
	ck_assert_str_eq(whole.values.bytes, "={\"a\\u0062\": [1, {\"x\":\"\\n\"}] ,\"c\":-2 };");
	cbx_text_free(&entered.values);
	cbx_text_free(&whole.values);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("decode_json");

	tcase_add_loop_test(tcase, takes_json, 0, (int)CBX_COUNT(documents));
	tcase_add_loop_test(tcase, takes_nothing_else, 0, (int)CBX_COUNT(others));
	tcase_add_test(tcase, takes_no_nul);
	tcase_add_loop_test(tcase, decodes_strings, 0, (int)CBX_COUNT(strings));
	tcase_add_test(tcase, enters_or_takes_whole);
	suite_add_tcase(suite, tcase);
}
