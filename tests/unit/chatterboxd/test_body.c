// SPDX-License-Identifier: MIT
/* What a body may hold, how long it may be, and that a refusal names the member. */
#include "http/body.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct cbd_member members[] = {
	{ .name = "seconds", .kind = CBD_MEMBER_INTEGER, .needed = true },
	{ .name = "discovery", .kind = CBD_MEMBER_BOOLEAN },
	{ .name = NULL },
};

static const struct {
	const char *text;
	const char *error; /* NULL = it is taken */
} cases[] = {
	{ "{\"seconds\":5}", NULL },
	{ " {\"discovery\":true,\"seconds\":-1} ", NULL },
	{ "{\"seconds\":0,\"discovery\":null}", NULL },
	{ "", "seconds: is missing" },
	{ "{}", "seconds: is missing" },
	{ "{\"seconds\":null}", "seconds: takes an integer" },
	{ "{\"seconds\":\"5\"}", "seconds: takes an integer" },
	{ "{\"seconds\":5.5}", "seconds: takes an integer" },
	{ "{\"seconds\":true}", "seconds: takes an integer" },
	{ "{\"seconds\":5,\"discovery\":1}", "discovery: takes true or false" },
	{ "{\"seconds\":5,\"second\":5}", "body: there is no such member here: it takes "
					  "seconds, discovery" },
	{ "{\"seconds\":5,\"seconds\":6}", "body: takes a JSON object: duplicate" },
	{ "{\"seconds\":99999999999999999999}", "body: takes a JSON object: too big" },
	{ "[5]", "body: takes a JSON object" },
	{ "5", "body: takes a JSON object" },
	{ "null", "body: takes a JSON object" },
	{ "{\"seconds\":5", "body: takes a JSON object: " },
	{ "{\"seconds\":5}{", "body: takes a JSON object: " },
	{ "{\"hunter2\":5}", "body: there is no such member here: it takes seconds, discovery" },
	{ "{\"seconds\": hunter2}", "body: takes a JSON object: invalid token" },
	{ "{\"seconds\" \"hunter2\"}", "body: takes a JSON object: ':' expected" },
	{ "{\"hunter2\":5,\"hunter2\":6}", "body: takes a JSON object: duplicate object key" },
	{ "seconds=5", "body: takes a JSON object: " },
	{ "{\"\xff\":5}", "body: takes a JSON object: " },
	{ " ", "body: takes a JSON object: " },
};

START_TEST(each_body_is_taken_or_refused_by_name)
{
	struct cbd_body body = { 0 };
	char error[CHATTERBOX_ERROR_TEXT] = "old";
	json_t *object = NULL;
	size_t i;
	int result;

	/* byte by byte, as a slow client sends it */
	for (i = 0; cases[_i].text[i]; i++)
		ck_assert_int_eq(cbd_body_add(&body, cases[_i].text + i, 1), 0);
	result = cbd_body_read(&body, members, &object, error);
	if (cases[_i].error) {
		ck_assert_int_eq(result, -EINVAL);
		ck_assert_ptr_null(object);
		ck_assert_msg(!strncmp(error, cases[_i].error, strlen(cases[_i].error)), "%s",
			      error);
		ck_assert_msg(!strstr(error, "hunter"), "%s", error);
	} else {
		ck_assert_int_eq(result, 0);
		ck_assert(json_is_object(object));
		ck_assert_str_eq(error, "");
	}
	json_decref(object);
	cbd_body_free(&body);
}
END_TEST

/* jansson alone would pass over it */
START_TEST(a_nul_is_refused_wherever_it_stands)
{
	static const char text[] = "{\"seconds\":5}";
	char error[CHATTERBOX_ERROR_TEXT] = "";
	json_t *object = NULL;
	size_t at;

	for (at = 0; at < sizeof(text); at++) {
		struct cbd_body body = { 0 };

		ck_assert_int_eq(cbd_body_add(&body, text, at), 0);
		ck_assert_int_eq(cbd_body_add(&body, "", 1), 0);
		ck_assert_int_eq(cbd_body_add(&body, text + at, sizeof(text) - 1 - at), 0);
		ck_assert_int_eq(cbd_body_read(&body, members, &object, error), -EINVAL);
		ck_assert_str_eq(error, "body: takes a JSON object: a NUL byte");
		cbd_body_free(&body);
	}
}
END_TEST

START_TEST(a_long_one_is_not_kept)
{
	static char bytes[CBD_BODY_MAX];
	struct cbd_body body = { 0 };

	ck_assert_int_eq(cbd_body_add(&body, bytes, CBD_BODY_MAX - 1), 0);
	ck_assert_int_eq(cbd_body_add(&body, bytes, 1), 0);
	ck_assert_int_eq(cbd_body_add(&body, bytes, 1), -EFBIG);
	ck_assert_int_eq(cbd_body_add(&body, bytes, CBD_BODY_MAX), -EFBIG);
	ck_assert_uint_eq(body.text.len, CBD_BODY_MAX);
	ck_assert_uint_eq(body.seen, 2 * CBD_BODY_MAX + 1);
	cbd_body_free(&body);
	ck_assert_ptr_null(body.text.bytes);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("body");

	tcase_add_loop_test(tcase, each_body_is_taken_or_refused_by_name, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, a_nul_is_refused_wherever_it_stands);
	tcase_add_test(tcase, a_long_one_is_not_kept);
	suite_add_tcase(suite, tcase);
}
