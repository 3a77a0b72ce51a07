// SPDX-License-Identifier: MIT
/* sql_suite_outlook.c - schedules, what was told of outlooks, and what says why jobs do not move */
#include "port/outlook.h"

#include "sql_suite.h"

#include <string.h>

/* "ABC1/list late" */
static int note_row(void *user, const struct cbx_outlook_row *row)
{
	cbx_text_printf(user, "%s/%s %s\n", row->system, row->list_id, row->state ?: "-");
	ck_assert_int_gt(row->at_ms, 1600000000000);
	return 0;
}

static void expect_schedule(int64_t keep_s, const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->outlook->schedule(sql, keep_s, note_row, &text);

	ck_assert_msg(!r, "schedule: %d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

static void expect_told(const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->outlook->told(sql, note_row, &text);

	ck_assert_msg(!r, "told: %d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

START_TEST(a_schedule_holds_what_is_ahead_or_kept)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into list_activation_schedule (system, list_id, activate_at) "
			"values ('ABC1', 'a', %s), (' ABC1', ' b ', %s), ('ABC2', 'a', %s), "
			"('ABC3', 'a', null), ('no/name', 'a', %s), ('ABC4', '', %s)",
			sql_world->past, sql_world->future, sql_world->future, sql_world->future,
			sql_world->future);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	expect_schedule(3600, "ABC1/a -\nABC1/b -\nABC2/a -\n");
	expect_schedule(1, "ABC1/b -\nABC2/a -\n");
}
END_TEST

START_TEST(a_time_that_is_none_costs_its_own_row)
{
	struct cbx_text text = { 0 };

	sql->rejected_times = 0;
	cbx_text_printf(&text,
			"insert into list_activation_schedule (system, list_id, activate_at) "
			"values ('ABC1', 'a', 'infinity'), ('ABC1', 'b', '-infinity'), "
			"('ABC2', 'a', %s), ('ABC3', 'a', %s)",
			sql_world->beyond, sql_world->future);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	expect_schedule(3600, "ABC3/a -\n");
	ck_assert_uint_eq(sql->rejected_times, 3);
}
END_TEST

/* A batch with what was told of ABC1/list, and its event; sql_record() clears it */
static struct cbx_batch *told(const char *state)
{
	static struct cbx_batch filled;
	struct cbx_batch *batch = &filled;
	struct cbx_outlook_change *change = cbx_batch_add_told(batch);
	struct cbx_event *event;

	ck_assert_ptr_nonnull(change);
	*change = (struct cbx_outlook_change){ "ABC1", "list", state, 1764500000000 };
	if (!state)
		return batch;
	event = sql_put_event(batch, "ABC1/list", NULL);
	event->name = event->tag = "outlook";
	return batch;
}

START_TEST(what_is_told_is_kept_with_its_event)
{
	sql_record(told("late"), 0);
	expect_told("ABC1/list late\n");
	sql_expect("select count(*) from outbox where name = 'outlook' and message_id like "
		   "'ABC1/list/outlook/_%'",
		   "1");
	sql_record(told("on_time"), 0);
	expect_told("ABC1/list on_time\n");
	sql_record(told(NULL), 0);
	expect_told("");
	sql_expect("select count(*) from outbox", "2");
}
END_TEST

START_TEST(an_old_leader_tells_nothing)
{
	sql_record(told("late"), 0);
	sql_world->run("update lease set epoch = epoch + 1");
	sql_record(told("on_time"), CHATTERBOX_E_FENCED);
	expect_told("ABC1/list late\n");
	sql_expect("select count(*) from outbox", "1");
}
END_TEST

static int note_error(void *user, const struct cbx_error_row *row)
{
	cbx_text_printf(user, "%s/%lld %s\n", row->system, (long long)row->job_id, row->code);
	return 0;
}

static int note_name(void *user, const char *name, int64_t ms)
{
	(void)ms;
	cbx_text_printf(user, "%s\n", name);
	return 0;
}

START_TEST(errors_that_name_a_cause_are_found)
{
	struct cbx_text text = { 0 };

	sql_world->run("insert into errors (system, job_id, code) values ('ABC1', 1, 'vanished'), "
		       "('ABC1', 2, 'errored'), ('ABC2', 3, 'disk_full')");
	ck_assert_msg(!sql->outlook->open_errors(sql, note_error, &text), "%s", sql->error);
	ck_assert(strstr(text.bytes, "ABC1/1 vanished\n") &&
		  strstr(text.bytes, "ABC2/3 disk_full\n"));
	ck_assert(!strstr(text.bytes, "errored"));
	cbx_text_free(&text);
	sql_world->run("delete from errors");
	sql_world->run("insert into errors (system, job_id, code) values "
		       "('ABC1', null, 'content_server_timeout')");
	ck_assert_msg(!sql->outlook->open_errors(sql, note_error, &text), "%s", sql->error);
	sql_expect_text(&text, "ABC1/-1 content_server_timeout\n");
}
END_TEST

START_TEST(who_is_denied_access_is_found)
{
	struct cbx_text text = { 0 };

	sql_world->run("insert into content_server_access (system, access) values "
		       "('ABC1', 'ok'), ('ABC2', 'denied'), ('ABC3', 'internal')");
	ck_assert_msg(!sql->outlook->denied(sql, note_name, &text), "%s", sql->error);
	sql_expect_text(&text, "ABC2\n");
}
END_TEST

void sql_suite_outlook(Suite *suite)
{
	const TTest *const tests[] = {
		a_schedule_holds_what_is_ahead_or_kept, a_time_that_is_none_costs_its_own_row,
		what_is_told_is_kept_with_its_event,    an_old_leader_tells_nothing,
		errors_that_name_a_cause_are_found,     who_is_denied_access_is_found,
	};

	sql_add(suite, "outlook", tests, CBX_COUNT(tests));
}
