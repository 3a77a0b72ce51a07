// SPDX-License-Identifier: MIT
/* cluster_kit.c - looks at a Redis Cluster for tests, without any of the tested code */
#include "cluster_kit.h"
#include "redis_kit.h"
#include "servers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redisContext *eyes[CLUSTER_NODES];

int cluster_port(size_t node)
{
	const char *text = cbx_test_env("CLUSTER_PORTS");

	for (; node; node--) {
		text = strchr(text, ' ');
		ck_assert_ptr_nonnull(text);
		text++;
	}
	return atoi(text);
}

struct cbx_state *cluster_open(void)
{
	static char node[32];
	static const char *const nodes[] = { node };
	const struct cbx_redis_options options = {
		.host = "127.0.0.1", .cluster = nodes, .cluster_count = 1, .app_name = APP
	};
	struct cbx_state *state = NULL;

	snprintf(node, sizeof(node), "127.0.0.1:%d", cluster_port(1));
	ck_assert_int_eq(cbx_redis_state_new(&options, cbx_system_clock(), NULL, &state), 0);
	return state;
}

struct cbx_state *cluster_up(void)
{
	struct cbx_state *state = cluster_open();
	uint64_t deadline = redis_deadline(20000);

	/* an earlier test may have left something for the nodes to tell each other */
	while (state->ops->connect(state, redis_deadline(2000)))
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "%s", state->error);
	return state;
}

void cluster_eyes_close(void)
{
	size_t i;

	for (i = 0; i < CLUSTER_NODES; i++)
		if (eyes[i])
			redisFree(cbx_steal(eyes[i]));
	redis_eye_close();
}

static redisContext *eye(size_t node)
{
	const struct timeval limit = { .tv_sec = 2 };

	if (eyes[node] && eyes[node]->err)
		redisFree(cbx_steal(eyes[node]));
	if (!eyes[node])
		eyes[node] = redisConnectWithTimeout("127.0.0.1", cluster_port(node), limit);
	ck_assert_msg(eyes[node] && !eyes[node]->err, "no node %zu", node);
	redisSetTimeout(eyes[node], limit);
	return eyes[node];
}

const char *cluster_look_at(size_t node, const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return redis_look_in(eye(node), command);
}

const char *cluster_look(const char *format, ...)
{
	char command[512];
	const char *text = "";
	va_list args;
	size_t i;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	for (i = 0; i < CLUSTER_NODES; i++) {
		text = redis_look_in(eye(i), command);
		if (strncmp(text, "(error) MOVED", 13) != 0)
			break;
	}
	return text;
}

void cluster_each(const char *command)
{
	size_t i;

	for (i = 0; i < CLUSTER_NODES; i++) {
		const char *text = redis_look_in(eye(i), command);

		ck_assert_msg(!strstr(text, "(error)") || strstr(text, "READONLY"), "%s", text);
	}
}

unsigned cluster_slot(const char *key)
{
	return (unsigned)atoi(cluster_look_at(0, "CLUSTER KEYSLOT %s", key));
}

/* As node 0 sees it; 0: nobody does */
static long long port_of_master(unsigned slot)
{
	redisReply *map = redisCommand(eye(0), "CLUSTER SLOTS");
	long long port = 0;
	size_t i;

	ck_assert_ptr_nonnull(map);
	for (i = 0; i < map->elements; i++) {
		const redisReply *range = map->element[i];

		if (slot >= range->element[0]->integer && slot <= range->element[1]->integer)
			port = range->element[2]->element[1]->integer;
	}
	freeReplyObject(map);
	return port;
}

size_t cluster_master(unsigned slot)
{
	uint64_t deadline = redis_deadline(20000);
	long long port;
	size_t i;

	/* nodes tell each other, which takes a moment */
	while (!(port = port_of_master(slot)))
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "nobody serves slot %u",
			      slot);
	for (i = 0; i < CLUSTER_NODES; i++)
		if (cluster_port(i) == port)
			return i;
	ck_abort_msg("another cluster's node serves slot %u", slot);
}

static void set_slot(size_t node, unsigned slot, const char *as, size_t other)
{
	char id[64];

	snprintf(id, sizeof(id), "%s", cluster_look_at(other, "CLUSTER MYID"));
	ck_assert_str_eq(cluster_look_at(node, "CLUSTER SETSLOT %u %s %s", slot, as, id), "OK");
}

void cluster_move_begin(unsigned slot, size_t from, size_t to)
{
	set_slot(to, slot, "IMPORTING", from);
	set_slot(from, slot, "MIGRATING", to);
}

void cluster_move_key(const char *key, size_t from, size_t to)
{
	ck_assert_str_eq(cluster_look_at(from, "MIGRATE 127.0.0.1 %d %s 0 2000", cluster_port(to),
					 key),
			 "OK");
}

void cluster_move_end(unsigned slot, size_t to)
{
	size_t i;

	set_slot(to, slot, "NODE", to);
	for (i = 0; i < CLUSTER_NODES; i++)
		if (!strncmp(cluster_look_at(i, "ROLE"), "[master", 7))
			set_slot(i, slot, "NODE", to);
}

#define PREVIOUS " previous_status "

/* "[[<position> [name <name> id <id> params <params>]] ...]": no value in the suite has a blank */
void cluster_event(size_t index, struct state_event *out)
{
	const char *text = cluster_look("XRANGE " APP ":events - + COUNT %zu", index + 1);
	const char *previous;
	const char *end;

	memset(out, 0, sizeof(*out));
	for (; index; index--)
		text = strstr(text + 2, "[name") + 1;
	text = strstr(text, "[name");
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(sscanf(text, "[name %63s id %63s params %63[^] ]", out->name, out->id,
				out->params),
			 3);
	end = strchr(text, ']');
	previous = strstr(text, PREVIOUS);
	out->has_previous_status = previous && previous < end;
	if (!out->has_previous_status)
		return;
	previous += strlen(PREVIOUS);
	snprintf(out->previous_status, sizeof(out->previous_status), "%.*s", (int)(end - previous),
		 previous);
}
