// SPDX-License-Identifier: MIT
/*
 * load.c - reads everything at a take-over: first from SQL, then from Redis
 *
 * A status is taken from Redis if its text agrees with SQL, since Redis has its later progress and
 * the members that are passed through; else from SQL (contract 4.2). That is done for a few systems
 * at a time, so that those of SQL do not pile up. A row that has not changed for long does not mean
 * that its job was not reported for long: see note_checked().
 *
 * On a slow line it may take minutes, which is no failure as long as it advances: beyond what was
 * read in an earlier try under the same epoch. Who does not advance gives the lease up (contract
 * 2.5).
 */
#include "road/road.h"

#include "base/read.h"
#include "common/array.h"
#include "common/json.h"
#include "port/directory.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY 100
#define SHARED_PIECE 128 /* so many systems are asked for in Redis at once */

/* Rows are sorted by system and job_id: the jobs of one system are gathered, then set */
struct gather {
	struct cbx_road *road;
	struct cbx_active_jobs *table;
	struct cbx_systems *systems;
	bool live; /* leaves out all others */
	size_t rows;
	char system[80];
	struct cbx_job **jobs;
	size_t count, capacity;
	/* counted; what Redis knows of them has to be read yet */
	struct cbx_job_list *fresh[SHARED_PIECE];
	size_t fresh_count;
};

int cbx_road_job_of_row(struct cbx_road *road, const struct cbx_row *row, struct cbx_job **out)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	struct cbx_job *job = NULL;
	int result = cbx_status_of_row(row, &status);

	if (!result)
		result = cbx_job_new(status, &job);
	if (result < 0)
		return result;
	job->kind = cbx_kind_of(&road->settings->kinds, status->text);
	job->origin = row->origin && !strcmp(row->origin, "user") ? CBX_USER : CBX_OCD;
	job->revision = row->revision;
	job->inferred = row->inferred && job->kind == CBX_ERRORED;
	job->phase = CBX_LIVE;
	if (!row->revision || !cbx_row_has_status(row))
		job->phase = CBX_UNREPORTED;
	else if (cbx_kind_is_end(job->kind))
		job->phase = CBX_ENDED;
	job->first_seen_ms = row->started_ms;
	job->updated_ms = row->updated_ms;
	job->applied_db_ms = row->updated_ms ?: cbx_road_db_now(road);
	job->recorded_at = cbx_now(road->clock);
	*out = job;
	return 0;
}

/* Takes over a status from Redis that agrees with SQL */
static int take_shared(void *user, const char *key, const struct cbx_field *field)
{
	struct cbx_road *road = user;
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_job_unrefp) struct cbx_job *copy = NULL;
	const struct cbx_job *job;
	int64_t job_id;
	int result;

	if (!cbx_parse_count(field->name, strlen(field->name), &job_id))
		return 0;
	job = cbx_job_list_find(cbx_active_jobs_get(road->jobs, key), job_id);
	if (!job || job->phase != CBX_LIVE)
		return 0;
	result = cbx_decode_status(field->value, field->value_len, &status);
	if (result < 0)
		return result == -ENOMEM ? result : 0;
	if (strcmp(status->text, job->status->text) || strcmp(status->system, key) ||
	    status->job_id != job_id)
		return 0;
	result = cbx_job_copy(job, &copy);
	if (result < 0)
		return result;
	cbx_status_unref(copy->status);
	copy->status = cbx_steal(status);
	return cbx_active_jobs_put(road->jobs, key, copy);
}

/* Nobody else has seen the record yet */
static int take_shared_figures(void *user, const char *key, const struct cbx_field *field)
{
	struct cbx_road *road = user;
	struct cbx_job *job;
	int64_t job_id;

	if (!cbx_parse_count(field->name, strlen(field->name), &job_id))
		return 0;
	job = cbx_job_list_find(cbx_active_jobs_get(road->jobs, key), job_id);
	if (job && job->phase == CBX_LIVE)
		cbx_figures_read(field->value, field->value_len, &job->figures);
	return 0;
}

/* What Redis knows of the systems that were put last. If it is lost meanwhile, SQL will do. */
static int read_shared(struct gather *gather)
{
	struct cbx_road *road = gather->road;
	const char *names[SHARED_PIECE];
	size_t count = gather->fresh_count;
	size_t i;
	int result = 0;

	for (i = 0; i < count; i++)
		names[i] = gather->fresh[i]->jobs[0]->status->system;
	if (count && road->state_link.up)
		result = road->state->ops->read_jobs(road->state, names, count, take_shared,
						     take_shared_figures, road);
	while (gather->fresh_count)
		cbx_job_list_unref(gather->fresh[--gather->fresh_count]);
	if (result < 0 && result != -ENOMEM)
		cbx_link_lost(&road->state_link, result);
	return result == -ENOMEM ? result : 0;
}

static int put_system(struct gather *gather)
{
	struct cbx_job_list *list = NULL;
	size_t i;
	int result = 0;

	if (!gather->count)
		return 0;
	result = cbx_job_list_new(gather->jobs, gather->count, &list);
	if (!result)
		result = cbx_active_jobs_set(gather->table, gather->system, list);
	for (i = 0; i < gather->count; i++)
		cbx_job_unref(gather->jobs[i]);
	gather->count = 0;
	if (result < 0 || gather->live) {
		cbx_job_list_unref(list);
		return result;
	}
	gather->fresh[gather->fresh_count++] = list;
	return gather->fresh_count == SHARED_PIECE ? read_shared(gather) : 0;
}

/* Takes a reference */
static int add_job(struct gather *gather, struct cbx_job *job)
{
	if (cbx_grow(gather->jobs, gather->capacity, gather->count + 1) < 0)
		return -ENOMEM;
	gather->jobs[gather->count++] = cbx_job_ref(job);
	return 0;
}

static int reject(struct cbx_road *road, const char *member)
{
	cbx_metric_add(road->counters->decode_rejects, member, NULL, 1);
	return 0;
}

/* Another row of the load has been read. CHATTERBOX_E_STANDBY: no more are wanted. */
static int advance(struct cbx_road *road)
{
	if (++road->load_rows % LOOK_EVERY)
		return 0;
	if (road->load_rows > road->load_most) {
		road->load_most = road->load_rows;
		road->load_advanced_at = cbx_now(road->clock);
	}
	if (road->on_turn(road->on_turn_user) ||
	    cbx_leadership_epoch(road->leadership) != road->loading_epoch)
		return CHATTERBOX_E_STANDBY;
	return 0;
}

/* The same for who follows, and is to lead or to stop */
static int look_up(struct gather *gather)
{
	struct cbx_road *road = gather->road;

	if (++gather->rows % LOOK_EVERY)
		return 0;
	return (road->on_turn && road->on_turn(road->on_turn_user)) ||
			       cbx_leadership_epoch(road->leadership)
		       ? CHATTERBOX_E_STANDBY
		       : 0;
}

static int add_row(void *user, const struct cbx_row *row)
{
	struct gather *gather = user;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	const char *name = row->system;
	size_t len = strlen(row->system);
	int result = gather->live ? look_up(gather) : advance(gather->road);

	if (result < 0)
		return result;

	/* OCD's rows are input like any other: one that can't be a job is skipped */
	if (!cbx_system_name(&name, &len) || row->job_id < 0)
		return reject(gather->road, "system");
	if (row->revision < 0 || row->revision >= CBX_REVISION_END)
		return reject(gather->road, "revision");
	/* not left out: the row would be ahead of the job's next report, and fence us for ever */
	if (row->revision && !cbx_row_has_status(row))
		reject(gather->road, "status");
	if (gather->count && strcmp(gather->system, row->system)) {
		result = put_system(gather);
		if (result < 0)
			return result;
	}
	memcpy(gather->system, name, len);
	gather->system[len] = '\0';
	if (!cbx_systems_get(gather->systems, gather->system))
		return -ENOMEM;
	result = cbx_road_job_of_row(gather->road, row, &job);
	if (result < 0)
		return result;
	return gather->live && job->phase != CBX_LIVE ? 0 : add_job(gather, job);
}

int cbx_road_read_rows(struct cbx_road *road, struct cbx_active_jobs *jobs,
		       struct cbx_systems *systems, bool live)
{
	struct gather gather = { .road = road, .table = jobs, .systems = systems, .live = live };
	int result = road->sql->ledger->monitored(road->sql, add_row, &gather);

	if (!result)
		result = put_system(&gather);
	if (!result)
		result = read_shared(&gather);
	while (gather.fresh_count)
		cbx_job_list_unref(gather.fresh[--gather.fresh_count]);
	while (gather.count)
		cbx_job_unref(gather.jobs[--gather.count]);
	free(gather.jobs);
	return result;
}

/* A report that changed nothing left no trace but this: a job_list was answered, so all jobs of the
 * system were reported then. Reports after it and before the next one left none and are ignored. */
static int note_checked(void *user, const char *name, int64_t ms)
{
	struct cbx_road *road = user;
	const struct cbx_job_list *list = cbx_active_jobs_get(road->jobs, name);
	int64_t until = ms + (int64_t)(road->settings->time_till_next_check_ns / CBX_MS);
	int64_t now = cbx_road_db_now(road);
	size_t i;

	if (until > now)
		until = now;
	for (i = 0; list && i < list->count; i++)
		if (list->jobs[i]->applied_db_ms < until)
			list->jobs[i]->applied_db_ms = until;
	return advance(road);
}

/* From what was read of them, or anew */
static int resume_figures(struct cbx_road *road)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	uint64_t now = cbx_now(road->clock);
	int64_t wall_ms = cbx_wall(road->clock);
	size_t i;
	size_t k;
	int result = cbx_active_jobs_freeze(road->jobs, &frozen);

	for (i = 0; !result && i < frozen->count; i++) {
		struct cbx_job_list *list = cbx_frozen_jobs_at(frozen, i);

		for (k = 0, list->figured = 0; k < list->count; k++) {
			struct cbx_job *job = list->jobs[k];

			if (job->phase != CBX_LIVE)
				continue;
			cbx_figures_resume(&job->figures, job->status, job->kind == CBX_RUNNING,
					   job->updated_ms, now, wall_ms);
			list->figured += cbx_figures_are_shared(&job->figures);
		}
	}
	return result;
}

int cbx_road_restore_system(struct cbx_systems *systems, const struct cbx_field *field)
{
	const char *name = field->name;
	size_t len = strlen(field->name);
	struct cbx_system_entry *entry;
	json_t *value = NULL;
	const char *text;
	int64_t checked = 0;
	enum cbx_system_state state = CBX_UNKNOWN;

	if (!cbx_system_name(&name, &len) || len != strlen(field->name))
		return 0;
	if (cbx_json_read(field->value, field->value_len, &value, NULL) == -ENOMEM)
		return -ENOMEM;
	text = json_string_value(json_object_get(value, "status"));
	if (text && !strcmp(text, "online"))
		state = CBX_ONLINE;
	else if (text && !strcmp(text, "offline"))
		state = CBX_OFFLINE;
	text = json_string_value(json_object_get(value, "lastCheck"));
	if (text && !cbx_time_parse(text, &checked))
		checked = 0;
	json_decref(value);
	entry = cbx_systems_get(systems, name);
	if (!entry)
		return -ENOMEM;
	if (entry->system->state == state && entry->system->last_check_ms == checked)
		return 0;
	return cbx_systems_restore(systems, entry, state, checked);
}

static int take_system(void *user, const char *key, const struct cbx_field *field)
{
	struct cbx_road *road = user;

	(void)key;
	road->systems_source = "redis";
	return cbx_road_restore_system(road->systems, field);
}

static int load_recorded(struct cbx_road *road)
{
	int result = cbx_road_measure_db_clock(road);

	if (!result)
		result = cbx_road_read_rows(road, road->jobs, road->systems, false);
	if (!result)
		result = road->sql->directory->recently_checked(road->sql, note_checked, road);
	if (!result)
		result = cbx_past_turns_read(&road->past_turns, road->sql);
	cbx_road_observe_times(road);
	if (result < 0 && result != CHATTERBOX_E_STANDBY)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

int cbx_road_load(struct cbx_road *road, int64_t epoch)
{
	int result;

	cbx_road_unload(road);
	if (road->loading_epoch != epoch)
		road->load_most = 0;
	road->loading_epoch = epoch;
	road->load_rows = 0;
	result = load_recorded(road);
	if (result < 0) {
		cbx_road_unload(road);
		return result;
	}
	if (road->state_link.up) {
		result = road->state->ops->read_systems(road->state, CBX_ONLINE_SYSTEMS,
							take_system, road);
		if (result < 0)
			cbx_link_lost(&road->state_link, result);
	}
	result = resume_figures(road);
	if (!result)
		result = cbx_past_turns_pass_on(&road->past_turns, road->systems);
	if (result < 0) {
		cbx_road_unload(road);
		return result;
	}
	road->share_whole = true;
	road->share_next = 0;
	road->epoch = epoch;
	road->load_most = 0;
	road->loaded_epoch = epoch;
	return cbx_road_update_snapshot(road);
}
