// SPDX-License-Identifier: MIT
/* redis_transactions.c - what goes on within an epoch is written without a script, and is rejected
 * as a script's writes are */
#include "redis_kit.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH 5
#define MANY 600 /* more than one transaction holds */

static struct cbx_state *state;
static struct cbx_state_write writes[MANY];
static char names[MANY][16];
static uint64_t next_number;

static void open_state(void)
{
	redis_look("FLUSHALL");
	state = redis_up();
	next_number = EPOCH * (1ULL << 32);
}

static void close_state(void)
{
	cbx_state_free(cbx_steal(state));
}

static int write_many(struct cbx_state *to, const char *value)
{
	static struct cbx_field fields[3] = { { .name = "1" }, { .name = "2" }, { .name = "3" } };
	static struct cbx_field figure = { .name = "1" };
	size_t i;

	fields[0].value = fields[1].value = figure.value = value;
	fields[0].value_len = fields[1].value_len = figure.value_len = strlen(value);
	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "S%03zu", i);
		next_number++;
		writes[i] = (struct cbx_state_write){ .system = names[i],
						      .number = next_number,
						      .live = true,
						      .scored = true,
						      .changed_ms = (int64_t)next_number,
						      .fields = fields,
						      .field_count = 3,
						      .figures = &figure,
						      .figure_count = 1 };
	}
	return to->ops->write_jobs(to, writes, MANY);
}

static size_t applied(void)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < MANY; i++)
		n += writes[i].applied;
	return n;
}

static void expect_written(const char *value)
{
	char hash[32];
	char figures[32];

	snprintf(hash, sizeof(hash), "[1 %s 2 %s]", value, value);
	snprintf(figures, sizeof(figures), "[1 %s]", value);
	ck_assert_uint_eq(applied(), MANY);
	ck_assert_str_eq(redis_look("HGETALL " APP ":jobs:{S599}"), hash);
	ck_assert_str_eq(redis_look("HGETALL " APP ":figures:{S000}"), figures);
	ck_assert_str_eq(redis_look("ZCARD " APP ":active_systems"), "600");
}

START_TEST(no_script_is_called)
{
	ck_assert_int_eq(write_many(state, "a"), 0);
	redis_look("HSET " APP ":jobs:{S599} 3 gone");
	redis_look("HSET " APP ":figures:{S000} 3 gone");
	redis_look("CONFIG RESETSTAT");
	ck_assert_int_eq(write_many(state, "b"), 0);
	expect_written("b");
	ck_assert_int_eq(write_many(state, "c"), 0);
	expect_written("c");
	ck_assert_int_eq(redis_calls_of("evalsha") + redis_calls_of("eval"), 0);
	ck_assert_int_eq(redis_calls_of("exec"), 4);
	ck_assert_int_eq(strtol(redis_look("ZSCORE " APP ":active_systems S599"), NULL, 10),
			 (long)next_number);
	ck_assert_int_eq(strtoll(redis_look("GET " APP ":rev:{S599}"), NULL, 10),
			 (long long)next_number);
	ck_assert_int_gt(strtol(redis_look("TTL " APP ":rev:{S599}"), NULL, 10), 86300);
}
END_TEST

/* What this epoch writes elsewhere is in the way of none; a claim is, also one of the same epoch */
START_TEST(only_a_claim_is_in_the_way)
{
	const struct cbx_stream_entry entry = { "status", "A/status/1", "{}", 2, NULL, NULL };
	struct cbx_state *teller = redis_up();

	ck_assert_int_eq(write_many(state, "a"), 0);
	ck_assert_int_eq(write_many(state, "b"), 0);
	redis_look("CONFIG RESETSTAT");
	ck_assert_int_eq(teller->ops->append_events(teller, EPOCH, &entry, 1, 100), 0);
	ck_assert_int_eq(teller->ops->write_jobs_data(teller, EPOCH, "{}", 2), 0);
	ck_assert_int_eq(teller->ops->write_mark(teller, EPOCH, &(struct cbx_mark){ "", 30, true }),
			 0);
	ck_assert_int_eq(write_many(state, "c"), 0);
	ck_assert_int_eq(redis_calls_of("evalsha"), 3);
	ck_assert_int_eq(teller->ops->claim(teller, EPOCH), 0);
	redis_look("CONFIG RESETSTAT");
	ck_assert_int_eq(write_many(state, "d"), 0);
	expect_written("d");
	/* the first transaction did nothing; the second one was guarded anew */
	ck_assert_int_eq(redis_calls_of("evalsha"), 5);
	ck_assert_int_eq(redis_calls_of("exec"), 2);
	cbx_state_free(teller);
}
END_TEST

START_TEST(a_newer_epoch_rejects_them)
{
	struct cbx_state *other = redis_up();
	size_t i;

	ck_assert_int_eq(write_many(state, "a"), 0);
	ck_assert_int_eq(write_many(state, "b"), 0);
	ck_assert_int_eq(other->ops->claim(other, EPOCH + 1), 0);
	/* the one that was watching, and one on a new connection */
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(write_many(i ? other : state, "c"), 0);
		ck_assert_uint_eq(applied(), 0);
		ck_assert_int_eq((i ? other : state)->newer, EPOCH + 1);
	}
	ck_assert_str_eq(redis_look("HGETALL " APP ":jobs:{S000}"), "[1 b 2 b]");
	cbx_state_free(other);
}
END_TEST

/* The guard of a hash counts as a script's does, whether APP:rev is there or not */
START_TEST(a_hash_has_a_guard_of_its_own)
{
	static const char *const values[] = { "c", "d" };
	size_t i;

	ck_assert_int_eq(write_many(state, "a"), 0);
	ck_assert_int_eq(write_many(state, "b"), 0);
	redis_look("SET " APP ":rev:{S077} %llu", (EPOCH + 1) * (1ULL << 32));
	redis_look("SET " APP ":rev:{S078} garbage");
	redis_look("DEL " APP ":rev:{S079}");
	for (i = 0; i < CBX_COUNT(values); i++) {
		ck_assert_int_eq(write_many(state, values[i]), 0);
		ck_assert_uint_eq(applied(), MANY - 1);
		ck_assert(!writes[77].applied);
		ck_assert_int_eq(state->stored, EPOCH + 1);
		ck_assert_str_eq(redis_look("HGETALL " APP ":jobs:{S077}"), "[1 b 2 b]");
		ck_assert_str_eq(redis_look("HGET " APP ":jobs:{S078} 1"), values[i]);
		ck_assert_str_eq(redis_look("HGET " APP ":jobs:{S079} 1"), values[i]);
		redis_look("DEL " APP ":rev");
	}
}
END_TEST

START_TEST(what_fails_is_said_and_stops_no_other)
{
	ck_assert_int_eq(write_many(state, "a"), 0);
	redis_look("SET " APP ":jobs:{S005} text");
	ck_assert_int_eq(write_many(state, "b"), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(state->error, APP ":jobs:{S005}: WRONGTYPE"));
	ck_assert_uint_eq(applied(), MANY - 1);
	ck_assert(!writes[5].applied);
	ck_assert_str_eq(redis_look("HGETALL " APP ":jobs:{S006}"), "[1 b 2 b]");
	ck_assert_str_eq(redis_look("HGETALL " APP ":jobs:{S599}"), "[1 b 2 b]");
}
END_TEST

/* Without MULTI its commands would be carried out one by one, whoever has claimed APP:rev */
START_TEST(who_may_not_begin_one_writes_by_script)
{
	static const char *const lacking[] = { "multi", "exec", "watch" };
	struct redis_own own = { 0 };
	struct cbx_state *poor;
	size_t i;

	redis_own_start(&own);
	for (i = 0; i < CBX_COUNT(lacking); i++) {
		redis_look_in(own.eye, "ACL SETUSER box reset on >p ~* +@all -%s", lacking[i]);
		poor = redis_open_at(own.path, 0, "box", "p");
		ck_assert_int_eq(poor->ops->connect(poor, redis_deadline(10000)), 0);
		ck_assert_int_eq(write_many(poor, "a"), 0);
		ck_assert_int_eq(write_many(poor, "b"), 0);
		ck_assert_uint_eq(applied(), MANY);
		ck_assert_str_eq(redis_look_in(own.eye, "SET " APP ":rev %d", EPOCH + 1), "OK");
		ck_assert_int_eq(write_many(poor, "c"), 0);
		ck_assert_uint_eq(applied(), 0);
		ck_assert_str_eq(redis_look_in(own.eye, "HGETALL " APP ":jobs:{S599}"),
				 "[1 b 2 b]");
		redis_look_in(own.eye, "FLUSHALL");
		cbx_state_free(poor);
	}
	redis_own_stop(&own);
}
END_TEST

START_TEST(a_full_server_deletes)
{
	static const struct cbx_field gone = { .name = "1" };
	static const struct cbx_field set = { "2", "new", 3 };
	struct redis_own own = { 0 };
	struct cbx_state *full;
	struct cbx_state_write write = { .system = "S000", .live = true };

	redis_own_start(&own);
	full = redis_open_at(own.path, 0, NULL, NULL);
	ck_assert_int_eq(full->ops->connect(full, redis_deadline(10000)), 0);
	ck_assert_int_eq(write_many(full, "a"), 0);
	ck_assert_str_eq(redis_look_in(own.eye, "CONFIG SET maxmemory 1"), "OK");
	write.number = ++next_number;
	write.fields = &set;
	write.field_count = 1;
	ck_assert_int_eq(full->ops->write_jobs(full, &write, 1), CHATTERBOX_E_REFUSED);
	ck_assert_msg(strstr(full->error, APP ":jobs:{S000}: OOM"), "%s", full->error);
	ck_assert(!write.applied);
	write.number = ++next_number;
	write.fields = &gone;
	ck_assert_int_eq(full->ops->write_jobs(full, &write, 1), 0);
	ck_assert(write.applied);
	ck_assert_str_eq(redis_look_in(own.eye, "HGETALL " APP ":jobs:{S000}"), "[2 a]");
	cbx_state_free(full);
	redis_own_stop(&own);
}
END_TEST

void redis_transactions_add(Suite *suite)
{
	TCase *tcase = tcase_create("transactions");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, open_state, close_state);
	tcase_add_test(tcase, no_script_is_called);
	tcase_add_test(tcase, only_a_claim_is_in_the_way);
	tcase_add_test(tcase, a_newer_epoch_rejects_them);
	tcase_add_test(tcase, a_hash_has_a_guard_of_its_own);
	tcase_add_test(tcase, what_fails_is_said_and_stops_no_other);
	tcase_add_test(tcase, who_may_not_begin_one_writes_by_script);
	tcase_add_test(tcase, a_full_server_deletes);
	suite_add_tcase(suite, tcase);
}
