// SPDX-License-Identifier: MIT
/* A Redis Cluster passes the suite of the state port, while it is whole, and while slots move. */
#include "cluster_kit.h"
#include "redis_kit.h"
#include "servers.h"
#include "state_rows.h"
#include "state_suite.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL "nl-ocd.update_time_till_next_check.row_info"
#define FIELD(name, value) ((struct cbx_field){ name, value, sizeof(value) - 1 })

static struct cbx_state *state;

static void cluster_flush(void)
{
	cluster_each("FLUSHALL");
}

static void cluster_lose(void)
{
	cluster_each("CLIENT KILL TYPE normal SKIPME yes");
}

static void cluster_back(void)
{
}

static bool cluster_score(const char *system, int64_t *ms)
{
	return sscanf(cluster_look("ZSCORE " APP ":active_systems %s", system), "%ld", ms) == 1;
}

static void cluster_jobs_data(char *out, size_t size)
{
	snprintf(out, size, "%s", cluster_look("GET " APP ":jobs_data"));
}

static void cluster_set_interval(const char *text)
{
	cluster_look("HSET " INTERVAL " " INTERVAL " %s", text);
}

static size_t cluster_count_events(void)
{
	return strtoul(cluster_look("XLEN " APP ":events"), NULL, 10);
}

static const struct state_world cluster_world = {
	.name = "cluster",
	.open = cluster_open,
	.flush = cluster_flush,
	.lose = cluster_lose,
	.back = cluster_back,
	.score = cluster_score,
	.jobs_data = cluster_jobs_data,
	.set_interval = cluster_set_interval,
	.count_events = cluster_count_events,
	.event = cluster_event,
};

static void open_state(void)
{
	cluster_flush();
	state = cluster_up();
}

static void close_state(void)
{
	cbx_state_free(cbx_steal(state));
}

/* 0, and applied, or the error */
static int write_one(const char *system, uint64_t number)
{
	static const struct cbx_field field = FIELD("17", "{\"job_id\":17}");
	struct cbx_state_write write = { .system = system,
					 .number = number,
					 .live = true,
					 .scored = true,
					 .changed_ms = 5,
					 .fields = &field,
					 .field_count = 1,
					 .figures = &field,
					 .figure_count = 1 };
	int result = state->ops->write_jobs(state, &write, 1);

	ck_assert(result || write.applied);
	return result;
}

static void expect_job(const char *system)
{
	struct state_rows rows = { 0 };
	char expected[96];

	ck_assert_int_eq(state->ops->read_jobs(state, &system, 1, state_rows_add, NULL, &rows), 0);
	snprintf(expected, sizeof(expected), "%s 17={\"job_id\":17}\n", system);
	ck_assert_str_eq(state_rows_text(&rows), expected);
	state_rows_free(&rows);
}

/* Each key has a guard in its own slot, and nothing is guarded by one for all */
START_TEST(guards_stand_beside_their_keys)
{
	static const char *const names[] = { "state",          "active_systems",
					     "online_systems", "internal_systems",
					     "jobs_data",      "events" };
	struct cbx_state_sizes sizes;
	size_t i;

	ck_assert_int_eq(state->ops->claim(state, 7), 0);
	for (i = 0; i < CBX_COUNT(names); i++)
		ck_assert_str_eq(cluster_look("GET " APP ":rev:{" APP ":%s}", names[i]), "7");
	ck_assert_str_eq(cluster_look("EXISTS " APP ":rev"), "0");
	for (i = 0; i < CBX_COUNT(names); i++) {
		ck_assert_int_eq(state->ops->count(state, NULL, 0, NULL, &sizes), 0);
		ck_assert(sizes.rev);
		cluster_look("DEL " APP ":rev:{" APP ":%s}", names[i]);
		ck_assert_int_eq(state->ops->count(state, NULL, 0, NULL, &sizes), 0);
		ck_assert(!sizes.rev);
		ck_assert_int_eq(state->ops->claim(state, 7), 0);
	}
}
END_TEST

#define MANY 700

struct tally {
	size_t next;
};

static int take_in_order(void *user, const char *key, const struct cbx_field *field)
{
	struct tally *tally = user;
	char system[16];

	snprintf(system, sizeof(system), "S%04zu", tally->next++);
	ck_assert_str_eq(key, system);
	ck_assert_str_eq(field->value, system);
	return 0;
}

static int take_any(void *user, const char *key, const struct cbx_field *field)
{
	struct tally *tally = user;

	(void)key;
	(void)field;
	tally->next++;
	return 0;
}

/* Over all masters, and every answer belongs to its question */
START_TEST(many_systems_lie_on_all_nodes)
{
	static char names[MANY][16];
	static struct cbx_field fields[MANY];
	static struct cbx_state_write writes[MANY];
	static struct cbx_hash_sizes sizes[MANY];
	static const char *systems[MANY];
	struct cbx_state_sizes all;
	struct tally tally = { 0 };
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "S%04zu", i);
		systems[i] = names[i];
		fields[i] = (struct cbx_field){ "1", names[i], strlen(names[i]) };
		writes[i] = (struct cbx_state_write){ .system = names[i],
						      .number = (2ULL << 32) + i,
						      .whole = true,
						      .live = true,
						      .scored = true,
						      .fields = &fields[i],
						      .field_count = 1 };
	}
	ck_assert_msg(!state->ops->write_jobs(state, writes, MANY), "%s", state->error);
	for (i = 0; i < MANY; i++)
		ck_assert(writes[i].applied);
	ck_assert_int_eq(state->ops->read_jobs(state, systems, MANY, take_in_order, NULL, &tally),
			 0);
	ck_assert_uint_eq(tally.next, MANY);
	tally.next = 0;
	ck_assert_int_eq(state->ops->list_systems(state, take_any, &tally), 0);
	ck_assert_uint_eq(tally.next, MANY);
	ck_assert_int_eq(state->ops->count(state, systems, MANY, sizes, &all), 0);
	ck_assert_uint_eq(all.active, MANY);
	for (i = 0; i < MANY; i++)
		ck_assert(sizes[i].jobs == 1 && !sizes[i].figures);
	for (i = 0; i < CLUSTER_NODES; i++)
		if (!strncmp(cluster_look_at(i, "ROLE"), "[master", 7))
			ck_assert_int_gt(atoi(cluster_look_at(i, "DBSIZE")), MANY / 2);
}
END_TEST

/* A slot moves: before its keys, between them, after them, and when it has moved */
START_TEST(a_slot_is_followed)
{
	static const char *const keys[] = { APP ":jobs:{A}", APP ":rev:{A}", APP ":figures:{A}" };
	unsigned slot = cluster_slot("A");
	size_t from = cluster_master(slot);
	size_t to = cluster_master((slot + CBX_COUNT(keys) * 2000) % 16384);
	size_t i;

	ck_assert_uint_ne(from, to);
	ck_assert_int_eq(write_one("A", 2ULL << 32), 0);
	cluster_move_begin(slot, from, to);
	ck_assert_int_eq(write_one("A", (2ULL << 32) + 1), 0);
	cluster_move_key(keys[0], from, to);
	expect_job("A");
	/* the keys of one command are at two nodes: refused, and all else goes on */
	ck_assert_int_eq(write_one("A", (2ULL << 32) + 2), CHATTERBOX_E_REFUSED);
	ck_assert_msg(strstr(state->error, "TRYAGAIN"), "%s", state->error);
	ck_assert_int_eq(write_one("B", (2ULL << 32) + 3), 0);
	for (i = 1; i < CBX_COUNT(keys); i++)
		cluster_move_key(keys[i], from, to);
	ck_assert_int_eq(write_one("A", (2ULL << 32) + 4), 0);
	expect_job("A");
	cluster_move_end(slot, to);
	ck_assert_int_eq(write_one("A", (2ULL << 32) + 5), 0);
	ck_assert_int_eq(write_one("A", (2ULL << 32) + 6), 0);
	ck_assert_str_eq(cluster_look_at(to, "GET %s", keys[1]), "8589934598");
	cluster_move_begin(slot, to, from);
	for (i = 0; i < CBX_COUNT(keys); i++)
		cluster_move_key(keys[i], to, from);
	cluster_move_end(slot, from);
	expect_job("A");
	ck_assert(state->ops->is_up(state));
}
END_TEST

/* TRYAGAIN ends while it is waited for */
static void *move_rest(void *user)
{
	const size_t *nodes = user;
	const struct timespec pause = { .tv_nsec = 200000000 };

	nanosleep(&pause, NULL);
	cluster_move_key(APP ":rev:{A}", nodes[0], nodes[1]);
	cluster_move_key(APP ":figures:{A}", nodes[0], nodes[1]);
	return NULL;
}

START_TEST(a_write_waits_for_a_slot_that_is_moved)
{
	unsigned slot = cluster_slot("A");
	size_t nodes[2] = { cluster_master(slot), cluster_master((slot + 6000) % 16384) };
	pthread_t mover;

	ck_assert_int_eq(write_one("A", 2ULL << 32), 0);
	cluster_move_begin(slot, nodes[0], nodes[1]);
	cluster_move_key(APP ":jobs:{A}", nodes[0], nodes[1]);
	ck_assert_int_eq(pthread_create(&mover, NULL, move_rest, nodes), 0);
	ck_assert_msg(!write_one("A", (2ULL << 32) + 1), "%s", state->error);
	pthread_join(mover, NULL);
	cluster_move_end(slot, nodes[1]);
	cluster_flush();
	cluster_move_begin(slot, nodes[1], nodes[0]);
	cluster_move_end(slot, nodes[0]);
}
END_TEST

/* What its replica lacked is lost with it, so the caller has to write anew */
START_TEST(another_master_is_a_new_connection)
{
	unsigned slot = cluster_slot("A");
	size_t master = cluster_master(slot);
	uint64_t deadline = redis_deadline(20000);
	size_t replica = 0;
	char port[16];
	int result = 0;

	ck_assert_int_eq(write_one("A", 2ULL << 32), 0);
	snprintf(port, sizeof(port), " %d ", cluster_port(master));
	while (!strstr(cluster_look_at(replica, "ROLE"), port) ||
	       strncmp(cluster_look_at(replica, "ROLE"), "[slave", 6) != 0)
		ck_assert_uint_lt(++replica, CLUSTER_NODES);
	ck_assert_str_eq(cluster_look_at(replica, "CLUSTER FAILOVER"), "OK");
	while (!(result = write_one("A", (2ULL << 32) + 1)))
		ck_assert(cbx_now(cbx_system_clock()) < deadline);
	ck_assert_int_eq(result, CHATTERBOX_E_DOWN);
	ck_assert(!state->ops->is_up(state));
	while (state->ops->connect(state, redis_deadline(1000)) || write_one("A", (2ULL << 32) + 2))
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "%s", state->error);
	while (cluster_master(slot) != replica)
		ck_assert(cbx_now(cbx_system_clock()) < deadline);
	expect_job("A");
}
END_TEST

START_TEST(what_nobody_serves_is_named)
{
	unsigned slot = cluster_slot("A");
	size_t master = cluster_master(slot);
	uint64_t deadline = redis_deadline(20000);
	char expected[64];
	size_t i;

	snprintf(expected, sizeof(expected), "no node of the cluster serves the slots %u to %u",
		 slot, slot);
	/* first where it is told from, and again: who had heard it before would know it still */
	cluster_look_at(master, "CLUSTER DELSLOTS %u", slot);
	do {
		ck_assert(cbx_now(cbx_system_clock()) < deadline);
		for (i = 0; i < CLUSTER_NODES; i++)
			cluster_look_at(i, "CLUSTER DELSLOTS %u", slot);
	} while (!state->ops->connect(state, redis_deadline(3000)));
	ck_assert_msg(strstr(state->error, expected), "%s", state->error);
	ck_assert_str_eq(cluster_look_at(master, "CLUSTER ADDSLOTS %u", slot), "OK");
	while (state->ops->connect(state, redis_deadline(1000)) || write_one("A", 2ULL << 32))
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "%s", state->error);
}
END_TEST

START_TEST(it_says_what_it_consists_of)
{
	uint64_t deadline = redis_deadline(20000);
	char node[64];

	/* a replica counts when its master has seen it, and all slots when every node has */
	while (!strstr(state->consists, "a cluster of 3 masters with 3 replicas: ") ||
	       state->ops->examine(state, false)) {
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "%s, %s", state->consists,
			      state->error);
		(void)state->ops->connect(state, redis_deadline(2000));
	}
	snprintf(node, sizeof(node), " 127.0.0.1:%d (5",
		 cluster_port(cluster_master(cluster_slot("A"))));
	ck_assert_msg(strstr(state->consists, node), "%s", state->consists);
	ck_assert_int_eq(state->ops->ping(state), 0);
}
END_TEST

/* Who is told the one, and finds the other, names the key to set */
START_TEST(the_wrong_kind_is_named)
{
	struct cbx_state *alone = redis_open_at("127.0.0.1", cluster_port(0), NULL, NULL);
	char node[32];
	const char *nodes[] = { "true" };
	struct cbx_redis_options options = {
		.host = "127.0.0.1", .cluster = nodes, .cluster_count = 1, .app_name = APP
	};
	struct cbx_state *clustered = NULL;

	ck_assert_int_eq(alone->ops->connect(alone, redis_deadline(2000)), 0);
	ck_assert_int_eq(alone->ops->examine(alone, false), CHATTERBOX_E_CONFIG);
	ck_assert_msg(strstr(alone->error, "set redis.cluster to true"), "%s", alone->error);
	cbx_state_free(alone);
	snprintf(node, sizeof(node), "%d", cbx_test_port("redis"));
	options.port = atoi(node);
	ck_assert_int_eq(cbx_redis_state_new(&options, cbx_system_clock(), NULL, &clustered), 0);
	ck_assert_int_eq(clustered->ops->connect(clustered, redis_deadline(2000)),
			 CHATTERBOX_E_CONFIG);
	ck_assert_msg(strstr(clustered->error, "set redis.cluster to false"), "%s",
		      clustered->error);
	cbx_state_free(clustered);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { guards_stand_beside_their_keys,
				       many_systems_lie_on_all_nodes,
				       a_slot_is_followed,
				       a_write_waits_for_a_slot_that_is_moved,
				       another_master_is_a_new_connection,
				       what_nobody_serves_is_named,
				       it_says_what_it_consists_of,
				       the_wrong_kind_is_named };
	Suite *suite = suite_create("redis_cluster");
	sigset_t pipe;
	int result;

	/* as the library's threads do */
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	state_suite_add(suite, &cluster_world);
	unit_add_cases(suite, open_state, close_state, tests, CBX_COUNT(tests));
	result = unit_run(suite);
	cluster_eyes_close();
	return result;
}
