// SPDX-License-Identifier: MIT
/* Which systems are online (contract 2.2): populate, events, and what is newer. */
#include "road_world.h"

#include <stdio.h>

static struct cbx_online_systems *online;

static void set_up(void)
{
	static const struct {
		const char *name;
		enum cbx_system_state state;
	} known[] = { { "ON", CBX_ONLINE }, { "OFF", CBX_OFFLINE }, { "UN", CBX_UNKNOWN } };
	size_t i;

	world_set_up();
	online = &world.poller.online;
	world_lead();
	for (i = 0; i < CBX_COUNT(known); i++)
		cbx_systems_restore(road->systems, cbx_systems_get(road->systems, known[i].name),
				    known[i].state, 0);
}

static void connections(const char *values)
{
	char text[256];

	world_run("create table if not exists connections (actor_id text)");
	if (!values)
		return;
	snprintf(text, sizeof(text), "insert into connections values %s", values);
	world_run(text);
}

static void expect_states(const char *wanted)
{
	struct cbx_system_entry *const *all = cbx_systems_all(road->systems);
	struct cbx_text text = { 0 };
	size_t i;

	for (i = 0; i < cbx_systems_count(road->systems); i++)
		cbx_text_printf(&text, "%s%s=%s", i ? " " : "", all[i]->system->name,
				cbx_system_state_name(all[i]->system->state));
	ck_assert_str_eq(text.bytes, wanted);
	cbx_text_free(&text);
}

START_TEST(populate_replaces)
{
	connections("(' NEW '), ('OFF'), ('NEW'), ('a/b'), (''), (null)");
	ck_assert_int_eq(cbx_online_systems_populate(online), 0);
	expect_states("NEW=online OFF=online ON=offline UN=unknown");
	ck_assert(cbx_online_systems_is_online(online, "NEW"));
	ck_assert(!cbx_online_systems_is_online(online, "ON"));
	ck_assert(!cbx_online_systems_is_online(online, "NOBODY"));
	ck_assert_uint_eq(world.warnings, 0);
}
END_TEST

START_TEST(absent_or_empty_changes_nothing_with_a_warning)
{
	if (_i)
		connections(NULL);
	ck_assert_int_eq(cbx_online_systems_populate(online), 1);
	ck_assert_int_eq(cbx_online_systems_populate(online), 1);
	expect_states("OFF=offline ON=online UN=unknown");
	ck_assert_uint_eq(world.warnings, 1);
}
END_TEST

/* A first look that found nothing is not the last one for a day */
START_TEST(absent_or_empty_is_looked_at_again_each_minute)
{
	struct cbx_task_scheduler scheduler;

	cbx_task_scheduler_init(&scheduler, road->clock);
	cbx_task_add(&scheduler, &online->task);
	if (_i)
		connections(NULL);
	online->discovery->wanted = false;
	cbx_task_tick(&scheduler);
	connections("('NEW')");
	world_pass(59);
	cbx_task_tick(&scheduler);
	expect_states("OFF=offline ON=online UN=unknown");
	ck_assert_ptr_null(road->systems_source);
	world_pass(1);
	cbx_task_tick(&scheduler);
	expect_states("NEW=online OFF=offline ON=offline UN=unknown");
	ck_assert(online->discovery->wanted);
	ck_assert_str_eq(road->systems_source, "connections");
	/* and once it has answered, a day passes, but for a minute when it is gone again */
	world_run("delete from connections");
	world_pass(86399);
	cbx_task_tick(&scheduler);
	ck_assert_uint_eq(world.warnings, 1);
	world_pass(1);
	cbx_task_tick(&scheduler);
	ck_assert_uint_eq(world.warnings, 2);
	connections("('NEW2')");
	world_pass(60);
	cbx_task_tick(&scheduler);
	expect_states("NEW=offline NEW2=online OFF=offline ON=offline UN=unknown");
}
END_TEST

START_TEST(a_failed_query_changes_nothing_with_a_warning)
{
	static const int errors[] = { CHATTERBOX_E_DOWN, CHATTERBOX_E_REFUSED };

	connections("('NEW')");
	faults_add(&world.sql_faults, "online_systems", errors[_i]);
	ck_assert_int_eq(cbx_online_systems_populate(online), errors[_i]);
	expect_states("OFF=offline ON=online UN=unknown");
	ck_assert_uint_eq(world.warnings, 1);
	if (!_i)
		ck_assert_int_eq(cbx_online_systems_populate(online), CHATTERBOX_E_DOWN);
}
END_TEST

/* The task repeats a start-up run that failed for want of a server, and only that */
START_TEST(a_start_up_run_that_failed_is_repeated)
{
	connections("('NEW')");
	online->task.wanted = false;
	faults_add(&world.sql_faults, "online_systems", CHATTERBOX_E_DOWN);
	online->task.perform(online->task.user);
	ck_assert(online->task.wanted && !online->done_once);
	world_connect();
	online->task.wanted = false;
	online->task.perform(online->task.user);
	ck_assert(!online->task.wanted && online->done_once);
	faults_add(&world.sql_faults, "online_systems", CHATTERBOX_E_DOWN);
	online->task.perform(online->task.user);
	ck_assert(!online->task.wanted);
}
END_TEST

/* The discovery that came without it knew of nobody: the next one would be ten minutes away */
START_TEST(a_late_start_up_run_is_followed_by_a_discovery)
{
	struct cbx_task *discovery = online->discovery;

	connections("('NEW')");
	discovery->wanted = false;
	online->task.perform(online->task.user);
	ck_assert(!discovery->wanted);
	cbx_online_systems_init(online);
	faults_add(&world.sql_faults, "online_systems", CHATTERBOX_E_DOWN);
	online->task.perform(online->task.user);
	ck_assert(!discovery->wanted);
	world_connect();
	online->task.perform(online->task.user);
	ck_assert(discovery->wanted);
	discovery->wanted = false;
	online->task.perform(online->task.user);
	ck_assert(!discovery->wanted);
}
END_TEST

START_TEST(a_table_that_is_refused_is_asked_again_each_minute)
{
	connections("('NEW')");
	online->task.wanted = online->discovery->wanted = false;
	faults_add(&world.sql_faults, "online_systems", CHATTERBOX_E_REFUSED);
	online->task.perform(online->task.user);
	ck_assert(!online->task.wanted && !online->done_once);
	ck_assert_uint_eq(online->task.interval_ns, 60 * CBX_SECOND);
	online->task.perform(online->task.user);
	ck_assert_uint_eq(online->task.interval_ns, 86400 * CBX_SECOND);
	ck_assert(online->done_once && online->discovery->wanted);
}
END_TEST

/* timeTillNextCheck of the proposal: 24 h, from the start of the last run */
START_TEST(populated_again_after_a_day)
{
	struct cbx_task_scheduler scheduler;

	cbx_task_scheduler_init(&scheduler, road->clock);
	cbx_task_add(&scheduler, &online->task);
	connections("('NEW')");
	cbx_task_tick(&scheduler);
	expect_states("NEW=online OFF=offline ON=offline UN=unknown");
	world_run("update connections set actor_id = 'ON'");
	world_pass(86399);
	cbx_task_tick(&scheduler);
	expect_states("NEW=online OFF=offline ON=offline UN=unknown");
	world_pass(1);
	cbx_task_tick(&scheduler);
	expect_states("NEW=offline OFF=offline ON=online UN=unknown");
}
END_TEST

START_TEST(a_report_newer_than_the_query_wins)
{
	connections("('NEW')");
	cbx_systems_find(road->systems, "OFF")->reported_at = cbx_now(road->clock);
	cbx_systems_find(road->systems, "ON")->reported_at = cbx_now(road->clock) + 1;
	ck_assert_int_eq(cbx_online_systems_populate(online), 0);
	expect_states("NEW=online OFF=offline ON=online UN=unknown");
	/* and an older one does not */
	world_pass(1);
	ck_assert_int_eq(cbx_online_systems_populate(online), 0);
	expect_states("NEW=online OFF=offline ON=offline UN=unknown");
}
END_TEST

START_TEST(events_mark_systems_and_an_online_one_is_asked)
{
	world_event("nl-hdms.event.control.system_online", "[\"OFF\",{\"actor_id\":\" NEW \"}]");
	world_event("nl-hdms.event.control.system_offline", "{\"object\":{\"systemID\":\"ON\"}}");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok ok");
	expect_states("NEW=online OFF=online ON=offline UN=unknown");
	hdms_system(&world.hdms, "OFF", "1 Running");
	hdms_system(&world.hdms, "NEW", "2 Running");
	ck_assert_int_eq(cbx_job_status_ask_now(&world.poller.status), 0);
	world_expect_jobs("NEW/2 Running r1 live user\nOFF/1 Running r1 live user\n");
}
END_TEST

START_TEST(a_push_and_an_answer_mean_online)
{
	world_push("OFF", "1 Running");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	expect_states("OFF=online ON=online UN=unknown");
	hdms_system(&world.hdms, "UN", "");
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	expect_states("OFF=online ON=online UN=online");
}
END_TEST

/* A push that shows an ended job live makes us ask, at once */
START_TEST(a_live_report_of_an_ended_job_is_a_question)
{
	world_run("insert into completed_jobs (system, job_id, status, revision, origin) values "
		  "('ON', 5, 'Completed', 4, 'user')");
	hdms_system(&world.hdms, "ON", "5 Running");
	world_push("ON", "5 Running");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("");
	ck_assert_int_eq(cbx_job_status_ask_now(&world.poller.status), 0);
	hdms_expect(&world.hdms, "job_list ON\n");
	world_expect_outbox("ON/5/5");
	world_expect("select count(*) from completed_jobs", "0");
}
END_TEST

/* Offline for longer than offline_job_ttl: errored, once, by the database's clock */
START_TEST(jobs_of_a_system_long_offline_become_errored)
{
	world_insert("OFF", "1 Running", "user", 2);
	world_insert("ON", "1 Running", "user", 2);
	world_lead();
	cbx_systems_restore(road->systems, cbx_systems_get(road->systems, "OFF"), CBX_OFFLINE, 0);
	hdms_system(&world.hdms, "ON", "1 Running");
	world_pass(86399);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_outbox("");
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_outbox("OFF/1/3 OFF/errors/2");
	world_expect("select code || occurrences || origin from errors", "system_offline1user");
	world_expect_jobs("OFF/1 Errored r3 ended user\nON/1 Running r2 live user\n");
	world_pass(10);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect("select count(*) from outbox", "2");
}
END_TEST

/* What a take-over knows of the last report: the row's last change, or the system's last job_list
 * and what may have come before the next one */
START_TEST(a_take_over_does_not_age_a_job_that_nothing_changed)
{
	world_insert("OFF", "1 Running", "user", 2);
	world_lead();
	world_pass(90000);
	world_run("insert into recently_checked (system, checked_at) "
		  "select system, updated_at + 86400000 from status_monitor");
	cbx_road_unload(road);
	world_lead();
	cbx_systems_restore(road->systems, cbx_systems_get(road->systems, "OFF"), CBX_OFFLINE, 0);
	world_pass(86399 - 3000);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_outbox("");
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_outbox("OFF/1/3 OFF/errors/2");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		populate_replaces,
		a_start_up_run_that_failed_is_repeated,
		a_late_start_up_run_is_followed_by_a_discovery,
		a_table_that_is_refused_is_asked_again_each_minute,
		populated_again_after_a_day,
		a_report_newer_than_the_query_wins,
		events_mark_systems_and_an_online_one_is_asked,
		a_push_and_an_answer_mean_online,
		a_live_report_of_an_ended_job_is_a_question,
		jobs_of_a_system_long_offline_become_errored,
		a_take_over_does_not_age_a_job_that_nothing_changed,
	};
	TCase *tcase = tcase_create("online_systems");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, absent_or_empty_changes_nothing_with_a_warning, 0, 2);
	tcase_add_loop_test(tcase, absent_or_empty_is_looked_at_again_each_minute, 0, 2);
	tcase_add_loop_test(tcase, a_failed_query_changes_nothing_with_a_warning, 0, 2);
	suite_add_tcase(suite, tcase);
}
