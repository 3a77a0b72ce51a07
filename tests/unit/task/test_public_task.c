// SPDX-License-Identifier: MIT
/* test_public_task.c - a host's own tasks on a clock that the test moves */
#include "unit.h"

#include <chatterbox/task.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define SECOND 1000000000ULL
#define START (1000 * SECOND)
#define TASKS 3

static struct {
	uint64_t now;
	struct chatterbox_scheduler *scheduler;
	struct chatterbox_task *tasks[TASKS];
	unsigned runs[TASKS];
	char order[64]; /* a letter a run: a, b, c */
	size_t ran;
	void (*inside)(size_t index); /* what the tasks do besides */
} t;

static size_t numbers[TASKS] = { 0, 1, 2 };

static uint64_t now(void *user)
{
	ck_assert_ptr_eq(user, &t);
	return t.now;
}

static void work(void *user)
{
	size_t index = *(size_t *)user;

	t.runs[index]++;
	if (t.ran < sizeof(t.order) - 1)
		t.order[t.ran++] = (char)('a' + index);
	if (t.inside)
		t.inside(index);
}

static struct chatterbox_task *task(size_t index, double interval)
{
	const char *const names[TASKS] = { "a", "b", "c" };

	ck_assert_int_eq(chatterbox_task_new(interval, work, &numbers[index], names[index],
					     &t.tasks[index]),
			 0);
	return t.tasks[index];
}

/* @count tasks, each due every second, in the order of their letters */
static void begin(size_t count)
{
	struct chatterbox_clock clock = { .version = 1, .user = &t, .now = now };
	size_t i;

	memset(&t, 0, sizeof(t));
	t.now = START;
	ck_assert_int_eq(chatterbox_scheduler_new(&clock, &t.scheduler), 0);
	for (i = 0; i < count; i++)
		ck_assert_int_eq(chatterbox_scheduler_add(t.scheduler, task(i, 1)), 0);
}

static void end(void)
{
	size_t i;

	t.scheduler = chatterbox_scheduler_unref(t.scheduler);
	ck_assert_ptr_null(t.scheduler);
	for (i = 0; i < TASKS; i++)
		t.tasks[i] = chatterbox_task_unref(t.tasks[i]);
}

/* Time goes on in steps of a second, with a tick after each; how many ran */
static unsigned pass(unsigned seconds)
{
	unsigned ran = 0;

	while (seconds--) {
		t.now += SECOND;
		ran += chatterbox_scheduler_tick(t.scheduler);
	}
	return ran;
}

START_TEST(a_task_is_what_it_was_made_as)
{
	char name[] = "Job Status Task";
	struct chatterbox_task *made = NULL;

	memset(&t, 0, sizeof(t));
	ck_assert_int_eq(chatterbox_task_new(2.5, work, &numbers[0], name, &made), 0);
	name[0] = '?';
	ck_assert_str_eq(chatterbox_task_get_name(made), "Job Status Task");
	ck_assert_double_eq(chatterbox_task_get_interval(made), 2.5);
	ck_assert_uint_eq(chatterbox_task_get_last_ran(made), 0);
	ck_assert_uint_eq(chatterbox_task_get_next_due(made), UINT64_MAX);
	ck_assert_ptr_eq(chatterbox_task_ref(made), made);
	ck_assert_ptr_null(chatterbox_task_unref(made));
	ck_assert_double_eq(chatterbox_task_get_interval(made), 2.5);
	ck_assert_ptr_null(chatterbox_task_unref(made));
	ck_assert_ptr_null(chatterbox_task_unref(NULL));
}
END_TEST

START_TEST(an_interval_is_a_number_of_seconds)
{
	const double bad[] = { -1, -0.001, NAN, INFINITY, -INFINITY, 1e9 + 1 };
	const double good[] = { 0, 0.25, 600, 1e9 };
	struct chatterbox_task *made = NULL;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(chatterbox_task_new(bad[i], work, NULL, "bad", &made), -EINVAL);
		ck_assert_ptr_null(made);
	}
	begin(1);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(chatterbox_task_set_interval(t.tasks[0], good[i]), 0);
		ck_assert_double_eq(chatterbox_task_get_interval(t.tasks[0]), good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(chatterbox_task_set_interval(t.tasks[0], bad[i]), -EINVAL);
		ck_assert_double_eq(chatterbox_task_get_interval(t.tasks[0]), 1e9);
	}
	ck_assert_uint_eq(chatterbox_task_get_next_due(t.tasks[0]), START + 1000000000 * SECOND);
	end();
}
END_TEST

START_TEST(a_task_runs_an_interval_after_the_start_of_its_last_run)
{
	begin(0);
	chatterbox_scheduler_add(t.scheduler, task(0, 10));
	ck_assert_uint_eq(chatterbox_task_get_last_ran(t.tasks[0]), START);
	ck_assert_uint_eq(chatterbox_task_get_next_due(t.tasks[0]), START + 10 * SECOND);
	ck_assert_uint_eq(pass(9), 0);
	ck_assert_uint_eq(pass(1), 1);
	ck_assert_uint_eq(chatterbox_task_get_last_ran(t.tasks[0]), START + 10 * SECOND);
	ck_assert_uint_eq(chatterbox_task_get_next_due(t.tasks[0]), START + 20 * SECOND);
	/* missed runs are not made up */
	t.now += 1000 * SECOND;
	ck_assert_uint_eq(chatterbox_scheduler_tick(t.scheduler), 1);
	ck_assert_uint_eq(pass(9), 0);
	ck_assert_uint_eq(pass(1), 1);
	end();
}
END_TEST

START_TEST(it_ticks_once_a_second)
{
	begin(0);
	chatterbox_scheduler_add(t.scheduler, task(0, 0));
	ck_assert_uint_eq(chatterbox_scheduler_get_next_tick(t.scheduler), START);
	chatterbox_scheduler_start(t.scheduler);
	ck_assert_uint_eq(chatterbox_scheduler_get_next_tick(t.scheduler), START + SECOND);
	t.now = START + SECOND - 1;
	ck_assert_uint_eq(chatterbox_scheduler_tick(t.scheduler), 0);
	/* a tick that comes late does not move the beat */
	t.now = START + SECOND + SECOND / 4;
	ck_assert_uint_eq(chatterbox_scheduler_tick(t.scheduler), 1);
	ck_assert_uint_eq(chatterbox_scheduler_tick(t.scheduler), 0);
	ck_assert_uint_eq(chatterbox_scheduler_get_next_tick(t.scheduler), START + 2 * SECOND);
	end();
}
END_TEST

START_TEST(start_makes_everything_begin_now)
{
	begin(2);
	t.now += SECOND / 2;
	chatterbox_scheduler_start(t.scheduler);
	ck_assert_uint_eq(chatterbox_task_get_last_ran(t.tasks[0]), t.now);
	ck_assert_uint_eq(chatterbox_task_get_last_ran(t.tasks[1]), t.now);
	ck_assert_uint_eq(chatterbox_scheduler_get_next_tick(t.scheduler), t.now + SECOND);
	ck_assert_uint_eq(pass(1), 2);
	end();
}
END_TEST

START_TEST(due_tasks_run_in_the_order_they_were_added)
{
	begin(3);
	ck_assert_uint_eq(pass(2), 6);
	ck_assert_str_eq(t.order, "abcabc");
	ck_assert_uint_eq(chatterbox_scheduler_count(t.scheduler), 3);
	ck_assert_ptr_eq(chatterbox_scheduler_at(t.scheduler, 0), t.tasks[0]);
	ck_assert_ptr_eq(chatterbox_scheduler_at(t.scheduler, 2), t.tasks[2]);
	ck_assert_ptr_null(chatterbox_scheduler_at(t.scheduler, 3));
	end();
}
END_TEST

START_TEST(a_task_is_in_one_scheduler_at_most)
{
	struct chatterbox_scheduler *other = NULL;

	begin(2);
	ck_assert_int_eq(chatterbox_scheduler_new(NULL, &other), 0);
	ck_assert_int_eq(chatterbox_scheduler_add(t.scheduler, t.tasks[0]), -EBUSY);
	ck_assert_int_eq(chatterbox_scheduler_add(other, t.tasks[0]), -EBUSY);
	ck_assert_int_eq(chatterbox_scheduler_remove(other, t.tasks[0]), -ENOENT);
	ck_assert_int_eq(chatterbox_scheduler_remove(t.scheduler, t.tasks[0]), 0);
	ck_assert_int_eq(chatterbox_scheduler_remove(t.scheduler, t.tasks[0]), -ENOENT);
	ck_assert_uint_eq(chatterbox_task_get_next_due(t.tasks[0]), UINT64_MAX);
	ck_assert_uint_eq(chatterbox_scheduler_count(t.scheduler), 1);
	ck_assert_uint_eq(pass(1), 1);
	ck_assert_str_eq(t.order, "b");
	ck_assert_int_eq(chatterbox_scheduler_add(other, t.tasks[0]), 0);
	ck_assert_ptr_null(chatterbox_scheduler_unref(other));
	/* the other one has given it free */
	ck_assert_int_eq(chatterbox_scheduler_add(t.scheduler, t.tasks[0]), 0);
	ck_assert_uint_eq(pass(1), 2);
	ck_assert_str_eq(t.order, "bba");
	end();
}
END_TEST

START_TEST(run_does_it_now)
{
	begin(1);
	t.now += SECOND / 2;
	chatterbox_scheduler_pause(t.scheduler, 0);
	chatterbox_task_run(t.tasks[0]);
	ck_assert_uint_eq(t.runs[0], 1);
	ck_assert_uint_eq(chatterbox_task_get_last_ran(t.tasks[0]), t.now);
	chatterbox_scheduler_remove(t.scheduler, t.tasks[0]);
	chatterbox_task_run(t.tasks[0]);
	ck_assert_uint_eq(t.runs[0], 2);
	ck_assert_uint_ne(chatterbox_task_get_last_ran(t.tasks[0]), 0);
	end();
}
END_TEST

START_TEST(the_interval_changes_at_run_time)
{
	begin(0);
	chatterbox_scheduler_add(t.scheduler, task(0, 600));
	ck_assert_uint_eq(pass(20), 0);
	ck_assert_int_eq(chatterbox_task_set_interval(t.tasks[0], 30), 0);
	ck_assert_uint_eq(chatterbox_task_get_next_due(t.tasks[0]), START + 30 * SECOND);
	ck_assert_uint_eq(pass(9), 0);
	ck_assert_uint_eq(pass(1), 1);
	/* shorter than what has passed already: due at the next tick */
	pass(20);
	ck_assert_int_eq(chatterbox_task_set_interval(t.tasks[0], 5), 0);
	ck_assert_uint_eq(pass(1), 1);
	end();
}
END_TEST

static void once_then_daily(size_t index)
{
	chatterbox_task_set_interval(t.tasks[index], 86400);
}

START_TEST(a_task_changes_its_own_interval)
{
	begin(0);
	chatterbox_scheduler_add(t.scheduler, task(0, 10));
	t.inside = once_then_daily;
	ck_assert_uint_eq(pass(10), 1);
	ck_assert_uint_eq(pass(86399), 0);
	ck_assert_uint_eq(pass(1), 1);
	end();
}
END_TEST

START_TEST(a_pause_ends_by_itself)
{
	const uint64_t given[] = { 0, 5000, CHATTERBOX_PAUSED_TIMEOUT };
	const unsigned seconds[] = { 600, 5, 600 };
	size_t i;

	for (i = 0; i < 3; i++) {
		begin(1);
		chatterbox_scheduler_pause(t.scheduler, given[i]);
		ck_assert(chatterbox_scheduler_is_paused(t.scheduler));
		ck_assert_uint_eq(chatterbox_scheduler_get_paused_until(t.scheduler),
				  START + seconds[i] * SECOND);
		ck_assert_uint_eq(pass(seconds[i] - 1), 0);
		ck_assert(chatterbox_scheduler_is_paused(t.scheduler));
		ck_assert_uint_eq(pass(1), 1);
		ck_assert(!chatterbox_scheduler_is_paused(t.scheduler));
		ck_assert_uint_eq(chatterbox_scheduler_get_paused_until(t.scheduler), 0);
		end();
	}
}
END_TEST

START_TEST(a_pause_is_resumed_or_begun_anew)
{
	begin(1);
	chatterbox_scheduler_resume(t.scheduler);
	chatterbox_scheduler_pause(t.scheduler, 5000);
	ck_assert_uint_eq(pass(4), 0);
	chatterbox_scheduler_pause(t.scheduler, 5000);
	ck_assert_uint_eq(pass(4), 0);
	chatterbox_scheduler_resume(t.scheduler);
	ck_assert(!chatterbox_scheduler_is_paused(t.scheduler));
	ck_assert_uint_eq(pass(1), 1);
	/* so long that it never ends by itself */
	chatterbox_scheduler_pause(t.scheduler, UINT64_MAX);
	ck_assert_uint_eq(chatterbox_scheduler_get_paused_until(t.scheduler), UINT64_MAX);
	ck_assert_uint_eq(pass(1000), 0);
	end();
}
END_TEST

static void pause_all(size_t index)
{
	if (index == 0)
		chatterbox_scheduler_pause(t.scheduler, 0);
}

START_TEST(after_a_pause_no_task_of_the_same_tick_runs)
{
	begin(3);
	t.inside = pause_all;
	ck_assert_uint_eq(pass(3), 1);
	ck_assert_str_eq(t.order, "a");
	chatterbox_scheduler_resume(t.scheduler);
	t.inside = NULL;
	ck_assert_uint_eq(pass(1), 3);
	end();
}
END_TEST

static void remove_both(size_t index)
{
	if (index == 0) {
		chatterbox_scheduler_remove(t.scheduler, t.tasks[1]);
		chatterbox_scheduler_remove(t.scheduler, t.tasks[0]);
		/* nobody holds it but the run itself */
		t.tasks[0] = chatterbox_task_unref(t.tasks[0]);
		t.tasks[1] = chatterbox_task_unref(t.tasks[1]);
	}
}

START_TEST(a_running_task_removes_itself_and_the_next)
{
	begin(3);
	t.inside = remove_both;
	ck_assert_uint_eq(pass(2), 3);
	ck_assert_str_eq(t.order, "acc");
	ck_assert_uint_eq(chatterbox_scheduler_count(t.scheduler), 1);
	end();
}
END_TEST

static void remove_earlier(size_t index)
{
	if (index == 2 && chatterbox_scheduler_count(t.scheduler) == 3) {
		chatterbox_scheduler_remove(t.scheduler, t.tasks[0]);
		chatterbox_scheduler_remove(t.scheduler, t.tasks[1]);
	}
}

START_TEST(a_running_task_removes_earlier_ones)
{
	begin(3);
	t.inside = remove_earlier;
	ck_assert_uint_eq(pass(2), 4);
	ck_assert_str_eq(t.order, "abcc");
	end();
}
END_TEST

static void add_another(size_t index)
{
	if (index == 0 && !t.tasks[1])
		chatterbox_scheduler_add(t.scheduler, task(1, 0));
}

START_TEST(an_added_task_runs_at_the_next_tick_at_the_earliest)
{
	begin(1);
	t.inside = add_another;
	ck_assert_uint_eq(pass(1), 1);
	ck_assert_uint_eq(pass(1), 2);
	ck_assert_str_eq(t.order, "aab");
	end();
}
END_TEST

static void again(size_t index)
{
	chatterbox_scheduler_remove(t.scheduler, t.tasks[index]);
	chatterbox_scheduler_add(t.scheduler, t.tasks[index]);
}

START_TEST(a_task_that_adds_itself_again_goes_to_the_end)
{
	begin(2);
	chatterbox_task_set_interval(t.tasks[0], 0);
	chatterbox_task_set_interval(t.tasks[1], 0);
	t.inside = again;
	ck_assert_uint_eq(pass(2), 4);
	ck_assert_str_eq(t.order, "abab");
	end();
}
END_TEST

static void tick_inside(size_t index)
{
	ck_assert_uint_eq(chatterbox_scheduler_get_running(t.scheduler), 1);
	t.now += 5 * SECOND;
	ck_assert_uint_eq(chatterbox_scheduler_tick(t.scheduler), 0);
	ck_assert_uint_lt(index, TASKS);
}

START_TEST(a_tick_inside_a_task_does_nothing)
{
	begin(2);
	t.inside = tick_inside;
	ck_assert_uint_eq(chatterbox_scheduler_get_running(t.scheduler), 0);
	ck_assert_uint_eq(pass(1), 2);
	ck_assert_uint_eq(chatterbox_scheduler_get_running(t.scheduler), 0);
	ck_assert_str_eq(t.order, "ab");
	end();
}
END_TEST

static void give_up(size_t index)
{
	if (index == 0)
		t.scheduler = chatterbox_scheduler_unref(t.scheduler);
}

START_TEST(a_task_gives_its_scheduler_back)
{
	struct chatterbox_scheduler *kept;

	begin(2);
	kept = t.scheduler;
	t.inside = give_up;
	t.now += SECOND;
	ck_assert_uint_eq(chatterbox_scheduler_tick(kept), 2);
	ck_assert_uint_eq(chatterbox_task_get_next_due(t.tasks[0]), UINT64_MAX);
	end();
}
END_TEST

START_TEST(the_scheduler_is_counted)
{
	begin(1);
	ck_assert_ptr_eq(chatterbox_scheduler_ref(t.scheduler), t.scheduler);
	ck_assert_ptr_null(chatterbox_scheduler_unref(t.scheduler));
	ck_assert_uint_eq(pass(1), 1);
	ck_assert_ptr_null(chatterbox_scheduler_unref(NULL));
	end();
}
END_TEST

START_TEST(a_clock_of_another_version_is_refused)
{
	struct chatterbox_clock clock = { .version = 2, .user = &t, .now = now };
	struct chatterbox_scheduler *made = NULL;

	ck_assert_int_eq(chatterbox_scheduler_new(&clock, &made), -EINVAL);
	ck_assert_ptr_null(made);
	/* without one it is the system's */
	ck_assert_int_eq(chatterbox_scheduler_new(NULL, &made), 0);
	ck_assert_uint_gt(chatterbox_scheduler_get_next_tick(made), SECOND);
	ck_assert_uint_eq(chatterbox_scheduler_tick(made), 0);
	chatterbox_scheduler_unref(made);
}
END_TEST

UNIT_TESTS(a_task_is_what_it_was_made_as, an_interval_is_a_number_of_seconds,
	   a_task_runs_an_interval_after_the_start_of_its_last_run, it_ticks_once_a_second,
	   start_makes_everything_begin_now, due_tasks_run_in_the_order_they_were_added,
	   a_task_is_in_one_scheduler_at_most, run_does_it_now, the_interval_changes_at_run_time,
	   a_task_changes_its_own_interval, a_pause_ends_by_itself,
	   a_pause_is_resumed_or_begun_anew, after_a_pause_no_task_of_the_same_tick_runs,
	   a_running_task_removes_itself_and_the_next, a_running_task_removes_earlier_ones,
	   an_added_task_runs_at_the_next_tick_at_the_earliest,
	   a_task_that_adds_itself_again_goes_to_the_end, a_tick_inside_a_task_does_nothing,
	   a_task_gives_its_scheduler_back, the_scheduler_is_counted,
	   a_clock_of_another_version_is_refused)
