/* SPDX-License-Identifier: MIT */
/*
 * history.h - how long the history is kept: history_retention
 *
 * What is too old goes in small portions between rounds, a few milliseconds each, so that no round
 * waits for it. The poller's thread only.
 */
#ifndef CBX_CONTROLLER_HISTORY_H
#define CBX_CONTROLLER_HISTORY_H

#include "road/road.h"

struct cbx_history {
	uint64_t next_at;        /* not before */
	int64_t clock_offset_ms; /* database's clock minus the monotonic one, at the last portion */
	bool has_offset;
};

/* Removes a portion, when it is time for one */
void cbx_history_turn(struct cbx_history *history, struct cbx_road *road);

#endif
