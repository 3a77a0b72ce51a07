/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/job_status.h - the proposal's JobStatusController
 *
 * Calls that change something are carried out by the engine's poller, on the leader only; they wait
 * for it, at most 30 s, and must not be called from a callback of the library. Any other thread.
 * Their failures: CHATTERBOX_E_STANDBY (this instance does not lead), CHATTERBOX_E_DOWN (a server
 * is down, or the engine is not started), CHATTERBOX_E_TIMEOUT, -ENOMEM.
 *
 * An observer (chatterbox.role) carries these to the leader over AMQP, and answers as that does:
 * poll now (both kinds become the event update_database), the interval, systems that came online or
 * went offline, nl-ocd.content.job.*, nl-ocd.server.errors.*. Done by itself: syncing systems, one
 * internal system put or removed (OCD writes those too), update_server_configuration. All the rest
 * is CHATTERBOX_E_STANDBY.
 */
#ifndef CHATTERBOX_JOB_STATUS_H
#define CHATTERBOX_JOB_STATUS_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_job_status_update_database() - run the Update Database Task at the next tick
 * @box: engine
 *
 * Looks for jobs that nobody monitors: asks every system for all its jobs (contract 2.1). Does not
 * wait. Return: 0, CHATTERBOX_E_STANDBY, CHATTERBOX_E_FULL.
 */
CHATTERBOX_API int chatterbox_job_status_update_database(struct chatterbox *box);
/**
 * chatterbox_job_status_get_all_jobs_status() - run the Job Status Task at the next tick
 * @box: engine
 *
 * Asks every system about its monitored jobs. Does not wait. Return: as above.
 */
CHATTERBOX_API int chatterbox_job_status_get_all_jobs_status(struct chatterbox *box);
/**
 * chatterbox_job_status_delete_entry() - forget one errored job, however young
 * @box: engine
 * @system: its system, trimmed
 * @job_id: 0..2^53-1
 *
 * Its row goes from status_monitor to completed_jobs, with its revision.
 * Return: 0, CHATTERBOX_E_UNKNOWN when there is no such errored job, -EINVAL, or as above.
 */
CHATTERBOX_API int chatterbox_job_status_delete_entry(struct chatterbox *box, const char *system,
						      int64_t job_id);
/**
 * chatterbox_job_status_check_if_server_is_under_load() - what the last round showed
 * @box: engine
 * @reason: NULL, or where to put "cycle", "timeouts", "queue" or "reply_time" (static), NULL when
 * calm
 *
 * Never blocks. Return: whether the interval is being stretched (contract 2.4).
 */
CHATTERBOX_API bool chatterbox_job_status_check_if_server_is_under_load(struct chatterbox *box,
									const char **reason);
/**
 * chatterbox_job_status_set_time_till_next_check() - the Job Status Task's base interval
 * @box: engine
 * @seconds: 1..86400; kept in server_conf, so it outlives restarts
 *
 * Return: 0, -EINVAL, or as above.
 */
CHATTERBOX_API int chatterbox_job_status_set_time_till_next_check(struct chatterbox *box,
								  int64_t seconds);
/**
 * chatterbox_job_status_get_time_till_next_check() - the Job Status Task's base interval
 * @box: engine
 * @current: NULL, or where to put the interval that load has stretched, in seconds
 *
 * Never blocks. Return: seconds.
 */
CHATTERBOX_API double chatterbox_job_status_get_time_till_next_check(struct chatterbox *box,
								     double *current);
/**
 * chatterbox_job_status_send_status() - emit `job_status` and `jobs_data` now
 * @box: engine
 *
 * What the Job Send Status Task does each minute. Return: 0, or as above.
 */
CHATTERBOX_API int chatterbox_job_status_send_status(struct chatterbox *box);

#ifdef __cplusplus
}
#endif
#endif
