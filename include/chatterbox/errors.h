/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/errors.h - the proposal's ErrorsController, and CleanUpErroredUserJobsController's
 * errors
 *
 * The calls wait for the engine, at most 30 s, and fail as those of job_status.h. An array of
 * errors is JSON in the shape of the event user_job_errors (contract 3.3):
 * [{"system","job_id","job_type","code","message","time"}]; job_id, job_type and time may be
 * absent.
 */
#ifndef CHATTERBOX_ERRORS_H
#define CHATTERBOX_ERRORS_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_errors_report_errors() - store errors, and note what they say of content-server access
 * @box: engine
 * @errors: JSON array
 *
 * A code that begins with content_server marks its system as denied in content_server_access; these
 * notes are gathered and written each csaTimer seconds. Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_errors_report_errors(struct chatterbox *box, const char *errors);
/**
 * chatterbox_errors_store_errors() - upsert them into the table errors, and no more
 * @box: engine
 * @errors: JSON array
 *
 * Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_errors_store_errors(struct chatterbox *box, const char *errors);
/**
 * chatterbox_errors_get() - a page of errors, newest first
 * @box: engine
 * @params: JSON object or NULL: system, limit (1..1000, default 100), cursor
 * @json: allocated, free() it; {"errors":[…],"next"} as nl-ocd.server.errors.get answers
 *
 * Also on a standby. Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_errors_get(struct chatterbox *box, const char *params, char **json);
/**
 * chatterbox_errors_remove() - forget errors
 * @box: engine
 * @params: JSON object: {"ids":[…]} or {"system":…}
 * @removed: NULL, or where to put how many went
 *
 * Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_errors_remove(struct chatterbox *box, const char *params,
					    int64_t *removed);
/**
 * chatterbox_errors_add_syncing() - a system is syncing from now on
 * @box: engine
 * @system: its name
 *
 * Until it is removed, or maxSyncTime has passed and the Job Send Status Task drops it. It is known
 * to this instance only. Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_errors_add_syncing(struct chatterbox *box, const char *system);
/**
 * chatterbox_errors_remove_syncing() - it is not syncing any more
 * @box: engine
 * @system: its name; need not be syncing
 *
 * Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_errors_remove_syncing(struct chatterbox *box, const char *system);
/**
 * chatterbox_errors_is_syncing() - is that system syncing, as far as this instance was told?
 * @box: engine
 * @system: its name
 *
 * Return: 1 = it is, 0 = it is not, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_errors_is_syncing(struct chatterbox *box, const char *system);

#ifdef __cplusplus
}
#endif
#endif
