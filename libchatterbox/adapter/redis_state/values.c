// SPDX-License-Identifier: MIT
/*
 * values.c - single values: the leader's mark, jobs_data, OCD's interval
 *
 * The mark is "<epoch> <database id>", or the epoch alone. A foreign one (anything else, or a key
 * of another type) reads as none. The leader then writes everything again, and its own mark over
 * it.
 */
#include "adapter/redis_state/link.h"
#include "base/read.h"

#include <chatterbox/error.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INTERVAL "nl-ocd.update_time_till_next_check.row_info"

static void keep_database(struct cbx_redis *me, const char *text, size_t len)
{
	snprintf(me->base.database, sizeof(me->base.database), "%.*s", (int)len, text);
	me->base.database_ms = -1;
}

static bool is_id(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0 && len < CBX_DATABASE_ID;
}

/* "<epoch>" or "<epoch> <database id>" */
static bool parse_mark(struct cbx_redis *me, const char *text, size_t len, int64_t *epoch)
{
	const char *space = memchr(text, ' ', len);
	size_t digits = space ? (size_t)(space - text) : len;
	size_t id = space ? len - digits - 1 : 0;

	if (!cbx_parse_count(text, digits, epoch) || (space && !is_id(space + 1, id)))
		return false;
	if (space)
		keep_database(me, space + 1, id);
	return true;
}

/* Both are asked before either answers */
static int ask_mark(struct cbx_redis *me, const char *key, redisReply **text, redisReply **left)
{
	int error;

	cbx_redis_begin(me, "GET");
	cbx_redis_puts(me, key);
	error = cbx_redis_send(me);
	if (error)
		return error;
	cbx_redis_begin(me, "PTTL");
	cbx_redis_puts(me, key);
	error = cbx_redis_send(me);
	if (!error)
		error = cbx_redis_receive(me, text);
	return error ? error : cbx_redis_receive(me, left);
}

int cbx_redis_read_epoch(struct cbx_state *state, int64_t *epoch)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	cbx_auto(cbx_redis_reply_freep) redisReply *left = NULL;
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = cbx_redis_key(me, &me->key, "state");
	int64_t found = 0;
	int error = ask_mark(me, key, &reply, &left);

	if (!error && !cbx_redis_is_error(reply, "WRONGTYPE"))
		error = cbx_redis_check(me, reply, key);
	if (error)
		return error;
	keep_database(me, "", 0);
	if (reply->type != REDIS_REPLY_NIL && (reply->type != REDIS_REPLY_STRING ||
					       !parse_mark(me, reply->str, reply->len, &found))) {
		found = 0;
		cbx_warn(me->log, CBX_FIELDS({ "server", "redis" }, { "key", key }),
			 "the epoch in Redis is not ours: everything is written again");
	}
	if (left->type == REDIS_REPLY_INTEGER && left->integer >= 0)
		me->base.database_ms = left->integer;
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

/* What the script says */
static int conclude_mark(struct cbx_redis *me, const redisReply *reply, const char *key)
{
	keep_database(me, "", 0);
	if (reply->type == REDIS_REPLY_STRING && is_id(reply->str, reply->len)) {
		keep_database(me, reply->str, reply->len);
		return 2;
	}
	if (reply->type != REDIS_REPLY_INTEGER || reply->integer <= -CBX_EPOCH_END)
		return cbx_redis_nonsense(me, key);
	me->base.newer = -reply->integer;
	return reply->integer < 0;
}

int cbx_redis_write_mark(struct cbx_state *state, int64_t epoch, const struct cbx_mark *mark)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = cbx_redis_key(me, &me->key, "state");
	int error = cbx_redis_begin_guarded(me, CBX_SCRIPT_MARK, key, epoch);
	char seconds[16];

	if (error)
		return error;
	snprintf(seconds, sizeof(seconds), "%u", mark->seconds);
	cbx_redis_puts(me, mark->database);
	cbx_redis_puts(me, seconds);
	cbx_redis_puts(me, mark->whole ? "1" : "0");
	error = cbx_redis_run_script(me, CBX_SCRIPT_MARK, key, &reply);
	return error ? error : conclude_mark(me, reply, key);
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
