// SPDX-License-Identifier: MIT
/* Who may write: with the token, without one, in a demo, from another site's page. */
#include "http_fixture.h"

static const char *const writes[][2] = {
	{ "POST", "/api/v1/poll" },           { "PUT", "/api/v1/interval" },
	{ "POST", "/api/v1/pause" },          { "POST", "/api/v1/resume" },
	{ "POST", "/api/v1/jobs/A/1/pause" }, { "POST", "/api/v1/jobs/A/1/resume" },
	{ "POST", "/api/v1/jobs/A/1/kill" },  { "DELETE", "/api/v1/errors/1" },
};

START_TEST(writing_needs_its_own_token)
{
	const char *method = writes[_i][0];
	const char *path = writes[_i][1];

	ask(method, path, "");
	check_problem(401, "Bearer", path);
	ck_assert_ptr_nonnull(strstr(reply.head, "WWW-Authenticate: Bearer"));
	ask(method, path, "Authorization: Bearer reader\r\n");
	check_problem(401, "http_server.token", path);
	ask(method, path, "Authorization: Bearer writerx\r\n");
	check_problem(401, "http_server.token", path);
	ck_assert_str_eq(box->order, "");
	box->answer_result = strcmp(path, "/api/v1/errors/1") ? 0 : 1;
	ask(method, path, "Authorization: Bearer writer\r\n");
	ck_assert_int_eq(reply.code, !strcmp(path, "/api/v1/interval") ? 400
				     : !strcmp(path, "/api/v1/poll")   ? 202
								       : 200);
}
END_TEST

START_TEST(without_a_token_writing_is_closed)
{
	ask(writes[_i][0], writes[_i][1], "Authorization: Bearer \r\n");
	check_problem(403, "http_server.token is not set", writes[_i][1]);
	ck_assert_str_eq(box->order, "");
}
END_TEST

START_TEST(a_demo_is_open_but_not_to_other_sites)
{
	static const char *const others[] = { "Origin: http://evil.example\r\n", "Origin: null\r\n",
					      "Origin: http://localhost:81\r\n",
					      "Origin: http://localhost.evil.example\r\n" };
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ask("POST", "/api/v1/resume", others[i]);
		check_problem(403, "no other site's page", "/api/v1/resume");
	}
	ck_assert_str_eq(box->order, "");
	ask("POST", "/api/v1/resume", "Origin: http://LOCALHOST\r\n");
	ck_assert_int_eq(reply.code, 200);
	ask("POST", "/api/v1/resume", "");
	ck_assert_int_eq(reply.code, 200);
}
END_TEST

static void start_locked(void)
{
	start_with("writer", "reader", false);
}

static void start_closed(void)
{
	start_with(NULL, NULL, false);
}

static void start_demo(void)
{
	start_with(NULL, NULL, true);
}

UNIT_SUITE(suite)
{
	TCase *demo = tcase_create("demo");
	TCase *locked = tcase_create("locked");
	TCase *closed = tcase_create("closed");
	int count = (int)(sizeof(writes) / sizeof(writes[0]));

	tcase_add_checked_fixture(demo, start_demo, stop);
	tcase_add_test(demo, a_demo_is_open_but_not_to_other_sites);
	tcase_add_checked_fixture(locked, start_locked, stop);
	tcase_add_loop_test(locked, writing_needs_its_own_token, 0, count);
	tcase_add_checked_fixture(closed, start_closed, stop);
	tcase_add_loop_test(closed, without_a_token_writing_is_closed, 0, count);
	suite_add_tcase(suite, demo);
	suite_add_tcase(suite, locked);
	suite_add_tcase(suite, closed);
}
