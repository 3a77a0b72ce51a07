/* SPDX-License-Identifier: MIT */
/* The scheduler's beat: when tasks are due, in which order, and when they rest */
#include "task/task.h"
#include "unit.h"

#include <string.h>

struct world {
	struct cbx_clock clock;
	uint64_t now;
	struct cbx_task_scheduler scheduler;
	char ran[64];
};

static struct world world;

static uint64_t now(struct cbx_clock *clock)
{
	(void)clock;
	return world.now;
}

static int64_t wall(struct cbx_clock *clock)
{
	(void)clock;
	return 0;
}

static const struct cbx_clock_ops ops = { now, wall };

static void perform(void *user)
{
	strcat(world.ran, user);
}

static void begin(void)
{
	world = (struct world){ .clock = { &ops }, .now = 5 * CBX_SECOND };
	cbx_task_scheduler_init(&world.scheduler, &world.clock);
	/* the first tick may be due at once */
	cbx_task_tick(&world.scheduler);
}

static struct cbx_task task(const char *name, double interval)
{
	return (struct cbx_task){ .name = name,
				  .interval_ns = cbx_ns(interval),
				  .perform = perform,
				  .user = (void *)(uintptr_t)name };
}

static void tick_at(uint64_t ms)
{
	world.now = 5 * CBX_SECOND + ms * CBX_MS;
	cbx_task_tick(&world.scheduler);
}

START_TEST(due_tasks_run_in_their_order)
{
	struct cbx_task a = task("a", 1);
	struct cbx_task b = task("b", 3);

	begin();
	cbx_task_add(&world.scheduler, &a);
	cbx_task_add(&world.scheduler, &b);
	tick_at(1000);
	tick_at(2000);
	tick_at(3000);
	ck_assert_str_eq(world.ran, "aaab");
	ck_assert_uint_eq(cbx_task_next_tick(&world.scheduler), 9 * CBX_SECOND);
}
END_TEST

START_TEST(a_tick_that_comes_early_is_no_missed_run)
{
	struct cbx_task a = task("a", 1);
	struct cbx_task b = task("b", 2);

	begin();
	cbx_task_add(&world.scheduler, &a);
	cbx_task_add(&world.scheduler, &b);
	tick_at(1009);
	tick_at(2002); /* 0.993 s after the last */
	tick_at(3007);
	tick_at(4001);
	ck_assert_str_eq(world.ran, "aabaab");
}
END_TEST

START_TEST(missed_runs_are_not_made_up)
{
	struct cbx_task a = task("a", 1);

	begin();
	cbx_task_add(&world.scheduler, &a);
	tick_at(10000);
	tick_at(10500);
	ck_assert_str_eq(world.ran, "a");
	tick_at(11000);
	ck_assert_str_eq(world.ran, "aa");
}
END_TEST

START_TEST(a_wanted_task_runs_at_the_next_tick)
{
	struct cbx_task a = task("a", 600);

	begin();
	cbx_task_add(&world.scheduler, &a);
	tick_at(1000);
	ck_assert_str_eq(world.ran, "");
	a.wanted = true;
	tick_at(2000);
	tick_at(3000);
	ck_assert_str_eq(world.ran, "a");
}
END_TEST

START_TEST(a_pause_ends_by_itself_or_by_resume)
{
	struct cbx_task a = task("a", 1);

	begin();
	cbx_task_add(&world.scheduler, &a);
	cbx_task_pause(&world.scheduler, 2500 * CBX_MS);
	tick_at(1000);
	tick_at(2000);
	ck_assert_str_eq(world.ran, "");
	tick_at(3000);
	ck_assert_str_eq(world.ran, "a");
	cbx_task_pause(&world.scheduler, 60 * CBX_SECOND);
	tick_at(4000);
	cbx_task_resume(&world.scheduler);
	tick_at(5000);
	ck_assert_str_eq(world.ran, "aa");
}
END_TEST

UNIT_TESTS(due_tasks_run_in_their_order, a_tick_that_comes_early_is_no_missed_run,
	   missed_runs_are_not_made_up, a_wanted_task_runs_at_the_next_tick,
	   a_pause_ends_by_itself_or_by_resume)
