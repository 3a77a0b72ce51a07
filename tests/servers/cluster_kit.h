/* SPDX-License-Identifier: MIT */
/* cluster_kit.h - the Redis Cluster of cluster.sh, seen by plain hiredis, and its slots moved by
 * hand */
#ifndef CBX_TESTS_CLUSTER_KIT_H
#define CBX_TESTS_CLUSTER_KIT_H

#include "adapter/redis_state/redis_state.h"
#include "state_suite.h"

#define APP "suite-app"
#define CLUSTER_NODES 6

/* A state on the cluster, which knows of one node; not connected */
struct cbx_state *cluster_open(void);
struct cbx_state *cluster_up(void);

int cluster_port(size_t node);
/* Runs a command (hiredis' format) on that node and gives its reply as one text, as redis_look() */
const char *cluster_look_at(size_t node, const char *format, ...);
/* The same on the node that serves its key */
const char *cluster_look(const char *format, ...);
/* On all nodes; what replicas refuse is left out */
void cluster_each(const char *command);
void cluster_eyes_close(void);
/* The @index-th entry of the stream */
void cluster_event(size_t index, struct state_event *out);

unsigned cluster_slot(const char *key);
/* The master that serves it */
size_t cluster_master(unsigned slot);
/* From now on its keys can be moved from @from to @to; one after the other; and it belongs to @to
 */
void cluster_move_begin(unsigned slot, size_t from, size_t to);
void cluster_move_key(const char *key, size_t from, size_t to);
void cluster_move_end(unsigned slot, size_t to);

#endif
