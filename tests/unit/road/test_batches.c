// SPDX-License-Identifier: MIT
/* Several systems in one request (contract 3.2), and rounds that are cut short.
 */
#include "road_world.h"

#include "memory_servers.h"
#include "road/poll.h"

#include <stdio.h>
#include <string.h>

static struct cbx_round_result result;

static void set_up(void)
{
	static const char *const names[] = { "A", "B", "C", "D", "E" };
	size_t i;

	world_set_up();
	for (i = 0; i < CBX_COUNT(names); i++) {
		world_insert(names[i], "1 Running", "ocd", 1);
		hdms_system(&world.hdms, names[i], "1 Running");
	}
	world_lead();
	world.settings->systems_per_request = 3;
	result = (struct cbx_round_result){ 0 };
}

static void discover(void)
{
	result = (struct cbx_round_result){ 0 };
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
}

static struct cbx_system_entry *entry_of(const char *system)
{
	return cbx_systems_find(road->systems, system);
}

START_TEST(so_many_share_a_request_and_the_target_is_empty)
{
	discover();
	hdms_expect(&world.hdms, "job_list A B C\njob_list D E\n");
	ck_assert_ptr_nonnull(
		strstr(world.hdms.requests[0].body,
		       "\"object\":{\"systems\":[{\"system\":\"A\"},{\"system\":\"B\"},"
		       "{\"system\":\"C\"}]},\"target\":{\"system\":\"\"}}"));
	ck_assert_uint_eq(result.figures.questions, 2);
	ck_assert_uint_eq(result.figures.systems, 5);
	ck_assert_uint_eq(result.figures.answers, 2);
	ck_assert_int_eq(entry_of("C")->system->state, CBX_ONLINE);
	world_pass(11);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, &result), 0);
	hdms_expect(&world.hdms, "job_status A:1 B:1 C:1\njob_status D:1 E:1\n");
}
END_TEST

START_TEST(lists_and_questions_about_jobs_do_not_mix)
{
	struct cbx_poll *poll = NULL;
	int64_t one = 1;

	ck_assert_int_eq(cbx_poll_new(road, &poll), 0);
	cbx_poll_add(poll, entry_of("A"), true, NULL, 0);
	cbx_poll_add(poll, entry_of("B"), false, &one, 1);
	cbx_poll_add(poll, entry_of("C"), false, &one, 1);
	cbx_poll_run(poll);
	cbx_poll_free(poll);
	hdms_expect(&world.hdms, "job_list A\njob_status B:1 C:1\n");
}
END_TEST

START_TEST(a_system_named_nowhere_has_timed_out)
{
	hdms_system(&world.hdms, "B", "1 Completed")->mood = HDMS_NO_ANSWER;
	discover();
	ck_assert_uint_eq(result.figures.timeouts, 1);
	ck_assert_uint_eq(result.figures.unanswered, 0);
	ck_assert_uint_eq(entry_of("B")->timeouts, 1);
	ck_assert_uint_eq(entry_of("A")->timeouts, 0);
	ck_assert_int_eq(entry_of("B")->system->state, CBX_UNKNOWN);
	discover(); /* it is missing from answers that do not speak for it */
	world_expect_jobs("A/1 Running r1 live ocd\nB/1 Running r1 live ocd\nC/1 Running r1 live "
			  "ocd\nD/1 Running r1 live ocd\nE/1 Running r1 live ocd\n");
}
END_TEST

START_TEST(without_systems_it_speaks_for_those_that_have_a_job_in_it)
{
	world.hdms.without_systems = true;
	hdms_system(&world.hdms, "A", "1 Paused");
	hdms_system(&world.hdms, "B", "");
	discover();
	ck_assert_uint_eq(entry_of("B")->timeouts, 1);
	ck_assert_int_eq(entry_of("B")->system->state, CBX_UNKNOWN);
	ck_assert_int_eq(entry_of("A")->system->state, CBX_ONLINE);
	discover();
	world_expect_jobs("A/1 Paused r2 live ocd\nB/1 Running r1 live ocd\nC/1 Running r1 live "
			  "ocd\nD/1 Running r1 live ocd\nE/1 Running r1 live ocd\n");
}
END_TEST

START_TEST(offline_ones_are_named_among_the_others)
{
	hdms_system(&world.hdms, "B", "1 Paused")->mood = HDMS_OFFLINE;
	hdms_system(&world.hdms, "A", "1 Paused");
	discover();
	ck_assert_int_eq(entry_of("B")->system->state, CBX_OFFLINE);
	ck_assert_int_eq(entry_of("A")->system->state, CBX_ONLINE);
	ck_assert_uint_eq(result.figures.timeouts, 0);
	world_expect_outbox("A/1/2 A/status/2");
}
END_TEST

START_TEST(an_error_to_a_batch_is_asked_singly_in_the_next_round)
{
	struct hdms_system *b = hdms_system(&world.hdms, "B", "1 Running");

	b->mood = HDMS_FAILS;
	strcpy(b->code, _i ? "system_offline" : "internal");
	discover();
	hdms_expect(&world.hdms, "job_list A B C\njob_list D E\n");
	ck_assert_uint_eq(result.figures.errors, 1);
	ck_assert_int_eq(entry_of("A")->system->state, CBX_UNKNOWN);
	ck_assert_int_eq(entry_of("B")->system->state, CBX_UNKNOWN);
	discover();
	hdms_expect(&world.hdms, "job_list A\njob_list B\njob_list C\njob_list D E\n");
	ck_assert_int_eq(entry_of("A")->system->state, CBX_ONLINE);
	ck_assert_int_eq(entry_of("B")->system->state, _i ? CBX_OFFLINE : CBX_UNKNOWN);
	/* those that answered share again */
	b->mood = HDMS_ANSWERS;
	discover();
	discover();
	hdms_expect(&world.hdms, _i ? "job_list A B C\njob_list D E\njob_list A B C\njob_list D E\n"
				    : "job_list A\njob_list B\njob_list C D E\njob_list A B C\n"
				      "job_list D E\n");
}
END_TEST

START_TEST(a_status_of_a_neighbour_in_the_batch_is_no_foreign_one)
{
	strcpy(world.hdms.next,
	       "{\"verb\":{\"event\":\"job_list\"},\"object\":{\"systems\":[\"A\",\"B\",\"C\"],"
	       "\"jobs\":[{\"system\":\"C\",\"job_id\":1,\"status\":\"Queued\"},"
	       "{\"system\":\"D\",\"job_id\":1,\"status\":\"Queued\"},"
	       "{\"system\":\"A\",\"job_id\":1,\"status\":\"Queued\"}]}}");
	discover();
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "system", NULL), 1);
	world_expect_outbox("A/1/2 C/1/2");
}
END_TEST

/* --- cut short --- */

START_TEST(a_lost_broker_cuts_the_round_and_blames_nobody)
{
	world.hdms.hold = true;
	faults_add_nth(&world.bus_faults, _i ? "take" : "publish", CHATTERBOX_E_DOWN, 2, 1);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
	ck_assert(result.figures.cut);
	ck_assert_uint_eq(result.figures.timeouts, 0);
	ck_assert_int_eq(result.queue_depth, -1);
	ck_assert(!road->bus_link.up);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), CHATTERBOX_E_DOWN);
	/* back: the questions before the loss are void, whoever answers them */
	world_connect();
	world.hdms.hold = false;
	discover();
	ck_assert_uint_eq(result.figures.answers, 2);
}
END_TEST

START_TEST(a_lost_lease_and_a_stop_cut_the_round)
{
	if (_i)
		world.poller.stop = true;
	else
		cbx_leadership_lose(&world.leadership, "other");
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
	ck_assert(result.figures.cut);
	hdms_expect(&world.hdms, "");
}
END_TEST

START_TEST(no_round_starts_without_sql_or_broker)
{
	if (_i == 2)
		road->bus->blocked = true;
	else if (_i)
		road->sql_link.up = false;
	else
		road->bus_link.up = false;
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, &result), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(cbx_job_status_ask_now(&world.poller.status), CHATTERBOX_E_DOWN);
	road->sql_link.up = road->bus_link.up = true;
	road->bus->blocked = false;
	faults_add(&world.sql_faults, _i ? "now" : "unreported", CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, &result), CHATTERBOX_E_DOWN);
	hdms_expect(&world.hdms, "");
}
END_TEST

START_TEST(a_deleted_reply_queue_is_noticed)
{
	char name[128];

	snprintf(name, sizeof(name), "%s", road->bus->ops->reply_to(road->bus));
	cbx_memory_broker_delete_queue(world.broker, name);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
	ck_assert(result.figures.cut);
	world_connect();
	discover();
	ck_assert_uint_eq(result.figures.answers, 2);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		so_many_share_a_request_and_the_target_is_empty,
		lists_and_questions_about_jobs_do_not_mix,
		a_system_named_nowhere_has_timed_out,
		without_systems_it_speaks_for_those_that_have_a_job_in_it,
		offline_ones_are_named_among_the_others,
		a_status_of_a_neighbour_in_the_batch_is_no_foreign_one,
		a_deleted_reply_queue_is_noticed,
	};
	TCase *tcase = tcase_create("batches");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, an_error_to_a_batch_is_asked_singly_in_the_next_round, 0, 2);
	tcase_add_loop_test(tcase, a_lost_broker_cuts_the_round_and_blames_nobody, 0, 2);
	tcase_add_loop_test(tcase, a_lost_lease_and_a_stop_cut_the_round, 0, 2);
	tcase_add_loop_test(tcase, no_round_starts_without_sql_or_broker, 0, 3);
	suite_add_tcase(suite, tcase);
}
