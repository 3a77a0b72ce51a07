// SPDX-License-Identifier: MIT
/* Another chatterbox has our Redis and app_name, and another database (contract 2.5): whose mark is
 * in Redis first leads. */
#include "adapter/sqlite/sqlite.h"
#include "lead/twin.h"
#include "memory_servers.h"
#include "road_world.h"

#include <string.h>

static struct cbx_lease_keeper keeper;
static unsigned turns;

static bool on_turn(void *user)
{
	(void)user;
	cbx_mailbox_wake(keeper.inbox); /* no real time goes by */
	keeper.stop = --turns == 0;
	fake_clock_pass(&world.clock, CBX_SECOND / 5);
	return false;
}

static void on_change(void *user)
{
	(void)user;
}

static void set_up(void)
{
	world_set_up();
	world_reload("lease.ttl", "10");
	cbx_settings_take(&world.place, &road->settings);
	world_connect();
	road->following = true;
	keeper = (struct cbx_lease_keeper){ .clock = road->clock,
					    .log = &world.log,
					    .leadership = &world.leadership,
					    .ttl = 10,
					    .looks = true,
					    .redis = "here",
					    .on_turn = on_turn,
					    .on_change = on_change };
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

/* So many seconds of the lease keeper, without the poller */
static void keep(double seconds)
{
	turns = (unsigned)(seconds * 5);
	keeper.stop = false;
	cbx_lease_keeper_run(&keeper);
}

/* And of the poller: it follows and looks at the mark, or renews it */
static void go_on(double seconds)
{
	uint64_t end = cbx_now(road->clock) + (uint64_t)(seconds * (double)CBX_SECOND);

	while (cbx_now(road->clock) < end) {
		road->following = !cbx_leadership_epoch(&world.leadership);
		if (road->following)
			cbx_follow_turn(&world.poller.follow);
		else
			cbx_road_renew_mark(road);
		keep(0.2);
	}
}

static void mark_as(const char *database, int64_t epoch)
{
	const struct cbx_mark mark = { database, 30, true };

	ck_assert_int_eq(world.eye->ops->write_mark(world.eye, epoch, &mark), 0);
}

static void expect_mark(const char *database)
{
	int64_t epoch;

	ck_assert_int_eq(world.eye->ops->read_epoch(world.eye, &epoch), 0);
	ck_assert_str_eq(world.eye->database, database);
}

static int64_t epoch(void)
{
	return cbx_leadership_epoch(&world.leadership);
}

static const char *ours(void)
{
	static char id[CBX_DATABASE_ID];

	cbx_leadership_database(&world.leadership, id);
	return id;
}

START_TEST(nobody_leads_who_has_not_looked)
{
	keep(5);
	ck_assert_int_eq(epoch(), 0);
	go_on(1);
	ck_assert_int_eq(epoch(), 1);
	expect_mark(ours());
}
END_TEST

START_TEST(a_redis_that_is_down_says_nothing)
{
	cbx_link_close(&road->state_link);
	go_on(1);
	ck_assert_int_eq(epoch(), 1);
}
END_TEST

START_TEST(who_finds_the_mark_of_another_database_does_not_lead)
{
	char twin[CBX_DATABASE_ID];

	mark_as("another", 7);
	go_on(20);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_uint_eq(world.warnings, 1);
	ck_assert_uint_gt(cbx_leadership_twin(&world.leadership, twin), 0);
	ck_assert_str_eq(twin, "another");
	world_expect("select count(*) from lease", "0");
	ck_assert_int_eq(world.eye->ops->claim(world.eye, 7), 0);
	/* it is renewed */
	mark_as("another", 7);
	go_on(20);
	ck_assert_int_eq(epoch(), 0);
	/* and then no more; what it left there is of a later epoch */
	go_on(16);
	ck_assert_int_eq(epoch(), 8);
	ck_assert_uint_eq(world.warnings, 2);
	expect_mark(ours());
}
END_TEST

/* Its mark is there again before it would have expired */
START_TEST(a_flush_lets_nobody_in)
{
	mark_as("another", 7);
	go_on(2);
	cbx_memory_store_flush(world.store);
	go_on(27);
	ck_assert_int_eq(epoch(), 0);
	mark_as("another", 7);
	go_on(29);
	ck_assert_int_eq(epoch(), 0);
}
END_TEST

/* It began while Redis was down, or at the same moment */
START_TEST(who_leads_and_finds_it_gives_the_lease_back)
{
	go_on(1);
	ck_assert_int_eq(epoch(), 1);
	cbx_memory_store_flush(world.store);
	mark_as("another", 7);
	road->mark_at = 0;
	road->following = false;
	cbx_road_renew_mark(road);
	ck_assert_int_eq(epoch(), 0);
	keep(0.2);
	world_expect("select holder || epoch from lease", "1");
	go_on(10);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_uint_eq(world.warnings, 1);
	expect_mark("another");
}
END_TEST

START_TEST(nothing_is_claimed_and_no_epoch_raised)
{
	keep(0.4);
	mark_as("another", 7);
	cbx_leadership_hold(&world.leadership, 1, UINT64_MAX);
	ck_assert_int_eq(cbx_road_take_over(road, 1), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(epoch(), 0);
	ck_assert_int_eq(cbx_leadership_newer(&world.leadership, 1), 0);
	cbx_leadership_hold(&world.leadership, 9, UINT64_MAX);
	ck_assert_int_eq(cbx_road_take_over(road, 9), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(world.eye->ops->claim(world.eye, 7), 0);
}
END_TEST

/* As long as anybody renews it, and beyond a load that takes long */
START_TEST(the_mark_is_renewed_with_the_lease)
{
	go_on(1);
	go_on(120);
	ck_assert_int_eq(epoch(), 1);
	expect_mark(ours());
	keep(26);
	expect_mark(ours());
	keep(5);
	expect_mark("");
}
END_TEST

START_TEST(the_id_is_made_once)
{
	char first[CBX_DATABASE_ID];

	go_on(1);
	memcpy(first, ours(), sizeof(first));
	ck_assert_uint_eq(strlen(first), 36);
	ck_assert_int_eq(cbx_twin_identify(&keeper), 0);
	ck_assert_str_eq(ours(), first);
	/* a database that was emptied under us is ours all the same */
	world_run("delete from server_conf");
	ck_assert_int_eq(cbx_twin_identify(&keeper), 0);
	ck_assert_str_eq(ours(), first);
	world_expect("select length(info) from server_conf where name = 'database_id'", "38");
}
END_TEST

/* It is another one than before, and the mark is its own */
START_TEST(a_restored_database_is_asked_for_its_id)
{
	go_on(1);
	world_run("update server_conf set info = '\"restored\"' where name = 'database_id'");
	world_run("update lease set holder = '', expires_at = 0");
	cbx_memory_store_flush(world.store);
	mark_as("restored", 7);
	go_on(6);
	ck_assert_str_eq(ours(), "restored");
	ck_assert_int_gt(epoch(), 1);
	expect_mark("restored");
}
END_TEST

/* Somebody wrote it by hand: then there is no telling, as before */
static const char *const unusable[] = {
	"",           "\"\"",
	"{}",         "\"two words\"",
	"\"a\\\"b\"", "\"0123456789012345678901234567890123456789\""
};

START_TEST(without_an_id_nobody_is_a_twin)
{
	char sql[160];

	keep(0.4);
	snprintf(sql, sizeof(sql), "update server_conf set info = '%s'", unusable[_i]);
	world_run(sql);
	keeper.identified = false;
	mark_as("another", 7);
	go_on(2);
	ck_assert_str_eq(ours(), "");
	ck_assert_int_eq(epoch(), 8);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		nobody_leads_who_has_not_looked,
		a_redis_that_is_down_says_nothing,
		who_finds_the_mark_of_another_database_does_not_lead,
		a_flush_lets_nobody_in,
		who_leads_and_finds_it_gives_the_lease_back,
		nothing_is_claimed_and_no_epoch_raised,
		the_mark_is_renewed_with_the_lease,
		the_id_is_made_once,
		a_restored_database_is_asked_for_its_id,
	};
	TCase *tcase = tcase_create("twin");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, without_an_id_nobody_is_a_twin, 0, CBX_COUNT(unusable));
	suite_add_tcase(suite, tcase);
}
