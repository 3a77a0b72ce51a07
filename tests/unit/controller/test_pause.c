// SPDX-License-Identifier: MIT
/* A pause of the tasks: what goes on, when it ends, and that it survives a take-over */
#include "memory_servers.h"
#include "poller_world.h"

#include <string.h>

static bool is_shown_paused(void)
{
	struct cbx_snapshot *snapshot = cbx_snapshot_slot_get(&world.slot);
	bool paused = snapshot->paused_until_ms != 0;

	cbx_snapshot_unref(snapshot);
	return paused;
}

START_TEST(a_pause_stops_the_tasks_alone)
{
	poller_run_for(1);
	poller_order("nl-ocd.chatterbox.pause", "{}");
	cbx_text_clear(&world.hdms.asked);
	poller_run_for(30);
	hdms_expect(&world.hdms, "");
	world_push("ABC1", "17 Paused");
	poller_run_for(0.5);
	world_expect_acknowledged("ok");
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
	ck_assert(is_shown_paused());
	poller_run_for(10); /* what a push told is not asked sooner */
	poller_order("nl-ocd.chatterbox.resume", "{}");
	poller_run_for(1.5);
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
	ck_assert(!is_shown_paused());
	poller_order("nl-ocd.chatterbox.pause", "{\"seconds\":20}");
	poller_run_for(19);
	hdms_expect(&world.hdms, "");
	poller_run_for(3);
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
}
END_TEST

START_TEST(the_pause_ends_by_itself_after_the_configured_time)
{
	poller_run_for(1);
	poller_order("nl-ocd.chatterbox.pause", "{}");
	poller_run_for(1);
	cbx_text_clear(&world.hdms.asked);
	poller_run_for(597);
	hdms_expect(&world.hdms, "");
	poller_run_for(5);
	ck_assert_uint_gt(world.hdms.asked.len, 0);
}
END_TEST

static void lead_anew(void)
{
	cbx_leadership_lose(&world.leadership, "");
	poller_run_for(0.2);
	cbx_leadership_hold(&world.leadership, ++world.epoch, UINT64_MAX);
	world_run("update lease set epoch = epoch + 1");
	cbx_text_clear(&world.hdms.asked);
}

START_TEST(a_pause_holds_across_a_take_over)
{
	poller_run_for(1);
	poller_order("nl-ocd.chatterbox.pause", "{\"seconds\":60}");
	poller_run_for(10);
	lead_anew();
	poller_run_for(45);
	hdms_expect(&world.hdms, "");
	ck_assert(is_shown_paused());
	poller_run_for(10);
	ck_assert_uint_gt(world.hdms.asked.len, 0);
	ck_assert(!is_shown_paused());
	/* one that was ended stays ended */
	poller_order("nl-ocd.chatterbox.pause", "{}");
	poller_run_for(1);
	poller_order("nl-ocd.chatterbox.resume", "{}");
	poller_run_for(1);
	lead_anew();
	poller_run_for(2);
	ck_assert_uint_gt(world.hdms.asked.len, 0);
}
END_TEST

/* Nobody knows whether the tasks are paused until SQL has said it: nothing begins before */
START_TEST(a_pause_that_can_not_be_read_is_waited_for)
{
	poller_run_for(1);
	poller_order("nl-ocd.chatterbox.pause", "{\"seconds\":60}");
	poller_run_for(1);
	faults_add_nth(&world.sql_faults, "read_conf", CHATTERBOX_E_TIMEOUT, 1, 2);
	lead_anew();
	poller_run_for(20);
	hdms_expect(&world.hdms, "");
	ck_assert(is_shown_paused());
}
END_TEST

static const struct {
	const char *info;
	bool paused;
} rows[] = {
	{ "\"9999-01-01T00:00:00.000Z\"", true },
	{ "\"2001-01-01T00:00:00.000Z\"", false },
	{ "null", false },
	{ "\"soon\"", false },
	{ "{", false },
};

START_TEST(a_row_of_a_pause_is_read)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text, "insert into server_conf (name, info) values ('paused_until', '%s')",
			rows[_i].info);
	world_run(text.bytes);
	cbx_text_free(&text);
	poller_run_for(2);
	ck_assert_int_eq(is_shown_paused(), rows[_i].paused);
	/* a day at most, whatever the row says */
	ck_assert_int_le(road->paused_until_ms, cbx_road_db_now(road) + INT64_C(86400000));
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_pause_stops_the_tasks_alone,
		the_pause_ends_by_itself_after_the_configured_time,
		a_pause_holds_across_a_take_over,
		a_pause_that_can_not_be_read_is_waited_for,
	};
	TCase *tcase = tcase_create("pause");

	tcase_add_checked_fixture(tcase, poller_set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_row_of_a_pause_is_read, 0, (int)CBX_COUNT(rows));
	suite_add_tcase(suite, tcase);
}
