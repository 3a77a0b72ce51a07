// SPDX-License-Identifier: MIT
/* Whatever others delete in Redis is there again after the next round, and nothing else is written
 * (contract 4, fault 50). */
#include "memory_servers.h"
#include "road_world.h"
#include "state_rows.h"

#include <stdio.h>
#include <string.h>

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_insert("ABC1", "18 Running", "ocd", 1);
	world_insert("ABC1", "19 Running", "ocd", 1);
	world_insert("XYZ", "1 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "17 Running; 18 Running; 19 Running");
	hdms_system(&world.hdms, "XYZ", "1 Running");
	world_lead();
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	world.poller.status.send_status_task.perform(&world.poller.status);
	ck_assert_int_eq(road->state->ops->write_jobs_data(road->state, world.epoch, "{}", 2), 0);
	world_pass(20);
}

static void expect_online(const char *text)
{
	struct state_rows rows = { 0 };

	ck_assert_int_eq(world.eye->ops->read_systems(world.eye, CBX_ONLINE_SYSTEMS, state_rows_add,
						      &rows),
			 0);
	ck_assert_str_eq(state_rows_text(&rows), text);
	state_rows_free(&rows);
}

#define ONLINE(system, at)                                                                \
	system "={\"systemID\":\"" system "\",\"lastCheck\":\"2026-11-23T18:00:" at "\"," \
	       "\"status\":\"online\"}\n"

static void expect_whole(const char *first)
{
	struct cbx_state_sizes sizes;
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "ABC1 17=%s 18=Running 19=Running\nXYZ 1=Running\n",
		 first);
	world_expect_shared(wanted);
	expect_online(ONLINE("ABC1", "01.000Z") ONLINE("XYZ", "01.000Z"));
	ck_assert(cbx_memory_store_is_active(world.store, "ABC1", &(int64_t){ 0 }));
	ck_assert(cbx_memory_store_is_active(world.store, "XYZ", &(int64_t){ 0 }));
	ck_assert_int_eq(world.eye->ops->count(world.eye, NULL, 0, NULL, &sizes), 0);
	ck_assert(sizes.jobs_data && sizes.rev);
}

static const struct {
	const char *key, *field;
} rows[] = {
	{ "jobs:ABC1", NULL },        { "jobs:ABC1", "18" },       { "jobs:XYZ", NULL },
	{ "online_systems", NULL },   { "online_systems", "XYZ" }, { "active_systems", NULL },
	{ "active_systems", "ABC1" }, { "jobs_data", NULL },       { "rev", NULL },
};

START_TEST(what_is_deleted_is_there_again)
{
	world.warnings = 0;
	cbx_memory_store_delete(world.store, rows[_i].key, rows[_i].field);
	/* one of its jobs moves meanwhile */
	world_push("ABC1", "17 Paused");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	hdms_system(&world.hdms, "ABC1", "17 Paused; 18 Running; 19 Running");
	world_pass(10);
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	expect_whole("Paused");
	/* the other things that were written put APP:rev and the member's score back */
	ck_assert_uint_le(world.warnings, 1);
	ck_assert(world.warnings || !strcmp(rows[_i].key, "rev") || rows[_i].field);
}
END_TEST

/* One question to Redis each round, and no write */
START_TEST(nothing_is_written_when_nothing_is_missing)
{
	static const char *const calls[] = { "write_jobs", "write_systems", "write_jobs_data",
					     "claim",      "read_systems",  "read_active" };

	world.warnings = 0;
	world.state_faults.watched = calls[_i];
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	ck_assert_uint_eq(world.state_faults.calls, 0);
	ck_assert_uint_eq(world.warnings, 0);
}
END_TEST

/* A system that somebody else put there stays, and is no reason to write each round */
START_TEST(what_others_put_there_stays)
{
	const struct cbx_field foreign = { "OTHER", "x", 1 };

	ck_assert_int_eq(world.eye->ops->write_systems(world.eye, world.epoch, CBX_ONLINE_SYSTEMS,
						       &foreign, 1),
			 0);
	world.warnings = 0;
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	world.state_faults.watched = "write_systems";
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	ck_assert_uint_eq(world.state_faults.calls, 0);
	ck_assert_uint_eq(world.warnings, 0);
	cbx_memory_store_delete(world.store, "online_systems", "ABC1");
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	expect_online(ONLINE("ABC1", "01.000Z") "OTHER=x\n" ONLINE("XYZ", "01.000Z"));
	ck_assert_uint_eq(world.warnings, 1);
}
END_TEST

START_TEST(what_can_not_be_counted_is_written_later)
{
	faults_add(&world.state_faults, "count", CHATTERBOX_E_REFUSED);
	cbx_memory_store_delete(world.store, "jobs:ABC1", NULL);
	ck_assert_int_eq(cbx_road_share_check(road), CHATTERBOX_E_REFUSED);
	world_pass(2.5);
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	expect_whole("Running");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("share_mend");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	tcase_add_loop_test(tcase, what_is_deleted_is_there_again, 0, (int)CBX_COUNT(rows));
	tcase_add_loop_test(tcase, nothing_is_written_when_nothing_is_missing, 0, 6);
	tcase_add_test(tcase, what_others_put_there_stays);
	tcase_add_test(tcase, what_can_not_be_counted_is_written_later);
	suite_add_tcase(suite, tcase);
}
