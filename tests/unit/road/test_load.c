// SPDX-License-Identifier: MIT
/* A take-over (contract 4.2, 5.2): SQL first, then what the shared state knows better; OCD's new
 * rows.
 */
#include "road_world.h"

#include <stdio.h>
#include <string.h>

/* As a leader before us left it */
static void share(const char *system, const char *job_id, const char *json)
{
	struct cbx_field field = { job_id, json, strlen(json) };
	struct cbx_state_write write = {
		.system = system, .number = 1, .live = true, .fields = &field, .field_count = 1
	};

	ck_assert_int_eq(world.eye->ops->write_jobs(world.eye, &write, 1), 0);
}

static void share_system(const char *name, const char *json)
{
	struct cbx_field field = { name, json, strlen(json) };

	ck_assert_int_eq(world.eye->ops->write_systems(world.eye, world.epoch, CBX_ONLINE_SYSTEMS,
						       &field, 1),
			 0);
}

static const struct cbx_status *status_of(const char *system, int64_t job_id)
{
	return cbx_job_list_find(cbx_active_jobs_get(road->jobs, system), job_id)->status;
}

static enum cbx_system_state state_of(const char *system)
{
	const struct cbx_system_entry *entry = cbx_systems_find(road->systems, system);

	ck_assert_msg(entry != NULL, "%s is not known", system);
	return entry->system->state;
}

START_TEST(rows_become_jobs)
{
	world_insert("ABC1", "17 Running 42% t=Music", "ocd", 3);
	world_insert("ABC1", "18 Started", "ocd", 0);
	world_insert("ABC1", "19 Errored", "user", 2);
	world_insert("abc", "1 Paused", "user", 1);
	world_lead();
	world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/18 Started r0 unheard ocd\n"
			  "ABC1/19 Errored r2 ended user\nabc/1 Paused r1 live user\n");
	ck_assert_str_eq(status_of("ABC1", 17)->json,
			 "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Running\","
			 "\"percent_completed\":\"42\",\"job_type\":\"Music\"}");
	world_expect_shared("ABC1 17=Running\nabc 1=Paused\n");
	world_expect_outbox("");
}
END_TEST

START_TEST(rows_that_can_not_be_a_job_are_passed_over)
{
	world_run("insert into status_monitor (system, job_id, status, revision) values "
		  "('A/B', 1, 'Running', 1), ('', 2, 'Running', 1), ('OK', -3, 'Running', 1), "
		  "('OK', 4, 'Running', -1), ('OK', 5, 'Running', 9007199254740992), "
		  "('OK', 6, 'Running', 1)");
	world_lead();
	world_expect_jobs("OK/6 Running r1 live ocd\n");
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "revision", NULL), 2);
}
END_TEST

/* Left out, its row would be ahead of its next report: nothing would be recorded any more */
START_TEST(a_row_without_a_status_is_reported_anew)
{
	world_run("insert into status_monitor (system, job_id, status, revision) values "
		  "('OK', 4, '', 7), ('OK', 5, cast(x'ff' as text), 1), ('OK', 6, 'Running', 1)");
	world_lead();
	world_expect_jobs("OK/4 unknown r7 unheard ocd\nOK/5 unknown r1 unheard ocd\n"
			  "OK/6 Running r1 live ocd\n");
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "status", NULL), 2);
	world_push("OK", "4 Running; 6 Paused");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_jobs("OK/4 Running r8 live ocd\nOK/5 unknown r1 unheard ocd\n"
			  "OK/6 Paused r2 live ocd\n");
	world_expect_outbox("OK/4/8 OK/6/2");
}
END_TEST

/* Read at once, and never again: without the times all jobs are there */
START_TEST(times_that_are_none_are_counted_and_named_once)
{
	world_run("insert into status_monitor (system, job_id, status, revision, created_at, "
		  "updated_at) values ('OK', 4, 'Running', 1, '-infinity', 'infinity')");
	world.warnings = 0;
	world_lead();
	world_expect_jobs("OK/4 Running r1 live ocd\n");
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "time", NULL), 2);
	world_run("insert into status_monitor (system, job_id, status, created_at) values "
		  "('OK', 5, 'Queued', '-infinity')");
	cbx_road_notice_rows(road);
	cbx_road_observe_times(road);
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "time", NULL), 3);
	world_expect_jobs("OK/4 Running r1 live ocd\nOK/5 Queued r0 unheard ocd\n");
	ck_assert_uint_eq(world.warnings, 1);
}
END_TEST

/* A memory of an end that others wrote into may have no status */
START_TEST(an_end_without_a_status_ends_no_process)
{
	world_run("insert into completed_jobs (system, job_id, revision) values ('OK', 4, 2)");
	world_lead();
	world_push("OK", "4 Completed");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
}
END_TEST

/* What stands in a row that nobody has heard of is never told, so it hinders nothing */
START_TEST(an_unreported_row_may_hold_any_text)
{
	world_run("insert into status_monitor (system, job_id, status, download_speed, job_type) "
		  "values ('OK', 1, '', '', ''), ('OK', 2, cast(x'ff' as text), "
		  "printf('%065d', 1), cast(x'ff' as text))");
	world_lead();
	world_expect_jobs("OK/1 unknown r0 unheard ocd\nOK/2 unknown r0 unheard ocd\n");
	ck_assert_str_eq(status_of("OK", 2)->json,
			 "{\"system\":\"OK\",\"job_id\":2,\"status\":\"unknown\"}");
}
END_TEST

START_TEST(the_shared_status_is_taken_where_its_text_agrees)
{
	world_insert("ABC1", "17 Running 10%", "ocd", 3);
	world_insert("ABC1", "18 Running", "ocd", 3);
	world_insert("ABC1", "19 Running", "ocd", 3);
	world_insert("ABC1", "20 Started", "ocd", 0);
	world_insert("ABC1", "21 Errored", "ocd", 2);
	share("ABC1", "17",
	      "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Running\","
	      "\"percent_completed\":\"55\",\"files_downloading\":[1, 2]}");
	share("ABC1", "18", "{\"system\":\"ABC1\",\"job_id\":18,\"status\":\"Paused\"}");
	share("ABC1", "19", "not a status");
	share("ABC1", "20", "{\"system\":\"ABC1\",\"job_id\":20,\"status\":\"Started\",\"x\":1}");
	share("ABC1", "21", "{\"system\":\"ABC1\",\"job_id\":21,\"status\":\"Errored\",\"x\":1}");
	share("ABC1", "99", "{\"system\":\"ABC1\",\"job_id\":99,\"status\":\"Running\"}");
	world_lead();
	world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/18 Running r3 live ocd\n"
			  "ABC1/19 Running r3 live ocd\nABC1/20 Started r0 unheard ocd\n"
			  "ABC1/21 Errored r2 ended ocd\n");
	ck_assert_str_eq(status_of("ABC1", 17)->json,
			 "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Running\","
			 "\"percent_completed\":\"55\",\"files_downloading\":[1, 2]}");
	ck_assert_ptr_null(strstr(status_of("ABC1", 20)->json, "x"));
	/* and it is written as it is known now */
	world_expect_shared("ABC1 17=Running 18=Running 19=Running\n");
}
END_TEST

/* Redis is asked for a few systems at a time, while SQL is read */
START_TEST(the_shared_status_of_many_systems_is_taken)
{
	static const char *const names[] = { "S0", "S127", "S128", "S300", "S385" };
	char json[128];
	size_t i;

	world_run("with recursive n(i) as (select 0 union all select i + 1 from n where i < 385) "
		  "insert into status_monitor (system, job_id, status, revision) select 'S' || i, "
		  "1, 'Running', 1 from n");
	for (i = 0; i < CBX_COUNT(names); i++) {
		snprintf(json, sizeof(json),
			 "{\"system\":\"%s\",\"job_id\":1,\"status\":\"Running\",\"x\":1}",
			 names[i]);
		share(names[i], "1", json);
	}
	world_lead();
	for (i = 0; i < CBX_COUNT(names); i++)
		ck_assert_msg(strstr(status_of(names[i], 1)->json, "\"x\":1"), "%s", names[i]);
	ck_assert_ptr_null(strstr(status_of("S129", 1)->json, "x"));
	ck_assert_uint_eq(cbx_systems_count(road->systems), 386);
}
END_TEST

/* A field whose status is another job's, or another system's */
START_TEST(a_shared_status_in_the_wrong_place_is_not_taken)
{
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_insert("ABC1", "18 Running", "ocd", 3);
	share("ABC1", "17", "{\"system\":\"XYZ\",\"job_id\":17,\"status\":\"Running\"}");
	share("ABC1", "18", "{\"system\":\"ABC1\",\"job_id\":19,\"status\":\"Running\"}");
	world_lead();
	ck_assert_str_eq(status_of("ABC1", 17)->system, "ABC1");
	ck_assert_int_eq(status_of("ABC1", 18)->job_id, 18);
}
END_TEST

START_TEST(system_states_come_from_the_hash_and_the_rest_is_unknown)
{
	world_insert("ABC1", "17 Running", "ocd", 3);
	share_system("ON", "{\"systemID\":\"ON\",\"lastCheck\":\"2026-11-20T10:00:00.000Z\","
			   "\"status\":\"online\"}");
	share_system("OFF", "{\"systemID\":\"OFF\",\"status\":\"offline\"}");
	share_system("ODD", "what");
	share_system("A/B", "{\"systemID\":\"A/B\",\"status\":\"online\"}");
	world_lead();
	ck_assert_int_eq(state_of("ON"), CBX_ONLINE);
	ck_assert_int_eq(state_of("OFF"), CBX_OFFLINE);
	ck_assert_int_eq(state_of("ODD"), CBX_UNKNOWN);
	ck_assert_int_eq(state_of("ABC1"), CBX_UNKNOWN);
	ck_assert_ptr_null(cbx_systems_find(road->systems, "A/B"));
	ck_assert_int_eq(cbx_systems_find(road->systems, "ON")->system->last_check_ms,
			 1795168800000LL);
}
END_TEST

START_TEST(without_the_shared_state_sql_is_enough)
{
	world_insert("ABC1", "17 Running 10%", "ocd", 3);
	share("ABC1", "17", "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Running\"}");
	world_connect();
	faults_add(&world.state_faults, _i ? "read_systems" : "read_jobs", CHATTERBOX_E_DOWN);
	world_lead();
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	ck_assert(road->share_whole && !road->state_link.up);
}
END_TEST

START_TEST(a_load_that_fails_leaves_nothing_loaded)
{
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_lead();
	faults_add(&world.sql_faults, _i ? "monitored" : "now", CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(cbx_road_load(road, world.epoch), CHATTERBOX_E_TIMEOUT);
	world_expect_jobs("");
	ck_assert_int_eq(road->epoch, 0);
}
END_TEST

START_TEST(new_rows_are_noticed_and_asked_about)
{
	hdms_system(&world.hdms, "NEW", "5 Running");
	world_insert("ABC1", "17 Errored", "ocd", 3);
	world_lead();
	world_insert("NEW", "5 Started", "ocd", 0);
	world_insert("ABC1", "18 Started", "ocd", 0);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	hdms_expect(&world.hdms, "job_status ABC1:18\njob_status NEW:5\n");
	world_expect_jobs("ABC1/17 Errored r3 ended ocd\nABC1/18 Started r0 unheard ocd\n"
			  "NEW/5 Running r1 live ocd\n");
	world_expect_outbox("NEW/5/1");
	/* unheard ones again in every round, as long as it takes */
	world_pass(10);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	hdms_expect(&world.hdms, "job_status ABC1:18\njob_status NEW:5\n");
	ck_assert_int_eq(state_of("ABC1"), CBX_UNKNOWN);
	ck_assert_int_eq(state_of("NEW"), CBX_ONLINE);
}
END_TEST

START_TEST(a_job_that_ended_and_is_started_again_goes_on_counting)
{
	world_insert("ABC1", "17 Running", "ocd", 3);
	hdms_system(&world.hdms, "ABC1", "17 Completed");
	world_lead();
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect("select revision || status from completed_jobs", "4Completed");
	world_insert("ABC1", "17 Started", "ocd", 0);
	hdms_system(&world.hdms, "ABC1", "17 Running");
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_jobs("ABC1/17 Running r5 live ocd\n");
	world_expect("select count(*) from completed_jobs", "0");
	world_expect_outbox("ABC1/17/4 ABC1/17/5");
}
END_TEST

START_TEST(origins_turn_to_ocd_by_either_table_and_never_back)
{
	world_insert("ABC1", "17 Running", "user", 3);
	world_insert("ABC1", "18 Running", "user", 3);
	world_insert("ABC1", "19 Running", "user", 3);
	hdms_system(&world.hdms, "ABC1", "17 Running 1%; 18 Running 1%; 19 Running 1%");
	world_lead();
	world_run("update status_monitor set origin = 'ocd' where job_id = 17;"
		  "insert into scheduled_jobs (system, job_id) values ('ABC1', 18)");
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/18 Running r3 live ocd\n"
			  "ABC1/19 Running r3 live user\n");
	world_expect("select group_concat(origin) from (select origin from status_monitor order by "
		     "job_id)",
		     "ocd,ocd,user");
	world_run("update status_monitor set origin = 'user'; delete from scheduled_jobs");
	world_pass(10);
	hdms_system(&world.hdms, "ABC1", "17 Paused; 18 Paused; 19 Paused");
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_jobs("ABC1/17 Paused r4 live ocd\nABC1/18 Paused r4 live ocd\n"
			  "ABC1/19 Paused r4 live user\n");
	world_expect("select group_concat(origin) from (select origin from outbox where name = "
		     "'update_job_status' order by id)",
		     "ocd,ocd,user");
}
END_TEST

/* Long offline, then a restart, then the system tells how it really ended */
START_TEST(an_end_that_was_concluded_is_corrected_after_a_restart)
{
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_insert("ABC1", "18 Errored", "ocd", 2);
	world_lead();
	cbx_systems_restore(road->systems, cbx_systems_get(road->systems, "ABC1"), CBX_OFFLINE, 0);
	world_pass(86400);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_outbox("ABC1/17/4");
	world_lead();
	world_push("ABC1", "17 Completed; 18 Completed");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_outbox("ABC1/17/4 ABC1/17/5");
	world_expect("select group_concat(job_id || status || revision) from completed_jobs",
		     "17Completed5");
}
END_TEST

static bool lose_lease(void *user)
{
	(void)user;
	world.clock.now += CBX_SECOND;
	cbx_leadership_lose(&world.leadership, "other");
	return false;
}

/* It looks up now and then, and a try that reads what an earlier one read is no progress */
START_TEST(a_long_load_looks_up_and_advances)
{
	uint64_t advanced;

	world_run("with recursive n(i) as (select 1 union all select i + 1 from n where i < 250) "
		  "insert into status_monitor (system, job_id, status, revision) select 'ABC1', i, "
		  "'Running', 1 from n");
	world_lead();
	ck_assert_int_eq(road->loaded_epoch, world.epoch);
	advanced = road->load_advanced_at;
	ck_assert_uint_gt(advanced, 0);
	/* the lease is lost after a hundred rows */
	world_pass(1);
	road->on_turn = lose_lease;
	ck_assert_int_eq(cbx_road_load(road, world.epoch), CHATTERBOX_E_STANDBY);
	ck_assert(road->sql_link.up);
	ck_assert_int_eq(road->loaded_epoch, 0);
	ck_assert_uint_eq(road->load_most, 100);
	ck_assert_uint_gt(road->load_advanced_at, advanced);
	advanced = road->load_advanced_at;
	world_pass(1);
	cbx_leadership_hold(&world.leadership, world.epoch, UINT64_MAX);
	ck_assert_int_eq(cbx_road_load(road, world.epoch), CHATTERBOX_E_STANDBY);
	ck_assert_uint_eq(road->load_advanced_at, advanced);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		rows_become_jobs,
		rows_that_can_not_be_a_job_are_passed_over,
		a_row_without_a_status_is_reported_anew,
		times_that_are_none_are_counted_and_named_once,
		an_end_without_a_status_ends_no_process,
		a_long_load_looks_up_and_advances,
		an_unreported_row_may_hold_any_text,
		the_shared_status_is_taken_where_its_text_agrees,
		the_shared_status_of_many_systems_is_taken,
		a_shared_status_in_the_wrong_place_is_not_taken,
		system_states_come_from_the_hash_and_the_rest_is_unknown,
		new_rows_are_noticed_and_asked_about,
		a_job_that_ended_and_is_started_again_goes_on_counting,
		origins_turn_to_ocd_by_either_table_and_never_back,
		an_end_that_was_concluded_is_corrected_after_a_restart,
	};
	TCase *tcase = tcase_create("load");

	tcase_add_checked_fixture(tcase, world_set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, without_the_shared_state_sql_is_enough, 0, 2);
	tcase_add_loop_test(tcase, a_load_that_fails_leaves_nothing_loaded, 0, 2);
	suite_add_tcase(suite, tcase);
}
