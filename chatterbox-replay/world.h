/* SPDX-License-Identifier: MIT */
/*
 * world.h - a road without servers, on which a recording is played
 *
 * It is the library's own road on its embedded adapters: SQLite in a file of its own, Redis and the
 * broker in memory, and a clock that stands where the recording is. What SQL said that chatterbox
 * did not know of is said again (rows.c).
 */
#ifndef REPLAY_WORLD_H
#define REPLAY_WORLD_H

#include "adapter/memory_bus/memory_bus.h"
#include "adapter/memory_state/memory_state.h"
#include "road/flight.h"

struct chatterbox_config;

struct replay_clock {
	struct cbx_clock clock;
	uint64_t now;
	int64_t wall_offset; /* ms: wall clock minus now, both as the database counts them */
};

/* What SQL said in the recording, to be said again at the next question */
struct replay_rows {
	struct replay_row *unreported, *completed, *ocd;
};

struct replay_world {
	struct replay_clock clock;
	const struct cbx_log *log;
	struct cbx_counters counters;
	struct cbx_health *health;
	struct cbx_snapshot_slot slot;
	struct cbx_leadership leadership;
	struct cbx_settings_place place;
	struct cbx_memory_broker *broker;
	struct cbx_memory_store *store;
	struct cbx_road road;
	struct replay_rows rows;
	struct cbx_ledger_ops ledger; /* SQLite's, but for what rows.c says */
	const struct cbx_ledger_ops *sqlite;
	char directory[64];
	char path[96];
};

/* @config decides about jobs, the clock is set. 0, -ENOMEM, -errno, or what a call of the library
 * returned: the half of it has to be closed, too. */
int replay_world_open(struct replay_world *world, const struct chatterbox_config *config,
		      const struct cbx_log *log);
void replay_world_close(struct replay_world *world); /* one that was zeroed and not opened, too */

/* rows.c: the texts are copied */
enum replay_table { REPLAY_MONITOR, REPLAY_COMPLETED, REPLAY_OCD };

int replay_rows_add(struct replay_rows *rows, enum replay_table table, const struct cbx_row *row);
/* The questions that they answer have been asked */
void replay_rows_clear(struct replay_rows *rows, enum replay_table table);
/* The ledger of a road whose world is @world */
void replay_rows_answer(struct replay_world *world);

#endif
