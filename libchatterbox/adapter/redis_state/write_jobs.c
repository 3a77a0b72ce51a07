// SPDX-License-Identifier: MIT
/*
 * write_jobs.c - writes the guarded hashes APP:jobs:{system} and APP:figures:{system}, and their
 * index APP:active_systems
 *
 * Each piece is a pipeline of one script call per system, and then a script call with ZADD and ZREM
 * for those that were applied, so a rejected write never changes the index. If the connection
 * breaks between the two, the caller writes everything again anyway when it is back.
 */
#include "adapter/redis_state/link.h"

#include <assert.h>
#include <chatterbox/error.h>
#include <inttypes.h>
#include <stdio.h>

static const char *write_mode(const struct cbx_state_write *write)
{
	if (!write->live)
		return "gone";
	return write->whole ? "whole" : "delta";
}

/* The counts of the script as text, which live until it is sent */
struct counts {
	char deletes[24], words[24];
};

static void add_pairs(struct cbx_redis *me, const struct cbx_field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!fields[i].value)
			continue;
		cbx_redis_puts(me, fields[i].name);
		cbx_redis_arg(me, fields[i].value, fields[i].value_len);
	}
}

static void add_fields(struct cbx_redis *me, const struct cbx_state_write *write,
		       struct counts *counts)
{
	size_t fields = write->live ? write->field_count : 0;
	size_t deletes = 0;
	size_t i;

	for (i = 0; i < fields; i++)
		deletes += !write->fields[i].value;
	snprintf(counts->deletes, sizeof(counts->deletes), "%zu", deletes);
	snprintf(counts->words, sizeof(counts->words), "%zu", 2 * (fields - deletes));
	cbx_redis_puts(me, counts->deletes);
	cbx_redis_puts(me, counts->words);
	for (i = 0; i < fields && deletes; i++)
		if (!write->fields[i].value)
			cbx_redis_puts(me, write->fields[i].name);
	add_pairs(me, write->fields, fields);
	add_pairs(me, write->figures, write->live ? write->figure_count : 0);
}

static int send_write(struct cbx_redis *me, const struct cbx_state_write *write, bool by_text)
{
	enum cbx_redis_script script = CBX_SCRIPT_WRITE_JOBS;
	struct counts counts;
	char number[24];

	assert(write->number < (uint64_t)1 << 53);
	snprintf(number, sizeof(number), "%" PRIu64, write->number);
	cbx_redis_begin(me, by_text ? "EVAL" : "EVALSHA");
	cbx_redis_puts(me, by_text ? cbx_redis_script_text(script) : me->sha[script]);
	cbx_redis_puts(me, "4");
	cbx_redis_puts(me, cbx_redis_system_key(me, &me->key, "jobs", write->system));
	cbx_redis_puts(me, cbx_redis_system_key(me, &me->guard, "rev", write->system));
	cbx_redis_puts(me, me->rev);
	cbx_redis_puts(me, cbx_redis_system_key(me, &me->figures, "figures", write->system));
	cbx_redis_puts(me, number);
	cbx_redis_puts(me, write_mode(write));
	add_fields(me, write, &counts);
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

/* Takes the reply of one script call; *unknown: the server does not know the script */
static int finish_write(struct cbx_redis *me, struct cbx_state_write *write, bool *unknown,
			int *result)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	const char *key;
	int error;

	*unknown = false;
	error = cbx_redis_receive(me, &reply);
	if (error)
		return error;
	if (cbx_redis_is_error(reply, "NOSCRIPT")) {
		*unknown = true;
		return 0;
	}
	write->applied = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
	if (reply->type == REDIS_REPLY_INTEGER && reply->integer < 0)
		note_epoch(&me->base, -reply->integer);
	if (reply->type == REDIS_REPLY_ERROR && !*result) {
		key = cbx_redis_system_key(me, &me->key, "jobs", write->system);
		*result = cbx_redis_check(me, reply, key ? key : write->system);
	}
	return 0;
}

/* Runs the script for the writes in @pick; afterwards @pick holds those whose script was unknown */
static int run_scripts(struct cbx_redis *me, struct cbx_state_write *writes, size_t count,
		       bool *pick, bool by_text, int *result)
{
	int error = 0;
	size_t i;

	for (i = 0; i < count && !error; i++)
		if (pick[i])
			error = send_write(me, &writes[i], by_text);
	for (i = 0; i < count && !error; i++)
		if (pick[i])
			error = finish_write(me, &writes[i], &pick[i], result);
	return error;
}

static bool is_in_index(const struct cbx_state_write *write, bool live)
{
	return write->applied && write->live == live && (write->scored || !live);
}

/* Adds ZADD for the live ones, or ZREM for the others */
static void add_index(struct cbx_redis *me, const struct cbx_state_write *writes, size_t count,
		      bool live, char words[24], char (*scores)[24])
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < count; i++)
		n += is_in_index(&writes[i], live);
	if (!n)
		return;
	snprintf(words, 24, "%zu", live ? 1 + 2 * n : 1 + n);
	cbx_redis_puts(me, words);
	cbx_redis_puts(me, live ? "ZADD" : "ZREM");
	for (i = 0; i < count; i++) {
		if (!is_in_index(&writes[i], live))
			continue;
		if (live) {
			snprintf(scores[i], sizeof(scores[i]), "%" PRId64, writes[i].changed_ms);
			cbx_redis_puts(me, scores[i]);
		}
		cbx_redis_puts(me, writes[i].system);
	}
}

static int write_index(struct cbx_redis *me, struct cbx_state_write *writes, size_t count,
		       int *result)
{
	const char *key = cbx_redis_key(me, &me->key, "active_systems");
	char scores[CBX_REDIS_CHUNK][24];
	char words[2][24];
	uint64_t number = 0;
	size_t empty;
	size_t i;
	int outcome;

	for (i = 0; i < count; i++)
		if (writes[i].number > number)
			number = writes[i].number;
	outcome = cbx_redis_begin_guarded(me, CBX_SCRIPT_GUARDED, key, (int64_t)(number >> 32));
	if (outcome)
		return outcome;
	empty = me->argc;
	add_index(me, writes, count, true, words[0], scores);
	add_index(me, writes, count, false, words[1], scores);
	if (me->argc == empty)
		return 0;
	outcome = cbx_redis_run_guarded(me, key);
	for (i = 0; i < count && outcome == 1; i++)
		writes[i].applied = false;
	if (outcome == CHATTERBOX_E_REFUSED && !*result)
		*result = outcome;
	return outcome == CHATTERBOX_E_REFUSED || outcome == 1 ? 0 : outcome;
}

static int write_piece(struct cbx_redis *me, struct cbx_state_write *writes, size_t count,
		       int *result)
{
	bool pick[CBX_REDIS_CHUNK];
	bool again = false;
	size_t i;
	int error;

	for (i = 0; i < count; i++)
		pick[i] = true;
	error = run_scripts(me, writes, count, pick, false, result);
	for (i = 0; i < count && !error; i++)
		again |= pick[i];
	/* after a restart or a SCRIPT FLUSH; sending the text makes its checksum known again */
	if (!error && again)
		error = run_scripts(me, writes, count, pick, true, result);
	return error ? error : write_index(me, writes, count, result);
}

static size_t piece(const struct cbx_state_write *writes, size_t count)
{
	size_t bytes = 0;
	size_t i;
	size_t k;

	for (i = 0; i < count && i < CBX_REDIS_CHUNK && bytes < CBX_REDIS_CHUNK_BYTES; i++)
		for (k = 0; k < writes[i].field_count; k++)
			bytes += writes[i].fields[k].value_len;
	return i;
}

int cbx_redis_write_jobs(struct cbx_state *state, struct cbx_state_write *writes, size_t count)
{
	struct cbx_redis *me = cbx_redis_of(state);
	int result = 0;
	size_t done;
	size_t step;
	int error;

	me->base.newer = me->base.stored = 0;
	for (done = 0; done < count; done++)
		writes[done].applied = false;
	error = cbx_redis_script_ready(me, CBX_SCRIPT_WRITE_JOBS);
	for (done = 0; done < count && !error; done += step) {
		step = piece(writes + done, count - done);
		error = write_piece(me, writes + done, step, &result);
	}
	return error ? error : result;
}
