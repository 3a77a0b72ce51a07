// SPDX-License-Identifier: MIT
/* What a host gets when its instance takes the lead and loses it: no event is lost in between */
#include "follow_host.h"

#include <stdio.h>

#define TTL_NS world.settings->lease_ttl_ns

/* Rows as a predecessor left them: recorded, and not in the stream */
static void leave(const char *id)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "insert into outbox (key, name, message_id, previous_status, origin, payload, "
		 "created_at) values ('k', 'update_job_status', '%s', 'Paused', 'ocd', '{}', 1)",
		 id);
	world_run(text);
}

static void hold(int64_t epoch)
{
	follow.road->epoch = epoch;
	cbx_leadership_hold(follow.road->leadership, epoch, cbx_now(road->clock) + TTL_NS);
}

static void note_position(double seconds)
{
	world_pass(seconds);
	cbx_follow_note_position(&follow);
}

/* We stand by again */
static void lose(void)
{
	cbx_leadership_lose(follow.road->leadership, "");
	cbx_follow_begin(&follow);
	follow_turn(0.3);
}

START_TEST(who_takes_over_tells_what_others_have_recorded)
{
	world_lead();
	follow_turn(0.1);
	leave("ABC1/18/6");
	leave("ABC1/18/7");
	host_change("ABC1/18/5", NULL);
	hold(8);
	ck_assert_int_eq(cbx_follow_take_over(&follow, 8), 0);
	host_expect("ABC1/18/5=user ABC1/18/6<Paused=ocd ABC1/18/7<Paused=ocd ");
	/* it could not lead yet: again, and nothing is told twice */
	ck_assert_int_eq(cbx_follow_take_over(&follow, 8), 0);
	host_expect("");
}
END_TEST

/* What it reads would be read again at once, and be kept twice */
START_TEST(who_is_about_to_lead_reads_nothing_first)
{
	follow.may_lead = true;
	world_lead();
	follow_state.watched = "read_jobs";
	follow_turn(1);
	ck_assert_uint_eq(follow_state.calls, 0);
	/* but it does not wait for long */
	follow_turn(2);
	ck_assert_uint_gt(follow_state.calls, 0);
	follow_expect(FOLLOW_START);
}
END_TEST

START_TEST(who_knows_the_leader_follows_at_once)
{
	follow.may_lead = true;
	world_lead();
	cbx_leadership_lose(follow.road->leadership, "other:1:0");
	follow_turn(0.1);
	follow_expect(FOLLOW_START);
}
END_TEST

START_TEST(who_leads_keeps_nothing_of_what_it_followed)
{
	world_lead();
	follow_turn(0.1);
	ck_assert(cbx_active_jobs_has_stored_status(follow.jobs));
	cbx_follow_forget(&follow);
	ck_assert(!cbx_active_jobs_has_stored_status(follow.jobs));
	ck_assert_uint_eq(cbx_systems_count(follow.systems), 0);
	/* what is shown stays, and later it begins again */
	follow_expect(FOLLOW_START);
	lose();
	ck_assert(cbx_active_jobs_has_stored_status(follow.jobs));
	follow_expect(FOLLOW_START);
}
END_TEST

START_TEST(without_sql_nobody_takes_over)
{
	world_lead();
	follow_turn(0.1);
	leave("ABC1/18/6");
	faults_add(&follow_sql, "unstreamed", CHATTERBOX_E_DOWN);
	ck_assert_int_eq(cbx_follow_take_over(&follow, 8), CHATTERBOX_E_DOWN);
	host_expect("");
	follow_turn(0.3);
	ck_assert_int_eq(cbx_follow_take_over(&follow, 8), 0);
	host_expect("ABC1/18/6<Paused=ocd ");
}
END_TEST

START_TEST(without_redis_a_take_over_is_a_gap)
{
	world_lead();
	follow_turn(0.1);
	host_change("ABC1/18/5", NULL);
	faults_add(&follow_state, "read_events", CHATTERBOX_E_DOWN);
	hold(8);
	ck_assert_int_eq(cbx_follow_take_over(&follow, 8), 0);
	host_expect("");
	note_position(0);
	host_expect("lost ");
}
END_TEST

/* The place goes on once a later renewal has succeeded, and not before */
START_TEST(what_a_successor_publishes_is_delivered)
{
	world_lead();
	host_change("ABC1/17/3", NULL);
	follow_turn(0.1);
	hold(8);
	ck_assert_int_eq(cbx_follow_take_over(&follow, 8), 0);
	host_change("OURS/1/1", NULL);
	note_position(0);
	hold(8);
	note_position(2);
	host_change("OURS/1/2", NULL);
	note_position(0);
	lose();
	host_expect("OURS/1/1 OURS/1/2 ");

	hold(9);
	ck_assert_int_eq(cbx_follow_take_over(&follow, 9), 0);
	host_change("OURS/1/3", NULL);
	note_position(0);
	world_pass(1);
	hold(9);
	note_position(1);
	/* frozen; a successor begins, and we look at the stream once more before we know */
	host_change("THEIRS/1/1", NULL);
	note_position(2);
	note_position(2);
	lose();
	host_expect("THEIRS/1/1 ");
}
END_TEST

START_TEST(what_hangs_may_be_in_the_stream_already)
{
	world_lead();
	host_change("ABC1/17/3", NULL);
	follow_turn(0.1);
	hold(8);
	ck_assert_int_eq(cbx_follow_take_over(&follow, 8), 0);
	follow.road->hanging = true;
	host_change("OURS/1/1", NULL);
	note_position(0);
	world_pass(1);
	hold(8);
	note_position(2);
	follow.road->hanging = false;
	lose();
	host_expect("OURS/1/1 ");
}
END_TEST

UNIT_TESTS_WITH(host_set_up, host_tear_down, who_takes_over_tells_what_others_have_recorded,
		who_is_about_to_lead_reads_nothing_first, who_knows_the_leader_follows_at_once,
		who_leads_keeps_nothing_of_what_it_followed, without_sql_nobody_takes_over,
		without_redis_a_take_over_is_a_gap, what_a_successor_publishes_is_delivered,
		what_hangs_may_be_in_the_stream_already)
