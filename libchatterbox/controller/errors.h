/* SPDX-License-Identifier: MIT */
/*
 * errors.h - the proposal's ErrorsController: the errors table, syncing systems, and which systems
 * have access to the content server
 *
 * Writes to content_server_access are gathered and go out each csaTimer seconds. A system is
 * syncing from the moment it is named so until it is taken off or maxSyncTime has passed. The
 * poller's thread.
 */
#ifndef CBX_CONTROLLER_ERRORS_H
#define CBX_CONTROLLER_ERRORS_H

#include "port/errors.h"
#include "road/road.h"

struct cbx_access_entry;
struct cbx_syncing;

struct cbx_errors {
	struct cbx_road *road;
	struct cbx_access_entry *access; /* waits for the next flush, by system */
	uint64_t flush_at;
	struct cbx_syncing *syncing;
};

void cbx_errors_init(struct cbx_errors *errors, struct cbx_road *road);
void cbx_errors_close(struct cbx_errors *errors);
/* After a commit: what its changes say of access (a job completed, an error code content_server…)
 */
void cbx_errors_note_batch(struct cbx_errors *errors, const struct cbx_batch *batch);
/* "ok", "denied" or "internal"; @error may be NULL */
int cbx_errors_note_access(struct cbx_errors *errors, const char *system, const char *access,
			   const char *error);
/* Writes what has gathered, when it is time */
void cbx_errors_turn(struct cbx_errors *errors);
/* report_errors, store_errors: upserts into the errors table */
int cbx_errors_store(struct cbx_errors *errors, const struct cbx_error_row *rows, size_t count);
int cbx_errors_remove(struct cbx_errors *errors, const int64_t *ids, size_t count,
		      const char *system, int64_t *removed);
int cbx_errors_add_syncing(struct cbx_errors *errors, const char *system);
void cbx_errors_remove_syncing(struct cbx_errors *errors, const char *system);
bool cbx_errors_is_syncing(const struct cbx_errors *errors, const char *system);
/* Drops those older than maxSyncTime; how many are left */
size_t cbx_errors_clean_up_syncing(struct cbx_errors *errors);

#endif
