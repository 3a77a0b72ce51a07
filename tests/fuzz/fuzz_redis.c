// SPDX-License-Identifier: MIT
/*
 * fuzz_redis.c - whatever comes down the line instead of Redis's replies, to each call that reads
 *
 * The first byte picks the call, and whether Sentinels know the peer, or it is the only node of a
 * cluster; the rest is what it sends before it closes. Each call ends as port/state.h says, a
 * connection that is given up is down, and what was handed out has the form that is promised.
 */
#include "fuzz.h"

#include "adapter/redis_state/cluster.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define MOST 4096 /* bytes sent: the socket takes them without a reader */
#define GIVEN 64  /* names that are compared */

static const struct cbx_log quiet;
static struct cbx_state *alone, *behind, *node;
static struct cbx_state *state; /* one of these */

struct given {
	char *names[GIVEN];
	size_t count;
};

/* Whoever is named besides can't be connected to */
static int open_none(const struct cbx_redis *me, const char *host, int port, struct cbx_redis **out)
{
	(void)me;
	(void)host;
	(void)port;
	(void)out;
	return -ENOMEM;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const sentinels[] = { "127.0.0.1:1" };
	static const char *const cluster[] = { "true" };
	struct cbx_redis_options options = { .host = "127.0.0.1", .app_name = "app" };

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	FUZZ_CHECK(!cbx_redis_state_new(&options, cbx_system_clock(), &quiet, &alone));
	options.cluster = cluster;
	options.cluster_count = 1;
	FUZZ_CHECK(!cbx_redis_state_new(&options, cbx_system_clock(), &quiet, &node));
	cbx_redis_of(node)->cluster->open = open_none;
	options.cluster_count = 0;
	options.name = "m";
	options.sentinels = sentinels;
	options.sentinel_count = 1;
	FUZZ_CHECK(!cbx_redis_state_new(&options, cbx_system_clock(), &quiet, &behind));
	cbx_redis_of(behind)->watch = NULL; /* there is no Sentinel to listen to */
	return 0;
}

/* hiredis makes room for as many elements as a reply announces, and has no bound to set (0.14): a
 * peer that says a billion is not what is searched here */
static bool is_vast(const struct fuzz_input *in)
{
	size_t digits = 0;
	size_t i;

	for (i = 0; i < in->left; i++) {
		digits = in->at[i] >= '0' && in->at[i] <= '9' ? digits + 1 : 0;
		if (digits > 6)
			return true;
	}
	return false;
}

/* As if it had been connected to, and served all slots */
static struct cbx_redis *only_node(struct cbx_cluster *all)
{
	size_t i;

	for (i = 0; i < CBX_SLOTS; i++)
		all->owners[i] = all->nodes[0];
	all->nodes[0]->slots = CBX_SLOTS;
	all->keyless = all->nodes[0];
	all->up = true;
	return all->nodes[0]->link;
}

static void plug_in(const struct fuzz_input *in)
{
	struct cbx_redis *me = cbx_redis_of(state);
	struct cbx_redis *link = me->cluster ? only_node(me->cluster) : me;
	struct timeval wait = { 1, 0 };
	int ends[2];

	FUZZ_CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	FUZZ_CHECK(send(ends[1], in->at, in->left, 0) == (ssize_t)in->left);
	FUZZ_CHECK(!shutdown(ends[1], SHUT_WR));
	link->context = redisConnectFd(ends[0]);
	FUZZ_CHECK(link->context && !redisSetTimeout(link->context, wait));
	/* as if the server had told the sums before */
	snprintf(me->sha[CBX_SCRIPT_WRITE_JOBS], sizeof(me->sha[0]), "%040d", 1);
	snprintf(me->sha[CBX_SCRIPT_DROP_FIELDS], sizeof(me->sha[0]), "%040d", 2);
	snprintf(me->sha[CBX_SCRIPT_GUARDED], sizeof(me->sha[0]), "%040d", 3);
	/* its end stays open until the process does: what is written is never read */
	me->port = ends[1];
}

static int take(void *user, const char *key, const struct cbx_field *field)
{
	struct given *given = user;
	const char *name = field ? field->name : key;
	size_t i;

	FUZZ_CHECK(name);
	FUZZ_CHECK(!field || !field->value || strlen(field->value) <= field->value_len);
	for (i = 0; i < given->count && !key; i++)
		FUZZ_CHECK(strcmp(given->names[i], name) != 0);
	if (given->count < GIVEN)
		given->names[given->count++] = strdup(name);
	return 0;
}

static int list(struct given *given)
{
	return state->ops->list_systems(state, take, given);
}

static int read_systems(struct given *given)
{
	return state->ops->read_systems(state, CBX_ONLINE_SYSTEMS, take, given);
}

static int read_jobs(struct given *given)
{
	static const char *const systems[] = { "ABC1", "ABC2", "X" };

	return state->ops->read_jobs(state, systems, CBX_COUNT(systems), take, take, given);
}

static int read_values(struct given *given)
{
	int64_t epoch = -1;
	char text[16] = "?";
	int result = state->ops->read_epoch(state, &epoch);

	(void)given;
	FUZZ_CHECK(result || epoch >= 0);
	if (!result)
		result = state->ops->read_interval(state, text, sizeof(text));
	FUZZ_CHECK(strlen(text) < sizeof(text));
	return result;
}

static int write_jobs(struct given *given)
{
	const struct cbx_field field = { "17", "{}", 2 };
	struct cbx_state_write writes[] = {
		{ .system = "A", .number = 1, .live = true, .fields = &field, .field_count = 1 },
		{ .system = "B", .number = 2, .live = true, .scored = true },
		{ .system = "C", .number = 3 },
	};
	int result = state->ops->write_jobs(state, writes, CBX_COUNT(writes));

	(void)given;
	if (!result)
		result = state->ops->write_jobs_data(state, 0, "{}", 2);
	return result;
}

static int drop_and_append(struct given *given)
{
	const struct cbx_field field = { "A", "{}", 2 };
	const struct cbx_stream_entry entry = {
		.name = "status", .id = "A/1/1", .params = "{}", .params_len = 2
	};
	size_t removed = 0;
	int result = state->ops->drop_systems(state, 0, CBX_INTERNAL_SYSTEMS, &field, 1, &removed);

	(void)given;
	if (!result)
		result = state->ops->append_events(state, 0, &entry, 1, 100);
	return result ? result : state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, &field, 1);
}

static int take_active(void *user, const char *system, int64_t ms)
{
	FUZZ_CHECK(ms >= 0 && ms < (int64_t)1 << 53);
	return take(user, NULL, &(struct cbx_field){ .name = system });
}

static int read_active(struct given *given)
{
	return state->ops->read_active(state, take_active, given);
}

static int take_entry(void *user, const struct cbx_stream_entry *entry)
{
	size_t *count = user;

	FUZZ_CHECK(entry->name && entry->id && entry->params && entry->at);
	FUZZ_CHECK(strlen(entry->params) <= entry->params_len);
	++*count;
	return 0;
}

/* From where the stream ends, then (with what is left) from a place in it */
static int read_events(struct given *given)
{
	char position[CBX_STREAM_POSITION] = "";
	size_t count = 0;
	int result = state->ops->read_events(state, position, 10, take_entry, &count);

	(void)given;
	FUZZ_CHECK(!count && (result || *position));
	if (result)
		return result;
	result = state->ops->read_events(state, position, 10, take_entry, &count);
	FUZZ_CHECK(result != 1 || !count);
	FUZZ_CHECK(strlen(position) < sizeof(position));
	return result == 1 ? 0 : result;
}

static int (*const calls[])(struct given *given) = { list,        read_systems, read_jobs,
						     read_values, write_jobs,   drop_and_append,
						     read_active, read_events };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size < MOST ? size : MOST);
	size_t pick = fuzz_pick(&in, 3 * CBX_COUNT(calls));
	int (*call)(struct given * given) = calls[pick % CBX_COUNT(calls)];
	struct given given = { .count = 0 };
	int result;

	if (is_vast(&in))
		return 0;
	state = pick < CBX_COUNT(calls) ? alone : pick < 2 * CBX_COUNT(calls) ? behind : node;
	plug_in(&in);
	result = call(&given);
	/* a write that is held off says by whom */
	FUZZ_CHECK(result != 1 || state->newer > 0);
	FUZZ_CHECK(result >= 0 || result == CHATTERBOX_E_DOWN || result == CHATTERBOX_E_REFUSED ||
		   result == -ENOMEM);
	FUZZ_CHECK(result >= 0 || *state->error);
	FUZZ_CHECK(result != CHATTERBOX_E_DOWN || !state->ops->is_up(state));
	state->ops->disconnect(state);
	close(cbx_redis_of(state)->port);
	while (given.count)
		free(given.names[--given.count]);
	return 0;
}
