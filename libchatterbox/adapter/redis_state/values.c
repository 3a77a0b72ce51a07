// SPDX-License-Identifier: MIT
/*
 * values.c - single values: the leader's epoch, jobs_data, OCD's interval
 *
 * A foreign epoch (not a number, or a key of another type) reads as none. The leader then writes
 * everything again, and its own epoch over it.
 */
#include "adapter/redis_state/link.h"
#include "base/read.h"

#include <chatterbox/error.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INTERVAL "nl-ocd.update_time_till_next_check.row_info"

int cbx_redis_read_epoch(struct cbx_state *state, int64_t *epoch)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = cbx_redis_key(me, &me->key, "state");
	int64_t found = 0;
	int error;

	cbx_redis_begin(me, "GET");
	cbx_redis_puts(me, key);
	error = cbx_redis_send(me);
	if (!error)
		error = cbx_redis_receive(me, &reply);
	if (!error && !cbx_redis_is_error(reply, "WRONGTYPE"))
		error = cbx_redis_check(me, reply, key);
	if (error)
		return error;
	if (reply->type != REDIS_REPLY_NIL &&
	    (reply->type != REDIS_REPLY_STRING || !cbx_parse_count(reply->str, reply->len, &found)))
		cbx_warn(me->log, CBX_FIELDS({ "server", "redis" }, { "key", key }),
			 "the epoch in Redis is not ours: everything is written again");
	*epoch = found;
	return 0;
}

static int set_value(struct cbx_redis *me, int64_t epoch, const char *name, const char *bytes,
		     size_t len)
{
	const char *key = cbx_redis_key(me, &me->key, name);
	int error = cbx_redis_begin_guarded(me, CBX_SCRIPT_GUARDED, key, epoch);

	if (error)
		return error;
	cbx_redis_puts(me, "2");
	cbx_redis_puts(me, "SET");
	cbx_redis_arg(me, bytes, len);
	return cbx_redis_run_guarded(me, key);
}

int cbx_redis_write_epoch(struct cbx_state *state, int64_t epoch)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRId64, epoch);

	return set_value(cbx_redis_of(state), epoch, "state", text, (size_t)len);
}

int cbx_redis_write_jobs_data(struct cbx_state *state, int64_t epoch, const char *json, size_t len)
{
	return set_value(cbx_redis_of(state), epoch, "jobs_data", json, len);
}

/* Sends the command begun before; its answer is the text of @key, "" when there is none */
static int ask_text(struct cbx_redis *me, const char *key, char *out, size_t size)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	const char *text;
	int error = cbx_redis_ask(me, key, &reply);

	if (error)
		return error;
	text = reply->type == REDIS_REPLY_STRING ? reply->str : "";
	if (reply->len >= size || strlen(text) != reply->len) {
		cbx_redis_say(me, "%s: its text is too long or holds a NUL", key);
		return CHATTERBOX_E_REFUSED;
	}
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

int cbx_redis_read_jobs_data(struct cbx_state *state, char *out, size_t size)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = cbx_redis_key(me, &me->key, "jobs_data");

	cbx_redis_begin(me, "GET");
	cbx_redis_puts(me, key);
	return ask_text(me, key, out, size);
}

int cbx_redis_read_interval(struct cbx_state *state, char *out, size_t size)
{
	struct cbx_redis *me = cbx_redis_of(state);

	cbx_redis_begin(me, "HGET");
	cbx_redis_puts(me, INTERVAL);
	cbx_redis_puts(me, INTERVAL);
	return ask_text(me, INTERVAL, out, size);
}
