// SPDX-License-Identifier: MIT
/* What a host gets from an instance that follows: each entry of the stream, whatever happens to
 * connection, stream and leadership meanwhile (chatterbox/engine.h, on_event) */
#include "follow_host.h"
#include "memory_servers.h"

#include <errno.h>
#include <string.h>

START_TEST(each_entry_once_and_in_order)
{
	world_lead();
	host_change("ABC1/17/3", "Paused"); /* before we looked */
	follow_turn(0.1);
	ck_assert(follow.positioned);
	host_expect("");
	host_change("NEW/9/1", NULL);
	host_append("user_job_errors", "ABC2/errors/7", NULL, "[{}]");
	host_change("ABC1/18/2", "Running");
	host_append("status", "ABC1/status/8", NULL, "{\"paused\":true}");
	host_append("incident", "incident/4/9", NULL, "{\"id\":4}");
	follow_turn(2.5);
	host_expect("NEW/9/1 ABC2/errors/7 ABC1/18/2<Running=user ABC1/status/8 incident/4/9 ");
	/* which is no system's */
	ck_assert_ptr_nonnull(cbx_systems_find(follow.systems, "NEW"));
	ck_assert_ptr_null(cbx_systems_find(follow.systems, "incident"));
}
END_TEST

START_TEST(an_event_says_where_it_stands)
{
	world_lead();
	follow_turn(0.1);
	host_change("ABC1/17/3", NULL);
	follow_turn(0.3);
	ck_assert(host_position[0]);
	ck_assert_str_eq(host_position, follow.position);
}
END_TEST

START_TEST(the_origin_of_a_job_that_begins_or_ends)
{
	world_lead();
	follow_turn(0.1);
	follow_report("NEW", "17 Running", true);
	follow_report("ABC1", "17 Completed", true);
	follow_turn(0.5);
	host_expect("NEW/17/1=user ABC1/17/1=ocd ");
}
END_TEST

START_TEST(what_is_no_event_of_ours_is_passed_over)
{
	world_lead();
	follow_turn(0.1);
	host_append("somebody", "ABC1/17/1", NULL, "{}");
	host_append("status", "", NULL, "{}");
	host_append("status", "ABC1/status/1", NULL, "{");
	host_append("status", "ABC1/status/2", NULL, "{}");
	follow_turn(0.3);
	host_expect("ABC1/status/2 ");
}
END_TEST

/* The first leader begins when we have been waiting for long */
START_TEST(the_first_events_of_all)
{
	world_connect();
	follow_turn(1);
	host_change("ABC1/17/4", "Running");
	follow_turn(1);
	world_lead();
	host_change("ABC1/17/5", "Paused");
	follow_turn(0.5);
	host_expect("ABC1/17/4<Running ABC1/17/5<Paused=ocd ");
}
END_TEST

START_TEST(a_new_leader_costs_nothing)
{
	world_lead();
	follow_turn(0.1);
	host_change("ABC1/17/4", NULL);
	cbx_road_unload(road);
	world_run("update lease set expires_at = 0");
	world_lead();
	host_change("ABC1/17/5", NULL);
	follow_turn(0.3);
	host_expect("ABC1/17/4=ocd ABC1/17/5=ocd ");
}
END_TEST

START_TEST(a_lost_connection_costs_nothing)
{
	world_lead();
	host_change("ABC1/17/3", NULL);
	follow_turn(0.1);
	faults_add_nth(&follow_state, "connect", CHATTERBOX_E_DOWN, 1, 1000);
	faults_add(&follow_state, "read_epoch", CHATTERBOX_E_DOWN);
	host_change("ABC1/17/4", NULL);
	follow_turn(3);
	host_expect("");
	host_change("ABC1/17/5", NULL);
	faults_clear(&follow_state);
	follow_turn(0.5);
	host_expect("ABC1/17/4=ocd ABC1/17/5=ocd ");
}
END_TEST

static const char *const calls[] = { "read_epoch",   "read_events",  "read_active",   "read_jobs",
				     "read_systems", "read_systems", "read_jobs_data" };

/* Whatever fails after it was read: it is delivered once, when the snapshot contains it */
START_TEST(a_failed_turn_is_read_again)
{
	world_lead();
	host_change("ABC1/17/3", NULL);
	follow_turn(0.1);
	world_pass(3);
	faults_add(&follow_state, calls[_i], _i % 2 ? -ENOMEM : CHATTERBOX_E_DOWN);
	follow_report("ABC2", "1 Killed", true);
	follow_turn(0.1);
	host_expect("");
	follow_turn(3);
	host_expect("ABC2/17/1 ");
}
END_TEST

START_TEST(a_start_that_fails_is_no_gap)
{
	world_lead();
	host_change("ABC1/17/3", NULL);
	faults_add(&follow_state, "read_active", CHATTERBOX_E_DOWN);
	follow_turn(0.1);
	ck_assert(follow.positioned);
	host_change("ABC1/17/4", NULL);
	follow_turn(3);
	host_expect("ABC1/17/4=ocd ");
}
END_TEST

START_TEST(a_gap_is_told_when_everything_is_read_anew)
{
	world_lead();
	host_change("ABC1/17/3", NULL);
	follow_turn(0.1);
	follow_report("ABC2", "1 Killed", false);
	host_trim();
	faults_add(&follow_state, "read_jobs", -ENOMEM);
	follow_turn(0.1);
	host_expect("");
	follow_turn(3);
	host_expect("lost ");
	ck_assert_uint_eq(host_live, 2);
	host_change("ABC1/17/4", NULL);
	follow_turn(0.3);
	host_expect("ABC1/17/4=ocd ");
}
END_TEST

START_TEST(a_flush_is_a_gap)
{
	world_lead();
	host_change("ABC1/17/3", NULL);
	follow_turn(0.1);
	cbx_memory_store_flush(world.store);
	host_change("ABC1/17/4", NULL);
	follow_turn(1);
	host_expect("");
	host_change("ABC1/17/5", NULL);
	road->share_whole = true;
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	follow_turn(0.5);
	host_expect("ABC1/17/5=ocd lost ");
}
END_TEST

/* After an empty stream nobody sees what was trimmed, or flushed, while we were away */
START_TEST(an_empty_stream_is_no_place_to_come_back_to)
{
	world_lead();
	follow_turn(0.1);
	faults_add_nth(&follow_state, "connect", CHATTERBOX_E_DOWN, 1, 1000);
	faults_add(&follow_state, "read_epoch", CHATTERBOX_E_DOWN);
	follow_turn(0.3);
	host_trim();
	faults_clear(&follow_state);
	follow_turn(2);
	host_expect("lost ");
}
END_TEST

START_TEST(the_figures_when_they_change)
{
	static const char one[] = "{\"job_count\":1}";

	world_lead();
	ck_assert_int_eq(world.eye->ops->write_jobs_data(world.eye, world.epoch, one, strlen(one)),
			 0);
	follow_turn(10);
	host_expect("data:{\"job_count\":1} ");
	ck_assert_int_eq(world.eye->ops->write_jobs_data(world.eye, world.epoch, "what", 4), 0);
	follow_turn(3);
	ck_assert_int_eq(world.eye->ops->write_jobs_data(world.eye, world.epoch, "{}", 2), 0);
	follow_turn(3);
	host_expect("data:{} ");
}
END_TEST

START_TEST(all_statuses_once_a_minute)
{
	world_lead();
	follow_turn(59);
	host_expect("");
	follow_turn(2);
	host_expect("statuses:3 ");
	follow_turn(60);
	host_expect("statuses:3 ");
	/* an empty snapshot is no event */
	cbx_memory_store_flush(world.store);
	follow_turn(130);
	host_clear();
	follow_turn(130);
	host_expect("");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		each_entry_once_and_in_order,
		an_event_says_where_it_stands,
		the_origin_of_a_job_that_begins_or_ends,
		what_is_no_event_of_ours_is_passed_over,
		the_first_events_of_all,
		a_new_leader_costs_nothing,
		a_lost_connection_costs_nothing,
		a_start_that_fails_is_no_gap,
		a_gap_is_told_when_everything_is_read_anew,
		a_flush_is_a_gap,
		an_empty_stream_is_no_place_to_come_back_to,
		the_figures_when_they_change,
		all_statuses_once_a_minute,
	};
	TCase *tcase = tcase_create("follow_host");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, host_set_up, host_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_failed_turn_is_read_again, 0, CBX_COUNT(calls));
	suite_add_tcase(suite, tcase);
}
