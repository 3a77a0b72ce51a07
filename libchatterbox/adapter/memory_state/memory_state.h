/* SPDX-License-Identifier: MIT */
/*
 * memory_state.h - the shared state of the embedded profile: a table in this process instead of
 * Redis
 *
 * A store is reference counted, can be used by any thread, and is shared by the connections (struct
 * cbx_state) of a process. It belongs to one APP, so its keys don't contain it. Nobody else writes
 * to it; what OCD writes into Redis is written here by the host.
 */
#ifndef CBX_ADAPTER_MEMORY_STATE_MEMORY_STATE_H
#define CBX_ADAPTER_MEMORY_STATE_MEMORY_STATE_H

#include "common/cleanup.h"
#include "port/state.h"

struct cbx_memory_store;

int cbx_memory_store_new(struct cbx_memory_store **out);
struct cbx_memory_store *cbx_memory_store_ref(struct cbx_memory_store *store);
void cbx_memory_store_unref(struct cbx_memory_store *store); /* takes NULL */
CBX_DEFINE_CLEANUP(struct cbx_memory_store *, cbx_memory_store_unref)

/* A connection to @store, of which it takes a reference; not connected yet */
int cbx_memory_state_new(struct cbx_memory_store *store, struct cbx_state **out);

/* Deletes everything, as FLUSHALL does; connections stay up */
void cbx_memory_store_flush(struct cbx_memory_store *store);
/* Deletes the guards only, as Redis does a day after the last write */
void cbx_memory_store_expire(struct cbx_memory_store *store);
/* Deletes the newest epoch, but not the guards of the hashes */
void cbx_memory_store_expire_epoch(struct cbx_memory_store *store);
/* Connections are lost and refused (CHATTERBOX_E_DOWN) until it is started; its content is kept */
void cbx_memory_store_stop(struct cbx_memory_store *store);
void cbx_memory_store_start(struct cbx_memory_store *store);

/* The text that read_interval() finds; NULL = absent */
int cbx_memory_store_set_interval(struct cbx_memory_store *store, const char *text);
/* Is @system in active_systems? Then *changed_ms is its score. */
bool cbx_memory_store_is_active(struct cbx_memory_store *store, const char *system,
				int64_t *changed_ms);
/* A copy of the last jobs_data, "" when there is none */
int cbx_memory_store_jobs_data(struct cbx_memory_store *store, char **out);

/* The whole stream, oldest first */
int cbx_memory_store_events(struct cbx_memory_store *store, cbx_stream_fn each, void *user);

#endif
