// SPDX-License-Identifier: MIT
/* redis_pieces.c - many systems go into one call of the script, and each stands for itself there */
#include "redis_kit.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 128
#define MANY (2 * PIECE + 44)
#define WRONG 5  /* its hash is none */
#define NEWER 77 /* a newer number stands in its guard */

static struct cbx_state *state;
static struct cbx_state_write writes[MANY];
static char names[MANY][16];

static void open_state(void)
{
	redis_look("FLUSHALL");
	state = redis_up();
}

static void close_state(void)
{
	cbx_state_free(cbx_steal(state));
}

static int write_many(uint64_t number, bool whole)
{
	static const struct cbx_field fields[] = { { "1", "x", 1 }, { "2", "y", 1 } };
	static const struct cbx_field figure = { "1", "{}", 2 };
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "S%03zu", i);
		writes[i] = (struct cbx_state_write){ .system = names[i],
						      .number = number + i,
						      .whole = whole,
						      .live = true,
						      .scored = true,
						      .changed_ms = 7,
						      .fields = fields,
						      .field_count = 2,
						      .figures = &figure,
						      .figure_count = 1 };
	}
	return state->ops->write_jobs(state, writes, MANY);
}

START_TEST(a_call_holds_many_systems)
{
	ck_assert_int_eq(write_many(1, false), 0);
	redis_look("CONFIG RESETSTAT");
	ck_assert_int_eq(write_many(1000, true), 0);
	/* three pieces, and their index */
	ck_assert_int_eq(redis_calls_of("evalsha"), 4);
	ck_assert_int_eq(redis_calls_of("hset"), 2L * MANY);
	ck_assert_str_eq(redis_look("HGETALL " APP ":jobs:{S299}"), "[1 x 2 y]");
	ck_assert_str_eq(redis_look("HGETALL " APP ":figures:{S128}"), "[1 {}]");
	ck_assert_str_eq(redis_look("GET " APP ":rev:{S127}"), "1127");
	ck_assert_str_eq(redis_look("ZCARD " APP ":active_systems"), "300");
}
END_TEST

START_TEST(one_that_fails_or_is_stale_stops_no_other)
{
	size_t i;

	redis_look("SET " APP ":jobs:{S005} text");
	redis_look("SET " APP ":rev:{S077} 8589934592"); /* epoch 2 */
	ck_assert_int_eq(write_many(1ULL << 32, false), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(state->error, APP ":jobs:{S005}: WRONGTYPE"));
	ck_assert_int_eq(state->stored, 2);
	ck_assert_int_eq(state->newer, 0);
	for (i = 0; i < MANY; i++)
		ck_assert_int_eq(writes[i].applied, i != WRONG && i != NEWER);
	ck_assert_str_eq(redis_look("EXISTS " APP ":jobs:{S077}"), "0");
	ck_assert_str_eq(redis_look("EXISTS " APP ":figures:{S077}"), "0");
	ck_assert_str_eq(redis_look("ZCARD " APP ":active_systems"), "298");
	/* a newer epoch holds all of them off */
	redis_look("SET " APP ":rev 3");
	ck_assert_int_eq(write_many(2ULL << 32, false), 0);
	ck_assert_int_eq(state->newer, 3);
	for (i = 0; i < MANY; i++)
		ck_assert(!writes[i].applied);
	ck_assert_str_eq(redis_look("GET " APP ":rev:{S000}"), "4294967296");
}
END_TEST

void redis_pieces_add(Suite *suite)
{
	TCase *tcase = tcase_create("pieces");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, open_state, close_state);
	tcase_add_test(tcase, a_call_holds_many_systems);
	tcase_add_test(tcase, one_that_fails_or_is_stale_stops_no_other);
	suite_add_tcase(suite, tcase);
}
