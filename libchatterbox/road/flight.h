/* SPDX-License-Identifier: MIT */
/*
 * flight.h - what the road tells the flight recorder (docs/recording.md)
 *
 * Each call is one line of the recording, and does nothing when none is made. Together with the
 * state that it begins with, the lines hold everything that decides what is told, so that it can be
 * played again: flight_play.c does with an answer what receive.c did.
 */
#ifndef CBX_ROAD_FLIGHT_H
#define CBX_ROAD_FLIGHT_H

#include "road/poll.h"

/* An answer to @question came; CHATTERBOX_E_... in @decoded: it is no good */
void cbx_flight_answer(struct cbx_poll *poll, const struct question *question,
		       const struct cbx_bus_event *event, int decoded);
/* It was not answered, and is given up */
void cbx_flight_unanswered(struct cbx_poll *poll, const struct question *question);
/* A message from the listener is applied, or what somebody orders carried out */
void cbx_flight_push(struct cbx_road *road, const struct cbx_inbound *inbound);
/* SQL was looked into at the begin of a round */
void cbx_flight_look(struct cbx_road *road, bool discovery);
/* A row of @table told something new: "status_monitor", "completed_jobs" or "ocd" */
void cbx_flight_row(struct cbx_road *road, const char *table, const struct cbx_row *row);
/* The table `connections` changes a system's state */
void cbx_flight_connection(struct cbx_road *road, const char *system, enum cbx_system_state state);
/* The batch was recorded: what is told of it */
void cbx_flight_commit(struct cbx_road *road);
/* An errored job was cleared */
void cbx_flight_cleared(struct cbx_road *road, const char *system, int64_t job_id);
/* What follows does not follow from what was recorded. @why: one word */
void cbx_flight_break(struct cbx_road *road, const char *why);
/* On each turn of the poller: gives a new state when one is wanted and nothing is under way; says
 * which servers were lost and found */
void cbx_flight_turn(struct cbx_road *road);

/* --- flight_play.c: for who plays a recording --- */

struct cbx_flight_asked {
	const char *system;
	bool list;
	const int64_t *jobs; /* ascending */
	size_t count;
};

/* An answer to a question that was sent at @sent_at, about these systems */
int cbx_flight_play_answer(struct cbx_road *road, const struct cbx_flight_asked *asked,
			   size_t count, uint64_t sent_at, const struct cbx_bus_event *event);

#endif
