// SPDX-License-Identifier: MIT
/* state_suite_rest.c - connection, epoch, system hashes, jobs_data, stream, interval, loss */
#include "state_suite_inside.h"

START_TEST(connects_and_answers)
{
	ck_assert(state->ops->is_up(state));
	ck_assert_int_eq(state->ops->ping(state), 0);
	ck_assert_uint_gt(strlen(state->where), 0);
	state->ops->disconnect(state);
	ck_assert(!state->ops->is_up(state));
	ck_assert_int_eq(state->ops->ping(state), CHATTERBOX_E_DOWN);
	ck_assert_uint_gt(strlen(state->error), 0);
	state->ops->disconnect(state);
	ck_assert_int_eq(state->ops->connect(state, in_2_s()), 0);
	ck_assert_int_eq(state->ops->connect(state, in_2_s()), 0);
	ck_assert_int_eq(state->ops->ping(state), 0);
}
END_TEST

START_TEST(epoch_is_missing_then_kept)
{
	int64_t epoch = -1;

	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 0);
	ck_assert_int_eq(state->ops->write_mark(state, 2097151, &(struct cbx_mark){ "", 30, true }),
			 0);
	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 2097151);
	world->flush();
	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 0);
}
END_TEST

static int mark_it(const char *database, int64_t epoch, unsigned seconds, bool whole)
{
	const struct cbx_mark mark = { database, seconds, whole };

	return state->ops->write_mark(state, epoch, &mark);
}

static void expect_mark(int64_t wanted, const char *database)
{
	int64_t epoch = -1;

	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, wanted);
	ck_assert_str_eq(state->database, database);
}

/* It is reserved before all is written, kept by a renewal, and named by a successor */
START_TEST(a_mark_says_whose_it_is)
{
	expect_mark(0, "");
	ck_assert_int_eq(mark_it("one", 4, 30, false), 0);
	expect_mark(0, "one");
	ck_assert_int_eq(mark_it("one", 4, 30, true), 0);
	expect_mark(4, "one");
	ck_assert_int_gt(state->database_ms, 20000);
	ck_assert_int_le(state->database_ms, 30000);
	ck_assert_int_eq(mark_it("one", 5, 30, false), 0);
	expect_mark(4, "one");
	ck_assert_int_eq(mark_it("one", 5, 30, true), 0);
	expect_mark(5, "one");
}
END_TEST

/* Whatever its epoch, and whatever is in APP:rev: nothing is written */
START_TEST(the_mark_of_another_database_stays)
{
	size_t i;

	ck_assert_int_eq(mark_it("one", 5, 30, true), 0);
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(mark_it("two", i & 1 ? 6 : 4, 30, i & 2), 2);
		ck_assert_str_eq(state->database, "one");
		expect_mark(5, "one");
	}
	ck_assert_int_eq(state->ops->claim(state, 5), 0);
	/* one of an older version says no name, so anybody's */
	ck_assert_int_eq(mark_it("", 6, 30, true), 0);
	expect_mark(6, "");
	ck_assert_int_eq(mark_it("two", 6, 30, false), 0);
	expect_mark(6, "two");
}
END_TEST

START_TEST(a_mark_expires)
{
	uint64_t end = in_2_s() + CBX_SECOND;

	ck_assert_int_eq(mark_it("one", 5, 1, true), 0);
	while (mark_it("two", 6, 30, false) == 2)
		ck_assert_uint_lt(cbx_now(cbx_system_clock()), end);
	expect_mark(0, "two");
}
END_TEST

START_TEST(system_hashes_are_two)
{
	const struct cbx_field first[] = { FIELD("A", "{\"systemID\":\"A\"}"), FIELD("B", "b") };
	const struct cbx_field second[] = { GONE("A"), FIELD("B", "b2"), GONE("no"),
					    FIELD("C", "c") };
	const struct cbx_field internal[] = { FIELD("I", "i") };

	expect_hash(CBX_ONLINE_SYSTEMS, "");
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, first, 2), 0);
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_INTERNAL_SYSTEMS, internal, 1), 0);
	expect_hash(CBX_ONLINE_SYSTEMS, "A={\"systemID\":\"A\"}\nB=b\n");
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, second, 4), 0);
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, NULL, 0), 0);
	expect_hash(CBX_ONLINE_SYSTEMS, "B=b2\nC=c\n");
	expect_hash(CBX_INTERNAL_SYSTEMS, "I=i\n");
}
END_TEST

START_TEST(drop_compares_before_it_deletes)
{
	const struct cbx_field fields[] = { FIELD("A", "a"), FIELD("B", "b\0b"), FIELD("C", "c") };
	const struct cbx_field drop[] = { FIELD("A", "a"), FIELD("B", "b\0B"), FIELD("C", "cc"),
					  FIELD("no", ""), FIELD("A", "a") };
	const struct cbx_field exact = FIELD("B", "b\0b");
	size_t removed = 99;

	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_INTERNAL_SYSTEMS, fields, 3), 0);
	ck_assert_int_eq(
		state->ops->drop_systems(state, 0, CBX_INTERNAL_SYSTEMS, drop, 5, &removed), 0);
	ck_assert_uint_eq(removed, 1);
	ck_assert_int_eq(
		state->ops->drop_systems(state, 0, CBX_INTERNAL_SYSTEMS, &exact, 1, &removed), 0);
	ck_assert_uint_eq(removed, 1);
	expect_hash(CBX_INTERNAL_SYSTEMS, "C=c\n");
	ck_assert_int_eq(
		state->ops->drop_systems(state, 0, CBX_INTERNAL_SYSTEMS, NULL, 0, &removed), 0);
	ck_assert_uint_eq(removed, 0);
}
END_TEST

START_TEST(what_is_there_is_counted)
{
	static const char *const systems[] = { "S", "gone", "T" };
	const struct cbx_field fields[] = { FIELD("1", "a"), FIELD("2", "b"), FIELD("3", "c") };
	struct cbx_state_sizes sizes = { .online = 7 };
	struct cbx_hash_sizes counts[3] = { { 9, 9 }, { 9, 9 }, { 9, 9 } };

	ck_assert_int_eq(state->ops->count(state, systems, 3, counts, &sizes), 0);
	ck_assert(!sizes.online && !sizes.active && !sizes.jobs_data && !sizes.rev);
	ck_assert(!counts[0].jobs && !counts[1].jobs && !counts[2].jobs && !counts[2].figures);
	ck_assert_int_eq(state->ops->claim(state, 0), 0);
	ck_assert(put(1, true, "S", fields, 3));
	ck_assert(put(1, true, "T", fields, 1));
	ck_assert_int_eq(state->ops->write_systems(state, 1, CBX_ONLINE_SYSTEMS, fields, 2), 0);
	ck_assert_int_eq(state->ops->write_systems(state, 1, CBX_INTERNAL_SYSTEMS, fields, 3), 0);
	ck_assert_int_eq(state->ops->write_jobs_data(state, 1, "{}", 2), 0);
	ck_assert_int_eq(state->ops->count(state, systems, 3, counts, &sizes), 0);
	ck_assert_uint_eq(sizes.online, 2);
	ck_assert_uint_eq(sizes.active, 2);
	ck_assert(sizes.jobs_data && sizes.rev);
	ck_assert_uint_eq(counts[0].jobs, 3);
	ck_assert_uint_eq(counts[1].jobs, 0);
	ck_assert_uint_eq(counts[2].jobs, 1);
	ck_assert(!counts[0].figures && !counts[1].figures);
	ck_assert_int_eq(state->ops->count(state, NULL, 0, NULL, &sizes), 0);
	ck_assert_uint_eq(sizes.active, 2);
}
END_TEST

START_TEST(jobs_data_is_the_last_one)
{
	char text[64];

	ck_assert_int_eq(state->ops->read_jobs_data(state, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(state->ops->write_jobs_data(state, 0, "{\"job_count\":1}", 15), 0);
	ck_assert_int_eq(state->ops->read_jobs_data(state, text, 15), CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(state->ops->read_jobs_data(state, text, 16), 0);
	ck_assert_str_eq(text, "{\"job_count\":1}");
	ck_assert_int_eq(state->ops->write_jobs_data(state, 0, "{}", 2), 0);
	world->jobs_data(text, sizeof(text));
	ck_assert_str_eq(text, "{}");
}
END_TEST

START_TEST(events_keep_their_order_and_fields)
{
	const struct cbx_stream_entry entries[] = {
		{ "update_job_status", "A/1/1", "{\"a\":1}", 7, NULL, NULL },
		{ "update_job_status", "A/1/2", "{\"a\":2}", 7, "Running", NULL },
		{ "status", "A/status/9", "{}", 2, "", NULL },
	};
	struct state_event event;
	size_t i;

	ck_assert_int_eq(state->ops->append_events(state, 0, entries, 2, 1000), 0);
	ck_assert_int_eq(state->ops->append_events(state, 0, entries + 2, 1, 1000), 0);
	ck_assert_int_eq(state->ops->append_events(state, 0, NULL, 0, 1000), 0);
	ck_assert_uint_eq(world->count_events(), 3);
	for (i = 0; i < 3; i++) {
		world->event(i, &event);
		ck_assert_str_eq(event.name, entries[i].name);
		ck_assert_str_eq(event.id, entries[i].id);
		ck_assert_str_eq(event.params, entries[i].params);
		ck_assert_int_eq(event.has_previous_status, entries[i].previous_status != NULL);
		if (event.has_previous_status)
			ck_assert_str_eq(event.previous_status, entries[i].previous_status);
	}
}
END_TEST

/* Near the length: Redis drops whole nodes of its stream, 100 entries each */
START_TEST(stream_is_trimmed_near_its_length)
{
	static struct cbx_stream_entry entries[2000];
	static char ids[2000][16];
	struct state_event event;
	size_t count;
	size_t i;

	for (i = 0; i < 2000; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%zu", i);
		entries[i] = (struct cbx_stream_entry){ "status", ids[i], "{}", 2, NULL, NULL };
	}
	ck_assert_int_eq(state->ops->append_events(state, 0, entries, 2000, 500), 0);
	count = world->count_events();
	ck_assert_uint_ge(count, 500);
	ck_assert_uint_le(count, 700);
	for (i = 0; i < count; i += count - 1) {
		world->event(i, &event);
		ck_assert_str_eq(event.id, ids[2000 - count + i]);
	}
}
END_TEST

START_TEST(interval_is_read_as_it_stands)
{
	char text[16] = "before";

	ck_assert_int_eq(state->ops->read_interval(state, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	world->set_interval("\"600\"");
	ck_assert_int_eq(state->ops->read_interval(state, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "\"600\"");
	world->set_interval("1234567890123456");
	ck_assert_int_eq(state->ops->read_interval(state, text, sizeof(text)),
			 CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(state->ops->ping(state), 0);
}
END_TEST

START_TEST(two_connections_see_the_same)
{
	const struct cbx_field field = FIELD("1", "a");
	struct cbx_state *mine = state;

	ck_assert(put(2, true, "S", &field, 1));
	state = world->open();
	ck_assert_int_eq(state->ops->ping(state), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(state->ops->connect(state, in_2_s()), 0);
	expect_jobs("S", "S 1=a\n");
	ck_assert(!put(1, true, "S", &field, 1));
	ck_assert(put(3, true, "T", &field, 1));
	cbx_state_free(state);
	state = mine;
	expect_systems("S\nT\n");
}
END_TEST

START_TEST(lost_connection_is_noticed_and_can_be_had_again)
{
	const struct cbx_field field = FIELD("1", "a");
	struct cbx_state_write write = { .system = "S",
					 .number = 9,
					 .whole = true,
					 .live = true,
					 .fields = &field,
					 .field_count = 1 };
	size_t i;

	ck_assert(put(1, true, "S", &field, 1));
	for (i = 0; i < 2; i++) {
		world->lose();
		world->back();
		ck_assert_int_eq(state->ops->write_jobs(state, &write, 1), CHATTERBOX_E_DOWN);
		ck_assert(!state->ops->is_up(state));
		ck_assert_uint_gt(strlen(state->error), 0);
		ck_assert_int_eq(state->ops->ping(state), CHATTERBOX_E_DOWN);
		ck_assert_int_eq(state->ops->connect(state, in_2_s()), 0);
		ck_assert(state->ops->is_up(state));
		expect_jobs("S", "S 1=a\n");
	}
}
END_TEST

void state_suite_add_rest(TCase *tcase)
{
	const TTest *const tests[] = {
		connects_and_answers,
		epoch_is_missing_then_kept,
		a_mark_says_whose_it_is,
		the_mark_of_another_database_stays,
		a_mark_expires,
		system_hashes_are_two,
		drop_compares_before_it_deletes,
		jobs_data_is_the_last_one,
		what_is_there_is_counted,
		events_keep_their_order_and_fields,
		stream_is_trimmed_near_its_length,
		interval_is_read_as_it_stands,
		two_connections_see_the_same,
		lost_connection_is_noticed_and_can_be_had_again,
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
}
