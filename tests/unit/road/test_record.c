// SPDX-License-Identifier: MIT
/* What becomes of a batch (contract 3.4, 5.3): committed, refused, or nobody knows. */
#include "road_world.h"
#include "status_texts.h"

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "17 Running", "ocd", 3);
	hdms_system(&world.hdms, "ABC1", "17 Running");
	world_lead();
}

/* The push is in the batch; nothing is settled yet */
static void push(const char *words)
{
	world_push("ABC1", words);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
}

static void expect_nothing_of_it(void)
{
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	world_expect_shared("ABC1 17=Running\n");
	world_expect_outbox("");
	world_expect_acknowledged("");
	ck_assert_uint_eq(world.woken, 0);
	ck_assert_double_eq(world_count(world.counters.job_transitions, "paused", NULL), 0);
}

static void expect_all_of_it(void)
{
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
	world_expect_shared("ABC1 17=Paused\n");
	world_expect_outbox("ABC1/17/4 ABC1/status/2");
	world_expect("select status || revision from status_monitor", "Paused4");
	world_expect_acknowledged("ok");
	ck_assert_uint_eq(world.woken, 1);
	ck_assert_double_eq(world_count(world.counters.job_transitions, "paused", NULL), 1);
}

START_TEST(committed_then_shown_shared_told_and_acknowledged)
{
	struct cbx_snapshot *snapshot;

	push("17 Paused");
	expect_nothing_of_it();
	ck_assert_int_eq(cbx_road_commit(road), 0);
	expect_all_of_it();
	snapshot = cbx_snapshot_slot_get(&world.slot);
	ck_assert_int_eq(snapshot->jobs->totals.paused, 1);
	cbx_snapshot_unref(snapshot);
	world_expect("select payload from outbox where id = 1",
		     "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Paused\"}");
	world_expect("select name || ' ' || key || ' ' || previous_status || ' ' || origin from "
		     "outbox where id = 1",
		     "update_job_status ABC1/17 Running ocd");
	/* and it is over: nothing is left to settle */
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/17/4 ABC1/status/2");
}
END_TEST

START_TEST(a_failed_transaction_has_not_happened_and_pushes_wait)
{
	static const int errors[] = { CHATTERBOX_E_TIMEOUT, CHATTERBOX_E_REFUSED };

	push("17 Paused");
	faults_add(&world.sql_faults, "record", errors[_i]);
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	ck_assert(road->sql_link.up && !road->hanging);
	expect_nothing_of_it();
	ck_assert_int_eq(cbx_road_commit(road), 0);
	expect_all_of_it();
}
END_TEST

START_TEST(a_failed_transaction_drops_the_answers)
{
	struct cbx_round_result result = { 0 };

	hdms_system(&world.hdms, "ABC1", "17 Queued; 18 Running");
	push("17 Paused");
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
	ck_assert(result.figures.cut && result.figures.answers == 1);
	expect_nothing_of_it();
	/* the push is told alone; the next round asks again */
	ck_assert_int_eq(cbx_road_commit(road), 0);
	expect_all_of_it();
	world_pass(1);
	ck_assert_int_eq(cbx_job_status_update_database(&world.poller.status), 0);
	world_expect_jobs("ABC1/17 Queued r5 live ocd\nABC1/18 Running r1 live user\n");
	world_expect("select count(*) from outbox where name = 'update_job_status'", "3");
}
END_TEST

/* In the middle of a round */
static int answer(const char *words, bool gathers)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = status_of("ABC1", words);
	const struct cbx_report report = { .system = "ABC1",
					   .kind = CBX_STATUS_ANSWER,
					   .at = cbx_now(road->clock),
					   .statuses = &status,
					   .count = 1 };
	int result = cbx_road_receive(road, &report, NULL);

	road->gathers = gathers;
	return result ? result : cbx_road_commit(road);
}

/* After two hours each is due */
START_TEST(checkpoints_wait_for_the_end_of_the_round)
{
	world.sql_faults.watched = "record";
	world_pass(7200);
	ck_assert_int_eq(answer("17 Running 5%", true), 0);
	world_expect_shared("ABC1 17=Running\n");
	ck_assert_int_eq(answer("17 Running 6%", true), 0);
	ck_assert_uint_eq(world.sql_faults.calls, 0);
	road->gathers = false;
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_uint_eq(world.sql_faults.calls, 1);
	world_expect("select percent_completed || revision from status_monitor", "53");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_uint_eq(world.sql_faults.calls, 1);
}
END_TEST

START_TEST(checkpoints_go_with_what_is_recorded)
{
	world.sql_faults.watched = "record";
	world_pass(7200);
	ck_assert_int_eq(answer("17 Running 5%", true), 0);
	ck_assert_int_eq(answer("17 Paused 6%", true), 0);
	ck_assert_uint_eq(world.sql_faults.calls, 1);
	/* the later one counts */
	world_expect("select status || percent_completed || revision from status_monitor",
		     "Paused64");
	ck_assert_uint_eq(road->waiting.change_count, 0);
}
END_TEST

/* The next period brings them, and nothing else depends on them */
START_TEST(checkpoints_that_fail_are_dropped)
{
	world_pass(7200);
	ck_assert_int_eq(answer("17 Running 5%", true), 0);
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_TIMEOUT);
	road->gathers = false;
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	ck_assert_uint_eq(road->waiting.change_count, 0);
	push("17 Paused");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect("select status || revision from status_monitor", "Paused4");
	world_pass(7200);
	ck_assert_int_eq(answer("17 Paused 6%", true), 0);
	cbx_road_discard(road);
	ck_assert_uint_eq(road->waiting.change_count, 0);
}
END_TEST

START_TEST(look_ups_that_fail_are_a_failed_transaction)
{
	push("18 Running");
	faults_add(&world.sql_faults, _i ? "ocd_jobs" : "completed", CHATTERBOX_E_DOWN);
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	ck_assert(!road->hanging && !road->sql_link.up);
	expect_nothing_of_it();
	world_connect();
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/18/1");
	world_expect_acknowledged("ok");
}
END_TEST

START_TEST(an_unknown_commit_hangs_until_it_is_known_done)
{
	push("17 Paused");
	world.sql_faults.lose_commit = true;
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	ck_assert(road->hanging && !road->sql_link.up);
	world_expect("select status from status_monitor", "Paused");
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	world_expect_shared("ABC1 17=Running\n");
	world_expect_acknowledged("");
	/* what comes now waits: it must not mix with a batch whose fate is open */
	push("17 Queued");
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), CHATTERBOX_E_DOWN);
	world_connect();
	faults_add(&world.sql_faults, "resolve", CHATTERBOX_E_DOWN);
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	ck_assert(road->hanging);
	world_connect();
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert(!road->hanging);
	expect_all_of_it();
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_jobs("ABC1/17 Queued r5 live ocd\n");
	world_expect("select group_concat(revision) from status_monitor", "5");
}
END_TEST

START_TEST(an_unknown_commit_that_was_none_is_done_again)
{
	push("17 Paused");
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_DOWN);
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	ck_assert(road->hanging);
	expect_nothing_of_it();
	world_connect();
	ck_assert_int_eq(cbx_road_commit(road), 0);
	expect_all_of_it();
}
END_TEST

START_TEST(who_does_not_lead_records_nothing)
{
	push("17 Paused");
	cbx_leadership_lose(&world.leadership, "other");
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_FENCED);
	expect_nothing_of_it();
	cbx_road_unload(road);
	world_expect_acknowledged("again");
}
END_TEST

START_TEST(a_lease_that_another_has_taken_fences_the_write)
{
	push("17 Paused");
	world_run("update lease set holder = 'other', epoch = epoch + 1");
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_FENCED);
	expect_nothing_of_it();
	world_expect("select status || revision from status_monitor", "Running3");
}
END_TEST

START_TEST(discarding_gives_pushes_back_unacknowledged)
{
	push("17 Paused");
	cbx_road_discard(road);
	world_expect_acknowledged("again");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	expect_nothing_of_it();
}
END_TEST

/* A batch is due when it is large, or a quarter of a second old; an event without words at once */
START_TEST(when_a_batch_is_due)
{
	ck_assert(!cbx_road_commit_is_due(road));
	push("17 Paused");
	ck_assert(!cbx_road_commit_is_due(road));
	world_pass(0.249);
	ck_assert(!cbx_road_commit_is_due(road));
	world_pass(0.002);
	ck_assert(cbx_road_commit_is_due(road));
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
	ck_assert(!cbx_road_commit_is_due(road));
	world_event("nl-hdms.event.control.system_offline", "\"XYZ\"");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert(cbx_road_commit_is_due(road));
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
}
END_TEST

START_TEST(one_event_may_be_about_several_systems)
{
	world_event("nl-hdms.event.content.job_status",
		    "[{\"system\":\"XYZ\",\"job_id\":2,\"status\":\"Running\"},"
		    "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Paused\"},"
		    "{\"system\":\"XYZ\",\"job_id\":1,\"status\":\"Running\"}]");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_jobs("ABC1/17 Paused r4 live ocd\nXYZ/1 Running r1 live user\n"
			  "XYZ/2 Running r1 live user\n");
	world_expect_acknowledged("ok");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		committed_then_shown_shared_told_and_acknowledged,
		a_failed_transaction_drops_the_answers,
		an_unknown_commit_hangs_until_it_is_known_done,
		an_unknown_commit_that_was_none_is_done_again,
		who_does_not_lead_records_nothing,
		a_lease_that_another_has_taken_fences_the_write,
		discarding_gives_pushes_back_unacknowledged,
		when_a_batch_is_due,
		one_event_may_be_about_several_systems,
		checkpoints_wait_for_the_end_of_the_round,
		checkpoints_go_with_what_is_recorded,
		checkpoints_that_fail_are_dropped,
	};
	TCase *tcase = tcase_create("record");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	tcase_add_loop_test(tcase, a_failed_transaction_has_not_happened_and_pushes_wait, 0, 2);
	tcase_add_loop_test(tcase, look_ups_that_fail_are_a_failed_transaction, 0, 2);
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
