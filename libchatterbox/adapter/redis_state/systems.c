// SPDX-License-Identifier: MIT
/*
 * systems.c - APP:online_systems and APP:internal_systems, one field a system
 *
 * OCD writes the second one too: decides that a field is dropped only while it still holds what was
 * read, by a script.
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <errno.h>

#define PIECE 500

static const char *hash_key(struct cbx_redis *me, enum cbx_state_hash hash)
{
	return cbx_redis_key(me, &me->key,
			     hash == CBX_ONLINE_SYSTEMS ? "online_systems" : "internal_systems");
}

static int send_sets(struct cbx_redis *me, const char *key, const struct cbx_field *fields,
		     size_t count, size_t *sent)
{
	size_t i;

	cbx_redis_begin(me, "HSET");
	cbx_redis_puts(me, key);
	for (i = 0; i < count; i++) {
		if (!fields[i].value)
			continue;
		cbx_redis_puts(me, fields[i].name);
		cbx_redis_arg(me, fields[i].value, fields[i].value_len);
	}
	if (me->argc == 2)
		return 0;
	++*sent;
	return cbx_redis_send(me);
}

static int send_deletes(struct cbx_redis *me, const char *key, const struct cbx_field *fields,
			size_t count, size_t *sent)
{
	size_t i;

	cbx_redis_begin(me, "HDEL");
	cbx_redis_puts(me, key);
	for (i = 0; i < count; i++)
		if (!fields[i].value)
			cbx_redis_puts(me, fields[i].name);
	if (me->argc == 2)
		return 0;
	++*sent;
	return cbx_redis_send(me);
}

static int write_piece(struct cbx_redis *me, const char *key, const struct cbx_field *fields,
		       size_t count)
{
	size_t sent = 0;
	int result = 0;
	int error;

	error = send_sets(me, key, fields, count, &sent);
	if (!error)
		error = send_deletes(me, key, fields, count, &sent);
	while (!error && sent--)
		error = cbx_redis_settle(me, key, &result);
	return error ? error : result;
}

int cbx_redis_write_systems(struct cbx_state *state, enum cbx_state_hash hash,
			    const struct cbx_field *fields, size_t count)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = hash_key(me, hash);
	size_t done;
	int error;

	for (done = 0; done < count; done += PIECE) {
		error = write_piece(me, key, fields + done,
				    count - done < PIECE ? count - done : PIECE);
		if (error)
			return error;
	}
	return 0;
}

struct reader {
	cbx_field_fn each;
	void *user;
};

static int give(void *user, const struct cbx_field *field)
{
	const struct reader *reader = user;

	return reader->each(reader->user, NULL, field);
}

int cbx_redis_read_systems(struct cbx_state *state, enum cbx_state_hash hash, cbx_field_fn each,
			   void *user)
{
	struct cbx_redis *me = cbx_redis_of(state);
	struct reader reader = { each, user };
	const char *key = hash_key(me, hash);

	if (!key) {
		cbx_redis_disconnect(state);
		return -ENOMEM;
	}
	return cbx_redis_scan(me, CBX_HSCAN, key, NULL, give, &reader);
}

static void begin_drop(struct cbx_redis *me, const char *how, const char *script, const char *key,
		       const struct cbx_field *fields, size_t count)
{
	size_t i;

	cbx_redis_begin(me, how);
	cbx_redis_puts(me, script);
	cbx_redis_puts(me, "1");
	cbx_redis_puts(me, key);
	for (i = 0; i < count; i++) {
		cbx_redis_puts(me, fields[i].name);
		cbx_redis_arg(me, fields[i].value, fields[i].value_len);
	}
}

static int drop_piece(struct cbx_redis *me, const char *key, const struct cbx_field *fields,
		      size_t count, size_t *removed)
{
	cbx_auto(cbx_reply_freep) redisReply *first = NULL;
	cbx_auto(cbx_reply_freep) redisReply *second = NULL;
	redisReply *reply;
	int error;

	begin_drop(me, "EVALSHA", me->sha[CBX_SCRIPT_DROP_FIELDS], key, fields, count);
	error = cbx_redis_send(me);
	if (!error)
		error = cbx_redis_receive(me, &first);
	if (error)
		return error;
	reply = first;
	if (cbx_redis_is_error(first, "NOSCRIPT")) {
		begin_drop(me, "EVAL", cbx_redis_script_text(CBX_SCRIPT_DROP_FIELDS), key, fields,
			   count);
		error = cbx_redis_send(me);
		if (!error)
			error = cbx_redis_receive(me, &second);
		if (error)
			return error;
		reply = second;
	}
	error = cbx_redis_check(me, reply, key);
	if (!error && reply->type != REDIS_REPLY_INTEGER)
		error = cbx_redis_nonsense(me, key);
	if (!error)
		*removed += (size_t)reply->integer;
	return error;
}

int cbx_redis_drop_systems(struct cbx_state *state, enum cbx_state_hash hash,
			   const struct cbx_field *fields, size_t count, size_t *removed)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = hash_key(me, hash);
	size_t total = 0;
	size_t done;
	int error;

	error = cbx_redis_script_ready(me, CBX_SCRIPT_DROP_FIELDS);
	if (error)
		return error;
	for (done = 0; done < count; done += PIECE) {
		error = drop_piece(me, key, fields + done,
				   count - done < PIECE ? count - done : PIECE, &total);
		if (error)
			return error;
	}
	*removed = total;
	return 0;
}
