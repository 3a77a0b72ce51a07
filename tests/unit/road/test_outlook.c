// SPDX-License-Identifier: MIT
/* What is told of outlooks (contract 9.1): in one transaction with its row, across a take-over, and
 * what a vanished or denied job makes of it */
#include "base/read.h"
#include "memory_servers.h"
#include "road_world.h"

#define EVENTS                                                                              \
	"select group_concat(ifnull(previous_status, '-') || '>' || json_extract(payload, " \
	"'$.state'), ' ') from (select * from outbox where name = 'outlook' order by id)"
#define KEPT "select group_concat(system || '/' || list_id || ' ' || state) from outlook"
#define SOON "1795456800000 + 7200000" /* two hours after the world's clock begins */

static void plan(const char *at)
{
	char statement[256];

	snprintf(statement, sizeof(statement),
		 "insert into list_activation_schedule (system, list_id, activate_at) values "
		 "('ABC1', 'L', %s) on conflict (system, list_id) do update set activate_at = "
		 "excluded.activate_at",
		 at);
	world_run(statement);
}

/* So many seconds later the poller has looked, and recorded what it has to tell */
static void look_after(int seconds)
{
	int i;

	for (i = 0; i < seconds; i++) {
		world_pass(1);
		cbx_road_outlook_turn(road, true);
		ck_assert_int_eq(cbx_road_commit(road), 0);
	}
}

static void begin(void)
{
	world_insert("ABC1", "17 Paused", "user", 1);
	hdms_system(&world.hdms, "ABC1", "17 Paused");
	plan(SOON);
	world_lead();
	world_round(CBX_DISCOVERY_ROUND, NULL);
	look_after(1);
}

static void push(const char *words)
{
	world_push("ABC1", words);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

START_TEST(the_first_is_told_at_once)
{
	begin();
	world_expect(EVENTS, "->at_risk");
	world_expect(KEPT, "ABC1/L at_risk");
	world_expect("select message_id like 'ABC1/L/outlook/_%' and key = 'ABC1/L' from outbox "
		     "where name = 'outlook'",
		     "1");
	world_expect("select json_extract(payload, '$.cause') || json_extract(payload, '$.jobs') "
		     "from outbox where name = 'outlook'",
		     "paused[17]");
	look_after(200);
	world_expect(EVENTS, "->at_risk");
}
END_TEST

START_TEST(a_change_is_told_when_it_has_held)
{
	begin();
	push("17 Completed");
	look_after(110);
	world_expect(EVENTS, "->at_risk");
	look_after(12);
	world_expect(EVENTS, "->at_risk at_risk>on_time");
	world_expect(KEPT, "ABC1/L on_time");
}
END_TEST

START_TEST(a_take_over_invents_nothing_and_loses_nothing)
{
	begin();
	world_lead();
	world_round(CBX_DISCOVERY_ROUND, NULL);
	look_after(60);
	world_expect(EVENTS, "->at_risk");
	push("17 Completed");
	hdms_system(&world.hdms, "ABC1", "17 Completed");
	/* before it has held the next one leads */
	look_after(60);
	world_lead();
	world_round(CBX_DISCOVERY_ROUND, NULL);
	look_after(122);
	world_expect(EVENTS, "->at_risk at_risk>on_time");
}
END_TEST

#define WAITED                                                                             \
	"select json_extract(payload, '$.state') || json_extract(payload, '$.jobs') from " \
	"outbox where name = 'outlook' order by id desc limit 1"

START_TEST(what_comes_after_its_activation_or_never_counts_is_not_waited_for)
{
	begin();
	push("18 Paused t=upload");
	world_pass(7200);
	push("19 Paused");
	look_after(33);
	world_expect(WAITED, "late[17]");
}
END_TEST

/* When a job was first seen is said by the clock by which it is activated: that of this machine may
 * be hours ahead */
START_TEST(a_clock_of_ours_that_is_ahead_takes_no_job_away)
{
	begin();
	road->db_offset_ms -= 3 * 3600000;
	/* in two hours of the database, an hour ago by ours */
	plan("1795456800000 - 3600000");
	look_after(61);
	push("18 Paused");
	world_pass(2 * 3600);
	look_after(33);
	world_expect(WAITED, "late[18]");
}
END_TEST

#define REASON                                                                                  \
	"select json_extract(payload, '$.state') || ': ' || json_extract(payload, '$.reason') " \
	"from outbox where name = 'outlook' order by id desc limit 1"

START_TEST(a_reason_names_the_jobs_that_are_not_waited_for)
{
	world_insert("ABC1", "17 Started", "ocd", 0);
	world_insert("ABC1", "18 Started", "ocd", 0);
	world_insert("ABC1", "19 Running t=upload", "user", 1);
	plan(SOON);
	world_lead();
	world_event("nl-hdms.event.control.system_offline", "\"ABC1\"");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	look_after(1);
	world_expect(REASON, "at_risk: 1 job is known, and it is not waited for. 2 jobs were "
			     "started, and never reported yet. Its system is offline.");
}
END_TEST

START_TEST(what_was_not_recorded_is_told_later)
{
	world_insert("ABC1", "17 Paused", "user", 1);
	hdms_system(&world.hdms, "ABC1", "17 Paused");
	plan(SOON);
	world_lead();
	world_round(CBX_DISCOVERY_ROUND, NULL);
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_DOWN);
	world_pass(1);
	cbx_road_outlook_turn(road, true);
	ck_assert_int_lt(cbx_road_commit(road), 0);
	world_expect("select count(*) from outbox where name = 'outlook'", "0");
	world_connect();
	look_after(3);
	world_expect(EVENTS, "->at_risk");
}
END_TEST

START_TEST(what_is_no_longer_planned_is_forgotten)
{
	begin();
	world_run("delete from list_activation_schedule");
	look_after(62);
	world_expect("select count(*) from outlook", "0");
	world_expect(EVENTS, "->at_risk");
	plan(SOON);
	look_after(62);
	world_expect(EVENTS, "->at_risk ->at_risk");
}
END_TEST

START_TEST(nothing_is_told_before_systems_were_asked)
{
	plan(SOON);
	world_lead();
	world_pass(1);
	cbx_road_outlook_turn(road, false);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect("select count(*) from outlook", "0");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("outlook");

	tcase_add_checked_fixture(tcase, world_set_up, world_tear_down);
	tcase_add_test(tcase, the_first_is_told_at_once);
	tcase_add_test(tcase, a_change_is_told_when_it_has_held);
	tcase_add_test(tcase, a_take_over_invents_nothing_and_loses_nothing);
	tcase_add_test(tcase, what_comes_after_its_activation_or_never_counts_is_not_waited_for);
	tcase_add_test(tcase, a_clock_of_ours_that_is_ahead_takes_no_job_away);
	tcase_add_test(tcase, what_was_not_recorded_is_told_later);
	tcase_add_test(tcase, a_reason_names_the_jobs_that_are_not_waited_for);
	tcase_add_test(tcase, what_is_no_longer_planned_is_forgotten);
	tcase_add_test(tcase, nothing_is_told_before_systems_were_asked);
	suite_add_tcase(suite, tcase);
}
