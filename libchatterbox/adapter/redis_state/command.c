// SPDX-License-Identifier: MIT
/*
 * command.c - sends commands and receives replies
 *
 * The connection is given up after any error of hiredis (which may then hold replies to earlier
 * commands, fault 20), and after error replies that mean "not me" or "not now". All other error
 * replies keep the pipeline in order, so the connection is kept.
 */
#include "adapter/redis_state/link.h"
#include "common/array.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cbx_redis_say(struct cbx_redis *me, const char *format, ...)
{
	const struct cbx_target *target = me->target;
	const char *which = target && !strstr(me->address, target->text) ? target->text : "";
	char text[sizeof(me->base.error)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* rather cut the address than the text; of a name's addresses say which it was */
	snprintf(me->base.error, sizeof(me->base.error), "redis %.80s: %.45s%s%.*s", me->address,
		 which, *which ? ": " : "", (int)(sizeof(me->base.error) - 140), text);
}

void cbx_redis_disconnect(struct cbx_state *state)
{
	struct cbx_redis *me = cbx_redis_of(state);

	me->watching = false;
	if (me->many)
		me->many->disconnect(me);
	if (me->context)
		redisFree(cbx_steal(me->context));
}

bool cbx_redis_is_up(const struct cbx_redis *me)
{
	return me->many ? me->many->is_up(me) : me->context != NULL;
}

static bool has_room(struct cbx_redis *me)
{
	size_t capacity = me->capacity; /* of both */

	return !cbx_grow(me->argv, capacity, me->argc + 1) &&
	       !cbx_grow(me->argv_len, me->capacity, me->argc + 1);
}

void cbx_redis_arg(struct cbx_redis *me, const char *bytes, size_t len)
{
	if (!bytes || !has_room(me)) {
		me->failed = true;
		return;
	}
	me->argv[me->argc] = bytes;
	me->argv_len[me->argc++] = len;
}

void cbx_redis_puts(struct cbx_redis *me, const char *text)
{
	cbx_redis_arg(me, text, text ? strlen(text) : 0);
}

void cbx_redis_begin(struct cbx_redis *me, const char *word)
{
	me->argc = 0;
	me->failed = false;
	cbx_redis_puts(me, word);
}

/* Gives the connection up, with hiredis' own text */
static int give_up(struct cbx_redis *me)
{
	int saved = errno;
	redisContext *context = me->context;
	int error = CHATTERBOX_E_DOWN;
	char guess[48] = "";

	/* while it is connected to, somebody else may be at its port */
	if (me->target && me->target->address && !me->sentinels)
		snprintf(guess, sizeof(guess), ": is redis.port (%d) right?", me->port);
	if (context->err == REDIS_ERR_OOM) {
		cbx_redis_say(me, "out of memory");
		error = -ENOMEM;
	} else if (context->err == REDIS_ERR_IO && (saved == EAGAIN || saved == ETIMEDOUT)) {
		cbx_redis_say(me, "no answer within a second%s", guess);
	} else {
		cbx_redis_say(me, "connection lost: %s%s",
			      context->errstr[0] ? context->errstr : "no reply", guess);
	}
	cbx_redis_disconnect(&me->base);
	return error;
}

int cbx_redis_send(struct cbx_redis *me)
{
	if (me->many)
		return me->many->send(me);
	if (!me->context) {
		cbx_redis_say(me, "not connected");
		return CHATTERBOX_E_DOWN;
	}
	if (me->watch && me->watch(me) < 0)
		return CHATTERBOX_E_DOWN;
	if (me->failed) {
		/* what is in the pipeline already can't be taken back */
		cbx_redis_say(me, "out of memory");
		cbx_redis_disconnect(&me->base);
		return -ENOMEM;
	}
	if (redisAppendCommandArgv(me->context, (int)me->argc, me->argv, me->argv_len) != REDIS_OK)
		return give_up(me);
	return 0;
}

bool cbx_redis_is_error(const redisReply *reply, const char *word)
{
	return reply->type == REDIS_REPLY_ERROR && !strncmp(reply->str, word, strlen(word));
}

/* Before 7.0, an error inside a script is reported after the "-" of the script's own error */
static bool tells(const redisReply *reply, const char *word)
{
	const char *inside;

	if (cbx_redis_is_error(reply, word))
		return true;
	if (!cbx_redis_is_error(reply, "ERR Error running script"))
		return false;
	inside = strstr(reply->str, word);
	return inside && inside[-1] == '-';
}

static bool cannot_serve(const redisReply *reply)
{
	static const char *const words[] = {
		"READONLY ",
		"LOADING ",
		"MASTERDOWN ",
		"CLUSTERDOWN ",
		"BUSY ",
		"NOAUTH ",
		"ERR max number of clients",
	};
	size_t i;

	if (reply->type != REDIS_REPLY_ERROR)
		return false;
	for (i = 0; i < CBX_COUNT(words); i++)
		if (tells(reply, words[i]))
			return true;
	return false;
}

int cbx_redis_serves(struct cbx_redis *me, const redisReply *reply)
{
	if (!cannot_serve(reply))
		return 0;
	if (cbx_redis_is_error(reply, "NOAUTH "))
		cbx_redis_say(me, "it wants a password (NOAUTH): set redis.%s",
			      me->is_sentinel ? "sentinelPassword" : "password");
	else if (!cbx_redis_note_refusal(me, "", reply->str))
		cbx_redis_say(me, "%s", reply->str);
	cbx_redis_disconnect(&me->base);
	return CHATTERBOX_E_DOWN;
}

int cbx_redis_receive(struct cbx_redis *me, redisReply **out)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	void *got = NULL;
	int error;

	if (me->many)
		return me->many->receive(me, out);
	errno = 0;
	if (redisGetReply(me->context, &got) != REDIS_OK || !got)
		return give_up(me);
	reply = got;
	error = cbx_redis_serves(me, reply);
	if (error)
		return error;
	*out = cbx_steal(reply);
	return 0;
}

bool cbx_redis_note_refusal(struct cbx_redis *me, const char *what, const char *text)
{
	const struct cbx_redis_refusal *refusal =
		cbx_redis_refusal_of(text, me->is_node || me->cluster);

	if (!refusal)
		return false;
	me->refusal = refusal;
	cbx_redis_say(me, "%s%s%.160s (%s)", what, *what ? ": " : "", text, refusal->advice);
	return true;
}

int cbx_redis_check(struct cbx_redis *me, const redisReply *reply, const char *what)
{
	if (reply->type != REDIS_REPLY_ERROR)
		return 0;
	if (!cbx_redis_note_refusal(me, what, reply->str))
		cbx_redis_say(me, "%s: %s", what, reply->str);
	return CHATTERBOX_E_REFUSED;
}

int cbx_redis_ask(struct cbx_redis *me, const char *what, redisReply **out)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error;

	error = cbx_redis_send(me);
	if (!error)
		error = cbx_redis_receive(me, &reply);
	if (!error)
		error = cbx_redis_check(me, reply, what);
	if (error)
		return error;
	*out = cbx_steal(reply);
	return 0;
}

int cbx_redis_nonsense(struct cbx_redis *me, const char *what)
{
	cbx_redis_say(me, "%s: a reply that is none of Redis", what);
	cbx_redis_disconnect(&me->base);
	return CHATTERBOX_E_DOWN;
}

int cbx_redis_ping(struct cbx_state *state)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	struct cbx_redis *me = cbx_redis_of(state);

	if (me->many)
		return me->many->ping(me);
	cbx_redis_begin(me, "PING");
	return cbx_redis_ask(me, "PING", &reply);
}
