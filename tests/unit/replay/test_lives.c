// SPDX-License-Identifier: MIT
/*
 * Every kind of life is recorded on the road and played again: the same is told. Where something
 * was altered it is not, and that is seen.
 */
#include "flight_text.h"
#include "replay_kit.h"
#include "road_world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY 86400.0

static struct flight_text recorder;

static void set_up(void)
{
	world_set_up();
	hdms_system(&world.hdms, "ABC1", "");
	flight_text_open(&recorder);
	road->flight = &recorder.flight;
}

static void tear_down(void)
{
	road->flight = NULL;
	world_tear_down();
	flight_text_close(&recorder);
}

/* From here on it is recorded */
static void begin(void)
{
	world_lead();
	/* nobody asks a system that has never been named */
	ck_assert_ptr_nonnull(cbx_systems_get(road->systems, "ABC1"));
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_uint_eq(recorder.states, 1);
}

static void jobs(const char *texts)
{
	hdms_system(&world.hdms, "ABC1", texts);
	world_pass(10);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
}

static void pushed(const char *system, const char *texts)
{
	world_pass(1);
	world_push(system, texts);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
}

static void event(const char *key, const char *body)
{
	world_pass(1);
	world_event(key, body);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
}

/* --- lives --- */

static void comes_and_is_completed(void)
{
	begin();
	jobs("17 Queued t=Music");
	jobs("17 Running 10% 1/10 t=Music; 18 Running t=News");
	jobs("17 Paused 20% t=Music; 18 Running t=News");
	jobs("17 Running 30% t=Music; 18 Completed t=News");
	jobs("17 Finished 100% t=Music");
	jobs("");
}

static void is_pushed(void)
{
	begin();
	jobs("17 Running");
	pushed("ABC1", "17 Paused; 18 Running");
	pushed("XYZ", "1 Killed");
	jobs("17 Running; 18 Paused");
	/* a push that shows an ended job live brings a question, and its answer the job */
	pushed("ABC1", "18 Completed");
	pushed("ABC1", "18 Running");
	ck_assert_int_eq(world_round(CBX_ASK_NOW_ROUND, NULL), 0);
}

static void vanishes(void)
{
	begin();
	jobs("17 Running 10%; 18 Running 100%; 19 Running");
	jobs("19 Running");
	jobs("19 Running");
	jobs("17 Running 10%; 19 Running");
	pushed("ABC1", "18 Killed");
}

static void fails_and_is_cleared(void)
{
	struct cbx_cleanup *cleanup = &world.poller.cleanup;
	int64_t removed = 0;

	begin();
	cbx_cleanup_init(cleanup, road, &world.poller.errors);
	jobs("17 Running; 18 Running");
	jobs("17 Errored; 18 Failed");
	world_pass(60);
	ck_assert_int_eq(cbx_cleanup_errored_jobs(cleanup, NULL, 0, &removed), 0);
	ck_assert_int_eq(removed, 2);
	jobs("17 Running");
	jobs("17 Errored");
}

static void is_offline_for_too_long(void)
{
	struct hdms_system *system = hdms_system(&world.hdms, "ABC1", "17 Running; 18 Paused");

	begin();
	jobs("17 Running; 18 Paused");
	system->mood = HDMS_OFFLINE;
	world_pass(10);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	world_pass(DAY - 5);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_pass(20);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	system->mood = HDMS_ANSWERS;
	event("nl-hdms.event.control.system_online", "\"ABC1\"");
	jobs("17 Running; 18 Paused");
	event("nl-hdms.event.control.system_offline", "[\"ABC1\"]");
}

static void is_ocds(void)
{
	begin();
	world_insert("ABC1", "17 Started", "ocd", 0);
	jobs("17 Running; 18 Running; 19 Errored");
	world_run("insert into scheduled_jobs (system, job_id) values ('ABC1', 18), ('ABC1', 20)");
	jobs("17 Errored; 18 Running; 20 Running");
	jobs("18 Errored; 20 Errored");
}

/* What SQL knows of before the recording began */
static void was_there_before(void)
{
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_insert("ABC1", "18 Errored", "user", 2);
	world_run("insert into completed_jobs (system, job_id, status, origin, revision) values "
		  "('ABC1', 19, 'Completed', 'ocd', 4), ('ABC1', 20, 'Killed', 'user', 2)");
	world_insert("ABC1", "21 Started", "ocd", 0);
	begin();
	jobs("17 Paused; 18 Errored; 19 Running; 20 Killed; 21 Running");
	jobs("17 Running; 18 Running; 19 Errored; 21 Running");
}

static void is_answered_badly(void)
{
	struct hdms_system *system = hdms_system(&world.hdms, "ABC1", "17 Running");

	begin();
	jobs("17 Running");
	snprintf(world.hdms.next, sizeof(world.hdms.next), "{\"jobs\":[");
	jobs("17 Paused");
	snprintf(world.hdms.next, sizeof(world.hdms.next),
		 "{\"verb\":{\"event\":\"job_list\"},\n \"object\":{\"jobs\":[{\"system\":\"ABC1\","
		 "\"job_id\":\"17\",\r\n\"status\":\"Paused\",\"x\":1e400},{\"system\":\"ABC1\","
		 "\"job_id\":18,\"status\":5}]}}");
	jobs("");
	system->mood = HDMS_FAILS;
	jobs("17 Killed");
	system->mood = HDMS_NO_ANSWER;
	jobs("17 Killed");
	system->mood = HDMS_ANSWERS;
	jobs("17 Killed");
}

static void is_in_a_batch(void)
{
	world.settings->systems_per_request = 3;
	hdms_system(&world.hdms, "ABC2", "1 Running; 2 Running");
	hdms_system(&world.hdms, "ABC3", "1 Paused");
	begin();
	event("nl-hdms.event.control.system_online", "[\"ABC1\",\"ABC2\",\"ABC3\"]");
	jobs("17 Running");
	hdms_system(&world.hdms, "ABC3", "1 Running")->mood = HDMS_OFFLINE;
	hdms_system(&world.hdms, "ABC2", "1 Completed");
	jobs("17 Paused");
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	jobs("17 Paused");
}

static void is_named_by_connections(void)
{
	begin();
	jobs("17 Running");
	world_run("create table connections (actor_id text); "
		  "insert into connections values ('XYZ')");
	hdms_system(&world.hdms, "XYZ", "1 Running");
	ck_assert_int_eq(cbx_online_systems_populate(&world.poller.online), 0);
	/* which is why ABC1 is offline */
	world_pass(DAY + 20);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
}

static const struct {
	const char *name;
	void (*play)(void);
	unsigned least; /* events that are told */
} lives[] = {
	{ "comes and is completed", comes_and_is_completed, 9 },
	{ "is pushed", is_pushed, 8 },
	{ "vanishes", vanishes, 7 },
	{ "fails and is cleared", fails_and_is_cleared, 9 },
	{ "is offline for too long", is_offline_for_too_long, 8 },
	{ "is OCD's", is_ocds, 8 },
	{ "was there before", was_there_before, 6 },
	{ "is answered badly", is_answered_badly, 4 },
	{ "is in a batch", is_in_a_batch, 6 },
	{ "is named by connections", is_named_by_connections, 3 },
};

START_TEST(a_life_is_told_again)
{
	struct replayed replayed;

	lives[_i].play();
	replayed = replay_of(&recorder.text);
	ck_assert_msg(!replayed.result && !replayed.differ, "%s: %s\n%s", lives[_i].name,
		      replayed.error, replayed.said);
	ck_assert_msg(replayed.agreed >= lives[_i].least, "%s: only %llu agree", lives[_i].name,
		      (unsigned long long)replayed.agreed);
	ck_assert_uint_eq(replayed.left_out, 0);
	free(replayed.said);
}
END_TEST

/* --- what was altered --- */

static void expect_differs(const char *said)
{
	struct replayed replayed = replay_of(&recorder.text);

	ck_assert_msg(!replayed.result, "%s", replayed.error);
	ck_assert_msg(replayed.differ > 0, "it is said to agree");
	ck_assert_msg(strstr(replayed.said, said) != NULL, "%s", replayed.said);
	free(replayed.said);
}

START_TEST(a_told_status_that_was_altered_is_seen)
{
	comes_and_is_completed();
	replay_alter(&recorder.text, "\"previous_status\":\"Running\"", "Paused", "Pausee");
	expect_differs("ABC1/17: differs at line");
	expect_differs("recorded: Pausee after Running (user)");
	expect_differs("played:   Paused after Running (user)");
}
END_TEST

START_TEST(an_answered_status_that_was_altered_is_seen)
{
	comes_and_is_completed();
	replay_alter(&recorder.text, "\"what\":\"answer\"", "Queued", "Killed");
	expect_differs("ABC1/17: differs at line");
}
END_TEST

START_TEST(an_event_that_is_missing_is_seen)
{
	comes_and_is_completed();
	/* it stands there, but nobody told it */
	replay_alter(&recorder.text, "\"what\":\"commit\"", "\"told\"", "\"gold\"");
	expect_differs("played:");
}
END_TEST

START_TEST(a_group_and_an_error_that_were_altered_are_seen)
{
	fails_and_is_cleared();
	replay_alter(&recorder.text, "\"event\":\"user_job_errors\"", "Failed", "Faifed");
	expect_differs("ABC1, errors of users: differs");
	pushed("ABC1", "30 Paused t=Music");
	replay_alter(&recorder.text, "\"event\":\"status\"", "true", "null");
	expect_differs("ABC1, jobs of type Music: differs");
}
END_TEST

/* --- what breaks it --- */

START_TEST(what_sql_refuses_breaks_it_until_the_next_state)
{
	struct replayed replayed;

	begin();
	jobs("17 Running");
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_TIMEOUT);
	hdms_system(&world.hdms, "ABC1", "17 Paused");
	world_pass(10);
	world_round(CBX_DISCOVERY_ROUND, NULL);
	ck_assert_uint_eq(flight_text_count(&recorder, "\"why\":\"not_recorded\""), 1);
	world_connect();
	jobs("17 Completed");
	ck_assert_uint_eq(recorder.states, 2);
	jobs("18 Running");
	replayed = replay_of(&recorder.text);
	ck_assert_msg(!replayed.result && !replayed.differ, "%s%s", replayed.error, replayed.said);
	ck_assert_uint_eq(replayed.agreed, 2);
	ck_assert_uint_eq(replayed.left_out, 1);
	free(replayed.said);
}
END_TEST

START_TEST(a_row_that_others_hold_breaks_it_until_it_is_written)
{
	struct replayed replayed;

	begin();
	jobs("17 Running; 18 Running");
	world.sql_faults.locked = "ABC1/17";
	world_pass(1);
	world_push("ABC1", "17 Paused; 18 Paused");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_uint_eq(recorder.states, 1);
	world.sql_faults.locked = NULL;
	world_pass(60);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
	ck_assert_uint_eq(recorder.states, 2);
	jobs("17 Running; 18 Completed");
	replayed = replay_of(&recorder.text);
	ck_assert_msg(!replayed.result && !replayed.differ, "%s%s", replayed.error, replayed.said);
	ck_assert_uint_ge(replayed.agreed, 4);
	free(replayed.said);
}
END_TEST

/* The recorder wants a new one, when it begins a new file */
START_TEST(a_state_in_the_middle_of_a_life_is_as_good_as_its_begin)
{
	struct replayed replayed;

	begin();
	jobs("17 Running 10%; 18 Running; 19 Errored; 20 Paused t=Music");
	jobs("17 Running 10%; 20 Paused t=Music");
	recorder.flight.wants_state = true;
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_uint_eq(recorder.states, 2);
	/* 18 is missing for the second time */
	jobs("17 Running 20%; 20 Running t=Music");
	jobs("17 Completed; 18 Running; 19 Running");
	replayed = replay_of(&recorder.text);
	ck_assert_msg(!replayed.result && !replayed.differ, "%s%s", replayed.error, replayed.said);
	ck_assert_uint_ge(replayed.agreed, 10);
	free(replayed.said);
}
END_TEST

/* Whatever else the machine does */
static long processor_seconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec;
}

/* It was more than an hour */
START_TEST(thousands_of_changes_take_seconds)
{
	struct replayed replayed;
	long used;
	unsigned n;

	begin();
	for (n = 0; n < 4000; n++)
		pushed("ABC1", n % 2 ? "17 Running" : "17 Paused");
	used = processor_seconds();
	replayed = replay_of(&recorder.text);
	used = processor_seconds() - used;
	ck_assert_msg(!replayed.result && !replayed.differ, "%s%s", replayed.error, replayed.said);
	ck_assert_uint_eq(replayed.commits, 4000);
	ck_assert_uint_ge(replayed.agreed, 8000);
	ck_assert_int_lt(used, 30);
	free(replayed.said);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("lives");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, a_life_is_told_again, 0, (int)CBX_COUNT(lives));
	tcase_add_test(tcase, a_told_status_that_was_altered_is_seen);
	tcase_add_test(tcase, an_answered_status_that_was_altered_is_seen);
	tcase_add_test(tcase, an_event_that_is_missing_is_seen);
	tcase_add_test(tcase, a_group_and_an_error_that_were_altered_are_seen);
	tcase_add_test(tcase, what_sql_refuses_breaks_it_until_the_next_state);
	tcase_add_test(tcase, a_row_that_others_hold_breaks_it_until_it_is_written);
	tcase_add_test(tcase, a_state_in_the_middle_of_a_life_is_as_good_as_its_begin);
	tcase_add_test(tcase, thousands_of_changes_take_seconds);
	suite_add_tcase(suite, tcase);
}
