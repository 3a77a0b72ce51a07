// SPDX-License-Identifier: MIT
/*
 * test_pacer_simulation.c - the load rule at work: a fleet, a broker and a clock that a test moves
 *
 * The Job Status Task runs in its scheduler as the engine runs it: each round takes time, shows
 * figures, and its pacer sets the task's next interval. What the round shows comes out of a small
 * model of nl-hdms: so many questions a second get through, the rest waits in the queue.
 */
#include "common/cleanup.h"
#include "task/pacer.h"
#include "task/task.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#define BASE 10.0
#define BOUND 600.0
#define SYSTEMS 2000

/* What is wrong with the world; all 0 = nothing */
struct trouble {
	double slow;     /* the round takes that many intervals */
	double lossy;    /* this share of the questions times out */
	int64_t backlog; /* messages wait in the queue */
	double reply;    /* seconds: the p95 of the replies */
	bool cut;        /* the broker is lost in the middle of it */
	const char *reason;
};

static struct {
	struct cbx_clock clock;
	uint64_t now;
	struct cbx_task_scheduler scheduler;
	struct cbx_task task;
	struct cbx_pacer pacer;
	struct trouble trouble;
	double capacity; /* questions/s that nl-hdms answers; 0 = any */
	double queue;    /* questions that wait */
	uint64_t drained_at;
	unsigned rounds;
} world;

static uint64_t now(struct cbx_clock *clock)
{
	(void)clock;
	return world.now;
}

static const struct cbx_clock_ops clock_ops = { .now = now };

static double current(void)
{
	return cbx_seconds(world.pacer.current_ns);
}

/* What nl-hdms has answered since the last look */
static void drain(void)
{
	double seconds = (double)(world.now - world.drained_at) / (double)CBX_SECOND;

	world.drained_at = world.now;
	world.queue = world.capacity > 0 ? fmax(0, world.queue - seconds * world.capacity) : 0;
}

static void get_all_jobs_status(void *user)
{
	const struct trouble *trouble = &world.trouble;
	struct cbx_pacer_round round = {
		.duration_ns = cbx_ns(1 + trouble->slow * current()),
		.questions = SYSTEMS,
		.timeouts = (uint64_t)(SYSTEMS * trouble->lossy),
		.reply_p95_ns = cbx_ns(trouble->reply),
	};

	(void)user;
	drain();
	world.queue += SYSTEMS;
	world.now += round.duration_ns;
	drain();
	round.queue_depth = trouble->backlog + (int64_t)world.queue;
	cbx_pacer_step(&world.pacer, trouble->cut ? NULL : &round);
	world.task.interval_ns = world.pacer.current_ns;
	world.rounds++;
}

static void set_up(void)
{
	memset(&world, 0, sizeof(world));
	world.clock.ops = &clock_ops;
	world.now = world.drained_at = 1000 * CBX_SECOND;
	cbx_pacer_init(&world.pacer, cbx_ns(BASE));
	world.pacer.bound_ns = cbx_ns(BOUND);
	world.task = (struct cbx_task){ .name = "Job Status Task",
					.interval_ns = cbx_ns(BASE),
					.perform = get_all_jobs_status };
	cbx_task_scheduler_init(&world.scheduler, &world.clock);
	cbx_task_add(&world.scheduler, &world.task);
}

/* OCD's update_time_till_next_check */
static void set_time_till_next_check(double seconds)
{
	cbx_pacer_set_base(&world.pacer, cbx_ns(seconds));
	world.task.interval_ns = world.pacer.current_ns;
}

/* Until @rounds more have run; the interval after each is one step, in the right direction */
static void play(unsigned rounds, double factor, double end)
{
	double before = current();

	for (rounds += world.rounds; world.rounds < rounds; before = current()) {
		unsigned count = world.rounds;

		while (world.rounds == count) {
			world.now += CBX_SECOND;
			cbx_task_tick(&world.scheduler);
		}
		if (factor > 1)
			ck_assert_double_eq_tol(current(), fmin(before * factor, end), 1e-6);
		else
			ck_assert_double_eq_tol(current(), fmax(before * factor, end), 1e-6);
		ck_assert_uint_eq(world.task.interval_ns, world.pacer.current_ns);
	}
}

static void climb(unsigned rounds, double most)
{
	play(rounds, 1.5, most);
}

static void calm_down(unsigned rounds, double least)
{
	world.trouble = (struct trouble){ 0 };
	play(rounds, 1 / 1.5, least);
	ck_assert_ptr_null(world.pacer.reason);
}

static const struct trouble troubles[] = {
	{ .slow = 1.1, .reason = "cycle" },
	{ .lossy = 0.1, .reason = "timeouts" },
	{ .backlog = 1001, .reason = "queue" },
	{ .reply = 2.5, .reason = "reply_time" },
};

START_TEST(load_steps_up_and_goes)
{
	set_up();
	calm_down(5, BASE);
	ck_assert_double_eq(current(), BASE);
	world.trouble = troubles[_i];
	climb(20, BOUND);
	/* 10 s * 1.5^11 is beyond 600 s */
	ck_assert_double_eq(current(), BOUND);
	ck_assert_str_eq(world.pacer.reason, troubles[_i].reason);
	calm_down(20, BASE);
	ck_assert_double_eq(current(), BASE);
	ck_assert_uint_eq(world.pacer.base_ns, cbx_ns(BASE));
}
END_TEST

START_TEST(rounds_come_as_far_apart_as_the_interval_says)
{
	uint64_t begin;

	set_up();
	world.trouble = troubles[2];
	climb(12, BOUND);
	begin = world.task.last_ran;
	climb(1, BOUND);
	ck_assert_double_eq_tol((double)(world.task.last_ran - begin) / (double)CBX_SECOND, BOUND,
				1);
	calm_down(12, BASE);
	begin = world.task.last_ran;
	calm_down(1, BASE);
	ck_assert_double_eq_tol((double)(world.task.last_ran - begin) / (double)CBX_SECOND, BASE,
				1);
}
END_TEST

START_TEST(ocd_sets_a_new_base_in_the_middle_of_the_load)
{
	set_up();
	world.trouble = troubles[0];
	climb(5, BOUND);
	/* the stretch is reset, and the load, which is still there, builds it up from there */
	set_time_till_next_check(30);
	ck_assert_uint_eq(world.task.interval_ns, 30 * CBX_SECOND);
	climb(4, BOUND);
	ck_assert_double_eq_tol(current(), 30 * pow(1.5, 4), 1e-6);
	calm_down(10, 30);
	ck_assert_double_eq(current(), 30);
	/* and on the way down */
	world.trouble = troubles[3];
	climb(6, BOUND);
	calm_down(2, 30);
	set_time_till_next_check(5);
	calm_down(5, 5);
	ck_assert_double_eq(current(), 5);
	/* a base beyond the bound is not stretched at all */
	set_time_till_next_check(900);
	world.trouble = troubles[2];
	climb(3, 900);
	ck_assert_double_eq(current(), 900);
}
END_TEST

START_TEST(a_round_that_was_cut_judges_nothing)
{
	double stretched;

	set_up();
	world.trouble = troubles[1];
	climb(4, BOUND);
	stretched = current();
	/* all of its questions timed out, since the broker went away: no load */
	world.trouble.lossy = 1;
	world.trouble.cut = true;
	play(5, 1, stretched);
	ck_assert_double_eq(current(), stretched);
	ck_assert_str_eq(world.pacer.reason, "timeouts");
	/* nor is it calm because nothing waited */
	world.trouble = (struct trouble){ .cut = true };
	play(5, 1, stretched);
	ck_assert_double_eq(current(), stretched);
	calm_down(10, BASE);
	world.trouble = (struct trouble){ .lossy = 1, .cut = true };
	play(5, 1, BASE);
	ck_assert_ptr_null(world.pacer.reason);
}
END_TEST

/* nl-hdms answers so few that the base overruns it, and so many that the bound does not */
START_TEST(it_finds_the_interval_that_the_fleet_can_bear)
{
	double most = 0;
	double highest = 0;
	unsigned i;

	set_up();
	world.capacity = 20;
	for (i = 0; i < 300; i++) {
		unsigned count = world.rounds;

		while (world.rounds == count) {
			world.now += CBX_SECOND;
			cbx_task_tick(&world.scheduler);
		}
		if (i >= 100) {
			most = fmax(most, world.queue);
			highest = fmax(highest, current());
		}
	}
	/* 2000 questions at 20/s want 100 s; it swings around that, and the queue stays bounded */
	ck_assert_double_gt(highest, 100);
	ck_assert_double_le(highest, BOUND);
	ck_assert_double_lt(most, 5 * SYSTEMS);
	world.capacity = 0;
	calm_down(15, BASE);
	ck_assert_double_eq(current(), BASE);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		rounds_come_as_far_apart_as_the_interval_says,
		ocd_sets_a_new_base_in_the_middle_of_the_load,
		a_round_that_was_cut_judges_nothing,
		it_finds_the_interval_that_the_fleet_can_bear,
	};
	TCase *tcase = tcase_create("pacer_simulation");

	tcase_add_loop_test(tcase, load_steps_up_and_goes, 0, (int)CBX_COUNT(troubles));
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
