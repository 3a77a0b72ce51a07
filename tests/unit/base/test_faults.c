// SPDX-License-Identifier: MIT
/* The kit's own conduct: planned failures come when they were planned, time passes in take(). */
#include "port/ledger.h"
#include "road_world.h"

#include <string.h>

START_TEST(the_nth_call_fails_and_so_many_after_it)
{
	struct faults faults = { .watched = "told" };
	int results[8];
	int n;

	faults_add_nth(&faults, "told", -5, 3, 2);
	faults_add(&faults, "heads", -7);
	for (n = 0; n < 8; n++)
		results[n] = faults_hit(&faults, "told");
	for (n = 0; n < 8; n++)
		ck_assert_int_eq(results[n], n == 2 || n == 3 ? -5 : 0);
	ck_assert_uint_eq(faults.calls, 8);
	ck_assert_int_eq(faults_hit(&faults, "heads"), -7);
	ck_assert_int_eq(faults_hit(&faults, "heads"), 0);
}
END_TEST

START_TEST(a_call_that_fails_does_nothing)
{
	int64_t ms = 0;

	world_connect();
	faults_add(&world.sql_faults, "now", CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(road->sql->ops->now(road->sql, &ms), CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(ms, 0);
	ck_assert(road->sql->ops->is_up(road->sql));
	ck_assert_int_eq(road->sql->ops->now(road->sql, &ms), 0);
	ck_assert_int_eq(ms, FAKE_CLOCK_WALL);
}
END_TEST

START_TEST(down_means_that_the_connection_is_gone)
{
	int64_t number = 0;

	world_connect();
	faults_add(&world.sql_faults, "now", CHATTERBOX_E_DOWN);
	faults_add(&world.state_faults, "read_epoch", CHATTERBOX_E_DOWN);
	faults_add(&world.bus_faults, "depth", CHATTERBOX_E_DOWN);
	road->sql->ops->now(road->sql, &number);
	road->state->ops->read_epoch(road->state, &number);
	road->bus->ops->depth(road->bus, "x", &number, UINT64_MAX);
	ck_assert(!road->sql->ops->is_up(road->sql));
	ck_assert(!road->state->ops->is_up(road->state));
	ck_assert(!road->bus->ops->is_up(road->bus));
	ck_assert(strstr(road->bus->error, "depth") != NULL);
}
END_TEST

START_TEST(waiting_for_the_bus_is_passing_time)
{
	struct cbx_bus_event event = { 0 };
	uint64_t began;

	world_connect();
	began = cbx_now(road->clock);
	ck_assert_int_eq(road->bus->ops->take(road->bus, -1, began + 3 * CBX_SECOND, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_NOTHING);
	ck_assert_uint_eq(cbx_now(road->clock), began + 3 * CBX_SECOND);
	/* what wakes it stops the time */
	cbx_mailbox_wake(road->inbox);
	ck_assert_int_eq(road->bus->ops->take(road->bus, cbx_mailbox_fd(road->inbox),
					      began + 9 * CBX_SECOND, &event),
			 0);
	ck_assert_uint_eq(cbx_now(road->clock), began + 3 * CBX_SECOND);
}
END_TEST

START_TEST(a_lost_commit_is_known_afterwards)
{
	struct cbx_batch batch = { 0 };
	struct cbx_guard guard;

	world_lead();
	guard = cbx_leadership_guard(&world.leadership, world.epoch);
	cbx_batch_add_checked(&batch, "ABC1");
	world.sql_faults.lose_commit = true;
	ck_assert_int_eq(road->sql->ledger->record(road->sql, &guard, &batch, UINT64_MAX),
			 CHATTERBOX_E_DOWN);
	ck_assert_int_eq(road->sql->ledger->resolve(road->sql, UINT64_MAX), 1);
	world_expect("select count(*) from recently_checked", "1");
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_DOWN);
	ck_assert_int_eq(road->sql->ledger->record(road->sql, &guard, &batch, UINT64_MAX),
			 CHATTERBOX_E_DOWN);
	ck_assert_int_eq(road->sql->ledger->resolve(road->sql, UINT64_MAX), 0);
	cbx_batch_clear(&batch);
}
END_TEST

START_TEST(nl_hdms_says_what_it_was_told)
{
	hdms_system(&world.hdms, "ABC1", "17 Running; 18 Paused");
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_lead();
	ck_assert_int_eq(world_round(CBX_STATUS_ROUND, NULL), 0);
	hdms_expect(&world.hdms, "job_status ABC1:17\n");
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	hdms_expect(&world.hdms, "job_list ABC1\n");
	world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/18 Paused r1 live user\n");
	world_expect_shared("ABC1 17=Running 18=Paused\n");
}
END_TEST

UNIT_TESTS_WITH(world_set_up, world_tear_down, the_nth_call_fails_and_so_many_after_it,
		a_call_that_fails_does_nothing, down_means_that_the_connection_is_gone,
		waiting_for_the_bus_is_passing_time, a_lost_commit_is_known_afterwards,
		nl_hdms_says_what_it_was_told)
