// SPDX-License-Identifier: MIT
/*
 * slots.c - the slots of a Redis Cluster
 *
 * A node says "" or nothing for its host while it does not know it, or is told not to say it
 * (cluster-preferred-endpoint-type): then it is the one that was asked by. "?" stands for a name
 * that was to be announced, but is not set.
 */
#include "adapter/redis_state/slots.h"

#include <chatterbox/error.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* CRC16 of XMODEM: polynomial 1021, from 0. By bits: a key is short, and written by way of a
 * network. */
static unsigned crc16(const char *bytes, size_t len)
{
	uint16_t crc = 0;
	size_t i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= (uint16_t)((unsigned char)bytes[i] << 8);
		for (bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
	}
	return crc;
}

unsigned cbx_slot_of(const char *key, size_t len)
{
	const char *open = memchr(key, '{', len);
	const char *close = open ? memchr(open, '}', len - (size_t)(open - key)) : NULL;

	if (close && close > open + 1) {
		key = open + 1;
		len = (size_t)(close - key);
	}
	return crc16(key, len) % CBX_SLOTS;
}

static bool is_number(const redisReply *reply, long long low, long long high)
{
	return reply->type == REDIS_REPLY_INTEGER && reply->integer >= low &&
	       reply->integer <= high;
}

static bool is_host(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING && reply->len < CBX_NODE_HOST &&
	       strlen(reply->str) == reply->len && strcmp(reply->str, "?") != 0;
}

/* [host, port, id, [name, value, ...]] */
static bool is_node(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 &&
	       is_number(reply->element[1], 1, 65535);
}

/* What it says of itself besides, "hostname" or "ip"; NULL: nothing */
static const char *said(const redisReply *node, const char *name)
{
	const redisReply *more = node->elements > 3 ? node->element[3] : NULL;
	size_t i;

	if (!more || more->type != REDIS_REPLY_ARRAY)
		return NULL;
	for (i = 0; i + 1 < more->elements; i += 2)
		if (more->element[i]->type == REDIS_REPLY_STRING &&
		    !strcmp(more->element[i]->str, name) && is_host(more->element[i + 1]) &&
		    more->element[i + 1]->len)
			return more->element[i + 1]->str;
	return NULL;
}

/* NULL: it can't be known */
static const char *host_of(const redisReply *node, bool by_name)
{
	const char *name = by_name ? said(node, "hostname") : NULL;

	if (name)
		return name;
	if (is_host(node->element[0]))
		return node->element[0]->str;
	return node->element[0]->type == REDIS_REPLY_NIL ? "" : said(node, "ip");
}

/* [first, last, master, replica, ...] */
static bool read_range(const redisReply *reply, bool by_name, struct cbx_slot_range *out)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 3 ||
	    !is_number(reply->element[0], 0, CBX_SLOTS - 1) ||
	    !is_number(reply->element[1], reply->element[0]->integer, CBX_SLOTS - 1) ||
	    !is_node(reply->element[2]))
		return false;
	*out = (struct cbx_slot_range){ .first = (unsigned)reply->element[0]->integer,
					.last = (unsigned)reply->element[1]->integer,
					.host = host_of(reply->element[2], by_name),
					.port = (int)reply->element[2]->element[1]->integer,
					.replicas = reply->elements - 3 };
	return out->host != NULL;
}

int cbx_slots_read(const redisReply *reply, bool by_name,
		   int (*each)(void *user, const struct cbx_slot_range *range), void *user)
{
	struct cbx_slot_range range;
	int result = 0;
	size_t i;

	if (reply->type != REDIS_REPLY_ARRAY)
		return CHATTERBOX_E_DOWN;
	for (i = 0; i < reply->elements && !result; i++)
		result = read_range(reply->element[i], by_name, &range) ? each(user, &range)
									: CHATTERBOX_E_DOWN;
	return result;
}

/* Reads digits up to @end; -1: none, or more than @most */
static long read_number(const char *text, char end, long most, const char **rest)
{
	char *after;
	long number = *text >= '0' && *text <= '9' ? strtol(text, &after, 10) : -1;

	if (number < 0 || number > most || *after != end)
		return -1;
	*rest = *after ? after + 1 : after;
	return number;
}

bool cbx_redirect_read(const char *text, struct cbx_redirect *out)
{
	bool moved = !strncmp(text, "MOVED ", 6);
	const char *at = text + (moved ? 6 : 4);
	const char *colon;
	size_t len;
	long slot;
	long port;

	if (!moved && strncmp(text, "ASK ", 4) != 0)
		return false;
	slot = read_number(at, ' ', CBX_SLOTS - 1, &at);
	/* an address of IPv6 has colons of its own, and no brackets */
	colon = slot < 0 ? NULL : strrchr(at, ':');
	len = colon ? (size_t)(colon - at) : CBX_NODE_HOST;
	if (len >= CBX_NODE_HOST)
		return false;
	port = read_number(colon + 1, '\0', 65535, &text);
	if (port < 1)
		return false;
	*out = (struct cbx_redirect){ .moved = moved, .slot = (unsigned)slot, .port = (int)port };
	memcpy(out->host, at, len);
	return true;
}
