/* SPDX-License-Identifier: MIT */
/*
 * internal_systems.h - the proposal's InternalSystemsController: internal systems, kept in Redis,
 * which OCD writes too
 *
 * Every 5 s those not checked for recheck_system_time are deleted, whoever wrote them, unless they
 * were written again meanwhile (compare-and-delete). New ones get the access `internal`. The
 * poller's thread only.
 */
#ifndef CBX_CONTROLLER_INTERNAL_SYSTEMS_H
#define CBX_CONTROLLER_INTERNAL_SYSTEMS_H

#include "controller/errors.h"
#include "task/task.h"

struct cbx_internal_systems {
	struct cbx_road *road;
	struct cbx_errors *errors;
	struct cbx_task task;
	uint64_t names; /* sum over the names whose access was noted */
};

void cbx_internal_systems_init(struct cbx_internal_systems *internal, struct cbx_road *road,
			       struct cbx_errors *errors);
/* Reads them, notes their access, counts them for the snapshot. CHATTERBOX_E_DOWN. */
int cbx_internal_systems_populate(struct cbx_internal_systems *internal);
/* Deletes the old ones; *removed counts them (may be NULL) */
int cbx_internal_systems_clean_up(struct cbx_internal_systems *internal, size_t *removed);
/* Writes one that was checked now, or removes one */
int cbx_internal_systems_put(struct cbx_internal_systems *internal, const char *system);
int cbx_internal_systems_remove(struct cbx_internal_systems *internal, const char *system);

#endif
