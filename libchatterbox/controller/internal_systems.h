/* SPDX-License-Identifier: MIT */
/*
 * internal_systems.h - the proposal's InternalSystemsController: systems of our own, kept in Redis
 * and written from both sides
 *
 * Each 5 s those that were not checked for recheck_system_time are dropped, whoever wrote them, by
 * compare-and-delete: one that was written anew meanwhile stays. Who is new among them gets the
 * access `internal`. The poller's thread.
 */
#ifndef CBX_CONTROLLER_INTERNAL_SYSTEMS_H
#define CBX_CONTROLLER_INTERNAL_SYSTEMS_H

#include "controller/errors.h"
#include "task/task.h"

struct cbx_internal_systems {
	struct cbx_road *road;
	struct cbx_errors *errors;
	struct cbx_task task;
	uint64_t names; /* a sum over the names whose access was noted */
};

void cbx_internal_systems_init(struct cbx_internal_systems *internal, struct cbx_road *road,
			       struct cbx_errors *errors);
/* Reads them, notes their access as internal, counts them for the view. CHATTERBOX_E_DOWN. */
int cbx_internal_systems_populate(struct cbx_internal_systems *internal);
/* Drops the old ones; *removed counts them (may be NULL) */
int cbx_internal_systems_clean_up(struct cbx_internal_systems *internal, size_t *removed);
/* Writes one, checked now; or takes it off */
int cbx_internal_systems_put(struct cbx_internal_systems *internal, const char *system);
int cbx_internal_systems_remove(struct cbx_internal_systems *internal, const char *system);

#endif
