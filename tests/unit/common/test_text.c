// SPDX-License-Identifier: MIT
/* Growing text: its content, its JSON strings, and that a failure stays until it is reported. */
#include "common/cleanup.h"
#include "common/text.h"
#include "unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

START_TEST(grows)
{
	struct cbx_text text = { 0 };
	char *bytes = NULL;
	size_t len = 0;
	size_t i;

	for (i = 0; i < 5000; i++) {
		cbx_text_putc(&text, 'a');
		cbx_text_puts(&text, "bc");
		cbx_text_add(&text, "defg", 1);
		cbx_text_printf(&text, "%04zu", i);
		ck_assert_uint_eq(text.len, (i + 1) * 8);
		ck_assert_int_eq(text.bytes[text.len], '\0');
	}
	ck_assert_int_eq(strncmp(text.bytes, "abcd0000abcd0001", 16), 0);
	ck_assert_int_eq(cbx_text_take(&text, &bytes, &len), 0);
	ck_assert_uint_eq(len, 40000);
	ck_assert_str_eq(bytes + len - 8, "abcd4999");
	ck_assert_ptr_null(text.bytes);
	free(bytes);
}
END_TEST

START_TEST(empty_and_cleared)
{
	struct cbx_text text = { 0 };
	char *bytes = NULL;

	ck_assert_int_eq(cbx_text_take(&text, &bytes, NULL), 0);
	ck_assert_str_eq(bytes, "");
	free(bytes);
	cbx_text_clear(&text);
	cbx_text_puts(&text, "x");
	cbx_text_clear(&text);
	ck_assert_uint_eq(text.len, 0);
	ck_assert_str_eq(text.bytes, "");
	cbx_text_add(&text, "", 0);
	cbx_text_add(&text, NULL, 0);
	ck_assert_uint_eq(text.len, 0);
	cbx_text_free(&text);
	cbx_text_free(&text);
}
END_TEST

START_TEST(failure_sticks)
{
	struct cbx_text text = { 0 };
	char *bytes = NULL;

	cbx_text_add(&text, "x", SIZE_MAX); /* nobody has that much */
	ck_assert(text.failed);
	cbx_text_clear(&text);
	cbx_text_puts(&text, "before");
	cbx_text_add(&text, "x", SIZE_MAX);
	ck_assert(text.failed);
	cbx_text_puts(&text, "after");
	cbx_text_printf(&text, "%d", 1);
	ck_assert_uint_eq(text.len, 6);
	ck_assert_int_eq(cbx_text_take(&text, &bytes, NULL), -ENOMEM);
	ck_assert_ptr_null(bytes);
	/* and it is usable again */
	cbx_text_puts(&text, "again");
	ck_assert_int_eq(cbx_text_take(&text, &bytes, NULL), 0);
	ck_assert_str_eq(bytes, "again");
	free(bytes);
}
END_TEST

START_TEST(json_strings_read_back)
{
	struct cbx_text text = { 0 };
	char all[128 + 9];
	json_t *read;
	int c;

	for (c = 1; c < 128; c++)
		all[c - 1] = (char)c;
	memcpy(all + 127, "\xc3\xa9\xf0\x9f\x98\x80", 7);
	cbx_text_json_string(&text, all);
	read = json_loadb(text.bytes, text.len, JSON_DECODE_ANY, NULL);
	ck_assert_ptr_nonnull(read);
	ck_assert_str_eq(json_string_value(read), all);
	json_decref(read);
	cbx_text_clear(&text);
	cbx_text_json(&text, "a\0b", 3);
	ck_assert_str_eq(text.bytes, "\"a\\u0000b\"");
	cbx_text_clear(&text);
	cbx_text_json(&text, "", 0);
	ck_assert_str_eq(text.bytes, "\"\"");
	cbx_text_free(&text);
}
END_TEST

START_TEST(strndup_copies)
{
	cbx_auto(cbx_freep) char *copy = cbx_strndup("abc", 2);
	cbx_auto(cbx_freep) char *none = cbx_strndup(NULL, 0);

	ck_assert_str_eq(copy, "ab");
	ck_assert_str_eq(none, "");
}
END_TEST

START_TEST(integers_are_those_of_printf)
{
	static const int64_t values[] = {
		0, 9, 10, -1, -10, 1234, INT64_MAX, INT64_MIN, 1LL << 53
	};
	char digits[CBX_INTEGER_TEXT];
	char expected[CBX_INTEGER_TEXT];
	struct cbx_text text = { 0 };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int len = snprintf(expected, sizeof(expected), "%lld", (long long)values[i]);

		ck_assert_uint_eq(cbx_integer_text(values[i], digits), (size_t)len);
		ck_assert_str_eq(digits, expected);
		cbx_text_clear(&text);
		cbx_text_integer(&text, values[i]);
		ck_assert_str_eq(text.bytes, expected);
	}
	cbx_text_free(&text);
}
END_TEST

/* What fits into the room that is there, and what does not, by one byte */
START_TEST(printf_of_any_length)
{
	size_t len;

	for (len = 250; len < 520; len++) {
		struct cbx_text text = { 0 };

		cbx_text_puts(&text, "head ");
		cbx_text_printf(&text, "%0*d", (int)len, 7);
		ck_assert(!text.failed);
		ck_assert_uint_eq(text.len, len + 5);
		ck_assert_uint_eq(strlen(text.bytes), text.len);
		ck_assert(!strncmp(text.bytes, "head 000", 8) && text.bytes[text.len - 1] == '7');
		cbx_text_free(&text);
	}
}
END_TEST

UNIT_TESTS(grows, empty_and_cleared, failure_sticks, json_strings_read_back, strndup_copies,
	   integers_are_those_of_printf, printf_of_any_length)
