/* SPDX-License-Identifier: MIT */
/* store.h - the inside of a memory store, for memory_state.c; always used under its lock */
#ifndef CBX_ADAPTER_MEMORY_STATE_STORE_H
#define CBX_ADAPTER_MEMORY_STATE_STORE_H

#include "adapter/memory_state/fields.h"
#include "adapter/memory_state/memory_state.h"

#include <pthread.h>

/* One system: its hashes, the number that guards it, its score in active_systems */
struct cbx_memory_system {
	char *name;
	struct cbx_memory_field *jobs;
	struct cbx_memory_field *figures;
	uint64_t number;
	bool active;
	int64_t changed_ms;
	UT_hash_handle hh;
};

/* APP:state */
struct cbx_memory_mark {
	int64_t epoch;
	char database[CBX_DATABASE_ID];
	uint64_t until;
};

struct cbx_memory_event {
	struct cbx_memory_event *next;
	uint64_t number;
	char *name;
	char *id;
	char *params;
	size_t params_len;
	char *previous_status;
};

struct cbx_memory_store {
	_Atomic unsigned refs;
	pthread_mutex_t lock;
	bool stopped;
	uint64_t life; /* counts the stops: connections of an earlier life are lost */
	struct cbx_clock *clock;
	struct cbx_memory_mark mark;
	int64_t newest_epoch; /* that has written (APP:rev) */
	struct cbx_memory_system *systems;
	struct cbx_memory_field *hashes[2]; /* by enum cbx_state_hash */
	char *jobs_data;
	size_t jobs_data_len;
	char *interval;
	struct cbx_memory_event *oldest;
	struct cbx_memory_event *newest;
	size_t event_count;
	uint64_t last_event; /* number of the last event; like time in Redis it continues after a
				flush */
};

/* Deletes everything in it */
void cbx_memory_store_clear(struct cbx_memory_store *store);
/* NULL when there is none */
struct cbx_memory_system *cbx_memory_store_find(struct cbx_memory_store *store, const char *name);
/* The rule of APP:rev: true = a write of @epoch is stale, *newer has written; else @epoch is the
 * newest from now on */
bool cbx_memory_store_fences(struct cbx_memory_store *store, int64_t epoch, int64_t *newer);
/* What the mark says, while it has not expired; else 0 and "" */
int64_t cbx_memory_store_mark(struct cbx_memory_store *store, char database[CBX_DATABASE_ID]);
/* As write_mark() of the port */
int cbx_memory_store_set_mark(struct cbx_memory_store *store, struct cbx_state *state,
			      int64_t epoch, const struct cbx_mark *mark);
/* Says in @state what made the write stale */
int cbx_memory_store_write(struct cbx_memory_store *store, struct cbx_state *state,
			   struct cbx_state_write *write);
/* Its texts belong to the event; @at holds its position */
struct cbx_stream_entry cbx_memory_store_entry(const struct cbx_memory_event *event,
					       char at[CBX_STREAM_POSITION]);
/* read.c: as the calls of the port */
int cbx_memory_store_read_active(struct cbx_memory_store *store, cbx_score_fn each, void *user);
int cbx_memory_store_read_events(struct cbx_memory_store *store, char position[CBX_STREAM_POSITION],
				 size_t most, cbx_stream_fn each, void *user);
int cbx_memory_store_append(struct cbx_memory_store *store, const struct cbx_stream_entry *entry,
			    size_t max_length);

#endif
