// SPDX-License-Identifier: MIT
/* The Job Errors Task (contract 2.1): errored jobs go after a day, but not because a clock was set.
 */
#include "road_world.h"

#define DAY 86400

static struct cbx_cleanup *cleanup(void)
{
	return &world.poller.cleanup;
}

static void run_task(void)
{
	cleanup()->task.perform(cleanup()->task.user);
}

static void set_up(void)
{
	world_set_up();
	cbx_cleanup_init(cleanup(), road, &world.poller.errors);
	world_insert("ABC1", "17 Running", "user", 1);
	world_lead();
	world_push("ABC1", "17 Errored; 18 Running");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	run_task();
	world_expect("select count(*) from errors", "1");
}

static void expect_rows(const char *monitored, const char *errors)
{
	world_expect("select group_concat(job_id) from status_monitor", monitored);
	world_expect("select count(*) from errors", errors);
}

START_TEST(errored_jobs_go_after_their_time)
{
	world_pass(DAY - 100);
	run_task();
	expect_rows("17,18", "1");
	world_pass(200);
	run_task();
	expect_rows("18", "0");
}
END_TEST

/* Ten days on, ten days back, to 2038; the monotonic clock does not move by more than a second */
START_TEST(a_clock_that_is_set_deletes_nothing)
{
	static const int64_t days[] = { 10, -10, 4380 };
	unsigned warnings = world.warnings;

	world_pass(1);
	world.clock.wall += days[_i] * DAY * 1000;
	run_task();
	expect_rows("17,18", "1");
	ck_assert_uint_eq(world.warnings, warnings + 1);
}
END_TEST

/* An hour more or less is daylight saving time done wrong, or drift: no reason to skip */
START_TEST(a_clock_that_is_set_by_little_is_no_matter)
{
	world_pass(DAY - 1000);
	world.clock.wall += 3000 * 1000;
	run_task();
	expect_rows("18", "0");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("cleanup");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	tcase_add_test(tcase, errored_jobs_go_after_their_time);
	tcase_add_loop_test(tcase, a_clock_that_is_set_deletes_nothing, 0, 3);
	tcase_add_test(tcase, a_clock_that_is_set_by_little_is_no_matter);
	suite_add_tcase(suite, tcase);
}
