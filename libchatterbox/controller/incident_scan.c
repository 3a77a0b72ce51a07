// SPDX-License-Identifier: MIT
/*
 * incident_scan.c - which systems fell silent, and at which the downloads came to stand still,
 * since the last round
 *
 * A system is silent when two questions in a row timed out; one that is said to be offline is not
 * asked. It has to report before it can fall silent again: so a new leader, whom nobody has
 * answered yet, does not take what was silent before for news.
 */
#include "controller/incidents.h"
#include "controller/job_figures.h"

#include <errno.h>
#include <string.h>

#define TIMEOUTS 2

static int tell_of(struct cbx_incident_keeper *keeper, enum cbx_incident_kind type,
		   const char *system, int64_t job_id)
{
	const struct cbx_trouble trouble = { .type = type,
					     .at_ms = cbx_road_db_now(keeper->road),
					     .system = system,
					     .job_id = job_id };

	return cbx_incidents_add(keeper->incidents, &trouble,
				 cbx_systems_count(keeper->road->systems));
}

static int look_at_answers(struct cbx_incident_keeper *keeper, struct cbx_system_entry *entry,
			   bool first)
{
	bool quiet = entry->timeouts >= TIMEOUTS;
	bool fell = quiet && !entry->silent;

	if (quiet)
		entry->silent = true;
	else if (!entry->timeouts && entry->reported_at >= keeper->loaded_at)
		entry->silent = false;
	return fell && !first ? tell_of(keeper, CBX_SILENCE, entry->system->name, -1) : 0;
}

/* The first job that has stalled; NULL: none. *idle_since: when the time in which none of them grew
 * began, as if all of them ran */
static const struct cbx_job *find_stalled(const struct cbx_job_list *list,
					  const struct cbx_moment *moment, uint64_t *idle_since)
{
	const struct cbx_job *found = NULL;
	size_t i;

	*idle_since = moment->now;
	for (i = 0; list && i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];
		bool runs = job->phase == CBX_LIVE && job->kind == CBX_RUNNING;
		uint64_t idle = cbx_figures_idle(&job->figures, runs, moment->now);
		uint64_t since = idle < moment->now ? moment->now - idle : 0;

		if (since < *idle_since)
			*idle_since = since;
		if (!found && cbx_job_is_stalled(job, moment))
			found = job;
	}
	return found;
}

/* Since nothing but running time can make a job stall, most systems need no look at their jobs */
static bool may_stand(const struct cbx_system_entry *entry, const struct cbx_moment *moment)
{
	return entry->stands || !entry->idle_since ||
	       moment->now - entry->idle_since >= moment->stall_after;
}

static int look_at_jobs(struct cbx_incident_keeper *keeper, struct cbx_system_entry *entry,
			const struct cbx_moment *moment, bool first)
{
	const struct cbx_job *job;
	bool came;

	if (!first && !may_stand(entry, moment))
		return 0;
	job = find_stalled(cbx_active_jobs_get(keeper->road->jobs, entry->system->name), moment,
			   &entry->idle_since);
	came = job && !entry->stands;
	entry->stands = job;
	return came && !first ? tell_of(keeper, CBX_STALL, entry->system->name, job->status->job_id)
			      : 0;
}

int cbx_incidents_scan(struct cbx_incident_keeper *keeper, bool first)
{
	struct cbx_road *road = keeper->road;
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	const struct cbx_moment moment = { .now = cbx_now(road->clock),
					   .stall_after = road->settings->stall_after_ns };
	size_t count = cbx_systems_count(road->systems);
	size_t i;
	int result = entries ? 0 : -ENOMEM;

	for (i = 0; !result && i < count; i++) {
		result = look_at_answers(keeper, entries[i], first);
		if (!result)
			result = look_at_jobs(keeper, entries[i], &moment, first);
	}
	return result;
}
