// SPDX-License-Identifier: MIT
/*
 * cluster.c - the nodes of a Redis Cluster, and which of them serves what
 *
 * A node is asked for the map (CLUSTER SLOTS), and all masters in it are connected to. They are
 * asked in turn, since one that was cut off from the others tells of an old map.
 *
 * A master that is none any more may take with it what its replica did not have: then all is given
 * up, so that everything is written anew. A slot that moves takes its keys along.
 */
#include "adapter/redis_state/cluster.h"
#include "common/array.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_TIME CBX_SECOND

static void free_node(struct cbx_cluster_node *node)
{
	if (node->link)
		cbx_state_free(&node->link->base);
	free(node);
}

CBX_DEFINE_CLEANUP(struct cbx_cluster_node *, free_node)

void cbx_cluster_free_command(struct cbx_cluster_command *command)
{
	if (command->bytes)
		redisFreeCommand(cbx_steal(command->bytes));
	cbx_redis_reply_freep(&command->reply);
	command->reply = NULL;
}

static void forget(struct cbx_cluster *all)
{
	size_t i;

	for (i = all->first; i < all->queued; i++)
		cbx_cluster_free_command(&all->queue[i]);
	all->first = all->answered = all->queued = 0;
}

void cbx_cluster_free(struct cbx_cluster *all)
{
	size_t i;

	if (!all)
		return;
	forget(all);
	for (i = 0; i < all->count; i++)
		free_node(all->nodes[i]);
	free(all->nodes);
	free(all->queue);
	free(all);
}

int cbx_cluster_failed(struct cbx_redis *me, const struct cbx_cluster_node *node, int error)
{
	const char *said = node->link->base.error;
	bool connects = !me->cluster->up;

	snprintf(me->base.error, sizeof(me->base.error), "redis cluster, node %.440s",
		 strncmp(said, "redis ", 6) ? said : said + 6);
	me->refusal = node->link->refusal;
	cbx_redis_disconnect(&me->base);
	if (error == -ENOMEM)
		return error;
	return connects && me->refusal ? CHATTERBOX_E_REFUSED : CHATTERBOX_E_DOWN;
}

static int new_node(struct cbx_redis *me, const char *host, int port, struct cbx_cluster_node **out)
{
	cbx_auto(free_nodep) struct cbx_cluster_node *node = calloc(1, sizeof(*node));
	int error;

	if (!node)
		return -ENOMEM;
	snprintf(node->host, sizeof(node->host), "%s", host);
	node->port = port;
	error = me->cluster->open(me, host, port, &node->link);
	if (error)
		return error;
	node->link->is_node = true;
	*out = cbx_steal(node);
	return 0;
}

int cbx_cluster_node(struct cbx_redis *me, const char *host, int port,
		     struct cbx_cluster_node **out)
{
	struct cbx_cluster *all = me->cluster;
	size_t i;
	int error;

	for (i = 0; i < all->count; i++) {
		*out = all->nodes[i];
		if ((*out)->port == port && !strcmp((*out)->host, host))
			return 0;
	}
	if (cbx_grow(all->nodes, all->capacity, all->count + 1) < 0)
		return -ENOMEM;
	error = new_node(me, host, port, out);
	if (!error)
		all->nodes[all->count++] = *out;
	return error;
}

int cbx_cluster_reach(struct cbx_redis *me, struct cbx_cluster_node *node, uint64_t deadline)
{
	uint64_t end = cbx_now(me->clock) + NODE_TIME;
	int error;

	if (node->link->context)
		return 0;
	error = cbx_redis_connect(&node->link->base, end < deadline ? end : deadline);
	return error ? cbx_cluster_failed(me, node, error) : 0;
}

struct mapping {
	struct cbx_redis *me;
	const struct cbx_cluster_node *told;
};

static int map_range(void *user, const struct cbx_slot_range *range)
{
	const struct mapping *mapping = user;
	struct cbx_cluster *all = mapping->me->cluster;
	struct cbx_cluster_node *node;
	unsigned slot;
	int error = cbx_cluster_node(mapping->me, *range->host ? range->host : mapping->told->host,
				     range->port, &node);

	if (error)
		return error;
	node->replicas = range->replicas;
	for (slot = range->first; slot <= range->last; slot++) {
		node->slots += !all->owners[slot];
		all->owners[slot] = node;
	}
	return 0;
}

/* Are all slots served, and all masters of before still masters? */
static int check_map(struct cbx_redis *me)
{
	struct cbx_cluster *all = me->cluster;
	unsigned slot = 0;
	unsigned end;
	size_t i;

	while (slot < CBX_SLOTS && all->owners[slot])
		slot++;
	for (end = slot; end < CBX_SLOTS && !all->owners[end];)
		end++;
	if (slot < CBX_SLOTS) {
		cbx_redis_say(
			me,
			"no node of the cluster serves the slots %u to %u: redis-cli --cluster "
			"check says more",
			slot, end - 1);
		return CHATTERBOX_E_DOWN;
	}
	for (i = 0; i < all->count && all->up; i++) {
		const struct cbx_cluster_node *node = all->nodes[i];

		if (!node->before || node->slots)
			continue;
		cbx_redis_say(me, "%.100s:%d is no master of the cluster any more", node->host,
			      node->port);
		return CHATTERBOX_E_DOWN;
	}
	return 0;
}

int cbx_cluster_renew(struct cbx_redis *me, struct cbx_cluster_node *node)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	struct cbx_cluster *all = me->cluster;
	struct mapping mapping = { me, node };
	size_t i;
	int error;

	cbx_redis_begin(node->link, "CLUSTER");
	cbx_redis_puts(node->link, "SLOTS");
	error = cbx_redis_ask(node->link, "CLUSTER SLOTS", &reply);
	if (error)
		return cbx_cluster_failed(me, node, error);
	for (i = 0; i < all->count; i++) {
		all->nodes[i]->before = all->nodes[i]->slots;
		all->nodes[i]->slots = 0;
	}
	memset(all->owners, 0, sizeof(all->owners));
	error = cbx_slots_read(reply, me->tls, map_range, &mapping);
	if (error == CHATTERBOX_E_DOWN)
		cbx_redis_say(me,
			      "%.100s:%d names nodes that can't be connected to: see its "
			      "cluster-announce-hostname",
			      node->host, node->port);
	if (!error)
		error = check_map(me);
	if (error)
		cbx_redis_disconnect(&me->base);
	return error;
}

/* Those that serve nothing are neither needed nor connected to */
static void drop_idle(struct cbx_cluster *all)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < all->count; i++) {
		struct cbx_cluster_node *node = all->nodes[i];

		if (!node->slots)
			cbx_redis_disconnect(&node->link->base);
		if (node->slots || node->seed)
			all->nodes[kept++] = node;
		else
			free_node(node);
	}
	all->count = kept;
}

static void describe(struct cbx_redis *me)
{
	const struct cbx_cluster *all = me->cluster;
	struct cbx_state *state = &me->base;
	size_t replicas = 0;
	size_t masters = 0;
	size_t i;
	int len;

	state->certificate_ends = 0;
	for (i = 0; i < all->count; i++) {
		int64_t ends = all->nodes[i]->link->base.certificate_ends;

		masters += all->nodes[i]->slots > 0;
		replicas += all->nodes[i]->slots ? all->nodes[i]->replicas : 0;
		if (ends && (!state->certificate_ends || ends < state->certificate_ends))
			state->certificate_ends = ends;
	}
	len = snprintf(state->consists, sizeof(state->consists),
		       "a cluster of %zu masters with %zu replicas:", masters, replicas);
	for (i = 0; i < all->count && (size_t)len < sizeof(state->consists); i++)
		if (all->nodes[i]->slots)
			len += snprintf(state->consists + len,
					sizeof(state->consists) - (size_t)len, " %s:%d (%zu slots)",
					all->nodes[i]->host, all->nodes[i]->port,
					all->nodes[i]->slots);
}

/* Connects to all masters of the map that @node tells */
static int try_map(struct cbx_redis *me, struct cbx_cluster_node *node, uint64_t deadline)
{
	struct cbx_cluster *all = me->cluster;
	int error = cbx_cluster_reach(me, node, deadline);
	size_t i;

	if (!error)
		error = cbx_cluster_renew(me, node);
	for (i = 0; i < all->count && !error; i++)
		if (all->nodes[i]->slots)
			error = cbx_cluster_reach(me, all->nodes[i], deadline);
	if (error)
		return error;
	drop_idle(all);
	for (i = 0; i < all->count; i++)
		if (all->nodes[i]->slots)
			all->keyless = all->nodes[i];
	describe(me);
	all->up = true;
	me->behind = false;
	return 0;
}

int cbx_cluster_seek(struct cbx_redis *me, uint64_t deadline)
{
	struct cbx_cluster *all = me->cluster;
	size_t most = all->count;
	int error = CHATTERBOX_E_DOWN;
	size_t i;

	for (i = 0; i < most && cbx_now(me->clock) < deadline; i++) {
		error = try_map(me, all->nodes[all->next++ % all->count], deadline);
		if (!error || error == -ENOMEM || (error == CHATTERBOX_E_REFUSED && me->refusal))
			return error;
	}
	return error;
}

void cbx_cluster_disconnect(struct cbx_redis *me)
{
	struct cbx_cluster *all = me->cluster;
	size_t i;

	all->up = false;
	forget(all);
	for (i = 0; i < all->count; i++)
		cbx_redis_disconnect(&all->nodes[i]->link->base);
}

bool cbx_cluster_is_up(const struct cbx_redis *me)
{
	return me->cluster->up;
}

int cbx_cluster_ping(struct cbx_redis *me)
{
	struct cbx_cluster *all = me->cluster;
	size_t i;
	int error;

	if (!all->up) {
		cbx_redis_say(me, "not connected");
		return CHATTERBOX_E_DOWN;
	}
	for (i = 0; i < all->count; i++) {
		if (!all->nodes[i]->link->context)
			continue;
		error = cbx_redis_ping(&all->nodes[i]->link->base);
		if (error)
			return cbx_cluster_failed(me, all->nodes[i], error);
	}
	return 0;
}

bool cbx_cluster_aim(struct cbx_redis *me, size_t master)
{
	struct cbx_cluster *all = me->cluster;
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (!all->nodes[i]->slots || master--)
			continue;
		all->keyless = all->nodes[i];
		return true;
	}
	return false;
}

void cbx_cluster_tag(struct cbx_redis *me, size_t master, char tag[12])
{
	const struct cbx_cluster *all = me->cluster;
	unsigned n = 0;

	do {
		snprintf(tag, 12, "%u", n++);
	} while (cbx_cluster_aim(me, master) &&
		 all->owners[cbx_slot_of(tag, strlen(tag))] != all->keyless);
}

int cbx_cluster_add(struct cbx_redis *me, const char *host, int port)
{
	struct cbx_cluster_node *node;
	int error = cbx_cluster_node(me, host, port, &node);

	if (!error)
		node->seed = true;
	return error;
}
