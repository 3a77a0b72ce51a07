// SPDX-License-Identifier: MIT
/* sql_suite_rows.c - reading the record, and rows that OCD wrote under a padded name */
#include "sql_suite.h"

#include <string.h>

static void expect_rows(int (*read)(struct cbx_sql *, cbx_row_fn, void *), const char *expected)
{
	struct cbx_text text = { 0 };
	int r = read(sql, sql_note_row, &text);

	ck_assert_msg(!r, "%d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

static void insert(const char *system, int job_id)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into status_monitor (system, job_id, status, created_at) values "
			"('%s', %d, 'Queued', %s)",
			system, job_id, sql_world->past);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
}

START_TEST(rows_come_by_bytes_of_the_name)
{
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "b", 2, "Running", 2);
	sql_put(&batch, "Z", 10, "Running", 1);
	sql_put(&batch, "é", 1, "Running", 1);
	sql_put(&batch, "b", 10, "Running", 1);
	sql_put(&batch, "_", 1, "Running", 1)->job->origin = CBX_OCD;
	sql_record(&batch, 0);
	expect_rows(sql->ledger->monitored, "Z/10 Running user r1\n"
					    "_/1 Running ocd r1\n"
					    "b/2 Running user r2\n"
					    "b/10 Running user r1\n"
					    "é/1 Running user r1\n");
	expect_rows(sql->ledger->unreported, "");
}
END_TEST

static int check_full_row(void *user, const struct cbx_row *row)
{
	int64_t now = 0;

	ck_assert_int_eq(sql->ops->now(user, &now), 0);
	ck_assert_str_eq(row->job_type, "movie");
	ck_assert_str_eq(row->percent_completed, "42.5");
	ck_assert_str_eq(row->download_speed, "1.5M");
	ck_assert_int_eq(row->downloaded, 3);
	ck_assert_int_eq(row->total_files, CBX_NO_COUNT);
	ck_assert_int_lt(llabs(now - row->started_ms), 60000);
	ck_assert_int_lt(llabs(now - row->updated_ms), 60000);
	return 77;
}

START_TEST(rows_carry_everything)
{
	struct cbx_batch batch = { 0 };
	struct cbx_sql *other = sql_open();
	struct cbx_status *status = sql_put(&batch, "ABC1", 17, "Running", 1)->job->status;

	status->job_type = "movie";
	status->percent_text = "42.5";
	status->speed_text = "1.5M";
	status->downloaded = 3;
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_record(&batch, 0);
	/* what the callback returns stops the read and is passed on */
	ck_assert_int_eq(sql->ledger->monitored(sql, check_full_row, other), 77);
	ck_assert_int_eq(sql->ops->ping(sql), 0);
	cbx_sql_free(other);
}
END_TEST

/* Nobody reported this end: a reported end may still correct it, after a restart too */
START_TEST(an_errored_row_of_an_offline_system_is_inferred)
{
	struct cbx_batch batch = { 0 };
	struct cbx_change *change = sql_put(&batch, "ABC1", 17, "Errored", 2);

	change->error_code = "system_offline";
	change->error_message = "nobody heard of it";
	change = sql_put(&batch, "ABC1", 18, "Errored", 2);
	change->error_code = "errored";
	change->error_message = "it said so";
	sql_record(&batch, 0);
	expect_rows(sql->ledger->monitored, "ABC1/17 Errored user r2 inferred\n"
					    "ABC1/18 Errored user r2\n");
}
END_TEST

START_TEST(unreported_rows_are_those_of_revision_0)
{
	struct cbx_batch batch = { 0 };

	insert("ABC1", 17);
	insert("ABC1", 18);
	sql_put(&batch, "ABC1", 17, "Queued", 1);
	sql_record(&batch, 0);
	expect_rows(sql->ledger->unreported, "ABC1/18 Queued ocd r0\n");
	expect_rows(sql->ledger->monitored, "ABC1/17 Queued ocd r1\nABC1/18 Queued ocd r0\n");
	sql_expect("select count(*) from status_monitor where job_id = 17 and "
		   "created_at < updated_at",
		   "1");
}
END_TEST

START_TEST(padded_names_are_trimmed)
{
	struct cbx_batch batch = { 0 };

	insert(" ABC1\t", 17);
	insert("  ABC1", 17);
	insert("\xc2\xa0"
	       "ABC1\xef\xbb\xbf",
	       18);
	insert("bad/name", 1);
	expect_rows(sql->ledger->unreported, "ABC1/17 Queued ocd r0\nABC1/18 Queued ocd r0\n");
	/* the first record of the job puts one row in place of both, of the same age and origin */
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_put(&batch, "ABC1", 18, "Completed", 1)->table = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	expect_rows(sql->ledger->monitored, "ABC1/17 Running ocd r1\n");
	sql_expect("select count(*) from status_monitor", "2");
	sql_expect("select count(*) from status_monitor where system = 'ABC1' and "
		   "created_at < updated_at",
		   "1");
	sql_expect("select system || job_id || origin from completed_jobs where "
		   "started_at < completed_at",
		   "ABC118ocd");
}
END_TEST

START_TEST(padded_twin_of_a_known_job)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 } };
	struct cbx_text text = { 0 };
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Running", 5);
	sql_record(&batch, 0);
	/* OCD, too, starts to care for it, but writes the name padded */
	insert("ABC1 ", 17);
	expect_rows(sql->ledger->unreported, "");
	expect_rows(sql->ledger->monitored, "ABC1/17 Running ocd r5\n");
	ck_assert_int_eq(sql->ledger->ocd_jobs(sql, keys, 1, sql_note_row, &text), 0);
	sql_expect_text(&text, "ABC1/17 - - r0\n");
	sql_put(&batch, "ABC1", 17, "Paused", 6);
	sql_record(&batch, 0);
	sql_expect("select status || origin || revision from status_monitor", "Pausedocd6");
}
END_TEST

START_TEST(ocd_jobs_are_found)
{
	const struct cbx_job_key keys[] = {
		{ "ABC1", 17 }, { "ABC1", 18 }, { "ABC1", 19 }, { "ABC1", 20 }, { "ABC2", 17 },
	};
	struct cbx_text text = { 0 };
	struct cbx_batch batch = { 0 };

	insert("ABC1", 17);
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_put(&batch, "ABC1", 20, "Running", 1);
	sql_record(&batch, 0);
	sql_world->run("insert into scheduled_jobs (system, job_id) values (' ABC1 ', 19)");
	sql_world->run("insert into scheduled_jobs (system, job_id) values ('ABC1', 20)");
	sql_world->run("insert into scheduled_jobs (system, job_id) values ('ABC1', null)");
	ck_assert_int_eq(sql->ledger->ocd_jobs(sql, keys, 5, sql_note_row, &text), 0);
	sql_expect_text(&text, "ABC1/17 - - r0\nABC1/19 - - r0\nABC1/20 - - r0\n");
	ck_assert_int_eq(sql->ledger->ocd_jobs(sql, keys, 0, sql_note_row, &text), 0);
	sql_expect_text(&text, "");
	/* and kept, when the rows that said so are gone */
	ck_assert_int_eq(sql->ledger->keep_ocd(sql, &sql_guard, keys + 3, 2), 0);
	ck_assert_int_eq(sql->ledger->keep_ocd(sql, &sql_guard, keys, 0), 0);
	sql_world->run("delete from scheduled_jobs");
	ck_assert_int_eq(sql->ledger->ocd_jobs(sql, keys, 5, sql_note_row, &text), 0);
	sql_expect_text(&text, "ABC1/17 - - r0\nABC1/20 - - r0\n");
	sql_guard.epoch--;
	ck_assert_int_eq(sql->ledger->keep_ocd(sql, &sql_guard, keys, 3), CHATTERBOX_E_FENCED);
}
END_TEST

START_TEST(monitored_jobs_are_found)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 }, { "ABC2", 17 } };
	struct cbx_text text = { 0 };
	struct cbx_batch batch = { 0 };
	struct cbx_change *change = sql_put(&batch, "ABC1", 17, "Killed", 4);

	change->table = CBX_IN_COMPLETED;
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_put(&batch, "ABC3", 18, "Running", 1);
	sql_record(&batch, 0);
	sql_world->run("insert into status_monitor (system, job_id, status, revision) "
		       "values (' ABC2 ', 17, 'Paused', 5)");
	ck_assert_int_eq(sql->ledger->of_jobs(sql, keys, 3, sql_note_row, &text), 0);
	sql_expect_text(&text, "ABC1/18 Running user r1\nABC2/17 Paused ocd r5\n");
	ck_assert_int_eq(sql->ledger->of_jobs(sql, keys, 0, sql_note_row, &text), 0);
	sql_expect_text(&text, "");
}
END_TEST

START_TEST(ended_jobs_are_found)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 }, { "ABC2", 17 } };
	struct cbx_text text = { 0 };
	struct cbx_batch batch = { 0 };
	struct cbx_change *change = sql_put(&batch, "ABC1", 17, "Killed", 4);

	change->table = CBX_IN_COMPLETED;
	change->job->inferred = true;
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_record(&batch, 0);
	ck_assert_int_eq(sql->ledger->completed(sql, keys, 3, sql_note_row, &text), 0);
	sql_expect_text(&text, "ABC1/17 Killed user r4 inferred\n");
	ck_assert_int_eq(sql->directory->find_job(sql, "ABC1", 17, sql_note_row, &text), 0);
	ck_assert_int_eq(sql->directory->find_job(sql, "ABC1", 18, sql_note_row, &text), 0);
	ck_assert_int_eq(sql->directory->find_job(sql, "ABC1", 19, sql_note_row, &text), 1);
	ck_assert_int_eq(sql->directory->find_job(sql, "' or '1'='1", 17, sql_note_row, &text), 1);
	sql_expect_text(&text, "ABC1/17 Killed user r4 inferred\nABC1/18 Running user r1\n");
}
END_TEST

/* 0 is the past for those who look for old rows, so that absent ones must be seen as such */
static int note_times(void *text, const struct cbx_row *row)
{
	cbx_text_printf(text, "%lld %s %s\n", (long long)row->job_id,
			row->started_ms ? "started" : "-", row->updated_ms ? "updated" : "-");
	return 0;
}

static void insert_times(int job_id, const char *created, const char *updated)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into status_monitor (system, job_id, status, created_at, "
			"updated_at) values ('ABC1', %d, 'Queued', %s, %s)",
			job_id, created, updated);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
}

START_TEST(times_that_are_none_are_absent_and_counted)
{
	struct cbx_text text = { 0 };

	insert_times(1, sql_world->past, sql_world->now);
	insert_times(2, "'-infinity'", sql_world->now);
	insert_times(3, "'infinity'", "'infinity'");
	insert_times(4, sql_world->past, sql_world->beyond);
	insert_times(5, "null", sql_world->now);
	ck_assert_msg(!sql->ledger->unreported(sql, note_times, &text), "%s", sql->error);
	sql_expect_text(&text, "1 started updated\n2 - updated\n3 - -\n4 started -\n"
			       "5 - updated\n");
	ck_assert_uint_eq(sql->rejected_times, 4);
	ck_assert_str_eq(sql->rejected_time, "updated_at of ABC1/4");
	ck_assert_int_eq(sql->ledger->monitored(sql, note_times, &text), 0);
	ck_assert_int_eq(sql->directory->find_job(sql, "ABC1", 3, note_times, &text), 0);
	cbx_text_free(&text);
}
END_TEST

START_TEST(an_ended_job_may_have_no_times_and_no_status)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 } };
	struct cbx_text text = { 0 };

	sql_world->run("insert into completed_jobs (system, job_id, status, revision, started_at, "
		       "completed_at) values ('ABC1', 17, null, 3, '-infinity', 'infinity')");
	sql_world->run("insert into completed_jobs (system, job_id, status, revision) values "
		       "('ABC1', 18, 'Killed', 3)");
	ck_assert_msg(!sql->ledger->completed(sql, keys, 2, sql_note_row, &text), "%s", sql->error);
	ck_assert_ptr_nonnull(strstr(text.bytes, "ABC1/17 - "));
	ck_assert_ptr_nonnull(strstr(text.bytes, "ABC1/18 Killed "));
	ck_assert_uint_eq(sql->rejected_times, 2);
	cbx_text_free(&text);
}
END_TEST

/* A row that can't be written is no reason not to begin a round */
START_TEST(an_origin_that_can_not_be_kept_is_left_out)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 }, { "ABC1", 19 } };
	struct cbx_batch batch = { 0 };
	int i;

	for (i = 0; i < 3; i++)
		sql_put(&batch, "ABC1", 17 + i, i == 1 ? "Special" : "Running", 1);
	sql_record(&batch, 0);
	sql_world->run("create unique index only_user on status_monitor (origin) where "
		       "status = 'Special' or job_id = 5");
	sql_world->run("insert into status_monitor (system, job_id, status, origin, revision) "
		       "values ('ABC1', 5, 'Running', 'ocd', 1)");
	ck_assert_msg(!sql->ledger->keep_ocd(sql, &sql_guard, keys, 3), "%s", sql->error);
	sql_expect("select count(*) from status_monitor where origin = 'ocd' and job_id in (17, "
		   "19)",
		   "2");
	sql_expect("select origin from status_monitor where job_id = 18", "user");
	sql_world->run("drop index only_user");
}
END_TEST

void sql_suite_rows(Suite *suite)
{
	const TTest *const tests[] = {
		rows_come_by_bytes_of_the_name,
		rows_carry_everything,
		an_errored_row_of_an_offline_system_is_inferred,
		unreported_rows_are_those_of_revision_0,
		padded_names_are_trimmed,
		padded_twin_of_a_known_job,
		ocd_jobs_are_found,
		monitored_jobs_are_found,
		ended_jobs_are_found,
		times_that_are_none_are_absent_and_counted,
		an_ended_job_may_have_no_times_and_no_status,
		an_origin_that_can_not_be_kept_is_left_out,
	};

	sql_add(suite, "rows", tests, CBX_COUNT(tests));
}
