// SPDX-License-Identifier: MIT
/*
 * read_jobs.c - reads the hashes APP:jobs:{system} and APP:figures:{system}
 *
 * Keys whose system can't be the name of a system are not ours and are left alone.
 */
#include "adapter/redis_state/link.h"
#include "base/read.h"

#include <errno.h>
#include <string.h>

/* HGETALL replies are as large as the hashes: a few at a time */
#define READ_PIECE 16

struct lister {
	size_t prefix;
	cbx_field_fn each;
	void *user;
	const struct cbx_log *log;
};

static int give_system(void *user, const struct cbx_field *field)
{
	const struct lister *lister = user;
	size_t len = strlen(field->name);
	char system[65];
	const char *name;
	size_t name_len;

	if (len < lister->prefix + 2)
		return 0;
	name = field->name + lister->prefix;
	name_len = len - lister->prefix - 1;
	if (!cbx_system_name(&name, &name_len) || name_len != len - lister->prefix - 1) {
		cbx_warn(lister->log, CBX_FIELDS({ "server", "redis" }, { "key", field->name }),
			 "a key whose system has an impossible name is left alone");
		return 0;
	}
	memcpy(system, name, name_len);
	system[name_len] = '\0';
	return lister->each(lister->user, system, NULL);
}

int cbx_redis_list_systems(struct cbx_state *state, cbx_field_fn each, void *user)
{
	struct cbx_redis *me = cbx_redis_of(state);
	cbx_auto(cbx_text_free) struct cbx_text pattern = { 0 };
	struct lister lister = { .each = each, .user = user, .log = me->log };
	const char *c;

	for (c = me->app; *c; c++) {
		if (strchr("*?[]\\^-", *c))
			cbx_text_putc(&pattern, '\\');
		cbx_text_putc(&pattern, *c);
	}
	lister.prefix = strlen(me->app) + strlen(":jobs:{");
	cbx_text_puts(&pattern, ":jobs:{*}");
	if (pattern.failed)
		return -ENOMEM;
	return cbx_redis_scan(me, CBX_SCAN, NULL, pattern.bytes, give_system, &lister);
}

static int give_hash(const redisReply *reply, const char *system, cbx_field_fn each, void *user)
{
	size_t i;
	int result;

	for (i = 0; i + 1 < reply->elements; i += 2) {
		const redisReply *name = reply->element[i];
		const redisReply *value = reply->element[i + 1];
		struct cbx_field field = { name->str, value->str, value->len };

		if (name->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING ||
		    strlen(name->str) != name->len)
			continue;
		result = each(user, system, &field);
		if (result)
			return result;
	}
	return 0;
}

struct reader {
	struct cbx_redis *me;
	cbx_field_fn each, figure;
	void *user;
	int stopped; /* what a callback has returned; it is not called any more */
	int result;
};

static int ask_hash(struct cbx_redis *me, const char *name, const char *system)
{
	cbx_redis_begin(me, "HGETALL");
	cbx_redis_puts(me, cbx_redis_system_key(me, &me->key, name, system));
	return cbx_redis_send(me);
}

static int take_hash(struct reader *reader, const char *name, const char *system, cbx_field_fn each)
{
	struct cbx_redis *me = reader->me;
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	const char *key = cbx_redis_system_key(me, &me->key, name, system);
	int error = cbx_redis_receive(me, &reply);

	if (error)
		return error;
	if (!reader->result)
		reader->result = cbx_redis_check(me, reply, key ? key : system);
	if (!reader->stopped && reply->type == REDIS_REPLY_ARRAY)
		reader->stopped = give_hash(reply, system, each, reader->user);
	return 0;
}

/* Receives the whole piece, even after the callback has had enough */
static int read_piece(struct reader *reader, const char *const *systems, size_t count)
{
	int error = 0;
	size_t i;

	for (i = 0; i < count && !error; i++) {
		if (reader->figure)
			error = ask_hash(reader->me, "figures", systems[i]);
		if (!error)
			error = ask_hash(reader->me, "jobs", systems[i]);
	}
	for (i = 0; i < count && !error; i++) {
		if (reader->figure)
			error = take_hash(reader, "figures", systems[i], reader->figure);
		if (!error)
			error = take_hash(reader, "jobs", systems[i], reader->each);
	}
	return error;
}

int cbx_redis_read_jobs(struct cbx_state *state, const char *const *systems, size_t count,
			cbx_field_fn each, cbx_field_fn figure, void *user)
{
	struct reader reader = {
		.me = cbx_redis_of(state), .each = each, .figure = figure, .user = user
	};
	size_t done;
	int error;

	for (done = 0; done < count && !reader.stopped; done += READ_PIECE) {
		error = read_piece(&reader, systems + done,
				   count - done < READ_PIECE ? count - done : READ_PIECE);
		if (error)
			return error;
	}
	return reader.stopped ? reader.stopped : reader.result;
}
