/* SPDX-License-Identifier: MIT */
/*
 * turns.h - when systems went online and offline: what the history knows of it, and what it has to
 * be told
 *
 * A restart is no turn. So a state is compared with the last turn in the history, which also says
 * since when a system has been what it is.
 */
#ifndef CBX_ROAD_TURNS_H
#define CBX_ROAD_TURNS_H

#include "domain/system.h"
#include "port/history.h"

struct cbx_road;

/* The last turn of each system in the history, also of those that nobody has named yet */
struct cbx_past_turns {
	struct cbx_systems *last; /* only the names and turns of its entries are used */
	int64_t last_id;          /* in the history; 0 = nothing has been read */
};

void cbx_past_turns_clear(struct cbx_past_turns *past);
/* Reads what is new */
int cbx_past_turns_read(struct cbx_past_turns *past, struct cbx_sql *sql);
/* Passes it on to those that are in the table */
int cbx_past_turns_pass_on(const struct cbx_past_turns *past, struct cbx_systems *systems);

/* Sets the state of a system, as cbx_systems_set() does; a turn is noted, and goes into the history
 * with the next commit. @source as that of a change. */
int cbx_road_set_system(struct cbx_road *road, struct cbx_system_entry *entry,
			enum cbx_system_state state, const char *source, bool listed);
/* The first @count of those that were noted are recorded */
void cbx_turns_recorded(struct cbx_road *road, size_t count);

#endif
