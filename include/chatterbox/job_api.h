/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/job_api.h - the proposal's JobAPI: orders to jobs
 *
 * They are asked of nl-hdms, as the RPCs nl-ocd.content.job.* are (contract 3.5). Who
 * does not lead carries them to the leader. A job's new status comes as an event, like every other.
 */
#ifndef CHATTERBOX_JOB_API_H
#define CHATTERBOX_JOB_API_H

#include <chatterbox/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_pause_job() - ask a system to pause one of its jobs
 * @box: engine
 * @system: its system
 * @job_id: 0..2^53-1
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: 0 when the system has agreed; CHATTERBOX_E_UNKNOWN when there is no such live job;
 * CHATTERBOX_E_REFUSED when nl-hdms answered an error, whose code is in @error's reason;
 * CHATTERBOX_E_TIMEOUT after rmq_rpc.rpc_timeout; or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_pause_job(struct chatterbox *box, const char *system, int64_t job_id,
					chatterbox_done_fn done, void *user,
					struct chatterbox_error *error);
/**
 * chatterbox_resume_job() - ask a system to go on with a paused job
 * @box: engine
 * @system: its system
 * @job_id: 0..2^53-1
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: as chatterbox_pause_job().
 */
CHATTERBOX_API int chatterbox_resume_job(struct chatterbox *box, const char *system, int64_t job_id,
					 chatterbox_done_fn done, void *user,
					 struct chatterbox_error *error);
/**
 * chatterbox_kill_job() - ask a system to end a job
 * @box: engine
 * @system: its system
 * @job_id: 0..2^53-1
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: as chatterbox_pause_job().
 */
CHATTERBOX_API int chatterbox_kill_job(struct chatterbox *box, const char *system, int64_t job_id,
				       chatterbox_done_fn done, void *user,
				       struct chatterbox_error *error);
/**
 * chatterbox_pause_jobs() - ask for a pause of all live jobs that are not paused
 * @box: engine
 * @system: only this one's; NULL = every system's
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * The answer does not wait for the systems: they are asked in the background.
 * Return: how many jobs that concerns; CHATTERBOX_E_UNKNOWN when there is no such system; or a
 * failure of call.h.
 */
CHATTERBOX_API int chatterbox_pause_jobs(struct chatterbox *box, const char *system,
					 chatterbox_done_fn done, void *user,
					 struct chatterbox_error *error);
/**
 * chatterbox_resume_jobs() - ask to go on with all jobs that are paused
 * @box: engine
 * @system: only this one's; NULL = every system's
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: as chatterbox_pause_jobs().
 */
CHATTERBOX_API int chatterbox_resume_jobs(struct chatterbox *box, const char *system,
					  chatterbox_done_fn done, void *user,
					  struct chatterbox_error *error);

#ifdef __cplusplus
}
#endif
#endif
