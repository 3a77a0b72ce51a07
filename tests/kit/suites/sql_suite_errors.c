// SPDX-License-Identifier: MIT
/* sql_suite_errors.c - errors, and content_server_access */
#include "port/errors.h"

#include "sql_suite.h"

#include <stdio.h>
#include <string.h>

#define ERROR_TEXT                                                                                \
	"coalesce(system, '-') || '|' || coalesce(cast(job_id as text), '-') || '|' || "          \
	"coalesce(job_type, '-') || '|' || coalesce(code, '-') || '|' || coalesce(message, '-') " \
	"|| '|' || coalesce(origin, '-') || '|' || occurrences"

static struct cbx_error_row error_row(const char *system, int64_t job_id, const char *code)
{
	return (struct cbx_error_row){ .system = system, .job_id = job_id, .code = code };
}

static void store(struct cbx_error_row row)
{
	int r = sql->errors->store(sql, &sql_guard, &row, 1);

	ck_assert_msg(!r, "store: %d %s", r, sql->error);
}

static int note_error(void *text, const struct cbx_error_row *row)
{
	cbx_text_printf(text, "%lld %s/%lld %s %s %s %s x%lld%s\n", (long long)row->id,
			row->system ?: "-", (long long)row->job_id, row->job_type ?: "-",
			row->code ?: "-", row->message ?: "-", row->origin ?: "-",
			(long long)row->occurrences,
			row->first_seen_ms > 0 && row->last_seen_ms >= row->first_seen_ms
				? ""
				: " at no time");
	return 0;
}

START_TEST(errors_are_stored_and_counted)
{
	struct cbx_error_row rows[] = {
		error_row("ABC1", 17, "disk"),
		error_row("ABC1", CBX_NO_COUNT, "disk"),
		error_row("ABC1", 17, NULL),
		error_row(NULL, CBX_NO_COUNT, "net"),
		/* again within one call: counted, and the last message stands */
		error_row("ABC1", 17, "disk"),
	};

	rows[0].message = "full";
	rows[4].message = "still full";
	rows[4].job_type = "movie";
	rows[4].origin = "user";
	ck_assert_int_eq(sql->errors->store(sql, &sql_guard, rows, CBX_COUNT(rows)), 0);
	sql_expect("select " ERROR_TEXT " from errors where job_id = 17 and code = 'disk'",
		   "ABC1|17|movie|disk|still full|user|2");
	sql_expect("select count(*) from errors where occurrences = 1 and first_seen = last_seen",
		   "3");
	/* nulls are not distinct: the same rows again, and no new ones */
	ck_assert_int_eq(sql->errors->store(sql, &sql_guard, rows, CBX_COUNT(rows)), 0);
	sql_expect("select count(*) from errors", "4");
	sql_expect("select " ERROR_TEXT " from errors where job_id = 17 and code = 'disk'",
		   "ABC1|17|movie|disk|still full|user|4");
	sql_expect("select " ERROR_TEXT " from errors where system = 'ABC1' and job_id is null",
		   "ABC1|-|-|disk|-|-|2");
	sql_expect("select " ERROR_TEXT " from errors where system is null", "-|-|-|net|-|-|2");
	ck_assert_int_eq(sql->errors->store(sql, &sql_guard, NULL, 0), 0);
}
END_TEST

START_TEST(stored_and_recorded_errors_are_one)
{
	struct cbx_batch batch = { 0 };
	struct cbx_text text = { 0 };

	sql_put(&batch, "ABC1", 17, "Errored", 1)->error_code = "disk";
	sql_record(&batch, 0);
	cbx_text_printf(&text,
			"update errors set first_seen = %s, last_seen = %s, occurrences = null",
			sql_world->past, sql_world->past);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	store(error_row("ABC1", 17, "disk"));
	sql_expect("select occurrences from errors", "1");
	sql_expect("select count(*) from errors where first_seen < last_seen", "1");
	store(error_row("ABC1", 17, "disk"));
	sql_expect("select occurrences from errors", "2");
}
END_TEST

struct page {
	struct cbx_text text; /* the jobs */
	int64_t last_id;
	int left; /* stop after so many, 0 = never */
};

static int note_page(void *user, const struct cbx_error_row *row)
{
	struct page *page = user;

	ck_assert(!page->last_id || row->id < page->last_id);
	page->last_id = row->id;
	cbx_text_printf(&page->text, "%lld ", (long long)row->job_id);
	return page->left && !--page->left ? 42 : 0;
}

static void turn(struct page *page, const char *system, size_t limit, const char *expected)
{
	int r = sql->errors->page(sql, system, page->last_id, limit, note_page, page);

	ck_assert_msg(!r, "page: %d %s", r, sql->error);
	sql_expect_text(&page->text, expected);
}

START_TEST(pages_run_from_the_newest)
{
	struct page page = { 0 };
	int i;

	for (i = 1; i <= 7; i++)
		store(error_row(i % 2 ? "ABC1" : "ABC2", i, "disk"));
	turn(&page, NULL, 3, "7 6 5 ");
	/* rows that come and go meanwhile shift nothing */
	store(error_row("ABC1", 8, "disk"));
	sql_world->run("delete from errors where job_id in (7, 5)");
	store(error_row("ABC2", 6, "disk"));
	turn(&page, NULL, 3, "4 3 2 ");
	turn(&page, NULL, 3, "1 ");
	turn(&page, NULL, 3, "");
	page.last_id = 0;
	turn(&page, "ABC2", 2, "6 4 ");
	turn(&page, "ABC2", 2, "2 ");
	page.last_id = 0;
	turn(&page, "ABC", 2, "");
	turn(&page, "' or 1 = 1 --", 2, "");
	turn(&page, NULL, 0, "");
	page.left = 2;
	ck_assert_int_eq(sql->errors->page(sql, NULL, 0, 100, note_page, &page), 42);
	sql_expect_text(&page.text, "8 6 ");
	/* the connection is still good for writes */
	store(error_row("ABC1", 9, "disk"));
}
END_TEST

START_TEST(pages_give_every_column)
{
	struct cbx_text text = { 0 };

	sql_world->run("insert into errors (id, system, job_id, job_type, code, message, origin, "
		       "occurrences) values (9007199254740990, 'ABC1', 9007199254740991, 'movie', "
		       "'disk', 'it''s full', 'ocd', 7)");
	sql_world->run("insert into errors (id, occurrences) values (3, null)");
	ck_assert_int_eq(sql->errors->page(sql, NULL, 0, 10, note_error, &text), 0);
	sql_expect_text(&text,
			"9007199254740990 ABC1/9007199254740991 movie disk it's full ocd x7\n"
			"3 -/-1 - - - - x1\n");
}
END_TEST

static void remove_errors(const int64_t *ids, size_t count, const char *system, int64_t expected)
{
	int64_t removed = -1;
	int r = sql->errors->remove(sql, &sql_guard, ids, count, system, &removed);

	ck_assert_msg(!r, "remove: %d %s", r, sql->error);
	ck_assert_int_eq(removed, expected);
}

START_TEST(errors_are_removed)
{
	const int64_t ids[] = { 2, 3, 3, 77 };
	int i;

	for (i = 1; i <= 6; i++)
		store(error_row(i < 5 ? "ABC1" : "ABC2", i, "disk"));
	remove_errors(NULL, 0, NULL, 0);
	sql_expect("select count(*) from errors", "6");
	remove_errors(ids, CBX_COUNT(ids), NULL, 2);
	sql_expect("select count(*) from errors where id in (2, 3)", "0");
	remove_errors(NULL, 0, "ABC1", 2);
	remove_errors(NULL, 0, "ABC1", 0);
	remove_errors(NULL, 0, "%", 0);
	sql_expect("select count(*) from errors", "2");
	/* a system goes before ids */
	remove_errors(ids, CBX_COUNT(ids), "ABC2", 2);
}
END_TEST

static int never(void *user, const struct cbx_row *row)
{
	(void)user;
	ck_abort_msg("%s/%lld was told", row->system, (long long)row->job_id);
	return -1;
}

START_TEST(other_epoch_changes_nothing)
{
	const struct cbx_job_key key = { "ABC1", 17 };
	const struct cbx_error_row row = error_row("ABC1", 18, "disk");
	const struct cbx_access_row access = { "ABC1", "ok", NULL };
	const struct cbx_errors_ops *ops = sql->errors;
	struct cbx_guard zombie = sql_guard;
	struct cbx_batch batch = { 0 };
	const int64_t id = 1;
	int64_t removed = -7;

	sql_put(&batch, "ABC1", 17, "Errored", 1)->error_code = "disk";
	sql_put(&batch, "ABC1", 19, "Killed", 1)->table = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	zombie.epoch--;
	ck_assert_int_eq(ops->store(sql, &zombie, &row, 1), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(ops->remove(sql, &zombie, &id, 1, NULL, &removed), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(ops->remove(sql, &zombie, NULL, 0, "ABC1", &removed), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(ops->clear_jobs(sql, &zombie, &key, 1, 0, never, NULL),
			 CHATTERBOX_E_FENCED);
	ck_assert_int_eq(ops->expire_errors(sql, &zombie, 0, &removed), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(ops->expire_completed(sql, &zombie, 0, &removed), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(ops->write_access(sql, &zombie, &access, 1), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(removed, -7);
	sql_expect("select " ERROR_TEXT " from errors", "ABC1|17|-|disk|-|user|1");
	sql_expect("select job_id from status_monitor", "17");
	sql_expect("select job_id from completed_jobs", "19");
	sql_expect("select count(*) from content_server_access", "0");
	/* and the connection is good */
	ck_assert_int_eq(ops->store(sql, &sql_guard, &row, 1), 0);
}
END_TEST

START_TEST(access_is_kept)
{
	const struct cbx_access_row first[] = {
		{ "ABC2", "denied", "content_server_login" },
		{ "ABC1", "ok", NULL },
		/* the last of one system stands */
		{ "ABC2", "ok", NULL },
		{ "ABC2", "denied", "it's closed" },
	};
	const struct cbx_access_row again[] = { { "ABC2", "internal", NULL } };
	struct cbx_text text = { 0 };

	ck_assert_int_eq(sql->errors->write_access(sql, &sql_guard, NULL, 0), 0);
	ck_assert_int_eq(sql->errors->write_access(sql, &sql_guard, first, CBX_COUNT(first)), 0);
	sql_expect("select access || '|' || error from content_server_access where system = 'ABC2'",
		   "denied|it's closed");
	sql_expect("select count(*) from content_server_access where system = 'ABC1' and "
		   "access = 'ok' and error is null and checked_at is not null",
		   "1");
	cbx_text_printf(&text, "update content_server_access set checked_at = %s", sql_world->past);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	ck_assert_int_eq(sql->errors->write_access(sql, &sql_guard, again, 1), 0);
	sql_expect("select system || access from content_server_access where error is null and "
		   "checked_at > (select min(checked_at) from content_server_access)",
		   "ABC2internal");
	sql_expect("select count(*) from content_server_access", "2");
}
END_TEST

START_TEST(an_error_without_a_time_is_shown_without_one)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into errors (system, job_id, code, message, first_seen, last_seen) "
			"values ('ABC1', 1, 'a', 'm', %s, %s), ('ABC1', 2, 'a', 'm', '-infinity', "
			"%s), ('ABC1', 3, 'a', 'm', %s, 'infinity')",
			sql_world->past, sql_world->now, sql_world->now, sql_world->past);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	ck_assert_msg(!sql->errors->page(sql, NULL, 0, 10, note_error, &text), "%s", sql->error);
	sql_expect_text(&text, "3 ABC1/3 - a m - x1 at no time\n"
			       "2 ABC1/2 - a m - x1 at no time\n1 ABC1/1 - a m - x1\n");
	ck_assert_uint_eq(sql->rejected_times, 2);
}
END_TEST

void sql_suite_errors(Suite *suite)
{
	const TTest *const tests[] = {
		errors_are_stored_and_counted,
		stored_and_recorded_errors_are_one,
		pages_run_from_the_newest,
		pages_give_every_column,
		errors_are_removed,
		other_epoch_changes_nothing,
		access_is_kept,
		an_error_without_a_time_is_shown_without_one,
	};

	sql_add(suite, "errors", tests, CBX_COUNT(tests));
}
