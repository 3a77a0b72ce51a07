// SPDX-License-Identifier: MIT
/*
 * merge_batch.c - merges the reports of a batch with what is known: the last recorded lists, and
 * what SQL knows about the jobs that are in none of them
 *
 * SQL is asked about the jobs that the list does not hold as live: once a batch, in two questions,
 * never one by one.
 */
#include "road/batch.h"
#include "road/flight.h"

#include "base/hash.h"
#include "common/array.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the lists that the batch touches --- */

/* The working list of @system in this batch; the table's own when it was not touched yet */
static struct cbx_job_list *touched_list(struct cbx_road *road, const char *system)
{
	struct cbx_touched *touched;

	HASH_FIND_STR(road->batch.touched, system, touched);
	return touched ? touched->after : cbx_active_jobs_get(road->jobs, system);
}

/* Sets its next list; takes over the caller's reference on success */
static int set_touched(struct cbx_road *road, const char *system, struct cbx_job_list *after)
{
	size_t size = strlen(system) + 1;
	struct cbx_job_list *before;
	struct cbx_touched *touched;

	HASH_FIND_STR(road->batch.touched, system, touched);
	if (touched) {
		cbx_job_list_unref(touched->after);
		touched->after = after;
		return 0;
	}
	touched = calloc(1, sizeof(*touched) + size);
	if (!touched)
		return -ENOMEM;
	memcpy(touched->system, system, size);
	if (cbx_hash_add(road->batch.touched, touched->system, size - 1, touched) < 0) {
		free(touched);
		return -ENOMEM;
	}
	before = cbx_active_jobs_get(road->jobs, system);
	touched->before = before ? cbx_job_list_ref(before) : NULL;
	touched->after = after;
	return 0;
}

static void clear_touched(struct cbx_touched **touched)
{
	struct cbx_touched *one;
	struct cbx_touched *next;

	HASH_ITER (hh, *touched, one, next) {
		HASH_DEL(*touched, one);
		cbx_job_list_unref(one->before);
		cbx_job_list_unref(one->after);
		free(one);
	}
}

/* --- what SQL knows of the jobs in the batch --- */

struct cbx_pasts {
	struct cbx_past past;
	char *status;
	UT_hash_handle hh;
	char key[]; /* "<system>/<job_id>" */
};

#define PAST_KEY 96

static void past_key(const char *system, int64_t job_id, char out[PAST_KEY])
{
	snprintf(out, PAST_KEY, "%s/%lld", system, (long long)job_id);
}

static struct cbx_pasts *find(struct cbx_pasts *pasts, const char *system, int64_t job_id)
{
	struct cbx_pasts *found;
	char key[PAST_KEY];

	past_key(system, job_id, key);
	HASH_FIND_STR(pasts, key, found);
	return found;
}

static struct cbx_pasts *get(struct cbx_pasts **pasts, const char *system, int64_t job_id)
{
	struct cbx_pasts *entry = find(*pasts, system, job_id);
	char key[PAST_KEY];
	size_t size;

	if (entry)
		return entry;
	past_key(system, job_id, key);
	size = strlen(key) + 1;
	entry = calloc(1, sizeof(*entry) + size);
	if (!entry)
		return NULL;
	memcpy(entry->key, key, size);
	if (cbx_hash_add(*pasts, entry->key, size - 1, entry) < 0) {
		free(entry);
		return NULL;
	}
	return entry;
}

static void clear_pasts(struct cbx_pasts **pasts)
{
	struct cbx_pasts *entry;
	struct cbx_pasts *next;

	HASH_ITER (hh, *pasts, entry, next) {
		HASH_DEL(*pasts, entry);
		free(entry->status);
		free(entry);
	}
}

static const struct cbx_past *find_past(void *user, const char *system, int64_t job_id)
{
	struct cbx_road *road = user;
	struct cbx_pasts *entry = find(road->batch.pasts, system, job_id);

	return entry ? &entry->past : NULL;
}

static int note_completed(void *user, const struct cbx_row *row)
{
	struct cbx_road *road = user;
	struct cbx_pasts *entry = get(&road->batch.pasts, row->system, row->job_id);

	if (!entry)
		return -ENOMEM;
	free(entry->status);
	entry->status = strdup(row->status ?: "");
	if (!entry->status)
		return -ENOMEM;
	cbx_flight_row(road, "completed_jobs", row);
	entry->past.ended = true;
	entry->past.status = entry->status;
	entry->past.revision = row->revision;
	entry->past.inferred = row->inferred;
	entry->past.started_ms = row->started_ms;
	if (row->origin && !strcmp(row->origin, "ocd"))
		entry->past.origin = CBX_OCD;
	return 0;
}

static int note_ocd(void *user, const struct cbx_row *row)
{
	struct cbx_road *road = user;
	struct cbx_pasts *entry = get(&road->batch.pasts, row->system, row->job_id);

	if (!entry)
		return -ENOMEM;
	cbx_flight_row(road, "ocd", row);
	entry->past.origin = CBX_OCD;
	return 0;
}

/* The keys to ask about, borrowed from what was received */
static int collect(struct cbx_road *road, struct cbx_job_key **out, size_t *out_count)
{
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	const struct cbx_received *received;
	size_t count = 0;
	size_t capacity = 0;
	size_t left = road->batch.received_count;
	size_t i;

	for (received = road->batch.received; left--; received = received->next) {
		struct cbx_job_list *list =
			cbx_active_jobs_get(road->jobs, received->report.system);

		for (i = 0; i < received->report.count; i++) {
			if (!cbx_merge_needs_past(list, received->report.statuses[i]->job_id))
				continue;
			if (cbx_grow(keys, capacity, count + 1) < 0)
				return -ENOMEM;
			keys[count++] =
				(struct cbx_job_key){ received->report.system,
						      received->report.statuses[i]->job_id };
		}
	}
	*out = cbx_steal(keys);
	*out_count = count;
	return 0;
}

static int load_pasts(struct cbx_road *road)
{
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	size_t count = 0;
	int result = collect(road, &keys, &count);

	if (result < 0 || !count)
		return result;
	result = road->sql->ledger->completed(road->sql, keys, count, note_completed, road);
	if (result < 0)
		return result;
	return road->sql->ledger->ocd_jobs(road->sql, keys, count, note_ocd, road);
}

/* --- the merge --- */

static void fill_rules(const struct cbx_road *road, struct cbx_merge_rules *rules)
{
	*rules = (struct cbx_merge_rules){
		.keys = road->settings->kinds,
		.now = cbx_now(road->clock),
		.wall_ms = cbx_wall(road->clock),
		.db_ms = cbx_road_db_now(road),
		.checkpoint = road->settings->progress_checkpoint_ns,
		.keep_ended = 2 * road->settings->poll_timeout_ns + 60 * CBX_SECOND,
	};
}

static int merge_one(struct cbx_road *road, const struct cbx_merge_rules *rules,
		     const struct cbx_report *report)
{
	struct cbx_job_list *last = touched_list(road, report->system);
	struct cbx_job_list *next = NULL;
	uint64_t late = road->batch.counts.late;
	int result;

	result = cbx_merge(rules, last, report, find_past, road, &road->batch.record,
			   &road->batch.counts, &next);
	if (result < 0)
		return result;
	if (road->batch.counts.late > late)
		cbx_metric_add(road->counters->late_statuses,
			       report->kind == CBX_PUSH ? "push" : "answer", NULL,
			       (double)(road->batch.counts.late - late));
	if (road->batch.counts.ask) {
		road->batch.counts.ask = false;
		cbx_road_ask_now(road, report->system);
	}
	if (report->kind == CBX_LIST_ANSWER)
		result = cbx_batch_add_checked(&road->batch.record, report->system);
	if (next == last) {
		cbx_job_list_unref(next);
		return result;
	}
	if (!result)
		result = set_touched(road, report->system, next);
	if (result < 0)
		cbx_job_list_unref(next);
	return result;
}

int cbx_road_merge(struct cbx_road *road)
{
	struct cbx_merge_rules rules;
	const struct cbx_received *received = road->batch.received;
	size_t left = road->batch.received_count;
	int result = load_pasts(road);

	/* first, since of several changes of one job the last one is written */
	road->batch.record = road->waiting;
	road->waiting = (struct cbx_batch){ 0 };
	fill_rules(road, &rules);
	for (; !result && left--; received = received->next)
		result = merge_one(road, &rules, &received->report);
	return result;
}

void cbx_road_clear_merge(struct cbx_road *road)
{
	clear_touched(&road->batch.touched);
	clear_pasts(&road->batch.pasts);
	cbx_batch_clear(&road->batch.record);
	road->batch.counts = (struct cbx_merge_counts){ 0 };
}

int cbx_road_keep(struct cbx_road *road)
{
	const struct cbx_touched *touched;
	int result = 0;

	for (touched = road->batch.touched; touched; touched = touched->hh.next) {
		int error = cbx_active_jobs_set(road->jobs, touched->system, touched->after);

		/* recorded, but not in our tables: read everything again rather than show something
		 * wrong */
		if (error < 0)
			result = CHATTERBOX_E_FENCED;
	}
	return result;
}
