// SPDX-License-Identifier: MIT
/*
 * active_jobs.c - the table of the last recorded statuses of all systems
 *
 * Freezing it for readers is one walk along an array that is already sorted: only systems added
 * since the last freeze have to be sorted into it, and removed ones are dropped on the way. Counts
 * are kept up to date as lists change; speeds are summed at each freeze, since a running sum of
 * fractions would drift.
 */
#include "domain/active_jobs.h"

#include "base/hash.h"
#include "common/array.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

struct slot {
	UT_hash_handle hh;
	size_t at; /* its row */
	char system[];
};

struct row {
	struct slot *slot;
	struct cbx_job_list *list; /* NULL: removed; sort_rows() drops it */
	double speed;
};

struct cbx_active_jobs {
	struct slot *slots; /* hash table by system */
	struct row *rows;
	size_t count;
	size_t sorted; /* rows in order; those after them are new */
	size_t whole;  /* none of the first ones was removed */
	size_t capacity;
	size_t filled;                  /* rows that have a list */
	struct cbx_totals totals;       /* without the speed */
	struct cbx_frozen_jobs *frozen; /* the last frozen copy; NULL = something changed since */
	struct cbx_pieces pieces;       /* of it and of what has not changed since */
};

/* @by is 1 or -1. Returns the sum of the speeds. */
static double count_list(struct cbx_totals *totals, const struct cbx_job_list *list, int by)
{
	double speed = 0;
	size_t i;

	for (i = 0; list && i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];
		int ocd = job->origin == CBX_OCD ? by : 0;

		if (job->phase != CBX_LIVE)
			continue;
		totals->live += by;
		totals->live_ocd += ocd;
		if (job->kind == CBX_RUNNING) {
			totals->running += by;
			totals->running_ocd += ocd;
			speed += job->status->speed;
		} else if (job->kind == CBX_PAUSED) {
			totals->paused += by;
			totals->paused_ocd += ocd;
		} else {
			totals->other += by;
			totals->other_ocd += ocd;
		}
	}
	return speed;
}

int cbx_active_jobs_new(struct cbx_active_jobs **out)
{
	struct cbx_active_jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		return -ENOMEM;
	*out = jobs;
	return 0;
}

void cbx_active_jobs_clear(struct cbx_active_jobs *jobs)
{
	size_t i;

	HASH_CLEAR(hh, jobs->slots);
	for (i = 0; i < jobs->count; i++) {
		cbx_job_list_unref(jobs->rows[i].list);
		free(jobs->rows[i].slot);
	}
	cbx_frozen_jobs_unref(jobs->frozen);
	cbx_pieces_close(&jobs->pieces);
	free(jobs->rows);
	*jobs = (struct cbx_active_jobs){ 0 };
}

void cbx_active_jobs_free(struct cbx_active_jobs *jobs)
{
	if (!jobs)
		return;
	cbx_active_jobs_clear(jobs);
	free(jobs);
}

static struct row *find(const struct cbx_active_jobs *jobs, const char *system)
{
	struct slot *slot = NULL;

	HASH_FIND_STR(jobs->slots, system, slot);
	return slot ? &jobs->rows[slot->at] : NULL;
}

struct cbx_job_list *cbx_active_jobs_get(const struct cbx_active_jobs *jobs, const char *system)
{
	const struct row *row = find(jobs, system);

	return row ? row->list : NULL;
}

static int add_row(struct cbx_active_jobs *jobs, const char *system, struct row **out)
{
	size_t len = strlen(system);
	struct slot *slot;

	if (cbx_grow(jobs->rows, jobs->capacity, jobs->count + 1) < 0)
		return -ENOMEM;
	slot = calloc(1, sizeof(*slot) + len + 1);
	if (!slot)
		return -ENOMEM;
	memcpy(slot->system, system, len + 1);
	slot->at = jobs->count;
	if (cbx_hash_add(jobs->slots, slot->system, len, slot) < 0) {
		free(slot);
		return -ENOMEM;
	}
	*out = &jobs->rows[jobs->count++];
	**out = (struct row){ .slot = slot };
	return 0;
}

static void fill_row(struct cbx_active_jobs *jobs, struct row *row, struct cbx_job_list *list)
{
	struct cbx_job_list *old = row->list;
	size_t at = row->slot->at;

	count_list(&jobs->totals, old, -1);
	row->speed = count_list(&jobs->totals, list, 1);
	row->list = list ? cbx_job_list_ref(list) : NULL;
	jobs->filled += (size_t)(list != NULL) - (size_t)(old != NULL);
	cbx_pieces_forget(&jobs->pieces, at);
	if (!list && at < jobs->whole)
		jobs->whole = at;
	cbx_job_list_unref(old);
	cbx_frozen_jobs_unref(cbx_steal(jobs->frozen));
}

int cbx_active_jobs_set(struct cbx_active_jobs *jobs, const char *system, struct cbx_job_list *list)
{
	struct row *row = find(jobs, system);
	int error;

	if (list && !list->count)
		list = NULL;
	assert(!list || !strcmp(list->jobs[0]->status->system, system));
	if (list == (row ? row->list : NULL))
		return 0;
	if (!row) {
		error = add_row(jobs, system, &row);
		if (error)
			return error;
	}
	fill_row(jobs, row, list);
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->slot->system, ((const struct row *)b)->slot->system);
}

/* How many of the rows in order stay where they are; the new ones are sorted, too */
static size_t unmoved(const struct cbx_active_jobs *jobs)
{
	size_t low = 0;
	size_t high = jobs->sorted < jobs->whole ? jobs->sorted : jobs->whole;

	if (jobs->sorted == jobs->count)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_rows(&jobs->rows[middle], &jobs->rows[jobs->sorted]) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Drops removed rows from the two sorted parts behind @first, and merges them into @to. Returns the
 * number of all rows then. */
static size_t merge_rows(struct cbx_active_jobs *jobs, size_t first, struct row *to)
{
	struct row *old = jobs->rows + first;
	struct row *new = jobs->rows + jobs->sorted;
	const struct row *old_end = new;
	const struct row *new_end = jobs->rows + jobs->count;
	size_t count = first;

	while (old < old_end || new < new_end) {
		const struct row *row;

		if (new == new_end || (old < old_end && compare_rows(old, new) < 0))
			row = old++;
		else
			row = new ++;
		if (row->list) {
			row->slot->at = count;
			to[count++ - first] = *row;
			continue;
		}
		HASH_DEL(jobs->slots, row->slot);
		free(row->slot);
	}
	return count;
}

static int sort_rows(struct cbx_active_jobs *jobs)
{
	struct row *moved;
	size_t first;

	if (jobs->sorted == jobs->count && jobs->filled == jobs->count)
		return 0;
	qsort(jobs->rows + jobs->sorted, jobs->count - jobs->sorted, sizeof(*moved), compare_rows);
	first = unmoved(jobs);
	moved = malloc((jobs->count - first) * sizeof(*moved));
	if (!moved)
		return -ENOMEM;
	jobs->count = merge_rows(jobs, first, moved);
	memcpy(jobs->rows + first, moved, (jobs->count - first) * sizeof(*moved));
	free(moved);
	jobs->sorted = jobs->count;
	jobs->whole = jobs->count;
	cbx_pieces_forget_from(&jobs->pieces, first);
	return 0;
}

/* Sets a list in which @job, or nothing if that is NULL, stands where job @job_id stood */
static int replace(struct cbx_active_jobs *table, const char *system, int64_t job_id,
		   struct cbx_job *job)
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
	for (; i < count && list->jobs[i]->status->job_id < job_id; i++)
		jobs[n++] = list->jobs[i];
	if (job)
		jobs[n++] = job;
	for (; i < count; i++)
		if (list->jobs[i]->status->job_id != job_id)
			jobs[n++] = list->jobs[i];
	result = cbx_job_list_new(jobs, n, &next);
	if (!result)
		result = cbx_active_jobs_set(table, system, next);
	cbx_job_list_unref(next);
	return result;
}

int cbx_active_jobs_put(struct cbx_active_jobs *table, const char *system, struct cbx_job *job)
{
	return replace(table, system, job->status->job_id, job);
}

int cbx_active_jobs_drop(struct cbx_active_jobs *table, const char *system, int64_t job_id)
{
	if (!cbx_job_list_find(cbx_active_jobs_get(table, system), job_id))
		return 0;
	return replace(table, system, job_id, NULL);
}

static void *list_at(const void *table, size_t at)
{
	const struct cbx_active_jobs *jobs = table;

	return cbx_job_list_ref(jobs->rows[at].list);
}

static void unref_list(void *list)
{
	cbx_job_list_unref(list);
}

int cbx_active_jobs_freeze(struct cbx_active_jobs *jobs, struct cbx_frozen_jobs **out)
{
	struct cbx_frozen_jobs *frozen;
	size_t i;

	if (jobs->frozen) {
		*out = cbx_frozen_jobs_ref(jobs->frozen);
		return 0;
	}
	if (sort_rows(jobs))
		return -ENOMEM;
	frozen = malloc(sizeof(*frozen) + cbx_pieces_of(jobs->count) * sizeof(frozen->pieces[0]));
	if (!frozen || cbx_pieces_freeze(&jobs->pieces, jobs->count, list_at, jobs, unref_list,
					 frozen->pieces)) {
		free(frozen);
		return -ENOMEM;
	}
	atomic_init(&frozen->refs, 1);
	frozen->count = jobs->count;
	frozen->totals = jobs->totals;
	for (i = 0; i < jobs->count; i++)
		frozen->totals.speed += jobs->rows[i].speed;
	jobs->frozen = frozen;
	*out = cbx_frozen_jobs_ref(frozen);
	return 0;
}

bool cbx_active_jobs_has_stored_status(const struct cbx_active_jobs *jobs)
{
	return jobs->totals.live > 0;
}

struct cbx_frozen_jobs *cbx_frozen_jobs_ref(struct cbx_frozen_jobs *frozen)
{
	atomic_fetch_add_explicit(&frozen->refs, 1, memory_order_relaxed);
	return frozen;
}

void cbx_frozen_jobs_unref(struct cbx_frozen_jobs *frozen)
{
	if (!frozen || atomic_fetch_sub_explicit(&frozen->refs, 1, memory_order_acq_rel) != 1)
		return;
	cbx_pieces_unref(frozen->pieces, cbx_pieces_of(frozen->count));
	free(frozen);
}

struct cbx_job_list *cbx_frozen_jobs_find(const struct cbx_frozen_jobs *frozen, const char *system)
{
	size_t low = 0;
	size_t high = frozen->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct cbx_job_list *list = cbx_frozen_jobs_at(frozen, middle);
		int order = strcmp(cbx_job_list_system(list), system);

		if (!order)
			return list;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
