/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/errors.h - errors of jobs: the proposal's ErrorsController and
 * CleanUpErroredUserJobsController
 *
 * They stand in the table errors (contract 5.2); chatterbox_query() with
 * CHATTERBOX_TOPIC_ERRORS lists them. An array of errors is JSON in the shape of the event
 * user_job_errors (contract 3.3): [{"system","job_id","job_type","code","message","time"}];
 * job_id, job_type and time may be absent.
 */
#ifndef CHATTERBOX_ERRORS_H
#define CHATTERBOX_ERRORS_H

#include <chatterbox/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_errors_report() - store errors, and note what they say of content-server access
 * @box: engine
 * @errors: JSON array
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * The proposal's reportErrors() and setErrors(data): the engine records its own errors itself, this
 * is for those of others. A code that begins with content_server marks its system as denied in
 * content_server_access; these notes are gathered and written each csaTimer seconds.
 * Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_errors_report(struct chatterbox *box, const char *errors,
					    chatterbox_done_fn done, void *user,
					    struct chatterbox_error *error);
/**
 * chatterbox_errors_store() - upsert them into the table errors, and no more
 * @box: engine
 * @errors: JSON array
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * The proposal's storeErrors(). Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_errors_store(struct chatterbox *box, const char *errors,
					   chatterbox_done_fn done, void *user,
					   struct chatterbox_error *error);
/**
 * chatterbox_errors_remove() - forget errors
 * @box: engine
 * @system: all of this one's; NULL = those of @ids
 * @ids: of rows, copied; unused when @system is given
 * @count: how many @ids, 0..1000
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * As the RPC nl-ocd.server.errors.remove; who does not lead carries it to the leader.
 * Return: how many went, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_errors_remove(struct chatterbox *box, const char *system,
					    const int64_t *ids, size_t count,
					    chatterbox_done_fn done, void *user,
					    struct chatterbox_error *error);
/**
 * chatterbox_errors_clean_up() - errored jobs leave status_monitor for completed_jobs now
 * @box: engine
 * @system: only this one's; NULL = every system's
 * @older_than: seconds since their last change, by the database's clock; 0 = all
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * The Job Errors Task does it by itself "after a day or two" (error_retention). As the RPC
 * nl-ocd.content.job.cleanUpErrored; who does not lead carries it to the leader.
 * Return: how many jobs went, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_errors_clean_up(struct chatterbox *box, const char *system,
					      int64_t older_than, chatterbox_done_fn done,
					      void *user, struct chatterbox_error *error);

/**
 * chatterbox_incidents_clean_up() - the errored jobs of an incident leave status_monitor now
 * @box: engine
 * @id: of the incident
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * As chatterbox_errors_clean_up(), for jobs of any age that belong to the incident, open or closed.
 * As the RPC nl-ocd.server.incidents.cleanUp; CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP says which would
 * go. Return: how many jobs went, CHATTERBOX_E_UNKNOWN when there is no such incident, or a failure
 * of call.h.
 */
CHATTERBOX_API int chatterbox_incidents_clean_up(struct chatterbox *box, int64_t id,
						 chatterbox_done_fn done, void *user,
						 struct chatterbox_error *error);

/**
 * chatterbox_syncing_add() - a system is syncing from now on
 * @box: engine
 * @system: its name
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * The proposal's syncingSystems: until it is removed, or maxSyncTime has passed and the Job Send
 * Status Task drops it. It is known to this instance only. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_syncing_add(struct chatterbox *box, const char *system,
					  chatterbox_done_fn done, void *user,
					  struct chatterbox_error *error);
/**
 * chatterbox_syncing_remove() - it is not syncing any more
 * @box: engine
 * @system: its name; need not be syncing
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_syncing_remove(struct chatterbox *box, const char *system,
					     chatterbox_done_fn done, void *user,
					     struct chatterbox_error *error);
/**
 * chatterbox_syncing_has() - is that system syncing, as far as this instance knows?
 * @box: engine
 * @system: its name
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: 1 = it is, 0 = it is not, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_syncing_has(struct chatterbox *box, const char *system,
					  chatterbox_done_fn done, void *user,
					  struct chatterbox_error *error);

#ifdef __cplusplus
}
#endif
#endif
