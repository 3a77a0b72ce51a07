/* SPDX-License-Identifier: MIT */
/*
 * errors.h - the proposal's ErrorsController: the errors table, syncing systems, and which systems
 * can reach the content server
 *
 * Writes to content_server_access are collected and go out every csaTimer seconds. A system is
 * syncing from when it is named until it is removed or maxSyncTime has passed. The poller's thread
 * only.
 */
#ifndef CBX_CONTROLLER_ERRORS_H
#define CBX_CONTROLLER_ERRORS_H

#include "port/errors.h"
#include "road/road.h"

struct cbx_access_entry;
struct cbx_syncing;

struct cbx_errors {
	struct cbx_road *road;
	struct cbx_access_entry *access; /* waiting to be written, by system */
	uint64_t gathering_since;
	uint64_t retry_at; /* not before, after a failure */
	struct cbx_syncing *syncing;
};

void cbx_errors_init(struct cbx_errors *errors, struct cbx_road *road);
void cbx_errors_close(struct cbx_errors *errors);
/* Called after a commit: notes what its changes say about access */
void cbx_errors_note_batch(struct cbx_errors *errors, const struct cbx_batch *batch);
/* "ok", "denied" or "internal"; @error may be NULL */
int cbx_errors_note_access(struct cbx_errors *errors, const char *system, const char *access,
			   const char *error);
/* Writes what was collected, when it is time */
void cbx_errors_turn(struct cbx_errors *errors);
/* report_errors, store_errors: upserts into the errors table */
int cbx_errors_store(struct cbx_errors *errors, const struct cbx_error_row *rows, size_t count);
int cbx_errors_remove(struct cbx_errors *errors, const int64_t *ids, size_t count,
		      const char *system, int64_t *removed);
int cbx_errors_add_syncing(struct cbx_errors *errors, const char *system);
void cbx_errors_remove_syncing(struct cbx_errors *errors, const char *system);
bool cbx_errors_is_syncing(const struct cbx_errors *errors, const char *system);
/* Removes those older than maxSyncTime; returns how many are left */
size_t cbx_errors_clean_up_syncing(struct cbx_errors *errors);

#endif
