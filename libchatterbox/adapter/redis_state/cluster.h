/* SPDX-License-Identifier: MIT */
/*
 * cluster.h - a Redis Cluster as if it were one connection; shared by cluster*.c
 *
 * Each node is a link of its own. What is sent goes to the node that serves the key's slot, and
 * what is received comes in the order in which it was sent, whoever answered. When one node is
 * lost, all are given up: as with a single Redis the caller then writes everything anew.
 */
#ifndef CBX_ADAPTER_REDIS_STATE_CLUSTER_H
#define CBX_ADAPTER_REDIS_STATE_CLUSTER_H

#include "adapter/redis_state/link.h"
#include "adapter/redis_state/slots.h"

struct cbx_cluster_node {
	struct cbx_redis *link;
	char host[CBX_NODE_HOST];
	int port;
	bool seed;    /* it is configured: asked for the map as long as we live */
	size_t slots; /* that it serves as a master */
	size_t before, replicas;
};

/* A command that was sent, with its reply when that is there */
struct cbx_cluster_command {
	char *bytes; /* of hiredis */
	size_t len;
	int slot; /* -1: it has no key */
	struct cbx_cluster_node *node;
	redisReply *reply;
};

struct cbx_cluster {
	int (*open)(const struct cbx_redis *me, const char *host, int port, struct cbx_redis **out);
	struct cbx_cluster_node **nodes;
	size_t count, capacity;
	size_t next; /* who is asked first for the map */
	struct cbx_cluster_node *owners[CBX_SLOTS];
	struct cbx_cluster_node *keyless; /* gets what has no key */
	struct cbx_cluster_command *queue;
	size_t queued, room;
	size_t first;    /* the next that is received */
	size_t answered; /* so many have their reply */
	bool up;
};

/* cluster.c: the node of that address, which is added if there is none */
int cbx_cluster_node(struct cbx_redis *me, const char *host, int port,
		     struct cbx_cluster_node **out);
/* Connects to it, if it is not; by @deadline */
int cbx_cluster_reach(struct cbx_redis *me, struct cbx_cluster_node *node, uint64_t deadline);
/* Asks it which node serves what. CHATTERBOX_E_DOWN also when a slot is served by nobody, or a
 * master of ours is none any more. */
int cbx_cluster_renew(struct cbx_redis *me, struct cbx_cluster_node *node);
/* @node's error becomes ours, and all is given up; returns what the call is to return */
int cbx_cluster_failed(struct cbx_redis *me, const struct cbx_cluster_node *node, int error);
/* As of struct cbx_redis_many */
void cbx_cluster_disconnect(struct cbx_redis *me);
bool cbx_cluster_is_up(const struct cbx_redis *me);
int cbx_cluster_ping(struct cbx_redis *me);
int cbx_cluster_seek(struct cbx_redis *me, uint64_t deadline);
void cbx_cluster_free_command(struct cbx_cluster_command *command);

#endif
