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

static const struct {
	enum chatterbox_call_code code;
	unsigned expected;
	const char *title;
} outcomes[] = {
	{ CHATTERBOX_CALL_PARSE_ERROR, 500, "Internal Server Error" },
	{ CHATTERBOX_CALL_INVALID_REQUEST, 500, "Internal Server Error" },
	{ CHATTERBOX_CALL_UNKNOWN_METHOD, 500, "Internal Server Error" },
	{ CHATTERBOX_CALL_INTERNAL_ERROR, 500, "Internal Server Error" },
	{ CHATTERBOX_CALL_INVALID_PARAMS, 400, "Bad Request" },
	{ CHATTERBOX_CALL_UNKNOWN_JOB, 404, "Not Found" },
	{ CHATTERBOX_CALL_STANDBY, 409, "Conflict" },
	{ CHATTERBOX_CALL_HDMS_ERROR, 502, "Bad Gateway" },
	{ CHATTERBOX_CALL_SERVER_DOWN, 503, "Service Unavailable" },
	{ CHATTERBOX_CALL_TIMED_OUT, 504, "Gateway Timeout" },
};

START_TEST(each_outcome_has_a_code)
{
	unsigned code = cbd_problem_code_of_call(outcomes[_i].code);

	ck_assert_uint_eq(code, outcomes[_i].expected);
	ck_assert_str_eq(cbd_problem_title(code), outcomes[_i].title);
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
	tcase_add_loop_test(tcase, each_outcome_has_a_code, 0,
			    sizeof(outcomes) / sizeof(outcomes[0]));
	tcase_add_test(tcase, a_reason_is_its_code);
	suite_add_tcase(suite, tcase);
}
