/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/job_status.h - the proposal's JobStatusController: the rounds, their interval, the
 * load
 *
 * What is asked when, and by whom: contract 2.
 */
#ifndef CHATTERBOX_JOB_STATUS_H
#define CHATTERBOX_JOB_STATUS_H

#include <chatterbox/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum chatterbox_load - why the interval is being stretched (contract 2.4) */
enum chatterbox_load {
	CHATTERBOX_LOAD_CALM,       /* it is not */
	CHATTERBOX_LOAD_CYCLE,      /* the last round took longer than the interval */
	CHATTERBOX_LOAD_TIMEOUTS,   /* too many questions timed out */
	CHATTERBOX_LOAD_QUEUE,      /* the queue of nl-hdms is too deep */
	CHATTERBOX_LOAD_REPLY_TIME, /* answers take too long */
};

/**
 * chatterbox_load_to_string() - its name, as in the summary
 * @load: load
 *
 * Any thread. Return: "calm", "cycle", "timeouts", "queue" or "reply_time", static; "unknown" for a
 * number that is none of the enum's.
 */
CHATTERBOX_API const char *chatterbox_load_to_string(enum chatterbox_load load);
/**
 * chatterbox_get_load() - the proposal's checkIfServerIsUnderLoad()
 * @box: engine
 *
 * Any thread, never blocks: what the last round showed. Return: the first cause that fits.
 */
CHATTERBOX_API enum chatterbox_load chatterbox_get_load(struct chatterbox *box);
/**
 * chatterbox_get_interval() - the proposal's getTimeTillNextCheck(): the Job Status Task's base
 * @box: engine
 * @current: the interval that load has stretched, in seconds; may be NULL
 *
 * Any thread, never blocks. Return: seconds; 0 before the first snapshot.
 */
CHATTERBOX_API double chatterbox_get_interval(struct chatterbox *box, double *current);
/**
 * chatterbox_set_interval() - the proposal's setTimeTillNextCheck()
 * @box: engine
 * @seconds: 1..86400; kept in server_conf, so it outlives restarts
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Who does not lead carries it to the leader. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_set_interval(struct chatterbox *box, int64_t seconds,
					   chatterbox_done_fn done, void *user,
					   struct chatterbox_error *error);

/**
 * chatterbox_update_database() - run the Update Database Task at the next tick
 * @box: engine
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Looks for jobs that nobody monitors: asks every system for all its jobs. The answer does not wait
 * for the round. Who does not lead carries it to the leader.
 * Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_update_database(struct chatterbox *box, chatterbox_done_fn done,
					      void *user, struct chatterbox_error *error);
/**
 * chatterbox_poll_jobs() - the proposal's getAllJobsStatus(): the Job Status Task at the next tick
 * @box: engine
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Asks every system about its monitored jobs. The answer does not wait for the round.
 * Who does not lead carries it to the leader. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_poll_jobs(struct chatterbox *box, chatterbox_done_fn done, void *user,
					struct chatterbox_error *error);
/**
 * chatterbox_pause_tasks() - no task runs any more, until the pause ends
 * @box: engine
 * @seconds: 1..86400; 0 = pausedTimeOut
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Events and orders go on. It ends by itself, and holds across a take-over.
 * Who does not lead carries it to the leader. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_pause_tasks(struct chatterbox *box, int64_t seconds,
					  chatterbox_done_fn done, void *user,
					  struct chatterbox_error *error);
/**
 * chatterbox_resume_tasks() - end a pause now
 * @box: engine; need not be paused
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Who does not lead carries it to the leader. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_resume_tasks(struct chatterbox *box, chatterbox_done_fn done,
					   void *user, struct chatterbox_error *error);
/**
 * chatterbox_send_status() - emit `job_status` and `jobs_data` now, as each minute
 * @box: engine
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_send_status(struct chatterbox *box, chatterbox_done_fn done,
					  void *user, struct chatterbox_error *error);
/**
 * chatterbox_delete_entry() - forget one errored job, however young: the proposal's deleteEntry()
 * @box: engine
 * @system: its system
 * @job_id: 0..2^53-1
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Its row goes from status_monitor to completed_jobs, with its revision.
 * Return: 0, CHATTERBOX_E_UNKNOWN when there is no such errored job, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_delete_entry(struct chatterbox *box, const char *system,
					   int64_t job_id, chatterbox_done_fn done, void *user,
					   struct chatterbox_error *error);

#ifdef __cplusplus
}
#endif
#endif
