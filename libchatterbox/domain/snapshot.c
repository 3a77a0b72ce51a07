// SPDX-License-Identifier: MIT
/* snapshot.c - a frozen table: references of its lists, and a binary search by system */
#include "domain/active_jobs.h"

#include <stdatomic.h>
#include <string.h>

struct cbx_snapshot *cbx_snapshot_ref(struct cbx_snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->refs, 1, memory_order_relaxed);
	return snapshot;
}

void cbx_snapshot_unref(struct cbx_snapshot *snapshot)
{
	size_t i;

	if (!snapshot || atomic_fetch_sub_explicit(&snapshot->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (i = 0; i < snapshot->count; i++)
		cbx_job_list_unref(snapshot->entries[i].list);
	free(snapshot);
}

struct cbx_job_list *cbx_snapshot_find(const struct cbx_snapshot *snapshot, const char *system)
{
	size_t low = 0;
	size_t high = snapshot->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(snapshot->entries[middle].system, system);

		if (!order)
			return snapshot->entries[middle].list;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
