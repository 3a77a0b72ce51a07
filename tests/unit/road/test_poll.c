// SPDX-License-Identifier: MIT
/* The asking (contract 2.2, 3.2): the text of a question, the window, time-outs and how they grow.
 */
#include "road_world.h"

#include <stdio.h>
#include <string.h>

static struct cbx_round_result result;

static void set_up(void)
{
	world_set_up();
	result = (struct cbx_round_result){ 0 };
}

static void round_of(enum cbx_round_kind kind)
{
	result = (struct cbx_round_result){ 0 };
	ck_assert_int_eq(world_round(kind, &result), 0);
}

static struct cbx_system_entry *entry_of(const char *system)
{
	return cbx_systems_find(road->systems, system);
}

START_TEST(the_text_of_a_question)
{
	const struct hdms_request *request = &world.hdms.requests[0];

	world_insert("ABC1", "17 Running", "ocd", 1);
	world_insert("ABC1", "18 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "17 Running; 18 Running");
	world_lead();
	round_of(CBX_STATUS_ROUND);
	ck_assert(strstr(request->body, "{\"jsonrpc\":\"2.0\",\"id\":\"") == request->body);
	ck_assert_ptr_nonnull(strstr(
		request->body, "\"method\":\"nl-hdms.request\",\"params\":{\"verb\":{"
			       "\"event_category\":\"request_system\",\"event\":\"job_status\"},"
			       "\"object\":{\"systems\":[{\"system\":\"ABC1\",\"jobs\":[17,18]}]},"
			       "\"target\":{\"system\":\"ABC1\"}}}"));
	ck_assert_ptr_nonnull(strstr(request->body, request->correlation_id));
	ck_assert_int_eq(request->expiration_ms, 10000);
	ck_assert_uint_eq(strlen(request->trace_id), 36);
}
END_TEST

START_TEST(the_bare_text_of_a_list_question)
{
	world_insert("ABC1", "17 Running", "ocd", 1);
	world_lead();
	world.settings->envelope = CBX_ENVELOPE_BARE;
	world.settings->poll_timeout_ns = 3 * CBX_SECOND;
	world.hdms.hold = true;
	round_of(CBX_DISCOVERY_ROUND);
	ck_assert_str_eq(world.hdms.requests[0].body,
			 "{\"verb\":{\"event_category\":\"request_system\",\"event\":\"job_list\"},"
			 "\"object\":{\"systems\":[{\"system\":\"ABC1\"}]},"
			 "\"target\":{\"system\":\"ABC1\"}}");
	ck_assert_int_eq(world.hdms.requests[0].expiration_ms, 3000);
}
END_TEST

/* Whom each kind of round asks */
START_TEST(who_is_asked)
{
	static const char *const names[] = { "EMPTY", "ENDED", "LIVE", "OFF", "OFFLIVE", "ROW" };
	size_t i;

	world_insert("ENDED", "1 Errored", "ocd", 2);
	world_insert("LIVE", "1 Running", "ocd", 2);
	world_insert("LIVE", "2 Errored", "ocd", 2);
	world_insert("OFFLIVE", "1 Running", "ocd", 2);
	world_insert("ROW", "1 Started", "ocd", 0);
	world_lead();
	for (i = 0; i < CBX_COUNT(names); i++) {
		cbx_systems_get(road->systems, names[i]);
		hdms_system(&world.hdms, names[i], "")->mood = HDMS_NO_ANSWER;
	}
	cbx_systems_restore(road->systems, entry_of("OFF"), CBX_OFFLINE, 0);
	cbx_systems_restore(road->systems, entry_of("OFFLIVE"), CBX_OFFLINE, 0);
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status LIVE:1\njob_status ROW:1\n");
	round_of(CBX_DISCOVERY_ROUND);
	hdms_expect(&world.hdms, "job_list EMPTY\njob_list ENDED\njob_list LIVE\njob_list OFFLIVE\n"
				 "job_list ROW\n");
	round_of(CBX_ASK_NOW_ROUND);
	hdms_expect(&world.hdms, "");
	cbx_road_ask_now(road, "OFF");
	cbx_road_ask_now(road, "STRANGE");
	cbx_road_ask_now(road, "OFF");
	round_of(CBX_ASK_NOW_ROUND);
	ck_assert_uint_eq(result.figures.questions, 2);
}
END_TEST

START_TEST(jobs_reported_within_the_interval_are_left_out)
{
	world_insert("ABC1", "17 Running", "ocd", 1);
	world_insert("ABC1", "18 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "17 Running; 18 Running");
	world_lead();
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status ABC1:17,18\n");
	/* a steady rhythm of rounds asks each time */
	world_pass(9.9);
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status ABC1:17,18\n");
	world_push("ABC1", "17 Running");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_pass(9.9);
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status ABC1:18\n");
	world_pass(0.2);
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status ABC1:17,18\n");
	/* a list has told of both */
	round_of(CBX_DISCOVERY_ROUND);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	world_pass(5);
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "");
	/* turning to ocd is not news of the job */
	world_push("ABC1", "19 Running");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_run("insert into scheduled_jobs (system, job_id) values ('ABC1', 19)");
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "");
}
END_TEST

static enum cbx_origin origin_of(int64_t job_id)
{
	return cbx_job_list_find(cbx_active_jobs_get(road->jobs, "ABC1"), job_id)->origin;
}

START_TEST(an_origin_that_turned_never_turns_back)
{
	world_lead();
	world_push("ABC1", "19 Running");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_int_eq(origin_of(19), CBX_USER);
	world_run("insert into scheduled_jobs (system, job_id) values ('ABC1', 19)");
	round_of(CBX_STATUS_ROUND);
	ck_assert_int_eq(origin_of(19), CBX_OCD);
	/* no report of the job has come since, and the row that made it OCD's goes */
	world_run("delete from scheduled_jobs");
	world_expect("select origin from status_monitor where job_id = 19", "ocd");
	ck_assert_int_eq(cbx_road_load(road, road->epoch), 0);
	ck_assert_int_eq(origin_of(19), CBX_OCD);
}
END_TEST

START_TEST(at_most_in_flight_are_outstanding)
{
	char name[16];
	int n;

	world_lead();
	world.settings->in_flight = 3;
	for (n = 0; n < 10; n++) {
		snprintf(name, sizeof(name), "S%d", n);
		cbx_systems_get(road->systems, name);
		hdms_system(&world.hdms, name, "1 Running")->delay = 250 * CBX_MS;
	}
	round_of(CBX_DISCOVERY_ROUND);
	ck_assert_uint_eq(result.figures.answers, 10);
	ck_assert_uint_eq(world.hdms.most_waiting, 3);
	ck_assert_double_eq_tol(result.figures.reply_p95, 0.3, 0.06);
	ck_assert_double_eq_tol(cbx_seconds(result.duration_ns), 1.2, 0.3);
	ck_assert_uint_eq(result.figures.jobs, 10);
	ck_assert_int_eq(result.queue_depth, 0);
}
END_TEST

START_TEST(a_timed_out_question_changes_nothing)
{
	world_insert("ABC1", "17 Running 100%", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "")->mood = HDMS_NO_ANSWER;
	world_lead();
	round_of(CBX_STATUS_ROUND);
	ck_assert_double_eq_tol(cbx_seconds(result.duration_ns), 10, 0.01);
	ck_assert_uint_eq(result.figures.timeouts, 1);
	ck_assert_uint_eq(result.figures.unanswered, 1);
	ck_assert(result.figures.none_answered);
	ck_assert_double_eq(world_count(world.counters.rpc_requests, "job_status", "timeout"), 1);
	round_of(CBX_STATUS_ROUND);
	entry_of("ABC1")->ask_again_at = 0;
	round_of(CBX_STATUS_ROUND);
	world_expect_jobs("ABC1/17 Running r1 live ocd\n");
	ck_assert_int_eq(entry_of("ABC1")->system->state, CBX_UNKNOWN);
}
END_TEST

/* After n >= 2 time-outs in a row 2^n base intervals, time_till_next_check at most */
START_TEST(a_dead_system_is_asked_more_and_more_rarely)
{
	static const double waits[] = { 0, 40, 80, 160, 320, 600, 600 };
	size_t n;

	world_insert("ABC1", "17 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_NO_ANSWER;
	world_lead();
	for (n = 0; n < CBX_COUNT(waits); n++) {
		round_of(n % 2 ? CBX_DISCOVERY_ROUND : CBX_STATUS_ROUND);
		ck_assert_uint_eq(result.figures.timeouts, 1);
		ck_assert_uint_eq(entry_of("ABC1")->timeouts, n + 1);
		if (n == 0)
			continue;
		world_pass(waits[n] - 0.1);
		round_of(CBX_STATUS_ROUND);
		ck_assert_uint_eq(result.figures.questions, 0);
		world_pass(0.2);
	}
}
END_TEST

START_TEST(any_report_of_it_ends_the_waiting)
{
	struct hdms_system *abc = hdms_system(&world.hdms, "ABC1", "17 Running");
	int n;

	world_insert("ABC1", "17 Running", "ocd", 1);
	abc->mood = HDMS_NO_ANSWER;
	world_lead();
	for (n = 0; n < 2; n++)
		round_of(CBX_STATUS_ROUND);
	ck_assert_uint_gt(entry_of("ABC1")->ask_again_at, cbx_now(road->clock));
	if (_i == 0)
		world_push("ABC1", "18 Running");
	else
		world_event("nl-hdms.event.control.system_online", "\"ABC1\"");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_uint_eq(entry_of("ABC1")->timeouts, 0);
	abc->mood = HDMS_ANSWERS;
	world_pass(10);
	round_of(CBX_STATUS_ROUND);
	ck_assert_uint_eq(result.figures.answers, _i ? 2 : 1);
	ck_assert_int_eq(entry_of("ABC1")->system->state, CBX_ONLINE);
}
END_TEST

START_TEST(the_first_answer_after_none_forgives_all)
{
	struct cbx_job_status *status = &world.poller.status;
	int n;

	world_insert("ABC1", "17 Running", "ocd", 1);
	world_insert("XYZ", "1 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_NO_ANSWER;
	hdms_system(&world.hdms, "XYZ", "1 Running")->mood = HDMS_NO_ANSWER;
	world_lead();
	for (n = 0; n < 3; n++)
		cbx_job_status_get_all_jobs_status(status);
	ck_assert_uint_eq(entry_of("XYZ")->timeouts, 2);
	hdms_expect(&world.hdms, "job_status ABC1:17\njob_status XYZ:1\njob_status ABC1:17\n"
				 "job_status XYZ:1\n");
	/* nl-hdms is back: ABC1 comes online, which is asked at once and answers */
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_ANSWERS;
	hdms_system(&world.hdms, "XYZ", "1 Running")->mood = HDMS_ANSWERS;
	world_event("nl-hdms.event.control.system_online", "\"ABC1\"");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_job_status_ask_now(status), 0);
	ck_assert_uint_eq(entry_of("XYZ")->timeouts, 0);
	ck_assert_int_eq(cbx_job_status_get_all_jobs_status(status), 0);
	hdms_expect(&world.hdms, "job_list ABC1\njob_status XYZ:1\n");
}
END_TEST

START_TEST(one_dead_system_among_others_is_not_forgiven)
{
	world_insert("ABC1", "17 Running", "ocd", 1);
	world_insert("XYZ", "1 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "17 Running");
	hdms_system(&world.hdms, "XYZ", "1 Running")->mood = HDMS_NO_ANSWER;
	world_lead();
	cbx_job_status_get_all_jobs_status(&world.poller.status);
	cbx_job_status_get_all_jobs_status(&world.poller.status);
	cbx_job_status_get_all_jobs_status(&world.poller.status);
	ck_assert_uint_eq(entry_of("XYZ")->timeouts, 2);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		the_text_of_a_question,
		the_bare_text_of_a_list_question,
		who_is_asked,
		jobs_reported_within_the_interval_are_left_out,
		an_origin_that_turned_never_turns_back,
		at_most_in_flight_are_outstanding,
		a_timed_out_question_changes_nothing,
		a_dead_system_is_asked_more_and_more_rarely,
		the_first_answer_after_none_forgives_all,
		one_dead_system_among_others_is_not_forgiven,
	};
	TCase *tcase = tcase_create("poll");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, any_report_of_it_ends_the_waiting, 0, 2);
	suite_add_tcase(suite, tcase);
}
