/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/cleanup.h - the proposal's CleanUpErroredUserJobsController
 *
 * The Job Errors Task does it by itself, "after a day or two" (error_retention). The calls wait for
 * the engine, at most 30 s, and fail as those of job_status.h.
 */
#ifndef CHATTERBOX_CLEANUP_H
#define CHATTERBOX_CLEANUP_H

#include <chatterbox/errors.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_cleanup_set_errors() - take over the errors that an event user_job_errors told
 * @box: engine
 * @errors: its params, a JSON array (errors.h)
 *
 * The engine records its own errors itself; this is for those of others.
 * Return: as chatterbox_errors_report_errors().
 */
CHATTERBOX_API int chatterbox_cleanup_set_errors(struct chatterbox *box, const char *errors);
/**
 * chatterbox_cleanup_errored() - errored jobs leave status_monitor for completed_jobs now
 * @box: engine
 * @system: only this one's, NULL = all
 * @older_than: seconds since their last change, by the database's clock; 0 = all
 * @removed: NULL, or where to put how many went
 *
 * As nl-ocd.content.job.cleanUpErrored (contract 3.5). Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_cleanup_errored(struct chatterbox *box, const char *system,
					      int64_t older_than, int64_t *removed);

#ifdef __cplusplus
}
#endif
#endif
