/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - what readers see: a frozen, counted picture that the poller swaps in after each
 * batch
 *
 * Readers never lock the road: they take a reference of the present view and keep it as long as
 * they like.
 */
#ifndef CBX_RUNTIME_SNAPSHOT_H
#define CBX_RUNTIME_SNAPSHOT_H

#include "domain/active_jobs.h"
#include "domain/system.h"

#include <pthread.h>

/* The last round, for GET /api/v1/summary */
struct cbx_cycle {
	uint64_t systems, jobs, changed, timeouts;
	double seconds;
	int64_t finished_ms; /* 0 = none yet */
};

struct cbx_snapshot {
	_Atomic unsigned refs;
	struct cbx_frozen_jobs *jobs;
	struct cbx_system_list *systems;
	size_t internal;                        /* members of APP:internal_systems */
	double interval_base, interval_current; /* s */
	const char *load_reason;                /* static; NULL = calm */
	bool paused;
	struct cbx_cycle last_cycle;
	uint64_t published_at; /* ns */
};

/* The present picture of both tables, the rest of it empty */
int cbx_snapshot_new(struct cbx_active_jobs *jobs, struct cbx_systems *systems, uint64_t now,
		     struct cbx_snapshot **out);
struct cbx_snapshot *cbx_snapshot_ref(struct cbx_snapshot *snapshot);
void cbx_snapshot_unref(struct cbx_snapshot *snapshot);
CBX_DEFINE_CLEANUP(struct cbx_snapshot *, cbx_snapshot_unref)

/* The place where the present view hangs */
struct cbx_snapshot_slot {
	pthread_mutex_t lock;
	struct cbx_snapshot *snapshot;
};

void cbx_snapshot_slot_init(struct cbx_snapshot_slot *slot);
void cbx_snapshot_slot_close(struct cbx_snapshot_slot *slot);
/* Takes the caller's reference; gives up that of the old view */
void cbx_snapshot_slot_set(struct cbx_snapshot_slot *slot, struct cbx_snapshot *snapshot);
/* A new reference; NULL before the first show */
struct cbx_snapshot *cbx_snapshot_slot_get(struct cbx_snapshot_slot *slot);

#endif
