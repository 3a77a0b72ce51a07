// SPDX-License-Identifier: MIT
/*
 * stream.c - appends events to APP:events
 *
 * Decides that a piece of them is one transaction: a server that runs out of memory in between
 * takes all or none of it, and no event overtakes an earlier one that was refused.
 */
#include "adapter/redis_state/link.h"

#include <inttypes.h>
#include <stdio.h>

static int send_word(struct cbx_redis *me, const char *word)
{
	cbx_redis_begin(me, word);
	return cbx_redis_send(me);
}

static int send_entry(struct cbx_redis *me, const char *key, const struct cbx_stream_entry *entry,
		      const char *max_length)
{
	cbx_redis_begin(me, "XADD");
	cbx_redis_puts(me, key);
	cbx_redis_puts(me, "MAXLEN");
	cbx_redis_puts(me, "~");
	cbx_redis_puts(me, max_length);
	cbx_redis_puts(me, "*");
	cbx_redis_puts(me, "name");
	cbx_redis_puts(me, entry->name);
	cbx_redis_puts(me, "id");
	cbx_redis_puts(me, entry->id);
	cbx_redis_puts(me, "params");
	cbx_redis_arg(me, entry->params, entry->params_len);
	if (entry->previous_status) {
		cbx_redis_puts(me, "previous_status");
		cbx_redis_puts(me, entry->previous_status);
	}
	return cbx_redis_send(me);
}

/* The reply of EXEC: one reply a command */
static int settle_exec(struct cbx_redis *me, const char *key, int *result)
{
	cbx_auto(cbx_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_receive(me, &reply);
	size_t i;

	if (error || *result)
		return error;
	*result = cbx_redis_check(me, reply, key);
	if (!*result && reply->type != REDIS_REPLY_ARRAY)
		return cbx_redis_nonsense(me, "EXEC");
	for (i = 0; !*result && i < reply->elements; i++)
		*result = cbx_redis_check(me, reply->element[i], key);
	return 0;
}

static int append_piece(struct cbx_redis *me, const char *key,
			const struct cbx_stream_entry *entries, size_t count,
			const char *max_length)
{
	int result = 0;
	int error;
	size_t i;

	error = send_word(me, "MULTI");
	for (i = 0; i < count && !error; i++)
		error = send_entry(me, key, &entries[i], max_length);
	if (!error)
		error = send_word(me, "EXEC");
	/* MULTI and what it queues: the first refusal tells why EXEC gives up */
	for (i = 0; i < count + 1 && !error; i++)
		error = cbx_redis_settle(me, key, &result);
	if (!error)
		error = settle_exec(me, key, &result);
	return error ? error : result;
}

static size_t piece(const struct cbx_stream_entry *entries, size_t count)
{
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < count && i < CBX_REDIS_CHUNK && bytes < CBX_REDIS_CHUNK_BYTES; i++)
		bytes += entries[i].params_len;
	return i;
}

int cbx_redis_append_events(struct cbx_state *state, const struct cbx_stream_entry *entries,
			    size_t count, int64_t max_length)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = cbx_redis_key(me, &me->key, "events");
	char length[24];
	size_t done;
	size_t step;
	int error;

	snprintf(length, sizeof(length), "%" PRId64, max_length);
	for (done = 0; done < count; done += step) {
		step = piece(entries + done, count - done);
		error = append_piece(me, key, entries + done, step, length);
		if (error)
			return error;
	}
	return 0;
}
