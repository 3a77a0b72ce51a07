// SPDX-License-Identifier: MIT
/* state_suite_figures.c - the hashes of figures: written, guarded and deleted with their jobs */
#include "state_suite_inside.h"

static bool write_both(uint64_t number, bool whole, bool live, const struct cbx_field *fields,
		       size_t count, const struct cbx_field *figures, size_t figure_count)
{
	struct cbx_state_write write = { .system = "S",
					 .number = number,
					 .whole = whole,
					 .live = live,
					 .fields = fields,
					 .field_count = count,
					 .figures = figures,
					 .figure_count = figure_count };

	ck_assert_msg(state->ops->write_jobs(state, &write, 1) == 0, "%s", state->error);
	return write.applied;
}

static int ignore(void *user, const char *key, const struct cbx_field *field)
{
	return user && key && field ? 0 : 1;
}

static void expect_figures(const char *expected)
{
	const char *systems[] = { "none", "S" };
	struct state_rows rows = { 0 };
	struct cbx_hash_sizes counts[2];
	struct cbx_state_sizes sizes;
	size_t lines = 0;

	ck_assert_int_eq(state->ops->read_jobs(state, systems, 2, ignore, state_rows_add, &rows),
			 0);
	ck_assert_str_eq(state_rows_text(&rows), expected);
	state_rows_free(&rows);
	ck_assert_int_eq(state->ops->count(state, systems, 2, counts, &sizes), 0);
	for (; *expected; expected++)
		lines += *expected == '\n';
	ck_assert_uint_eq(counts[1].figures, lines);
	ck_assert_uint_eq(counts[0].figures, 0);
}

START_TEST(figures_go_with_their_jobs)
{
	const struct cbx_field jobs[] = { FIELD("1", "a"), FIELD("2", "b"), FIELD("3", "c") };
	const struct cbx_field figures[] = { FIELD("1", "{}"), FIELD("3", "{\"rate\":1}") };
	const struct cbx_field delta[] = { FIELD("1", "A"), GONE("3"), GONE("9") };
	const struct cbx_field newer[] = { FIELD("1", "{\"rate\":2}") };

	ck_assert(write_both(5, true, true, jobs, 3, figures, 2));
	expect_figures("S 1={}\nS 3={\"rate\":1}\n");
	/* a write that is too old changes neither */
	ck_assert(!write_both(4, false, true, delta, 3, newer, 1));
	expect_figures("S 1={}\nS 3={\"rate\":1}\n");
	ck_assert(write_both(6, false, true, delta, 3, newer, 1));
	expect_figures("S 1={\"rate\":2}\n");
	expect_jobs("S", "S 1=A\nS 2=b\n");
	/* jobs alone leave figures alone */
	ck_assert(write_both(7, false, true, &jobs[1], 1, NULL, 0));
	expect_figures("S 1={\"rate\":2}\n");
	ck_assert(write_both(8, true, true, jobs, 2, &figures[1], 1));
	expect_figures("S 3={\"rate\":1}\n");
	ck_assert(write_both(9, false, false, delta, 3, newer, 1));
	expect_figures("");
	expect_jobs("S", "");
}
END_TEST

/* Each system's figures, then its jobs, so that a reader has them when it meets the job */
static int note_order(void *user, const char *key, const struct cbx_field *field)
{
	struct cbx_text *text = user;

	cbx_text_printf(text, "%s%s ", key, field->name);
	return 0;
}

static int note_figure(void *user, const char *key, const struct cbx_field *field)
{
	cbx_text_putc(user, '+');
	return note_order(user, key, field);
}

static int stop(void *user, const char *key, const struct cbx_field *field)
{
	(void)user;
	(void)key;
	(void)field;
	return 42;
}

START_TEST(figures_are_read_before_their_jobs)
{
	const char *systems[] = { "S", "T" };
	const struct cbx_field jobs[] = { FIELD("1", "a") };
	struct cbx_text text = { 0 };

	ck_assert(write_both(1, true, true, jobs, 1, jobs, 1));
	ck_assert(put(1, true, "T", jobs, 1));
	ck_assert_int_eq(state->ops->read_jobs(state, systems, 2, note_order, note_figure, &text),
			 0);
	ck_assert_str_eq(text.bytes, "+S1 S1 T1 ");
	cbx_text_clear(&text);
	ck_assert_int_eq(state->ops->read_jobs(state, systems, 2, note_order, NULL, &text), 0);
	ck_assert_str_eq(text.bytes, "S1 T1 ");
	ck_assert_int_eq(state->ops->read_jobs(state, systems, 2, note_order, stop, &text), 42);
	ck_assert_str_eq(text.bytes, "S1 T1 ");
	ck_assert_int_eq(state->ops->ping(state), 0);
	cbx_text_free(&text);
}
END_TEST

enum { MANY = 2500 };

/* Lua can't take all of them at once */
START_TEST(many_figures)
{
	static struct cbx_field jobs[MANY];
	static char names[MANY][8];
	struct cbx_hash_sizes counts;
	struct cbx_state_sizes sizes;
	const char *system = "S";
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "%u", (unsigned)i % 10000);
		jobs[i] = (struct cbx_field){ names[i], "{}", 2 };
	}
	ck_assert(write_both(1, true, true, jobs, MANY, jobs, MANY));
	ck_assert_int_eq(state->ops->count(state, &system, 1, &counts, &sizes), 0);
	ck_assert_uint_eq(counts.jobs, MANY);
	ck_assert_uint_eq(counts.figures, MANY);
	for (i = 1; i < MANY; i++)
		jobs[i].value = NULL;
	ck_assert(write_both(2, false, true, jobs, MANY, jobs, 1));
	expect_figures("S 0={}\n");
}
END_TEST

void state_suite_add_figures(TCase *tcase)
{
	tcase_add_test(tcase, figures_go_with_their_jobs);
	tcase_add_test(tcase, figures_are_read_before_their_jobs);
	tcase_add_test(tcase, many_figures);
}
