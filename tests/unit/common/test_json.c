// SPDX-License-Identifier: MIT
/* A document is read whole or refused with its place, and wiping it reaches every text in it. */
#include "common/cleanup.h"
#include "common/json.h"
#include "unit.h"

#include <string.h>

static const struct {
	const char *bytes;
	size_t len;          /* 0 = of the text */
	const char *written; /* NULL = it is refused */
	int line, column;
} cases[] = {
	{ "{\"a\":[1,-2,3.5,\"\\u00e9\",true,null]}", 0,
	  "{\"a\":[1,-2,3.5,\"\xc3\xa9\",true,null]}", 0, 0 },
	{ " 5 ", 0, "5", 0, 0 },
	{ "\"a text that is longer than sixteen bytes, and than thirty-two\"", 0,
	  "\"a text that is longer than sixteen bytes, and than thirty-two\"", 0, 0 },
	{ "", 0, NULL, 1, 0 },
	{ "{", 0, NULL, 1, 1 },
	{ "[1,\n2", 0, NULL, 2, 1 },
	{ "[1]\n[2]", 0, NULL, 2, 1 },
	{ "{\"a\":1,\"a\":2}", 0, NULL, 1, 10 },
	{ "{\"a\":1}\n\0", 9, NULL, 2, 0 },
	{ "[9223372036854775808]", 0, NULL, 1, 20 },
	{ "[1e400]", 0, NULL, 1, 6 },
	{ "\"\\ud800\"", 0, NULL, 1, 8 },
	{ "\"\xff\"", 0, NULL, 1, 1 },
};

START_TEST(read_or_refused)
{
	size_t len = cases[_i].len ? cases[_i].len : strlen(cases[_i].bytes);
	json_error_t error = { .text = "" };
	json_t *json = NULL;
	int result = cbx_json_read(cases[_i].bytes, len, &json, &error);

	if (cases[_i].written) {
		/* an array, since jansson writes no other root */
		json_t *root = json_pack("[o]", json);
		char *text = cbx_json_text(root);

		ck_assert_int_eq(result, 0);
		ck_assert_uint_eq(strlen(text), strlen(cases[_i].written) + 2);
		ck_assert(!memcmp(text + 1, cases[_i].written, strlen(cases[_i].written)));
		json_decref(root);
		free(text);
	} else {
		ck_assert_int_eq(result, CHATTERBOX_E_DECODE);
		ck_assert_ptr_null(json);
		ck_assert_str_ne(error.text, "");
		ck_assert_int_eq(error.line, cases[_i].line);
		ck_assert_int_eq(error.column, cases[_i].column);
		ck_assert_int_eq(cbx_json_read(cases[_i].bytes, len, &json, NULL),
				 CHATTERBOX_E_DECODE);
	}
}
END_TEST

START_TEST(errno_of_before_is_no_lack_of_memory)
{
	json_t *json = NULL;

	errno = ENOMEM;
	ck_assert_int_eq(cbx_json_read("{}", 2, &json, NULL), 0);
	json_decref(json);
}
END_TEST

START_TEST(wiping_reaches_every_text)
{
	json_t *json = json_pack("{s:[s,{s:s}]}", "a", "secret", "b", "hidden");
	json_t *array = json_incref(json_object_get(json, "a"));
	json_t *first = json_incref(json_array_get(array, 0));
	json_t *second = json_incref(json_object_get(json_array_get(array, 1), "b"));

	cbx_json_wipe(&json);
	ck_assert_ptr_null(json);
	ck_assert_str_eq(json_string_value(first), "");
	ck_assert_str_eq(json_string_value(second), "");
	json_decref(first);
	json_decref(second);
	json_decref(array);
	cbx_json_wipe(&json);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("json");

	tcase_add_loop_test(tcase, read_or_refused, 0, (int)CBX_COUNT(cases));
	tcase_add_test(tcase, errno_of_before_is_no_lack_of_memory);
	tcase_add_test(tcase, wiping_reaches_every_text);
	suite_add_tcase(suite, tcase);
}
