/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/internal_systems.h - the proposal's InternalSystemsController: shared in Redis, read
 * and written by chatterbox and by OCD
 *
 * The calls wait for the engine, at most 30 s, and fail as those of job_status.h.
 */
#ifndef CHATTERBOX_INTERNAL_SYSTEMS_H
#define CHATTERBOX_INTERNAL_SYSTEMS_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_internal_systems_populate() - read them from Redis, and note their access as internal
 * @box: engine
 *
 * Return: 0, or a failure.
 */
CHATTERBOX_API int chatterbox_internal_systems_populate(struct chatterbox *box);
/**
 * chatterbox_internal_systems_cleanup_internal_systems() - drop those not checked for
 * recheck_system_time (each 5 s by itself)
 * @box: engine
 * @removed: NULL, or where to put how many went
 *
 * Whoever wrote them; one that is written meanwhile stays. Return: 0, or a failure.
 */
CHATTERBOX_API int chatterbox_internal_systems_cleanup_internal_systems(struct chatterbox *box,
									int64_t *removed);
/**
 * chatterbox_internal_systems_put() - that system is internal; checked now
 * @box: engine
 * @system: its name
 *
 * Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_internal_systems_put(struct chatterbox *box, const char *system);
/**
 * chatterbox_internal_systems_remove() - it is not internal any more
 * @box: engine
 * @system: its name; need not be internal
 *
 * Return: 0, -EINVAL, or a failure.
 */
CHATTERBOX_API int chatterbox_internal_systems_remove(struct chatterbox *box, const char *system);

#ifdef __cplusplus
}
#endif
#endif
