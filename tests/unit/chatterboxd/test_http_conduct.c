// SPDX-License-Identifier: MIT
/* How the HTTP server behaves: what may block, who may read, which port, what a reload changes. */
#include "http_fixture.h"

#include <errno.h>

START_TEST(health_says_what_is_down)
{
	box->ready = false;
	ask("GET", "/readyz", "");
	ck_assert_int_eq(reply.code, 503);
	ck_assert_str_eq(reply.body, "redis down\n");
	ask("GET", "/livez", "");
	ck_assert_int_eq(reply.code, 200);
}
END_TEST

START_TEST(metrics_come_as_asked_for)
{
	ask("GET", "/metrics", "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n");
	ck_assert_ptr_nonnull(strstr(reply.head, "Content-Type: application/openmetrics-text; "
						 "version=1.0.0; charset=utf-8\r\n"));
	ck_assert_ptr_nonnull(strstr(reply.body, "up 1\n"));
	ck_assert_ptr_nonnull(
		strstr(reply.body,
		       "# HELP chatterbox_log_lines_dropped Log lines that could not be written.\n"
		       "# TYPE chatterbox_log_lines_dropped counter\n"
		       "chatterbox_log_lines_dropped_total 0\n"));
	ck_assert_str_eq(reply.body + strlen(reply.body) - strlen("# EOF\n"), "# EOF\n");
}
END_TEST

START_TEST(an_unchanged_file_is_not_sent_again)
{
	char header[256];
	char *etag;

	ask("GET", "/web/app.js", "");
	etag = strstr(reply.head, "ETag: ");
	ck_assert_ptr_nonnull(etag);
	snprintf(header, sizeof(header), "If-None-Match: %.18s\r\n", etag + strlen("ETag: "));
	ask("GET", "/web/app.js", header);
	ck_assert_int_eq(reply.code, 304);
	ck_assert_str_eq(reply.body, "");
	ask("GET", "/web/app.js", "If-None-Match: \"other\"\r\n");
	ck_assert_int_eq(reply.code, 200);
}
END_TEST

START_TEST(a_body_nobody_wants_is_let_through)
{
	ask("GET", "/api/v1/summary", "Content-Length: 5\r\n\r\nhello");
	ck_assert_int_eq(reply.code, 200);
}
END_TEST

START_TEST(a_connection_is_kept_through_refusals)
{
	static const char requests[] = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
				       "GET /api/v1/jobs/LIVE/2 HTTP/1.1\r\nHost: x\r\n\r\n"
				       "GET /livez HTTP/1.1\r\nHost: x\r\n"
				       "Connection: close\r\n\r\n";
	struct http_reply all;
	int fd = http_connect(port);

	ck_assert_int_eq(write(fd, requests, strlen(requests)), (int)strlen(requests));
	ck_assert(http_read(fd, &all));
	ck_assert_int_eq(all.code, 404);
	ck_assert_ptr_nonnull(strstr(all.body, "{\"job\":\"ended\"}"));
	ck_assert_ptr_nonnull(strstr(all.body, "redis up\n"));
	close(fd);
}
END_TEST

START_TEST(half_a_request_costs_nothing)
{
	int fd = http_connect(port);
	int other = http_connect(port);

	ck_assert_int_gt(write(fd, "GET /api/v1/jobs?q=1 HTTP/1.1\r\nHo", 34), 0);
	ck_assert_int_gt(write(other, "\x16\x03\x01 no HTTP\r\n\r\n", 15), 0);
	ask("GET", "/livez", "");
	ck_assert_int_eq(reply.code, 200);
	close(fd);
	close(other);
}
END_TEST

START_TEST(a_waiting_question_blocks_nobody_else)
{
	struct http_reply late;
	int fd;

	fake_engine_hold(box, true);
	fd = http_connect(port);
	ck_assert(http_send(fd, "GET", "/api/v1/jobs/LIVE/2", ""));
	ck_assert(fake_engine_wait(box, 1));
	ask("GET", "/api/v1/summary", "");
	ck_assert_int_eq(reply.code, 200);
	ask("GET", "/api/v1/jobs/LIVE/1", "");
	ck_assert_str_eq(reply.body, "{\"job\":\"live\"}");
	fake_engine_hold(box, false);
	ck_assert(http_read(fd, &late));
	ck_assert_str_eq(late.body, "{\"job\":\"ended\"}");
	close(fd);
}
END_TEST

#define QUEUED 64

/* One is running, 64 wait, the next is refused; a stop then answers all that wait */
START_TEST(too_many_questions_are_refused_and_a_stop_answers_the_rest)
{
	int fds[QUEUED + 1];
	size_t i;

	fake_engine_hold(box, true);
	for (i = 0; i < QUEUED + 1; i++) {
		fds[i] = http_connect(port);
		ck_assert(http_send(fds[i], "GET", "/api/v1/jobs/LIVE/2", ""));
		ck_assert(fake_engine_wait(box, 1));
		/* an answer after it shows that the server has taken it up */
		ask("GET", "/livez", "");
	}
	ask("GET", "/api/v1/jobs/LIVE/2", "");
	check_problem(503, "too many", "/api/v1/jobs/LIVE/2");
	fake_engine_hold(box, false);
	cbd_http_stopp(&server);
	for (i = 0; i < QUEUED + 1; i++)
		close(fds[i]);
}
END_TEST

START_TEST(reading_needs_the_token)
{
	static const char *const closed[] = { "/api/v1/jobs", "/api/v1/systems", "/api/v1/summary",
					      "/api/v1/jobs/LIVE/1", "/metrics" };
	static const char *const open[] = { "/", "/web/app.js", "/openapi.json", "/livez", "/readyz" };
	size_t i;

	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		ask("GET", closed[i], "");
		check_problem(401, "Bearer", closed[i]);
		ck_assert_ptr_nonnull(strstr(reply.head, "WWW-Authenticate: Bearer"));
		ask("GET", closed[i], "Authorization: Bearer wrong\r\n");
		check_problem(401, "read_token", closed[i]);
		ask("GET", closed[i], "Authorization: bearer reader\r\n");
		ck_assert_int_eq(reply.code, 200);
		ask("GET", closed[i], "Authorization: Bearer writer\r\n");
		ck_assert_int_eq(reply.code, 200);
	}
	for (i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		ask("GET", open[i], "");
		ck_assert_int_eq(reply.code, 200);
	}
}
END_TEST

START_TEST(a_reload_changes_the_token)
{
	const struct cbd_http_settings settings = { .read_token = "new" };
	char error[CHATTERBOX_ERROR_TEXT];

	ck_assert_int_eq(cbd_http_reload(server, &settings, error), 0);
	ask("GET", "/metrics", "Authorization: Bearer reader\r\n");
	ck_assert_int_eq(reply.code, 401);
	ask("GET", "/metrics", "Authorization: Bearer new\r\n");
	ck_assert_int_eq(reply.code, 200);
}
END_TEST

START_TEST(a_taken_port_is_named_or_evaded)
{
	struct cbd_http_settings settings = { .host = "127.0.0.1", .port = port };
	char error[CHATTERBOX_ERROR_TEXT] = "";
	struct cbd_http *other = NULL;

	ck_assert_int_eq(cbd_http_start(box, &settings, &other, error), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(error, "http_server.port: can't listen on 127.0.0.1"));
	settings.any_port = true;
	ck_assert_int_eq(cbd_http_start(box, &settings, &other, error), 0);
	ck_assert_uint_ne(cbd_http_port(other), port);
	cbd_http_stopp(&other);
	settings.host = "fails.test";
	ck_assert_int_lt(cbd_http_start(box, &settings, &other, error), 0);
	ck_assert_ptr_nonnull(strstr(error, "http_server.host"));
}
END_TEST

static void start_locked(void)
{
	start_with("writer", "reader", false);
}

UNIT_SUITE(suite)
{
	TCase *open = tcase_create("open");
	TCase *locked = tcase_create("locked");

	tcase_add_checked_fixture(open, start, stop);
	tcase_set_timeout(open, 60);
	tcase_add_test(open, health_says_what_is_down);
	tcase_add_test(open, metrics_come_as_asked_for);
	tcase_add_test(open, an_unchanged_file_is_not_sent_again);
	tcase_add_test(open, a_body_nobody_wants_is_let_through);
	tcase_add_test(open, a_connection_is_kept_through_refusals);
	tcase_add_test(open, half_a_request_costs_nothing);
	tcase_add_test(open, a_waiting_question_blocks_nobody_else);
	tcase_add_test(open, too_many_questions_are_refused_and_a_stop_answers_the_rest);
	tcase_add_test(open, a_taken_port_is_named_or_evaded);
	tcase_add_checked_fixture(locked, start_locked, stop);
	tcase_add_test(locked, reading_needs_the_token);
	tcase_add_test(locked, a_reload_changes_the_token);
	suite_add_tcase(suite, open);
	suite_add_tcase(suite, locked);
}
