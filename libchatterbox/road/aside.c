// SPDX-License-Identifier: MIT
/*
 * aside.c - decides what it costs when a job's row can't be written now: the reports of that job
 * alone
 *
 * The tables may be OCD's own. If others hold a row locked, the job's pushes wait, in their order
 * and unacknowledged, until it is free; answers about it are forgotten, since the next round asks
 * again. If SQL refuses the row for good (a constraint, a trigger, a policy), the status is dropped
 * and its message rejected. Everybody else is recorded. The log names a job once an hour, and one
 * that is locked only when that takes long.
 */
#include "road/batch.h"

#include "common/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY_AGAIN (CBX_SECOND / 2)
#define LONG_LOCKED (5 * CBX_SECOND)
#define NAME_AGAIN (3600 * CBX_SECOND)
#define KEY 96

struct cbx_aside {
	UT_hash_handle hh;
	bool locked;          /* at the last try: its pushes wait */
	bool refused;         /* in this batch: */
	size_t count;         /* how many statuses it has there */
	bool kept;            /* the first of them stays */
	uint64_t since;       /* when it was found locked first, 0 = it was not at the last try */
	uint64_t named_at[2]; /* as locked, as refused; 0 = never */
	int64_t job_id;
	size_t system_len;
	char key[]; /* "<system>/<job_id>" */
};

static struct cbx_aside *find(struct cbx_road *road, const struct cbx_status *status, char key[KEY])
{
	struct cbx_aside *entry;

	snprintf(key, KEY, "%s/%lld", status->system, (long long)status->job_id);
	HASH_FIND_STR(road->batch.aside, key, entry);
	return entry;
}

static struct cbx_aside *get(struct cbx_road *road, const struct cbx_status *status)
{
	char key[KEY];
	struct cbx_aside *entry = find(road, status, key);
	size_t len = strlen(key);

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry) + len + 1);
	if (!entry)
		return NULL;
	memcpy(entry->key, key, len);
	entry->job_id = status->job_id;
	entry->system_len = strlen(status->system);
	if (cbx_hash_add(road->batch.aside, entry->key, len, entry) < 0) {
		free(entry);
		return NULL;
	}
	return entry;
}

static inline bool is_marked(const struct cbx_aside *entry)
{
	return entry && (entry->locked || entry->refused);
}

static bool was_named(const struct cbx_aside *entry, bool refused, uint64_t now)
{
	return entry->named_at[refused] && now - entry->named_at[refused] < NAME_AGAIN;
}

static void name(struct cbx_road *road, struct cbx_aside *entry, bool refused, const char *what)
{
	uint64_t now = cbx_now(road->clock);

	if (was_named(entry, refused, now))
		return;
	entry->named_at[refused] = now;
	cbx_error(road->log,
		  CBX_FIELDS({ "server", "sql" }, { "job", entry->key },
			     { "error", road->sql->error }),
		  "%s", what);
}

static void note_fault(struct cbx_road *road, struct cbx_aside *entry, bool refused)
{
	uint64_t now = cbx_now(road->clock);

	if (refused) {
		entry->refused = true;
		cbx_metric_add(road->counters->decode_rejects, "sql", NULL, 1);
		name(road, entry, true,
		     "SQL refuses a status: it is dropped, its neighbours are recorded");
		return;
	}
	entry->locked = true;
	road->batch.aside_until = now + TRY_AGAIN;
	if (!entry->since)
		entry->since = now;
	if (now - entry->since >= LONG_LOCKED)
		name(road, entry, false,
		     "a job's row can't be written: its reports wait, its neighbours are recorded");
}

int cbx_aside_note_faults(struct cbx_road *road)
{
	size_t i;

	for (i = 0; i < road->sql->fault_count; i++) {
		const struct cbx_fault *fault = &road->sql->faults[i];
		struct cbx_aside *entry =
			get(road, road->batch.record.changes[fault->change].job->status);

		if (!entry)
			return -ENOMEM;
		note_fault(road, entry, fault->refused);
	}
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return (*(const int64_t *)a > *(const int64_t *)b) -
	       (*(const int64_t *)a < *(const int64_t *)b);
}

/* The jobs that count as rejected in a report: they are neither changed by it nor missing in it */
static int add_marked(const struct cbx_road *road, const struct cbx_report *report, int64_t **ids,
		      size_t *count)
{
	size_t capacity = 0;
	const struct cbx_aside *entry;

	for (entry = road->batch.aside; entry; entry = entry->hh.next) {
		if (!is_marked(entry) ||
		    strncmp(entry->key, report->system, entry->system_len) != 0 ||
		    report->system[entry->system_len])
			continue;
		if (cbx_grow(*ids, capacity, *count + 1) < 0)
			return -ENOMEM;
		(*ids)[(*count)++] = entry->job_id;
	}
	if (!*count || !report->rejected_count)
		return 0;
	if (cbx_grow(*ids, capacity, *count + report->rejected_count) < 0)
		return -ENOMEM;
	memcpy(*ids + *count, report->rejected, report->rejected_count * sizeof(**ids));
	*count += report->rejected_count;
	return 0;
}

/* What becomes of a status of a job that is set aside */
static int set_aside(struct cbx_road *road, const struct cbx_received *received, size_t at,
		     const struct cbx_aside *entry)
{
	bool waits = entry->locked || entry->count > 1;
	struct cbx_report report = received->report;
	struct cbx_received *one = NULL;
	int result;

	if (report.kind != CBX_PUSH)
		return 0;
	report.statuses += at;
	report.count = 1;
	result = cbx_received_new(&report, received->from, received->order, &one);
	if (result < 0)
		return result;
	if (waits) {
		*road->batch.waiting_end = one;
		road->batch.waiting_end = &one->next;
		one->next = NULL;
		return 0;
	}
	one->next = road->batch.refused;
	road->batch.refused = one;
	return 0;
}

/* SQL refuses one of several: the first is tried without the others */
static bool stays(struct cbx_aside *entry)
{
	if (!is_marked(entry))
		return true;
	if (entry->locked || entry->count < 2 || entry->kept)
		return false;
	entry->kept = true;
	return true;
}

/* Makes *out of a report, without the statuses that are set aside; NULL when none is left */
static int without_marked(struct cbx_road *road, const struct cbx_received *received,
			  const int64_t *ids, size_t count, struct cbx_received **out)
{
	struct cbx_report rest = received->report;
	cbx_auto(cbx_freep) struct cbx_status **kept =
		calloc(rest.count + 1, sizeof(struct cbx_status *));
	char key[KEY];
	size_t i;
	int result = 0;

	if (!kept)
		return -ENOMEM;
	rest.statuses = kept;
	rest.count = 0;
	rest.rejected = ids;
	rest.rejected_count = count;
	for (i = 0; i < received->report.count && !result; i++) {
		struct cbx_status *status = received->report.statuses[i];
		struct cbx_aside *entry = find(road, status, key);

		if (stays(entry))
			kept[rest.count++] = status;
		else
			result = set_aside(road, received, i, entry);
	}
	if (result || (!rest.count && rest.kind == CBX_PUSH))
		return result;
	return cbx_received_new(&rest, received->from, received->order, out);
}

/* Takes @received over */
static int separate(struct cbx_road *road, struct cbx_received *received)
{
	cbx_auto(cbx_freep) int64_t *ids = NULL;
	struct cbx_received *rest = NULL;
	size_t count = 0;
	int result = add_marked(road, &received->report, &ids, &count);

	if (!result && !count) {
		cbx_batch_put(road, received);
		return 0;
	}
	if (!result) {
		qsort(ids, count, sizeof(*ids), compare_ids);
		result = without_marked(road, received, ids, count, &rest);
	}
	if (rest)
		cbx_batch_put(road, rest);
	cbx_received_free(received);
	return result;
}

static void count_statuses(struct cbx_road *road)
{
	const struct cbx_received *received;
	char key[KEY];
	size_t i;

	for (received = road->batch.received; received; received = received->next)
		for (i = 0; i < received->report.count; i++) {
			struct cbx_aside *entry = find(road, received->report.statuses[i], key);

			if (entry)
				entry->count++;
		}
}

static bool is_any_marked(const struct cbx_road *road)
{
	const struct cbx_aside *entry = road->batch.aside;

	while (entry && !is_marked(entry))
		entry = entry->hh.next;
	return entry;
}

static void end_separation(struct cbx_road *road)
{
	struct cbx_aside *entry;

	for (entry = road->batch.aside; entry; entry = entry->hh.next) {
		/* those behind it are tried as soon as it is recorded */
		if (entry->kept && !road->batch.aside_until)
			road->batch.aside_until = cbx_now(road->clock);
		entry->refused = entry->kept = false;
		entry->count = 0;
	}
}

int cbx_aside_separate(struct cbx_road *road)
{
	struct cbx_received *received;
	struct cbx_received *next;
	int result = 0;

	if (!is_any_marked(road))
		return 0;
	count_statuses(road);
	cbx_batch_take_out(road, &received);
	for (; received; received = next) {
		next = received->next;
		if (result < 0)
			cbx_received_free(received); /* the caller discards the whole batch */
		else
			result = separate(road, received);
	}
	end_separation(road);
	return result;
}

static void put_in_order(struct cbx_road *road, struct cbx_received *a, struct cbx_received *b)
{
	while (a || b) {
		struct cbx_received **older = !b || (a && a->order < b->order) ? &a : &b;
		struct cbx_received *received = *older;

		*older = received->next;
		cbx_batch_put(road, received);
	}
}

void cbx_aside_return(struct cbx_road *road)
{
	struct cbx_road_batch *batch = &road->batch;
	struct cbx_received *waiting = batch->waiting;
	struct cbx_received *newer;
	struct cbx_inbound *inbound;
	struct cbx_aside *entry;

	if (!batch->aside_until)
		return;
	batch->aside_until = 0;
	for (entry = batch->aside; entry; entry = entry->hh.next)
		entry->locked = false;
	batch->waiting = NULL;
	batch->waiting_end = &batch->waiting;
	cbx_batch_take_out(road, &newer);
	put_in_order(road, waiting, newer);
	while ((inbound = batch->waiting_inbounds)) {
		batch->waiting_inbounds = inbound->next;
		inbound->next = NULL;
		*batch->inbounds_end = inbound;
		batch->inbounds_end = &inbound->next;
	}
}

static bool is_waiting(const struct cbx_road *road, const struct cbx_inbound *inbound)
{
	const struct cbx_received *received;

	for (received = road->batch.waiting; received; received = received->next)
		if (received->from == inbound)
			return true;
	return false;
}

static void keep_waiting_inbounds(struct cbx_road *road)
{
	struct cbx_inbound **link = &road->batch.inbounds;
	struct cbx_inbound *inbound;

	while ((inbound = *link)) {
		if (!is_waiting(road, inbound)) {
			link = &inbound->next;
			continue;
		}
		*link = inbound->next;
		inbound->next = road->batch.waiting_inbounds;
		road->batch.waiting_inbounds = inbound;
	}
	road->batch.inbounds_end = link;
}

static void drop(struct cbx_road *road, struct cbx_aside *entry)
{
	HASH_DEL(road->batch.aside, entry);
	free(entry);
}

/* Those that are locked or were named lately are remembered */
void cbx_aside_batch_done(struct cbx_road *road)
{
	uint64_t now = cbx_now(road->clock);
	struct cbx_aside *entry;
	struct cbx_aside *next;

	keep_waiting_inbounds(road);
	HASH_ITER (hh, road->batch.aside, entry, next) {
		if (entry->locked)
			continue;
		entry->since = 0;
		if (!was_named(entry, false, now) && !was_named(entry, true, now))
			drop(road, entry);
	}
}

void cbx_aside_clear(struct cbx_road *road)
{
	while (road->batch.aside)
		drop(road, road->batch.aside);
}
