// SPDX-License-Identifier: MIT
/*
 * outlook.c - judges whether a list will be there in time (contract 9.1)
 *
 * The order of the questions is the contract's. A state may also change with the clock alone: each
 * such moment is named where its question is asked, and the nearest one ends the verdict.
 */
#include "domain/outlook.h"

#include "base/read.h"
#include "common/utf8.h"

#include <string.h>

#define NS_PER_MS 1000000
#define PESSIMISM 1.25 /* a pace is rarely kept to the end */
/* What a measured pace may be wrong by: so much more time left must not make it worse again */
#define CAUTION 1.15
#define CAUTION_S 300

const char *cbx_outlook_state_name(enum cbx_outlook_state state)
{
	switch (state) {
	case CBX_ON_TIME:
		return "on_time";
	case CBX_AT_RISK:
		return "at_risk";
	case CBX_LATE:
		return "late";
	case CBX_OUTLOOK_UNKNOWN:
		break;
	}
	return "unknown";
}

bool cbx_outlook_state_read(const char *text, enum cbx_outlook_state *out)
{
	int state;

	for (state = CBX_ON_TIME; state <= CBX_LATE; state++)
		if (!strcmp(text, cbx_outlook_state_name((enum cbx_outlook_state)state))) {
			*out = (enum cbx_outlook_state)state;
			return true;
		}
	return false;
}

/* --- one job --- */

static void look_at_running(const struct cbx_outlook_rules *rules, const struct cbx_job *job,
			    uint64_t now, int64_t now_ms, struct cbx_waited *out)
{
	uint64_t idle = cbx_figures_idle(&job->figures, true, now);

	if (cbx_status_progress(job->status) < 0)
		return;
	if (idle >= rules->stall_after) {
		out->kind = CBX_WAITED_STALLED;
		return;
	}
	out->stalls_ms = now_ms + (int64_t)((rules->stall_after - idle) / NS_PER_MS) + 1;
	out->left_s = cbx_figures_left(&job->figures);
	if (out->left_s >= 0)
		out->kind = CBX_WAITED_MOVING;
}

bool cbx_waited_of(const struct cbx_outlook_rules *rules, const struct cbx_job *job, uint64_t now,
		   int64_t now_ms, struct cbx_waited *out)
{
	bool errored = job->phase == CBX_ENDED && job->kind == CBX_ERRORED;

	if (job->phase != CBX_LIVE && !errored)
		return false;
	*out = (struct cbx_waited){ .job_id = job->status->job_id,
				    .kind = errored ? CBX_WAITED_ERRORED : CBX_WAITED_UNMEASURED,
				    .left_s = -1,
				    .first_seen_ms = job->first_seen_ms,
				    .error_code = job->status->error_code };
	if (errored)
		return true;
	if (job->kind == CBX_PAUSED)
		out->kind = CBX_WAITED_PAUSED;
	else if (job->kind == CBX_RUNNING)
		look_at_running(rules, job, now, now_ms, out);
	return true;
}

/* --- all jobs of an activation --- */

/* The verdict holds until that moment at most */
static void until(const struct cbx_outlook_view *view, struct cbx_verdict *out, int64_t ms)
{
	if (ms > view->now_ms && ms < out->until_ms)
		out->until_ms = ms;
}

static bool is_worse(const struct cbx_waited *a, const struct cbx_waited *b)
{
	return a->kind != b->kind ? a->kind < b->kind : a->left_s > b->left_s;
}

static int64_t left_of(const struct cbx_outlook_view *view, const struct cbx_waited *job)
{
	if (!view->cautious || job->left_s < 0)
		return job->left_s;
	return (int64_t)((double)job->left_s * CAUTION) + CAUTION_S;
}

/* Finds the worst job, and the time left */
static void look_at_jobs(const struct cbx_outlook_view *view, struct cbx_verdict *out)
{
	size_t i;

	out->left_s = view->count ? -1 : 0;
	for (i = 0; i < view->count; i++) {
		const struct cbx_waited *job = &view->jobs[i];

		if (left_of(view, job) > out->left_s)
			out->left_s = left_of(view, job);
		if (out->worst == SIZE_MAX || is_worse(job, &view->jobs[out->worst]))
			out->worst = i;
		until(view, out, job->stalls_ms);
		until(view, out, job->first_seen_ms + CBX_SETTLING_MS);
	}
}

static size_t find_slowest(const struct cbx_outlook_view *view)
{
	size_t found = SIZE_MAX;
	size_t i;

	for (i = 0; i < view->count; i++)
		if (view->jobs[i].left_s >= 0 &&
		    (found == SIZE_MAX || view->jobs[i].left_s > view->jobs[found].left_s))
			found = i;
	return found;
}

static bool is_late(const struct cbx_outlook_view *view, struct cbx_verdict *out)
{
	int64_t last_ms = view->activate_at_ms - (out->left_s > 0 ? out->left_s : 0) * 1000;

	if (!view->count)
		return false;
	until(view, out, last_ms + 1);
	if (view->now_ms >= view->activate_at_ms)
		return true;
	if (out->left_s < 0 || view->now_ms <= last_ms)
		return false;
	out->worst = find_slowest(view);
	return true;
}

/* What is missing in the first minutes is not yet a risk */
static bool is_settling(const struct cbx_outlook_view *view, const struct cbx_waited *job)
{
	int64_t age_ms = view->now_ms - job->first_seen_ms;

	/* that of a job may be a little below 0, and far below when the clock was set back */
	return view->now_ms < view->new_until_ms ||
	       (age_ms < CBX_SETTLING_MS && age_ms > -CBX_SETTLING_MS);
}

static bool is_in_trouble(const struct cbx_outlook_rules *rules,
			  const struct cbx_outlook_view *view, struct cbx_verdict *out)
{
	int64_t from_ms = view->activate_at_ms - rules->horizon_ms;
	size_t i;

	until(view, out, from_ms);
	if (view->now_ms < from_ms)
		return false;
	if (view->offline)
		return true;
	for (i = 0; i < view->count; i++) {
		const struct cbx_waited *job = &view->jobs[i];

		if (job->kind < CBX_WAITED_UNMEASURED ||
		    (job->kind == CBX_WAITED_UNMEASURED && !is_settling(view, job)))
			return true;
	}
	return false;
}

/* Is the time left of each job known? Then so is that of all. */
static bool all_are_measured(const struct cbx_outlook_view *view, const struct cbx_verdict *verdict)
{
	return verdict->worst == SIZE_MAX || view->jobs[verdict->worst].kind == CBX_WAITED_MOVING;
}

static bool is_on_time(const struct cbx_outlook_rules *rules, const struct cbx_outlook_view *view,
		       struct cbx_verdict *out)
{
	int64_t listed_until = view->listed_ms + rules->listed_ms;
	int64_t ready_by = view->activate_at_ms - rules->margin_ms -
			   (int64_t)((double)out->left_s * 1000 * PESSIMISM);

	if (!view->listed_ms || view->now_ms >= listed_until)
		return false;
	until(view, out, listed_until);
	if (!view->count)
		return true;
	until(view, out, ready_by + 1);
	return view->now_ms <= ready_by;
}

void cbx_outlook_judge(const struct cbx_outlook_rules *rules, const struct cbx_outlook_view *view,
		       struct cbx_verdict *out)
{
	*out = (struct cbx_verdict){ .worst = SIZE_MAX, .until_ms = INT64_MAX };
	look_at_jobs(view, out);
	until(view, out, view->activate_at_ms);
	until(view, out, view->activate_at_ms + rules->keep_ms);
	until(view, out, view->new_until_ms);
	if (is_late(view, out))
		out->state = CBX_LATE;
	else if (is_in_trouble(rules, view, out))
		out->state = CBX_AT_RISK;
	else if (!all_are_measured(view, out))
		out->state = CBX_OUTLOOK_UNKNOWN;
	else if (is_on_time(rules, view, out))
		out->state = CBX_ON_TIME;
	else
		out->state = view->count ? CBX_AT_RISK : CBX_OUTLOOK_UNKNOWN;
}

bool cbx_outlook_is_over(const struct cbx_outlook_rules *rules, const struct cbx_outlook_view *view)
{
	return view->now_ms >= view->activate_at_ms &&
	       (!view->count || view->now_ms >= view->activate_at_ms + rules->keep_ms);
}

/* --- what others are told --- */

static void note(int64_t since[CBX_OUTLOOK_STATES], int state, bool holds, int64_t now_ms)
{
	if (!holds)
		since[state] = 0;
	/* later than now: the clock was set back */
	else if (!since[state] || since[state] > now_ms)
		since[state] = now_ms;
}

bool cbx_outlook_told_note(struct cbx_outlook_told *told, enum cbx_outlook_state verdict,
			   enum cbx_outlook_state cautious, int64_t now_ms,
			   enum cbx_outlook_state *out)
{
	int state;

	for (state = CBX_ON_TIME; state <= CBX_LATE; state++) {
		note(told->worse_ms, state, (int)verdict >= state, now_ms);
		note(told->better_ms, state, (int)cautious <= state, now_ms);
	}
	*out = verdict;
	if (!told->told)
		return true;
	for (state = CBX_LATE; state > (int)told->state; state--)
		if (told->worse_ms[state] && now_ms - told->worse_ms[state] >= CBX_WORSE_HOLDS_MS) {
			*out = (enum cbx_outlook_state)state;
			return true;
		}
	for (state = CBX_ON_TIME; state < (int)told->state; state++)
		if (told->better_ms[state] &&
		    now_ms - told->better_ms[state] >= CBX_BETTER_HOLDS_MS) {
			*out = (enum cbx_outlook_state)state;
			return true;
		}
	return false;
}

void cbx_outlook_told_set(struct cbx_outlook_told *told, enum cbx_outlook_state state)
{
	told->told = true;
	told->state = state;
}

int64_t cbx_outlook_told_due_ms(const struct cbx_outlook_told *told)
{
	int64_t due = INT64_MAX;
	int state;

	for (state = CBX_ON_TIME; told->told && state <= CBX_LATE; state++) {
		int64_t since = state > (int)told->state   ? told->worse_ms[state]
				: state < (int)told->state ? told->better_ms[state]
							   : 0;
		int64_t holds = state > (int)told->state ? CBX_WORSE_HOLDS_MS : CBX_BETTER_HOLDS_MS;

		if (since && since + holds < due)
			due = since + holds;
	}
	return due;
}
