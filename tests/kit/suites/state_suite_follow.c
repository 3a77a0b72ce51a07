// SPDX-License-Identifier: MIT
/* state_suite_follow.c - what a follower reads: active systems, and the stream from a place on */
#include "state_suite_inside.h"

static int note_score(void *user, const char *system, int64_t ms)
{
	cbx_text_printf(user, "%s=%lld ", system, (long long)ms);
	return 0;
}

START_TEST(active_systems_are_read_with_their_scores)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	const struct cbx_field field = FIELD("1", "a");
	struct cbx_state_write write = { .system = "S",
					 .number = 9,
					 .whole = true,
					 .live = true,
					 .scored = true,
					 .changed_ms = 1795168800123,
					 .fields = &field,
					 .field_count = 1 };

	ck_assert_int_eq(state->ops->read_active(state, note_score, &text), 0);
	ck_assert_uint_eq(text.len, 0);
	ck_assert_int_eq(state->ops->write_jobs(state, &write, 1), 0);
	ck_assert_int_eq(state->ops->read_active(state, note_score, &text), 0);
	ck_assert_str_eq(text.bytes, "S=1795168800123 ");
	write.live = false;
	ck_assert_int_eq(state->ops->write_jobs(state, &write, 1), 0);
	cbx_text_clear(&text);
	ck_assert_int_eq(state->ops->read_active(state, note_score, &text), 0);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

static void append(const char *id, const char *previous)
{
	struct cbx_stream_entry entry = { "update_job_status", id, "{}", 2, previous, NULL };

	ck_assert_int_eq(state->ops->append_events(state, 0, &entry, 1, 1000), 0);
}

static int note_entry(void *user, const struct cbx_stream_entry *entry)
{
	ck_assert_str_eq(entry->name, "update_job_status");
	ck_assert_uint_eq(entry->params_len, 2);
	ck_assert_str_eq(entry->params, "{}");
	ck_assert_ptr_nonnull(entry->at);
	cbx_text_printf(user, "%s%s ", entry->id, entry->previous_status ? "+" : "");
	return 0;
}

static void expect_events(char *position, size_t most, int result, const char *wanted)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	ck_assert_int_eq(state->ops->read_events(state, position, most, note_entry, &text), result);
	ck_assert_str_eq(text.len ? text.bytes : "", wanted);
}

START_TEST(events_are_read_on_from_a_place)
{
	char position[CBX_STREAM_POSITION] = "";
	char start[CBX_STREAM_POSITION] = "0-0";

	expect_events(position, 10, 0, "");
	ck_assert_str_eq(position, "0-0");
	append("A/1/1", NULL);
	append("A/1/2", "Running");
	append("A/1/3", "");
	expect_events(position, 2, 0, "A/1/1 A/1/2+ ");
	expect_events(position, 2, 0, "A/1/3+ ");
	expect_events(position, 2, 0, "");
	append("A/1/4", "x");
	expect_events(position, 2, 0, "A/1/4+ ");
	expect_events(start, 10, 0, "A/1/1 A/1/2+ A/1/3+ A/1/4+ ");
	position[0] = '\0';
	expect_events(position, 10, 0, "");
	ck_assert_str_eq(position, start);
}
END_TEST

START_TEST(a_gap_in_the_stream_is_told)
{
	static struct cbx_stream_entry entries[2000];
	char position[CBX_STREAM_POSITION] = "";
	char newer[CBX_STREAM_POSITION] = "99999999999999-0";
	char kept[CBX_STREAM_POSITION];
	size_t i;

	append("A/1/1", NULL);
	expect_events(position, 10, 0, "");
	strcpy(kept, position);
	expect_events(newer, 10, 1, "");
	ck_assert_str_eq(newer, "99999999999999-0");
	for (i = 0; i < 2000; i++)
		entries[i] =
			(struct cbx_stream_entry){ "status", "A/status/1", "{}", 2, NULL, NULL };
	ck_assert_int_eq(state->ops->append_events(state, 0, entries, 2000, 100), 0);
	expect_events(position, 10, 1, "");
	ck_assert_str_eq(position, kept);
	position[0] = '\0';
	expect_events(position, 10, 0, "");
	world->flush();
	expect_events(position, 10, 1, "");
	append("A/1/2", NULL);
	expect_events(position, 10, 1, "");
	position[0] = '\0';
	expect_events(position, 10, 0, "");
	append("A/1/3", NULL);
	expect_events(position, 10, 0, "A/1/3 ");
}
END_TEST

void state_suite_add_follow(TCase *tcase)
{
	tcase_add_test(tcase, active_systems_are_read_with_their_scores);
	tcase_add_test(tcase, events_are_read_on_from_a_place);
	tcase_add_test(tcase, a_gap_in_the_stream_is_told);
}
