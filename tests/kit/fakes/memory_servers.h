/* SPDX-License-Identifier: MIT */
/*
 * memory_servers.h - outages of the embedded servers, what OCD writes, and what only a test reads
 *
 * Any thread may call these.
 */
#ifndef CBX_TESTS_MEMORY_SERVERS_H
#define CBX_TESTS_MEMORY_SERVERS_H

#include "adapter/memory_bus/memory_bus.h"
#include "adapter/memory_state/memory_state.h"

/* Deletes everything, as FLUSHALL does; connections stay up */
void cbx_memory_store_flush(struct cbx_memory_store *store);
/* Deletes the guards only, as Redis does a day after the last write */
void cbx_memory_store_expire(struct cbx_memory_store *store);
/* Deletes the newest epoch, but not the guards of the hashes */
void cbx_memory_store_expire_epoch(struct cbx_memory_store *store);
/* As DEL of APP:@key, or with a @field HDEL and ZREM; "jobs:ABC1" is the hash of ABC1 */
void cbx_memory_store_delete(struct cbx_memory_store *store, const char *key, const char *field);
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

/* Stops the broker: every connection is lost, with reply queues and messages that are not
 * persistent. Declared queues, exchanges, bindings and persistent messages are kept. */
void cbx_memory_broker_stop(struct cbx_memory_broker *broker);
void cbx_memory_broker_start(struct cbx_memory_broker *broker);
/* Its consumers get CBX_BUS_CANCELLED. Does nothing when there is no such queue. */
void cbx_memory_broker_delete_queue(struct cbx_memory_broker *broker, const char *queue);

#endif
