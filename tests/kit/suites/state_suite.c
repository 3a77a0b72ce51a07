// SPDX-License-Identifier: MIT
/* state_suite.c - the frame of the conformance suite of the state port, and its first questions */
#include "state_suite_inside.h"

const struct state_world *world;
struct cbx_state *state;

uint64_t in_2_s(void)
{
	return cbx_now(cbx_system_clock()) + 2 * CBX_SECOND;
}

static void open_world(void)
{
	world->flush();
	state = world->open();
	ck_assert_int_eq(state->ops->connect(state, in_2_s()), 0);
}

static void close_world(void)
{
	cbx_state_free(cbx_steal(state));
}

#define FIELD(name, value) ((struct cbx_field){ name, value, sizeof(value) - 1 })
#define GONE(name) ((struct cbx_field){ name, NULL, 0 })

bool put(uint64_t number, bool whole, const char *system, const struct cbx_field *fields,
	 size_t count)
{
	struct cbx_state_write write = { .system = system,
					 .number = number,
					 .whole = whole,
					 .live = true,
					 .scored = true,
					 .changed_ms = 5,
					 .fields = fields,
					 .field_count = count };

	ck_assert_msg(state->ops->write_jobs(state, &write, 1) == 0, "%s", state->error);
	return write.applied;
}

void expect_jobs(const char *system, const char *expected)
{
	struct state_rows rows = { 0 };

	ck_assert_int_eq(state->ops->read_jobs(state, &system, 1, state_rows_add, NULL, &rows), 0);
	ck_assert_str_eq(state_rows_text(&rows), expected);
	state_rows_free(&rows);
}

void expect_systems(const char *expected)
{
	struct state_rows rows = { 0 };

	ck_assert_int_eq(state->ops->list_systems(state, state_rows_add, &rows), 0);
	ck_assert_str_eq(state_rows_text(&rows), expected);
	state_rows_free(&rows);
}

void expect_hash(enum cbx_state_hash hash, const char *expected)
{
	struct state_rows rows = { 0 };

	ck_assert_int_eq(state->ops->read_systems(state, hash, state_rows_add, &rows), 0);
	ck_assert_str_eq(state_rows_text(&rows), expected);
	state_rows_free(&rows);
}

void state_suite_add(Suite *suite, const struct state_world *over)
{
	TCase *tcase = tcase_create(over->name);

	world = over;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, open_world, close_world);
	state_suite_add_jobs(tcase);
	state_suite_add_figures(tcase);
	state_suite_add_rest(tcase);
	state_suite_add_follow(tcase);
	state_suite_add_guard(tcase);
	suite_add_tcase(suite, tcase);
}
