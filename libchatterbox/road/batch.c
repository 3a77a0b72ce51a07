// SPDX-License-Identifier: MIT
/*
 * batch.c - the tables of one batch, and how many of its reports go into one transaction
 *
 * SQL is asked about the jobs that the list does not hold as live: once a batch, in two questions,
 * never one by one. If SQL refuses a value for good (a constraint or a trigger on OCD's own
 * tables), the batch is halved until the one bad status is found. That one is dropped and its
 * message rejected, and everything else is recorded; otherwise one bad status would hold up all
 * others for ever. A report that was split no longer proves that a job is missing.
 */
#include "road/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cbx_job_list *cbx_touched_list(struct cbx_road *road, const char *system)
{
	struct cbx_touched *touched;

	HASH_FIND_STR(road->batch.touched, system, touched);
	return touched ? touched->after : cbx_active_jobs_get(road->jobs, system);
}

int cbx_touched_set(struct cbx_road *road, const char *system, struct cbx_job_list *after)
{
	size_t size = strlen(system) + 1;
	bool cbx_hash_failed = false;
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
	HASH_ADD_STR(road->batch.touched, system, touched);
	if (cbx_hash_failed) {
		free(touched);
		return -ENOMEM;
	}
	before = cbx_active_jobs_get(road->jobs, system);
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
	struct cbx_road *road = user;
	struct cbx_pasts *entry = get(&road->batch.pasts, row->system, row->job_id);

	if (!entry)
		return -ENOMEM;
	entry->past.origin = CBX_OCD;
	return 0;
}

/* The jobs to ask about; the keys are borrowed from the reports */
static int collect(struct cbx_road *road, struct cbx_job_key **out, size_t *out_count)
{
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	const struct cbx_received *received;
	size_t count = 0;
	size_t capacity = 0;
	size_t left = cbx_portion_size(road);
	size_t i;

	for (received = road->batch.received; left--; received = received->next) {
		struct cbx_job_list *list = cbx_active_jobs_get(road->jobs, received->system);

		for (i = 0; i < received->count; i++) {
			if (!cbx_merge_needs_past(list, received->statuses[i]->job_id))
				continue;
			if (count == capacity) {
				capacity = capacity ? capacity * 2 : 64;
				struct cbx_job_key *more =
					reallocarray(keys, capacity, sizeof(*keys));

				if (!more)
					return -ENOMEM;
				keys = more;
			}
			keys[count++] = (struct cbx_job_key){ received->system,
							      received->statuses[i]->job_id };
		}
	}
	*out = cbx_steal(keys);
	*out_count = count;
	return 0;
}

int cbx_pasts_load(struct cbx_road *road)
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

size_t cbx_portion_size(const struct cbx_road *road)
{
	size_t portion = road->batch.portion;

	return portion && portion < road->batch.received_count ? portion
							       : road->batch.received_count;
}

static void take_first(struct cbx_road *road)
{
	struct cbx_received *received = road->batch.received;

	road->batch.received = received->next;
	if (!received->next)
		road->batch.received_end = &road->batch.received;
	road->batch.received_count--;
	road->batch.bytes -= cbx_received_bytes(received);
	cbx_received_free(received);
}

void cbx_portion_done(struct cbx_road *road)
{
	size_t count = cbx_portion_size(road);

	while (count--)
		take_first(road);
	road->batch.portion = road->batch.received_count ? 2 * road->batch.portion : 0;
	road->batch.oldest = cbx_now(road->clock);
}

static int split(struct cbx_road *road, struct cbx_received *received)
{
	struct cbx_report rest = { .kind = received->kind == CBX_LIST_ANSWER ? CBX_STATUS_ANSWER
									     : received->kind,
				   .system = received->system,
				   .at = received->at,
				   .absence = CBX_NO_ABSENCE };
	size_t half = received->count / 2;
	struct cbx_received *second = NULL;
	int result;

	rest.statuses = received->statuses + half;
	rest.count = received->count - half;
	result = cbx_received_new(&rest, received->from, &second);
	if (result < 0)
		return result;
	while (received->count > half)
		cbx_status_unref(received->statuses[--received->count]);
	received->absence = CBX_NO_ABSENCE;
	second->next = received->next;
	received->next = second;
	if (road->batch.received_end == &received->next)
		road->batch.received_end = &second->next;
	road->batch.received_count++;
	return 0;
}

static void drop(struct cbx_road *road, struct cbx_received *received)
{
	cbx_error(road->log,
		  CBX_FIELDS({ "server", "sql" }, { "system", received->system },
			     { "error", road->sql->error }),
		  "SQL refuses a status: it is dropped, its neighbours are recorded: %.300s",
		  received->count ? received->statuses[0]->json : "(a job's absence)");
	if (received->from)
		received->from->refused = true;
	take_first(road);
}

int cbx_portion_refused(struct cbx_road *road)
{
	size_t count = cbx_portion_size(road);

	road->batch.portion = count > 1 ? count / 2 : 1;
	if (count > 1)
		return 0;
	if (road->batch.received->count > 1)
		return split(road, road->batch.received);
	drop(road, road->batch.received);
	return 0;
}

void cbx_portion_drop(struct cbx_road *road, bool pushes_stay)
{
	struct cbx_received *received = road->batch.received;
	struct cbx_received *next;

	road->batch.received = NULL;
	road->batch.received_end = &road->batch.received;
	road->batch.received_count = 0;
	road->batch.bytes = 0;
	road->batch.portion = 0;
	for (; received; received = next) {
		next = received->next;
		received->next = NULL;
		if (!pushes_stay || !received->from) {
			cbx_received_free(received);
			continue;
		}
		*road->batch.received_end = received;
		road->batch.received_end = &received->next;
		road->batch.received_count++;
		road->batch.bytes += cbx_received_bytes(received);
	}
	road->batch.oldest = cbx_now(road->clock);
}
