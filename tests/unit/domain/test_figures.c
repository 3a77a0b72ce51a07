// SPDX-License-Identifier: MIT
/* Figures of simulated jobs: steady ones, with pauses, bursts, a re-download that goes back, a
 * restart of the leader. Time left is close to the truth, or absent. */
#include "domain/figures.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#define S 1000000000ULL
#define WALL 1764500000000LL
#define START (1000 * S)

/* A job, and what is kept of it. Its progress is known to the simulation exactly. */
static struct cbx_figures figures;
static struct cbx_status reports[2];
static bool runs;
static uint64_t now;

static int64_t wall(void)
{
	return WALL + (int64_t)((now - START) / (S / 1000));
}

static void begin(void)
{
	memset(&figures, 0, sizeof(figures));
	memset(reports, 0, sizeof(reports));
	now = START;
	runs = false;
}

static void fill(struct cbx_status *status, double percent, int64_t downloaded, int64_t total)
{
	*status = (struct cbx_status){ .percent = percent,
				       .downloaded = downloaded,
				       .total_files = total };
}

/* @more seconds later a status arrives that shows the job running, or not */
static void report_after(double more, struct cbx_status status, bool running)
{
	now += (uint64_t)(more * (double)S);
	cbx_figures_count(&figures, runs, now);
	cbx_figures_report(&figures, now == START ? NULL : &reports[0], &status, wall());
	reports[0] = status;
	runs = running;
}

static void percent_after(double more, double percent, bool running)
{
	fill(&reports[1], percent, CBX_NO_COUNT, CBX_NO_COUNT);
	report_after(more, reports[1], running);
}

static void expect_left(double truth)
{
	int64_t left = cbx_figures_left(&figures);

	ck_assert_msg(left >= 0 && fabs((double)left - truth) <= truth / 5, "%lld s, in truth %g",
		      (long long)left, truth);
}

static void expect_none(void)
{
	ck_assert_int_eq(cbx_figures_left(&figures), -1);
}

/* How long the whole job takes, how often it is reported, how finely (in percent), how much the
 * reports are late, in seconds */
static const struct {
	double whole, each, step, jitter;
} steady[] = {
	{ 300, 1, 0.1, 0 },   { 300, 10, 1, 0 },     { 600, 10, 0.1, 3 },     { 3600, 5, 0.1, 1 },
	{ 3600, 10, 0.1, 0 }, { 7200, 10, 0.01, 4 }, { 86400, 10, 0.001, 5 }, { 400, 30, 0.5, 0 },
};

static double rounded(double percent, double step)
{
	return floor(percent / step + 1e-9) * step;
}

/* Late by a fixed series between 0 and 1 */
static double late(int i)
{
	return fmod(i * 0.618034, 1);
}

START_TEST(a_steady_job_knows_its_time_after_a_minute)
{
	double at = 0;
	int i;

	begin();
	for (i = 0; at < steady[_i].whole * 0.9; i++) {
		double next = i * steady[_i].each + steady[_i].jitter * late(i);

		percent_after(next - at, rounded(100 * next / steady[_i].whole, steady[_i].step),
			      true);
		at = next;
		if (at < 30)
			expect_none();
		if (at >= 60)
			expect_left(steady[_i].whole - at);
	}
}
END_TEST

/* An hour's job that pauses ten minutes in every fifteen: what is left is running time */
START_TEST(pauses_do_not_count)
{
	double done = 0;
	int i;

	begin();
	for (i = 0; i < 300; i++) {
		bool pauses = i % 90 >= 30;

		percent_after(10, 100 * done / 3600, !pauses);
		if (i > 6)
			expect_left(3600 - done);
		ck_assert_uint_le(cbx_figures_idle(&figures, runs, now), 30 * S);
		done += pauses ? 0 : 10;
	}
	ck_assert_double_gt(done, 900);
}
END_TEST

/* Ten reports within a second, then nothing for a while, as a system sends them that was away */
START_TEST(bursts_weigh_no_more_than_one_report)
{
	double done = 0;
	int i;

	begin();
	for (i = 0; i < 300; i++) {
		double more = i % 10 ? 0.05 : 50 - 9 * 0.05;

		done += more;
		percent_after(more, 100 * done / 10000, true);
		if (done > 300)
			expect_left(10000 - done);
	}
	/* reports of one moment */
	percent_after(0, 100 * (done + 10) / 10000, true);
	ck_assert(isfinite(figures.rate) && figures.rate > 0);
}
END_TEST

START_TEST(a_job_that_goes_back_is_measured_anew)
{
	int64_t grown;
	int i;

	begin();
	for (i = 0; i <= 20; i++)
		percent_after(10, i, true);
	expect_left(800);
	grown = figures.progress_at_ms;
	percent_after(10, 2, true);
	expect_none();
	ck_assert_int_eq(figures.progress_at_ms, grown); /* it has not grown */
	percent_after(10, 3, true);
	percent_after(10, 4, true);
	expect_none();
	for (i = 5; i <= 10; i++)
		percent_after(10, i, true);
	expect_left(900);
	ck_assert_int_eq(figures.progress_at_ms, wall());
}
END_TEST

/* Percent and numbers of files say different things of one job */
START_TEST(another_measure_is_no_growth)
{
	int i;

	begin();
	for (i = 0; i <= 10; i++)
		percent_after(10, i, true);
	expect_left(900);
	fill(&reports[1], -1, 900, 1000);
	report_after(10, reports[1], true);
	expect_none();
	percent_after(10, 12, true);
	expect_none();
	/* for once neither is known: nothing is concluded from that */
	for (i = 13; i <= 17; i++)
		percent_after(10, i, true);
	fill(&reports[1], -1, CBX_NO_COUNT, CBX_NO_COUNT);
	report_after(10, reports[1], true);
	expect_left(830);
	percent_after(10, 19, true);
	expect_left(810);
}
END_TEST

START_TEST(standing_still_is_counted_while_it_runs)
{
	begin();
	percent_after(0, 5, true);
	now += 100 * S;
	ck_assert_uint_eq(cbx_figures_idle(&figures, runs, now), 100 * S);
	percent_after(0, 5, false);
	now += 1000 * S;
	ck_assert_uint_eq(cbx_figures_idle(&figures, runs, now), 100 * S);
	percent_after(0, 5, true);
	ck_assert_uint_eq(cbx_figures_idle(&figures, runs, now + 50 * S), 150 * S);
	/* a fall is no growth */
	percent_after(20, 4, true);
	ck_assert_uint_eq(cbx_figures_idle(&figures, runs, now), 120 * S);
	percent_after(10, 6, true);
	ck_assert_uint_eq(cbx_figures_idle(&figures, runs, now), 0);
	/* the measurement began with the fall */
	percent_after(30, 8, true);
	ck_assert_double_eq_tol(figures.rate, 0.04 / 40, 1e-9);
}
END_TEST

START_TEST(what_would_take_for_ever_is_not_known)
{
	begin();
	percent_after(0, 0, true);
	percent_after(100, 0.0000001, true);
	ck_assert_double_gt(figures.rate, 0);
	expect_none();
	/* time that goes back, and times without end */
	cbx_figures_count(&figures, true, START);
	ck_assert_uint_eq(figures.idle_ms, 0);
	cbx_figures_count(&figures, true, UINT64_MAX / 2);
	ck_assert_uint_eq(figures.idle_ms, UINT32_MAX);
	percent_after(1, 0, true);
	percent_after(1, 50, true);
	ck_assert(isfinite(figures.rate));
}
END_TEST

static const struct {
	double percent;
	int64_t downloaded, total;
	double progress;
} measures[] = {
	{ 42.5, 1, 2, 0.425 }, { -1, 1, 4, 0.25 }, { 0, CBX_NO_COUNT, 4, 0 },
	{ -1, 0, 0, -1 },      { -1, 5, 4, -1 },   { -1, CBX_NO_COUNT, 4, -1 },
	{ -1, 4, 4, 1 },       { 100, 3, 4, 1 },   { -1, 1, CBX_NO_COUNT, -1 },
};

START_TEST(progress_of_a_status)
{
	struct cbx_status status;

	fill(&status, measures[_i].percent, measures[_i].downloaded, measures[_i].total);
	ck_assert_double_eq(cbx_status_progress(&status), measures[_i].progress);
}
END_TEST

/* What is written for others, read by the next leader */
static void hand_over(bool running, int64_t since_ms)
{
	char text[CBX_FIGURES_TEXT];
	struct cbx_figures read;

	ck_assert(cbx_figures_read(text, cbx_figures_format(&figures, text), &read));
	ck_assert(read.progress_at_ms == figures.progress_at_ms);
	cbx_figures_resume(&read, &reports[0], running, since_ms, now, wall());
	figures = read;
}

START_TEST(the_next_leader_goes_on)
{
	int i;

	begin();
	for (i = 0; i <= 10; i++)
		percent_after(10, i, true);
	now += 25 * S;
	hand_over(true, WALL);
	ck_assert_uint_eq(cbx_figures_idle(&figures, true, now), 25 * S);
	expect_left(900);
	percent_after(5, 13, true);
	expect_left(870);
	/* it was paused 20 s after its last growth, and nobody knows more */
	now += 20 * S;
	percent_after(0, 13, false);
	now += 500 * S;
	hand_over(false, wall() - 500000);
	ck_assert_uint_eq(cbx_figures_idle(&figures, false, now), 20 * S);
	/* it was resumed 7 s ago; of what was before the pause nothing is known */
	hand_over(true, wall() - 7000);
	ck_assert_uint_eq(cbx_figures_idle(&figures, true, now), 7 * S);
}
END_TEST

START_TEST(without_what_was_shared_it_begins_anew)
{
	begin();
	percent_after(0, 40, true);
	figures = (struct cbx_figures){ 0 };
	cbx_figures_resume(&figures, &reports[0], true, WALL, now, wall());
	ck_assert(!cbx_figures_are_shared(&figures));
	ck_assert_uint_eq(cbx_figures_idle(&figures, true, now + 5 * S), 5 * S);
	/* when 40 % was reached nobody knows, so the next report is the first */
	percent_after(10, 60, true);
	expect_none();
	percent_after(40, 64, true);
	ck_assert_double_eq_tol(figures.rate, 0.04 / 40, 1e-9);
}
END_TEST

static const struct {
	const char *text;
	int64_t at;
	double rate;
} shared[] = {
	{ "{\"progress_at\":\"2026-11-23T18:00:00.000Z\",\"rate\":0.00125}", 1795456800000,
	  0.00125 },
	{ "{\"progress_at\":\"2026-11-23T18:00:00Z\"}", 1795456800000, 0 },
	{ "{\"progress_at\":\"2026-11-23T18:00:00Z\",\"rate\":-1}", 1795456800000, 0 },
	{ "{\"progress_at\":\"2026-11-23T18:00:00Z\",\"rate\":\"x\"}", 1795456800000, 0 },
	{ "{\"progress_at\":17}", 0, 0 },
	{ "{\"progress_at\":\"yesterday\"}", 0, 0 },
	{ "{\"rate\":1}", 0, 0 },
	{ "[]", 0, 0 },
	{ "", 0, 0 },
	{ "{", 0, 0 },
};

START_TEST(others_texts_are_read)
{
	struct cbx_figures read = { .rate = 7 };
	bool understood = cbx_figures_read(shared[_i].text, strlen(shared[_i].text), &read);

	ck_assert(understood == (shared[_i].at != 0));
	if (!understood)
		return;
	ck_assert_int_eq(read.progress_at_ms, shared[_i].at);
	ck_assert_double_eq(read.rate, shared[_i].rate);
}
END_TEST

START_TEST(others_are_told_six_digits)
{
	char text[CBX_FIGURES_TEXT];
	struct cbx_figures told = { .progress_at_ms = 1795456800123, .rate = 1.0 / 3000 };

	ck_assert_uint_eq(cbx_figures_format(&told, text), strlen(text));
	ck_assert_str_eq(text,
			 "{\"progress_at\":\"2026-11-23T18:00:00.123Z\",\"rate\":0.000333333}");
	told.rate = 0;
	ck_assert_uint_eq(cbx_figures_format(&told, text), strlen(text));
	ck_assert_str_eq(text, "{\"progress_at\":\"2026-11-23T18:00:00.123Z\"}");
	ck_assert(cbx_figures_share_same(&told, &told));
	told.rate = 1e-300;
	ck_assert(cbx_figures_rate(&told) > 0);
	ck_assert(!cbx_figures_share_same(&told, &(struct cbx_figures){ 0 }));
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("figures");

	tcase_add_loop_test(tcase, a_steady_job_knows_its_time_after_a_minute, 0,
			    (int)CBX_COUNT(steady));
	tcase_add_test(tcase, pauses_do_not_count);
	tcase_add_test(tcase, bursts_weigh_no_more_than_one_report);
	tcase_add_test(tcase, a_job_that_goes_back_is_measured_anew);
	tcase_add_test(tcase, another_measure_is_no_growth);
	tcase_add_test(tcase, standing_still_is_counted_while_it_runs);
	tcase_add_test(tcase, what_would_take_for_ever_is_not_known);
	tcase_add_loop_test(tcase, progress_of_a_status, 0, (int)CBX_COUNT(measures));
	tcase_add_test(tcase, the_next_leader_goes_on);
	tcase_add_test(tcase, without_what_was_shared_it_begins_anew);
	tcase_add_loop_test(tcase, others_texts_are_read, 0, (int)CBX_COUNT(shared));
	tcase_add_test(tcase, others_are_told_six_digits);
	suite_add_tcase(suite, tcase);
}
