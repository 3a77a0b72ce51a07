// SPDX-License-Identifier: MIT
/*
 * write_jobs.c - writes the guarded hashes APP:jobs:{system} and APP:figures:{system}, and their
 * index APP:active_systems
 *
 * What changes a hash under the epoch in APP:rev is written in a transaction (transaction.c); all
 * else, and what that refuses, by a script. A script call holds a piece: many systems, each behind
 * its own guard. A few such calls make a pipeline; then one more call has ZADD and ZREM for the
 * systems that were applied, so a rejected write never changes the index. If the connection breaks
 * between the two, the caller writes everything again anyway when it is back.
 *
 * In a cluster each system has a call of its own, since its slot is its own, and nothing there can
 * look at the guard of all. So a leader asks for the one of the index before it writes, which finds
 * out one that was frozen for long; the systems' own guards and the index reject it in any case.
 */
#include "adapter/redis_state/link.h"
#include "common/text.h"

#include <assert.h>
#include <chatterbox/error.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many calls of the script make a pipeline, and so many in a cluster */
#define PIECES 4
#define SPREAD CBX_REDIS_CHUNK

static const char *write_mode(const struct cbx_state_write *write)
{
	if (!write->live)
		return "gone";
	return write->whole ? "whole" : "delta";
}

/* Keys and numbers of a piece, which have to stay where they are until it is sent */
struct room {
	char *at;
};

/* "<app>:jobs:{<system>}" and three more such keys, and four numbers */
static size_t room_of(const struct cbx_redis *me, const struct cbx_state_write *write)
{
	return 4 * (strlen(me->app) + strlen(write->system) + sizeof(":figures:{}")) + (4 * 24);
}

static void put_key(struct cbx_redis *me, struct room *room, const char *kind, const char *system)
{
	char *end = stpcpy(stpcpy(stpcpy(stpcpy(room->at, me->app), kind), system), "}");

	cbx_redis_arg(me, room->at, (size_t)(end - room->at));
	room->at = end + 1;
}

static void put_number(struct cbx_redis *me, struct room *room, uint64_t number)
{
	size_t len = cbx_integer_text((int64_t)number, room->at);

	cbx_redis_arg(me, room->at, len);
	room->at += len + 1;
}

static void put_pairs(struct cbx_redis *me, const struct cbx_field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!fields[i].value)
			continue;
		cbx_redis_puts(me, fields[i].name);
		cbx_redis_arg(me, fields[i].value, fields[i].value_len);
	}
}

static void put_fields(struct cbx_redis *me, struct room *room, const struct cbx_state_write *write)
{
	size_t count = write->live ? write->field_count : 0;
	size_t figures = write->live ? write->figure_count : 0;
	size_t deletes = 0;
	size_t i;

	for (i = 0; i < count; i++)
		deletes += !write->fields[i].value;
	put_number(me, room, deletes);
	put_number(me, room, 2 * (count - deletes));
	put_number(me, room, 2 * figures);
	for (i = 0; i < count && deletes; i++)
		if (!write->fields[i].value)
			cbx_redis_puts(me, write->fields[i].name);
	put_pairs(me, write->fields, count);
	put_pairs(me, write->figures, figures);
}

/* The writes for one call of the script */
struct piece {
	struct cbx_state_write **writes;
	size_t count;
	bool unknown; /* the server does not know the script */
};

static int send_piece(struct cbx_redis *me, const struct piece *piece, bool by_text)
{
	enum cbx_redis_script script = CBX_SCRIPT_WRITE_JOBS;
	cbx_auto(cbx_freep) char *bytes = NULL;
	struct room room;
	char keys[24];
	size_t size = 1;
	size_t i;

	for (i = 0; i < piece->count; i++)
		size += room_of(me, piece->writes[i]);
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	room.at = bytes;
	snprintf(keys, sizeof(keys), "%zu", 1 + 3 * piece->count);
	cbx_redis_begin(me, by_text ? "EVAL" : "EVALSHA");
	cbx_redis_puts(me, by_text ? cbx_redis_script_text(script) : me->sha[script]);
	cbx_redis_puts(me, keys);
	/* in a cluster no epoch is to be had in this slot, and none is read in a hash */
	if (me->cluster)
		put_key(me, &room, ":jobs:{", piece->writes[0]->system);
	else
		cbx_redis_puts(me, me->rev);
	for (i = 0; i < piece->count; i++) {
		put_key(me, &room, ":jobs:{", piece->writes[i]->system);
		put_key(me, &room, ":rev:{", piece->writes[i]->system);
		put_key(me, &room, ":figures:{", piece->writes[i]->system);
	}
	for (i = 0; i < piece->count; i++) {
		assert(piece->writes[i]->number < (uint64_t)1 << 53);
		put_number(me, &room, piece->writes[i]->number);
		cbx_redis_puts(me, write_mode(piece->writes[i]));
		put_fields(me, &room, piece->writes[i]);
	}
	return cbx_redis_send(me);
}

/* Notes what rejected a write, as the script reports it */
static void note_epoch(struct cbx_state *state, int64_t told)
{
	int64_t *of = told < CBX_EPOCH_END ? &state->newer : &state->stored;
	int64_t epoch = told < CBX_EPOCH_END ? told : told - CBX_EPOCH_END;

	if (epoch > *of)
		*of = epoch;
}

static int note_error(struct cbx_redis *me, const redisReply *reply, const char *what, int *result)
{
	int error = cbx_redis_serves(me, reply);

	if (!error && !*result)
		*result = cbx_redis_check(me, reply, what);
	return error;
}

static int finish_write(struct cbx_redis *me, struct cbx_state_write *write,
			const redisReply *reply, int *result)
{
	const char *key;

	write->applied = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
	if (reply->type == REDIS_REPLY_INTEGER && reply->integer < 0)
		note_epoch(&me->base, -reply->integer);
	if (reply->type != REDIS_REPLY_ERROR)
		return 0;
	key = cbx_redis_system_key(me, &me->key, "jobs", write->system);
	return note_error(me, reply, key ? key : write->system, result);
}

/* Takes the reply of one script call */
static int finish_piece(struct cbx_redis *me, struct piece *piece, int *result)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_receive(me, &reply);
	size_t i;

	if (error)
		return error;
	piece->unknown = cbx_redis_is_error(reply, "NOSCRIPT");
	if (piece->unknown)
		return 0;
	if (reply->type == REDIS_REPLY_ERROR)
		return finish_write(me, piece->writes[0], reply, result);
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != piece->count)
		return cbx_redis_nonsense(me, "EVALSHA");
	for (i = 0; i < piece->count && !error; i++)
		error = finish_write(me, piece->writes[i], reply->element[i], result);
	return error;
}

/* Runs the script for those pieces of which the server did not know it */
static int run_scripts(struct cbx_redis *me, struct piece *pieces, size_t count, bool by_text,
		       int *result)
{
	int error = 0;
	size_t i;

	for (i = 0; i < count && !error; i++)
		if (pieces[i].unknown)
			error = send_piece(me, &pieces[i], by_text);
	for (i = 0; i < count && !error; i++)
		if (pieces[i].unknown)
			error = finish_piece(me, &pieces[i], result);
	return error;
}

static bool is_in_index(const struct cbx_state_write *write, bool live)
{
	return write->applied && write->live == live && (write->scored || !live);
}

/* Adds ZADD for the live ones, or ZREM for the others */
static void add_index(struct cbx_redis *me, struct cbx_state_write *const *writes, size_t count,
		      bool live, char words[24], char (*scores)[24])
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < count; i++)
		n += is_in_index(writes[i], live);
	if (!n)
		return;
	snprintf(words, 24, "%zu", live ? 1 + 2 * n : 1 + n);
	cbx_redis_puts(me, words);
	cbx_redis_puts(me, live ? "ZADD" : "ZREM");
	for (i = 0; i < count; i++) {
		if (!is_in_index(writes[i], live))
			continue;
		if (live) {
			cbx_integer_text(writes[i]->changed_ms, scores[i]);
			cbx_redis_puts(me, scores[i]);
		}
		cbx_redis_puts(me, writes[i]->system);
	}
}

static uint64_t newest_of(struct cbx_state_write *const *writes, size_t count)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < count; i++)
		if (writes[i]->number > number)
			number = writes[i]->number;
	return number;
}

static int write_index(struct cbx_redis *me, struct cbx_state_write *const *writes, size_t count,
		       int *result)
{
	const char *key = cbx_redis_key(me, &me->key, "active_systems");
	char scores[PIECES * CBX_REDIS_CHUNK][24];
	char words[2][24];
	size_t empty;
	size_t i;
	int outcome = cbx_redis_begin_guarded(me, CBX_SCRIPT_GUARDED, key,
					      (int64_t)(newest_of(writes, count) >> 32));

	if (outcome)
		return outcome;
	empty = me->argc;
	add_index(me, writes, count, true, words[0], scores);
	add_index(me, writes, count, false, words[1], scores);
	if (me->argc == empty)
		return 0;
	outcome = cbx_redis_run_guarded(me, key);
	for (i = 0; i < count && outcome == 1; i++)
		writes[i]->applied = false;
	if (outcome == CHATTERBOX_E_REFUSED && !*result)
		*result = outcome;
	return outcome == CHATTERBOX_E_REFUSED || outcome == 1 ? 0 : outcome;
}

static bool sets_something(const struct cbx_state_write *write)
{
	size_t i;

	for (i = 0; write->live && i < write->field_count; i++)
		if (write->fields[i].value)
			return true;
	return false;
}

/* Adds those of @count writes that set something, or those that only delete */
static void add_writes(struct piece *piece, struct cbx_state_write *const *writes, size_t count,
		       bool set)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (sets_something(writes[i]) == set)
			piece->writes[piece->count++] = writes[i];
}

/* Those that only delete come last: see script.c. @order has room for @most. */
static void fill_piece(struct piece *piece, struct cbx_state_write **order,
		       struct cbx_state_write *const *writes, size_t count, size_t most)
{
	size_t bytes = 0;
	size_t n;
	size_t k;

	for (n = 0; n < count && n < most && bytes < CBX_REDIS_CHUNK_BYTES; n++)
		for (k = 0; k < writes[n]->field_count; k++)
			bytes += writes[n]->fields[k].value_len;
	*piece = (struct piece){ .writes = order, .unknown = true };
	add_writes(piece, writes, n, true);
	add_writes(piece, writes, n, false);
}

/* Writes some of @writes; *@done = how many */
static int write_some(struct cbx_redis *me, struct cbx_state_write *const *writes, size_t count,
		      int *result, size_t *done)
{
	struct cbx_state_write *order[PIECES * CBX_REDIS_CHUNK];
	struct piece pieces[SPREAD];
	size_t most = me->cluster ? 1 : CBX_REDIS_CHUNK;
	size_t pipeline = me->cluster ? SPREAD : PIECES;
	bool again = false;
	size_t n = 0;
	size_t at = 0;
	size_t i;
	int error;

	for (; n < pipeline && at < count; at += pieces[n++].count)
		fill_piece(&pieces[n], order + at, writes + at, count - at, most);
	error = run_scripts(me, pieces, n, false, result);
	for (i = 0; i < n; i++)
		again |= pieces[i].unknown;
	/* after a restart or a SCRIPT FLUSH; sending the text makes its checksum known again */
	if (!error && again)
		error = run_scripts(me, pieces, n, true, result);
	*done = at;
	return error ? error : write_index(me, writes, at, result);
}

/* Those that change a hash, or all that were not applied */
static size_t choose(struct cbx_state_write *writes, size_t count, bool changes,
		     struct cbx_state_write **out)
{
	size_t chosen = 0;
	size_t i;

	for (i = 0; i < count; i++)
		if (!writes[i].applied && (!changes || (writes[i].live && !writes[i].whole)))
			out[chosen++] = &writes[i];
	return chosen;
}

int cbx_redis_write_jobs(struct cbx_state *state, struct cbx_state_write *writes, size_t count)
{
	cbx_auto(cbx_freep) struct cbx_state_write **some = calloc(count + 1, sizeof(*some));
	struct cbx_redis *me = cbx_redis_of(state);
	int result = 0;
	size_t done;
	size_t step;
	int error = 0;

	me->base.newer = me->base.stored = 0;
	for (done = 0; done < count; done++)
		writes[done].applied = false;
	if (!some)
		return -ENOMEM;
	if (!me->cluster)
		error = cbx_redis_write_at_once(me, some, choose(writes, count, true, some));
	count = choose(writes, count, false, some);
	if (count && !error && me->cluster)
		error = cbx_redis_is_stale(me, "active_systems",
					   (int64_t)(newest_of(some, count) >> 32));
	if (error == 1)
		return 0;
	if (count && !error)
		error = cbx_redis_script_ready(me, CBX_SCRIPT_WRITE_JOBS);
	for (done = 0; done < count && !error; done += step)
		error = write_some(me, some + done, count - done, &result, &step);
	return error ? error : result;
}
