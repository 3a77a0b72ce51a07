/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - what readers see: a frozen, counted copy that the poller replaces after each batch
 *
 * Readers do not lock out the poller: they take a reference to the present snapshot and keep it as
 * long as they like.
 */
#ifndef CBX_RUNTIME_SNAPSHOT_H
#define CBX_RUNTIME_SNAPSHOT_H

#include "domain/active_jobs.h"
#include "domain/outlook_record.h"
#include "domain/system.h"

#include <pthread.h>

/* The last round, for GET /api/v1/summary */
struct cbx_cycle {
	uint64_t systems, jobs, changed, timeouts;
	double seconds;
	int64_t finished_ms;            /* 0 = none yet */
	uint64_t questions, unanswered; /* of the last round that asked somebody */
};

struct cbx_snapshot {
	_Atomic unsigned refs;
	struct cbx_frozen_jobs *jobs;
	struct cbx_system_list *systems;
	size_t internal;            /* members of APP:internal_systems */
	const char *systems_source; /* "connections" or "redis"; NULL = neither named a system */
	uint64_t interval_base_ns, interval_current_ns;
	const char *load_reason; /* static; NULL = calm */
	int64_t paused_until_ms; /* 0 = not paused */
	struct cbx_cycle last_cycle;
	struct cbx_outlook_list *outlooks; /* NULL: this instance does not lead */
	struct cbx_fleet_evidence fleet;
	uint64_t published_at; /* ns */
	int64_t published_ms;  /* by the database's clock; 0: it does not say */
};

/* Freezes both tables; everything else is empty */
int cbx_snapshot_new(struct cbx_active_jobs *jobs, struct cbx_systems *systems, uint64_t now,
		     struct cbx_snapshot **out);
struct cbx_snapshot *cbx_snapshot_ref(struct cbx_snapshot *snapshot);
void cbx_snapshot_unref(struct cbx_snapshot *snapshot);
CBX_DEFINE_CLEANUP(struct cbx_snapshot *, cbx_snapshot_unref)

/* Where the present snapshot is kept */
struct cbx_snapshot_slot {
	pthread_mutex_t lock;
	struct cbx_snapshot *snapshot;
};

void cbx_snapshot_slot_init(struct cbx_snapshot_slot *slot);
void cbx_snapshot_slot_close(struct cbx_snapshot_slot *slot);
/* Replaces the snapshot; takes over the caller's reference and drops that of the old one */
void cbx_snapshot_slot_set(struct cbx_snapshot_slot *slot, struct cbx_snapshot *snapshot);
/* A new reference; NULL before the first snapshot was set */
struct cbx_snapshot *cbx_snapshot_slot_get(struct cbx_snapshot_slot *slot);

#endif
