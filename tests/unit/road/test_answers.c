// SPDX-License-Identifier: MIT
/* What comes back (contract 3.2): whom an answer speaks for, and what touches nobody.
 */
#include "memory_servers.h"
#include "road/poll.h"
#include "road_world.h"

#include <stdio.h>
#include <string.h>

#define LIST "{\"verb\":{\"event\":\"job_list\"},\"object\":"
#define STATUS(system, id, text) \
	"{\"system\":\"" system "\",\"job_id\":" id ",\"status\":\"" text "\"}"

static struct cbx_round_result result;

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "17 Running 100%", "ocd", 3);
	hdms_system(&world.hdms, "ABC1", "17 Running 100%");
	world_lead();
	result = (struct cbx_round_result){ 0 };
}

static void discover(void)
{
	result = (struct cbx_round_result){ 0 };
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
}

static enum cbx_system_state state_of(const char *system)
{
	return cbx_systems_find(road->systems, system)->system->state;
}

static double asked(const char *outcome)
{
	return world_count(world.counters.rpc_requests, "job_list", outcome);
}

/* Answers that are none: each counted, and nobody is touched, not even after two of them */
static const char *const malformed[] = {
	"",
	"what",
	"[]",
	"{}",
	"\xff\xfe",
	LIST "{}}",
	LIST "{\"jobs\":{}}}",
	LIST "{\"jobs\":[]}",
	LIST "{\"systems\":[\"ABC1\"]}}",
	"{\"verb\":{\"event\":\"job_status\"},\"object\":{\"jobs\":[]}}",
	"{\"verb\":{\"event\":\"job_kill\"},\"object\":{}}",
	"{\"verb\":{},\"object\":{}}",
	LIST "{\"jobs\":[" STATUS("ABC1", "17", "Paused") ",{\"a\":NaN}]}}",
};

START_TEST(a_malformed_reply_touches_nothing)
{
	int n;

	for (n = 0; n < 3; n++) {
		snprintf(world.hdms.next, sizeof(world.hdms.next), "%s", malformed[_i]);
		if (!malformed[_i][0])
			strcpy(world.hdms.next, " ");
		discover();
	}
	ck_assert_double_eq(asked("malformed"), 3);
	ck_assert_uint_eq(result.figures.answers + result.figures.timeouts, 0);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	world_expect_outbox("");
	ck_assert_int_eq(state_of("ABC1"), CBX_UNKNOWN);
}
END_TEST

START_TEST(a_reply_over_a_limit_is_drained_unheld)
{
	road->bus->max_body = _i ? 60 : CBX_BUS_MAX_BODY;
	world.settings->limits = (struct cbx_decode_limits){ _i ? 60 : 1048576, _i ? 100 : 1 };
	hdms_system(&world.hdms, "ABC1", "17 Paused; 18 Running");
	discover();
	ck_assert_double_eq(asked("malformed"), 1);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
}
END_TEST

START_TEST(a_doubled_reply_counts_once)
{
	world.hdms.copies = 2;
	hdms_system(&world.hdms, "ABC1", "17 Paused");
	hdms_system(&world.hdms, "XYZ", "1 Running");
	cbx_systems_get(road->systems, "XYZ");
	discover();
	ck_assert_uint_eq(result.figures.answers, 2);
	ck_assert_double_ge(world_count(world.counters.late_statuses, "answer", NULL), 1);
	world_expect_jobs("ABC1/17 Paused r4 live ocd\nXYZ/1 Running r1 live user\n");
}
END_TEST

START_TEST(late_and_unknown_replies_are_dropped)
{
	struct hdms_system *abc = hdms_system(&world.hdms, "ABC1", "17 Paused");

	abc->delay = 11 * CBX_SECOND;
	discover();
	ck_assert_double_eq(asked("timeout"), 1);
	/* it comes in the next round, whose own question is answered first */
	abc->delay = 0;
	hdms_system(&world.hdms, "ABC1", "17 Queued");
	hdms_pump(&world.hdms);
	discover();
	ck_assert_double_eq(world_count(world.counters.late_statuses, "answer", NULL), 1);
	world_expect_jobs("ABC1/17 Queued r4 live ocd\n");
	/* an id without what makes it of this round */
	free(world.hdms.requests[0].correlation_id);
	world.hdms.requests[0].correlation_id = strdup("0");
	hdms_reply(&world.hdms, 0, LIST "{\"jobs\":[" STATUS("ABC1", "17", "Errored") "]}}");
	discover();
	ck_assert_double_eq(world_count(world.counters.late_statuses, "answer", NULL), 2);
	world_expect_jobs("ABC1/17 Queued r4 live ocd\n");
}
END_TEST

/* Looked up by the bytes that stand there, of which there may be too few */
START_TEST(what_has_not_changed_is_known_by_its_bytes)
{
	static const char *const others[] = { STATUS("ABC2", "17", "x"),  STATUS("ABC1", "18", "x"),
					      STATUS("ABC1", "017", "x"), "{\"system\":\"ABC1\",",
					      "{\"system\":\"",           "[\"system\":\"ABC1\"" };
	struct cbx_known_jobs known = { .road = road };
	struct cbx_status *status = cbx_active_jobs_get(road->jobs, "ABC1")->jobs[0]->status;
	struct cbx_status *found;
	size_t len;

	for (len = 0; len <= status->json_len; len++) {
		char *exact = malloc(len + 1);

		memcpy(exact, status->json, len);
		found = cbx_known_find(&known, exact, len);
		ck_assert(found == status || (!found && len < status->json_len));
		free(exact);
	}
	for (len = 0; len < CBX_COUNT(others); len++) {
		found = cbx_known_find(&known, others[len], strlen(others[len]));
		ck_assert(!found || len == 2);
	}
}
END_TEST

START_TEST(a_foreign_system_is_rejected_and_its_neighbours_are_kept)
{
	strcpy(world.hdms.next,
	       LIST "{\"jobs\":[" STATUS("XYZ", "1", "Running") "," STATUS(
		       "ABC1", "17", "Paused") "],\"systems\":[\"ABC1\",\"XYZ\"]}}");
	discover();
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "system", NULL), 1);
	ck_assert_ptr_null(cbx_systems_find(road->systems, "XYZ"));
}
END_TEST

START_TEST(bad_members_are_counted)
{
	strcpy(world.hdms.next, LIST
	       "{\"jobs\":[{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Paused\","
	       "\"downloaded\":-1},{\"system\":\"ABC1\",\"job_id\":\"x\",\"status\":\"y\"}]}}");
	discover();
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "downloaded", NULL), 1);
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "job_id", NULL), 1);
}
END_TEST

START_TEST(an_answer_means_online_whether_it_has_jobs_or_not)
{
	hdms_system(&world.hdms, "ABC1", "");
	discover();
	ck_assert_int_eq(state_of("ABC1"), CBX_ONLINE);
	world_expect("select count(*) from recently_checked", "1");
	discover(); /* missing for the second time */
	world_expect_outbox("ABC1/17/4");
	world_expect("select status || revision from completed_jobs", "Completed4");
}
END_TEST

START_TEST(a_system_that_has_not_spoken_has_timed_out)
{
	strcpy(world.hdms.next, LIST "{\"jobs\":[],\"systems\":[]}}");
	discover();
	ck_assert_uint_eq(result.figures.timeouts, 1);
	ck_assert_int_eq(state_of("ABC1"), CBX_UNKNOWN);
	strcpy(world.hdms.next, LIST "{\"jobs\":[],\"systems\":[\"XYZ\"]}}");
	discover();
	ck_assert_uint_eq(cbx_systems_find(road->systems, "ABC1")->timeouts, 2);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
}
END_TEST

START_TEST(offline_by_name_or_by_code)
{
	struct hdms_system *abc = hdms_system(&world.hdms, "ABC1", "17 Paused");

	abc->mood = _i ? HDMS_FAILS : HDMS_OFFLINE;
	strcpy(abc->code, "system_offline");
	discover();
	ck_assert_int_eq(state_of("ABC1"), CBX_OFFLINE);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	ck_assert_double_eq(asked(_i ? "error" : "ok"), 1);
	/* not asked about its jobs any more; for a list while it has live ones, and back online */
	hdms_expect(&world.hdms, "job_list ABC1\n");
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	hdms_expect(&world.hdms, "");
	abc->mood = HDMS_ANSWERS;
	discover();
	hdms_expect(&world.hdms, "job_list ABC1\n");
	ck_assert_int_eq(state_of("ABC1"), CBX_ONLINE);
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
}
END_TEST

START_TEST(an_offline_system_without_live_jobs_is_left_alone)
{
	hdms_system(&world.hdms, "ABC1", "17 Errored");
	discover();
	world_event("nl-hdms.event.control.system_offline", "\"ABC1\"");
	cbx_road_drain_inbox(road);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	discover();
	hdms_expect(&world.hdms, "");
}
END_TEST

START_TEST(another_error_changes_nobody)
{
	struct hdms_system *abc = hdms_system(&world.hdms, "ABC1", "17 Paused");

	abc->mood = HDMS_FAILS;
	strcpy(abc->code, "internal");
	discover();
	ck_assert_int_eq(state_of("ABC1"), CBX_UNKNOWN);
	ck_assert_uint_eq(result.figures.errors, 1);
	ck_assert_uint_eq(cbx_systems_find(road->systems, "ABC1")->timeouts, 0);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	ck_assert_double_eq(asked("error"), 1);
}
END_TEST

START_TEST(a_returned_question_is_an_error)
{
	cbx_memory_broker_delete_queue(world.broker, "nl-hdms.request");
	discover();
	ck_assert_double_eq(asked("error"), 1);
	ck_assert_uint_eq(result.figures.timeouts, 0);
	ck_assert_int_eq(result.queue_depth, -1);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	discover();
	discover();
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_doubled_reply_counts_once,
		late_and_unknown_replies_are_dropped,
		what_has_not_changed_is_known_by_its_bytes,
		a_foreign_system_is_rejected_and_its_neighbours_are_kept,
		bad_members_are_counted,
		an_answer_means_online_whether_it_has_jobs_or_not,
		a_system_that_has_not_spoken_has_timed_out,
		an_offline_system_without_live_jobs_is_left_alone,
		another_error_changes_nobody,
		a_returned_question_is_an_error,
	};
	TCase *tcase = tcase_create("answers");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	tcase_add_loop_test(tcase, a_malformed_reply_touches_nothing, 0, (int)CBX_COUNT(malformed));
	tcase_add_loop_test(tcase, a_reply_over_a_limit_is_drained_unheld, 0, 2);
	tcase_add_loop_test(tcase, offline_by_name_or_by_code, 0, 2);
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
