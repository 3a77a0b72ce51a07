// SPDX-License-Identifier: MIT
/* redis_keys.c - the keys that others read, field by field as contract 4.1 says; and foreign ones
 */
#include "redis_kit.h"
#include "state_rows.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define FIELD(name, value) ((struct cbx_field){ name, value, sizeof(value) - 1 })

static struct cbx_state *state;

static void open_state(void)
{
	redis_look("FLUSHALL");
	state = redis_up();
}

static void close_state(void)
{
	cbx_state_free(cbx_steal(state));
}

static struct cbx_state_write one_write(const char *system, uint64_t number)
{
	static const struct cbx_field field = { "17", "{\"job_id\":17}", 13 };

	return (struct cbx_state_write){ .system = system,
					 .number = number,
					 .live = true,
					 .scored = true,
					 .changed_ms = 1763922500123,
					 .fields = &field,
					 .field_count = 1 };
}

static bool write_one(const char *system, uint64_t number)
{
	struct cbx_state_write write = one_write(system, number);

	ck_assert_msg(state->ops->write_jobs(state, &write, 1) == 0, "%s", state->error);
	return write.applied;
}

/* Each key, its type, the command that shows it and what that shows */
static const char *const shown[][4] = {
	{ APP ":jobs:{ABC1}", "hash", "HGETALL %s", "[17 {\"job_id\":17}]" },
	{ APP ":rev:{ABC1}", "string", "GET %s", "21474836487" },
	{ APP ":active_systems", "zset", "ZRANGE %s 0 -1 WITHSCORES", "[ABC1 1763922500123]" },
	{ APP ":rev", "string", "GET %s", "5" },
	{ APP ":state", "string", "GET %s", "5 id-of-ours" },
	{ APP ":online_systems", "hash", "HGETALL %s", "[ABC1 {\"systemID\":\"ABC1\"}]" },
	{ APP ":internal_systems", "hash", "HGETALL %s", "[ABC1 {\"systemID\":\"ABC1\"}]" },
	{ APP ":jobs_data", "string", "GET %s", "{\"n\":1}" },
	{ APP ":events", "stream", "XLEN %s", "1" },
};

START_TEST(keys_are_those_of_the_contract)
{
	const struct cbx_field system = FIELD("ABC1", "{\"systemID\":\"ABC1\"}");
	const struct cbx_stream_entry entry = { "status", "ABC1/status/1", "{}", 2, NULL, NULL };
	size_t i;

	ck_assert(write_one("ABC1", (5ULL << 32) + 7));
	ck_assert_int_eq(
		state->ops->write_mark(state, 5, &(struct cbx_mark){ "id-of-ours", 30, true }), 0);
	ck_assert_int_eq(state->ops->write_systems(state, 5, CBX_ONLINE_SYSTEMS, &system, 1), 0);
	ck_assert_int_eq(state->ops->write_systems(state, 5, CBX_INTERNAL_SYSTEMS, &system, 1), 0);
	ck_assert_int_eq(state->ops->write_jobs_data(state, 5, "{\"n\":1}", 7), 0);
	ck_assert_int_eq(state->ops->append_events(state, 5, &entry, 1, 100), 0);
	ck_assert_str_eq(redis_look("DBSIZE"), "9");
	for (i = 0; i < CBX_COUNT(shown); i++) {
		const char *key = shown[i][0];

		ck_assert_str_eq(redis_look("TYPE %s", key), shown[i][1]);
		ck_assert_str_eq(redis_look(shown[i][2], key), shown[i][3]);
		if (!strcmp(key, APP ":state"))
			ck_assert_str_eq(redis_look("TTL %s", key), "30");
		else if (!strstr(key, ":rev"))
			ck_assert_str_eq(redis_look("TTL %s", key), "-1");
	}
}
END_TEST

static long ttl(void)
{
	return strtol(redis_look("TTL " APP ":rev:{S}"), NULL, 10);
}

START_TEST(guard_expires_a_day_after_the_last_applied_write)
{
	ck_assert(write_one("S", 5));
	ck_assert_int_ge(ttl(), 86390);
	ck_assert_int_le(ttl(), 86400);
	redis_look("EXPIRE " APP ":rev:{S} 100");
	ck_assert(!write_one("S", 4));
	ck_assert_int_le(ttl(), 100);
	ck_assert(write_one("S", 5));
	ck_assert_int_ge(ttl(), 86390);
	redis_look("DEL " APP ":rev:{S}");
	ck_assert(write_one("S", 1));
}
END_TEST

START_TEST(foreign_guard_holds_nothing_off)
{
	static const char *const commands[] = {
		"SET " APP ":rev:{S} garbage", "SET " APP ":rev:{S} inf",
		"SET " APP ":rev:{S} 1e300",   "SET " APP ":rev:{S} nan",
		"LPUSH " APP ":rev:{S} x",     "HSET " APP ":rev:{S} x y",
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(commands); i++) {
		redis_look("DEL " APP ":rev:{S}");
		redis_look(commands[i]);
		ck_assert_msg(write_one("S", 3), "%s", commands[i]);
		ck_assert_str_eq(redis_look("GET " APP ":rev:{S}"), "3");
	}
}
END_TEST

START_TEST(the_newest_epoch_is_kept_for_a_day)
{
	long seconds;

	ck_assert_int_eq(state->ops->claim(state, 5), 0);
	redis_look("EXPIRE " APP ":rev 100");
	ck_assert_int_eq(state->ops->write_jobs_data(state, 4, "{}", 2), 1);
	ck_assert_int_le(strtol(redis_look("TTL " APP ":rev"), NULL, 10), 100);
	ck_assert_int_eq(state->ops->write_jobs_data(state, 5, "{}", 2), 0);
	seconds = strtol(redis_look("TTL " APP ":rev"), NULL, 10);
	ck_assert(seconds >= 86390 && seconds <= 86400);
	redis_look("DEL " APP ":rev");
	ck_assert_int_eq(state->ops->write_jobs_data(state, 4, "{}", 2), 0);
	ck_assert_str_eq(redis_look("GET " APP ":rev"), "4");
}
END_TEST

/* What is no epoch holds nothing off, neither the others nor the hashes, and is written over */
START_TEST(foreign_epoch_holds_nothing_off)
{
	static const char *const commands[] = {
		"SET " APP ":rev garbage", "SET " APP ":rev inf",     "SET " APP ":rev nan",
		"SET " APP ":rev 2097152", "SET " APP ":rev 1e300",   "SET " APP ":rev -7",
		"LPUSH " APP ":rev x",     "SET " APP ":rev 9999999", "HSET " APP ":rev x y",
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(commands); i++) {
		redis_look("DEL " APP ":rev");
		redis_look(commands[i]);
		ck_assert_msg(write_one("S", (3ULL << 32) + i), "%s", commands[i]);
		ck_assert_str_eq(redis_look("GET " APP ":rev"), "3");
		redis_look("DEL " APP ":rev");
		redis_look(commands[i]);
		ck_assert_int_eq(state->ops->claim(state, 3), 0);
		ck_assert_str_eq(redis_look("GET " APP ":rev"), "3");
	}
	redis_look("SET " APP ":rev 3.5");
	ck_assert_int_eq(state->ops->claim(state, 3), 1);
	ck_assert_int_eq(state->newer, 3);
}
END_TEST

START_TEST(key_of_another_type_stops_no_neighbour)
{
	const char *const systems[] = { "A", "B", "C" };
	struct cbx_state_write writes[] = { one_write("A", 2), one_write("B", 2),
					    one_write("C", 2) };
	struct state_rows rows = { 0 };

	redis_look("SET " APP ":jobs:{B} text");
	ck_assert_int_eq(state->ops->write_jobs(state, writes, 3), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(state->error, APP ":jobs:{B}: WRONGTYPE"));
	ck_assert(writes[0].applied && !writes[1].applied && writes[2].applied);
	ck_assert_str_eq(redis_look("ZRANGE " APP ":active_systems 0 -1"), "[A C]");
	state->error[0] = '\0';
	ck_assert_int_eq(state->ops->read_jobs(state, systems, 3, state_rows_add, NULL, &rows),
			 CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(state->error, APP ":jobs:{B}: WRONGTYPE"));
	ck_assert_str_eq(state_rows_text(&rows), "A 17={\"job_id\":17}\nC 17={\"job_id\":17}\n");
	state_rows_free(&rows);
	/* a whole write puts it right */
	writes[1].whole = true;
	ck_assert_int_eq(state->ops->write_jobs(state, writes, 3), 0);
	ck_assert_str_eq(redis_look("ZRANGE " APP ":active_systems 0 -1"), "[A B C]");
}
END_TEST

START_TEST(other_keys_of_another_type_are_named)
{
	const struct cbx_field field = FIELD("A", "a");
	const struct cbx_stream_entry entry = { "status", "id", "{}", 2, NULL, NULL };
	struct state_rows rows = { 0 };
	size_t removed;
	int64_t epoch = 9;
	char text[16];

	redis_look("MSET " APP ":online_systems x " APP ":events x " APP ":active_systems x");
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, &field, 1),
			 CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(state->error, APP ":online_systems: WRONGTYPE"));
	ck_assert_int_eq(state->ops->read_systems(state, CBX_ONLINE_SYSTEMS, state_rows_add, &rows),
			 CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(state->ops->drop_systems(state, 0, CBX_ONLINE_SYSTEMS, &field, 1,
						  &removed),
			 CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(state->ops->append_events(state, 0, &entry, 1, 100), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(state->error, APP ":events: WRONGTYPE"));
	redis_look("SET nl-ocd.update_time_till_next_check.row_info x");
	ck_assert_int_eq(state->ops->read_interval(state, text, sizeof(text)),
			 CHATTERBOX_E_REFUSED);
	/* an epoch that is none reads as missing, and is written over */
	redis_look("LPUSH " APP ":state x");
	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 0);
	redis_look("DEL " APP ":state");
	redis_look("SET " APP ":state somebody");
	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 0);
	ck_assert_int_eq(state->ops->write_mark(state, 3, &(struct cbx_mark){ "", 30, true }), 0);
	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 3);
	ck_assert(state->ops->is_up(state));
}
END_TEST

START_TEST(only_own_keys_are_listed)
{
	static const char app[] = "a*[x]?\\^-b";
	const struct cbx_redis_options options = {
		.host = "localhost", .port = redis_eye()->tcp.port, .db = 3, .app_name = app
	};
	struct cbx_state *other = NULL;
	struct state_rows rows = { 0 };

	redis_look("SELECT 3");
	redis_look("HSET %s:jobs:{GOOD} 1 x", app);
	redis_look("HSET %s:jobs:{} 1 x", app);
	redis_look("HSET %s:jobs:{a/b} 1 x", app);
	redis_look("HSET %s:jobs:{ padded} 1 x", app);
	redis_look("HSET %s:jobs:{nul%b} 1 x", app, "\0z", (size_t)2);
	redis_look("HSET %s:jobs:plain 1 x", app);
	redis_look("HSET a1[x]2\\^-b:jobs:{OTHER} 1 x");
	redis_look("HSET x%s:jobs:{OTHER} 1 x", app);
	redis_look("SELECT 0");
	redis_look("HSET %s:jobs:{OTHERDB} 1 x", app);
	ck_assert_int_eq(cbx_redis_state_new(&options, cbx_system_clock(), NULL, &other), 0);
	ck_assert_int_eq(other->ops->connect(other, redis_deadline(10000)), 0);
	ck_assert_int_eq(other->ops->list_systems(other, state_rows_add, &rows), 0);
	ck_assert_str_eq(state_rows_text(&rows), "GOOD\n");
	state_rows_free(&rows);
	cbx_state_free(other);
}
END_TEST

void redis_keys_add(Suite *suite)
{
	TCase *tcase = tcase_create("keys");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, open_state, close_state);
	tcase_add_test(tcase, keys_are_those_of_the_contract);
	tcase_add_test(tcase, guard_expires_a_day_after_the_last_applied_write);
	tcase_add_test(tcase, foreign_guard_holds_nothing_off);
	tcase_add_test(tcase, the_newest_epoch_is_kept_for_a_day);
	tcase_add_test(tcase, foreign_epoch_holds_nothing_off);
	tcase_add_test(tcase, key_of_another_type_stops_no_neighbour);
	tcase_add_test(tcase, other_keys_of_another_type_are_named);
	tcase_add_test(tcase, only_own_keys_are_listed);
	suite_add_tcase(suite, tcase);
}
