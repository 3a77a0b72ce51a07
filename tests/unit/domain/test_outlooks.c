// SPDX-License-Identifier: MIT
/* The table of outlooks is passed over until something in it is due: no change comes late for that
 */
#include "domain/outlooks.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define NOW 1764500000000LL
#define SECOND 1000LL
#define MIN (60 * SECOND)
#define HOUR (60 * MIN)
#define NS 1000000000ULL

static struct cbx_job_list *list;
static struct cbx_outlooks *lazy;  /* as the program looks at it */
static struct cbx_outlooks *eager; /* judged in whole each second */
static struct cbx_outlook_world world;

/* JOB has a running job, which never grows; OFF is offline; the others have none */
static void facts(void *user, const char *system, struct cbx_outlook_facts *out)
{
	(void)user;
	*out = (struct cbx_outlook_facts){ .listed_ms = NOW - MIN,
					   .offline = !strcmp(system, "OFF") };
	if (!strcmp(system, "JOB"))
		out->jobs = list;
}

static const char *no_code(void *user, const char *system, int64_t job_id)
{
	(void)user;
	(void)system;
	(void)job_id;
	return NULL;
}

static void make_job(void)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	struct cbx_status_parts parts;

	cbx_status_parts_init(&parts);
	parts.system = "JOB";
	parts.system_len = 3;
	parts.job_id = 17;
	parts.text = "Running";
	parts.text_len = 7;
	parts.percent_text = "42";
	parts.percent_len = 2;
	ck_assert_int_eq(cbx_status_new(&parts, &status), 0);
	ck_assert_int_eq(cbx_job_new(status, &job), 0);
	job->kind = CBX_RUNNING;
	job->phase = CBX_LIVE;
	job->first_seen_ms = NOW;
	job->figures.counted_at = NS;
	ck_assert_int_eq(cbx_job_list_new(&job, 1, &list), 0);
}

static void set_up(void)
{
	make_job();
	world = (struct cbx_outlook_world){ .rules = { .margin_ms = 10 * MIN,
						       .horizon_ms = 6 * HOUR,
						       .keep_ms = 24 * HOUR,
						       .listed_ms = 20 * MIN,
						       .stall_after = 900 * NS },
					    .now = NS,
					    .now_ms = NOW,
					    .facts = facts,
					    .code = no_code };
	ck_assert_int_eq(cbx_outlooks_new(&lazy), 0);
	ck_assert_int_eq(cbx_outlooks_new(&eager), 0);
}

static void tear_down(void)
{
	cbx_outlooks_free(lazy);
	cbx_outlooks_free(eager);
	cbx_job_list_unref(list);
}

static void plan(struct cbx_outlooks *outlooks)
{
	static const struct {
		const char *system;
		int64_t in_ms;
	} rows[] = {
		{ "OFF", 7 * HOUR }, { "OFF", 2 * HOUR },  { "JOB", 20 * MIN },
		{ "JOB", 3 * HOUR }, { "JOB", 400 * MIN }, { "A", HOUR },
		{ "B", 7 * HOUR },   { "C", 8 * HOUR },    { "JOB", 7 * HOUR + 1 },
	};
	char list_id[8];
	size_t i;

	cbx_outlooks_read_begin(outlooks);
	for (i = 0; i < CBX_COUNT(rows); i++) {
		snprintf(list_id, sizeof(list_id), "L%zu", i);
		ck_assert_int_eq(cbx_outlooks_read_row(outlooks, rows[i].system, list_id,
						       NOW + rows[i].in_ms),
				 0);
	}
	cbx_outlooks_read_end(outlooks);
}

static void look(struct cbx_outlooks *outlooks)
{
	bool changed;

	ck_assert_int_eq(cbx_outlooks_judge(outlooks, &world, &changed), 0);
	cbx_outlooks_recorded(outlooks);
}

/* "OFF/L1 late" each, and since when */
static void write_all(struct cbx_outlooks *outlooks, char out[1024])
{
	cbx_auto(cbx_outlook_list_unrefp) struct cbx_outlook_list *shown = NULL;
	size_t len = 0;
	size_t i;

	out[0] = '\0';
	ck_assert_int_eq(cbx_outlooks_freeze(outlooks, &shown), 0);
	for (i = 0; i < shown->count; i++)
		len += (size_t)snprintf(out + len, 1024 - len, "%s/%s %s %lld ",
					shown->items[i]->system, shown->items[i]->list_id,
					cbx_outlook_state_name(shown->items[i]->state),
					(long long)(shown->items[i]->since_ms - NOW) / SECOND);
	ck_assert_uint_lt(len, 1024);
}

static void pass_second(void)
{
	world.now += NS;
	world.now_ms += SECOND;
}

START_TEST(whoever_looks_at_all_of_it_each_second_sees_the_same)
{
	char before[1024] = "";
	char seen[1024];
	char wanted[1024];
	int changes = 0;
	int i;

	plan(lazy);
	plan(eager);
	for (i = 0; i < 9 * 3600; i++) {
		look(lazy);
		cbx_outlooks_touch_all(eager);
		look(eager);
		write_all(lazy, seen);
		write_all(eager, wanted);
		ck_assert_msg(!strcmp(seen, wanted), "after %d s: %s, not %s", i, seen, wanted);
		changes += strcmp(before, seen) != 0;
		memcpy(before, seen, sizeof(before));
		pass_second();
	}
	ck_assert_int_ge(changes, 8);
}
END_TEST

static void expect_shown(int second, const char *expected)
{
	char seen[1024];

	while (world.now_ms < NOW + second * SECOND) {
		pass_second();
		look(lazy);
	}
	write_all(lazy, seen);
	ck_assert_str_eq(seen, expected);
}

/* Nothing is reported, and it comes nearer: within six hours it is at risk, which is told when it
 * has held for 30 s; then there is one that is due much earlier */
START_TEST(time_alone_changes_it_at_its_second)
{
	cbx_outlooks_read_begin(lazy);
	ck_assert_int_eq(cbx_outlooks_read_row(lazy, "OFF", "L", NOW + 7 * HOUR), 0);
	cbx_outlooks_read_end(lazy);
	look(lazy);
	expect_shown(0, "OFF/L on_time 0 ");
	expect_shown(3629, "OFF/L unknown 1170 ");
	expect_shown(3630, "OFF/L at_risk 3630 ");
	ck_assert_int_eq(cbx_outlooks_read_row(lazy, "A", "M", NOW + HOUR + 2 * MIN), 0);
	expect_shown(3631, "A/M unknown 3631 OFF/L at_risk 3630 ");
	expect_shown(3719, "A/M unknown 3631 OFF/L at_risk 3630 ");
	expect_shown(3720, "OFF/L at_risk 3630 ");
}
END_TEST

/* What is known of the job from now on: how fast it grows, and since when it has not */
static void measure(double rate, uint32_t idle_ms)
{
	struct cbx_figures *figures = &list->jobs[0]->figures;

	figures->counted_at = world.now;
	figures->progress = 0.42;
	figures->rate = rate;
	figures->idle_ms = idle_ms;
	cbx_outlooks_touch(lazy, "JOB");
	look(lazy);
}

static void expect_first(const char *state, int64_t left_s, enum cbx_cause cause,
			 const char *reason)
{
	cbx_auto(cbx_outlook_list_unrefp) struct cbx_outlook_list *shown = NULL;

	ck_assert_int_eq(cbx_outlooks_freeze(lazy, &shown), 0);
	ck_assert_str_eq(cbx_outlook_state_name(shown->items[0]->state), state);
	ck_assert_int_eq(shown->items[0]->left_s, left_s);
	ck_assert_int_eq(shown->items[0]->cause, cause);
	ck_assert_str_eq(shown->items[0]->reason, reason);
}

static void wait_seconds(int seconds)
{
	while (seconds-- > 0) {
		pass_second();
		look(lazy);
	}
}

/* Nobody reads that nobody knows beside a figure that says it; and the reason says why the state is
 * not what it says */
START_TEST(reason_and_figures_are_of_one_moment)
{
	cbx_outlooks_read_begin(lazy);
	ck_assert_int_eq(cbx_outlooks_read_row(lazy, "JOB", "L", NOW + 3 * HOUR), 0);
	cbx_outlooks_read_end(lazy);
	look(lazy);
	expect_first("unknown", -1, CBX_NO_CAUSE, "Nobody knows yet how long job 17 will take.");
	measure(0.0001, 0);
	expect_first("unknown", 5800, CBX_NO_CAUSE,
		     "Job 17 needs 97 min more at its present pace. If that lasts for 2 min it is "
		     "told as on time.");
	wait_seconds(119);
	expect_first("unknown", 5800, CBX_NO_CAUSE,
		     "Job 17 needs 97 min more at its present pace. If that lasts for 2 min it is "
		     "told as on time.");
	wait_seconds(1);
	expect_first("on_time", 5800, CBX_NO_CAUSE,
		     "Job 17 needs 97 min more at its present pace.");
	measure(0.0001, 900000);
	expect_first("on_time", -1, CBX_NO_CAUSE,
		     "Job 17 stands still. Its system answers, but its progress does not grow. If "
		     "that lasts for 30 s it is told as at risk.");
	wait_seconds(30);
	expect_first("at_risk", -1, CBX_NOT_MOVING,
		     "Job 17 stands still. Its system answers, but its progress does not grow.");
	/* on time, but not if it were a little slower */
	measure(0.58 / 7900, 0);
	expect_first("at_risk", 7900, CBX_NOT_MOVING,
		     "Job 17 needs 2 h 12 min more at its present pace. That is too little room to "
		     "take back what was told.");
	/* it is slow now, and that is why it is at risk */
	measure(0.58 / 9500, 0);
	expect_first("at_risk", 9500, CBX_SLOW,
		     "Job 17 needs 2 h 38 min more at its present pace. It moves, but not fast "
		     "enough.");
}
END_TEST

/* What was to hold for 30 s holds for 30 s, what was over is ahead again, and a job that was seen
 * later than now is waited for as before */
START_TEST(a_clock_that_is_set_back_holds_nothing_up)
{
	char seen[1024];

	cbx_outlooks_read_begin(lazy);
	ck_assert_int_eq(cbx_outlooks_read_row(lazy, "A", "L", NOW + MIN), 0);
	ck_assert_int_eq(cbx_outlooks_read_row(lazy, "JOB", "L", NOW + 3 * HOUR), 0);
	cbx_outlooks_read_end(lazy);
	look(lazy);
	measure(0.0001, 0);
	wait_seconds(120);
	expect_first("on_time", 5800, CBX_NO_CAUSE,
		     "Job 17 needs 97 min more at its present pace.");
	measure(0.0001, 900000);
	wait_seconds(10);
	world.now_ms -= HOUR;
	look(lazy);
	write_all(lazy, seen);
	ck_assert_str_eq(seen, "A/L on_time -3470 JOB/L on_time 120 ");
	wait_seconds(29);
	write_all(lazy, seen);
	ck_assert_str_eq(seen, "A/L on_time -3470 JOB/L on_time 120 ");
	wait_seconds(1);
	write_all(lazy, seen);
	ck_assert_str_eq(seen, "A/L on_time -3470 JOB/L at_risk -3440 ");
	/* nobody knows how long it takes, and it is not new for that */
	ck_assert_int_eq(cbx_outlooks_read_row(lazy, "JOB", "M", NOW - 30 * MIN), 0);
	measure(0, 0);
	expect_first("at_risk", -1, CBX_CAUSE_UNKNOWN,
		     "Nobody knows yet how long job 17 will take.");
}
END_TEST

START_TEST(a_new_leader_says_why_it_takes_nothing_back)
{
	world.new_until_ms = NOW + 3 * MIN;
	ck_assert_int_eq(cbx_outlooks_restore(lazy, "JOB", "L", CBX_ON_TIME, NOW - HOUR), 0);
	cbx_outlooks_read_begin(lazy);
	ck_assert_int_eq(cbx_outlooks_read_row(lazy, "JOB", "L", NOW + 3 * HOUR), 0);
	cbx_outlooks_read_end(lazy);
	look(lazy);
	expect_first("on_time", -1, CBX_NO_CAUSE,
		     "Nobody knows yet how long job 17 will take. Who leads is new, and takes "
		     "nothing back yet.");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("outlooks");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, whoever_looks_at_all_of_it_each_second_sees_the_same);
	tcase_add_test(tcase, time_alone_changes_it_at_its_second);
	tcase_add_test(tcase, reason_and_figures_are_of_one_moment);
	tcase_add_test(tcase, a_clock_that_is_set_back_holds_nothing_up);
	tcase_add_test(tcase, a_new_leader_says_why_it_takes_nothing_back);
	suite_add_tcase(suite, tcase);
}
