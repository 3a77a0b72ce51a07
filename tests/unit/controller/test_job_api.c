// SPDX-License-Identifier: MIT
/* Questions about jobs (contract 3.5, 6.2): filters, pages, order; over a snapshot of a few
 * systems. */
#include "controller/job_api.h"
#include "road_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cbx_snapshot *snapshot;
static const struct cbx_moment moment = { .now = 1000 * CBX_SECOND,
					  .wall_ms = FAKE_CLOCK_WALL,
					  .stall_after = 900 * CBX_SECOND };

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "2 Running t=Music", "ocd", 3);
	world_insert("ABC1", "10 Paused t=Film", "user", 1);
	world_insert("ABC1", "11 Errored", "user", 2);
	world_insert("ABC1", "12 Started", "ocd", 0);
	world_insert("XYZ", "1 Queued t=music", "user", 1);
	world_insert("abc", "1 RUNNING", "ocd", 1);
	world_lead();
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	snapshot = cbx_snapshot_slot_get(&world.slot);
}

static void tear_down(void)
{
	cbx_snapshot_unref(snapshot);
	world_tear_down();
}

/* The answer as "ABC1/2 ABC1/10 next total=2"; the cursor goes to @cursor */
static int ask(const char *params, struct cbx_text *out, char *cursor, bool rpc)
{
	char error[CBX_API_ERROR] = "";
	struct cbx_text json = { 0 };
	json_t *parsed = json_loads(params, 0, NULL);
	json_t *root;
	json_t *job;
	size_t i;
	int result = cbx_job_api_jobs(snapshot, parsed, rpc ? NULL : &moment, &json, error);

	json_decref(parsed);
	if (result < 0) {
		cbx_text_puts(out, error);
		cbx_text_free(&json);
		return result;
	}
	root = json_loads(json.bytes, 0, NULL);
	ck_assert_ptr_nonnull(root);
	json_array_foreach(json_object_get(root, "jobs"), i, job)
		cbx_text_printf(out, "%s/%lld ", json_string_value(json_object_get(job, "system")),
				(long long)json_integer_value(json_object_get(job, "job_id")));
	if (json_is_string(json_object_get(root, "next"))) {
		cbx_text_puts(out, "next ");
		if (cursor)
			strcpy(cursor, json_string_value(json_object_get(root, "next")));
	} else {
		ck_assert(json_is_null(json_object_get(root, "next")));
	}
	if (!rpc)
		cbx_text_printf(out, "total=%lld",
				(long long)json_integer_value(json_object_get(root, "total")));
	else
		ck_assert_ptr_null(json_object_get(root, "total"));
	json_decref(root);
	cbx_text_free(&json);
	return 0;
}

static const struct {
	const char *params, *answer;
} filters[] = {
	{ "{}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"system\":\"ABC1\"}", "ABC1/2 ABC1/10 total=2" },
	{ "{\"system\":\" ABC1\\t\"}", "ABC1/2 ABC1/10 total=2" },
	{ "{\"system\":\"ABC\"}", "total=0" },
	{ "{\"system\":\"ABC11\"}", "total=0" },
	{ "{\"system\":\" \"}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"status\":\"Running\"}", "ABC1/2 abc/1 total=2" },
	{ "{\"status\":\"running\"}", "ABC1/2 abc/1 total=2" },
	{ "{\"status\":\"OTHER\"}", "XYZ/1 total=1" },
	{ "{\"status\":\"queued\"}", "XYZ/1 total=1" },
	{ "{\"status\":\"errored\"}", "total=0" },
	{ "{\"job_type\":\"Music\"}", "ABC1/2 total=1" },
	{ "{\"origin\":\"ocd\"}", "ABC1/2 abc/1 total=2" },
	{ "{\"origin\":\"user\"}", "ABC1/10 XYZ/1 total=2" },
	{ "{\"origin\":\"user\",\"status\":\"paused\"}", "ABC1/10 total=1" },
	{ "{\"q\":\"1\"}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"q\":\"10\"}", "ABC1/10 total=1" },
	{ "{\"q\":\"YZ\"}", "XYZ/1 total=1" },
	{ "{\"q\":\"usic\"}", "ABC1/2 XYZ/1 total=2" },
	{ "{\"q\":\"aus\"}", "ABC1/10 total=1" },
	{ "{\"system\":\"\",\"status\":null,\"q\":\"\"}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"limit\":2}", "ABC1/2 ABC1/10 next total=4" },
	{ "{\"limit\":\"3\"}", "ABC1/2 ABC1/10 XYZ/1 next total=4" },
	{ "{\"limit\":4}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"limit\":1,\"status\":\"running\"}", "ABC1/2 next total=2" },
};

START_TEST(filtered)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(ask(filters[_i].params, &text, NULL, false), 0);
	ck_assert_msg(!strcmp(text.bytes, filters[_i].answer), "%s: %s, needs %s",
		      filters[_i].params, text.bytes, filters[_i].answer);
	cbx_text_free(&text);
}
END_TEST

static const struct {
	const char *params, *error;
} bad[] = {
	{ "{\"limit\":0}", "limit" },
	{ "{\"limit\":1001}", "limit" },
	{ "{\"limit\":-1}", "limit" },
	{ "{\"limit\":1.5}", "limit" },
	{ "{\"limit\":\"x\"}", "limit" },
	{ "{\"limit\":true}", "limit" },
	{ "{\"cursor\":\"\"}", "cursor" },
	{ "{\"cursor\":\"41\"}", "cursor" },
	{ "{\"cursor\":\"4.1\"}", "cursor" },
	{ "{\"cursor\":\"zz.1\"}", "cursor" },
	{ "{\"cursor\":\".1\"}", "cursor" },
	{ "{\"cursor\":\"41.x\"}", "cursor" },
	{ "{\"cursor\":\"41.-1\"}", "cursor" },
	{ "{\"cursor\":\"00.1\"}", "cursor" },
	{ "{\"cursor\":\"2f.1\"}", "cursor" },
	{ "{\"cursor\":\"4100.1\"}", "cursor" },
	{ "{\"cursor\":17}", "cursor" },
	{ "{\"system\":17}", "system" },
	{ "{\"origin\":\"OCD\"}", "origin" },
	{ "{\"q\":[]}", "q" },
	{ "{\"kind\":\"Running\"}", "kind" },
	{ "{\"kind\":\"running,x\"}", "kind" },
	{ "{\"stalled\":\"yes\"}", "stalled" },
	{ "{\"detail\":2}", "detail" },
	{ "{\"sort\":\"age\"}", "sort" },
	{ "{\"sort\":\"--left\"}", "sort" },
	{ "{\"sort\":1}", "sort" },
	{ "{\"origin\":\"user,OCD\"}", "origin" },
	{ "{\"status\":{}}", "status" },
	{ "{\"job_type\":1}", "job_type" },
};

static const struct {
	const char *params, *answer;
} several[] = {
	{ "{\"system\":\"ABC1,abc\"}", "ABC1/2 ABC1/10 abc/1 total=3" },
	{ "{\"system\":\" XYZ ,,none\"}", "XYZ/1 total=1" },
	{ "{\"system\":\"ABC1\\\\,abc\"}", "total=0" },
	{ "{\"status\":\"paused,Queued\"}", "ABC1/10 XYZ/1 total=2" },
	{ "{\"job_type\":\"Film,music\"}", "ABC1/10 XYZ/1 total=2" },
	{ "{\"origin\":\"ocd,user\"}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"kind\":\"running\"}", "ABC1/2 abc/1 total=2" },
	{ "{\"kind\":\"paused,other\"}", "ABC1/10 XYZ/1 total=2" },
	{ "{\"stalled\":\"1\"}", "total=0" },
	{ "{\"stalled\":\"0\",\"stale\":0}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"sort\":\"system\"}", "ABC1/2 ABC1/10 XYZ/1 abc/1 total=4" },
	{ "{\"sort\":\"-system\"}", "abc/1 XYZ/1 ABC1/2 ABC1/10 total=4" },
	{ "{\"sort\":\"status\"}", "ABC1/10 XYZ/1 abc/1 ABC1/2 total=4" },
	{ "{\"sort\":\"-status\"}", "ABC1/2 abc/1 XYZ/1 ABC1/10 total=4" },
	{ "{\"sort\":\"-speed\",\"limit\":3}", "ABC1/2 ABC1/10 XYZ/1 next total=4" },
};

START_TEST(several_values_kinds_and_orders)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(ask(several[_i].params, &text, NULL, false), 0);
	ck_assert_msg(!strcmp(text.bytes, several[_i].answer), "%s: %s, needs %s",
		      several[_i].params, text.bytes, several[_i].answer);
	cbx_text_free(&text);
}
END_TEST

/* In an RPC a comma is a part of the one value, and there is one order */
START_TEST(an_rpc_knows_one_value)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(ask("{\"system\":\"ABC1,abc\"}", &text, NULL, true), 0);
	ck_assert_str_eq(text.bytes ? text.bytes : "", "");
	ck_assert_int_eq(ask("{\"sort\":\"-system\",\"kind\":\"x\"}", &text, NULL, true), 0);
	ck_assert_str_eq(text.bytes, "ABC1/2 ABC1/10 XYZ/1 abc/1 ");
	cbx_text_free(&text);
}
END_TEST

/* Page by page in each order everything comes once, absent values last */
static const struct {
	const char *sort, *answer;
} orders[] = {
	{ "system", "ABC1/2 ABC1/10 P/1 P/2 P/3 P/4 XYZ/1 abc/1 " },
	{ "-system", "abc/1 XYZ/1 P/1 P/2 P/3 P/4 ABC1/2 ABC1/10 " },
	{ "status", "ABC1/10 P/4 XYZ/1 abc/1 ABC1/2 P/1 P/2 P/3 " },
	{ "percent", "P/1 P/4 P/2 ABC1/2 ABC1/10 P/3 XYZ/1 abc/1 " },
	{ "-percent", "P/2 P/4 P/1 ABC1/2 ABC1/10 P/3 XYZ/1 abc/1 " },
	{ "speed", "P/2 P/1 ABC1/2 ABC1/10 P/3 P/4 XYZ/1 abc/1 " },
	{ "-speed", "P/1 P/2 ABC1/2 ABC1/10 P/3 P/4 XYZ/1 abc/1 " },
	{ "left", "P/2 P/1 ABC1/2 ABC1/10 P/3 P/4 XYZ/1 abc/1 " },
	{ "-progress", "P/1 P/2 P/4 ABC1/2 ABC1/10 P/3 XYZ/1 abc/1 " },
};

static void push(double seconds, const char *statuses)
{
	world_pass(seconds);
	world_push("P", statuses);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

START_TEST(pages_in_each_order)
{
	struct cbx_text text = { 0 };
	char cursor[400] = "";
	char params[500];
	int n;

	push(1, "1 Running 1%; 2 Running 10%; 3 Running; 4 Paused 3/10");
	push(40, "1 Running 2% 250K; 2 Running 50% 3B");
	cbx_snapshot_unref(snapshot);
	snapshot = cbx_snapshot_slot_get(&world.slot);
	for (n = 0; n < 10 && (!n || cursor[0]); n++) {
		snprintf(params, sizeof(params), "{\"limit\":%d,\"sort\":\"%s\"%s%s%s}", 1 + _i % 3,
			 orders[_i].sort, n ? ",\"cursor\":\"" : "", cursor, n ? "\"" : "");
		cursor[0] = '\0';
		ck_assert_int_eq(ask(params, &text, cursor, false), 0);
		text.len = (size_t)(strstr(text.bytes, cursor[0] ? "next" : "total") - text.bytes);
		text.bytes[text.len] = '\0';
	}
	ck_assert_str_eq(text.bytes, orders[_i].answer);
	cbx_text_free(&text);
}
END_TEST

START_TEST(a_cursor_belongs_to_its_question)
{
	static const char *const others[] = { "", ",\"sort\":\"-status\"",
					      ",\"sort\":\"status\",\"q\":\"1\"" };
	struct cbx_text text = { 0 };
	char cursor[400] = "";
	char params[500];
	size_t i;

	ck_assert_int_eq(ask("{\"limit\":1,\"sort\":\"status\"}", &text, cursor, false), 0);
	for (i = 0; i < CBX_COUNT(others); i++) {
		snprintf(params, sizeof(params), "{\"cursor\":\"%s\"%s}", cursor, others[i]);
		cbx_text_clear(&text);
		ck_assert_int_eq(ask(params, &text, NULL, false), -EINVAL);
		ck_assert_ptr_nonnull(strstr(text.bytes, "the same question"));
	}
	/* how much is shown of each, and how many, is no part of it */
	cbx_text_clear(&text);
	snprintf(params, sizeof(params), "{\"cursor\":\"%s\",\"sort\":\"status\",\"limit\":7}",
		 cursor);
	ck_assert_int_eq(ask(params, &text, NULL, false), 0);
	ck_assert_str_eq(text.bytes, "XYZ/1 abc/1 ABC1/2 total=4");
	cbx_text_free(&text);
}
END_TEST

START_TEST(refused_naming_what_is_wrong)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(ask(bad[_i].params, &text, NULL, false), -EINVAL);
	ck_assert_msg(!strncmp(text.bytes, bad[_i].error, strlen(bad[_i].error)), "%s: %s",
		      bad[_i].params, text.bytes);
	cbx_text_free(&text);
}
END_TEST

/* Page by page everything comes once, in order, whatever the limit */
START_TEST(pages)
{
	struct cbx_text text = { 0 };
	char cursor[400] = "";
	char params[500];
	int n;

	for (n = 0; n < 10; n++) {
		size_t before = text.len;

		snprintf(params, sizeof(params), "{\"limit\":%d%s%s%s}", _i,
			 cursor[0] ? ",\"cursor\":\"" : "", cursor, cursor[0] ? "\"" : "");
		cursor[0] = '\0';
		ck_assert_int_eq(ask(params, &text, cursor, true), 0);
		ck_assert_uint_gt(text.len, before);
		if (!cursor[0])
			break;
		text.len -= strlen("next ");
		text.bytes[text.len] = '\0';
	}
	ck_assert_str_eq(text.bytes, "ABC1/2 ABC1/10 XYZ/1 abc/1 ");
	cbx_text_free(&text);
}
END_TEST

/* Two of them are below 4 MiB, three are not; one that is larger alone is a page */
START_TEST(a_page_holds_so_many_bytes_at_most)
{
	enum { LARGE = 1500 * 1024, HUGE_ONE = 5 * 1024 * 1024 };
	char *words = malloc(HUGE_ONE + 64);
	struct cbx_text text = { 0 };
	char params[500] = "{\"system\":\"L\"}";
	char cursor[400];
	int n;

	ck_assert_ptr_nonnull(words);
	world.settings->limits.bytes = 2 * HUGE_ONE;
	for (n = 1; n <= 4; n++) {
		size_t size = n == 4 ? HUGE_ONE : LARGE;
		int at = sprintf(words, "%d Running x=\"", n);

		memset(words + at, 'a', size);
		memcpy(words + at + size, "\"", 2);
		world_push("L", words);
		ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
		ck_assert_int_eq(cbx_road_commit(road), 0);
	}
	free(words);
	cbx_snapshot_unref(snapshot);
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	snapshot = cbx_snapshot_slot_get(&world.slot);
	for (n = 0; n < 3; n++) {
		cursor[0] = '\0';
		ck_assert_int_eq(ask(params, &text, cursor, false), 0);
		snprintf(params, sizeof(params), "{\"system\":\"L\",\"cursor\":\"%s\"}", cursor);
	}
	ck_assert_str_eq(text.bytes, "L/1 L/2 next total=4L/3 next total=4L/4 total=4");
	cbx_text_free(&text);
}
END_TEST

/* A cursor is valid when its job is gone meanwhile */
START_TEST(a_cursor_of_a_job_that_is_gone)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(ask("{\"cursor\":\"41424331.5\"}", &text, NULL, true), 0);
	ck_assert_str_eq(text.bytes, "ABC1/10 XYZ/1 abc/1 ");
	cbx_text_clear(&text);
	ck_assert_int_eq(ask("{\"cursor\":\"42.0\"}", &text, NULL, true), 0);
	ck_assert_str_eq(text.bytes, "XYZ/1 abc/1 ");
	cbx_text_free(&text);
}
END_TEST

START_TEST(one_job)
{
	const struct cbx_job *job = cbx_job_api_find(snapshot, "ABC1", 2);
	struct cbx_job_facts facts = { .kind = CBX_RUNNING,
				       .origin = "ocd",
				       .revision = 3,
				       .first_seen_ms = FAKE_CLOCK_WALL };
	struct cbx_text text = { 0 };

	ck_assert_ptr_nonnull(job);
	ck_assert_ptr_nonnull(cbx_job_api_find(snapshot, "ABC1", 11)); /* ended: it is known here */
	ck_assert_ptr_null(cbx_job_api_find(snapshot, "ABC1", 12));    /* nobody has heard of it */
	ck_assert_ptr_null(cbx_job_api_find(snapshot, "ABC1", 99));
	ck_assert_ptr_null(cbx_job_api_find(snapshot, "NONE", 2));
	facts.status = job->status;
	cbx_job_api_job(snapshot, &facts, &moment, &text);
	ck_assert_str_eq(
		text.bytes,
		"{\"job\":{\"system\":\"ABC1\",\"job_id\":2,\"status\":\"Running\","
		"\"job_type\":\"Music\"},\"kind\":\"running\",\"origin\":\"ocd\",\"revision\":3,"
		"\"first_seen\":\"2026-11-23T18:00:00.000Z\",\"updated_at\":null,"
		"\"system_status\":\"unknown\",\"figures\":{\"stalled\":false}}");
	cbx_text_free(&text);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("job_api");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, filtered, 0, (int)CBX_COUNT(filters));
	tcase_add_loop_test(tcase, several_values_kinds_and_orders, 0, (int)CBX_COUNT(several));
	tcase_add_test(tcase, an_rpc_knows_one_value);
	tcase_add_loop_test(tcase, pages_in_each_order, 0, (int)CBX_COUNT(orders));
	tcase_add_test(tcase, a_cursor_belongs_to_its_question);
	tcase_add_loop_test(tcase, refused_naming_what_is_wrong, 0, (int)CBX_COUNT(bad));
	tcase_add_loop_test(tcase, pages, 1, 6);
	tcase_add_test(tcase, a_page_holds_so_many_bytes_at_most);
	tcase_add_test(tcase, a_cursor_of_a_job_that_is_gone);
	tcase_add_test(tcase, one_job);
	suite_add_tcase(suite, tcase);
}
