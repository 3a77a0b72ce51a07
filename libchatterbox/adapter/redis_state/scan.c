// SPDX-License-Identifier: MIT
/*
 * scan.c - reads keys, hashes and sets of any size in pieces
 *
 * SCAN and its relatives may return something twice while the table is resized, so only the first
 * time counts.
 */
#include "adapter/redis_state/link.h"

#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PIECE "500"

struct seen {
	UT_hash_handle hh;
	char name[];
};

static void forget(struct seen **seen)
{
	while (*seen) {
		struct seen *first = *seen;

		HASH_DEL(*seen, first);
		free(first);
	}
}

/* 1 = new, 0 = seen before, -ENOMEM */
static int notice(struct seen **seen, const char *name, size_t len)
{
	cbx_auto(cbx_freep) struct seen *entry = NULL;

	HASH_FIND(hh, *seen, name, len, entry);
	if (entry) {
		entry = NULL;
		return 0;
	}
	entry = malloc(sizeof(*entry) + len + 1);
	if (!entry)
		return -ENOMEM;
	memcpy(entry->name, name, len + 1);
	if (cbx_hash_add(*seen, entry->name, len, entry) < 0)
		return -ENOMEM;
	entry = NULL;
	return 1;
}

static const char *const words[] = { "SCAN", "HSCAN", "ZSCAN" };

static int ask_piece(struct cbx_redis *me, enum cbx_redis_scan how, const char *key,
		     const char *pattern, const char *cursor, redisReply **out)
{
	cbx_redis_begin(me, words[how]);
	if (key)
		cbx_redis_puts(me, key);
	cbx_redis_puts(me, cursor);
	if (pattern) {
		cbx_redis_puts(me, "MATCH");
		cbx_redis_puts(me, pattern);
	}
	cbx_redis_puts(me, "COUNT");
	cbx_redis_puts(me, PIECE);
	return cbx_redis_ask(me, key ? key : words[how], out);
}

static bool is_piece(const redisReply *reply, size_t step)
{
	size_t i;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING || reply->element[0]->len > 24 ||
	    reply->element[1]->type != REDIS_REPLY_ARRAY || reply->element[1]->elements % step)
		return false;
	for (i = 0; i < reply->element[1]->elements; i++)
		if (reply->element[1]->element[i]->type != REDIS_REPLY_STRING)
			return false;
	return true;
}

static int give_piece(const redisReply *list, size_t step, struct seen **seen,
		      int (*each)(void *user, const struct cbx_field *field), void *user)
{
	size_t i;
	int result;

	for (i = 0; i < list->elements; i += step) {
		const redisReply *name = list->element[i];
		struct cbx_field field = { .name = name->str };

		if (strlen(name->str) != name->len)
			continue;
		if (step == 2) {
			field.value = list->element[i + 1]->str;
			field.value_len = list->element[i + 1]->len;
		}
		result = notice(seen, name->str, name->len);
		if (result > 0)
			result = each(user, &field);
		if (result)
			return result;
	}
	return 0;
}

static int scan_one(struct cbx_redis *me, enum cbx_redis_scan how, const char *key,
		    const char *pattern, struct seen **seen,
		    int (*each)(void *user, const struct cbx_field *field), void *user)
{
	size_t step = how == CBX_SCAN ? 1 : 2;
	char cursor[32] = "0";
	int result;

	do {
		cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;

		result = ask_piece(me, how, key, pattern, cursor, &reply);
		if (result)
			return result;
		if (!is_piece(reply, step))
			return cbx_redis_nonsense(me, key ? key : words[how]);
		result = give_piece(reply->element[1], step, seen, each, user);
		if (result)
			return result;
		snprintf(cursor, sizeof(cursor), "%s", reply->element[0]->str);
	} while (strcmp(cursor, "0") != 0);
	return 0;
}

int cbx_redis_scan(struct cbx_redis *me, enum cbx_redis_scan how, const char *key,
		   const char *pattern, int (*each)(void *user, const struct cbx_field *field),
		   void *user)
{
	cbx_auto(forget) struct seen *seen = NULL;
	size_t master = 0;
	int result;

	if (how != CBX_SCAN || !me->cluster)
		return scan_one(me, how, key, pattern, &seen, each, user);
	do {
		if (!cbx_cluster_aim(me, master++))
			return 0;
		result = scan_one(me, how, key, pattern, &seen, each, user);
	} while (!result);
	return result;
}
