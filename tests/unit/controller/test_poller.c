// SPDX-License-Identifier: MIT
/* The poller's loop and its tasks (contract 2.1), run in this thread while the clock is moved by
 * it.
 */
#include "controller/orders.h"
#include "memory_servers.h"
#include "poller_world.h"

#include <string.h>

START_TEST(a_start_asks_for_everything_and_then_each_interval)
{
	poller_run_for(0.5);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	world_expect_shared("ABC1 17=Running\n");
	hdms_expect(&world.hdms, "job_list ABC1\n");
	poller_run_for(9);
	hdms_expect(&world.hdms, "");
	poller_run_for(1.5);
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
	poller_run_for(20);
	hdms_expect(&world.hdms, "job_status ABC1:17\njob_status ABC1:17\n");
}
END_TEST

START_TEST(online_systems_come_before_the_first_discovery)
{
	world_run(
		"create table connections (actor_id text); insert into connections values ('NEW')");
	poller_run_for(0.5);
	hdms_expect(&world.hdms, "job_list ABC1\njob_list NEW\n");
	world_expect_jobs("ABC1/17 Running r3 live ocd\nNEW/1 Running r1 live user\n");
}
END_TEST

START_TEST(discovery_comes_again_each_ten_minutes)
{
	poller_run_for(599);
	cbx_text_clear(&world.hdms.asked);
	poller_run_for(3);
	ck_assert_ptr_nonnull(strstr(world.hdms.asked.bytes, "job_list ABC1\n"));
}
END_TEST

START_TEST(no_question_before_what_waited_is_merged)
{
	world.behind = true;
	poller_run_for(5);
	hdms_expect(&world.hdms, "");
	world_push("ABC1", "17 Paused");
	world.behind = false;
	poller_run_for(2);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	world_expect_outbox("ABC1/17/4 ABC1/status/2 ABC1/17/5 ABC1/status/4");
}
END_TEST

START_TEST(a_discovery_that_failed_is_repeated)
{
	faults_add_nth(&world.sql_faults, "unreported", CHATTERBOX_E_TIMEOUT, 1, 3);
	poller_run_for(4.5);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	faults_add_nth(&world.sql_faults, "unreported", CHATTERBOX_E_TIMEOUT, 1, 1);
	poller_command(CBX_IN_DISCOVER);
	poller_run_for(3);
	hdms_expect(&world.hdms, "job_list ABC1\n");
}
END_TEST

START_TEST(a_new_epoch_reads_everything_anew)
{
	poller_run_for(1);
	world_run("update status_monitor set status = 'Queued', revision = 7");
	hdms_system(&world.hdms, "ABC1", "17 Queued");
	poller_take_lease();
	poller_run_for(1);
	world_expect_jobs("ABC1/17 Queued r7 live ocd\n");
	hdms_expect(&world.hdms, "job_list ABC1\njob_list ABC1\n");
}
END_TEST

START_TEST(a_lapsed_lease_stops_the_asking_until_it_is_renewed)
{
	poller_run_for(1);
	cbx_text_clear(&world.hdms.asked);
	cbx_leadership_hold(&world.leadership, world.epoch, 1);
	world_push("ABC1", "17 Paused");
	poller_run_for(25);
	hdms_expect(&world.hdms, "");
	/* whoever leads next gets it from the broker */
	world_expect_acknowledged("again");
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	cbx_leadership_hold(&world.leadership, world.epoch, UINT64_MAX);
	world_push("ABC1", "17 Paused");
	poller_run_for(0.5);
	world_expect_acknowledged("ok");
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
	poller_run_for(10.5);
	world_expect_jobs("ABC1/17 Running r5 live ocd\n"); /* it was asked again */
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
}
END_TEST

START_TEST(a_lease_that_lapsed_with_sql_shows_the_interval_as_it_was)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;

	poller_run_for(1);
	road->interval_base_ns = 3 * CBX_SECOND;
	faults_add_nth(&world.sql_faults, "connect", CHATTERBOX_E_DOWN, 1, 1000);
	cbx_link_lost(&road->sql_link, CHATTERBOX_E_DOWN);
	cbx_leadership_hold(&world.leadership, world.epoch, 1);
	poller_run_for(5);
	snapshot = cbx_snapshot_slot_get(road->slot);
	ck_assert_uint_eq(snapshot->interval_base_ns, 3 * CBX_SECOND);
}
END_TEST

START_TEST(a_fenced_write_ends_the_epoch)
{
	poller_run_for(1);
	world_run("update lease set epoch = epoch + 1, holder = 'other'");
	world_push("ABC1", "17 Paused");
	poller_run_for(0.1);
	world_expect_acknowledged("again");
	world_expect_outbox("");
	world_expect("select status from status_monitor", "Running");
}
END_TEST

START_TEST(an_online_event_does_not_wait)
{
	poller_run_for(2);
	cbx_text_clear(&world.hdms.asked);
	world_event("nl-hdms.event.control.system_online", "\"NEW\"");
	poller_run_for(0.3);
	hdms_expect(&world.hdms, "job_list NEW\n");
	world_expect_acknowledged("ok");
	poller_command(CBX_IN_DISCOVER);
	poller_run_for(1.2);
	hdms_expect(&world.hdms, "job_list ABC1\njob_list NEW\n");
	world_pass(9);
	poller_order("nl-ocd.chatterbox.poll", "{}");
	poller_run_for(1.2);
	hdms_expect(&world.hdms, "job_status ABC1:17\njob_status NEW:1\n");
}
END_TEST

START_TEST(statuses_are_sent_each_minute)
{
	poller_run_for(59);
	ck_assert_uint_eq(world.announced, 0);
	poller_run_for(63);
	ck_assert_uint_eq(world.announced, 2);
}
END_TEST

START_TEST(load_stretches_and_calm_relaxes)
{
	struct cbx_task *task = &world.poller.status.check_status_task;

	hdms_system(&world.hdms, "ABC1", "17 Running")->delay = 2500 * CBX_MS;
	poller_run_for(4);
	ck_assert_uint_eq(task->interval_ns, 15 * CBX_SECOND);
	ck_assert_str_eq(road->load_reason, "reply_time");
	ck_assert_double_eq(world_count(world.counters.under_load, "reply_time", NULL), 1);
	hdms_system(&world.hdms, "ABC1", "17 Running")->delay = 0;
	poller_run_for(16);
	ck_assert_uint_eq(task->interval_ns, 10 * CBX_SECOND);
	ck_assert_ptr_null(road->load_reason);
	/* a round that is cut short judges nothing */
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_NO_ANSWER;
	faults_add_nth(&world.bus_faults, "take", CHATTERBOX_E_DOWN, 2, 1);
	poller_command(CBX_IN_DISCOVER);
	poller_run_for(0.2);
	ck_assert_uint_eq(task->interval_ns, 10 * CBX_SECOND);
}
END_TEST

START_TEST(an_interval_is_read_when_redis_is_back)
{
	poller_run_for(1);
	faults_add(&world.state_faults, "read_interval", CHATTERBOX_E_DOWN);
	world_event("nl-ocd.event.update_time_till_next_check", "");
	cbx_memory_store_set_interval(world.store, "\"44\"");
	poller_run_for(0.05);
	ck_assert(world.poller.status.interval_waits);
	poller_run_for(12);
	ck_assert_uint_eq(road->interval_base_ns, 44 * CBX_SECOND);
}
END_TEST

START_TEST(a_lost_redis_is_whole_again_by_itself)
{
	poller_run_for(1);
	cbx_memory_store_stop(world.store);
	cbx_memory_store_flush(world.store);
	poller_run_for(5);
	cbx_memory_store_start(world.store);
	ck_assert_int_eq(world.eye->ops->connect(world.eye, UINT64_MAX), 0);
	poller_run_for(12);
	world_expect_shared("ABC1 17=Running\n");
	ck_assert_double_eq(world_count(world.counters.reconnects, "redis", NULL), 1);
}
END_TEST

START_TEST(what_was_received_is_recorded_at_a_stop)
{
	poller_run_for(1);
	world_push("ABC1", "17 Paused");
	world.poller.stop = false;
	poller_stop_at = 0;
	cbx_poller_run(&world.poller);
	world_expect_acknowledged("ok");
	world_expect_outbox("ABC1/17/4 ABC1/status/2");
}
END_TEST

static void reload_and_tick(void)
{
	if (cbx_now(road->clock) >= poller_stop_at - CBX_SECOND &&
	    world.settings->poll_timeout_ns > CBX_SECOND)
		world_reload("rmq_rpc.poll_timeout", "500ms");
	poller_tick();
}

/* A time-out that was set too long can be taken back while it is waited for */
START_TEST(settings_are_taken_in_the_middle_of_a_round)
{
	poller_run_for(1);
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_NO_ANSWER;
	world.tick = reload_and_tick;
	poller_run_for(12);
	ck_assert_double_eq(world_count(world.counters.rpc_requests, "job_status", "timeout"), 1);
}
END_TEST

START_TEST(settings_are_taken_while_another_leads)
{
	cbx_leadership_lose(&world.leadership, "another");
	poller_run_for(1);
	world_reload("rmq_rpc.rpc_timeout", "7s");
	poller_run_for(0.3);
	ck_assert_uint_eq(road->settings->rpc_timeout_ns, 7 * CBX_SECOND);
}
END_TEST

/* Else a leader would hold everything twice for as long as it leads */
START_TEST(who_leads_again_drops_what_it_followed)
{
	const struct cbx_follow *follow = &world.poller.follow;

	poller_run_for(1);
	cbx_leadership_lose(&world.leadership, "another");
	poller_run_for(5);
	ck_assert(cbx_active_jobs_has_stored_status(follow->jobs));
	ck_assert_uint_ne(cbx_systems_count(follow->systems), 0);
	poller_take_lease();
	poller_run_for(1);
	ck_assert(!cbx_active_jobs_has_stored_status(follow->jobs));
	ck_assert_uint_eq(cbx_systems_count(follow->systems), 0);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_start_asks_for_everything_and_then_each_interval,
		online_systems_come_before_the_first_discovery,
		discovery_comes_again_each_ten_minutes,
		no_question_before_what_waited_is_merged,
		a_discovery_that_failed_is_repeated,
		a_new_epoch_reads_everything_anew,
		a_lapsed_lease_stops_the_asking_until_it_is_renewed,
		a_lease_that_lapsed_with_sql_shows_the_interval_as_it_was,
		a_fenced_write_ends_the_epoch,
		an_online_event_does_not_wait,
		statuses_are_sent_each_minute,
		load_stretches_and_calm_relaxes,
		an_interval_is_read_when_redis_is_back,
		a_lost_redis_is_whole_again_by_itself,
		what_was_received_is_recorded_at_a_stop,
		settings_are_taken_in_the_middle_of_a_round,
		settings_are_taken_while_another_leads,
		who_leads_again_drops_what_it_followed,
	};
	TCase *tcase = tcase_create("poller");

	tcase_add_checked_fixture(tcase, poller_set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
