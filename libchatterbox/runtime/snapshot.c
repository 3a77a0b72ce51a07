// SPDX-License-Identifier: MIT
/* snapshot.c - the snapshot that readers see; a mutex is held only while its pointer is copied */
#include "runtime/snapshot.h"

#include <errno.h>
#include <stdlib.h>

int cbx_snapshot_new(struct cbx_active_jobs *jobs, struct cbx_systems *systems, uint64_t now,
		     struct cbx_snapshot **out)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int result;

	if (!snapshot)
		return -ENOMEM;
	snapshot->refs = 1;
	snapshot->published_at = now;
	result = cbx_active_jobs_freeze(jobs, &snapshot->jobs);
	if (!result)
		result = cbx_systems_freeze(systems, &snapshot->systems);
	if (result < 0)
		return result;
	*out = cbx_steal(snapshot);
	return 0;
}

struct cbx_snapshot *cbx_snapshot_ref(struct cbx_snapshot *snapshot)
{
	snapshot->refs++;
	return snapshot;
}

void cbx_snapshot_unref(struct cbx_snapshot *snapshot)
{
	if (!snapshot || --snapshot->refs > 0)
		return;
	cbx_frozen_jobs_unref(snapshot->jobs);
	cbx_system_list_unref(snapshot->systems);
	cbx_outlook_list_unref(snapshot->outlooks);
	free(snapshot);
}

void cbx_snapshot_slot_init(struct cbx_snapshot_slot *slot)
{
	slot->snapshot = NULL;
	pthread_mutex_init(&slot->lock, NULL);
}

void cbx_snapshot_slot_close(struct cbx_snapshot_slot *slot)
{
	cbx_snapshot_unref(slot->snapshot);
	slot->snapshot = NULL;
	pthread_mutex_destroy(&slot->lock);
}

void cbx_snapshot_slot_set(struct cbx_snapshot_slot *slot, struct cbx_snapshot *snapshot)
{
	struct cbx_snapshot *old;

	pthread_mutex_lock(&slot->lock);
	old = slot->snapshot;
	slot->snapshot = snapshot;
	pthread_mutex_unlock(&slot->lock);
	cbx_snapshot_unref(old);
}

struct cbx_snapshot *cbx_snapshot_slot_get(struct cbx_snapshot_slot *slot)
{
	struct cbx_snapshot *snapshot;

	pthread_mutex_lock(&slot->lock);
	snapshot = slot->snapshot ? cbx_snapshot_ref(slot->snapshot) : NULL;
	pthread_mutex_unlock(&slot->lock);
	return snapshot;
}
