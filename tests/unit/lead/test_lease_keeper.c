// SPDX-License-Identifier: MIT
/* The lease keeper (contract 2.5): migrates, takes, renews, stands by, gives back. */
#include "adapter/sqlite/sqlite.h"
#include "lead/lease_keeper.h"
#include "road_world.h"

#include <stdio.h>
#include <string.h>

static struct cbx_lease_keeper keeper;
static unsigned turns, changes, failures;
static int failure;
static const char *hindrance; /* why this instance can't work; NULL: it can */
static uint64_t step;         /* passes between two turns */

static bool on_turn(void *user)
{
	(void)user;
	cbx_mailbox_wake(keeper.inbox); /* no real time goes by */
	if (--turns == 0)
		keeper.stop = true;
	else
		fake_clock_pass(&world.clock, step);
	return false;
}

static void on_change(void *user)
{
	(void)user;
	changes++;
}

static bool is_hindered(void *user, uint64_t since, char why[192])
{
	(void)user;
	ck_assert_uint_le(since, cbx_now(road->clock));
	if (hindrance)
		snprintf(why, 192, "%s", hindrance);
	return hindrance;
}

static void on_failed(void *user, int error, const char *text)
{
	(void)user;
	ck_assert_uint_gt(strlen(text), 0);
	failures++;
	failure = error;
}

static void set_up(void)
{
	world_set_up();
	keeper = (struct cbx_lease_keeper){ .clock = road->clock,
					    .log = &world.log,
					    .leadership = &world.leadership,
					    .ttl = 10,
					    .on_failed = on_failed,
					    .on_turn = on_turn,
					    .on_change = on_change,
					    .hindrance = is_hindered };
	hindrance = NULL;
	changes = failures = 0;
	step = CBX_SECOND / 5;
	ck_assert_int_eq(cbx_mailbox_new(2, &keeper.inbox), 0);
	ck_assert_int_eq(cbx_sqlite_new(world.path, road->clock, &keeper.sql), 0);
	faults_of_sql(keeper.sql, &world.sql_faults);
	world_link(&keeper.sql_link, WORLD_SQL, keeper.sql);
}

static void tear_down(void)
{
	cbx_lease_keeper_close(&keeper);
	cbx_sql_free(keeper.sql);
	cbx_mailbox_free(keeper.inbox, NULL);
	world_tear_down();
}

static void run(unsigned n)
{
	turns = n;
	keeper.stop = false;
	cbx_lease_keeper_run(&keeper);
}

/* Somebody else has it, for so many seconds from now */
static void take_by_other(int ttl)
{
	struct cbx_lease_state held;
	int64_t epoch;

	world_run("update lease set holder = '', expires_at = 0");
	ck_assert_int_eq(world.lease->lease->take(world.lease, world.leadership.name, "other", ttl,
						  &epoch, &held),
			 0);
}

static void expect_leader(const char *wanted)
{
	char leader[CBX_HOLDER_TEXT];

	cbx_leadership_leader(&world.leadership, leader);
	ck_assert_str_eq(leader, wanted);
}

static int64_t epoch(void)
{
	return cbx_leadership_epoch(&world.leadership);
}

START_TEST(it_migrates_and_takes_the_lease)
{
	run(2);
	ck_assert(keeper.migrated);
	ck_assert_int_eq(epoch(), 1);
	ck_assert_uint_eq(changes, 1);
	expect_leader(world.leadership.self);
	world_expect("select epoch from lease", "1");
}
END_TEST

START_TEST(a_schema_that_can_not_be_used_is_told_once)
{
	faults_add(&world.sql_faults, _i ? "check_schema" : "migrate", CHATTERBOX_E_SCHEMA);
	run(5);
	ck_assert_uint_eq(failures, 1);
	ck_assert_int_eq(failure, CHATTERBOX_E_SCHEMA);
	ck_assert(keeper.stop && !keeper.migrated);
	ck_assert_int_eq(epoch(), 0);
}
END_TEST

START_TEST(a_database_that_is_away_at_first_is_waited_for)
{
	faults_add_nth(&world.sql_faults, "connect", CHATTERBOX_E_DOWN, 1, 3);
	faults_add(&world.sql_faults, "migrate", CHATTERBOX_E_DOWN);
	run(50);
	ck_assert_uint_eq(failures, 0);
	ck_assert_int_eq(epoch(), 1);
}
END_TEST

START_TEST(it_renews_each_third_of_the_ttl)
{
	run(2);
	world.sql_faults.watched = "renew";
	run(1 + 5 * 30); /* 30 s, in fifths of a second */
	ck_assert_uint_ge(world.sql_faults.calls, 8);
	ck_assert_uint_le(world.sql_faults.calls, 10);
	ck_assert_int_eq(epoch(), 1);
	ck_assert_uint_eq(changes, 1);
	world_expect("select epoch from lease", "1");
}
END_TEST

/* Counted from when the last successful renewal was sent */
START_TEST(a_holder_that_can_not_renew_stands_by)
{
	uint64_t renewed;

	run(2);
	renewed = world.leadership.valid_until - 10 * CBX_SECOND;
	faults_add_nth(&world.sql_faults, "renew", CHATTERBOX_E_TIMEOUT, 1, 1000);
	while (cbx_now(road->clock) < renewed + 10 * CBX_SECOND) {
		ck_assert_int_eq(epoch(), 1);
		run(1);
		fake_clock_pass(&world.clock, step);
	}
	ck_assert_int_eq(epoch(), 0);
	run(1);
	ck_assert_uint_eq(changes, 2);
	/* nobody took it meanwhile: it is renewed as it was, nothing of ours is outdated */
	faults_clear(&world.sql_faults);
	run(1);
	ck_assert_int_eq(epoch(), 1);
	ck_assert_uint_eq(changes, 3);
}
END_TEST

START_TEST(a_lapse_is_told)
{
	run(2);
	faults_add_nth(&world.sql_faults, "renew", CHATTERBOX_E_TIMEOUT, 1, 1000);
	run(1 + 5 * 11);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(a_fenced_holder_stands_by_at_once_and_names_the_other)
{
	run(2);
	take_by_other(60);
	fake_clock_pass(&world.clock, 4 * CBX_SECOND);
	run(1);
	ck_assert_int_eq(epoch(), 0);
	run(10);
	ck_assert_int_eq(epoch(), 0);
	expect_leader("other");
}
END_TEST

START_TEST(a_standby_takes_over_when_the_lease_runs_out)
{
	take_by_other(10);
	run(5 * 9);
	ck_assert_int_eq(epoch(), 0);
	expect_leader("other");
	run(5 * 4);
	ck_assert_int_eq(epoch(), 2);
	expect_leader(world.leadership.self);
}
END_TEST

START_TEST(a_clean_stop_gives_it_back_at_once)
{
	struct cbx_lease_state held;
	int64_t next = 0;

	run(2);
	cbx_lease_keeper_close(&keeper);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_int_eq(world.lease->lease->take(world.lease, world.leadership.name, "other", 10,
						  &next, &held),
			 0);
	ck_assert_int_eq(next, 2);
}
END_TEST

/* Redis is ahead of a database that was reset */
START_TEST(the_holder_raises_its_epoch_above_a_newer_one)
{
	char row[CBX_HOLDER_TEXT + 8];

	run(2);
	world.warnings = 0;
	faults_add(&world.sql_faults, "raise", CHATTERBOX_E_TIMEOUT); /* tried again */
	cbx_leadership_note_newer(&world.leadership, 1, 41);
	run(3);
	ck_assert_int_eq(epoch(), 42);
	ck_assert_uint_eq(world.warnings, 2);
	ck_assert_uint_eq(changes, 1);
	expect_leader(world.leadership.self);
	snprintf(row, sizeof(row), "%s42", world.leadership.self);
	world_expect("select holder || epoch from lease", row);
	run(5 * 30);
	ck_assert_int_eq(epoch(), 42);
	ck_assert_uint_eq(world.warnings, 2);
}
END_TEST

START_TEST(who_holds_it_no_more_raises_nothing)
{
	run(2);
	take_by_other(60);
	cbx_leadership_note_newer(&world.leadership, 1, 2);
	run(1);
	ck_assert_int_eq(epoch(), 0);
	run(5);
	expect_leader("other");
	world_expect("select holder || epoch from lease", "other2");
}
END_TEST

/* A number that somebody wrote there can't use up the epochs */
START_TEST(an_absurd_epoch_is_warned_of_once_and_not_exceeded)
{
	run(2);
	world.warnings = 0;
	cbx_leadership_note_newer(&world.leadership, 1, CBX_EPOCH_RAISE_END);
	run(5 * 30);
	ck_assert_int_eq(epoch(), 1);
	ck_assert_uint_eq(world.warnings, 1);
	world_expect("select epoch from lease", "1");
}
END_TEST

START_TEST(the_epoch_is_not_raised_again_and_again)
{
	run(2);
	cbx_leadership_note_newer(&world.leadership, 1, CBX_EPOCH_RAISE_END - 1);
	run(1);
	ck_assert_int_eq(epoch(), CBX_EPOCH_RAISE_END);
	world_run("update lease set epoch = 5");
	keeper.epoch = 5;
	cbx_leadership_hold(&world.leadership, 5, world.leadership.valid_until);
	cbx_leadership_note_newer(&world.leadership, 5, 5);
	run(5 * 9);
	ck_assert_int_eq(epoch(), 5);
	run(5 * 2);
	ck_assert_int_eq(epoch(), 6);
}
END_TEST

START_TEST(an_observer_never_takes_it)
{
	keeper.observer = true;
	run(20);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_uint_eq(changes, 0);
	expect_leader("");
	take_by_other(5);
	run(20);
	expect_leader("other");
	run(5 * 10);
	expect_leader("");
	world_expect("select holder || epoch from lease", "other1");
}
END_TEST

START_TEST(a_take_that_fails_is_tried_again)
{
	faults_add_nth(&world.sql_faults, "take", CHATTERBOX_E_TIMEOUT, 1, 2);
	run(2);
	ck_assert_int_eq(epoch(), 0);
	run(12);
	ck_assert_int_eq(epoch(), 1);
}
END_TEST

/* Who can't work leaves the lease to a standby, at once, and does not take it again at once */
START_TEST(who_can_not_work_gives_it_up_and_rests)
{
	struct cbx_lease_state held;
	char why[192] = "";
	int64_t next = 0;

	run(2);
	world.warnings = 0;
	hindrance = "it is stuck";
	run(5 * 4);
	ck_assert_int_eq(epoch(), 1);
	run(5 * 2);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_uint_eq(changes, 2);
	ck_assert_uint_eq(world.warnings, 1);
	ck_assert_uint_gt(cbx_leadership_rests(&world.leadership, why), 55);
	ck_assert_str_eq(why, "it is stuck");
	world_expect("select holder || epoch from lease", "1");
	/* nobody else is there: still it is not taken for a minute */
	hindrance = NULL;
	run(5 * 57);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_int_eq(world.lease->lease->take(world.lease, world.leadership.name, "other", 1,
						  &next, &held),
			 0);
	run(5);
	expect_leader("other");
	run(5 * 4);
	ck_assert_int_eq(epoch(), 3);
	ck_assert_uint_eq(cbx_leadership_rests(&world.leadership, why), 0);
}
END_TEST

/* A process that was frozen moves again at once */
START_TEST(a_hindrance_that_is_over_at_once_costs_nothing)
{
	run(2);
	hindrance = "it is stuck";
	run(5 * 3);
	hindrance = NULL;
	run(5);
	hindrance = "it is stuck";
	run(5 * 3);
	ck_assert_int_eq(epoch(), 1);
	ck_assert_uint_eq(changes, 1);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		it_migrates_and_takes_the_lease,
		a_database_that_is_away_at_first_is_waited_for,
		it_renews_each_third_of_the_ttl,
		a_holder_that_can_not_renew_stands_by,
		a_lapse_is_told,
		a_fenced_holder_stands_by_at_once_and_names_the_other,
		a_standby_takes_over_when_the_lease_runs_out,
		a_clean_stop_gives_it_back_at_once,
		the_holder_raises_its_epoch_above_a_newer_one,
		who_holds_it_no_more_raises_nothing,
		an_absurd_epoch_is_warned_of_once_and_not_exceeded,
		the_epoch_is_not_raised_again_and_again,
		an_observer_never_takes_it,
		a_take_that_fails_is_tried_again,
		who_can_not_work_gives_it_up_and_rests,
		a_hindrance_that_is_over_at_once_costs_nothing,
	};
	TCase *tcase = tcase_create("lease_keeper");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_schema_that_can_not_be_used_is_told_once, 0, 2);
	suite_add_tcase(suite, tcase);
}
