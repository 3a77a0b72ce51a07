/* SPDX-License-Identifier: MIT */
/* slots.h - where a key lives in a Redis Cluster, and what its nodes say of that; pure */
#ifndef CBX_ADAPTER_REDIS_STATE_SLOTS_H
#define CBX_ADAPTER_REDIS_STATE_SLOTS_H

#include <hiredis.h>
#include <stdbool.h>
#include <stddef.h>

#define CBX_SLOTS 16384
#define CBX_NODE_HOST 256

/* The slot of @key: of what stands between its first brace and the next closing one, if anything */
unsigned cbx_slot_of(const char *key, size_t len);

/* @host "": that of the node that was asked */
struct cbx_slot_range {
	unsigned first, last;
	const char *host;
	int port;
	size_t replicas;
};

/* Gives each range of the answer to CLUSTER SLOTS; @by_name: by the host's name, if it says one. A
 * non-zero return stops it, which returns it; CHATTERBOX_E_DOWN: it is no such answer. */
int cbx_slots_read(const redisReply *reply, bool by_name,
		   int (*each)(void *user, const struct cbx_slot_range *range), void *user);

struct cbx_redirect {
	bool moved; /* else ASK: this once */
	unsigned slot;
	char host[CBX_NODE_HOST]; /* "": that of the node that says so */
	int port;
};

/* Reads "MOVED 3999 10.0.0.1:6381" or ASK; false: it is neither */
bool cbx_redirect_read(const char *text, struct cbx_redirect *out);

#endif
