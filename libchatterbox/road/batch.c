// SPDX-License-Identifier: MIT
/*
 * batch.c - the tables of one batch; decides which jobs SQL is asked about: those that the list
 * does not hold as live, once a batch and in two questions, never one a job
 */
#include "road/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cbx_job_list *cbx_touched_list(struct cbx_flow *flow, const char *system)
{
	struct cbx_touched *touched;

	HASH_FIND_STR(flow->batch.touched, system, touched);
	return touched ? touched->after : cbx_active_jobs_get(flow->jobs, system);
}

int cbx_touched_set(struct cbx_flow *flow, const char *system, struct cbx_job_list *after)
{
	size_t size = strlen(system) + 1;
	bool cbx_hash_failed = false;
	struct cbx_job_list *before;
	struct cbx_touched *touched;

	HASH_FIND_STR(flow->batch.touched, system, touched);
	if (touched) {
		cbx_job_list_unref(touched->after);
		touched->after = after;
		return 0;
	}
	touched = calloc(1, sizeof(*touched) + size);
	if (!touched)
		return -ENOMEM;
	memcpy(touched->system, system, size);
	HASH_ADD_STR(flow->batch.touched, system, touched);
	if (cbx_hash_failed) {
		free(touched);
		return -ENOMEM;
	}
	before = cbx_active_jobs_get(flow->jobs, system);
	touched->before = before ? cbx_job_list_ref(before) : NULL;
	touched->after = after;
	return 0;
}

void cbx_touched_clear(struct cbx_touched **touched)
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
	bool cbx_hash_failed = false;
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
	HASH_ADD_STR(*pasts, key, entry);
	if (cbx_hash_failed) {
		free(entry);
		return NULL;
	}
	return entry;
}

void cbx_pasts_clear(struct cbx_pasts **pasts)
{
	struct cbx_pasts *entry;
	struct cbx_pasts *next;

	HASH_ITER (hh, *pasts, entry, next) {
		HASH_DEL(*pasts, entry);
		free(entry->status);
		free(entry);
	}
}

const struct cbx_past *cbx_pasts_find(void *user, const char *system, int64_t job_id)
{
	struct cbx_flow *flow = user;
	struct cbx_pasts *entry = find(flow->batch.pasts, system, job_id);

	return entry ? &entry->past : NULL;
}

static int note_completed(void *user, const struct cbx_row *row)
{
	struct cbx_flow *flow = user;
	struct cbx_pasts *entry = get(&flow->batch.pasts, row->system, row->job_id);

	if (!entry)
		return -ENOMEM;
	free(entry->status);
	entry->status = strdup(row->status);
	if (!entry->status)
		return -ENOMEM;
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
	struct cbx_flow *flow = user;
	struct cbx_pasts *entry = get(&flow->batch.pasts, row->system, row->job_id);

	if (!entry)
		return -ENOMEM;
	entry->past.origin = CBX_OCD;
	return 0;
}

/* The keys to ask about, borrowed from what was heard */
static int collect(struct cbx_flow *flow, struct cbx_job_key **out, size_t *out_count)
{
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	const struct cbx_heard *heard;
	size_t count = 0;
	size_t capacity = 0;
	size_t left = cbx_portion_size(flow);
	size_t i;

	for (heard = flow->batch.heard; left--; heard = heard->next) {
		struct cbx_job_list *list = cbx_active_jobs_get(flow->jobs, heard->system);

		for (i = 0; i < heard->count; i++) {
			if (!cbx_merge_needs_past(list, heard->statuses[i]->job_id))
				continue;
			if (count == capacity) {
				capacity = capacity ? capacity * 2 : 64;
				struct cbx_job_key *more =
					reallocarray(keys, capacity, sizeof(*keys));

				if (!more)
					return -ENOMEM;
				keys = more;
			}
			keys[count++] =
				(struct cbx_job_key){ heard->system, heard->statuses[i]->job_id };
		}
	}
	*out = cbx_steal(keys);
	*out_count = count;
	return 0;
}

int cbx_pasts_load(struct cbx_flow *flow)
{
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	size_t count = 0;
	int result = collect(flow, &keys, &count);

	if (result < 0 || !count)
		return result;
	result = flow->sql->ledger->completed(flow->sql, keys, count, note_completed, flow);
	if (result < 0)
		return result;
	return flow->sql->ledger->ocd_jobs(flow->sql, keys, count, note_ocd, flow);
}
