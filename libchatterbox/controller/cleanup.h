/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - clears errored jobs and errors "after a day or two": the proposal's
 * CleanUpErroredUserJobsController and deleteEntry
 *
 * The Job Errors Task runs 10 s after the start and then once a day. It is skipped if the
 * database's clock has moved by over an hour against the monotonic one since the last run, so that
 * nothing is deleted because a clock was set. The poller's thread only.
 */
#ifndef CBX_CONTROLLER_CLEANUP_H
#define CBX_CONTROLLER_CLEANUP_H

#include "controller/errors.h"
#include "task/task.h"

struct cbx_cleanup {
	struct cbx_road *road;
	struct cbx_errors *errors;
	struct cbx_task task;
	int64_t clock_offset_ms; /* database's clock minus the monotonic one, at the last run */
	bool has_offset;
};

void cbx_cleanup_init(struct cbx_cleanup *cleanup, struct cbx_road *road,
		      struct cbx_errors *errors);
/* Moves errored jobs (of @system, NULL = all) that are at least @older_than seconds old from
 * status_monitor to completed_jobs; *removed counts them. CHATTERBOX_E_DOWN, CHATTERBOX_E_FENCED,
 * -ENOMEM. */
int cbx_cleanup_errored_jobs(struct cbx_cleanup *cleanup, const char *system, int64_t older_than,
			     int64_t *removed);
/* Those that it would move now: each() gets their rows; *errors counts the errors about them */
int cbx_cleanup_dry_run(struct cbx_cleanup *cleanup, const char *system, int64_t older_than,
			cbx_row_fn each, void *user, int64_t *errors);
/* The same two for the errored jobs of an incident. 1 = there is no such incident */
int cbx_cleanup_incident(struct cbx_cleanup *cleanup, int64_t incident, int64_t *removed);
int cbx_cleanup_incident_dry_run(struct cbx_cleanup *cleanup, int64_t incident, cbx_row_fn each,
				 void *user, int64_t *errors);
/* The same as the first for one errored job of any age. 1 = there is no such errored job */
int cbx_cleanup_delete_entry(struct cbx_cleanup *cleanup, const char *system, int64_t job_id);

#endif
