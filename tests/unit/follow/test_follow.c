// SPDX-License-Identifier: MIT
/* What a follower shows beside a leader (contract 2.5), and how late */
#include "controller/job_figures.h"
#include "follow_world.h"

#include <string.h>

START_TEST(everything_is_read_at_the_start)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;

	world_lead();
	follow_turn(0.1);
	follow_expect(FOLLOW_START);
	snapshot = cbx_snapshot_slot_get(&follow_slot);
	ck_assert_uint_eq(snapshot->interval_base_ns, 7 * CBX_SECOND);
	ck_assert_uint_eq(snapshot->interval_current_ns, 7 * CBX_SECOND);
	ck_assert_int_eq(snapshot->jobs->totals.live_ocd, 1);
	ck_assert_ptr_nonnull(cbx_system_list_find(snapshot->systems, "ABC2"));
}
END_TEST

START_TEST(a_told_change_is_seen_at_once)
{
	world_lead();
	follow_turn(0.1);
	follow_report("ABC1", "17 Paused", true);
	follow_turn(0.3);
	follow_expect("ABC1/17 Paused r4 ocd\nABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n");
	follow_report("ABC1", "17 Completed", true);
	follow_turn(0.3);
	follow_expect("ABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n");
	follow_report("NEW", "17 Running", true);
	follow_turn(0.3);
	follow_expect("ABC1/18 Paused r2 user\nABC2/1 Queued r1 user\nNEW/17 Running r1 user\n");
}
END_TEST

START_TEST(what_no_event_tells_is_seen_within_the_bound)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;

	world_lead();
	follow_turn(0.1);
	world_pass(0.01);
	follow_report("ABC1", "17 Running 55%", false);
	follow_report("ABC2", "1 Killed", false);
	follow_turn(1.3);
	ck_assert_ptr_nonnull(strstr(follow_json("ABC1", 17), "\"55\""));
	follow_expect("ABC1/17 Running r3 ocd\nABC1/18 Paused r2 user\n");
	world_event("nl-hdms.event.control.system_offline", "\"ABC2\"");
	ck_assert_int_ge(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	follow_turn(2.3);
	snapshot = cbx_snapshot_slot_get(&follow_slot);
	ck_assert_int_eq(cbx_system_list_find(snapshot->systems, "ABC2")->state, CBX_OFFLINE);
}
END_TEST

static struct cbx_job_figures shown_figures(void)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&follow_slot);
	const struct cbx_moment moment = { .now = cbx_now(road->clock),
					   .wall_ms = cbx_wall(road->clock),
					   .stall_after = 100 * CBX_SECOND };
	struct cbx_job_figures figures;

	cbx_job_figures_at(cbx_job_list_find(cbx_frozen_jobs_find(snapshot->jobs, "ABC1"), 17),
			   false, &moment, &figures);
	return figures;
}

/* What the leader measured, and that a job stands still */
START_TEST(figures_are_those_of_the_leader)
{
	const struct cbx_job *job;
	int64_t progress_at;

	world_lead();
	follow_turn(0.1);
	follow_report("ABC1", "17 Running 50%", false);
	world_pass(40);
	follow_report("ABC1", "17 Running 54%", false);
	progress_at = cbx_wall(road->clock);
	follow_turn(1.3);
	job = cbx_job_list_find(cbx_active_jobs_get(road->jobs, "ABC1"), 17);
	ck_assert_double_gt(job->figures.rate, 0);
	ck_assert_double_eq(shown_figures().rate, cbx_figures_rate(&job->figures));
	ck_assert_int_eq(shown_figures().progress_at_ms, progress_at);
	ck_assert_int_eq(shown_figures().seconds_left, 460);
	ck_assert(!shown_figures().stalled && !shown_figures().has_stale);
	/* nothing but its speed changes for a while, and it pauses */
	world_pass(60);
	follow_report("ABC1", "17 Running 54% 1K", false);
	follow_turn(1.3);
	follow_report("ABC1", "17 Paused 54% 1K", true);
	follow_turn(0.3);
	world_pass(200);
	ck_assert(!shown_figures().stalled);
	follow_report("ABC1", "17 Running 54% 1K", true);
	follow_turn(0.3);
	ck_assert(!shown_figures().stalled);
	world_pass(101);
	ck_assert(shown_figures().stalled);
	ck_assert_int_eq(shown_figures().seconds_left, -1);
}
END_TEST

/* The wall clock is set back by a day: scores are lower now */
START_TEST(a_clock_that_is_set_back_hides_nothing)
{
	world_lead();
	follow_turn(0.1);
	follow_report("ABC1", "17 Running 50%", false);
	follow_turn(1.3);
	world.clock.wall -= 86400000;
	follow_report("ABC1", "17 Running 60%", false);
	follow_turn(1.3);
	ck_assert_ptr_nonnull(strstr(follow_json("ABC1", 17), "\"60\""));
}
END_TEST

START_TEST(an_origin_that_turned_is_seen)
{
	world_lead();
	follow_turn(0.1);
	world_run("insert into scheduled_jobs (system, job_id) values ('ABC2', 1)");
	follow_turn(10.5);
	follow_expect("ABC1/17 Running r3 ocd\nABC1/18 Paused r2 user\nABC2/1 Queued r1 ocd\n");
	follow_report("ABC2", "1 Running", true);
	follow_turn(0.3);
	follow_expect("ABC1/17 Running r3 ocd\nABC1/18 Paused r2 user\nABC2/1 Running r2 ocd\n");
}
END_TEST

/* What stands in the hash and is no live status of that job */
START_TEST(foreign_fields_are_passed_over)
{
	static const char *const fields[][2] = {
		{ "1", "{\"system\":\"ODD\",\"job_id\":1,\"status\":\"Running\"}" },
		{ "2", "{\"system\":\"ODD\",\"job_id\":3,\"status\":\"Running\"}" },
		{ "03", "{\"system\":\"ODD\",\"job_id\":3,\"status\":\"Running\"}" },
		{ "4", "{\"system\":\"XYZ\",\"job_id\":4,\"status\":\"Running\"}" },
		{ "5", "{\"system\":\"ODD\",\"job_id\":5,\"status\":\"Completed\"}" },
		{ "6", "what" },
		{ "x", "{\"system\":\"ODD\",\"job_id\":7,\"status\":\"Running\"}" },
	};
	struct cbx_field all[CBX_COUNT(fields)];
	struct cbx_state_write write = { .system = "ODD",
					 .live = true,
					 .scored = true,
					 .changed_ms = 1,
					 .fields = all,
					 .field_count = CBX_COUNT(fields) };
	size_t i;

	for (i = 0; i < CBX_COUNT(fields); i++)
		all[i] = (struct cbx_field){ fields[i][0], fields[i][1], strlen(fields[i][1]) };
	world_lead();
	write.number = (uint64_t)world.epoch << 32;
	ck_assert_int_eq(world.eye->ops->write_jobs(world.eye, &write, 1), 0);
	follow_turn(0.1);
	follow_expect(FOLLOW_START "ODD/1 Running r0 user\n");
}
END_TEST

/* SQL has it first: committed, and not shared yet */
START_TEST(where_the_texts_differ_sql_is_right)
{
	world_lead();
	follow_turn(0.1);
	world_run("update status_monitor set status = 'Stalled', revision = 4 where job_id = 17");
	cbx_follow_begin(&follow);
	follow_turn(0.3);
	follow_expect("ABC1/17 Stalled r4 ocd\nABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n");
}
END_TEST

static int64_t since_of(const char *system)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&follow_slot);

	return cbx_system_list_find(snapshot->systems, system)->since_ms;
}

START_TEST(since_is_that_of_the_leader)
{
	int i;

	world_lead();
	follow_turn(0.1);
	for (i = 0; i < 2; i++) {
		world_event(i ? "nl-hdms.event.control.system_online"
			      : "nl-hdms.event.control.system_offline",
			    "\"ABC2\"");
		ck_assert_int_ge(cbx_road_drain_inbox(road), 0);
		ck_assert_int_eq(cbx_road_commit(road), 0);
		/* also when it begins anew, and has read the history up to there */
		if (i)
			cbx_follow_begin(&follow);
		follow_turn(11);
		ck_assert_int_gt(since_of("ABC2"), 0);
		ck_assert_int_eq(since_of("ABC2"),
				 cbx_systems_find(road->systems, "ABC2")->system->since_ms);
		world_pass(60);
	}
	cbx_follow_begin(&follow);
	follow_turn(11);
	ck_assert_int_eq(since_of("ABC2"),
			 cbx_systems_find(road->systems, "ABC2")->system->since_ms);
}
END_TEST

START_TEST(a_new_leader_is_followed)
{
	world_lead();
	follow_turn(0.1);
	cbx_road_unload(road);
	world_run("update status_monitor set status = 'Running', revision = 2 where job_id = 1");
	world_run("update lease set expires_at = 0");
	world_lead();
	follow_turn(0.3);
	ck_assert_int_eq(follow.epoch, world.epoch);
	follow_expect("ABC1/17 Running r3 ocd\nABC1/18 Paused r2 user\nABC2/1 Running r2 user\n");
}
END_TEST

START_TEST(a_follower_writes_nothing)
{
	static const char *const writes[] = { "write_mark",   "write_jobs",      "write_systems",
					      "drop_systems", "write_jobs_data", "append_events",
					      "claim" };
	size_t i;

	world_lead();
	for (i = 0; i < CBX_COUNT(writes); i++) {
		follow_state.watched = writes[i];
		cbx_follow_begin(&follow);
		follow_report("ABC1", i % 2 ? "17 Running" : "17 Paused", true);
		follow_turn(2.5);
		ck_assert_uint_eq(follow_state.calls, 0);
	}
	follow_state.watched = NULL;
	follow_sql.watched = "record";
	follow_report("ABC1", "17 Stalled", true);
	follow_turn(11);
	ck_assert_uint_eq(follow_sql.calls, 0);
}
END_TEST

UNIT_TESTS_WITH(follow_set_up, follow_tear_down, everything_is_read_at_the_start,
		a_told_change_is_seen_at_once, what_no_event_tells_is_seen_within_the_bound,
		figures_are_those_of_the_leader, a_clock_that_is_set_back_hides_nothing,
		an_origin_that_turned_is_seen, foreign_fields_are_passed_over,
		where_the_texts_differ_sql_is_right, since_is_that_of_the_leader,
		a_new_leader_is_followed, a_follower_writes_nothing)
