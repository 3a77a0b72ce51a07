/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/jobs.h - the last recorded statuses, as a frozen list
 */
#ifndef CHATTERBOX_JOBS_H
#define CHATTERBOX_JOBS_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chatterbox_jobs; /* a frozen list, counted */
struct chatterbox_job;  /* one job in it, borrowed from the list */

/**
 * chatterbox_live_jobs() - the last recorded status of every live job
 * @box: engine
 * @out: a frozen list by system (bytewise), then job_id; give it back with chatterbox_jobs_unref()
 *
 * Any thread. Never blocks on a server: it is the snapshot of the last round.
 * Return: 0, or -ENOMEM.
 */
CHATTERBOX_API int chatterbox_live_jobs(struct chatterbox *box, struct chatterbox_jobs **out);
CHATTERBOX_API struct chatterbox_jobs *chatterbox_jobs_ref(struct chatterbox_jobs *jobs);
CHATTERBOX_API struct chatterbox_jobs *chatterbox_jobs_unref(struct chatterbox_jobs *jobs);
CHATTERBOX_API size_t chatterbox_jobs_count(const struct chatterbox_jobs *jobs);
/** Borrowed, valid as long as the list. @index < count. */
CHATTERBOX_API const struct chatterbox_job *chatterbox_jobs_at(const struct chatterbox_jobs *jobs,
							       size_t index);
/** Borrowed, NULL when there is no such live job. */
CHATTERBOX_API const struct chatterbox_job *chatterbox_jobs_find(const struct chatterbox_jobs *jobs,
								 const char *system,
								 int64_t job_id);

/* Of one job; texts live as long as the list that it is in */
CHATTERBOX_API const char *chatterbox_job_system(const struct chatterbox_job *job);
CHATTERBOX_API int64_t chatterbox_job_id(const struct chatterbox_job *job);
CHATTERBOX_API const char *chatterbox_job_status(const struct chatterbox_job *job);
/** "running", "paused", "other" */
CHATTERBOX_API const char *chatterbox_job_kind(const struct chatterbox_job *job);
/** "ocd" or "user" */
CHATTERBOX_API const char *chatterbox_job_origin(const struct chatterbox_job *job);
CHATTERBOX_API int64_t chatterbox_job_revision(const struct chatterbox_job *job);
/** The whole status as JSON (CONTRACT 1); @len may be NULL. */
CHATTERBOX_API const char *chatterbox_job_json(const struct chatterbox_job *job, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
