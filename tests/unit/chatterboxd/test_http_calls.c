// SPDX-License-Identifier: MIT
/*
 * A call may be answered late: to a client that waits, to one that has gone, or after the end of
 * the server.
 */
#include "http_fixture.h"

#include <errno.h>

static int begin(const char *path)
{
	int fd = http_connect(port);

	ck_assert_int_ge(fd, 0);
	ck_assert(http_send(fd, "POST", path, ""));
	return fd;
}

START_TEST(a_call_under_way_blocks_nobody_else)
{
	int first = begin("/api/v1/jobs/A/1/kill");
	int second;

	ck_assert(fake_engine_wait_calls(box, 1));
	second = begin("/api/v1/jobs/A/2/kill");
	ck_assert(fake_engine_wait_calls(box, 2));
	ask("GET", "/api/v1/summary", "");
	ck_assert_int_eq(reply.code, 200);
	fake_engine_finish(box);
	ck_assert(http_read(first, &reply));
	ck_assert_str_eq(reply.body, "{\"ok\":true}");
	ck_assert(http_read(second, &reply));
	ck_assert_str_eq(reply.body, "{\"ok\":true}");
	close(first);
	close(second);
}
END_TEST

START_TEST(a_client_that_has_gone_harms_nobody)
{
	const struct linger reset = { .l_onoff = 1 };
	int gone = begin("/api/v1/jobs/A/1/kill");
	int torn = begin("/api/v1/jobs/A/2/kill");

	ck_assert(fake_engine_wait_calls(box, 2));
	close(gone);
	ck_assert_int_eq(setsockopt(torn, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	close(torn);
	ask("GET", "/livez", "");
	ck_assert_int_eq(reply.code, 200);
	fake_engine_finish(box);
	/* they have given back their places */
	ask("GET", "/livez", "");
	ck_assert_int_eq(reply.code, 200);
}
END_TEST

START_TEST(a_kept_connection_is_kept_through_a_call)
{
	static const char requests[] = "POST /api/v1/resume HTTP/1.1\r\nHost: localhost\r\n\r\n"
				       "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
				       "Connection: close\r\n\r\n";
	int fd = http_connect(port);

	ck_assert_int_eq(write(fd, requests, strlen(requests)), (int)strlen(requests));
	ck_assert(fake_engine_wait_calls(box, 1));
	fake_engine_finish(box);
	ck_assert(http_read(fd, &reply));
	ck_assert_int_eq(reply.code, 200);
	ck_assert_ptr_nonnull(strstr(reply.body, "{\"ok\":true}"));
	ck_assert_ptr_nonnull(strstr(reply.body, "redis up\n"));
	close(fd);
}
END_TEST

#define MOST 64

START_TEST(only_so_many_wait)
{
	int fds[MOST];
	int i;

	for (i = 0; i < MOST; i++) {
		fds[i] = begin("/api/v1/jobs/A/1/kill");
		ck_assert(fake_engine_wait_calls(box, i + 1));
	}
	ask("POST", "/api/v1/resume", "");
	check_problem(503, "too many", "/api/v1/resume");
	ck_assert_int_eq(box->kept_count, MOST);
	fake_engine_finish(box);
	box->keep_calls = false;
	ask("POST", "/api/v1/resume", "");
	ck_assert_int_eq(reply.code, 200);
	for (i = 0; i < MOST; i++)
		close(fds[i]);
}
END_TEST

/* The engine that a call came from lives as long as the call, here as there */
START_TEST(a_stop_does_not_wait_for_an_answer)
{
	int fd = begin("/api/v1/jobs/A/1/kill");
	int gone = begin("/api/v1/jobs/A/2/kill");

	ck_assert(fake_engine_wait_calls(box, 2));
	close(gone);
	cbd_http_stopp(&server);
	ck_assert(http_read(fd, &reply));
	/* told so, if there was time for it */
	ck_assert(reply.code == 0 || reply.code == 503);
	fake_engine_finish(box);
	close(fd);
}
END_TEST

static void start_keeping(void)
{
	start_with(NULL, NULL, true);
	box->keep_calls = true;
}

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("http_calls");

	tcase_add_checked_fixture(tcase, start_keeping, stop);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_call_under_way_blocks_nobody_else);
	tcase_add_test(tcase, a_client_that_has_gone_harms_nobody);
	tcase_add_test(tcase, a_kept_connection_is_kept_through_a_call);
	tcase_add_test(tcase, only_so_many_wait);
	tcase_add_test(tcase, a_stop_does_not_wait_for_an_answer);
	suite_add_tcase(suite, tcase);
}
