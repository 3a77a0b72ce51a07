// SPDX-License-Identifier: MIT
/*
 * link.c - opens a connection, logs in, and gives it up
 *
 * It counts as up when the server has answered a PING, so that a server which is still loading is
 * down. The error of a refused AUTH leaves the server's text out, since that may repeat the
 * password.
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SILENCE CBX_SECOND

/* Sets the time that each read and write may take: a second, or what is left */
static int set_patience(struct cbx_redis *me, uint64_t deadline)
{
	uint64_t now = cbx_now(me->clock);
	uint64_t left = deadline > now ? deadline - now : 0;
	struct timeval wait;

	if (left > SILENCE)
		left = SILENCE;
	if (left < CBX_MS)
		left = CBX_MS; /* 0 would mean for ever */
	wait.tv_sec = (time_t)(left / CBX_SECOND);
	wait.tv_usec = (suseconds_t)(left % CBX_SECOND / 1000);
	if (redisSetTimeout(me->context, wait) == REDIS_OK)
		return 0;
	cbx_redis_say(me, "cannot set a timeout");
	return CHATTERBOX_E_DOWN;
}

static int open_context(struct cbx_redis *me)
{
	cbx_auto(cbx_closep) int fd = -1;
	int error;

	error = cbx_redis_dial(me, &fd);
	if (error)
		return error;
	me->context = redisConnectFd(fd);
	if (!me->context)
		return -ENOMEM;
	(void)cbx_steal_fd(&fd);
	if (me->context->err) {
		cbx_redis_say(me, "%s", me->context->errstr);
		return CHATTERBOX_E_DOWN;
	}
	return 0;
}

static int authenticate(struct cbx_redis *me)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error;

	if (!me->username && !me->password)
		return 0;
	cbx_redis_begin(me, "AUTH");
	if (me->username)
		cbx_redis_puts(me, me->username);
	cbx_redis_puts(me, me->password ? me->password : "");
	error = cbx_redis_send(me);
	if (!error)
		error = cbx_redis_receive(me, &reply);
	if (error || reply->type != REDIS_REPLY_ERROR)
		return error;
	cbx_redis_say(me, "AUTH was refused (%s): check %s",
		      cbx_redis_is_error(reply, "WRONGPASS") ? "WRONGPASS" : "ERR",
		      me->is_sentinel ? "redis.sentinelUsername and redis.sentinelPassword"
				      : "redis.username and redis.password");
	return CHATTERBOX_E_REFUSED;
}

static int select_db(struct cbx_redis *me)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	char db[16];

	if (!me->db)
		return 0;
	snprintf(db, sizeof(db), "%d", me->db);
	cbx_redis_begin(me, "SELECT");
	cbx_redis_puts(me, db);
	return cbx_redis_ask(me, "redis.db", &reply);
}

/* For CLIENT LIST; the user may lack the right to it */
static int set_name(struct cbx_redis *me)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error;

	cbx_redis_begin(me, "CLIENT");
	cbx_redis_puts(me, "SETNAME");
	cbx_redis_puts(me, me->app);
	error = cbx_redis_send(me);
	return error ? error : cbx_redis_receive(me, &reply);
}

static int secure(struct cbx_redis *me)
{
	return me->tls ? cbx_redis_secure(me) : 0;
}

static int greet(struct cbx_redis *me, uint64_t deadline)
{
	int (*const steps[])(struct cbx_redis * me) = { secure, authenticate, select_db, set_name };
	size_t i;
	int error;

	for (i = 0; i < CBX_COUNT(steps); i++) {
		error = set_patience(me, deadline);
		if (!error)
			error = steps[i](me);
		if (error)
			return error;
	}
	error = set_patience(me, deadline);
	if (!error)
		error = cbx_redis_ping(&me->base);
	/* from now on, independent of the deadline for connecting */
	return error ? error : set_patience(me, UINT64_MAX);
}

int cbx_redis_try(struct cbx_redis *me, uint64_t deadline)
{
	char why[160];
	int error = cbx_dial_begin(me->dial, deadline, why, sizeof(why));

	if (error) {
		if (*why)
			cbx_redis_say(me, "%s", why);
		return error;
	}
	error = CHATTERBOX_E_DOWN;
	while (error && error != -ENOMEM && (me->target = cbx_dial_next(me->dial))) {
		error = open_context(me);
		if (!error)
			error = greet(me, me->target->deadline);
		if (error)
			cbx_redis_disconnect(&me->base);
		else
			cbx_dial_serves(me->dial);
	}
	me->target = NULL;
	return error;
}

int cbx_redis_connect(struct cbx_state *state, uint64_t deadline)
{
	struct cbx_redis *me = cbx_redis_of(state);
	int error;

	cbx_redis_disconnect(state);
	me->refusal = NULL;
	error = me->seek(me, deadline);
	if (error == CHATTERBOX_E_REFUSED && me->refusal)
		return me->refusal->error;
	/* a wrong password may be right tomorrow: the caller will try again */
	return !error || error == -ENOMEM ? error : CHATTERBOX_E_DOWN;
}
