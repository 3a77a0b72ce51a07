/* SPDX-License-Identifier: MIT */
/*
 * road_world.h - the world of the poller, moved by hand: SQLite in its own directory, the memory
 * bus and state, a clock that stands still, nl-hdms as hdms.h plays it, and faults where a test
 * wants them
 *
 * There is one world at a time. world_set_up() makes it as an engine does before its threads start;
 * world_lead() takes the lease, connects and loads. All calls are the poller's own.
 */
#ifndef CBX_TESTS_ROAD_WORLD_H
#define CBX_TESTS_ROAD_WORLD_H

#include "adapter/memory_bus/memory_bus.h"
#include "adapter/memory_state/memory_state.h"
#include "controller/poller.h"
#include "faults.h"
#include "hdms.h"
#include "unit.h"

#include <chatterbox/error.h>

struct road_world {
	struct fake_clock clock;
	struct cbx_log log;
	unsigned warnings;
	struct cbx_counters counters;
	struct cbx_health *health;
	struct cbx_snapshot_slot slot;
	struct cbx_leadership leadership;
	struct cbx_settings_place place;
	struct cbx_settings *settings; /* the present ones, for a test to change */
	struct cbx_memory_broker *broker;
	struct cbx_memory_store *store;
	struct faults sql_faults, state_faults, bus_faults;
	struct cbx_sql *lease; /* another connection: who leads */
	struct cbx_state *eye; /* another connection, to look at the shared state */
	struct cbx_poller poller;
	struct hdms hdms;
	struct cbx_mailbox *answers; /* where pushes come back to be acknowledged */
	unsigned woken, announced;
	void (*tick)(void); /* called in each wait of the poller; may be NULL */
	bool behind;        /* the listener has not caught up */
	int64_t epoch;
	char directory[64];
	char path[96];
};

extern struct road_world world;
extern struct cbx_road *road; /* &world.poller.road */

enum world_port { WORLD_SQL, WORLD_STATE, WORLD_BUS, WORLD_CONFIRMING_BUS };

/* New settings: the defaults with one key changed; nobody takes them yet */
void world_reload(const char *path, const char *value);
void world_set_up(void);
void world_tear_down(void);
/* Takes the lease (a new epoch), connects everything, loads and shares everything */
void world_lead(void);
/* Reconnects what was lost */
void world_connect(void);
/* Makes a link like the engine's, for connections besides the poller's */
void world_link(struct cbx_link *link, enum world_port port, void *connection);
/* Lets seconds pass */
void world_pass(double seconds);
/* Runs a round */
int world_round(enum cbx_round_kind kind, struct cbx_round_result *out);

/* Runs SQL behind the program's back */
void world_run(const char *statements);
void world_expect(const char *query, const char *value);
/* Inserts rows into status_monitor: by OCD "ABC1", "17 Running"; one with a revision > 0 is known
 */
void world_insert(const char *system, const char *status_text, const char *origin,
		  int64_t revision);
/* The shared hashes: "ABC1 17=Running 18=Paused" a line each, statuses only */
void world_expect_shared(const char *wanted);
/* The message ids in the outbox, by id: "ABC1/17/1 ABC1/17/2" */
void world_expect_outbox(const char *ids);
/* The jobs in the table: "ABC1/17 Running r1 live ocd" a line each */
void world_expect_jobs(const char *wanted);
double world_count(struct cbx_metric *metric, const char *value1, const char *value2);

/* A push of @system arrives; how it ends goes to world.answers */
void world_push(const char *system, const char *words);
/* Any event, by its routing key and body */
void world_event(const char *routing_key, const char *body);
/* Compares how the events of the poller's inbox ended so far: "ok", "rejected", "again"; frees them
 */
void world_expect_acknowledged(const char *wanted);

#endif
