// SPDX-License-Identifier: MIT
/*
 * systems.c - APP:online_systems and APP:internal_systems, one field per system
 *
 * OCD writes the latter, too, so a script deletes a field only if it still holds what was read.
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>

#define PIECE 500

static const char *hash_key(struct cbx_redis *me, enum cbx_state_hash hash)
{
	return cbx_redis_key(me, &me->key,
			     hash == CBX_ONLINE_SYSTEMS ? "online_systems" : "internal_systems");
}

static void add_sets(struct cbx_redis *me, const struct cbx_field *fields, size_t count)
{
	size_t i;

	cbx_redis_puts(me, "HSET");
	for (i = 0; i < count; i++) {
		if (!fields[i].value)
			continue;
		cbx_redis_puts(me, fields[i].name);
		cbx_redis_arg(me, fields[i].value, fields[i].value_len);
	}
}

static void add_deletes(struct cbx_redis *me, const struct cbx_field *fields, size_t count)
{
	size_t i;

	cbx_redis_puts(me, "HDEL");
	for (i = 0; i < count; i++)
		if (!fields[i].value)
			cbx_redis_puts(me, fields[i].name);
}

static int write_piece(struct cbx_redis *me, int64_t epoch, const char *key,
		       const struct cbx_field *fields, size_t count)
{
	char set_words[24];
	char delete_words[24];
	size_t sets = 0;
	size_t i;
	int error = cbx_redis_begin_guarded(me, CBX_SCRIPT_GUARDED, key, epoch);

	if (error)
		return error;
	for (i = 0; i < count; i++)
		sets += fields[i].value != NULL;
	snprintf(set_words, sizeof(set_words), "%zu", 1 + 2 * sets);
	snprintf(delete_words, sizeof(delete_words), "%zu", 1 + count - sets);
	if (sets) {
		cbx_redis_puts(me, set_words);
		add_sets(me, fields, count);
	}
	if (sets < count) {
		cbx_redis_puts(me, delete_words);
		add_deletes(me, fields, count);
	}
	return cbx_redis_run_guarded(me, key);
}

int cbx_redis_write_systems(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
			    const struct cbx_field *fields, size_t count)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = hash_key(me, hash);
	size_t done;
	int result = 0;

	for (done = 0; done < count && !result; done += PIECE)
		result = write_piece(me, epoch, key, fields + done,
				     count - done < PIECE ? count - done : PIECE);
	return result;
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

static int drop_piece(struct cbx_redis *me, int64_t epoch, const char *key,
		      const struct cbx_field *fields, size_t count, size_t *removed)
{
	int64_t number = 0;
	size_t i;
	int error = cbx_redis_begin_guarded(me, CBX_SCRIPT_DROP_FIELDS, key, epoch);

	if (error)
		return error;
	for (i = 0; i < count; i++) {
		cbx_redis_puts(me, fields[i].name);
		cbx_redis_arg(me, fields[i].value, fields[i].value_len);
	}
	error = cbx_redis_ask_script(me, CBX_SCRIPT_DROP_FIELDS, key, &number);
	if (error)
		return error;
	if (number < 0) {
		me->base.newer = -number;
		return 1;
	}
	*removed += (size_t)number;
	return 0;
}

int cbx_redis_drop_systems(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
			   const struct cbx_field *fields, size_t count, size_t *removed)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = hash_key(me, hash);
	size_t total = 0;
	size_t done;
	int result = 0;

	for (done = 0; done < count && !result; done += PIECE)
		result = drop_piece(me, epoch, key, fields + done,
				    count - done < PIECE ? count - done : PIECE, &total);
	if (!result)
		*removed = total;
	return result;
}
