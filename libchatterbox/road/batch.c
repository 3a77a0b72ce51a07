// SPDX-License-Identifier: MIT
/*
 * batch.c - the tables of one batch, and how much of what was heard goes into one transaction
 *
 * Decides which jobs SQL is asked about: those that the list does not hold as live, once a batch
 * and in two questions, never one a job. And what becomes of a status that SQL will never take (a
 * constraint or a trigger of OCD's own tables): the batch is halved until the one status is found,
 * that one is dropped, its message rejected, and its neighbours are recorded. Without that a single
 * one would hold up all others for ever. What is left of a report that was taken apart proves no
 * absence.
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

size_t cbx_portion_size(const struct cbx_flow *flow)
{
	size_t portion = flow->batch.portion;

	return portion && portion < flow->batch.heard_count ? portion : flow->batch.heard_count;
}

static void take_first(struct cbx_flow *flow)
{
	struct cbx_heard *heard = flow->batch.heard;

	flow->batch.heard = heard->next;
	if (!heard->next)
		flow->batch.heard_end = &flow->batch.heard;
	flow->batch.heard_count--;
	flow->batch.bytes -= cbx_heard_bytes(heard);
	cbx_heard_free(heard);
}

void cbx_portion_done(struct cbx_flow *flow)
{
	size_t count = cbx_portion_size(flow);

	while (count--)
		take_first(flow);
	flow->batch.portion = flow->batch.heard_count ? 2 * flow->batch.portion : 0;
	flow->batch.oldest = cbx_now(flow->clock);
}

static int split(struct cbx_flow *flow, struct cbx_heard *heard)
{
	struct cbx_report rest = { .kind = heard->kind == CBX_LIST_ANSWER ? CBX_STATUS_ANSWER
									  : heard->kind,
				   .system = heard->system,
				   .at = heard->at,
				   .absence = CBX_NO_ABSENCE };
	size_t half = heard->count / 2;
	struct cbx_heard *second = NULL;
	int result;

	rest.statuses = heard->statuses + half;
	rest.count = heard->count - half;
	result = cbx_heard_new(&rest, heard->from, &second);
	if (result < 0)
		return result;
	while (heard->count > half)
		cbx_status_unref(heard->statuses[--heard->count]);
	heard->absence = CBX_NO_ABSENCE;
	second->next = heard->next;
	heard->next = second;
	if (flow->batch.heard_end == &heard->next)
		flow->batch.heard_end = &second->next;
	flow->batch.heard_count++;
	return 0;
}

static void drop(struct cbx_flow *flow, struct cbx_heard *heard)
{
	cbx_error(flow->log,
		  CBX_FIELDS({ "server", "sql" }, { "system", heard->system },
			     { "error", flow->sql->error }),
		  "SQL refuses a status: it is dropped, its neighbours are recorded: %.300s",
		  heard->count ? heard->statuses[0]->json : "(a job's absence)");
	if (heard->from)
		heard->from->refused = true;
	take_first(flow);
}

int cbx_portion_refused(struct cbx_flow *flow)
{
	size_t count = cbx_portion_size(flow);

	flow->batch.portion = count > 1 ? count / 2 : 1;
	if (count > 1)
		return 0;
	if (flow->batch.heard->count > 1)
		return split(flow, flow->batch.heard);
	drop(flow, flow->batch.heard);
	return 0;
}

void cbx_portion_drop(struct cbx_flow *flow, bool pushes_stay)
{
	struct cbx_heard *heard = flow->batch.heard;
	struct cbx_heard *next;

	flow->batch.heard = NULL;
	flow->batch.heard_end = &flow->batch.heard;
	flow->batch.heard_count = 0;
	flow->batch.bytes = 0;
	flow->batch.portion = 0;
	for (; heard; heard = next) {
		next = heard->next;
		heard->next = NULL;
		if (!pushes_stay || !heard->from) {
			cbx_heard_free(heard);
			continue;
		}
		*flow->batch.heard_end = heard;
		flow->batch.heard_end = &heard->next;
		flow->batch.heard_count++;
		flow->batch.bytes += cbx_heard_bytes(heard);
	}
	flow->batch.oldest = cbx_now(flow->clock);
}
