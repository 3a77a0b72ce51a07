// SPDX-License-Identifier: MIT
/* Lists of jobs that have ended (contract 6.2): state, filters, pages, what is refused */
#include "controller/ended_jobs.h"
#include "road_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cbx_snapshot *snapshot;
static struct cbx_moment moment = { .now = 1000 * CBX_SECOND,
				    .wall_ms = FAKE_CLOCK_WALL,
				    .stall_after = 900 * CBX_SECOND };

static void end_job(const char *system, int job_id, const char *rest)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into completed_jobs (system, job_id, status, job_type, origin, "
			"revision, completed_at) values ('%s', %d, %s)",
			system, job_id, rest);
	world_run(text.bytes);
	cbx_text_free(&text);
}

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "2 Running", "ocd", 3);
	world_insert("ABC1", "11 Errored t=Music", "user", 2);
	world_insert("ABC1", "12 Errored", "ocd", 0);
	world_insert("XYZ", "3 failed", "ocd", 1);
	world_insert("XYZ", "4 Error", "user", 1);
	end_job("ABC1", 1, "'Complete', 'Music', 'ocd', 4, 1000");
	end_job("ABC1", 5, "'Killed', null, 'user', 2, 3000");
	end_job("ABC2", 5, "'Failed', 'Film', 'user', 1, 3000");
	end_job("XYZ", 1, "null, null, null, 1, null");
	world_lead();
	moment.kinds = world.settings->kinds;
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	snapshot = cbx_snapshot_slot_get(&world.slot);
}

static void tear_down(void)
{
	cbx_snapshot_unref(snapshot);
	world_tear_down();
}

/* The answer; the line of an error */
static int ask_json(const char *params, struct cbx_text *out)
{
	char error[CBX_API_ERROR] = "";
	json_t *parsed = json_loads(params, 0, NULL);
	struct cbx_ended_jobs list = { .snapshot = snapshot, .moment = &moment, .out = out };
	enum cbx_job_state state;
	int result = cbx_job_state_read(parsed, &state, error);

	list.errored = state == CBX_JOBS_ERRORED;
	if (!result)
		result = cbx_ended_jobs_open(&list, parsed, error);
	if (!result)
		result = cbx_ended_jobs_ask(road->sql, &list);
	if (result)
		cbx_text_puts(out, error);
	cbx_ended_jobs_close(&list);
	json_decref(parsed);
	return result;
}

/* "ABC1/5 next total=2"; without total there is none; the cursor goes to @cursor */
static void ask(const char *params, struct cbx_text *out, char cursor[512])
{
	struct cbx_text json = { 0 };
	json_t *root;
	json_t *job;
	const char *next;
	size_t i;
	int result = ask_json(params, &json);

	ck_assert_msg(!result, "%s: %d %s", params, result, json.bytes);
	root = json_loads(json.bytes, 0, NULL);
	ck_assert_ptr_nonnull(root);
	json_array_foreach(json_object_get(root, "jobs"), i, job)
		cbx_text_printf(out, "%s/%lld ", json_string_value(json_object_get(job, "system")),
				(long long)json_integer_value(json_object_get(job, "job_id")));
	next = json_string_value(json_object_get(root, "next"));
	cbx_text_puts(out, next ? "next " : "");
	if (cursor)
		snprintf(cursor, 512, "%s", next ? next : "");
	if (json_object_get(root, "total"))
		cbx_text_printf(out, "total=%lld",
				(long long)json_integer_value(json_object_get(root, "total")));
	json_decref(root);
	cbx_text_free(&json);
}

static const struct {
	const char *params, *answer;
} lists[] = {
	{ "{\"state\":\"ended\"}", "ABC1/5 ABC2/5 ABC1/1 XYZ/1 " },
	{ "{\"state\":\"ended\",\"sort\":\"\",\"stale\":\"0\",\"stalled\":false}",
	  "ABC1/5 ABC2/5 ABC1/1 XYZ/1 " },
	{ "{\"state\":\"ended\",\"limit\":4}", "ABC1/5 ABC2/5 ABC1/1 XYZ/1 " },
	{ "{\"state\":\"ended\",\"limit\":1}", "ABC1/5 next " },
	{ "{\"state\":\"ended\",\"system\":\"ABC1,XYZ\"}", "ABC1/5 ABC1/1 XYZ/1 " },
	{ "{\"state\":\"ended\",\"status\":\"failed\"}", "ABC2/5 " },
	{ "{\"state\":\"ended\",\"status\":\"errored\"}", "ABC2/5 " },
	{ "{\"state\":\"ended\",\"kind\":\"completed,killed\"}", "ABC1/5 ABC1/1 " },
	{ "{\"state\":\"ended\",\"job_type\":\"Music\"}", "ABC1/1 " },
	{ "{\"state\":\"ended\",\"origin\":\"ocd\"}", "ABC1/1 " },
	{ "{\"state\":\"ended\",\"q\":\"fil\"}", "ABC2/5 " },
	{ "{\"state\":\"ended\",\"q\":\"nothing\"}", "" },
	{ "{\"state\":\"errored\"}", "ABC1/11 XYZ/3 XYZ/4 total=3" },
	{ "{\"state\":\"errored\",\"limit\":1}", "ABC1/11 next total=3" },
	{ "{\"state\":\"errored\",\"limit\":3}", "ABC1/11 XYZ/3 XYZ/4 total=3" },
	{ "{\"state\":\"errored\",\"limit\":1,\"system\":\"XYZ\"}", "XYZ/3 next total=2" },
	{ "{\"state\":\"errored\",\"origin\":\"user\"}", "ABC1/11 XYZ/4 total=2" },
	{ "{\"state\":\"errored\",\"kind\":\"running\"}", "total=0" },
	{ "{\"state\":\"errored\",\"job_type\":\"Music\",\"q\":\"usic\"}", "ABC1/11 total=1" },
};

START_TEST(filtered)
{
	struct cbx_text text = { 0 };

	ask(lists[_i].params, &text, NULL);
	cbx_text_puts(&text, "");
	ck_assert_msg(!strcmp(text.bytes, lists[_i].answer), "%s: %s, needs %s", lists[_i].params,
		      text.bytes, lists[_i].answer);
	cbx_text_free(&text);
}
END_TEST

/* All pages of one job each, in which every other row is filtered out */
static void expect_pages(const char *state, const char *rest, const char *wanted)
{
	struct cbx_text all = { 0 };
	char cursor[512] = "";
	unsigned pages = 0;

	do {
		struct cbx_text params = { 0 };

		cbx_text_printf(&params, "{\"state\":\"%s\",\"limit\":1%s", state, rest);
		if (*cursor)
			cbx_text_printf(&params, ",\"cursor\":\"%s\"", cursor);
		cbx_text_putc(&params, '}');
		ask(params.bytes, &all, cursor);
		cbx_text_free(&params);
		ck_assert_uint_lt(++pages, 10);
	} while (*cursor);
	ck_assert_str_eq(all.bytes, wanted);
	cbx_text_free(&all);
}

START_TEST(pages)
{
	expect_pages("ended", "", "ABC1/5 next ABC2/5 next ABC1/1 next XYZ/1 ");
	expect_pages("ended", ",\"system\":\"ABC1\"", "ABC1/5 next ABC1/1 ");
	expect_pages("errored", "", "ABC1/11 next total=3XYZ/3 next total=3XYZ/4 total=3");
	expect_pages("errored", ",\"origin\":\"user\"", "ABC1/11 next total=2XYZ/4 total=2");
}
END_TEST

/* One answer looks at 10 000 rows: what it found is its page, and `next` goes on behind them */
START_TEST(a_page_may_be_empty)
{
	struct cbx_text text = { 0 };
	struct cbx_text params = { 0 };
	char cursor[512];

	world_run("insert into completed_jobs (system, job_id, status, revision, completed_at) "
		  "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10001)"
		  " select 'MANY', i, 'Killed', 1, 5000 from n");
	ask("{\"state\":\"ended\",\"system\":\"ABC1\"}", &text, cursor);
	cbx_text_printf(&params, "{\"state\":\"ended\",\"system\":\"ABC1\",\"cursor\":\"%s\"}",
			cursor);
	ask(params.bytes, &text, NULL);
	ck_assert_str_eq(text.bytes, "next ABC1/5 ABC1/1 ");
	cbx_text_free(&params);
	cbx_text_free(&text);
}
END_TEST

START_TEST(in_detail)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(ask_json("{\"state\":\"ended\",\"detail\":1,\"q\":\"film\"}", &text), 0);
	ck_assert_str_eq(text.bytes,
			 "{\"jobs\":[{\"job\":{\"system\":\"ABC2\",\"job_id\":5,\"status\":"
			 "\"Failed\",\"job_type\":\"Film\"},\"kind\":\"errored\",\"origin\":"
			 "\"user\",\"revision\":1,\"first_seen\":null,\"updated_at\":"
			 "\"1970-01-01T00:00:03.000Z\",\"system_status\":\"unknown\","
			 "\"figures\":{\"stalled\":false}}],\"next\":null}");
	cbx_text_free(&text);
}
END_TEST

static const struct {
	const char *params, *error;
} bad[] = {
	{ "{\"state\":\"gone\"}", "state: takes live, errored or ended" },
	{ "{\"state\":1}", "state: takes a text" },
	{ "{\"state\":\"ended\",\"sort\":\"system\"}", "sort: not of jobs whose state is ended" },
	{ "{\"state\":\"errored\",\"sort\":\"-left\"}",
	  "sort: not of jobs whose state is errored" },
	{ "{\"state\":\"ended\",\"stale\":1}", "stale: not of jobs whose state is ended" },
	{ "{\"state\":\"errored\",\"stalled\":\"1\"}",
	  "stalled: not of jobs whose state is errored" },
	{ "{\"state\":\"ended\",\"kind\":\"gone\"}", "kind: takes" },
	{ "{\"state\":\"ended\",\"limit\":0}", "limit" },
	{ "{\"state\":\"ended\",\"cursor\":\"x\"}", "cursor: takes the `next`" },
};

START_TEST(refused_naming_what_is_wrong)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(ask_json(bad[_i].params, &text), -EINVAL);
	ck_assert_msg(!strncmp(text.bytes, bad[_i].error, strlen(bad[_i].error)), "%s: %s",
		      bad[_i].params, text.bytes);
	cbx_text_free(&text);
}
END_TEST

static void expect_refused(const char *state, const char *cursor)
{
	struct cbx_text params = { 0 };
	struct cbx_text text = { 0 };

	cbx_text_printf(&params, "{\"state\":\"%s\",\"cursor\":\"%s\"}", state, cursor);
	ck_assert_msg(ask_json(params.bytes, &text) == -EINVAL, "%s", params.bytes);
	ck_assert_ptr_nonnull(strstr(text.bytes, "cursor: takes the `next`"));
	cbx_text_free(&params);
	cbx_text_free(&text);
}

/* Nor is a time that is none believed */
START_TEST(a_cursor_belongs_to_its_question)
{
	struct cbx_text text = { 0 };
	char cursor[512];

	ask("{\"state\":\"errored\",\"limit\":1}", &text, cursor);
	expect_refused("ended", cursor);
	ask("{\"state\":\"ended\",\"limit\":1}", &text, cursor);
	expect_refused("errored", cursor);
	memcpy(cursor + 17, "7ff8000000000000", 16);
	expect_refused("ended", cursor);
	memcpy(cursor + 17, "7ff0000000000000", 16);
	expect_refused("ended", cursor);
	memmove(cursor + 17, cursor + 33, strlen(cursor + 33) + 1);
	expect_refused("ended", cursor);
	cbx_text_free(&text);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("ended_jobs");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, filtered, 0, (int)CBX_COUNT(lists));
	tcase_add_test(tcase, pages);
	tcase_add_test(tcase, a_page_may_be_empty);
	tcase_add_test(tcase, in_detail);
	tcase_add_loop_test(tcase, refused_naming_what_is_wrong, 0, (int)CBX_COUNT(bad));
	tcase_add_test(tcase, a_cursor_belongs_to_its_question);
	suite_add_tcase(suite, tcase);
}
