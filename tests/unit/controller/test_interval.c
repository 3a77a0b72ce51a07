// SPDX-License-Identifier: MIT
/* The Job Status Task's interval (contract 2.3): what is taken, kept, and read at
 * start. */
#include "memory_servers.h"
#include "road_world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct cbx_job_status *status;

static void set_up(void)
{
	world_set_up();
	status = &world.poller.status;
	world_lead();
	cbx_job_status_begin(status);
}

static double base(void)
{
	ck_assert_uint_eq(status->check_status_task.interval_ns, status->pacer.current_ns);
	ck_assert_uint_eq(road->interval_base_ns, status->pacer.base_ns);
	return cbx_seconds(cbx_job_status_get_time_till_next_check(status));
}

static void expect_kept(const char *seconds)
{
	world_expect("select info from server_conf where name = 'check_job_status_time'", seconds);
}

static const struct {
	const char *text;
	double seconds; /* 0: refused */
} texts[] = {
	{ "600", 600 },   { "\"600\"", 600 }, { "\"\"6\"00\"", 600 },
	{ " 600 ", 600 }, { "1", 1 },         { "86400", 86400 },
	{ "2.5", 2.5 },   { "0", 0 },         { "0.5", 0 },
	{ "86401", 0 },   { "-5", 0 },        { "10s", 0 },
	{ "nan", 0 },     { "1e99", 0 },      { "ten", 0 },
	{ "\"\"", 0 },
};

START_TEST(a_text_is_taken_or_refused)
{
	double seconds = texts[_i].seconds;
	char kept[32] = "";

	status->pacer.current_ns = 15 * CBX_SECOND; /* stretched */
	status->check_status_task.interval_ns = 15 * CBX_SECOND;
	ck_assert_int_eq(cbx_job_status_take_interval(status, texts[_i].text),
			 seconds > 0 ? 0 : -EINVAL);
	ck_assert_double_eq(base(), seconds > 0 ? seconds : 10);
	ck_assert_double_eq(cbx_seconds(status->pacer.current_ns), seconds > 0 ? seconds : 15);
	if (seconds > 0)
		snprintf(kept, sizeof(kept), "%g", seconds);
	expect_kept(kept);
}
END_TEST

START_TEST(without_a_text_it_is_read_from_the_shared_state)
{
	cbx_memory_store_set_interval(world.store, "\"30\"");
	ck_assert_int_eq(cbx_job_status_take_interval(status, ""), 0);
	ck_assert_double_eq(base(), 30);
	expect_kept("30");
	cbx_memory_store_set_interval(world.store, "no number");
	ck_assert_int_eq(cbx_job_status_take_interval(status, ""), -EINVAL);
	cbx_memory_store_set_interval(world.store, NULL);
	ck_assert_int_eq(cbx_job_status_take_interval(status, ""), -EINVAL);
	ck_assert_double_eq(base(), 30);
}
END_TEST

/* While it is down: later. What does not fit is no number, now or later. */
START_TEST(a_shared_state_that_is_down_is_asked_again)
{
	cbx_memory_store_set_interval(world.store, "30");
	faults_add(&world.state_faults, "read_interval", CHATTERBOX_E_DOWN);
	ck_assert_int_eq(cbx_job_status_take_interval(status, ""), 1);
	ck_assert_int_eq(cbx_job_status_take_interval(status, ""), 1);
	ck_assert_double_eq(base(), 10);
	world_connect();
	ck_assert_int_eq(cbx_job_status_take_interval(status, ""), 0);
	ck_assert_double_eq(base(), 30);
	faults_add(&world.state_faults, "read_interval", CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(cbx_job_status_take_interval(status, ""), -EINVAL);
	ck_assert_double_eq(base(), 30);
}
END_TEST

START_TEST(what_can_not_be_kept_counts_all_the_same)
{
	faults_add(&world.sql_faults, "write_conf", CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(cbx_job_status_set_time_till_next_check(status, 42 * CBX_SECOND), 0);
	ck_assert_double_eq(base(), 42);
	expect_kept("");
	ck_assert_uint_gt(world.warnings, 0);
}
END_TEST

/* server_conf, else the shared state, else the configuration */
START_TEST(the_order_at_a_start)
{
	static const struct {
		const char *kept, *shared;
		double base;
		unsigned warnings;
	} rows[] = {
		{ "\"20\"", "30", 20, 0 }, { "20", NULL, 20, 0 }, { NULL, "30", 30, 0 },
		{ NULL, "\"30\"", 30, 0 }, { NULL, NULL, 10, 0 }, { "broken", "30", 30, 1 },
		{ "0", "none", 10, 2 },
	};
	unsigned warnings = world.warnings;
	char text[160];

	if (rows[_i].kept) {
		snprintf(text, sizeof(text),
			 "insert into server_conf (name, info) values ('check_job_status_time', "
			 "'%s')",
			 rows[_i].kept);
		world_run(text);
	}
	cbx_memory_store_set_interval(world.store, rows[_i].shared);
	cbx_job_status_begin(status);
	ck_assert_double_eq(base(), rows[_i].base);
	ck_assert(status->update_database_task.wanted);
	ck_assert_uint_eq(world.warnings - warnings, rows[_i].warnings);
	/* who follows looks all the time */
	ck_assert_double_eq(cbx_seconds(cbx_job_status_kept_interval(road)), rows[_i].base);
	ck_assert_uint_eq(world.warnings - warnings, rows[_i].warnings);
}
END_TEST

START_TEST(without_the_shared_state_the_configuration_counts)
{
	cbx_memory_store_set_interval(world.store, "30");
	faults_add(&world.state_faults, "read_interval", CHATTERBOX_E_DOWN);
	cbx_job_status_begin(status);
	ck_assert_double_eq(base(), 10);
}
END_TEST

START_TEST(a_take_over_reads_what_was_set)
{
	ck_assert_int_eq(cbx_job_status_set_time_till_next_check(status, 77 * CBX_SECOND), 0);
	cbx_memory_store_set_interval(world.store, "30");
	world_lead();
	cbx_job_status_begin(status);
	ck_assert_double_eq(base(), 77);
}
END_TEST

/* A reload (contract 8.2): the configured value, unless another was set */
START_TEST(a_reload_changes_what_nobody_has_set)
{
	if (_i)
		cbx_job_status_set_time_till_next_check(status, 77 * CBX_SECOND);
	world.settings->check_job_status_time_ns = 25 * CBX_SECOND;
	world.settings->time_till_next_check_ns = 300 * CBX_SECOND;
	world.settings->load_max_interval_ns = 50 * CBX_SECOND;
	world.settings->load_queue_depth = 7;
	world.settings->load_reply_ns = 500 * CBX_MS;
	cbx_job_status_apply_settings(status);
	ck_assert_double_eq(base(), _i ? 77 : 25);
	ck_assert_uint_eq(status->update_database_task.interval_ns, 300 * CBX_SECOND);
	ck_assert_uint_eq(status->pacer.bound_ns, 50 * CBX_SECOND);
	ck_assert_int_eq(status->pacer.queue_depth_limit, 7);
	ck_assert_uint_eq(status->pacer.reply_limit_ns, 500 * CBX_MS);
}
END_TEST

/* By its event: acknowledged when taken or put off, rejected when refused; after the record that it
 * was applied */
static void take_events(void)
{
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

START_TEST(the_event_of_it)
{
	static const char key[] = "nl-ocd.event.update_time_till_next_check";

	world_event(key, "{\"info\":\"\\\"600\\\"\"}");
	world_event(key, "{\"info\":\"0\"}");
	take_events();
	world_expect_acknowledged("ok rejected");
	ck_assert_double_eq(base(), 600);
	faults_add(&world.state_faults, "read_interval", CHATTERBOX_E_DOWN);
	world_event(key, "{}");
	take_events();
	world_expect_acknowledged("ok");
	ck_assert(status->interval_waits);
	world_connect();
	cbx_memory_store_set_interval(world.store, "33");
	world_event(key, "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{}}");
	take_events();
	ck_assert(!status->interval_waits);
	ck_assert_double_eq(base(), 33);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		without_a_text_it_is_read_from_the_shared_state,
		a_shared_state_that_is_down_is_asked_again,
		what_can_not_be_kept_counts_all_the_same,
		without_the_shared_state_the_configuration_counts,
		a_take_over_reads_what_was_set,
		the_event_of_it,
	};
	TCase *tcase = tcase_create("interval");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	tcase_add_loop_test(tcase, a_text_is_taken_or_refused, 0, (int)CBX_COUNT(texts));
	tcase_add_loop_test(tcase, the_order_at_a_start, 0, 7);
	tcase_add_loop_test(tcase, a_reload_changes_what_nobody_has_set, 0, 2);
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
