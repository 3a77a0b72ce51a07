// SPDX-License-Identifier: MIT
/* When systems went online and offline (contract 5.2, 6.2): each turn is a row, a restart is none
 */
#include "base/read.h"
#include "memory_servers.h"
#include "road_world.h"

#define ROWS                                                                                   \
	"select group_concat(system || ' ' || ifnull(previous_status, '-') || '>' || "         \
	"status || ' ' || source, ', ') from (select * from job_history where job_id is null " \
	"order by id)"

static void say(const char *event)
{
	char key[80];

	snprintf(key, sizeof(key), "nl-hdms.event.control.system_%s", event);
	world_event(key, "\"ABC1\"");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
}

static void commit(void)
{
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

/* "online 2026-11-23T18:00:00.000Z", as readers see it; since "-" when that is not known */
static void expect_seen(const char *wanted)
{
	cbx_auto(cbx_system_list_unrefp) struct cbx_system_list *list = NULL;
	const struct cbx_system *system;
	char time[CBX_TIME_TEXT] = "-";
	char seen[64];

	ck_assert_int_eq(cbx_systems_freeze(road->systems, &list), 0);
	system = cbx_system_list_find(list, "ABC1");
	if (system && system->since_ms)
		cbx_time_text(system->since_ms, time);
	snprintf(seen, sizeof(seen), "%s %s",
		 system ? cbx_system_state_name(system->state) : "nobody", time);
	ck_assert_str_eq(seen, wanted);
}

START_TEST(each_turn_is_a_row)
{
	world_lead();
	say("online");
	say("online");
	commit();
	world_expect(ROWS, "ABC1 ->online push");
	world_pass(60);
	/* two turns between two commits are two rows */
	say("offline");
	say("online");
	commit();
	commit();
	world_expect(ROWS,
		     "ABC1 ->online push, ABC1 online>offline push, ABC1 offline>online push");
	expect_seen("online 2026-11-23T18:01:00.000Z");
}
END_TEST

START_TEST(an_answer_and_a_push_are_turns)
{
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_OFFLINE;
	world_insert("ABC1", "17 Running", "user", 1);
	world_lead();
	world_round(CBX_DISCOVERY_ROUND, NULL);
	commit();
	world_expect(ROWS, "ABC1 ->offline answer");
	world_pass(60);
	world_push("ABC1", "17 Paused");
	cbx_road_drain_inbox(road);
	commit();
	world_expect(ROWS, "ABC1 ->offline answer, ABC1 offline>online push");
	expect_seen("online 2026-11-23T18:01:00.000Z");
	/* the turn comes before what the system said */
	world_expect("select group_concat(ifnull(job_id, 'it') || ' ' || status) from (select * "
		     "from job_history order by id)",
		     "it offline,it online,17 Paused");
}
END_TEST

START_TEST(connections_make_turns)
{
	world_run("create table connections (actor_id text); insert into connections values "
		  "('ABC1')");
	world_lead();
	ck_assert_int_eq(cbx_online_systems_populate(&world.poller.online), 0);
	commit();
	world_run("update connections set actor_id = 'XYZ'");
	ck_assert_int_eq(cbx_online_systems_populate(&world.poller.online), 0);
	commit();
	world_expect(ROWS,
		     "ABC1 ->online inferred, ABC1 online>offline inferred, XYZ ->online inferred");
}
END_TEST

/* With and without what the shared state knows */
START_TEST(a_restart_is_no_turn)
{
	world_lead();
	say("online");
	commit();
	world_pass(60);
	if (_i)
		cbx_memory_store_flush(world.store);
	world_lead();
	expect_seen(_i ? "nobody -" : "online 2026-11-23T18:00:00.000Z");
	say("online");
	commit();
	world_expect(ROWS, "ABC1 ->online push");
	expect_seen("online 2026-11-23T18:00:00.000Z");
	world_pass(60);
	world_lead();
	say("offline");
	commit();
	world_expect(ROWS, "ABC1 ->online push, ABC1 online>offline push");
	expect_seen("offline 2026-11-23T18:02:00.000Z");
}
END_TEST

START_TEST(a_state_of_before_the_history_is_no_turn)
{
	world_lead();
	say("online");
	commit();
	world_run("delete from job_history");
	world_lead();
	expect_seen("online -");
	say("online");
	commit();
	world_expect(ROWS, "");
	say("offline");
	commit();
	world_expect(ROWS, "ABC1 online>offline push");
}
END_TEST

START_TEST(a_turn_waits_for_its_commit)
{
	world_lead();
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_TIMEOUT);
	say("online");
	ck_assert_int_eq(cbx_road_commit(road), CHATTERBOX_E_DOWN);
	world_expect(ROWS, "");
	commit();
	world_expect(ROWS, "ABC1 ->online push");
}
END_TEST

START_TEST(without_history_nothing_is_written)
{
	world.settings->history_retention_ns = 0;
	world_lead();
	say("online");
	world_push("ABC1", "17 Errored");
	cbx_road_drain_inbox(road);
	commit();
	world_expect("select count(*) from job_history", "0");
	/* it is known as long as nobody restarts */
	expect_seen("online 2026-11-23T18:00:00.000Z");
	ck_assert_uint_eq(road->turn_count, 0);
}
END_TEST

static void look(void)
{
	ck_assert_int_eq(cbx_road_measure_db_clock(road), 0);
	cbx_history_turn(&world.poller.history, road);
}

static void remove_old(double pass)
{
	world_pass(pass);
	look();
}

START_TEST(what_is_too_old_goes_in_portions)
{
	world_lead();
	remove_old(0);
	world_run("with recursive n(i) as (select 1 union all select i + 1 from n where i < 1500) "
		  "insert into job_history (system, job_id, at, status) select 'ABC1', i, 1, "
		  "'Running' "
		  "from n");
	world_run("insert into job_history (system, at, status) values ('ABC1', 1, 'online')");
	remove_old(30);
	world_expect("select count(*) from job_history", "1501");
	remove_old(31);
	world_expect("select count(*) from job_history", "501");
	remove_old(1);
	world_expect("select count(*) || status from job_history", "1online");
	ck_assert_double_eq(world_count(world.counters.cleaned_up, "history", NULL), 1500);
	world.settings->history_retention_ns = 0;
	remove_old(61);
	world_expect("select count(*) from job_history", "0");
}
END_TEST

START_TEST(a_clock_that_is_set_removes_nothing)
{
	world_lead();
	remove_old(0);
	world_run("insert into job_history (system, job_id, at, status) values ('ABC1', 17, "
		  "1795460400000, 'Running')");
	world_pass(61);
	world.clock.wall += INT64_C(86400000) * 4000;
	look();
	look();
	world_expect("select count(*) from job_history", "1");
	ck_assert_uint_eq(world.warnings, 1);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("turns");

	tcase_add_checked_fixture(tcase, world_set_up, world_tear_down);
	tcase_add_test(tcase, each_turn_is_a_row);
	tcase_add_test(tcase, an_answer_and_a_push_are_turns);
	tcase_add_test(tcase, connections_make_turns);
	tcase_add_loop_test(tcase, a_restart_is_no_turn, 0, 2);
	tcase_add_test(tcase, a_state_of_before_the_history_is_no_turn);
	tcase_add_test(tcase, a_turn_waits_for_its_commit);
	tcase_add_test(tcase, without_history_nothing_is_written);
	tcase_add_test(tcase, what_is_too_old_goes_in_portions);
	tcase_add_test(tcase, a_clock_that_is_set_removes_nothing);
	suite_add_tcase(suite, tcase);
}
