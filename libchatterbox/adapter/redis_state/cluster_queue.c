// SPDX-License-Identifier: MIT
/*
 * cluster_queue.c - sends each command to the node of its key, and receives in order
 *
 * Commands are kept until they are answered, since a node may answer that another one serves the
 * slot now (MOVED), or has this key already while the slot moves (ASK), or that the keys of one
 * command are at both (TRYAGAIN). None of these was carried out, so it is sent again. The order of
 * commands on one slot is kept: until the first of them was sent again, the others meet the same.
 */
#include "adapter/redis_state/cluster.h"
#include "common/array.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE CBX_SECOND
#define PAUSE (10 * CBX_MS)

/* Which word of the command is its key; 0: it has none */
static size_t key_at(const struct cbx_redis *me)
{
	static const struct {
		const char *name;
		size_t at;
	} others[] = { { "EVALSHA", 3 }, { "EVAL", 3 }, { "XREAD", 4 },
		       { "SCRIPT", 0 },  { "SCAN", 0 }, { "PING", 0 } };
	size_t i;

	for (i = 0; i < CBX_COUNT(others); i++)
		if (!strcmp(me->argv[0], others[i].name))
			return others[i].at;
	return 1;
}

static int slot_of(const struct cbx_redis *me)
{
	size_t at = key_at(me);

	return at ? (int)cbx_slot_of(me->argv[at], me->argv_len[at]) : -1;
}

static struct cbx_cluster_node *owner(const struct cbx_cluster *all, int slot)
{
	return slot < 0 ? all->keyless : all->owners[slot];
}

/* Puts its bytes into the node's pipeline; @asking: though the slot is still another's */
static int push(struct cbx_redis *me, struct cbx_cluster_command *command,
		struct cbx_cluster_node *node, bool asking)
{
	struct cbx_redis *link = node->link;
	int error = cbx_cluster_reach(me, node, UINT64_MAX);

	if (error)
		return error;
	command->node = node;
	if ((asking && redisAppendCommand(link->context, "ASKING") != REDIS_OK) ||
	    redisAppendFormattedCommand(link->context, command->bytes, command->len) != REDIS_OK) {
		cbx_redis_say(link, "out of memory");
		return cbx_cluster_failed(me, node, -ENOMEM);
	}
	return 0;
}

static int send(struct cbx_redis *me)
{
	struct cbx_cluster *all = me->cluster;
	struct cbx_cluster_command command = { 0 };
	int len;

	if (!all->up) {
		cbx_redis_say(me, "not connected");
		return CHATTERBOX_E_DOWN;
	}
	if (all->first == all->queued)
		all->first = all->answered = all->queued = 0;
	len = me->failed ? -1
			 : redisFormatCommandArgv(&command.bytes, (int)me->argc, me->argv,
						  me->argv_len);
	if (len < 0 || cbx_grow(all->queue, all->room, all->queued + 1) < 0) {
		if (len >= 0)
			redisFreeCommand(command.bytes);
		cbx_redis_say(me, "out of memory");
		cbx_redis_disconnect(&me->base);
		return -ENOMEM;
	}
	command.len = (size_t)len;
	command.slot = slot_of(me);
	all->queue[all->queued++] = command;
	return push(me, &all->queue[all->queued - 1], owner(all, command.slot), false);
}

static int take_reply(struct cbx_redis *me, struct cbx_cluster_command *command)
{
	int error = cbx_redis_receive(command->node->link, &command->reply);

	return error ? cbx_cluster_failed(me, command->node, error) : 0;
}

/* Starts them all before it waits for one */
static int flush_all(struct cbx_redis *me)
{
	struct cbx_cluster *all = me->cluster;
	size_t i;

	for (i = 0; i < all->count; i++) {
		redisContext *context = all->nodes[i]->link->context;
		int done = !context;

		/* what fails here fails again where the reply is waited for, with its text */
		while (!done && redisBufferWrite(context, &done) == REDIS_OK)
			;
	}
	return 0;
}

static bool wants_again(const struct cbx_cluster_command *command)
{
	return cbx_redis_is_error(command->reply, "MOVED ") ||
	       cbx_redis_is_error(command->reply, "ASK ") ||
	       cbx_redis_is_error(command->reply, "TRYAGAIN ");
}

/* A node says who serves the slot. If that is news, the whole map is asked for, since many slots
 * change at once; who is named knows best. */
static int follow_moved(struct cbx_redis *me, const struct cbx_cluster_command *command,
			const struct cbx_redirect *to, struct cbx_cluster_node *node)
{
	struct cbx_cluster *all = me->cluster;
	int error;

	if (all->owners[to->slot] != command->node)
		return 0;
	error = cbx_cluster_reach(me, node, UINT64_MAX);
	if (!error)
		error = cbx_cluster_renew(me, node);
	if (error || all->owners[to->slot] == node)
		return error;
	all->owners[to->slot]->slots--;
	all->owners[to->slot] = node;
	node->slots++;
	return 0;
}

static int send_again(struct cbx_redis *me, struct cbx_cluster_command *command)
{
	struct cbx_cluster *all = me->cluster;
	struct cbx_cluster_node *node = NULL;
	struct cbx_redirect to = { 0 };
	bool redirected = cbx_redirect_read(command->reply->str, &to);
	bool asking = redirected && !to.moved;
	cbx_auto(cbx_redis_reply_freep) redisReply *told = NULL;
	int error = 0;

	if (redirected)
		error = cbx_cluster_node(me, *to.host ? to.host : command->node->host, to.port,
					 &node);
	if (!error && redirected && to.moved)
		error = follow_moved(me, command, &to, node);
	if (!error)
		error = push(me, command, asking ? node : owner(all, command->slot), asking);
	if (!error && asking) {
		error = cbx_redis_receive(command->node->link, &told);
		if (error)
			error = cbx_cluster_failed(me, command->node, error);
	}
	if (error)
		return error;
	cbx_redis_reply_freep(&command->reply);
	command->reply = NULL;
	return take_reply(me, command);
}

/* Sends again what wants it, once; *@left: how many still do */
static int send_all_again(struct cbx_redis *me, size_t from, size_t *left)
{
	struct cbx_cluster *all = me->cluster;
	size_t i;
	int error;

	*left = 0;
	for (i = from; i < all->queued; i++) {
		if (!wants_again(&all->queue[i]))
			continue;
		error = send_again(me, &all->queue[i]);
		if (error)
			return error;
		*left += wants_again(&all->queue[i]);
	}
	return 0;
}

/* What still is sent to and fro when patience ends is refused, by its own text: the slot is being
 * moved */
static int follow(struct cbx_redis *me, size_t from)
{
	const struct timespec pause = { .tv_nsec = PAUSE };
	uint64_t deadline = cbx_now(me->clock) + PATIENCE;
	size_t left;
	int error = send_all_again(me, from, &left);

	while (!error && left && cbx_now(me->clock) < deadline) {
		nanosleep(&pause, NULL);
		error = send_all_again(me, from, &left);
	}
	return error;
}

/* Receives whatever is outstanding, of all nodes */
static int collect(struct cbx_redis *me)
{
	struct cbx_cluster *all = me->cluster;
	size_t from = all->answered;
	int error = flush_all(me);

	while (!error && all->answered < all->queued) {
		error = take_reply(me, &all->queue[all->answered]);
		if (!error)
			all->answered++;
	}
	return error ? error : follow(me, from);
}

static int receive(struct cbx_redis *me, redisReply **out)
{
	struct cbx_cluster *all = me->cluster;
	int error = 0;

	if (!all->up || all->first == all->queued) {
		cbx_redis_say(me, "not connected");
		return CHATTERBOX_E_DOWN;
	}
	if (all->first == all->answered)
		error = collect(me);
	if (error)
		return error;
	*out = cbx_steal(all->queue[all->first].reply);
	cbx_cluster_free_command(&all->queue[all->first++]);
	return 0;
}

struct cbx_redis *cbx_cluster_link(struct cbx_redis *me, const char *key)
{
	struct cbx_cluster_node *node =
		me->cluster->up ? me->cluster->owners[cbx_slot_of(key, strlen(key))] : NULL;

	return node ? node->link : NULL;
}

int cbx_cluster_link_failed(struct cbx_redis *me, const char *key, int error)
{
	struct cbx_cluster_node *node = me->cluster->owners[cbx_slot_of(key, strlen(key))];

	if (!me->cluster->up || !node)
		return error;
	if (!node->link->context)
		return cbx_cluster_failed(me, node, error);
	memcpy(me->base.error, node->link->base.error, sizeof(me->base.error));
	return error;
}

int cbx_cluster_new(struct cbx_redis *me, int (*open)(const struct cbx_redis *me, const char *host,
						      int port, struct cbx_redis **out))
{
	static const struct cbx_redis_many many = { send, receive, cbx_cluster_disconnect,
						    cbx_cluster_is_up, cbx_cluster_ping };

	me->cluster = calloc(1, sizeof(*me->cluster));
	if (!me->cluster)
		return -ENOMEM;
	me->cluster->open = open;
	me->many = &many;
	me->seek = cbx_cluster_seek;
	return 0;
}
