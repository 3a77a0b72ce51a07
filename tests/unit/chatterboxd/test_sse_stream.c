// SPDX-License-Identifier: MIT
/* test_sse_stream.c - subscribers over real connections: who resumes, who is slow, who leaves */
#include "common/cleanup.h"
#include "http_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define TEXT_MAX ((size_t)8 << 20)

static char *text; /* what came */

static void begin_with(int64_t heartbeat_ms, int64_t patience_ms)
{
	const struct cbd_http_settings settings = { .host = "127.0.0.1",
						    .heartbeat_ms = heartbeat_ms,
						    .patience_ms = patience_ms };
	char error[CHATTERBOX_ERROR_TEXT] = "";

	text = malloc(TEXT_MAX);
	box = fake_engine_new();
	ck_assert(text && box);
	ck_assert_int_eq(cbd_http_start(box, &settings, &server, error), 0);
	port = cbd_http_port(server);
}

static void begin(void)
{
	begin_with(0, 0);
}

static void end(void)
{
	stop();
	free(text);
}

static int follow(const char *path, const char *headers)
{
	int fd = http_connect(port);

	ck_assert_int_ge(fd, 0);
	ck_assert(http_send(fd, "GET", path, headers));
	return fd;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* As main does it: a tick whenever one is due */
static bool read_until(int fd, const char *wanted)
{
	int64_t until = now_ms() + 10000;
	size_t len = 0;

	text[0] = '\0';
	while (now_ms() < until && !(wanted && strstr(text, wanted))) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
					{ .fd = cbd_http_fd(server), .events = POLLIN } };
		int wait = cbd_http_tick(server);
		ssize_t got;

		poll(fds, 2, wait < 20 ? wait : 20);
		if (!fds[0].revents)
			continue;
		got = read(fd, text + len, TEXT_MAX - len - 1);
		if (got <= 0)
			return !wanted;
		len += (size_t)got;
		text[len] = '\0';
	}
	return wanted && strstr(text, wanted);
}

static bool tick_until_subscribers(const char *count)
{
	int64_t until = now_ms() + 10000;
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\nchatterbox_sse_subscribers %s\n", count);
	while (now_ms() < until) {
		cbd_http_tick(server);
		ask("GET", "/metrics", "");
		if (strstr(reply.body, wanted))
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

static void append(int count)
{
	while (count--)
		fake_engine_append(box, "status", "A/status/1", "{\"system_id\":\"A\"}");
}

START_TEST(it_begins_with_what_comes)
{
	int fd;

	append(3);
	fd = follow("/api/v1/events", "");
	ck_assert(read_until(fd, "\nid: 3-0\n"));
	ck_assert_ptr_nonnull(strstr(text, "Content-Type: text/event-stream\r\n"));
	append(1);
	ck_assert(read_until(fd, "id: 4-0\nevent: status\ndata: {\"system_id\":\"A\"}\n\n"));
	close(fd);
}
END_TEST

START_TEST(a_list_says_up_to_where_it_is_whole)
{
	ask("GET", "/api/v1/jobs", "");
	ck_assert_ptr_nonnull(strstr(reply.head, "Chatterbox-Stream: 0-0\r\n"));
	append(7);
	cbd_http_tick(server);
	ask("GET", "/api/v1/jobs", "");
	ck_assert_ptr_nonnull(strstr(reply.head, "Chatterbox-Stream: 7-0\r\n"));
	ask("GET", "/api/v1/systems/LIVE", "");
	ck_assert_ptr_nonnull(strstr(reply.head, "Chatterbox-Stream: 7-0\r\n"));
	ask("GET", "/api/v1/summary", "");
	ck_assert_ptr_null(strstr(reply.head, "Chatterbox-Stream"));
}
END_TEST

/* Twenty thousand events are far more than a ring or a page */
START_TEST(who_resumes_gets_everything_once)
{
	const char *at;
	unsigned next = 6;
	int fd;

	append(20000);
	fd = follow("/api/v1/events?since=5-0", "");
	ck_assert(read_until(fd, "\nid: 20000-0\nevent: "));
	for (at = text; (at = strstr(at, "\nid: ")); at++) {
		ck_assert_uint_eq(strtoul(at + 5, NULL, 10), next);
		next++;
	}
	ck_assert_uint_eq(next, 20001);
	close(fd);
}
END_TEST

START_TEST(many_who_resume_from_one_place_cost_few_questions)
{
	int fds[50];
	int questions;
	size_t i;

	append(100);
	for (i = 0; i < CBX_COUNT(fds); i++)
		fds[i] = follow("/api/v1/events?since=5-0", "");
	ck_assert(tick_until_subscribers("50"));
	questions = box->event_questions;
	for (i = 0; i < CBX_COUNT(fds); i++) {
		ck_assert(read_until(fds[i], "\nid: 100-0\nevent: "));
		close(fds[i]);
	}
	ck_assert_int_lt(box->event_questions - questions, 40);
}
END_TEST

static const struct {
	const char *path, *headers;
} resets[] = {
	{ "/api/v1/events?since=2-0", "" },
	{ "/api/v1/events?since=99-0", "" },
	{ "/api/v1/events?since=0-0", "" },
	{ "/api/v1/events?since=8-0", "Last-Event-ID: 1-0\r\n" },
	{ "/api/v1/events", "Last-Event-ID: what others say\r\n" },
	{ "/api/v1/events?system=B&since=2-0", "" },
};

START_TEST(it_says_reset_when_nobody_knows_what_came)
{
	int fd;

	append(9);
	fake_engine_trim(box, 4);
	fd = follow(resets[_i].path, resets[_i].headers);
	ck_assert(read_until(fd, "\nid: 9-0\nevent: reset\ndata: {}\n\n"));
	ck_assert_ptr_null(strstr(text, "event: status"));
	close(fd);
}
END_TEST

START_TEST(an_empty_stream_is_a_reset_too)
{
	int fd = follow("/api/v1/events?since=5-0", "");

	ck_assert(read_until(fd, "id: 0-0\nevent: reset\n"));
	close(fd);
}
END_TEST

START_TEST(while_the_stream_is_away_it_waits)
{
	int fd;

	box->away = true;
	fd = follow("/api/v1/events?since=1-0", "");
	ck_assert(read_until(fd, "retry: 2000\n"));
	append(2);
	box->away = false;
	ck_assert(read_until(fd, "id: 2-0\n"));
	close(fd);
}
END_TEST

START_TEST(a_quiet_stream_is_kept_alive)
{
	int fd;

	end();
	begin_with(50, 0);
	append(1);
	fd = follow("/api/v1/events?system=B", "");
	ck_assert(read_until(fd, "\nid: 1-0\n"));
	ck_assert(read_until(fd, ":\nid: 1-0\n\n"));
	/* what others get moves the place that it resumes from */
	append(1);
	ck_assert(read_until(fd, ":\nid: 2-0\n\n"));
	close(fd);
}
END_TEST

static char large[65536];

/* Reads nothing, while many events come; one that reads gets all of them */
START_TEST(who_is_a_mebibyte_behind_is_dropped)
{
	int slow;
	int fast;
	int i;

	memset(large, 'x', sizeof(large) - 1);
	memcpy(large, "[\"", 2);
	memcpy(large + sizeof(large) - 3, "\"]", 2);
	append(1);
	slow = follow("/api/v1/events", "");
	fast = follow("/api/v1/events", "");
	ck_assert(read_until(fast, "\nid: 1-0\n"));
	ck_assert(tick_until_subscribers("2"));
	for (i = 0; i < 100; i++)
		fake_engine_append(box, "status", "A/status/1", large);
	ck_assert(read_until(fast, "\nid: 101-0\nevent: "));
	ck_assert(tick_until_subscribers("1"));
	ck_assert(read_until(slow, NULL));
	close(slow);
	close(fast);
}
END_TEST

START_TEST(who_takes_nothing_for_too_long_is_dropped)
{
	int slow;
	int i;

	end();
	begin_with(100, 300);
	memset(large, 'x', sizeof(large) - 1);
	memcpy(large, "[\"", 2);
	memcpy(large + sizeof(large) - 3, "\"]", 2);
	append(1);
	slow = follow("/api/v1/events", "");
	ck_assert(tick_until_subscribers("1"));
	/* fewer than a mebibyte: more than the kernel takes */
	setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &(int){ 4096 }, sizeof(int));
	for (i = 0; i < 15; i++)
		fake_engine_append(box, "status", "A/status/1", large);
	ck_assert(tick_until_subscribers("0"));
	close(slow);
}
END_TEST

static void tell(enum chatterbox_event_type type, const char *params)
{
	const struct chatterbox_event event = { .type = type, .params = params };

	cbd_http_event(server, &event);
}

START_TEST(figures_come_as_they_are_and_lists_to_whom_asks)
{
	int all;
	int lists;

	append(1);
	all = follow("/api/v1/events", "");
	lists = follow("/api/v1/events?name=job_status", "");
	ck_assert(read_until(all, "\nid: 1-0\n"));
	ck_assert(read_until(lists, "\nid: 1-0\n"));
	tell(CHATTERBOX_EVENT_JOB_STATUS, "[1]");
	tell(CHATTERBOX_EVENT_JOBS_DATA, "{\"job_count\":1}");
	ck_assert(read_until(all, "\nevent: jobs_data\ndata: {\"job_count\":1}\n\n"));
	ck_assert_ptr_null(strstr(text, "job_status"));
	ck_assert(read_until(lists, "\nevent: job_status\ndata: [1]\n\n"));
	ck_assert_ptr_null(strstr(text, "id:"));
	box->stands_by = true;
	tell(CHATTERBOX_EVENT_JOB_STATUS, "[2]");
	box->stands_by = false;
	tell(CHATTERBOX_EVENT_JOB_STATUS, "[3]");
	ck_assert(read_until(lists, "data: [3]\n\n"));
	ck_assert_ptr_null(strstr(text, "[2]"));
	close(all);
	close(lists);
}
END_TEST

START_TEST(who_leaves_is_not_counted)
{
	int fd = follow("/api/v1/events", "");

	ck_assert(tick_until_subscribers("1"));
	close(fd);
	ck_assert(tick_until_subscribers("0"));
	check_counted("/api/v1/events 200");
}
END_TEST

START_TEST(a_stop_ends_a_stream_in_good_order)
{
	int fd = follow("/api/v1/events", "");
	size_t len = 0;
	ssize_t got;

	ck_assert(tick_until_subscribers("1"));
	cbd_http_stopp(&server);
	while ((got = read(fd, text + len, TEXT_MAX - len - 1)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	ck_assert_int_eq(got, 0);
	ck_assert_str_eq(text + len - 5, "0\r\n\r\n");
	close(fd);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("sse_stream");

	tcase_set_timeout(tcase, 40);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, it_begins_with_what_comes);
	tcase_add_test(tcase, a_list_says_up_to_where_it_is_whole);
	tcase_add_test(tcase, who_resumes_gets_everything_once);
	tcase_add_test(tcase, many_who_resume_from_one_place_cost_few_questions);
	tcase_add_loop_test(tcase, it_says_reset_when_nobody_knows_what_came, 0, CBX_COUNT(resets));
	tcase_add_test(tcase, an_empty_stream_is_a_reset_too);
	tcase_add_test(tcase, while_the_stream_is_away_it_waits);
	tcase_add_test(tcase, a_quiet_stream_is_kept_alive);
	tcase_add_test(tcase, who_is_a_mebibyte_behind_is_dropped);
	tcase_add_test(tcase, who_takes_nothing_for_too_long_is_dropped);
	tcase_add_test(tcase, figures_come_as_they_are_and_lists_to_whom_asks);
	tcase_add_test(tcase, who_leaves_is_not_counted);
	tcase_add_test(tcase, a_stop_ends_a_stream_in_good_order);
	suite_add_tcase(suite, tcase);
}
