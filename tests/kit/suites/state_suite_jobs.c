// SPDX-License-Identifier: MIT
/* state_suite_jobs.c - the guarded hashes of jobs: guard, whole and delta, emptiness, bytes, mass
 */
#include "state_suite_inside.h"

/* An equal number applies: a repeated write must not be lost */
START_TEST(guard_holds_off_older_writes)
{
	static const struct {
		uint64_t number;
		bool applied;
		const char *value;
	} rows[] = {
		{ 1, true, "a" },
		{ 3, true, "b" },
		{ 2, false, "c" },
		{ 3, true, "d" },
		{ (1ULL << 32) + 1, true, "e" },
		{ 0xffffffffULL, false, "f" },
		{ (2097151ULL << 32) + 0xfffffffeULL, true, "g" },
		{ (2097151ULL << 32) + 0xfffffffdULL, false, "h" },
		{ (2097151ULL << 32) + 0xffffffffULL, true, "i" },
		{ (2097151ULL << 32) + 0xfffffffeULL, false, "j" },
	};
	const char *kept = "";
	char expected[64];
	size_t i;

	for (i = 0; i < CBX_COUNT(rows); i++) {
		struct cbx_field field = { "7", rows[i].value, 1 };

		ck_assert_int_eq(put(rows[i].number, i % 2, "S", &field, 1), rows[i].applied);
		if (rows[i].applied)
			kept = rows[i].value;
		snprintf(expected, sizeof(expected), "S 7=%s\n", kept);
		expect_jobs("S", expected);
	}
}
END_TEST

START_TEST(rejected_write_leaves_active_systems_alone)
{
	struct cbx_field field = FIELD("7", "x");
	struct cbx_state_write old = { .system = "S", .number = 1, .whole = true };
	struct cbx_state_write both[2] = {
		{ .system = "S",
		  .number = 1,
		  .live = true,
		  .scored = true,
		  .changed_ms = 99,
		  .fields = &field,
		  .field_count = 1 },
		{ .system = "T",
		  .number = 1,
		  .live = true,
		  .scored = true,
		  .changed_ms = 77,
		  .fields = &field,
		  .field_count = 1 },
	};
	int64_t ms = 0;

	ck_assert(put(2, true, "S", &field, 1));
	ck_assert_int_eq(state->ops->write_jobs(state, &old, 1), 0);
	ck_assert(!old.applied);
	ck_assert(world->score("S", &ms));
	ck_assert_int_eq(state->ops->write_jobs(state, both, 2), 0);
	ck_assert(!both[0].applied && both[1].applied);
	ck_assert(world->score("S", &ms));
	ck_assert_int_eq(ms, 5);
	ck_assert(world->score("T", &ms));
	ck_assert_int_eq(ms, 77);
	expect_jobs("S", "S 7=x\n");
}
END_TEST

START_TEST(whole_replaces_and_delta_changes)
{
	const struct cbx_field whole[] = { FIELD("1", "a"), FIELD("2", "b"), FIELD("3", "c") };
	const struct cbx_field delta[] = { FIELD("2", "B"), GONE("3"), GONE("9"), FIELD("4", "d") };
	const struct cbx_field other[] = { FIELD("5", "e") };

	ck_assert(put(1, true, "S", whole, 3));
	expect_jobs("S", "S 1=a\nS 2=b\nS 3=c\n");
	ck_assert(put(2, false, "S", delta, 4));
	expect_jobs("S", "S 1=a\nS 2=B\nS 4=d\n");
	ck_assert(put(3, true, "S", other, 1));
	expect_jobs("S", "S 5=e\n");
	ck_assert(put(4, false, "S", NULL, 0));
	expect_jobs("S", "S 5=e\n");
}
END_TEST

START_TEST(score_is_written_only_when_asked)
{
	const struct cbx_field field = FIELD("1", "a");
	struct cbx_state_write write = {
		.system = "S", .number = 1, .live = true, .fields = &field, .field_count = 1
	};
	int64_t ms = 0;

	ck_assert_int_eq(state->ops->write_jobs(state, &write, 1), 0);
	ck_assert(write.applied && !world->score("S", &ms));
	write.scored = true;
	write.changed_ms = 1763922500123;
	ck_assert_int_eq(state->ops->write_jobs(state, &write, 1), 0);
	ck_assert(world->score("S", &ms));
	ck_assert_int_eq(ms, 1763922500123);
	write.scored = false;
	write.changed_ms = 1;
	ck_assert_int_eq(state->ops->write_jobs(state, &write, 1), 0);
	ck_assert(world->score("S", &ms));
	ck_assert_int_eq(ms, 1763922500123);
}
END_TEST

START_TEST(empty_hash_is_gone)
{
	const struct cbx_field fields[] = { FIELD("1", "a"), FIELD("2", "b") };
	const struct cbx_field gone[] = { GONE("1"), GONE("2") };
	struct cbx_state_write writes[] = {
		{ .system = "A", .number = 2, .fields = gone, .field_count = 2 },
		{ .system = "B", .number = 2, .whole = true },
		{ .system = "never", .number = 2, .whole = true },
	};
	int64_t ms;

	ck_assert(put(1, true, "A", fields, 2));
	ck_assert(put(1, true, "B", fields, 2));
	ck_assert(put(1, true, "C", fields, 2));
	expect_systems("A\nB\nC\n");
	ck_assert_int_eq(state->ops->write_jobs(state, writes, 3), 0);
	ck_assert(writes[0].applied && writes[1].applied && writes[2].applied);
	expect_systems("C\n");
	ck_assert(!world->score("A", &ms) && !world->score("B", &ms) && world->score("C", &ms));
	expect_jobs("A", "");
	/* the guard outlives the hash */
	ck_assert(!put(1, true, "A", fields, 2));
	expect_systems("C\n");
}
END_TEST

START_TEST(values_are_bytes)
{
	const struct cbx_field fields[] = {
		FIELD("1", "{\"a\":\"\xc3\xa9\\u0000\",\"b\":1}"),
		FIELD("2", "x\0y\r\n$5\r\n%s %b"),
		FIELD("3", ""),
		FIELD("f %s\r\n", "odd name"),
	};
	const char *system = "S\xc3\xa9 *?[x]{y} %s";
	struct state_rows rows = { 0 };
	const struct cbx_field *row;

	ck_assert(put(1, true, system, fields, CBX_COUNT(fields)));
	ck_assert_int_eq(state->ops->read_jobs(state, &system, 1, state_rows_add, NULL, &rows), 0);
	state_rows_sort(&rows);
	ck_assert_uint_eq(rows.count, CBX_COUNT(fields));
	for (size_t i = 0; i < rows.count; i++) {
		row = &rows.rows[i].field;
		ck_assert_str_eq(rows.rows[i].key, system);
		ck_assert_str_eq(row->name, fields[i].name);
		ck_assert_uint_eq(row->value_len, fields[i].value_len);
		ck_assert_mem_eq(row->value, fields[i].value, row->value_len);
	}
	state_rows_free(&rows);
	expect_systems("S\xc3\xa9 *?[x]{y} %s\n");
}
END_TEST

#define MANY 1000

static void fill_many(struct cbx_state_write *writes, char (*names)[16],
		      const struct cbx_field *fields, size_t field_count)
{
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "SYS%04zu", i);
		writes[i] = (struct cbx_state_write){ .system = names[i],
						      .number = 10,
						      .whole = true,
						      .live = true,
						      .scored = true,
						      .changed_ms = 1000 + (int64_t)i,
						      .fields = fields,
						      .field_count = field_count };
	}
}

START_TEST(a_thousand_systems_in_one_call)
{
	static struct cbx_state_write writes[MANY];
	static char names[MANY][16];
	static const char *systems[MANY];
	const struct cbx_field fields[] = { FIELD("1", "one"), FIELD("2", "two"),
					    FIELD("3", "three"), FIELD("4", "four") };
	struct state_rows rows = { 0 };
	int64_t ms = 0;
	size_t i;

	ck_assert(put(11, true, "SYS0500", fields, 1));
	fill_many(writes, names, fields, 4);
	ck_assert_int_eq(state->ops->write_jobs(state, writes, MANY), 0);
	for (i = 0; i < MANY; i++) {
		systems[i] = names[i];
		ck_assert_int_eq(writes[i].applied, i != 500);
		ck_assert(world->score(names[i], &ms));
		ck_assert_int_eq(ms, i == 500 ? 5 : 1000 + (int64_t)i);
	}
	ck_assert_int_eq(state->ops->list_systems(state, state_rows_add, &rows), 0);
	ck_assert_uint_eq(rows.count, MANY);
	state_rows_free(&rows);
	ck_assert_int_eq(state->ops->read_jobs(state, systems, MANY, state_rows_add, NULL, &rows),
			 0);
	ck_assert_uint_eq(rows.count, MANY * 4 - 3);
	state_rows_free(&rows);
}
END_TEST

/* More fields than one Lua call takes, and more than one reply of HSCAN brings */
START_TEST(ten_thousand_fields_of_one_system)
{
	static struct cbx_field fields[10000];
	static char names[10000][16];
	const char *system = "S";
	struct state_rows rows = { 0 };
	size_t removed = 0;
	size_t i;

	for (i = 0; i < CBX_COUNT(fields); i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		fields[i] = (struct cbx_field){ names[i], "v", 1 };
	}
	ck_assert(put(1, true, "S", fields, CBX_COUNT(fields)));
	ck_assert_int_eq(state->ops->read_jobs(state, &system, 1, state_rows_add, NULL, &rows), 0);
	ck_assert_uint_eq(rows.count, CBX_COUNT(fields));
	state_rows_free(&rows);
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, fields,
						   CBX_COUNT(fields)),
			 0);
	ck_assert_int_eq(state->ops->read_systems(state, CBX_ONLINE_SYSTEMS, state_rows_add, &rows),
			 0);
	ck_assert_uint_eq(rows.count, CBX_COUNT(fields));
	state_rows_free(&rows);
	ck_assert_int_eq(state->ops->drop_systems(state, 0, CBX_ONLINE_SYSTEMS, fields,
						  CBX_COUNT(fields), &removed),
			 0);
	ck_assert_uint_eq(removed, CBX_COUNT(fields));
	for (i = 0; i < CBX_COUNT(fields); i++)
		if (i != 4321)
			fields[i].value = NULL;
	ck_assert(put(2, false, "S", fields, CBX_COUNT(fields)));
	expect_jobs("S", "S 4321=v\n");
}
END_TEST

static int stop_at_2(void *user, const char *key, const struct cbx_field *field)
{
	int *seen = user;

	(void)key;
	(void)field;
	return ++*seen == 2 ? 42 : 0;
}

START_TEST(reader_can_stop)
{
	const struct cbx_field fields[] = { FIELD("1", "a"), FIELD("2", "b"), FIELD("3", "c") };
	const char *systems[] = { "A", "B", "C" };
	int seen = 0;
	size_t i;

	for (i = 0; i < 3; i++)
		ck_assert(put(1, true, systems[i], fields, 3));
	ck_assert_int_eq(state->ops->read_jobs(state, systems, 3, stop_at_2, NULL, &seen), 42);
	ck_assert_int_eq(seen, 2);
	seen = 0;
	ck_assert_int_eq(state->ops->list_systems(state, stop_at_2, &seen), 42);
	ck_assert_int_eq(seen, 2);
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, fields, 3), 0);
	seen = 0;
	ck_assert_int_eq(state->ops->read_systems(state, CBX_ONLINE_SYSTEMS, stop_at_2, &seen), 42);
	ck_assert_int_eq(seen, 2);
	/* nothing is left over of what was not read */
	expect_jobs("C", "C 1=a\nC 2=b\nC 3=c\n");
}
END_TEST

void state_suite_add_jobs(TCase *tcase)
{
	const TTest *const tests[] = {
		guard_holds_off_older_writes,
		rejected_write_leaves_active_systems_alone,
		whole_replaces_and_delta_changes,
		score_is_written_only_when_asked,
		empty_hash_is_gone,
		values_are_bytes,
		a_thousand_systems_in_one_call,
		ten_thousand_fields_of_one_system,
		reader_can_stop,
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
}
