// SPDX-License-Identifier: MIT
/* A follower when the shared state is flushed, broken or gone, or SQL is */
#include "follow_world.h"
#include "memory_servers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A flush: the picture stays until the leader has written everything anew, and then it is read */
START_TEST(a_flush_does_not_empty_the_snapshot)
{
	world_lead();
	follow_turn(0.1);
	cbx_memory_store_flush(world.store);
	follow_turn(3);
	follow_expect(FOLLOW_START);
	road->share_whole = true;
	follow_report("ABC1", "17 Paused", true);
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	follow_turn(0.3);
	follow_expect("ABC1/17 Paused r4 ocd\nABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n");
}
END_TEST

START_TEST(a_gap_in_the_stream_reads_everything_anew)
{
	static struct cbx_stream_entry entries[50];
	size_t i;

	world_lead();
	follow_report("ABC1", "17 Paused", true);
	follow_turn(0.1);
	follow_state.watched = "read_systems";
	follow_turn(1);
	ck_assert_uint_eq(follow_state.calls, 0);
	for (i = 0; i < 50; i++)
		entries[i] =
			(struct cbx_stream_entry){ "status", "ABC1/status/1", "{}", 2, NULL, NULL };
	ck_assert_int_eq(world.eye->ops->append_events(world.eye, world.epoch, entries, 50, 10), 0);
	follow_turn(0.3);
	ck_assert_uint_eq(follow_state.calls, 2);
	follow_expect("ABC1/17 Paused r4 ocd\nABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n");
}
END_TEST

START_TEST(without_a_leaders_state_sql_is_shown)
{
	world_connect();
	follow_turn(1);
	ck_assert_ptr_null(cbx_snapshot_slot_get(&follow_slot));
	follow_turn(2);
	follow_expect(FOLLOW_START);
	world_run("update status_monitor set status = 'Running' where job_id = 1");
	follow_turn(5.2);
	follow_expect("ABC1/17 Running r3 ocd\nABC1/18 Paused r2 user\nABC2/1 Running r1 user\n");
	world_lead();
	follow_turn(0.3);
	ck_assert_int_eq(follow.epoch, world.epoch);
}
END_TEST

START_TEST(without_sql_the_statuses_are_right_and_the_facts_follow)
{
	world_lead();
	faults_add_nth(&follow_sql, "connect", CHATTERBOX_E_DOWN, 1, 1000);
	follow_turn(0.3);
	follow_expect("ABC1/17 Running r0 user\nABC1/18 Paused r0 user\nABC2/1 Queued r0 user\n");
	faults_clear(&follow_sql);
	follow_turn(10.5);
	follow_expect(FOLLOW_START);
}
END_TEST

static void lose_sql(void)
{
	faults_add_nth(&follow_sql, "connect", CHATTERBOX_E_DOWN, 1, 1000);
	cbx_link_lost(&follow.road->sql_link, CHATTERBOX_E_DOWN);
}

/* The lease ran out with SQL: a leader knows its jobs still, and nobody has changed one */
START_TEST(without_sql_a_leader_that_is_only_late_shows_what_it_knew)
{
	world_lead();
	follow_turn(0.3);
	ck_assert_int_ge(cbx_road_read_rows(follow.road, follow.road->jobs, follow.systems, true),
			 0);
	lose_sql();
	cbx_follow_begin(&follow);
	follow_turn(0.3);
	follow_expect(FOLLOW_START);
}
END_TEST

static double shown_base(void)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&follow_slot);

	return cbx_seconds(snapshot->interval_base_ns);
}

START_TEST(without_sql_the_interval_is_what_it_was)
{
	world_lead();
	follow.kept_base_ns = 3 * CBX_SECOND;
	lose_sql();
	follow_turn(0.3);
	ck_assert_double_eq(shown_base(), 3);
	faults_clear(&follow_sql);
	follow_turn(12);
	ck_assert_double_eq(shown_base(), 7);
}
END_TEST

START_TEST(a_lost_connection_keeps_the_snapshot_and_reads_again)
{
	world_lead();
	follow_turn(0.1);
	faults_add_nth(&follow_state, "connect", CHATTERBOX_E_DOWN, 1, 1000);
	faults_add(&follow_state, "read_epoch", CHATTERBOX_E_DOWN);
	follow_report("ABC1", "17 Completed", true);
	follow_turn(3);
	follow_expect(FOLLOW_START);
	faults_clear(&follow_state);
	follow_turn(0.5);
	follow_expect("ABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n");
}
END_TEST

static const char *const state_calls[] = { "read_epoch", "read_events", "read_active", "read_jobs",
					   "read_systems" };

/* A failure in the middle shows nothing half, and is made good */
START_TEST(a_failed_read_shows_nothing_half)
{
	world_lead();
	faults_add(&follow_state, state_calls[_i], _i % 2 ? -ENOMEM : CHATTERBOX_E_DOWN);
	follow_turn(0.1);
	ck_assert_ptr_null(cbx_snapshot_slot_get(&follow_slot));
	follow_turn(3);
	follow_expect(FOLLOW_START);
}
END_TEST

static unsigned turns;

static bool count_turn(void *user)
{
	(void)user;
	turns++;
	return false;
}

/* On a slow line it takes a minute: nobody takes the thread for stuck, and it leads when it can */
START_TEST(a_long_read_of_sql_looks_up_and_ends_when_it_is_to_lead)
{
	cbx_auto(cbx_text_free) struct cbx_text shown = { 0 };
	char words[32];
	int id;

	for (id = 100; id < 600; id++) {
		snprintf(words, sizeof(words), "%d Running", id);
		world_insert("ABC3", words, "user", 1);
	}
	follow.road->on_turn = count_turn;
	world_connect();
	follow_turn(3);
	ck_assert_uint_ge(turns, 5);
	follow_snapshot(&shown);
	ck_assert_ptr_nonnull(strstr(shown.bytes, "ABC3/599 Running"));
	cbx_leadership_hold(follow.road->leadership, 1, UINT64_MAX);
	world_run("update status_monitor set status = 'Paused' where job_id = 599");
	turns = 0;
	follow_turn(6);
	ck_assert_uint_ge(turns, 1);
	follow_snapshot(&shown);
	ck_assert_ptr_null(strstr(shown.bytes, "ABC3/599 Paused"));
	ck_assert(follow.road->sql_link.up);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_flush_does_not_empty_the_snapshot,
		a_gap_in_the_stream_reads_everything_anew,
		without_a_leaders_state_sql_is_shown,
		without_sql_the_statuses_are_right_and_the_facts_follow,
		without_sql_a_leader_that_is_only_late_shows_what_it_knew,
		without_sql_the_interval_is_what_it_was,
		a_lost_connection_keeps_the_snapshot_and_reads_again,
		a_long_read_of_sql_looks_up_and_ends_when_it_is_to_lead,
	};
	TCase *tcase = tcase_create("follow_trouble");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, follow_set_up, follow_tear_down);
	unit_add(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, a_failed_read_shows_nothing_half, 0, CBX_COUNT(state_calls));
	suite_add_tcase(suite, tcase);
}
