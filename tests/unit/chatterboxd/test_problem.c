// SPDX-License-Identifier: MIT
/* Errors as RFC 9457 wants them, whatever path they came from. */
#include "http/problem.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <jansson.h>

static const struct {
	int error;
	unsigned code;
	const char *title;
} cases[] = {
	{ -EINVAL, 400, "Bad Request" },
	{ CHATTERBOX_E_UNKNOWN, 404, "Not Found" },
	{ CHATTERBOX_E_STANDBY, 409, "Conflict" },
	{ CHATTERBOX_E_REFUSED, 502, "Bad Gateway" },
	{ CHATTERBOX_E_DOWN, 503, "Service Unavailable" },
	{ CHATTERBOX_E_FULL, 503, "Service Unavailable" },
	{ CHATTERBOX_E_TIMEOUT, 504, "Gateway Timeout" },
	{ -ENOMEM, 500, "Internal Server Error" },
	{ -EIO, 500, "Internal Server Error" },
};

START_TEST(each_failure_has_a_code)
{
	ck_assert_uint_eq(cbd_problem_code(cases[_i].error), cases[_i].code);
	ck_assert_str_eq(cbd_problem_title(cases[_i].code), cases[_i].title);
}
END_TEST

START_TEST(is_json_with_five_members)
{
	char *text = cbd_problem_json(404, "no \"such\"\n\xc3\xa9", "/a b\"\\<\xff\x01?%20", "");
	json_t *problem = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	ck_assert_ptr_nonnull(problem);
	ck_assert_uint_eq(json_object_size(problem), 5);
	ck_assert_str_eq(json_string_value(json_object_get(problem, "type")), "about:blank");
	ck_assert_str_eq(json_string_value(json_object_get(problem, "title")), "Not Found");
	ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), 404);
	ck_assert_str_eq(json_string_value(json_object_get(problem, "detail")),
			 "no \"such\"\n\xc3\xa9");
	ck_assert_str_eq(json_string_value(json_object_get(problem, "instance")),
			 "/a%20b%22%5C%3C%FF%01?%20");
	json_decref(problem);
	free(text);
}
END_TEST

/* What nl-hdms refuses is a bad gateway; what a server of ours refuses is our business */
START_TEST(a_refusal_has_a_code_by_who_refused)
{
	struct chatterbox_error error = { .code = CHATTERBOX_E_REFUSED };

	ck_assert_uint_eq(cbd_problem_code_of(&error), 500);
	error.server = CHATTERBOX_SERVER_SQL;
	ck_assert_uint_eq(cbd_problem_code_of(&error), 500);
	error.server = CHATTERBOX_SERVER_NL_HDMS;
	ck_assert_uint_eq(cbd_problem_code_of(&error), 502);
	error.code = CHATTERBOX_E_DOWN;
	ck_assert_uint_eq(cbd_problem_code_of(&error), 503);
}
END_TEST

START_TEST(a_reason_is_its_code)
{
	char *text = cbd_problem_json(502, "no", "/", "job \"locked\"");
	json_t *problem = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	ck_assert_str_eq(json_string_value(json_object_get(problem, "code")), "job \"locked\"");
	ck_assert_uint_eq(json_object_size(problem), 6);
	json_decref(problem);
	free(text);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("problem");

	tcase_add_loop_test(tcase, each_failure_has_a_code, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, is_json_with_five_members);
	tcase_add_test(tcase, a_refusal_has_a_code_by_who_refused);
	tcase_add_test(tcase, a_reason_is_its_code);
	suite_add_tcase(suite, tcase);
}
