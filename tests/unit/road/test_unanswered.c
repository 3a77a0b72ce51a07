// SPDX-License-Identifier: MIT
/* A list that was asked for in vain is due again: new jobs don't wait for the next Update Database
 * Task because one question was lost. (How rarely a dead system is asked: test_poll.c.) */
#include "memory_servers.h"
#include "road_world.h"

#include <string.h>

static struct cbx_round_result result;
static struct hdms_system *abc;

/* Two systems of which nothing is monitored yet, both with a job */
static void set_up(void)
{
	world_set_up();
	world_lead();
	cbx_systems_get(road->systems, "ABC1");
	cbx_systems_get(road->systems, "XYZ");
	abc = hdms_system(&world.hdms, "ABC1", "17 Running");
	hdms_system(&world.hdms, "XYZ", "1 Running");
}

static void round_of(enum cbx_round_kind kind)
{
	result = (struct cbx_round_result){ 0 };
	world_pass(10);
	ck_assert_int_eq(world_round(kind, &result), 0);
}

static struct cbx_system_entry *entry_of(const char *system)
{
	return cbx_systems_find(road->systems, system);
}

static void receive_inbox(void)
{
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

START_TEST(one_that_timed_out_is_asked_for_with_the_next_round)
{
	abc->mood = HDMS_NO_ANSWER;
	round_of(CBX_DISCOVERY_ROUND);
	world_expect_jobs("XYZ/1 Running r1 live user\n");
	abc->mood = HDMS_ANSWERS;
	cbx_text_clear(&world.hdms.asked);
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_list ABC1\njob_status XYZ:1\n");
	world_expect_jobs("ABC1/17 Running r1 live user\nXYZ/1 Running r1 live user\n");
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status ABC1:17\njob_status XYZ:1\n");
}
END_TEST

START_TEST(one_named_nowhere_and_an_error_to_a_batch)
{
	world.settings->systems_per_request = 2;
	if (_i)
		abc->mood = HDMS_FAILS, strcpy(abc->code, "internal");
	else
		strcpy(world.hdms.next, "{\"verb\":{\"event\":\"job_list\"},\"object\":{"
					"\"systems\":[\"XYZ\"],\"jobs\":[]}}");
	round_of(CBX_DISCOVERY_ROUND);
	hdms_expect(&world.hdms, "job_list ABC1 XYZ\n");
	abc->mood = HDMS_ANSWERS;
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, _i ? "job_list ABC1\njob_list XYZ\n" : "job_list ABC1\n");
}
END_TEST

START_TEST(questions_that_were_returned)
{
	cbx_memory_broker_delete_queue(world.broker, "nl-hdms.request");
	round_of(CBX_DISCOVERY_ROUND);
	ck_assert_uint_eq(result.figures.errors, 2);
	round_of(CBX_STATUS_ROUND);
	ck_assert_uint_eq(result.figures.questions, 2);
}
END_TEST

START_TEST(a_round_that_was_cut_short)
{
	world.settings->in_flight = 1;
	world.hdms.hold = true;
	faults_add(&world.bus_faults, "take", CHATTERBOX_E_DOWN);
	round_of(CBX_DISCOVERY_ROUND);
	ck_assert(result.figures.cut);
	world_connect();
	world.hdms.hold = false;
	cbx_text_clear(&world.hdms.asked);
	round_of(CBX_STATUS_ROUND);
	world_expect_jobs("ABC1/17 Running r1 live user\nXYZ/1 Running r1 live user\n");
}
END_TEST

/* Known jobs are asked about as ever; the system lives, so the list follows at once */
START_TEST(an_answer_about_jobs_brings_the_list)
{
	round_of(CBX_DISCOVERY_ROUND);
	hdms_system(&world.hdms, "ABC1", "17 Running; 18 Queued")->mood = HDMS_NO_ANSWER;
	round_of(CBX_DISCOVERY_ROUND);
	cbx_text_clear(&world.hdms.asked);
	abc->mood = HDMS_ANSWERS;
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status ABC1:17\njob_status XYZ:1\njob_list ABC1\n");
	world_expect_jobs("ABC1/17 Running r1 live user\nABC1/18 Queued r1 live user\n"
			  "XYZ/1 Running r1 live user\n");
}
END_TEST

/* A discovery passes by who is offline without jobs, or dead: a push says that it is back */
START_TEST(a_push_brings_the_list_of_one_that_was_away)
{
	if (_i)
		entry_of("ABC1")->ask_again_at = cbx_now(road->clock) + 1000 * CBX_SECOND;
	else
		cbx_systems_restore(road->systems, entry_of("ABC1"), CBX_OFFLINE, 0);
	round_of(CBX_DISCOVERY_ROUND);
	hdms_expect(&world.hdms, "job_list XYZ\n");
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status XYZ:1\n");
	world_push("ABC1", "18 Running");
	receive_inbox();
	round_of(CBX_ASK_NOW_ROUND);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	world_push("ABC1", "18 Paused");
	receive_inbox();
	round_of(CBX_ASK_NOW_ROUND);
	hdms_expect(&world.hdms, "");
}
END_TEST

/* A system that nl-hdms does not know, or that answers rubbish, would else be asked for ever */
START_TEST(an_error_or_rubbish_is_an_answer)
{
	if (_i)
		strcpy(world.hdms.next, "no JSON");
	else
		abc->mood = HDMS_FAILS, strcpy(abc->code, "unknown_system");
	round_of(CBX_DISCOVERY_ROUND);
	cbx_text_clear(&world.hdms.asked);
	round_of(CBX_STATUS_ROUND);
	hdms_expect(&world.hdms, "job_status XYZ:1\n");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		one_that_timed_out_is_asked_for_with_the_next_round,
		questions_that_were_returned,
		a_round_that_was_cut_short,
		an_answer_about_jobs_brings_the_list,
	};
	TCase *tcase = tcase_create("lists");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, one_named_nowhere_and_an_error_to_a_batch, 0, 2);
	tcase_add_loop_test(tcase, a_push_brings_the_list_of_one_that_was_away, 0, 2);
	tcase_add_loop_test(tcase, an_error_or_rubbish_is_an_answer, 0, 2);
	suite_add_tcase(suite, tcase);
}
