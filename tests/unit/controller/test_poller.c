// SPDX-License-Identifier: MIT
/* The poller's loop and its tasks (contract 2.1), run in this thread while the clock is moved by
 * it.
 */
#include "controller/orders.h"
#include "memory_servers.h"
#include "road_world.h"

#include <string.h>

static uint64_t stop_at;

static void tick(void)
{
	if (cbx_now(road->clock) >= stop_at)
		world.poller.stop = true;
}

/* The world goes on for so long */
static void run_for(double seconds)
{
	stop_at = cbx_now(road->clock) + (uint64_t)(seconds * (double)CBX_SECOND);
	world.poller.stop = false;
	cbx_poller_run(&world.poller);
}

static void take_lease(void)
{
	struct cbx_lease_state held;

	ck_assert_int_eq(world.lease->lease->take(world.lease, world.leadership.name,
						  world.leadership.self, 3600, &world.epoch, &held),
			 0);
	cbx_leadership_hold(&world.leadership, world.epoch, UINT64_MAX);
}

static void set_up(void)
{
	world_set_up();
	world.tick = tick;
	world_insert("ABC1", "17 Running", "ocd", 3);
	hdms_system(&world.hdms, "ABC1", "17 Running");
	hdms_system(&world.hdms, "NEW", "1 Running");
	take_lease();
}

static struct cbx_inbound *command(enum cbx_inbound_type type)
{
	struct cbx_inbound *inbound = NULL;

	ck_assert_int_eq(cbx_inbound_new(type, &inbound), 0);
	ck_assert_int_eq(cbx_mailbox_put(road->inbox, inbound), 0);
	return inbound;
}

static void done(struct cbx_call *call)
{
	ck_assert_int_eq(call->code, CBX_CALL_OK);
	cbx_call_free(call);
}

static void order(const char *method, const char *params)
{
	ck_assert_int_eq(cbx_call_new(cbx_method_find(cbx_methods, method),
				      json_loads(params, 0, NULL), done, NULL,
				      &command(CBX_IN_CALL)->call),
			 0);
}

START_TEST(a_start_asks_for_everything_and_then_each_interval)
{
	run_for(0.5);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	world_expect_shared("ABC1 17=Running\n");
	hdms_expect(&world.hdms, "job_list ABC1\n");
	run_for(9);
	hdms_expect(&world.hdms, "");
	run_for(1.5);
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
	run_for(20);
	hdms_expect(&world.hdms, "job_status ABC1:17\njob_status ABC1:17\n");
}
END_TEST

START_TEST(online_systems_come_before_the_first_discovery)
{
	world_run(
		"create table connections (actor_id text); insert into connections values ('NEW')");
	run_for(0.5);
	hdms_expect(&world.hdms, "job_list ABC1\njob_list NEW\n");
	world_expect_jobs("ABC1/17 Running r3 live ocd\nNEW/1 Running r1 live user\n");
}
END_TEST

START_TEST(discovery_comes_again_each_ten_minutes)
{
	run_for(599);
	cbx_text_clear(&world.hdms.asked);
	run_for(3);
	ck_assert_ptr_nonnull(strstr(world.hdms.asked.bytes, "job_list ABC1\n"));
}
END_TEST

START_TEST(no_question_before_what_waited_is_merged)
{
	world.behind = true;
	run_for(5);
	hdms_expect(&world.hdms, "");
	world_push("ABC1", "17 Paused");
	world.behind = false;
	run_for(2);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	world_expect_outbox("ABC1/17/4 ABC1/status/2 ABC1/17/5 ABC1/status/4");
}
END_TEST

START_TEST(a_discovery_that_failed_is_repeated)
{
	faults_add_nth(&world.sql_faults, "unreported", CHATTERBOX_E_TIMEOUT, 1, 3);
	run_for(4.5);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	faults_add_nth(&world.sql_faults, "unreported", CHATTERBOX_E_TIMEOUT, 1, 1);
	command(CBX_IN_DISCOVER);
	run_for(3);
	hdms_expect(&world.hdms, "job_list ABC1\n");
}
END_TEST

START_TEST(a_new_epoch_reads_everything_anew)
{
	run_for(1);
	world_run("update status_monitor set status = 'Queued', revision = 7");
	hdms_system(&world.hdms, "ABC1", "17 Queued");
	take_lease();
	run_for(1);
	world_expect_jobs("ABC1/17 Queued r7 live ocd\n");
	hdms_expect(&world.hdms, "job_list ABC1\njob_list ABC1\n");
}
END_TEST

START_TEST(a_lapsed_lease_stops_the_asking_until_it_is_renewed)
{
	run_for(1);
	cbx_text_clear(&world.hdms.asked);
	cbx_leadership_hold(&world.leadership, world.epoch, 1);
	world_push("ABC1", "17 Paused");
	run_for(25);
	hdms_expect(&world.hdms, "");
	/* whoever leads next gets it from the broker */
	world_expect_acknowledged("again");
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	cbx_leadership_hold(&world.leadership, world.epoch, UINT64_MAX);
	world_push("ABC1", "17 Paused");
	run_for(0.5);
	world_expect_acknowledged("ok");
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
	run_for(10.5);
	world_expect_jobs("ABC1/17 Running r5 live ocd\n"); /* it was asked again */
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
}
END_TEST

START_TEST(a_lease_that_lapsed_with_sql_shows_the_interval_as_it_was)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;

	run_for(1);
	road->interval_base_ns = 3 * CBX_SECOND;
	faults_add_nth(&world.sql_faults, "connect", CHATTERBOX_E_DOWN, 1, 1000);
	cbx_link_lost(&road->sql_link, CHATTERBOX_E_DOWN);
	cbx_leadership_hold(&world.leadership, world.epoch, 1);
	run_for(5);
	snapshot = cbx_snapshot_slot_get(road->slot);
	ck_assert_uint_eq(snapshot->interval_base_ns, 3 * CBX_SECOND);
}
END_TEST

START_TEST(a_fenced_write_ends_the_epoch)
{
	run_for(1);
	world_run("update lease set epoch = epoch + 1, holder = 'other'");
	world_push("ABC1", "17 Paused");
	run_for(0.1);
	world_expect_acknowledged("again");
	world_expect_outbox("");
	world_expect("select status from status_monitor", "Running");
}
END_TEST

static bool is_shown_paused(void)
{
	struct cbx_snapshot *snapshot = cbx_snapshot_slot_get(&world.slot);
	bool paused = snapshot->paused_until_ms != 0;

	cbx_snapshot_unref(snapshot);
	return paused;
}

START_TEST(a_pause_stops_the_tasks_alone)
{
	run_for(1);
	order("nl-ocd.chatterbox.pause", "{}");
	cbx_text_clear(&world.hdms.asked);
	run_for(30);
	hdms_expect(&world.hdms, "");
	world_push("ABC1", "17 Paused");
	run_for(0.5);
	world_expect_acknowledged("ok");
	world_expect_jobs("ABC1/17 Paused r4 live ocd\n");
	ck_assert(is_shown_paused());
	run_for(10); /* what a push told is not asked sooner */
	order("nl-ocd.chatterbox.resume", "{}");
	run_for(1.5);
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
	ck_assert(!is_shown_paused());
	order("nl-ocd.chatterbox.pause", "{\"seconds\":20}");
	run_for(19);
	hdms_expect(&world.hdms, "");
	run_for(3);
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
}
END_TEST

START_TEST(the_pause_ends_by_itself_after_the_configured_time)
{
	run_for(1);
	order("nl-ocd.chatterbox.pause", "{}");
	run_for(1);
	cbx_text_clear(&world.hdms.asked);
	run_for(597);
	hdms_expect(&world.hdms, "");
	run_for(5);
	ck_assert_uint_gt(world.hdms.asked.len, 0);
}
END_TEST

static void lead_anew(void)
{
	cbx_leadership_lose(&world.leadership, "");
	run_for(0.2);
	cbx_leadership_hold(&world.leadership, ++world.epoch, UINT64_MAX);
	world_run("update lease set epoch = epoch + 1");
	cbx_text_clear(&world.hdms.asked);
}

START_TEST(a_pause_holds_across_a_take_over)
{
	run_for(1);
	order("nl-ocd.chatterbox.pause", "{\"seconds\":60}");
	run_for(10);
	lead_anew();
	run_for(45);
	hdms_expect(&world.hdms, "");
	ck_assert(is_shown_paused());
	run_for(10);
	ck_assert_uint_gt(world.hdms.asked.len, 0);
	ck_assert(!is_shown_paused());
	/* one that was ended stays ended */
	order("nl-ocd.chatterbox.pause", "{}");
	run_for(1);
	order("nl-ocd.chatterbox.resume", "{}");
	run_for(1);
	lead_anew();
	run_for(2);
	ck_assert_uint_gt(world.hdms.asked.len, 0);
}
END_TEST

/* Nobody knows whether the tasks are paused until SQL has said it: nothing begins before */
START_TEST(a_pause_that_can_not_be_read_is_waited_for)
{
	run_for(1);
	order("nl-ocd.chatterbox.pause", "{\"seconds\":60}");
	run_for(1);
	faults_add_nth(&world.sql_faults, "read_conf", CHATTERBOX_E_TIMEOUT, 1, 2);
	lead_anew();
	run_for(20);
	hdms_expect(&world.hdms, "");
	ck_assert(is_shown_paused());
}
END_TEST

static const struct {
	const char *info;
	bool paused;
} rows[] = {
	{ "\"9999-01-01T00:00:00.000Z\"", true }, { "\"2001-01-01T00:00:00.000Z\"", false },
	{ "null", false },			    { "\"soon\"", false },
	{ "{", false },
};

START_TEST(a_row_of_a_pause_is_read)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into server_conf (name, info) values ('paused_until', '%s')",
			rows[_i].info);
	world_run(text.bytes);
	cbx_text_free(&text);
	run_for(2);
	ck_assert_int_eq(is_shown_paused(), rows[_i].paused);
	/* a day at most, whatever the row says */
	ck_assert_int_le(road->paused_until_ms, cbx_road_db_now(road) + INT64_C(86400000));
}
END_TEST

START_TEST(an_online_event_does_not_wait)
{
	run_for(2);
	cbx_text_clear(&world.hdms.asked);
	world_event("nl-hdms.event.control.system_online", "\"NEW\"");
	run_for(0.3);
	hdms_expect(&world.hdms, "job_list NEW\n");
	world_expect_acknowledged("ok");
	command(CBX_IN_DISCOVER);
	run_for(1.2);
	hdms_expect(&world.hdms, "job_list ABC1\njob_list NEW\n");
	world_pass(9);
	order("nl-ocd.chatterbox.poll", "{}");
	run_for(1.2);
	hdms_expect(&world.hdms, "job_status ABC1:17\njob_status NEW:1\n");
}
END_TEST

START_TEST(statuses_are_sent_each_minute)
{
	run_for(59);
	ck_assert_uint_eq(world.announced, 0);
	run_for(63);
	ck_assert_uint_eq(world.announced, 2);
}
END_TEST

START_TEST(load_stretches_and_calm_relaxes)
{
	struct cbx_task *task = &world.poller.status.check_status_task;

	hdms_system(&world.hdms, "ABC1", "17 Running")->delay = 2500 * CBX_MS;
	run_for(4);
	ck_assert_uint_eq(task->interval_ns, 15 * CBX_SECOND);
	ck_assert_str_eq(road->load_reason, "reply_time");
	ck_assert_double_eq(world_count(world.counters.under_load, "reply_time", NULL), 1);
	hdms_system(&world.hdms, "ABC1", "17 Running")->delay = 0;
	run_for(16);
	ck_assert_uint_eq(task->interval_ns, 10 * CBX_SECOND);
	ck_assert_ptr_null(road->load_reason);
	/* a round that is cut short judges nothing */
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_NO_ANSWER;
	faults_add_nth(&world.bus_faults, "take", CHATTERBOX_E_DOWN, 2, 1);
	command(CBX_IN_DISCOVER);
	run_for(0.2);
	ck_assert_uint_eq(task->interval_ns, 10 * CBX_SECOND);
}
END_TEST

START_TEST(an_interval_is_read_when_redis_is_back)
{
	run_for(1);
	faults_add(&world.state_faults, "read_interval", CHATTERBOX_E_DOWN);
	world_event("nl-ocd.event.update_time_till_next_check", "");
	cbx_memory_store_set_interval(world.store, "\"44\"");
	run_for(0.05);
	ck_assert(world.poller.status.interval_waits);
	run_for(12);
	ck_assert_uint_eq(road->interval_base_ns, 44 * CBX_SECOND);
}
END_TEST

START_TEST(a_lost_redis_is_whole_again_by_itself)
{
	run_for(1);
	cbx_memory_store_stop(world.store);
	cbx_memory_store_flush(world.store);
	run_for(5);
	cbx_memory_store_start(world.store);
	ck_assert_int_eq(world.eye->ops->connect(world.eye, UINT64_MAX), 0);
	run_for(12);
	world_expect_shared("ABC1 17=Running\n");
	ck_assert_double_eq(world_count(world.counters.reconnects, "redis", NULL), 1);
}
END_TEST

START_TEST(what_was_received_is_recorded_at_a_stop)
{
	run_for(1);
	world_push("ABC1", "17 Paused");
	world.poller.stop = false;
	stop_at = 0;
	cbx_poller_run(&world.poller);
	world_expect_acknowledged("ok");
	world_expect_outbox("ABC1/17/4 ABC1/status/2");
}
END_TEST

static void reload_and_tick(void)
{
	if (cbx_now(road->clock) >= stop_at - CBX_SECOND &&
	    world.settings->poll_timeout_ns > CBX_SECOND)
		world_reload("rmq_rpc.poll_timeout", "500ms");
	tick();
}

/* A time-out that was set too long can be taken back while it is waited for */
START_TEST(settings_are_taken_in_the_middle_of_a_round)
{
	run_for(1);
	hdms_system(&world.hdms, "ABC1", "17 Running")->mood = HDMS_NO_ANSWER;
	world.tick = reload_and_tick;
	run_for(12);
	ck_assert_double_eq(world_count(world.counters.rpc_requests, "job_status", "timeout"), 1);
}
END_TEST

START_TEST(settings_are_taken_while_another_leads)
{
	cbx_leadership_lose(&world.leadership, "another");
	run_for(1);
	world_reload("rmq_rpc.rpc_timeout", "7s");
	run_for(0.3);
	ck_assert_uint_eq(road->settings->rpc_timeout_ns, 7 * CBX_SECOND);
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
		a_pause_stops_the_tasks_alone,
		the_pause_ends_by_itself_after_the_configured_time,
		a_pause_holds_across_a_take_over,
		a_pause_that_can_not_be_read_is_waited_for,
		an_online_event_does_not_wait,
		statuses_are_sent_each_minute,
		load_stretches_and_calm_relaxes,
		an_interval_is_read_when_redis_is_back,
		a_lost_redis_is_whole_again_by_itself,
		what_was_received_is_recorded_at_a_stop,
		settings_are_taken_in_the_middle_of_a_round,
		settings_are_taken_while_another_leads,
	};
	TCase *tcase = tcase_create("poller");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_row_of_a_pause_is_read, 0, (int)CBX_COUNT(rows));
	suite_add_tcase(suite, tcase);
}
