// SPDX-License-Identifier: MIT
/* job_figures.c - works out a job's figures from what its record keeps */
#include "controller/job_figures.h"

#include "base/number.h"
#include "base/read.h"

#include <string.h>

#define NS_PER_MS 1000000

bool cbx_job_is_stalled(const struct cbx_job *job, const struct cbx_moment *moment)
{
	bool runs = job->phase == CBX_LIVE && job->kind == CBX_RUNNING;

	/* the cheaper question first: most move */
	return runs && cbx_figures_idle(&job->figures, runs, moment->now) >= moment->stall_after &&
	       cbx_status_progress(job->status) >= 0;
}

bool cbx_job_is_stale(const struct cbx_job *job, bool offline, const struct cbx_moment *moment)
{
	uint64_t applied = job->applied_at;
	/* since this instance leads nobody has reported it: its row was read then */
	uint64_t reported = applied ? applied : job->recorded_at;

	if (!moment->stale_after || job->phase != CBX_LIVE)
		return false;
	return offline || (moment->now > reported && moment->now - reported > moment->stale_after);
}

static int64_t reported_at_ms(const struct cbx_job *job, const struct cbx_moment *moment)
{
	uint64_t applied = job->applied_at;

	if (!moment->stale_after || !applied)
		return 0;
	if (applied > moment->now)
		return moment->wall_ms;
	return moment->wall_ms - (int64_t)((moment->now - applied) / NS_PER_MS);
}

void cbx_job_figures_at(const struct cbx_job *job, bool offline, const struct cbx_moment *moment,
			struct cbx_job_figures *out)
{
	*out = (struct cbx_job_figures){ .seconds_left = -1 };
	if (!job || job->phase != CBX_LIVE)
		return;
	out->has_speed = job->status->speed_text != NULL;
	out->speed = job->status->speed;
	out->reported_at_ms = reported_at_ms(job, moment);
	out->progress_at_ms = job->figures.progress_at_ms;
	out->rate = cbx_figures_rate(&job->figures);
	out->stalled = cbx_job_is_stalled(job, moment);
	out->has_stale = moment->stale_after > 0;
	out->stale = cbx_job_is_stale(job, offline, moment);
	/* of one that stands still nobody knows */
	if (job->kind == CBX_RUNNING && !out->stalled && cbx_status_progress(job->status) >= 0)
		out->seconds_left = cbx_figures_left(&job->figures);
}

/* Does a list that is late wait for it? */
static bool is_late(const struct cbx_snapshot *snapshot, const struct cbx_status *status)
{
	const struct cbx_outlook_list *list = snapshot->outlooks;
	size_t left = list ? list->totals[CBX_LATE] : 0;
	size_t i;
	size_t k;

	for (i = 0; left && i < list->count; i++) {
		const struct cbx_outlook *outlook = list->items[i];

		if (outlook->state != CBX_LATE)
			continue;
		left--;
		for (k = 0; !strcmp(outlook->system, status->system) && k < outlook->count; k++)
			if (outlook->jobs[k] == status->job_id)
				return true;
	}
	return false;
}

enum cbx_cause cbx_job_cause(const struct cbx_snapshot *snapshot, const struct cbx_job *job,
			     const struct cbx_job_figures *figures)
{
	const struct cbx_system *system;
	struct cbx_cause_facts facts = { .fleet = &snapshot->fleet };

	/* only who leads has outlooks, and knows who answers */
	if (!snapshot->outlooks || !job || job->phase != CBX_LIVE)
		return CBX_NO_CAUSE;
	if (!figures->stalled && !figures->stale && !is_late(snapshot, job->status))
		return CBX_NO_CAUSE;
	system = cbx_system_list_find(snapshot->systems, job->status->system);
	facts.offline = system && system->state == CBX_OFFLINE;
	facts.timeouts = system ? system->timeouts : 0;
	facts.denied = system && system->denied;
	facts.paused = job->kind == CBX_PAUSED;
	facts.stalled = figures->stalled;
	facts.moves = job->kind == CBX_RUNNING && figures->rate > 0;
	facts.error_code = job->status->error_code;
	return cbx_cause_of(&facts);
}

static void add_time(struct cbx_text *out, const char *name, int64_t ms)
{
	char time[CBX_TIME_TEXT];

	if (!ms)
		return;
	cbx_time_text(ms, time);
	cbx_text_printf(out, "\"%s\":\"%s\",", name, time);
}

static void add_number(struct cbx_text *out, const char *name, double value)
{
	char text[CBX_NUMBER_TEXT];

	cbx_number_format(value, text);
	cbx_text_printf(out, "\"%s\":%s,", name, text);
}

void cbx_job_figures_json(const struct cbx_job_figures *figures, struct cbx_text *out)
{
	cbx_text_putc(out, '{');
	if (figures->has_speed)
		add_number(out, "speed", figures->speed);
	add_time(out, "heard_at", figures->reported_at_ms);
	add_time(out, "progress_at", figures->progress_at_ms);
	if (figures->rate > 0)
		add_number(out, "rate", figures->rate);
	if (figures->seconds_left >= 0)
		cbx_text_printf(out, "\"seconds_left\":%lld,", (long long)figures->seconds_left);
	cbx_text_printf(out, "\"stalled\":%s", figures->stalled ? "true" : "false");
	if (figures->has_stale)
		cbx_text_printf(out, ",\"stale\":%s", figures->stale ? "true" : "false");
	if (figures->cause != CBX_NO_CAUSE)
		cbx_text_printf(out, ",\"cause\":\"%s\"", cbx_cause_name(figures->cause));
	cbx_text_putc(out, '}');
}

bool cbx_snapshot_is_offline(const struct cbx_snapshot *snapshot, size_t i, size_t *at)
{
	const struct cbx_system_list *systems = snapshot->systems;
	const char *name = cbx_job_list_system(cbx_frozen_jobs_at(snapshot->jobs, i));
	int order = -1;

	/* both lists are sorted by system */
	while (*at < systems->count &&
	       (order = strcmp(cbx_system_list_at(systems, *at)->name, name)) < 0)
		(*at)++;
	return !order && cbx_system_list_at(systems, *at)->state == CBX_OFFLINE;
}

static void count_list(const struct cbx_job_list *list, bool offline,
		       const struct cbx_moment *moment, struct cbx_figure_counts *out)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];
		bool stalled = cbx_job_is_stalled(job, moment);

		out->stalled += stalled;
		out->stalled_ocd += stalled && job->origin == CBX_OCD;
		out->stale += cbx_job_is_stale(job, offline, moment);
	}
}

void cbx_job_figures_count(const struct cbx_snapshot *snapshot, const struct cbx_moment *moment,
			   struct cbx_figure_counts *out)
{
	size_t at = 0;
	size_t i;

	*out = (struct cbx_figure_counts){ 0 };
	for (i = 0; i < snapshot->jobs->count; i++)
		count_list(cbx_frozen_jobs_at(snapshot->jobs, i),
			   cbx_snapshot_is_offline(snapshot, i, &at), moment, out);
}
