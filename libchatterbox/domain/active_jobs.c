// SPDX-License-Identifier: MIT
/*
 * active_jobs.c - the table of the last recorded statuses, and how it is frozen
 *
 * Decides that a freeze costs no more than a walk over the systems: each system's totals are made
 * when its list is set, the walk is in order, and only systems that came since the last freeze are
 * sorted into it; those that went are dropped on the same walk.
 */
#include "domain/active_jobs.h"
#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

struct slot {
	UT_hash_handle hh;
	struct cbx_job_list *list; /* NULL: gone, to be dropped by settle() */
	struct cbx_totals totals;
	char system[];
};

struct cbx_active_jobs {
	struct slot *slots; /* by system */
	struct slot **order;
	size_t count;    /* of order */
	size_t settled;  /* so many of them are sorted; the rest is new */
	size_t capacity; /* of order */
	size_t filled;   /* slots with a list */
	size_t live;
	struct cbx_snapshot *frozen; /* NULL: something was set since */
};

static void count_job(struct cbx_totals *totals, const struct cbx_job *job)
{
	bool ocd = job->origin == CBX_OCD;

	if (job->phase != CBX_LIVE)
		return;
	totals->live++;
	totals->live_ocd += ocd;
	if (job->kind == CBX_RUNNING) {
		totals->running++;
		totals->running_ocd += ocd;
		totals->speed += job->status->speed;
	} else if (job->kind == CBX_PAUSED) {
		totals->paused++;
		totals->paused_ocd += ocd;
	} else {
		totals->other++;
		totals->other_ocd += ocd;
	}
}

static void sum_totals(struct cbx_totals *to, const struct cbx_totals *from)
{
	to->live += from->live;
	to->running += from->running;
	to->paused += from->paused;
	to->other += from->other;
	to->running_ocd += from->running_ocd;
	to->live_ocd += from->live_ocd;
	to->paused_ocd += from->paused_ocd;
	to->other_ocd += from->other_ocd;
	to->speed += from->speed;
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
		cbx_job_list_unref(jobs->order[i]->list);
		free(jobs->order[i]);
	}
	cbx_snapshot_unref(jobs->frozen);
	free(jobs->order);
	*jobs = (struct cbx_active_jobs){ 0 };
}

void cbx_active_jobs_free(struct cbx_active_jobs *jobs)
{
	if (!jobs)
		return;
	cbx_active_jobs_clear(jobs);
	free(jobs);
}

static struct slot *find(const struct cbx_active_jobs *jobs, const char *system)
{
	struct slot *slot = NULL;

	HASH_FIND_STR(jobs->slots, system, slot);
	return slot;
}

struct cbx_job_list *cbx_active_jobs_get(const struct cbx_active_jobs *jobs, const char *system)
{
	struct slot *slot = find(jobs, system);

	return slot ? slot->list : NULL;
}

static int add_slot(struct cbx_active_jobs *jobs, const char *system, struct slot **out)
{
	size_t len = strlen(system);
	size_t capacity = jobs->capacity ? jobs->capacity * 2 : 64;
	bool cbx_hash_failed = false;
	struct slot **order;
	struct slot *slot;

	if (jobs->count == jobs->capacity) {
		order = realloc(jobs->order, capacity * sizeof(struct slot *));
		if (!order)
			return -ENOMEM;
		jobs->order = order;
		jobs->capacity = capacity;
	}
	slot = calloc(1, sizeof(*slot) + len + 1);
	if (!slot)
		return -ENOMEM;
	memcpy(slot->system, system, len + 1);
	HASH_ADD_KEYPTR(hh, jobs->slots, slot->system, len, slot);
	if (cbx_hash_failed) {
		free(slot);
		return -ENOMEM;
	}
	jobs->order[jobs->count++] = slot;
	*out = slot;
	return 0;
}

static void fill_slot(struct cbx_active_jobs *jobs, struct slot *slot, struct cbx_job_list *list)
{
	struct cbx_job_list *old = slot->list;
	size_t i;

	slot->totals = (struct cbx_totals){ 0 };
	slot->list = list ? cbx_job_list_ref(list) : NULL;
	for (i = 0; list && i < list->count; i++)
		count_job(&slot->totals, list->jobs[i]);
	jobs->filled += (size_t)(list != NULL) - (size_t)(old != NULL);
	jobs->live += (list ? list->live : 0) - (old ? old->live : 0);
	cbx_job_list_unref(old);
	cbx_snapshot_unref(cbx_steal(jobs->frozen));
}

int cbx_active_jobs_set(struct cbx_active_jobs *jobs, const char *system, struct cbx_job_list *list)
{
	struct slot *slot = find(jobs, system);
	int error;

	if (list && !list->count)
		list = NULL;
	assert(!list || !strcmp(list->jobs[0]->status->system, system));
	if (list == (slot ? slot->list : NULL))
		return 0;
	if (!slot) {
		error = add_slot(jobs, system, &slot);
		if (error)
			return error;
	}
	fill_slot(jobs, slot, list);
	return 0;
}

static int compare_slots(const void *a, const void *b)
{
	return strcmp((*(struct slot *const *)a)->system, (*(struct slot *const *)b)->system);
}

/* Sorts the new ones, drops the gone ones, and merges both halves into @to */
static size_t merge_order(struct cbx_active_jobs *jobs, struct slot **to)
{
	size_t old = 0;
	size_t new = jobs->settled;
	size_t count = 0;

	qsort(jobs->order + new, jobs->count - new, sizeof(struct slot *), compare_slots);
	while (old < jobs->settled || new < jobs->count) {
		struct slot *slot;

		if (new == jobs->count)
			slot = jobs->order[old++];
		else if (old == jobs->settled)
			slot = jobs->order[new ++];
		else if (strcmp(jobs->order[old]->system, jobs->order[new]->system) < 0)
			slot = jobs->order[old++];
		else
			slot = jobs->order[new ++];
		if (slot->list) {
			to[count++] = slot;
			continue;
		}
		HASH_DEL(jobs->slots, slot);
		free(slot);
	}
	return count;
}

static int settle(struct cbx_active_jobs *jobs)
{
	struct slot **order;

	if (jobs->settled == jobs->count && jobs->filled == jobs->count)
		return 0;
	order = malloc(jobs->capacity * sizeof(struct slot *));
	if (!order)
		return -ENOMEM;
	jobs->count = merge_order(jobs, order);
	jobs->settled = jobs->count;
	free(jobs->order);
	jobs->order = order;
	return 0;
}

int cbx_active_jobs_freeze(struct cbx_active_jobs *jobs, struct cbx_snapshot **out)
{
	struct cbx_snapshot *snapshot;
	size_t i;

	if (jobs->frozen) {
		*out = cbx_snapshot_ref(jobs->frozen);
		return 0;
	}
	if (settle(jobs))
		return -ENOMEM;
	snapshot = malloc(sizeof(*snapshot) + jobs->count * sizeof(snapshot->entries[0]));
	if (!snapshot)
		return -ENOMEM;
	atomic_init(&snapshot->refs, 1);
	snapshot->count = jobs->count;
	snapshot->totals = (struct cbx_totals){ 0 };
	for (i = 0; i < jobs->count; i++) {
		struct slot *slot = jobs->order[i];

		snapshot->entries[i].list = cbx_job_list_ref(slot->list);
		snapshot->entries[i].system = slot->list->jobs[0]->status->system;
		sum_totals(&snapshot->totals, &slot->totals);
	}
	jobs->frozen = snapshot;
	*out = cbx_snapshot_ref(snapshot);
	return 0;
}

bool cbx_active_jobs_has_stored_status(const struct cbx_active_jobs *jobs)
{
	return jobs->live > 0;
}
