// SPDX-License-Identifier: MIT
/*
 * transaction.c - writes many systems in one MULTI, guarded by WATCH of APP:rev
 *
 * A script's call costs Redis twice what it writes, so most writes of a round go without one.
 * APP:rev has been watched since before it was read and found to be the writer's epoch. Whoever
 * takes over claims it, and so does this instance on each new connection before it writes
 * (road/share_whole.c); either makes EXEC do nothing, also for a transaction that a broken
 * connection left on its way. Hence a script sets APP:rev only when it has to (script.c). So the
 * guards of the hashes can be looked at before MULTI: whoever raises one has claimed APP:rev first.
 *
 * It is the short way, not the only one: whatever is refused here is written again by the script,
 * which says why.
 */
#include "adapter/redis_state/link.h"
#include "base/read.h"
#include "common/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The epoch that APP:rev says; -1 = none */
static void note_watched(struct cbx_redis *me, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_STRING ||
	    !cbx_parse_count(reply->str, reply->len, &me->watched))
		me->watched = -1;
}

static int send_watch(struct cbx_redis *me)
{
	int error;

	cbx_redis_begin(me, "WATCH");
	cbx_redis_puts(me, me->rev);
	error = cbx_redis_send(me);
	cbx_redis_begin(me, "GET");
	cbx_redis_puts(me, me->rev);
	return error ? error : cbx_redis_send(me);
}

static int receive_watch(struct cbx_redis *me)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *watch = NULL;
	cbx_auto(cbx_redis_reply_freep) redisReply *get = NULL;
	int error = cbx_redis_receive(me, &watch);

	if (!error)
		error = cbx_redis_receive(me, &get);
	if (error)
		return error;
	note_watched(me, get);
	if (watch->type == REDIS_REPLY_ERROR)
		me->watched = -1;
	return 0;
}

/* Asks for the numbers of the hashes */
static int send_guards(struct cbx_redis *me, struct cbx_state_write *const *writes, size_t count)
{
	cbx_auto(cbx_freep) char *keys = NULL;
	size_t size = 0;
	char *at;
	size_t i;

	for (i = 0; i < count; i++)
		size += strlen(me->rev) + strlen(writes[i]->system) + sizeof(":{}");
	keys = at = malloc(size);
	if (!keys)
		return -ENOMEM;
	cbx_redis_begin(me, "MGET");
	for (i = 0; i < count; i++) {
		int len = sprintf(at, "%s:{%s}", me->rev, writes[i]->system);

		cbx_redis_puts(me, at);
		at += len + 1;
	}
	return cbx_redis_send(me);
}

/* Those whose stored number is not above theirs come first; *@count = how many */
static int receive_guards(struct cbx_redis *me, struct cbx_state_write **writes, size_t *count)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_receive(me, &reply);
	size_t asked = *count;
	size_t i;

	*count = 0;
	if (error || reply->type != REDIS_REPLY_ARRAY || reply->elements != asked)
		return error;
	for (i = 0; i < asked; i++) {
		const redisReply *guard = reply->element[i];
		int64_t stored = 0;

		/* what is no number is foreign, and the script's to judge, as is a higher one */
		if (guard->type != REDIS_REPLY_NIL &&
		    (guard->type != REDIS_REPLY_STRING ||
		     !cbx_parse_count(guard->str, guard->len, &stored) ||
		     (uint64_t)stored > writes[i]->number))
			continue;
		writes[(*count)++] = writes[i];
	}
	return 0;
}

/* The command begun before, of one of the transaction */
static int queue(struct cbx_redis *me, size_t *queued)
{
	++*queued;
	return cbx_redis_send(me);
}

static int queue_deletes(struct cbx_redis *me, const struct cbx_state_write *write,
			 const char *kind, size_t *queued)
{
	size_t deletes = 0;
	size_t i;

	cbx_redis_begin(me, "HDEL");
	cbx_redis_puts(me, cbx_redis_system_key(me, &me->key, kind, write->system));
	for (i = 0; i < write->field_count; i++) {
		if (write->fields[i].value)
			continue;
		cbx_redis_puts(me, write->fields[i].name);
		deletes++;
	}
	return deletes ? queue(me, queued) : 0;
}

static int queue_sets(struct cbx_redis *me, const char *system, const char *kind,
		      const struct cbx_field *fields, size_t count, size_t *queued)
{
	size_t sets = 0;
	size_t i;

	cbx_redis_begin(me, "HSET");
	cbx_redis_puts(me, cbx_redis_system_key(me, &me->key, kind, system));
	for (i = 0; i < count; i++) {
		if (!fields[i].value)
			continue;
		cbx_redis_puts(me, fields[i].name);
		cbx_redis_arg(me, fields[i].value, fields[i].value_len);
		sets++;
	}
	return sets ? queue(me, queued) : 0;
}

static int queue_guard(struct cbx_redis *me, const struct cbx_state_write *write, size_t *queued)
{
	char number[CBX_INTEGER_TEXT];

	cbx_integer_text((int64_t)write->number, number);
	cbx_redis_begin(me, "SETEX");
	cbx_redis_puts(me, cbx_redis_system_key(me, &me->key, "rev", write->system));
	cbx_redis_puts(me, "86400");
	cbx_redis_puts(me, number);
	return queue(me, queued);
}

static int queue_write(struct cbx_redis *me, const struct cbx_state_write *write, size_t *queued)
{
	int error = queue_guard(me, write, queued);

	if (!error)
		error = queue_deletes(me, write, "jobs", queued);
	if (!error)
		error = queue_deletes(me, write, "figures", queued);
	if (!error)
		error = queue_sets(me, write->system, "jobs", write->fields, write->field_count,
				   queued);
	return error ? error
		     : queue_sets(me, write->system, "figures", write->figures, write->figure_count,
				  queued);
}

static int queue_index(struct cbx_redis *me, struct cbx_state_write *const *writes, size_t count,
		       size_t *queued)
{
	char scores[CBX_REDIS_TRANSACTION][24];
	size_t scored = 0;
	size_t i;

	cbx_redis_begin(me, "ZADD");
	cbx_redis_puts(me, cbx_redis_key(me, &me->key, "active_systems"));
	for (i = 0; i < count; i++) {
		if (!writes[i]->scored)
			continue;
		cbx_integer_text(writes[i]->changed_ms, scores[i]);
		cbx_redis_puts(me, scores[i]);
		cbx_redis_puts(me, writes[i]->system);
		scored++;
	}
	return scored ? queue(me, queued) : 0;
}

static int send_word(struct cbx_redis *me, const char *word)
{
	cbx_redis_begin(me, word);
	return cbx_redis_send(me);
}

/* With the watch of the next one behind it, so that one costs no second way to the server */
static int send_transaction(struct cbx_redis *me, struct cbx_state_write *const *writes,
			    size_t count, size_t *queued)
{
	int error = send_word(me, "MULTI");
	size_t i;

	for (i = 0; i < count && !error; i++)
		error = queue_write(me, writes[i], queued);
	if (!error)
		error = queue_index(me, writes, count, queued);
	if (!error)
		error = send_word(me, "EXEC");
	return error ? error : send_watch(me);
}

/* Was each of its commands carried out? Not when the epoch changed, or one was refused. */
static bool is_done(const redisReply *reply, size_t queued)
{
	size_t i;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != queued)
		return false;
	for (i = 0; i < queued; i++)
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			return false;
	return true;
}

static int receive_transaction(struct cbx_redis *me, size_t queued, bool *done)
{
	size_t left;
	int error = 0;

	*done = false;
	/* MULTI, what was queued, and EXEC, whose reply is the last */
	for (left = queued + 2; left && !error; left--) {
		cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;

		error = cbx_redis_receive(me, &reply);
		if (!error && left == 1)
			*done = is_done(reply, queued);
	}
	return error ? error : receive_watch(me);
}

/* While APP:rev said another epoch, or none; it may have changed since */
static int watch_again(struct cbx_redis *me)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = send_word(me, "UNWATCH");

	if (!error)
		error = send_watch(me);
	if (!error)
		error = cbx_redis_receive(me, &reply);
	return error ? error : receive_watch(me);
}

/* Once on each connection. A user who may not say MULTI would have everything else carried out as
 * it comes: so that is tried with nothing in it. */
static int begin_watching(struct cbx_redis *me)
{
	bool may = false;
	int error = send_word(me, "MULTI");

	if (!error)
		error = send_word(me, "EXEC");
	if (!error)
		error = send_watch(me);
	if (!error)
		error = receive_transaction(me, 0, &may);
	me->watching = !error;
	me->no_transactions = !may;
	return error;
}

/* How many of @writes go into one transaction */
static size_t portion(struct cbx_state_write *const *writes, size_t count)
{
	size_t bytes = 0;
	size_t n;
	size_t k;

	for (n = 0; n < count && n < CBX_REDIS_TRANSACTION && bytes < CBX_REDIS_TRANSACTION_BYTES;
	     n++) {
		if (writes[n]->number >> 32 != writes[0]->number >> 32)
			break;
		for (k = 0; k < writes[n]->field_count; k++)
			bytes += writes[n]->fields[k].value_len;
	}
	return n;
}

/* What fits one transaction; reorders @writes */
static int write_portion(struct cbx_redis *me, struct cbx_state_write **writes, size_t count)
{
	size_t cleared = count;
	size_t queued = 0;
	bool done = false;
	size_t i;
	int error = send_guards(me, writes, count);

	if (!error)
		error = receive_guards(me, writes, &cleared);
	if (error || !cleared)
		return error;
	error = send_transaction(me, writes, cleared, &queued);
	if (!error)
		error = receive_transaction(me, queued, &done);
	for (i = 0; done && i < cleared; i++)
		writes[i]->applied = true;
	return error;
}

int cbx_redis_write_at_once(struct cbx_redis *me, struct cbx_state_write **writes, size_t count)
{
	size_t at;
	size_t n;
	int error = 0;

	if (count && !me->watching)
		error = begin_watching(me);
	else if (count && !me->no_transactions && me->watched != (int64_t)(writes[0]->number >> 32))
		error = watch_again(me);
	for (at = 0; at < count && !error; at += n) {
		n = portion(writes + at, count - at);
		/* another epoch, or none: the script knows what that means */
		if (me->no_transactions || me->watched != (int64_t)(writes[at]->number >> 32))
			return 0;
		error = write_portion(me, writes + at, n);
	}
	return error;
}
