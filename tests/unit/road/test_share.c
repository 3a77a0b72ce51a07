// SPDX-License-Identifier: MIT
/* The shared state (contract 4): only live jobs, deltas, and whole again after any loss. */
#include "memory_servers.h"
#include "road_world.h"
#include "state_rows.h"

#include <string.h>

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_insert("ABC1", "18 Running", "ocd", 1);
	world_insert("XYZ", "1 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "17 Running; 18 Running");
	hdms_system(&world.hdms, "XYZ", "1 Running");
	world_lead();
}

static void push(const char *system, const char *words)
{
	world_push(system, words);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

static int64_t epoch_there(void)
{
	int64_t epoch = -1;

	ck_assert_int_eq(world.eye->ops->read_epoch(world.eye, &epoch), 0);
	return epoch;
}

START_TEST(a_take_over_writes_everything_and_then_the_marker)
{
	world_expect_shared("ABC1 17=Running 18=Running\nXYZ 1=Running\n");
	ck_assert_int_eq(epoch_there(), world.epoch);
	ck_assert(!road->share_whole);
}
END_TEST

START_TEST(a_change_is_one_field_and_its_time)
{
	int64_t changed = 0;

	world_pass(5);
	world.state_faults.watched = "write_jobs";
	push("ABC1", "17 Paused");
	ck_assert_uint_eq(world.state_faults.calls, 1);
	world_expect_shared("ABC1 17=Paused 18=Running\nXYZ 1=Running\n");
	ck_assert(cbx_memory_store_is_active(world.store, "ABC1", &changed));
	ck_assert_int_eq(changed, FAKE_CLOCK_WALL + 5000);
	/* progress is shared as well, an equal status is not */
	push("ABC1", "17 Paused 5%");
	ck_assert_uint_eq(world.state_faults.calls, 2);
	push("ABC1", "17 Paused 5%");
	ck_assert_uint_eq(world.state_faults.calls, 2);
}
END_TEST

/* Rounds that bring nothing new write neither to SQL nor to Redis, and wake nobody */
START_TEST(no_change_means_no_write)
{
	static const char *const writes[] = { "write_jobs", "write_systems", "drop_systems",
					      "append_events", "claim" };
	unsigned woken;
	size_t i;

	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	woken = world.woken;
	world.sql_faults.watched = "record";
	for (i = 0; i < CBX_COUNT(writes); i++) {
		world.state_faults.watched = writes[i];
		world.state_faults.calls = 0;
		world_pass(60);
		ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
		ck_assert_int_eq(cbx_road_share_check(road), 0);
		ck_assert_msg(!world.state_faults.calls, "%s", writes[i]);
	}
	ck_assert_uint_eq(world.sql_faults.calls, 0);
	ck_assert_uint_eq(world.woken, woken);
	world_expect_shared("ABC1 17=Running 18=Running\nXYZ 1=Running\n");
}
END_TEST

START_TEST(what_has_ended_leaves_and_an_empty_hash_is_gone)
{
	push("ABC1", "17 Completed; 18 Errored");
	world_expect_shared("XYZ 1=Running\n");
	ck_assert(!cbx_memory_store_is_active(world.store, "ABC1", &(int64_t){ 0 }));
	push("XYZ", "2 Completed");
	world_expect_shared("XYZ 1=Running\n");
}
END_TEST

START_TEST(what_was_never_reported_is_not_shared)
{
	world_insert("NEW", "5 Started", "ocd", 0);
	ck_assert_int_eq(cbx_road_notice_rows(road), 0);
	road->share_whole = true;
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	world_expect_shared("ABC1 17=Running 18=Running\nXYZ 1=Running\n");
}
END_TEST

START_TEST(after_a_flush_it_is_whole_within_one_round)
{
	world_pass(20);
	push("ABC1", "17 Paused");
	cbx_memory_store_flush(world.store);
	world_expect_shared("");
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	world_expect_shared("ABC1 17=Paused 18=Running\nXYZ 1=Running\n");
	ck_assert_int_eq(epoch_there(), world.epoch);
	ck_assert(cbx_memory_store_is_active(world.store, "XYZ", &(int64_t){ 0 }));
}
END_TEST

START_TEST(a_foreign_marker_means_writing_everything)
{
	const struct cbx_field field = { "99", "{\"system\":\"OLD\",\"job_id\":99}", 28 };
	struct cbx_state_write stale = { .system = "OLD",
					 .number = 1,
					 .whole = true,
					 .live = true,
					 .fields = &field,
					 .field_count = 1 };

	world_lead(); /* so that there was an epoch before ours */
	cbx_memory_store_flush(world.store);
	ck_assert_int_eq(world.eye->ops->write_jobs(world.eye, &stale, 1), 0);
	ck_assert_int_eq(world.eye->ops->write_mark(world.eye, world.epoch - 1,
						    &(struct cbx_mark){ "", 30, true }),
			 0);
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	world_expect_shared("ABC1 17=Running 18=Running\nXYZ 1=Running\n");
	ck_assert_int_eq(epoch_there(), world.epoch);
}
END_TEST

/* Its hash went, and the connection before its name in the index did */
START_TEST(a_name_without_a_hash_leaves_the_index)
{
	struct cbx_state_write cut = {
		.system = "CUT", .whole = true, .live = true, .scored = true
	};
	int64_t changed;

	cut.number = (uint64_t)world.epoch << 32;
	ck_assert_int_eq(world.eye->ops->write_jobs(world.eye, &cut, 1), 0);
	ck_assert(cbx_memory_store_is_active(world.store, "CUT", &changed));
	road->share_whole = true;
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	ck_assert(!cbx_memory_store_is_active(world.store, "CUT", &changed));
	ck_assert(cbx_memory_store_is_active(world.store, "ABC1", &changed));
}
END_TEST

START_TEST(after_a_flush_the_figures_are_there_as_well)
{
	struct cbx_job_status *status = &world.poller.status;
	cbx_auto(cbx_freep) char *figures = NULL;

	status->send_status_task.perform(status);
	push("ABC1", "17 Paused"); /* not told yet */
	cbx_memory_store_flush(world.store);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	ck_assert_int_eq(cbx_memory_store_jobs_data(world.store, &figures), 0);
	ck_assert_str_eq(figures, "{\"job_count\":3,\"activte_jobs\":3,"
				  "\"total_download_speed\":0,\"active_ocd_jobs\":3,"
				  "\"total_ocd_jobs\":3}");
}
END_TEST

START_TEST(a_failed_write_stops_no_round_and_is_made_good)
{
	static const struct {
		const char *call;
		int error;
	} rows[] = {
		{ "write_jobs", CHATTERBOX_E_DOWN },
		{ "write_jobs", CHATTERBOX_E_REFUSED },
		{ "write_systems", CHATTERBOX_E_DOWN },
		{ "write_systems", CHATTERBOX_E_REFUSED },
	};

	world_pass(1);
	faults_add(&world.state_faults, rows[_i].call, rows[_i].error);
	world_event("nl-hdms.event.control.system_offline", "\"XYZ\"");
	push("ABC1", "17 Paused");
	world_expect_acknowledged("ok ok");
	world_expect_jobs("ABC1/17 Paused r4 live ocd\nABC1/18 Running r1 live ocd\n"
			  "XYZ/1 Running r1 live ocd\n");
	ck_assert(road->share_whole);
	/* not at once again: that would be a loop */
	ck_assert_int_lt(cbx_road_share_check(road), 0);
	world_pass(2.5);
	world_connect();
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	world_expect_shared("ABC1 17=Paused 18=Running\nXYZ 1=Running\n");
	ck_assert(!road->share_whole);
}
END_TEST

START_TEST(the_marker_waits_for_everything_else)
{
	cbx_memory_store_flush(world.store);
	faults_add(&world.state_faults, _i ? "write_systems" : "write_jobs", CHATTERBOX_E_REFUSED);
	world_event("nl-hdms.event.control.system_online", "\"XYZ\"");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_share_check(road), CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(epoch_there(), 0);
	world_pass(2.5);
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	ck_assert_int_eq(epoch_there(), world.epoch);
}
END_TEST

START_TEST(what_changed_while_it_was_down_is_there_when_it_is_back)
{
	cbx_memory_store_stop(world.store);
	cbx_link_ensure(&road->state_link);
	push("ABC1", "17 Completed");
	push("ABC1", "19 Running");
	push("XYZ", "1 Completed");
	cbx_memory_store_start(world.store);
	ck_assert_int_eq(world.eye->ops->connect(world.eye, UINT64_MAX), 0);
	world_expect_shared("ABC1 17=Running 18=Running\nXYZ 1=Running\n");
	world_pass(2.5);
	world_connect();
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	world_expect_shared("ABC1 18=Running 19=Running\n");
}
END_TEST

/* A newer epoch's hashes are not overwritten by an older one */
START_TEST(the_guard_rejects_a_zombie)
{
	static const char queued[] = "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Queued\"}";
	const struct cbx_field field = { "17", queued, sizeof(queued) - 1 };
	struct cbx_state_write newer = {
		.system = "ABC1", .whole = true, .live = true, .fields = &field, .field_count = 1
	};

	newer.number = (uint64_t)(world.epoch + 1) << 32;
	ck_assert_int_eq(world.eye->ops->write_jobs(world.eye, &newer, 1), 0);
	push("ABC1", "17 Paused");
	world_expect_shared("ABC1 17=Queued\nXYZ 1=Running\n");
	ck_assert_int_eq(cbx_leadership_newer(&world.leadership, world.epoch), world.epoch + 1);
	ck_assert(road->share_whole && road->state_link.up);
}
END_TEST

START_TEST(systems_are_shared_on_a_list_answer_and_when_they_turn)
{
	struct state_rows rows = { 0 };

	world_pass(1);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	world_pass(1);
	world_event("nl-hdms.event.control.system_offline", "\"XYZ\"");
	world_event("nl-hdms.event.control.system_online", "\"ABC1\""); /* it was that */
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	ck_assert_int_eq(world.eye->ops->read_systems(world.eye, CBX_ONLINE_SYSTEMS, state_rows_add,
						      &rows),
			 0);
	ck_assert_str_eq(state_rows_text(&rows),
			 "ABC1={\"systemID\":\"ABC1\",\"lastCheck\":\"2026-11-23T18:00:01.000Z\","
			 "\"status\":\"online\"}\n"
			 "XYZ={\"systemID\":\"XYZ\",\"lastCheck\":\"2026-11-23T18:00:02.000Z\","
			 "\"status\":\"offline\"}\n");
	state_rows_free(&rows);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_take_over_writes_everything_and_then_the_marker,
		a_change_is_one_field_and_its_time,
		what_has_ended_leaves_and_an_empty_hash_is_gone,
		what_was_never_reported_is_not_shared,
		after_a_flush_it_is_whole_within_one_round,
		a_foreign_marker_means_writing_everything,
		a_name_without_a_hash_leaves_the_index,
		after_a_flush_the_figures_are_there_as_well,
		what_changed_while_it_was_down_is_there_when_it_is_back,
		the_guard_rejects_a_zombie,
		systems_are_shared_on_a_list_answer_and_when_they_turn,
		no_change_means_no_write,
	};
	TCase *tcase = tcase_create("share");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_failed_write_stops_no_round_and_is_made_good, 0, 4);
	tcase_add_loop_test(tcase, the_marker_waits_for_everything_else, 0, 2);
	suite_add_tcase(suite, tcase);
}
