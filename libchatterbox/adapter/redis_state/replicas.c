// SPDX-License-Identifier: MIT
/*
 * replicas.c - would what was written survive its master?
 *
 * Replication is asynchronous, so a master that dies takes with it what no replica had. What must
 * not be lost waits for one, behind Sentinels and in a cluster.
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <string.h>

#define REPLICATED_MS "500"

int cbx_redis_role(struct cbx_redis *link, size_t *replicas)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error;

	cbx_redis_begin(link, "ROLE");
	error = cbx_redis_ask(link, "ROLE", &reply);
	if (error)
		return error;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 3 ||
	    reply->element[0]->type != REDIS_REPLY_STRING)
		return cbx_redis_nonsense(link, "ROLE");
	if (strcmp(reply->element[0]->str, "master") != 0) {
		cbx_redis_say(link, "it was to be the master, but is none (ROLE %.20s)",
			      reply->element[0]->str);
		cbx_redis_disconnect(&link->base);
		return CHATTERBOX_E_DOWN;
	}
	if (reply->element[2]->type != REDIS_REPLY_ARRAY)
		return cbx_redis_nonsense(link, "ROLE");
	*replicas = reply->element[2]->elements;
	return 0;
}

/* *@replicas: how many there are, if none has confirmed */
static int wait_for_one(struct cbx_redis *link, size_t *replicas)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error;

	cbx_redis_begin(link, "WAIT");
	cbx_redis_puts(link, "1");
	cbx_redis_puts(link, REPLICATED_MS);
	error = cbx_redis_ask(link, "WAIT", &reply);
	if (!error && reply->type != REDIS_REPLY_INTEGER)
		error = cbx_redis_nonsense(link, "WAIT");
	if (!error && !reply->integer)
		error = cbx_redis_role(link, replicas);
	return error;
}

int cbx_redis_replicated(struct cbx_redis *me, const char *key)
{
	struct cbx_redis *link = me->cluster ? cbx_cluster_link(me, key) : me;
	size_t replicas = 0;
	int error;

	if (!me->sentinels && !me->cluster)
		return 0;
	error = link ? wait_for_one(link, &replicas) : CHATTERBOX_E_DOWN;
	if (error)
		return me->cluster ? cbx_cluster_link_failed(me, key, error) : error;
	/* without any it is a single Redis */
	me->behind = replicas > 0;
	if (!replicas)
		return 0;
	cbx_redis_say(me,
		      "none of its %zu replicas has confirmed the events within " REPLICATED_MS
		      " ms: they are told again",
		      replicas);
	return CHATTERBOX_E_REFUSED;
}

int cbx_redis_caught_up(struct cbx_redis *me, const char *key)
{
	return me->behind ? cbx_redis_replicated(me, key) : 0;
}
