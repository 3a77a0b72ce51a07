/* SPDX-License-Identifier: MIT */
/*
 * follow_world.h - a follower beside flow_world's leader
 *
 * The leader acts by its own calls; the follower has connections of its own to the same store and
 * database, and a window of its own in which it shows what it reads.
 */
#ifndef CBX_TESTS_FOLLOW_WORLD_H
#define CBX_TESTS_FOLLOW_WORLD_H

#include "road_world.h"

#include "follow/follow.h"

extern struct cbx_follow follow;
extern struct cbx_snapshot_slot follow_slot;
extern struct faults follow_sql, follow_state; /* of the follower's connections */

/* What the follower sees before anything has happened */
#define FOLLOW_START "ABC1/17 Running r3 ocd\nABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n"

/* Both worlds; nobody leads yet, and the follower has not looked */
void follow_set_up(void);
void follow_tear_down(void);
/* So long goes by, in turns of the follower; it makes lost connections anew */
void follow_turn(double seconds);
/* The picture: "ABC1/17 Running r3 ocd" a line each; there must be one */
void follow_snapshot(struct cbx_text *text);
void follow_expect(const char *wanted);
/* The status of a job in the picture; valid until the next call */
const char *follow_json(const char *system, int64_t job_id);
/* The leader hears this and records it; its event is in the stream when @told */
void follow_word(const char *system, const char *words, bool told);

#endif
