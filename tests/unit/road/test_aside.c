// SPDX-License-Identifier: MIT
/* Rows that SQL refuses or others hold locked (contract 5.1): they cost their own job's reports. */
#include "road_world.h"

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "17 Running", "ocd", 3);
	hdms_system(&world.hdms, "ABC1", "17 Running");
	world_lead();
}

static void push(const char *words)
{
	world_push("ABC1", words);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
}

/* OCD's tables may have constraints that we don't know of: one refused status holds up nobody */
static void refuse_poison(void)
{
	world_run("create trigger no_insert before insert on status_monitor when new.status = "
		  "'Poison' begin select raise(abort, 'no'); end;"
		  "create trigger no_update before update on status_monitor when new.status = "
		  "'Poison' begin select raise(abort, 'no'); end");
}

START_TEST(a_push_that_sql_never_takes_is_rejected_alone)
{
	refuse_poison();
	world_push("NEW1", "1 Running");
	world_push("NEW2", "1 Running; 2 Poison; 3 Running");
	world_push("ABC1", "17 Paused");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok rejected ok");
	world_expect_jobs("ABC1/17 Paused r4 live ocd\nNEW1/1 Running r1 live user\n"
			  "NEW2/1 Running r1 live user\nNEW2/3 Running r1 live user\n");
	ck_assert(road->sql_link.up && !road->hanging);
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "sql", NULL), 1);
	/* and it is over */
	world_push("NEW1", "1 Paused");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
}
END_TEST

START_TEST(an_answer_that_sql_never_takes_costs_itself_only)
{
	struct cbx_round_result result = { 0 };

	refuse_poison();
	hdms_system(&world.hdms, "ABC1", "16 Running; 18 Poison; 19 Running");
	hdms_system(&world.hdms, "NEW1", "1 Running");
	cbx_systems_get(road->systems, "NEW1");
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
	ck_assert(!result.figures.cut && result.figures.answers == 2);
	world_expect_jobs("ABC1/16 Running r1 live user\nABC1/17 Running r3 live ocd\n"
			  "ABC1/19 Running r1 live user\nNEW1/1 Running r1 live user\n");
	/* what is left of the answer still proves that 17 is missing, and not that 18 is */
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
	world_expect_outbox("ABC1/16/1 ABC1/19/1 NEW1/1/1 ABC1/17/4");
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "sql", NULL), 2);
	/* named once */
	ck_assert_uint_eq(world.warnings, 1);
}
END_TEST

START_TEST(of_several_statuses_only_the_refused_one_is_dropped)
{
	refuse_poison();
	push("17 Paused");
	push("17 Poison");
	push("17 Waiting");
	push("18 Running");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/17/4 ABC1/status/2 ABC1/18/1 ABC1/status/4 ABC1/17/5");
	world_expect_acknowledged("ok ok rejected ok");
	world_expect_jobs("ABC1/17 Waiting r5 live ocd\nABC1/18 Running r1 live user\n");
}
END_TEST

/* A row of OCD's that its trigger leaves out, without an error, is not one of a newer leader */
START_TEST(a_row_that_a_trigger_leaves_out_costs_itself_only)
{
	world_run("create trigger no_insert before insert on status_monitor when new.job_id = 18 "
		  "begin select raise(ignore); end");
	push("18 Running; 19 Running");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("rejected");
	world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/19 Running r1 live user\n");
	world_expect_outbox("ABC1/19/1");
}
END_TEST

START_TEST(pushes_of_a_locked_row_wait_alone_and_in_order)
{
	world.sql_faults.locked = "ABC1/17";
	push("17 Paused; 18 Running");
	push("19 Running");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/18/1 ABC1/19/1");
	world_expect_acknowledged("ok");
	/* free again, but not tried yet: what comes now comes behind the other */
	world.sql_faults.locked = NULL;
	push("17 Running");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("");
	world_expect_outbox("ABC1/18/1 ABC1/19/1");
	ck_assert(!cbx_road_commit_is_due(road));
	world_pass(0.6);
	ck_assert(cbx_road_commit_is_due(road));
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/18/1 ABC1/19/1 ABC1/17/4 ABC1/17/5");
	world_expect_acknowledged("ok ok");
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "sql", NULL), 0);
}
END_TEST

/* What is said to two jobs of one system at once */
START_TEST(answers_about_a_locked_row_are_asked_for_again)
{
	struct cbx_round_result result = { 0 };
	int i;

	world.sql_faults.locked = "ABC1/17";
	hdms_system(&world.hdms, "ABC1", "17 Paused; 18 Running");
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
		ck_assert(!result.figures.cut);
		world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/18 Running r1 live user\n");
		world_pass(10);
	}
	/* it is in no answer that counts, and not missing for that; named once, it takes long */
	ck_assert_uint_eq(world.warnings, 1);
	world.sql_faults.locked = NULL;
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, &result), 0);
	world_expect_jobs("ABC1/17 Paused r4 live ocd\nABC1/18 Running r1 live user\n");
}
END_TEST

/* The time that ends it is no report that could be taken out */
START_TEST(an_end_for_being_offline_waits_for_a_locked_row_alone)
{
	world_run("update status_monitor set updated_at = 1");
	cbx_road_unload(road);
	world_lead();
	world_event("nl-hdms.event.control.system_offline", "\"ABC1\"");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	world.sql_faults.locked = "ABC1/17";
	world_push("NEW1", "1 Running");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	world_pass(86400 * 2);
	ck_assert_int_eq(cbx_road_look_around(road, false), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_jobs("ABC1/17 Running r3 live ocd\nNEW1/1 Running r1 live user\n");
	world.sql_faults.locked = NULL;
	world_pass(1);
	ck_assert_int_eq(cbx_road_look_around(road, false), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("NEW1/1/1 ABC1/17/4");
}
END_TEST

/* The broker delivers it again: nothing of it may be left */
START_TEST(what_waits_is_given_back_with_the_rest)
{
	world.sql_faults.locked = "ABC1/17";
	push("17 Paused; 18 Running");
	push("17 Running");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("");
	cbx_road_discard(road);
	world_expect_acknowledged("again again");
	world.sql_faults.locked = NULL;
	world_pass(1);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/18/1");
}
END_TEST

START_TEST(what_waits_stays_when_the_rest_fails)
{
	world.sql_faults.locked = "ABC1/17";
	push("17 Paused");
	ck_assert_int_eq(cbx_road_commit(road), 0);
	push("18 Running");
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	world.sql_faults.locked = NULL;
	world_pass(1);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/17/4 ABC1/status/2 ABC1/18/1 ABC1/status/4");
	world_expect_acknowledged("ok ok");
}
END_TEST

UNIT_TESTS_WITH(set_up, world_tear_down, a_push_that_sql_never_takes_is_rejected_alone,
		an_answer_that_sql_never_takes_costs_itself_only,
		of_several_statuses_only_the_refused_one_is_dropped,
		a_row_that_a_trigger_leaves_out_costs_itself_only,
		pushes_of_a_locked_row_wait_alone_and_in_order,
		answers_about_a_locked_row_are_asked_for_again,
		an_end_for_being_offline_waits_for_a_locked_row_alone,
		what_waits_is_given_back_with_the_rest, what_waits_stays_when_the_rest_fails)
