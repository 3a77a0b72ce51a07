// SPDX-License-Identifier: MIT
/* sql_suite_history.c - job_history: rows in the transaction of their changes, pages, turns, expiry
 */
#include "port/errors.h"
#include "port/history.h"

#include "sql_suite.h"

#include <string.h>

static struct cbx_change *put(struct cbx_batch *batch, int64_t job_id, const char *text,
			      int64_t revision, const char *source, const char *reason)
{
	struct cbx_change *change = sql_put(batch, "ABC1", job_id, text, revision);

	change->source = source;
	change->reason = reason;
	return change;
}

/* "17 r2 Paused<Running user push/- 42.5", without its id */
static int note(void *user, const struct cbx_history_row *row)
{
	struct cbx_text *text = user;

	if (row->job_id == CBX_NO_COUNT)
		cbx_text_puts(text, row->system);
	else
		cbx_text_printf(text, "%lld r%lld", (long long)row->job_id,
				(long long)row->revision);
	cbx_text_printf(text, " %s<%s %s %s/%s %s\n", row->status, row->previous_status ?: "-",
			row->origin ?: "-", row->source ?: "-", row->reason ?: "-",
			row->percent_completed ?: "-");
	ck_assert_int_gt(row->id, 0);
	return 0;
}

static void expect_page(const char *system, int64_t job_id, int64_t before, size_t limit,
			const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->history->page(sql, system, job_id, before, limit, note, &text);

	ck_assert_msg(!r, "page: %d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

static int note_revision(void *user, const struct cbx_history_row *row)
{
	cbx_text_printf(user, "%lld ", (long long)row->revision);
	return 0;
}

/* Of the rows with these ids, which those of a fresh table have from 1 on */
static void set_time(const char *ids, const char *time)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text, "update job_history set at = %s where id in (%s)", time, ids);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
}

static int take_place(void *user, const struct cbx_history_row *row)
{
	*(struct cbx_before *)user = (struct cbx_before){ row->at_ms, row->id };
	return 0;
}

START_TEST(each_change_is_a_row)
{
	struct cbx_batch batch = { 0 };
	struct cbx_change *change = put(&batch, 17, "Running", 1, "answer", NULL);

	change->job->status->percent_text = "42.5";
	change->job->origin = CBX_OCD;
	change = put(&batch, 17, "Paused", 2, "push", NULL);
	change->previous_status = strdup("Running");
	put(&batch, 18, "Running", 1, NULL, NULL)->transition = false;
	sql_record(&batch, 0);
	change = put(&batch, 17, "Killed", 3, "inferred", "vanished");
	change->previous_status = strdup("Paused");
	change->table = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	expect_page("ABC1", 17, 0, 10,
		    "17 r3 Killed<Paused user inferred/vanished -\n"
		    "17 r2 Paused<Running user push/- -\n"
		    "17 r1 Running<- ocd answer/- 42.5\n");
	expect_page("ABC1", 18, 0, 10, "");
	expect_page("ABC2", 17, 0, 10, "");
	sql_expect("select count(*) from job_history where at is null", "0");
}
END_TEST

static int stop(void *user, const struct cbx_history_row *row)
{
	(void)user;
	(void)row;
	return 42;
}

static int take_id(void *user, const struct cbx_history_row *row)
{
	*(int64_t *)user = row->id;
	return 0;
}

START_TEST(pages_are_newest_first)
{
	struct cbx_batch batch = { 0 };
	int64_t last = 0;
	int64_t i;

	for (i = 0; i < 2500; i++)
		put(&batch, 17 + i % 2, "Running", i + 1, "answer", NULL);
	sql_record(&batch, 0);
	expect_page("ABC1", CBX_NO_COUNT, 0, 2,
		    "18 r2500 Running<- user answer/- -\n17 r2499 Running<- user answer/- -\n");
	ck_assert_int_eq(sql->history->page(sql, "ABC1", 17, 0, 3, take_id, &last), 0);
	expect_page("ABC1", 17, last, 1, "17 r2493 Running<- user answer/- -\n");
	expect_page("ABC1", CBX_NO_COUNT, last, 1, "18 r2494 Running<- user answer/- -\n");
	ck_assert_int_eq(sql->history->page(sql, "ABC1", 17, 0, 3, stop, NULL), 42);
}
END_TEST

START_TEST(a_failed_transaction_leaves_no_row)
{
	struct cbx_guard old = { sql_guard.name, sql_guard.holder, sql_guard.epoch - 1 };
	struct cbx_batch batch = { 0 };
	char name[] = "ABC1";
	struct cbx_turn turn = { name, "online", NULL, "answer", 0 };

	put(&batch, 17, "Running", 1, "answer", NULL);
	batch.turns = &turn;
	batch.turn_count = 1;
	ck_assert_int_eq(sql->ledger->record(sql, &old, &batch, sql_soon()), CHATTERBOX_E_FENCED);
	sql_expect("select count(*) from job_history", "0");
	sql->no_history = true;
	ck_assert_int_eq(sql->ledger->record(sql, &sql_guard, &batch, sql_soon()), 0);
	sql_batch_free(&batch);
	sql_expect("select count(*) from job_history", "0");
	sql_expect("select count(*) from status_monitor", "1");
}
END_TEST

START_TEST(clean_up_is_a_row_and_keeps_the_others)
{
	const struct cbx_job_key key = { "ABC1", 17 };
	struct cbx_batch batch = { 0 };
	struct cbx_text text = { 0 };

	put(&batch, 17, "Errored", 1, "answer", "disk_full")->error_code = "disk_full";
	batch.changes[0].error_message = "full";
	sql_record(&batch, 0);
	ck_assert_int_eq(sql->errors->clearable(sql, &sql_guard, &key, 1, 0, sql_note_row, &text),
			 0);
	expect_page("ABC1", 17, 0, 10, "17 r1 Errored<- user answer/disk_full -\n");
	ck_assert_int_eq(sql->errors->clear_jobs(sql, &sql_guard, &key, 1, 0, sql_note_row, &text),
			 0);
	expect_page("ABC1", 17, 0, 10,
		    "17 r1 Errored<- user clean_up/- -\n17 r1 Errored<- user answer/disk_full -\n");
	/* what is cleared twice is cleared once */
	ck_assert_int_eq(sql->errors->clear_jobs(sql, &sql_guard, &key, 1, 0, sql_note_row, &text),
			 0);
	sql_expect("select count(*) from job_history", "2");
	cbx_text_free(&text);
}
END_TEST

START_TEST(times_are_in_order_whatever_the_ids_are)
{
	const struct cbx_before end = { INT64_MAX, INT64_MAX };
	struct cbx_before place = end;
	struct cbx_batch batch = { 0 };
	struct cbx_text text = { 0 };
	int64_t i;

	for (i = 1; i <= 5; i++)
		put(&batch, 17, "Running", i, "answer", NULL);
	put(&batch, 18, "Running", 6, "answer", NULL);
	sql_record(&batch, 0);
	set_time("4", sql_world->future);
	set_time("1, 3", sql_world->past);
	/* two that have none: they are the oldest */
	set_time("2", sql_world->beyond);
	set_time("5", "null");
	ck_assert_int_eq(sql->history->before(sql, "ABC1", 17, &end, 2, note_revision, &text), 0);
	ck_assert_int_eq(sql->history->before(sql, "ABC1", 17, &end, 2, take_place, &place), 0);
	ck_assert_int_eq(sql->history->before(sql, "ABC1", 17, &place, 2, note_revision, &text), 0);
	ck_assert_int_eq(sql->history->before(sql, "ABC1", 17, &place, 2, take_place, &place), 0);
	ck_assert_int_eq(sql->history->before(sql, "ABC1", 17, &place, 2, note_revision, &text), 0);
	ck_assert_int_eq(
		sql->history->before(sql, "ABC1", CBX_NO_COUNT, &end, 2, note_revision, &text), 0);
	ck_assert_int_eq(sql->history->before(sql, "ABC2", 17, &end, 9, note_revision, &text), 0);
	sql_expect_text(&text, "4 3 1 5 2 4 6 ");
}
END_TEST

static void turn(const char *system, const char *status, const char *previous, int64_t at_ms)
{
	struct cbx_turn one = { strdup(system), status, previous, "push", at_ms };
	struct cbx_batch batch = { .turns = &one, .turn_count = 1 };
	int r = sql->ledger->record(sql, &sql_guard, &batch, sql_soon());

	ck_assert_msg(!r, "record: %d %s", r, sql->error);
	free(one.system);
}

static void expect_turns(int64_t after, const char *expected)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(sql->history->turns(sql, after, note, &text), 0);
	sql_expect_text(&text, expected);
}

static int check_time(void *user, const struct cbx_history_row *row)
{
	++*(int *)user;
	ck_assert_int_eq(row->at_ms, 1700000000123);
	ck_assert_int_eq(row->revision, CBX_NO_COUNT);
	return 0;
}

START_TEST(turns_are_rows_of_the_system)
{
	struct cbx_batch batch = { 0 };
	int64_t last = 0;
	int seen = 0;

	expect_turns(0, "");
	turn("ABC2", "online", NULL, 1700000000123);
	ck_assert_int_eq(sql->history->turns(sql, 0, check_time, &seen), 0);
	ck_assert_int_eq(seen, 1);
	turn("ABC1", "online", NULL, 0);
	turn("ABC1", "offline", "online", 0);
	ck_assert_int_eq(sql->history->turns(sql, 0, take_id, &last), 0);
	put(&batch, 17, "Running", 1, "answer", NULL);
	sql_record(&batch, 0);
	expect_turns(0, "ABC1 offline<online - push/- -\nABC2 online<- - push/- -\n");
	expect_page("ABC1", CBX_NO_COUNT, 0, 10,
		    "17 r1 Running<- user answer/- -\nABC1 offline<online - push/- -\n"
		    "ABC1 online<- - push/- -\n");
	/* the last of ABC2 has the lowest number */
	expect_turns(last, "ABC1 online<- - push/- -\nABC1 offline<online - push/- -\n");
}
END_TEST

static void expire(int64_t older_than, size_t limit, int64_t removed)
{
	int64_t gone = -1;
	int r = sql->history->expire(sql, &sql_guard, older_than, limit, &gone);

	ck_assert_msg(!r, "expire: %d %s", r, sql->error);
	ck_assert_int_eq(gone, removed);
}

START_TEST(old_rows_go_in_portions)
{
	struct cbx_guard old = { sql_guard.name, sql_guard.holder, sql_guard.epoch - 1 };
	struct cbx_batch batch = { 0 };
	int64_t gone = -1;

	turn("ABC1", "online", NULL, 1000);
	turn("ABC1", "offline", "online", 2000);
	turn("ABC2", "online", NULL, 3000);
	put(&batch, 17, "Running", 1, "answer", NULL);
	put(&batch, 17, "Paused", 2, "answer", NULL);
	put(&batch, 17, "Running", 3, "answer", NULL);
	sql_record(&batch, 0);
	expire(600, 100, 1);
	/* the last turns say since when the systems are what they are */
	expect_turns(0, "ABC1 offline<online - push/- -\nABC2 online<- - push/- -\n");
	ck_assert_int_eq(sql->history->expire(sql, &old, 0, 9, &gone), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(gone, -1);
	expire(600, 100, 0);
	expire(0, 4, 4);
	expire(0, 4, 1);
	expire(0, 4, 0);
}
END_TEST

START_TEST(an_older_database_gets_the_table)
{
	int applied = 0;

	/* as a version before it left it, which also lacks later indexes of other tables */
	sql_world->run("drop table job_history");
	sql_world->run("delete from chatterbox_migrations where number > 3");
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_int_gt(applied, 0);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
	turn("ABC1", "online", NULL, 0);
	sql_world->run("drop table job_history");
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(sql->error, "job_history"), "%s", sql->error);
}
END_TEST

void sql_suite_history(Suite *suite)
{
	const TTest *const tests[] = {
		each_change_is_a_row,
		pages_are_newest_first,
		a_failed_transaction_leaves_no_row,
		clean_up_is_a_row_and_keeps_the_others,
		times_are_in_order_whatever_the_ids_are,
		turns_are_rows_of_the_system,
		old_rows_go_in_portions,
		an_older_database_gets_the_table,
	};

	sql_add(suite, "history", tests, CBX_COUNT(tests));
}
