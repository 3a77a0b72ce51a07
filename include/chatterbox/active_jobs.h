/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/active_jobs.h - the proposal's ActiveJobs: the last recorded statuses
 *
 * Both read the present snapshot: any thread, never blocking. For all jobs at once see jobs.h.
 */
#ifndef CHATTERBOX_ACTIVE_JOBS_H
#define CHATTERBOX_ACTIVE_JOBS_H

#include <chatterbox/jobs.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_active_jobs_has_stored_status() - is any job live?
 * @box: engine
 *
 * Any thread. Return: whether the present snapshot has a live job.
 */
CHATTERBOX_API bool chatterbox_active_jobs_has_stored_status(struct chatterbox *box);
/**
 * chatterbox_active_jobs_get_last_recorded() - one system's lastRecordedStatus
 * @box: engine
 * @system: its name, trimmed
 * @out: its live jobs by job_id, empty when there are none; chatterbox_jobs_unref() it
 *
 * Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_active_jobs_get_last_recorded(struct chatterbox *box,
							    const char *system,
							    struct chatterbox_jobs **out);

#ifdef __cplusplus
}
#endif
#endif
