/* SPDX-License-Identifier: MIT */
/*
 * follow_world.h - a follower beside road_world's leader
 *
 * The leader is moved by its own calls. The follower has its own connections to the same store and
 * database, and its own slot for the snapshot that it makes.
 */
#ifndef CBX_TESTS_FOLLOW_WORLD_H
#define CBX_TESTS_FOLLOW_WORLD_H

#include "road_world.h"

#include "follow/follow.h"

extern struct cbx_follow follow;
extern struct cbx_snapshot_slot follow_slot;
extern struct faults follow_sql, follow_state; /* of the follower's connections */

/* What the follower shows before anything has happened */
#define FOLLOW_START "ABC1/17 Running r3 ocd\nABC1/18 Paused r2 user\nABC2/1 Queued r1 user\n"

/* Sets both worlds up; nobody leads yet, and the follower has not read anything */
void follow_set_up(void);
void follow_tear_down(void);
/* Lets time pass, in turns of the follower; reconnects what was lost */
void follow_turn(double seconds);
/* The snapshot, which must exist: a line "ABC1/17 Running r3 ocd" for each job */
void follow_snapshot(struct cbx_text *text);
void follow_expect(const char *wanted);
/* The status of a job in the snapshot; valid until the next call */
const char *follow_json(const char *system, int64_t job_id);
/* The leader receives this report and records it; if @told its event is in the stream */
void follow_report(const char *system, const char *words, bool told);

#endif
