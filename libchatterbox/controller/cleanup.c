// SPDX-License-Identifier: MIT
/* cleanup.c - clears errored jobs that are old enough, by the database's clock, from SQL and then
 * from the table of jobs */
#include "controller/cleanup.h"
#include "common/array.h"
#include "port/incidents.h"
#include "road/flight.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_AFTER (10 * CBX_SECOND)
#define DAY (86400 * CBX_SECOND)
#define CLOCK_MAY_MOVE (3600 * 1000)

/* The errored jobs of one system, or of all */
static int collect(const struct cbx_frozen_jobs *frozen, const char *system,
		   struct cbx_job_key **out, size_t *out_count)
{
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	size_t count = 0;
	size_t capacity = 0;
	size_t i;
	size_t k;

	for (i = 0; i < frozen->count; i++) {
		const struct cbx_job_list *list = cbx_frozen_jobs_at(frozen, i);

		if (system && strcmp(system, cbx_job_list_system(list)))
			continue;
		for (k = 0; k < list->count; k++) {
			const struct cbx_job *job = list->jobs[k];

			if (job->phase != CBX_ENDED || job->kind != CBX_ERRORED)
				continue;
			if (cbx_grow(keys, capacity, count + 1) < 0)
				return -ENOMEM;
			keys[count++] =
				(struct cbx_job_key){ job->status->system, job->status->job_id };
		}
	}
	*out = cbx_steal(keys);
	*out_count = count;
	return 0;
}

struct cleared {
	struct cbx_road *road;
	int64_t count;
};

static int forget(void *user, const struct cbx_row *row)
{
	struct cleared *cleared = user;

	cleared->count++;
	cbx_flight_cleared(cleared->road, row->system, row->job_id);
	return cbx_active_jobs_drop(cleared->road->jobs, row->system, row->job_id);
}

static int clear(struct cbx_road *road, const struct cbx_job_key *keys, size_t count,
		 int64_t older_than, int64_t *removed)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	struct cleared cleared = { .road = road };
	int result = 0;

	road->sql->no_history = !cbx_road_keeps_history(road);
	if (count)
		result = road->sql->errors->clear_jobs(road->sql, &guard, keys, count, older_than,
						       forget, &cleared);
	if (result < 0) {
		cbx_link_lost(&road->sql_link, result);
		return result;
	}
	cbx_metric_add(road->counters->cleaned_up, "jobs", NULL, (double)cleared.count);
	*removed = cleared.count;
	return cleared.count ? cbx_road_update_snapshot(road) : 0;
}

int cbx_cleanup_errored_jobs(struct cbx_cleanup *cleanup, const char *system, int64_t older_than,
			     int64_t *removed)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	size_t count = 0;
	int result = cbx_active_jobs_freeze(cleanup->road->jobs, &frozen);

	if (!result)
		result = collect(frozen, system, &keys, &count);
	if (result < 0)
		return result;
	return clear(cleanup->road, keys, count, older_than, removed);
}

/* What a dry run has found */
struct found {
	struct cbx_job_key *keys; /* their texts are those of the frozen jobs */
	size_t count;
	const struct cbx_frozen_jobs *frozen;
	cbx_row_fn each;
	void *user;
};

static int note_found(void *user, const struct cbx_row *row)
{
	struct found *found = user;
	const struct cbx_job *job =
		cbx_job_list_find(cbx_frozen_jobs_find(found->frozen, row->system), row->job_id);

	if (job)
		found->keys[found->count++] =
			(struct cbx_job_key){ job->status->system, row->job_id };
	return found->each(found->user, row);
}

static int find_clearable(struct cbx_road *road, struct found *found,
			  const struct cbx_job_key *keys, size_t count, int64_t older_than,
			  int64_t *errors)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	const struct cbx_errors_ops *ops = road->sql->errors;
	int result = ops->clearable(road->sql, &guard, keys, count, older_than, note_found, found);

	if (!result)
		result = ops->count_of(road->sql, found->keys, found->count, errors);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

/* Only looks at these */
static int look(struct cbx_road *road, struct found *found, const struct cbx_job_key *keys,
		size_t count, int64_t older_than, int64_t *errors)
{
	cbx_auto(cbx_freep) struct cbx_job_key *kept = calloc(count + 1, sizeof(*kept));

	*errors = 0;
	if (!kept)
		return -ENOMEM;
	found->keys = kept;
	return count ? find_clearable(road, found, keys, count, older_than, errors) : 0;
}

int cbx_cleanup_dry_run(struct cbx_cleanup *cleanup, const char *system, int64_t older_than,
			cbx_row_fn each, void *user, int64_t *errors)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	struct found found = { .each = each, .user = user };
	size_t count = 0;
	int result = cbx_active_jobs_freeze(cleanup->road->jobs, &frozen);

	if (!result)
		result = collect(frozen, system, &keys, &count);
	if (result < 0)
		return result;
	found.frozen = frozen;
	return look(cleanup->road, &found, keys, count, older_than, errors);
}

/* The errored jobs among the members of an incident, as its pages are read */
struct members {
	const struct cbx_frozen_jobs *frozen;
	struct cbx_job_key *keys; /* their texts are those of the frozen jobs */
	size_t count, capacity;
	char system[80]; /* the last member of the page */
	int64_t job_id;
	size_t rows;
};

static int take_member(void *user, const struct cbx_incident_member *member)
{
	struct members *members = user;
	const struct cbx_job *job = cbx_job_list_find(
		cbx_frozen_jobs_find(members->frozen, member->system), member->job_id);

	members->rows++;
	snprintf(members->system, sizeof(members->system), "%s", member->system);
	members->job_id = member->job_id;
	if (!job || job->phase != CBX_ENDED || job->kind != CBX_ERRORED)
		return 0;
	if (cbx_grow(members->keys, members->capacity, members->count + 1) < 0)
		return -ENOMEM;
	members->keys[members->count++] =
		(struct cbx_job_key){ job->status->system, job->status->job_id };
	return 0;
}

static int ignore_incident(void *user, const struct cbx_incident_row *row)
{
	(void)user;
	(void)row;
	return 0;
}

#define MEMBERS_PAGE 10000

/* 1 = there is no such incident */
static int collect_members(struct cbx_road *road, int64_t incident, struct members *members)
{
	const struct cbx_incidents_ops *ops = road->sql->incidents;
	int result = ops->find(road->sql, incident, ignore_incident, NULL);

	members->job_id = -1;
	members->rows = MEMBERS_PAGE;
	while (!result && members->rows == MEMBERS_PAGE) {
		char system[80];
		const struct cbx_incident_place after = { system, members->job_id };

		memcpy(system, members->system, sizeof(system));
		members->rows = 0;
		result = ops->members(road->sql, incident, &after, MEMBERS_PAGE, take_member,
				      members);
	}
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

/* Clears the errored jobs of an incident, or with @found only looks */
static int of_incident(struct cbx_road *road, int64_t incident, struct found *found,
		       int64_t *number)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	struct members members = { 0 };
	int result = cbx_active_jobs_freeze(road->jobs, &frozen);

	members.frozen = frozen;
	if (!result)
		result = collect_members(road, incident, &members);
	if (!result && found) {
		found->frozen = frozen;
		result = look(road, found, members.keys, members.count, 0, number);
	} else if (!result) {
		result = clear(road, members.keys, members.count, 0, number);
	}
	free(members.keys);
	return result;
}

int cbx_cleanup_incident(struct cbx_cleanup *cleanup, int64_t incident, int64_t *removed)
{
	return of_incident(cleanup->road, incident, NULL, removed);
}

int cbx_cleanup_incident_dry_run(struct cbx_cleanup *cleanup, int64_t incident, cbx_row_fn each,
				 void *user, int64_t *errors)
{
	struct found found = { .each = each, .user = user };

	return of_incident(cleanup->road, incident, &found, errors);
}

int cbx_cleanup_delete_entry(struct cbx_cleanup *cleanup, const char *system, int64_t job_id)
{
	const struct cbx_job *job =
		cbx_job_list_find(cbx_active_jobs_get(cleanup->road->jobs, system), job_id);
	struct cbx_job_key key = { system, job_id };
	int64_t removed = 0;
	int result;

	if (!job || job->phase != CBX_ENDED || job->kind != CBX_ERRORED)
		return 1;
	result = clear(cleanup->road, &key, 1, 0, &removed);
	return result < 0 ? result : !removed;
}

/* Has the database's clock jumped against the monotonic one since the last run? */
static bool clock_jumped(struct cbx_cleanup *cleanup)
{
	struct cbx_road *road = cleanup->road;
	int64_t offset = road->db_offset_ms;
	int64_t moved = cleanup->has_offset ? llabs(offset - cleanup->clock_offset_ms) : 0;

	cleanup->clock_offset_ms = offset;
	cleanup->has_offset = true;
	return moved > CLOCK_MAY_MOVE;
}

static int64_t error_retention(const struct cbx_road *road) /* s */
{
	return (int64_t)(road->settings->error_retention_ns / CBX_SECOND);
}

static int expire(struct cbx_road *road)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int64_t errors = 0;
	int64_t completed = 0;
	int64_t keep = (int64_t)(road->settings->completed_retention_ns / CBX_SECOND);
	int result =
		road->sql->errors->expire_errors(road->sql, &guard, error_retention(road), &errors);

	if (!result && keep)
		result = road->sql->errors->expire_completed(road->sql, &guard, keep, &completed);
	cbx_metric_add(road->counters->cleaned_up, "errors", NULL, (double)errors);
	cbx_metric_add(road->counters->cleaned_up, "completed", NULL, (double)completed);
	return result;
}

static void perform(void *user)
{
	struct cbx_cleanup *cleanup = user;
	struct cbx_road *road = cleanup->road;
	int64_t removed = 0;
	int result = road->sql_link.up ? cbx_road_measure_db_clock(road) : CHATTERBOX_E_DOWN;

	if (!result && clock_jumped(cleanup)) {
		cbx_warn(road->log, CBX_NO_FIELDS,
			 "the database's clock was set: the Job Errors Task skips this run");
		cleanup->task.interval_ns = DAY;
		return;
	}
	if (!result)
		result = cbx_cleanup_errored_jobs(cleanup, NULL, error_retention(road), &removed);
	if (!result)
		result = expire(road);
	if (result < 0) {
		/* try again soon, not tomorrow */
		cbx_link_lost(&road->sql_link, result);
		cleanup->task.interval_ns = FIRST_AFTER;
		return;
	}
	cleanup->task.interval_ns = DAY;
	if (removed)
		cbx_info(road->log, CBX_NO_FIELDS, "%lld errored jobs were cleaned up",
			 (long long)removed);
}

void cbx_cleanup_init(struct cbx_cleanup *cleanup, struct cbx_road *road, struct cbx_errors *errors)
{
	*cleanup = (struct cbx_cleanup){ .road = road, .errors = errors };
	cleanup->task = (struct cbx_task){ .name = "Job Errors Task",
					   .interval_ns = FIRST_AFTER,
					   .perform = perform,
					   .user = cleanup };
}
