// SPDX-License-Identifier: MIT
/* state_suite_guard.c - no older epoch writes: each call under a newer, an equal and an older one
 */
#include "state_suite_inside.h"

static const struct cbx_field field = FIELD("A", "a");
static const struct cbx_stream_entry entry = { "status", "A/status/1", "{}", 2, NULL, NULL };

static char no_data[64]; /* how the world shows that there is none */

static int write_mark(int64_t epoch)
{
	const struct cbx_mark mark = { "one", 30, true };

	return state->ops->write_mark(state, epoch, &mark);
}

static int claim(int64_t epoch)
{
	return state->ops->claim(state, epoch);
}

static int write_systems(int64_t epoch)
{
	return state->ops->write_systems(state, epoch, CBX_ONLINE_SYSTEMS, &field, 1);
}

static int delete_systems(int64_t epoch)
{
	const struct cbx_field gone = GONE("KEPT");

	return state->ops->write_systems(state, epoch, CBX_INTERNAL_SYSTEMS, &gone, 1);
}

static int drop_systems(int64_t epoch)
{
	const struct cbx_field kept = FIELD("KEPT", "k");
	size_t removed = 0;
	int result =
		state->ops->drop_systems(state, epoch, CBX_INTERNAL_SYSTEMS, &kept, 1, &removed);

	ck_assert_uint_eq(removed, !result);
	return result;
}

static int write_jobs_data(int64_t epoch)
{
	return state->ops->write_jobs_data(state, epoch, "{}", 2);
}

static int append_events(int64_t epoch)
{
	return state->ops->append_events(state, epoch, &entry, 1, 1000);
}

static int write_jobs(int64_t epoch)
{
	return !put((uint64_t)epoch << 32, true, "A", &field, 1);
}

static int (*const calls[])(int64_t epoch) = { write_mark,     claim,        write_systems,
					       delete_systems, drop_systems, write_jobs_data,
					       append_events,  write_jobs };

/* What there is for a delete to take away; under no epoch, as OCD writes it */
static void set_up_kept(void)
{
	const struct cbx_field kept = FIELD("KEPT", "k");

	world->jobs_data(no_data, sizeof(no_data));
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_INTERNAL_SYSTEMS, &kept, 1), 0);
}

static void expect_untouched(void)
{
	char text[64];
	int64_t ms = 0;
	int64_t epoch = -1;

	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 0);
	expect_hash(CBX_ONLINE_SYSTEMS, "");
	expect_hash(CBX_INTERNAL_SYSTEMS, "KEPT=k\n");
	world->jobs_data(text, sizeof(text));
	ck_assert_str_eq(text, no_data);
	ck_assert_uint_eq(world->count_events(), 0);
	expect_systems("");
	ck_assert(!world->score("A", &ms));
}

START_TEST(an_older_epoch_is_rejected)
{
	struct cbx_state *leader = world->open();

	set_up_kept();
	ck_assert_int_eq(leader->ops->connect(leader, in_2_s()), 0);
	ck_assert_int_eq(leader->ops->claim(leader, 5), 0);
	ck_assert_int_eq(calls[_i](4), 1);
	ck_assert_int_eq(state->newer, 5);
	expect_untouched();
	ck_assert_int_eq(calls[_i](5), 0);
	cbx_state_free(leader);
}
END_TEST

/* Who never leads writes internal systems as OCD does: whoever leads, and it changes no epoch */
START_TEST(who_never_leads_writes_as_ocd_does)
{
	const struct cbx_field gone = GONE("KEPT");

	set_up_kept();
	ck_assert_int_eq(claim(5), 0);
	ck_assert_int_eq(
		state->ops->write_systems(state, CBX_NO_EPOCH, CBX_INTERNAL_SYSTEMS, &field, 1), 0);
	ck_assert_int_eq(
		state->ops->write_systems(state, CBX_NO_EPOCH, CBX_INTERNAL_SYSTEMS, &gone, 1), 0);
	expect_hash(CBX_INTERNAL_SYSTEMS, "A=a\n");
	ck_assert_int_eq(claim(4), 1);
	ck_assert_int_eq(state->newer, 5);
	ck_assert_int_eq(claim(5), 0);
}
END_TEST

/* Each write carries its epoch further; the one of nothing does not */
START_TEST(what_is_written_raises_the_epoch)
{
	set_up_kept();
	ck_assert_int_eq(claim(3), 0);
	ck_assert_int_eq(calls[_i](2097151), 0);
	ck_assert_int_eq(claim(2097150), 1);
	ck_assert_int_eq(state->newer, 2097151);
	ck_assert_int_eq(state->ops->append_events(state, 1, NULL, 0, 1000), 0);
	ck_assert_int_eq(state->ops->write_systems(state, 1, CBX_ONLINE_SYSTEMS, NULL, 0), 0);
	world->flush();
	ck_assert_int_eq(claim(1), 0);
}
END_TEST

START_TEST(a_stored_number_names_its_epoch)
{
	ck_assert(put((9ULL << 32) + 7, true, "A", &field, 1));
	ck_assert(!put((9ULL << 32) + 6, true, "A", &field, 1));
	ck_assert_int_eq(state->newer, 0);
	ck_assert_int_eq(state->stored, 9);
	ck_assert(!put((8ULL << 32) + 9, true, "B", &field, 1));
	ck_assert_int_eq(state->newer, 9);
	ck_assert_int_eq(state->stored, 0);
	ck_assert(put((9ULL << 32) + 8, true, "A", &field, 1));
	ck_assert_int_eq(state->newer, 0);
	expect_systems("A\n");
}
END_TEST

/* The first pieces may be there; the rest isn't, and it is said */
START_TEST(many_are_rejected_as_one_is)
{
	static struct cbx_stream_entry entries[1000];
	static struct cbx_field fields[1000];
	static char names[1000][16];
	size_t removed = 99;
	size_t i;

	for (i = 0; i < CBX_COUNT(entries); i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		entries[i] = entry;
		fields[i] = (struct cbx_field){ names[i], "v", 1 };
	}
	ck_assert_int_eq(claim(2), 0);
	ck_assert_int_eq(state->ops->append_events(state, 1, entries, 1000, 5000), 1);
	ck_assert_int_eq(state->ops->write_systems(state, 1, CBX_ONLINE_SYSTEMS, fields, 1000), 1);
	ck_assert_int_eq(
		state->ops->drop_systems(state, 1, CBX_ONLINE_SYSTEMS, fields, 1000, &removed), 1);
	ck_assert_uint_eq(removed, 99);
	ck_assert_uint_eq(world->count_events(), 0);
	expect_hash(CBX_ONLINE_SYSTEMS, "");
	ck_assert_int_eq(state->ops->append_events(state, 2, entries, 1000, 5000), 0);
	ck_assert_uint_eq(world->count_events(), 1000);
}
END_TEST

void state_suite_add_guard(TCase *tcase)
{
	tcase_add_loop_test(tcase, an_older_epoch_is_rejected, 0, CBX_COUNT(calls));
	tcase_add_loop_test(tcase, what_is_written_raises_the_epoch, 0, CBX_COUNT(calls));
	tcase_add_test(tcase, who_never_leads_writes_as_ocd_does);
	tcase_add_test(tcase, a_stored_number_names_its_epoch);
	tcase_add_test(tcase, many_are_rejected_as_one_is);
}
