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

/* @clock: by which marks expire */
int cbx_memory_store_new(struct cbx_clock *clock, struct cbx_memory_store **out);
struct cbx_memory_store *cbx_memory_store_ref(struct cbx_memory_store *store);
void cbx_memory_store_unref(struct cbx_memory_store *store); /* takes NULL */
CBX_DEFINE_CLEANUP(struct cbx_memory_store *, cbx_memory_store_unref)

/* A connection to @store, of which it takes a reference; not connected yet */
int cbx_memory_state_new(struct cbx_memory_store *store, struct cbx_state **out);

#endif
