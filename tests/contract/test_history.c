// SPDX-License-Identifier: MIT
/* The history of jobs and systems by the C calls: it holds what was told, each change once, over
 * two runs of an engine with a fleet */
#include "engine_kit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SYSTEM "NL-HDMS-000001"
#define ENOUGH 8

static struct engine_home home;
static struct engine_host host;
static struct chatterbox *box;

static bool leads(struct engine_host *of)
{
	return chatterbox_get_role(of->box) == CHATTERBOX_ROLE_LEADER;
}

static void begin(void)
{
	host = (struct engine_host){ 0 };
	engine_begin(&host, box, 5, 1);
	engine_wait(&host, leads);
}

static void set_up(void)
{
	engine_home_open(&home);
	box = engine_make(&home);
	begin();
}

static void tear_down(void)
{
	engine_end(&host);
	engine_home_close(&home);
}

static int query(const char *system, long long job_id, size_t limit, const char *cursor,
		 json_t **out)
{
	struct chatterbox_error error;
	char params[256];
	char *text = NULL;
	int n = snprintf(params, sizeof(params), "{\"system\":\"%s\",\"limit\":%zu", system, limit);
	int result;

	if (job_id >= 0)
		n += snprintf(params + n, sizeof(params) - (size_t)n, ",\"job_id\":%lld", job_id);
	if (cursor)
		n += snprintf(params + n, sizeof(params) - (size_t)n, ",\"cursor\":\"%s\"", cursor);
	snprintf(params + n, sizeof(params) - (size_t)n, "}");
	result = chatterbox_query(box, CHATTERBOX_TOPIC_HISTORY, params, NULL, NULL, &text, &error);
	if (result)
		return result;
	*out = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(*out);
	free(text);
	return 0;
}

/* All rows, newest first, over as many pages as it takes */
static json_t *history_of(const char *system, long long job_id, size_t limit)
{
	json_t *all = json_array();
	char cursor[64] = "";
	const char *next;
	json_t *page;

	do {
		page = NULL;
		ck_assert_int_eq(query(system, job_id, limit, *cursor ? cursor : NULL, &page), 0);
		json_array_extend(all, json_object_get(page, "history"));
		next = json_string_value(json_object_get(page, "next"));
		snprintf(cursor, sizeof(cursor), "%s", next ?: "");
		json_decref(page);
	} while (*cursor);
	return all;
}

static bool has_enough(struct engine_host *of)
{
	json_t *page = NULL;
	int result = query(SYSTEM, -1, 100, NULL, &page);
	bool enough = json_array_size(json_object_get(page, "history")) >= ENOUGH;

	(void)of;
	/* until its first answer nobody knows it */
	ck_assert(!result || result == CHATTERBOX_E_UNKNOWN);
	json_decref(page);
	return enough;
}

static const char *text_of(const json_t *row, const char *member)
{
	return json_string_value(json_object_get(row, member)) ?: "";
}

static long long number_of(const json_t *row, const char *member)
{
	const json_t *value = json_object_get(row, member);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* The row of this event, among those of its job */
static const json_t *find(const json_t *rows, const struct engine_entry *entry)
{
	size_t i;

	for (i = 0; i < json_array_size(rows); i++)
		if (number_of(json_array_get(rows, i), "revision") == entry->revision)
			return json_array_get(rows, i);
	return NULL;
}

static void check_entry(const struct engine_entry *entry)
{
	char system[80];
	long long job_id = 0;
	json_t *rows;
	const json_t *row;

	ck_assert_int_eq(sscanf(entry->key, "%79[^/]/%lld", system, &job_id), 2);
	rows = history_of(system, job_id, 100);
	row = find(rows, entry);
	ck_assert_msg(row != NULL, "%s has no revision %lld", entry->key, entry->revision);
	ck_assert_str_eq(text_of(row, "status"), entry->status);
	ck_assert_str_eq(text_of(row, "previous_status"), entry->previous ?: "");
	ck_assert_int_eq(number_of(row, "job_id"), job_id);
	ck_assert_int_eq(text_of(row, "at")[4], '-');
	json_decref(rows);
}

/* Changes of jobs in all histories of the fleet */
static size_t count_changes(void)
{
	size_t count = 0;
	unsigned n;
	size_t i;

	for (n = 1; n <= 5; n++) {
		char system[32];
		json_t *rows;

		snprintf(system, sizeof(system), "NL-HDMS-%06u", n);
		rows = history_of(system, -1, 100);
		for (i = 0; i < json_array_size(rows); i++)
			count +=
				number_of(json_array_get(rows, i), "job_id") >= 0 &&
				strcmp(text_of(json_array_get(rows, i), "source"), "clean_up") != 0;
		json_decref(rows);
	}
	return count;
}

START_TEST(what_was_told_is_in_it_once)
{
	struct engine_journal journal = { 0 };
	int run;
	size_t i;

	for (run = 0; run < 2; run++) {
		if (run) {
			engine_end(&host);
			box = engine_make(&home);
			begin();
		}
		engine_wait(&host, has_enough);
		chatterbox_stop(box);
		engine_journal_take(&journal, box);
	}
	for (i = 0; i < journal.count; i++)
		check_entry(&journal.entries[i]);
	ck_assert_uint_ge(count_changes(), journal.count);
	engine_journal_free(&journal);
}
END_TEST

START_TEST(pages_of_any_size_are_the_same)
{
	json_t *whole;
	json_t *pieces;

	engine_wait(&host, has_enough);
	chatterbox_stop(box);
	whole = history_of(SYSTEM, -1, 1000);
	pieces = history_of(SYSTEM, -1, 3);
	ck_assert(json_equal(whole, pieces));
	json_decref(pieces);
	json_decref(whole);
}
END_TEST

START_TEST(what_nobody_knows)
{
	json_t *none = NULL;

	ck_assert_int_eq(query("T-NONE", -1, 10, NULL, &none), CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(query("a/b", -1, 10, NULL, &none), CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(query("T-NONE", 1, 10, NULL, &none), CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(query(SYSTEM, 4711, 10, NULL, &none), CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(query(SYSTEM, 4711, 10, "h5", &none), CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(query(SYSTEM, -1, 0, NULL, &none), -EINVAL);
	ck_assert_int_eq(query(SYSTEM, -1, 1, "e5", &none), -EINVAL);
	ck_assert_int_eq(query(SYSTEM, -1, 1, "h0", &none), -EINVAL);
	ck_assert_int_eq(query(SYSTEM, -1, 1, "h-1", &none), -EINVAL);
	ck_assert_ptr_null(none);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("history");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_was_told_is_in_it_once);
	tcase_add_test(tcase, pages_of_any_size_are_the_same);
	tcase_add_test(tcase, what_nobody_knows);
	suite_add_tcase(suite, tcase);
}
