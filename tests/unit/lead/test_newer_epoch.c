// SPDX-License-Identifier: MIT
/* A newer epoch in Redis (contract 2.5): which writes are rejected, what is logged, and how it goes
 * on. */
#include "memory_servers.h"
#include "state_rows.h"
#include "teller_world.h"

#include <string.h>

#define OLD_CHECK "{\"lastCheck\":\"2026-01-01T00:00:00.000Z\"}"

static const struct cbx_field ours = { "OURS", OLD_CHECK, sizeof(OLD_CHECK) - 1 };

static void set_up(void)
{
	teller_set_up();
	world_insert("ABC1", "17 Running", "ocd", 3);
	ck_assert_int_eq(world.eye->ops->write_systems(world.eye, world.epoch, CBX_INTERNAL_SYSTEMS,
						       &ours, 1),
			 0);
	world_lead();
}

/* Another instance has begun to lead; we only know what is in Redis */
static void be_succeeded(void)
{
	ck_assert_int_eq(world.eye->ops->claim(world.eye, world.epoch + 1), 0);
}

static int64_t noted(void)
{
	return cbx_leadership_newer(&world.leadership, world.epoch);
}

static void expect_systems(enum cbx_state_hash hash, const char *wanted)
{
	struct state_rows rows = { 0 };

	ck_assert_int_eq(world.eye->ops->read_systems(world.eye, hash, state_rows_add, &rows), 0);
	ck_assert_str_eq(state_rows_text(&rows), wanted);
	state_rows_free(&rows);
}

static int64_t marker(void)
{
	int64_t epoch = -1;

	ck_assert_int_eq(world.eye->ops->read_epoch(world.eye, &epoch), 0);
	return epoch;
}

START_TEST(a_zombie_shares_nothing)
{
	be_succeeded();
	world_push("ABC1", "17 Paused");
	world_event("nl-hdms.event.control.system_online", "\"ABC1\"");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_shared("ABC1 17=Running\n");
	expect_systems(CBX_ONLINE_SYSTEMS, "");
	ck_assert_int_eq(noted(), world.epoch + 1);
	/* nor does it write everything anew, at any time */
	world_pass(2.5);
	ck_assert_int_eq(cbx_road_share_check(road), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(marker(), world.epoch);
	world_expect_shared("ABC1 17=Running\n");
	ck_assert(road->share_whole && road->state_link.up);
}
END_TEST

/* In a write of systems alone, which no hash of jobs comes before */
START_TEST(a_zombie_says_of_nobody_that_he_is_online)
{
	be_succeeded();
	world_event("nl-hdms.event.control.system_online", "\"ABC1\"");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	expect_systems(CBX_ONLINE_SYSTEMS, "");
	ck_assert_int_eq(noted(), world.epoch + 1);
	ck_assert(road->share_whole);
}
END_TEST

START_TEST(a_zombie_touches_no_internal_system)
{
	size_t removed = 99;

	be_succeeded();
	ck_assert_int_eq(cbx_internal_systems_put(&world.poller.internal, "NEW"),
			 CHATTERBOX_E_FENCED);
	ck_assert_int_eq(noted(), world.epoch + 1);
	ck_assert_int_eq(cbx_internal_systems_remove(&world.poller.internal, "OURS"),
			 CHATTERBOX_E_FENCED);
	ck_assert_int_eq(cbx_internal_systems_clean_up(&world.poller.internal, &removed),
			 CHATTERBOX_E_FENCED);
	ck_assert_uint_eq(removed, 99);
	expect_systems(CBX_INTERNAL_SYSTEMS, "OURS=" OLD_CHECK "\n");
}
END_TEST

START_TEST(a_zombie_appends_no_event)
{
	teller_record("ABC1", "17 Paused");
	be_succeeded();
	ck_assert_int_eq(cbx_relay(&teller, CBX_TO_STREAM, world.epoch), CHATTERBOX_E_FENCED);
	teller_expect_stream("");
	world_expect_outbox("ABC1/17/4 ABC1/status/2");
	ck_assert_int_eq(noted(), world.epoch + 1);
	ck_assert(teller.state_link.up);
	/* and not at once again */
	ck_assert_int_eq(cbx_relay(&teller, CBX_TO_STREAM, world.epoch), 0);
}
END_TEST

START_TEST(a_zombie_leaves_the_figures_alone)
{
	struct cbx_snapshot *snapshot;
	char *shared = NULL;

	be_succeeded();
	snapshot = cbx_snapshot_slot_get(&world.slot);
	cbx_announce(&teller, snapshot, world.epoch);
	cbx_snapshot_unref(snapshot);
	ck_assert_int_eq(cbx_memory_store_jobs_data(world.store, &shared), 0);
	ck_assert_str_eq(shared, "");
	free(shared);
	ck_assert_int_eq(noted(), world.epoch + 1);
}
END_TEST

/* Before anything is read or written: what an earlier leader has on its way comes too late */
START_TEST(a_take_over_claims_the_shared_state_first)
{
	faults_add(&world.state_faults, _i ? "read_jobs" : "read_systems", CHATTERBOX_E_DOWN);
	world_lead();
	ck_assert(!road->state_link.up);
	ck_assert_int_eq(marker(), world.epoch - 1);
	ck_assert_int_eq(world.eye->ops->write_jobs_data(world.eye, world.epoch - 1, "{}", 2), 1);
	ck_assert_int_eq(world.eye->newer, world.epoch);
}
END_TEST

static uint64_t stop_at;

static void tick(void)
{
	if (cbx_now(road->clock) >= stop_at)
		world.poller.stop = true;
}

static void run_for(double seconds)
{
	world.tick = tick;
	stop_at = cbx_now(road->clock) + (uint64_t)(seconds * (double)CBX_SECOND);
	world.poller.stop = false;
	cbx_poller_run(&world.poller);
}

/* The database was reset, Redis was not */
START_TEST(a_reset_database_is_brought_above_the_shared_state)
{
	struct cbx_guard guard = cbx_leadership_guard(&world.leadership, world.epoch);
	int64_t raised = 0;

	ck_assert_int_eq(world.eye->ops->claim(world.eye, 41), 0);
	/* nothing is loaded, so nobody is asked or answered, until the lease keeper has looked */
	cbx_road_unload(road);
	hdms_system(&world.hdms, "ABC1", "17 Running");
	run_for(2.5);
	ck_assert(!world.poller.begun);
	ck_assert_int_eq(road->epoch, 0);
	hdms_expect(&world.hdms, "");
	ck_assert_int_eq(noted(), 41);
	ck_assert_int_eq(marker(), world.epoch);
	ck_assert_int_eq(world.lease->lease->raise(world.lease, &guard, 60, noted(), &raised), 0);
	cbx_leadership_hold(&world.leadership, raised, UINT64_MAX);
	world.epoch = raised;
	run_for(2.5);
	ck_assert(world.poller.begun);
	ck_assert_int_eq(marker(), 42);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	teller_record("ABC1", "17 Paused");
	world_expect_shared("ABC1 17=Paused\n");
}
END_TEST

/* Found out later, since Redis was away at the take-over */
START_TEST(a_newer_epoch_is_noticed_whenever_everything_is_written)
{
	ck_assert_int_eq(
		world.eye->ops->write_mark(world.eye, 41, &(struct cbx_mark){ "", 30, true }), 0);
	ck_assert_int_eq(cbx_road_share_check(road), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(noted(), 41);
	ck_assert_int_eq(marker(), 41);
}
END_TEST

/* A marker alone is nobody's epoch */
START_TEST(a_foreign_marker_is_written_over)
{
	ck_assert_int_eq(
		world.eye->ops->write_mark(world.eye, 41, &(struct cbx_mark){ "", 30, true }), 0);
	cbx_memory_store_expire(world.store);
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	ck_assert_int_eq(noted(), 0);
	ck_assert_int_eq(marker(), world.epoch);
}
END_TEST

static void write_as_ours(const char *system, uint64_t epoch)
{
	static const char json[] = "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Old\"}";
	const struct cbx_field field = { "17", json, sizeof(json) - 1 };
	struct cbx_state_write before = { .system = system,
					  .number = (epoch << 32) + 999,
					  .live = true,
					  .fields = &field,
					  .field_count = 1 };

	ck_assert_int_eq(world.eye->ops->write_jobs(world.eye, &before, 1), 0);
}

/* The guard of one hash, of an epoch that is ours again: the hash waits, until all is written */
START_TEST(an_equal_epoch_of_an_earlier_life_is_noticed_by_its_numbers)
{
	write_as_ours("ABC1", (uint64_t)world.epoch);
	teller_record("ABC1", "17 Paused");
	ck_assert_int_eq(noted(), 0);
	ck_assert(!road->share_whole);
	road->share_whole = true;
	ck_assert_int_eq(cbx_road_share_check(road), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(noted(), world.epoch);
}
END_TEST

/* contract 4.1: nothing but this hash is rejected */
START_TEST(the_guard_of_one_hash_rejects_that_hash)
{
	unsigned warnings = world.warnings;

	write_as_ours("ABC1", 1 << 20);
	cbx_memory_store_expire_epoch(world.store);
	teller_record("ABC1", "17 Paused");
	teller_record("XYZ", "1 Running");
	world_expect_shared("ABC1 17=Old\nXYZ 1=Running\n");
	ck_assert_uint_eq(world.warnings, warnings + 1);
	road->share_whole = true;
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	world_expect_shared("ABC1 17=Old\nXYZ 1=Running\n");
	ck_assert_int_eq(noted(), 0);
}
END_TEST

/* What can't be an epoch of ours is written over, or waits for somebody to delete it */
START_TEST(an_absurd_epoch_stops_no_take_over)
{
	ck_assert_int_eq(world.eye->ops->write_mark(world.eye, CBX_EPOCH_RAISE_END,
						    &(struct cbx_mark){ "", 30, true }),
			 0);
	cbx_road_unload(road);
	run_for(2.5);
	ck_assert(world.poller.begun);
	world_expect_jobs("ABC1/17 Running r3 live ocd\n");
	world_pass(2.5);
	ck_assert_int_eq(cbx_road_share_check(road), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(noted(), CBX_EPOCH_RAISE_END);
	/* without the guard the marker alone is only foreign */
	cbx_memory_store_expire(world.store);
	world_pass(2.5);
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	ck_assert_int_eq(marker(), world.epoch);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_zombie_shares_nothing,
		a_zombie_says_of_nobody_that_he_is_online,
		a_zombie_touches_no_internal_system,
		a_zombie_appends_no_event,
		a_zombie_leaves_the_figures_alone,
		a_newer_epoch_is_noticed_whenever_everything_is_written,
		a_foreign_marker_is_written_over,
		the_guard_of_one_hash_rejects_that_hash,
		a_reset_database_is_brought_above_the_shared_state,
		an_equal_epoch_of_an_earlier_life_is_noticed_by_its_numbers,
		an_absurd_epoch_stops_no_take_over,
	};
	TCase *tcase = tcase_create("newer_epoch");

	tcase_add_checked_fixture(tcase, set_up, teller_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_take_over_claims_the_shared_state_first, 0, 2);
	suite_add_tcase(suite, tcase);
}
