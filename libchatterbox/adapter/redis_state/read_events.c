// SPDX-License-Identifier: MIT
/*
 * read_events.c - what a follower reads: which systems have jobs, and recent events
 *
 * The ends of the stream are read after its entries. Trimming only moves forward, so if the
 * position is still there afterwards, nothing after it was missing before. Entries of another form
 * belong to somebody else and are skipped.
 */
#include "adapter/redis_state/link.h"
#include "base/number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct active {
	cbx_score_fn each;
	void *user;
};

static int give_score(void *user, const struct cbx_field *field)
{
	const struct active *active = user;

	double score;

	/* others may write scores, too: one that is not a time counts as very old */
	if (!cbx_number_parse(field->value, field->value_len, &score) || score < 0 ||
	    score > (double)CBX_COUNT_MAX)
		score = 0;
	return active->each(active->user, field->name, (int64_t)score);
}

int cbx_redis_read_active(struct cbx_state *state, cbx_score_fn each, void *user)
{
	struct cbx_redis *me = cbx_redis_of(state);
	struct active active = { each, user };
	const char *key = cbx_redis_key(me, &me->key, "active_systems");

	if (!key) {
		cbx_redis_disconnect(state);
		return -ENOMEM;
	}
	return cbx_redis_scan(me, CBX_ZSCAN, key, NULL, give_score, &active);
}

/* [position, [name, value, ...]] */
static bool is_entry(const redisReply *reply)
{
	size_t i;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[0]->len >= CBX_STREAM_POSITION ||
	    reply->element[1]->type != REDIS_REPLY_ARRAY || reply->element[1]->elements % 2)
		return false;
	for (i = 0; i < reply->element[1]->elements; i++)
		if (reply->element[1]->element[i]->type != REDIS_REPLY_STRING)
			return false;
	return true;
}

static struct cbx_stream_entry read_entry(const redisReply *reply)
{
	struct cbx_stream_entry entry = { .at = reply->element[0]->str };
	const redisReply *fields = reply->element[1];
	size_t i;

	for (i = 0; i < fields->elements; i += 2) {
		const char *name = fields->element[i]->str;
		const redisReply *value = fields->element[i + 1];

		if (!strcmp(name, "name"))
			entry.name = value->str;
		else if (!strcmp(name, "id"))
			entry.id = value->str;
		else if (!strcmp(name, "previous_status"))
			entry.previous_status = value->str;
		if (strcmp(name, "params") != 0)
			continue;
		entry.params = value->str;
		entry.params_len = value->len;
	}
	return entry;
}

static int send_end(struct cbx_redis *me, const char *key, bool newest)
{
	cbx_redis_begin(me, newest ? "XREVRANGE" : "XRANGE");
	cbx_redis_puts(me, key);
	cbx_redis_puts(me, newest ? "+" : "-");
	cbx_redis_puts(me, newest ? "-" : "+");
	cbx_redis_puts(me, "COUNT");
	cbx_redis_puts(me, "1");
	return cbx_redis_send(me);
}

/* "" = the stream is empty or does not exist */
static int receive_end(struct cbx_redis *me, const char *key, char out[CBX_STREAM_POSITION],
		       int *result)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_receive(me, &reply);

	out[0] = '\0';
	if (error)
		return error;
	if (!*result)
		*result = cbx_redis_check(me, reply, key);
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements && is_entry(reply->element[0]))
		snprintf(out, CBX_STREAM_POSITION, "%s", reply->element[0]->element[0]->str);
	return 0;
}

static int find_newest(struct cbx_redis *me, const char *key, char position[CBX_STREAM_POSITION])
{
	char newest[CBX_STREAM_POSITION] = "";
	int result = 0;
	int error = send_end(me, key, true);

	if (!error)
		error = receive_end(me, key, newest, &result);
	if (error || result)
		return error ? error : result;
	snprintf(position, CBX_STREAM_POSITION, "%s", newest[0] ? newest : "0-0");
	return 0;
}

static int send_read(struct cbx_redis *me, const char *key, const char *position, const char *most)
{
	cbx_redis_begin(me, "XREAD");
	cbx_redis_puts(me, "COUNT");
	cbx_redis_puts(me, most);
	cbx_redis_puts(me, "STREAMS");
	cbx_redis_puts(me, key);
	cbx_redis_puts(me, position);
	return cbx_redis_send(me);
}

/* Asks for what came after @position, and whether nothing is missing */
static int ask(struct cbx_redis *me, const char *key, const char *position, const char *most,
	       redisReply **out, bool *whole)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	char oldest[CBX_STREAM_POSITION];
	char newest[CBX_STREAM_POSITION];
	int result = 0;
	int error = send_read(me, key, position, most);

	if (!error)
		error = send_end(me, key, false);
	if (!error)
		error = send_end(me, key, true);
	if (!error)
		error = cbx_redis_receive(me, &reply);
	if (!error)
		result = cbx_redis_check(me, reply, key);
	if (!error)
		error = receive_end(me, key, oldest, &result);
	if (!error)
		error = receive_end(me, key, newest, &result);
	if (error || result)
		return error ? error : result;
	*whole = !strcmp(position, "0-0") ||
		 (oldest[0] && cbx_stream_position_compare(oldest, position) <= 0 &&
		  cbx_stream_position_compare(newest, position) >= 0);
	*out = cbx_steal(reply);
	return 0;
}

static int give_entries(const redisReply *list, char position[CBX_STREAM_POSITION],
			cbx_stream_fn each, void *user)
{
	size_t i;
	int result = 0;

	for (i = 0; i < list->elements && !result; i++) {
		struct cbx_stream_entry entry;

		if (!is_entry(list->element[i]))
			continue;
		entry = read_entry(list->element[i]);
		if (entry.name && entry.id && entry.params)
			result = each(user, &entry);
		snprintf(position, CBX_STREAM_POSITION, "%s", list->element[i]->element[0]->str);
	}
	return result;
}

int cbx_redis_read_events(struct cbx_state *state, char position[CBX_STREAM_POSITION], size_t most,
			  cbx_stream_fn each, void *user)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = cbx_redis_key(me, &me->key, "events");
	const redisReply *stream;
	bool whole = false;
	char count[24];
	int error;

	if (!*position)
		return find_newest(me, key, position);
	snprintf(count, sizeof(count), "%zu", most);
	error = ask(me, key, position, count, &reply, &whole);
	if (error)
		return error;
	if (!whole)
		return 1;
	if (reply->type == REDIS_REPLY_NIL)
		return 0;
	/* [[key, [entry, ...]]] */
	stream =
		reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 ? reply->element[0] : NULL;
	if (!stream || stream->type != REDIS_REPLY_ARRAY || stream->elements != 2 ||
	    stream->element[1]->type != REDIS_REPLY_ARRAY)
		return cbx_redis_nonsense(me, key);
	return give_entries(stream->element[1], position, each, user);
}
