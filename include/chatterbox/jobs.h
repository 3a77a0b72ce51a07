/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/jobs.h - the proposal's ActiveJobs: the last recorded statuses, as a frozen list
 */
#ifndef CHATTERBOX_JOBS_H
#define CHATTERBOX_JOBS_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chatterbox_jobs; /* a frozen list, counted */
struct chatterbox_job;  /* one job in it, borrowed from the list */

/** enum chatterbox_kind - what a status means (contract 1.3); the last three are ends */
enum chatterbox_kind {
	CHATTERBOX_KIND_OTHER,     /* live, neither running nor paused */
	CHATTERBOX_KIND_RUNNING,   /* runningKey */
	CHATTERBOX_KIND_PAUSED,    /* pausedKey */
	CHATTERBOX_KIND_COMPLETED, /* completedKey, and what means the same */
	CHATTERBOX_KIND_ERRORED,   /* erroredKey, and what means the same */
	CHATTERBOX_KIND_KILLED,    /* killedKey, and what means the same */
};

/**
 * chatterbox_kind_to_string() - its name, as in documents and metrics
 * @kind: kind
 *
 * Any thread. Return: "other", "running", "paused", "completed", "errored" or "killed", static.
 */
CHATTERBOX_API const char *chatterbox_kind_to_string(enum chatterbox_kind kind);

/**
 * chatterbox_get_jobs() - lastRecordedStatus: the last recorded status of every live job
 * @box: engine
 * @system: only this one's, trimmed; NULL = every system's
 * @out: a frozen list by system (bytewise), then job_id, empty when there are none; give it back
 *	with chatterbox_jobs_unref()
 *
 * Any thread. Never blocks on a server: it is the present snapshot, which the engine swaps in after
 * each batch of reports. Return: 0, or -ENOMEM.
 */
CHATTERBOX_API int chatterbox_get_jobs(struct chatterbox *box, const char *system,
				       struct chatterbox_jobs **out);
/**
 * chatterbox_jobs_ref() - take a reference
 * @jobs: list
 *
 * Any thread. Return: @jobs.
 */
CHATTERBOX_API struct chatterbox_jobs *chatterbox_jobs_ref(struct chatterbox_jobs *jobs);
/**
 * chatterbox_jobs_unref() - give a reference back
 * @jobs: list, or NULL
 *
 * Any thread. With the last one all that was borrowed from the list goes. Return: NULL.
 */
CHATTERBOX_API struct chatterbox_jobs *chatterbox_jobs_unref(struct chatterbox_jobs *jobs);
/**
 * chatterbox_jobs_count() - how many jobs it holds
 * @jobs: list
 *
 * Any thread. Return: the number.
 */
CHATTERBOX_API size_t chatterbox_jobs_count(const struct chatterbox_jobs *jobs);
/**
 * chatterbox_jobs_at() - one of its jobs
 * @jobs: list
 * @index: below the count
 *
 * Any thread. Return: borrowed, valid as long as the list.
 */
CHATTERBOX_API const struct chatterbox_job *chatterbox_jobs_at(const struct chatterbox_jobs *jobs,
							       size_t index);
/**
 * chatterbox_jobs_find() - the job of that name
 * @jobs: list
 * @system: its system, trimmed
 * @job_id: 0..2^53-1
 *
 * Any thread. Return: borrowed, valid as long as the list; NULL when there is no such live job.
 */
CHATTERBOX_API const struct chatterbox_job *chatterbox_jobs_find(const struct chatterbox_jobs *jobs,
								 const char *system,
								 int64_t job_id);
/**
 * chatterbox_jobs_to_json() - the whole list as one text: the proposal's Array<Status>
 * @jobs: list
 * @text: allocated, free() it: JSON, an array of statuses (contract 1.1) in the list's order
 * @len: NULL, or where to put its length in bytes
 *
 * Any thread. For who passes it on, or parses it faster than he could ask for each job.
 * Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_jobs_to_json(const struct chatterbox_jobs *jobs, char **text,
					   size_t *len);

/**
 * chatterbox_job_get_system() - its system
 * @job: job
 *
 * Any thread. Return: 1..64 bytes, UTF-8; lives as long as the list that the job is in.
 */
CHATTERBOX_API const char *chatterbox_job_get_system(const struct chatterbox_job *job);
/**
 * chatterbox_job_get_id() - its number, within its system
 * @job: job
 *
 * Any thread. Return: 0..2^53-1.
 */
CHATTERBOX_API int64_t chatterbox_job_get_id(const struct chatterbox_job *job);
/**
 * chatterbox_job_get_status() - its status, exactly as the system reported it
 * @job: job
 *
 * Any thread. Return: 1..64 bytes, UTF-8; lives as long as the list that the job is in.
 */
CHATTERBOX_API const char *chatterbox_job_get_status(const struct chatterbox_job *job);
/**
 * chatterbox_job_get_kind() - what its status means (contract 1.3)
 * @job: job
 *
 * Any thread. Return: running, paused or other: a live job has not ended.
 */
CHATTERBOX_API enum chatterbox_kind chatterbox_job_get_kind(const struct chatterbox_job *job);
/**
 * chatterbox_job_get_origin() - who wanted it (contract 1.4)
 * @job: job
 *
 * Any thread. Return: user or OCD.
 */
CHATTERBOX_API enum chatterbox_origin chatterbox_job_get_origin(const struct chatterbox_job *job);
/**
 * chatterbox_job_get_revision() - how often its status has changed (contract 1.5)
 * @job: job
 *
 * Any thread. Return: 1 or more.
 */
CHATTERBOX_API int64_t chatterbox_job_get_revision(const struct chatterbox_job *job);
/**
 * chatterbox_job_get_json() - the whole status as JSON (contract 1.1)
 * @job: job
 * @len: NULL, or where to put its length in bytes
 *
 * Any thread. Return: UTF-8; lives as long as the list that the job is in.
 */
CHATTERBOX_API const char *chatterbox_job_get_json(const struct chatterbox_job *job, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
