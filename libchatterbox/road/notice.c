// SPDX-License-Identifier: MIT
/*
 * notice.c - finds what OCD changed in SQL since the last round: rows it inserted, origins it set
 *
 * Only our records are brought up to date here. SQL itself keeps the origin `ocd` when the job's
 * row is next written.
 */
#include "base/read.h"
#include "road/road.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cbx_road_put_into(struct cbx_active_jobs *table, const char *system, struct cbx_job *job)
{
	struct cbx_job_list *list = cbx_active_jobs_get(table, system);
	size_t count = list ? list->count : 0;
	cbx_auto(cbx_freep) struct cbx_job **jobs = calloc(count + 1, sizeof(struct cbx_job *));
	struct cbx_job_list *next = NULL;
	size_t n = 0;
	size_t i = 0;
	int result;

	if (!jobs)
		return -ENOMEM;
	for (; i < count && list->jobs[i]->status->job_id < job->status->job_id; i++)
		jobs[n++] = list->jobs[i];
	jobs[n++] = job;
	if (i < count && list->jobs[i]->status->job_id == job->status->job_id)
		i++;
	for (; i < count; i++)
		jobs[n++] = list->jobs[i];
	result = cbx_job_list_new(jobs, n, &next);
	if (!result)
		result = cbx_active_jobs_set(table, system, next);
	cbx_job_list_unref(next);
	return result;
}

int cbx_road_put_job(struct cbx_road *road, const char *system, struct cbx_job *job)
{
	return cbx_road_put_into(road->jobs, system, job);
}

int cbx_road_drop_job(struct cbx_road *road, const char *system, int64_t job_id)
{
	struct cbx_job_list *list = cbx_active_jobs_get(road->jobs, system);
	cbx_auto(cbx_freep) struct cbx_job **jobs = NULL;
	struct cbx_job_list *next = NULL;
	size_t n = 0;
	size_t i;
	int result;

	if (!cbx_job_list_find(list, job_id))
		return 0;
	jobs = calloc(list->count, sizeof(struct cbx_job *));
	if (!jobs)
		return -ENOMEM;
	for (i = 0; i < list->count; i++)
		if (list->jobs[i]->status->job_id != job_id)
			jobs[n++] = list->jobs[i];
	result = cbx_job_list_new(jobs, n, &next);
	if (!result)
		result = cbx_active_jobs_set(road->jobs, system, next);
	cbx_job_list_unref(next);
	return result;
}

/* A row that OCD inserted becomes a job that has not been reported yet */
static int add_unreported(void *user, const struct cbx_row *row)
{
	struct cbx_road *road = user;
	const char *name = row->system;
	size_t len = strlen(row->system);
	const struct cbx_job *known;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	int result;

	if (!cbx_system_name(&name, &len) || row->job_id < 0 || !row->status)
		return 0;
	known = cbx_job_list_find(cbx_active_jobs_get(road->jobs, row->system), row->job_id);
	/* a record that is live or unreported is newer than the row; an ended one starts again */
	if (known && known->phase != CBX_ENDED)
		return 0;
	if (!cbx_systems_get(road->systems, row->system))
		return -ENOMEM;
	result = cbx_road_job_of_row(road, row, &job);
	if (result < 0)
		return result;
	if (known) {
		job->applied_at = known->applied_at;
		job->first_seen_ms = known->first_seen_ms;
	}
	return cbx_road_put_job(road, row->system, job);
}

static int turn_to_ocd(void *user, const struct cbx_row *row)
{
	struct cbx_active_jobs *table = user;
	const struct cbx_job *known =
		cbx_job_list_find(cbx_active_jobs_get(table, row->system), row->job_id);
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	int result;

	if (!known || known->origin == CBX_OCD)
		return 0;
	result = cbx_job_copy(known, &job);
	if (result < 0)
		return result;
	job->origin = CBX_OCD;
	/* the row may not say so yet (scheduled_jobs does): makes the next report write it */
	job->recorded_at = 0;
	return cbx_road_put_into(table, row->system, job);
}

int cbx_road_notice_origins(struct cbx_road *road, struct cbx_active_jobs *table)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	size_t count = 0;
	size_t i;
	size_t k;
	int result = cbx_active_jobs_freeze(table, &frozen);

	if (result < 0 || frozen->totals.live == frozen->totals.live_ocd)
		return result;
	keys = calloc((size_t)(frozen->totals.live - frozen->totals.live_ocd), sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (i = 0; i < frozen->count; i++)
		for (k = 0; k < frozen->entries[i].list->count; k++) {
			const struct cbx_job *job = frozen->entries[i].list->jobs[k];

			if (job->phase == CBX_LIVE && job->origin == CBX_USER)
				keys[count++] = (struct cbx_job_key){ job->status->system,
								      job->status->job_id };
		}
	return road->sql->ledger->ocd_jobs(road->sql, keys, count, turn_to_ocd, table);
}

int cbx_road_notice_rows(struct cbx_road *road)
{
	int result = road->sql->ledger->unreported(road->sql, add_unreported, road);

	if (!result)
		result = cbx_road_notice_origins(road, road->jobs);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result;
}
