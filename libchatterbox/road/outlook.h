/* SPDX-License-Identifier: MIT */
/* outlook.h - the poller's part of outlooks: reads schedules, judges, and has changes recorded */
#ifndef CBX_ROAD_OUTLOOK_H
#define CBX_ROAD_OUTLOOK_H

#include "road/evidence.h"

struct cbx_road;

struct cbx_outlook_watch {
	struct cbx_outlooks *table;
	struct cbx_evidence evidence;
	int64_t epoch;        /* under which it was loaded; 0 = not loaded */
	int64_t new_until_ms; /* until then the leader is new */
	uint64_t turn_at;     /* when it is looked at next */
	uint64_t read_at;     /* when the schedule is read next */
};

int cbx_outlook_watch_init(struct cbx_outlook_watch *watch);
void cbx_outlook_watch_close(struct cbx_outlook_watch *watch);
/* This instance no longer leads */
void cbx_outlook_watch_unload(struct cbx_outlook_watch *watch);
/* Reads what is due and judges; once a second at most. Nothing is judged before @asked: systems
 * have been asked since this instance leads. */
void cbx_road_outlook_turn(struct cbx_road *road, bool asked);
/* The schedule is read with the next turn */
void cbx_road_outlook_read_soon(struct cbx_road *road);
/* Other settings are in force */
void cbx_road_outlook_judge_again(struct cbx_road *road);
/* A system came, went, was listed, or began or ceased to answer */
void cbx_road_outlook_touch(struct cbx_road *road, const char *system);
/* A batch was committed */
void cbx_road_outlook_note_batch(struct cbx_road *road);
/* Does anything wait to be recorded? */
bool cbx_road_outlook_waits(const struct cbx_road *road);
/* Adds what waits to the batch; -ENOMEM */
int cbx_road_outlook_add_to_record(struct cbx_road *road);
void cbx_road_outlook_recorded(struct cbx_road *road);

#endif
