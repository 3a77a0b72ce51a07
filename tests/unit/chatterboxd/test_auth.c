// SPDX-License-Identifier: MIT
/* Two tokens match only if they are equal, and only a Bearer header carries one. */
#include "http/auth.h"
#include "unit.h"

static const struct {
	const char *secret;
	const char *given;
	bool equal;
} cases[] = {
	{ "secret", "secret", true },
	{ "secret", "secreT", false },
	{ "secret", "Secret", false },
	{ "secret", "secre", false },
	{ "secret", "secrets", false },
	{ "secret", "", false },
	{ "", "", false },
	{ "", "x", false },
	{ "a", "aa", false },
	{ "ab", "ab\xc3\xa9", false },
};

START_TEST(compares)
{
	ck_assert_int_eq(cbd_auth_equal(cases[_i].secret, cases[_i].given), cases[_i].equal);
}
END_TEST

START_TEST(finds_the_token)
{
	ck_assert_ptr_null(cbd_auth_bearer(NULL));
	ck_assert_ptr_null(cbd_auth_bearer(""));
	ck_assert_ptr_null(cbd_auth_bearer("Basic YTpi"));
	ck_assert_ptr_null(cbd_auth_bearer("Bearer"));
	ck_assert_str_eq(cbd_auth_bearer("Bearer abc"), "abc");
	ck_assert_str_eq(cbd_auth_bearer("bEARER   abc d"), "abc d");
	ck_assert_str_eq(cbd_auth_bearer("Bearer "), "");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("auth");

	tcase_add_loop_test(tcase, compares, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, finds_the_token);
	suite_add_tcase(suite, tcase);
}
