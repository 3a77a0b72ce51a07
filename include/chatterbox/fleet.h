/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/fleet.h - a simulated fleet behind an embedded engine: for demos and first steps
 */
#ifndef CHATTERBOX_FLEET_H
#define CHATTERBOX_FLEET_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_fleet_start() - let simulated systems answer this engine's questions
 * @box: an engine whose chatterbox.bus is "memory", before or after chatterbox_start()
 * @systems: how many, 1..100000
 * @seed: the same seed plays the same fleet
 *
 * The fleet lives in a thread of its own until the engine stops: jobs start, progress, pause,
 * fail and complete, systems go offline and come back. Return: 0, -EINVAL, -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_fleet_start(struct chatterbox *box, unsigned systems, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
