// SPDX-License-Identifier: MIT
/* Verdicts about one activation, until when they hold, and what is told of them */
#include "decode/decode.h"
#include "domain/outlook.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define MIN 60000LL
#define HOUR (60 * MIN)
#define NOW 1764500000000LL

static const struct cbx_outlook_rules rules = { .margin_ms = 10 * MIN,
						.horizon_ms = 6 * HOUR,
						.keep_ms = 24 * HOUR,
						.listed_ms = 20 * MIN,
						.stall_after = 900000000000ULL };

/* A job as the rows say it: its kind, its time left, and how many minutes it has been seen */
struct job {
	enum cbx_waited_kind kind;
	int64_t left_s;
	int seen_min;
};

static const struct {
	int until_min; /* until activate_at; negative: it has passed */
	bool offline, unlisted, new_leader;
	size_t count;
	struct job jobs[3];
	enum cbx_outlook_state state;
	int64_t left_s;
	int worst;
} rows[] = {
	/* nothing is waited for */
	{ 60, false, false, false, 0, { { 0 } }, CBX_ON_TIME, 0, -1 },
	{ 60, false, true, false, 0, { { 0 } }, CBX_OUTLOOK_UNKNOWN, 0, -1 },
	{ 60, true, false, false, 0, { { 0 } }, CBX_AT_RISK, 0, -1 },
	{ 600, true, false, false, 0, { { 0 } }, CBX_ON_TIME, 0, -1 },
	/* 1.25 times the time left and the margin fit, or just not */
	{ 60, false, false, false, 1, { { CBX_WAITED_MOVING, 2400, 30 } }, CBX_ON_TIME, 2400, 0 },
	{ 60, false, false, false, 1, { { CBX_WAITED_MOVING, 2401, 30 } }, CBX_AT_RISK, 2401, 0 },
	{ 60, false, false, false, 1, { { CBX_WAITED_MOVING, 3600, 30 } }, CBX_AT_RISK, 3600, 0 },
	{ 60, false, false, false, 1, { { CBX_WAITED_MOVING, 3601, 30 } }, CBX_LATE, 3601, 0 },
	{ 60, false, true, false, 1, { { CBX_WAITED_MOVING, 60, 30 } }, CBX_AT_RISK, 60, 0 },
	{ 600, false, false, false, 1, { { CBX_WAITED_MOVING, 36001, 30 } }, CBX_LATE, 36001, 0 },
	/* the slowest decides whether it is late, the worst whether it is at risk */
	{ 60,
	  false,
	  false,
	  false,
	  3,
	  { { CBX_WAITED_MOVING, 60, 30 },
	    { CBX_WAITED_STALLED, -1, 30 },
	    { CBX_WAITED_MOVING, 4000, 30 } },
	  CBX_LATE,
	  4000,
	  2 },
	{ 60,
	  false,
	  false,
	  false,
	  3,
	  { { CBX_WAITED_MOVING, 60, 30 },
	    { CBX_WAITED_PAUSED, -1, 30 },
	    { CBX_WAITED_ERRORED, -1, 30 } },
	  CBX_AT_RISK,
	  60,
	  2 },
	/* within the horizon, and before it */
	{ 360, false, false, false, 1, { { CBX_WAITED_STALLED, -1, 30 } }, CBX_AT_RISK, -1, 0 },
	{ 361,
	  false,
	  false,
	  false,
	  1,
	  { { CBX_WAITED_STALLED, -1, 30 } },
	  CBX_OUTLOOK_UNKNOWN,
	  -1,
	  0 },
	{ 360, false, false, false, 1, { { CBX_WAITED_VANISHED, -1, 30 } }, CBX_AT_RISK, -1, 0 },
	{ 360, false, false, false, 1, { { CBX_WAITED_PAUSED, -1, 30 } }, CBX_AT_RISK, -1, 0 },
	/* what is not measured yet is no risk in the first three minutes, of the job or the leader
	 */
	{ 60, false, false, false, 1, { { CBX_WAITED_UNMEASURED, -1, 3 } }, CBX_AT_RISK, -1, 0 },
	{ 60,
	  false,
	  false,
	  false,
	  1,
	  { { CBX_WAITED_UNMEASURED, -1, 2 } },
	  CBX_OUTLOOK_UNKNOWN,
	  -1,
	  0 },
	{ 60,
	  false,
	  false,
	  true,
	  1,
	  { { CBX_WAITED_UNMEASURED, -1, 30 } },
	  CBX_OUTLOOK_UNKNOWN,
	  -1,
	  0 },
	{ 60, false, false, true, 1, { { CBX_WAITED_ERRORED, -1, 1 } }, CBX_AT_RISK, -1, 0 },
	/* it has passed */
	{ 0, false, false, false, 1, { { CBX_WAITED_MOVING, 1, 30 } }, CBX_LATE, 1, 0 },
	{ -60, false, false, false, 1, { { CBX_WAITED_UNMEASURED, -1, 1 } }, CBX_LATE, -1, 0 },
};

static struct cbx_waited waited[3];

static struct cbx_outlook_view view_of(int i)
{
	struct cbx_outlook_view view = { .now_ms = NOW,
					 .activate_at_ms = NOW + rows[i].until_min * MIN,
					 .new_until_ms = rows[i].new_leader ? NOW + MIN : NOW,
					 .listed_ms = rows[i].unlisted ? NOW - 20 * MIN : NOW - MIN,
					 .offline = rows[i].offline,
					 .jobs = waited,
					 .count = rows[i].count };
	size_t k;

	for (k = 0; k < view.count; k++)
		waited[k] = (struct cbx_waited){ .job_id = (int64_t)k,
						 .kind = rows[i].jobs[k].kind,
						 .left_s = rows[i].jobs[k].left_s,
						 .first_seen_ms =
							 NOW - rows[i].jobs[k].seen_min * MIN };
	return view;
}

START_TEST(verdicts)
{
	struct cbx_outlook_view view = view_of(_i);
	struct cbx_verdict verdict;

	cbx_outlook_judge(&rules, &view, &verdict);
	ck_assert_str_eq(cbx_outlook_state_name(verdict.state),
			 cbx_outlook_state_name(rows[_i].state));
	ck_assert_int_eq(verdict.left_s, rows[_i].left_s);
	ck_assert_int_eq(verdict.worst == SIZE_MAX ? -1 : (int)verdict.worst, rows[_i].worst);
	ck_assert_int_gt(verdict.until_ms, NOW);
}
END_TEST

/* A verdict holds until it says so: no minute before is judged otherwise, as long as nothing is
 * reported. And when it ends there is another, within the night. */
START_TEST(a_verdict_holds_until_it_says_so)
{
	struct cbx_outlook_view view = view_of(_i);
	struct cbx_verdict verdict;
	int changes = 0;

	while (view.now_ms < NOW + 12 * HOUR && !cbx_outlook_is_over(&rules, &view)) {
		struct cbx_verdict next;
		int64_t end;

		cbx_outlook_judge(&rules, &view, &verdict);
		end = verdict.until_ms < NOW + 12 * HOUR ? verdict.until_ms : NOW + 12 * HOUR;
		for (; view.now_ms<end; view.now_ms += end - view.now_ms> MIN ? MIN : 1000) {
			cbx_outlook_judge(&rules, &view, &next);
			ck_assert_int_eq(next.state, verdict.state);
		}
		view.now_ms = end;
		changes++;
	}
	ck_assert_int_lt(changes, 20);
}
END_TEST

START_TEST(when_it_is_over)
{
	struct cbx_outlook_view view = view_of(4);

	view.now_ms = view.activate_at_ms - 1;
	ck_assert(!cbx_outlook_is_over(&rules, &view));
	view.now_ms++;
	ck_assert(!cbx_outlook_is_over(&rules, &view)); /* a job is waited for */
	view.count = 0;
	ck_assert(cbx_outlook_is_over(&rules, &view));
	view.count = 1;
	view.now_ms = view.activate_at_ms + rules.keep_ms;
	ck_assert(cbx_outlook_is_over(&rules, &view));
}
END_TEST

/* --- what is told --- */

static struct cbx_outlook_told told;
static int64_t now_ms;

/* So many seconds later there is this verdict; what is told then, or "-" */
static const char *later(int seconds, enum cbx_outlook_state verdict)
{
	enum cbx_outlook_state state;

	now_ms += seconds * 1000;
	if (!cbx_outlook_told_note(&told, verdict, verdict, now_ms, &state))
		return "-";
	cbx_outlook_told_set(&told, state);
	return cbx_outlook_state_name(state);
}

static void begin(enum cbx_outlook_state state)
{
	told = (struct cbx_outlook_told){ 0 };
	now_ms = NOW;
	ck_assert_str_eq(later(0, state), cbx_outlook_state_name(state));
}

START_TEST(a_worse_state_is_told_after_thirty_seconds)
{
	begin(CBX_ON_TIME);
	ck_assert_str_eq(later(10, CBX_AT_RISK), "-");
	ck_assert_int_eq(cbx_outlook_told_due_ms(&told), now_ms + 30000);
	ck_assert_str_eq(later(29, CBX_AT_RISK), "-");
	ck_assert_str_eq(later(1, CBX_AT_RISK), "at_risk");
	ck_assert_int_eq(cbx_outlook_told_due_ms(&told), INT64_MAX);
}
END_TEST

START_TEST(a_better_state_is_told_after_two_minutes)
{
	begin(CBX_LATE);
	ck_assert_str_eq(later(10, CBX_AT_RISK), "-");
	ck_assert_int_eq(cbx_outlook_told_due_ms(&told), now_ms + 120000);
	ck_assert_str_eq(later(119, CBX_AT_RISK), "-");
	ck_assert_str_eq(later(1, CBX_AT_RISK), "at_risk");
}
END_TEST

START_TEST(a_break_begins_anew)
{
	begin(CBX_ON_TIME);
	ck_assert_str_eq(later(10, CBX_AT_RISK), "-");
	ck_assert_str_eq(later(20, CBX_ON_TIME), "-");
	ck_assert_str_eq(later(20, CBX_AT_RISK), "-");
	ck_assert_str_eq(later(29, CBX_AT_RISK), "-");
	ck_assert_str_eq(later(1, CBX_AT_RISK), "at_risk");
}
END_TEST

/* Now late, now at risk: that bad or worse it has been all the time */
START_TEST(what_was_worse_all_the_time_counts)
{
	begin(CBX_ON_TIME);
	later(10, CBX_AT_RISK);
	ck_assert_str_eq(later(15, CBX_LATE), "-");
	ck_assert_str_eq(later(15, CBX_LATE), "at_risk");
	ck_assert_str_eq(later(15, CBX_LATE), "late");
	later(10, CBX_OUTLOOK_UNKNOWN);
	later(60, CBX_ON_TIME);
	ck_assert_str_eq(later(60, CBX_ON_TIME), "unknown");
	ck_assert_str_eq(later(60, CBX_ON_TIME), "on_time");
}
END_TEST

/* Better, but with a little more time left it would be as bad again: it is not told */
START_TEST(what_is_hardly_better_is_not_told)
{
	enum cbx_outlook_state state;

	begin(CBX_LATE);
	now_ms += 300000;
	ck_assert(!cbx_outlook_told_note(&told, CBX_AT_RISK, CBX_LATE, now_ms, &state));
	now_ms += 300000;
	ck_assert(!cbx_outlook_told_note(&told, CBX_AT_RISK, CBX_LATE, now_ms, &state));
	ck_assert(!cbx_outlook_told_note(&told, CBX_AT_RISK, CBX_AT_RISK, now_ms, &state));
	now_ms += 120000;
	ck_assert(cbx_outlook_told_note(&told, CBX_AT_RISK, CBX_AT_RISK, now_ms, &state));
	ck_assert_int_eq(state, CBX_AT_RISK);
}
END_TEST

START_TEST(caution_is_a_part_and_five_minutes)
{
	struct cbx_outlook_view view = view_of(4);
	struct cbx_verdict verdict;

	waited[0].left_s = 1825; /* 1.15 times that and 300 s are 2398 s, which fits */
	view.cautious = true;
	cbx_outlook_judge(&rules, &view, &verdict);
	ck_assert_int_eq(verdict.state, CBX_ON_TIME);
	waited[0].left_s = 1830;
	cbx_outlook_judge(&rules, &view, &verdict);
	ck_assert_int_eq(verdict.state, CBX_AT_RISK);
}
END_TEST

/* --- lists --- */

static const struct {
	const char *tail, *list;
} lists[] = {
	{ "", "" },
	{ ",\"list_id\":\"list-7\"", "list-7" },
	{ ",\"list_id\":\" list-7 \"", "list-7" },
	{ ",\"list_id\":17", "17" },
	{ ",\"list_id\":17,\"list_id\":18", "18" },
	{ ",\"list\\u005fid\":\"list-7\"", "list-7" },
	{ ",\"list_id\":-1", "" },
	{ ",\"list_id\":null", "" },
	{ ",\"list_id\":\"\"", "" },
	{ ",\"list_id\":\"a\\u0007b\"", "" },
	{ ",\"list_id\":\"\\u00e4\"", "\xc3\xa4" },
	{ ",\"files_downloading\":[{\"list_id\":\"x\"}]", "" },
	{ ",\"files_downloading\":[{\"list_id\":\"x\"}],\"list_id\":\"y\"", "y" },
	{ ",\"list_id\":{\"list_id\":\"x\"}", "" },
	{ ",\"a\":\"\\\"list_id\\\":1\"", "" },
	{ ",\"list_id\":\"0123456789012345678901234567890123456789012345678901234567890123\"",
	  "0123456789012345678901234567890123456789012345678901234567890123" },
	{ ",\"list_id\":\"01234567890123456789012345678901234567890123456789012345678901234\"",
	  "" },
};

START_TEST(the_list_of_a_job)
{
	struct cbx_status *ended = NULL;
	struct cbx_status *status = NULL;
	char list[CBX_LIST_ID + 1] = "x";
	char text[512];
	int len = snprintf(text, sizeof(text),
			   "{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"Running\"%s,\"b\":[1]}",
			   lists[_i].tail);

	ck_assert_int_eq(cbx_decode_status(text, (size_t)len, &status), 0);
	ck_assert_uint_eq(cbx_status_list_id(status, list), strlen(lists[_i].list));
	ck_assert_str_eq(list, lists[_i].list);
	/* with another text it stands elsewhere */
	ck_assert_int_eq(cbx_status_with_text(status, "Completed", &ended), 0);
	ck_assert_uint_eq(cbx_status_list_id(ended, list), strlen(lists[_i].list));
	ck_assert_str_eq(list, lists[_i].list);
	cbx_status_unref(ended);
	cbx_status_unref(status);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("outlook");

	tcase_add_loop_test(tcase, verdicts, 0, (int)CBX_COUNT(rows));
	tcase_add_loop_test(tcase, a_verdict_holds_until_it_says_so, 0, (int)CBX_COUNT(rows));
	tcase_add_test(tcase, when_it_is_over);
	tcase_add_test(tcase, a_worse_state_is_told_after_thirty_seconds);
	tcase_add_test(tcase, a_better_state_is_told_after_two_minutes);
	tcase_add_test(tcase, a_break_begins_anew);
	tcase_add_test(tcase, what_was_worse_all_the_time_counts);
	tcase_add_test(tcase, what_is_hardly_better_is_not_told);
	tcase_add_test(tcase, caution_is_a_part_and_five_minutes);
	tcase_add_loop_test(tcase, the_list_of_a_job, 0, (int)CBX_COUNT(lists));
	suite_add_tcase(suite, tcase);
}
