// SPDX-License-Identifier: MIT
/* sql_suite_clearing.c - clean-up: jobs that leave status_monitor without a report, and rows that
 * expire */
#include "port/errors.h"

#include "sql_suite.h"

#include <stdio.h>
#include <string.h>

static void put_back(const char *column, const char *where)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text, "update %s = %s where %s", column, sql_world->past, where);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
}

static void age(const char *where)
{
	put_back("status_monitor set updated_at", where);
}

static void clear(const struct cbx_job_key *keys, size_t count, int64_t older_than,
		  const char *told)
{
	struct cbx_text text = { 0 };
	int r = sql->errors->clear_jobs(sql, &sql_guard, keys, count, older_than, sql_note_row,
					&text);

	ck_assert_msg(!r, "clear_jobs: %d %s", r, sql->error);
	sql_expect_text(&text, told);
}

static int check_row(void *user, const struct cbx_row *row)
{
	++*(int *)user;
	ck_assert_str_eq(row->job_type, "movie");
	ck_assert_str_eq(row->percent_completed, "42.5");
	ck_assert_int_eq(row->downloaded, 3);
	ck_assert_int_eq(row->total_files, CBX_NO_COUNT);
	ck_assert_str_eq(row->download_speed, "1.5M");
	ck_assert_int_gt(row->started_ms, 0);
	ck_assert_int_gt(row->updated_ms, row->started_ms);
	return 42;
}

START_TEST(cleared_jobs_keep_what_they_were)
{
	const struct cbx_job_key key = { "ABC1", 17 };
	struct cbx_batch batch = { 0 };
	struct cbx_status *status = sql_put(&batch, "ABC1", 17, "Errored", 5)->job->status;
	struct cbx_text text = { 0 };
	int told = 0;

	status->job_type = "movie";
	status->percent_text = "42.5";
	status->speed_text = "1.5M";
	status->downloaded = 3;
	sql_record(&batch, 0);
	put_back("status_monitor set created_at", "job_id = 17");
	/* what each() says comes back, after the job is gone */
	ck_assert_int_eq(sql->errors->clear_jobs(sql, &sql_guard, &key, 1, 0, check_row, &told),
			 42);
	ck_assert_int_eq(told, 1);
	sql_expect("select count(*) from status_monitor", "0");
	sql_expect("select system || '|' || job_id || '|' || job_type || '|' || status || '|' || "
		   "downloaded || '|' || coalesce(cast(total_files as text), '-') || '|' || origin "
		   "|| '|' || revision from completed_jobs",
		   "ABC1|17|movie|Errored|3|-|user|5");
	cbx_text_printf(&text,
			"select count(*) from completed_jobs where started_at <= %s and "
			"completed_at > %s and not cast(inferred as %s)",
			sql_world->past, sql_world->past,
			strcmp(sql_world->number, "integer") ? "boolean" : "integer");
	sql_expect(text.bytes, "1");
	cbx_text_free(&text);
	/* no event, no error */
	sql_expect("select (select count(*) from outbox) + (select count(*) from errors)", "0");
}
END_TEST

START_TEST(younger_and_unknown_jobs_stay)
{
	const struct cbx_job_key keys[] = {
		{ "ABC2", 1 },  { "ABC1", 17 }, { "ABC1", 18 }, { "ABC1", 17 },
		{ "ABC1", 77 }, { "ABC9", 17 }, { "ABC1", 19 },
	};
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Errored", 2);
	sql_put(&batch, "ABC1", 18, "Errored", 2);
	sql_put(&batch, "ABC1", 19, "Running", 1)->job->origin = CBX_OCD;
	sql_put(&batch, "ABC1", 20, "Errored", 2);
	sql_put(&batch, "ABC2", 1, "Errored", 3);
	sql_record(&batch, 0);
	age("job_id in (1, 17, 20)");
	clear(keys, CBX_COUNT(keys), 600, "");
	clear(keys, CBX_COUNT(keys), INT64_MAX, "");
	clear(NULL, 0, 0, "");
	sql_expect("select count(*) from status_monitor", "5");
	/* in order, each once */
	clear(keys, CBX_COUNT(keys), 30, "ABC1/17 Errored user r2\nABC2/1 Errored user r3\n");
	sql_expect("select count(*) from status_monitor", "3");
	/* whatever their age, and whatever they do */
	clear(keys, CBX_COUNT(keys), 0, "ABC1/18 Errored user r2\nABC1/19 Running ocd r1\n");
	sql_expect("select job_id from status_monitor", "20");
	sql_expect("select count(*) from completed_jobs", "4");
	clear(keys, CBX_COUNT(keys), 0, "");
	/* the revision goes on from there */
	sql_put(&batch, "ABC1", 17, "Running", 3)->returned = true;
	sql_record(&batch, 0);
}
END_TEST

START_TEST(padded_rows_go_too)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 }, { "ABC1", 19 } };
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Errored", 2);
	sql_record(&batch, 0);
	sql_world->run("insert into status_monitor (system, job_id, status, origin) values "
		       "(' ABC1', 17, 'New', 'ocd'), ('ABC1\t', 18, 'New', 'user'), "
		       "('ABC1 ', 20, 'New', 'ocd')");
	clear(keys, CBX_COUNT(keys), 0, "ABC1/17 Errored ocd r2\nABC1/18 New user r0\n");
	sql_expect("select job_id from status_monitor", "20");
	sql_expect("select system || status || origin || revision from completed_jobs where "
		   "job_id = 17",
		   "ABC1Erroredocd2");
}
END_TEST

START_TEST(rows_behind_their_end_stay)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 } };
	struct cbx_batch batch = { 0 };

	/* OCD inserts a job again that has ended: the next report continues its revision */
	sql_put(&batch, "ABC1", 17, "Completed", 4)->table = CBX_IN_COMPLETED;
	sql_put(&batch, "ABC1", 18, "Errored", 1);
	sql_record(&batch, 0);
	sql_world->run("insert into status_monitor (system, job_id, status) "
		       "values ('ABC1', 17, 'New')");
	clear(keys, CBX_COUNT(keys), 0, "ABC1/18 Errored user r1\n");
	sql_expect("select job_id || status from status_monitor", "17New");
	sql_expect("select status || revision from completed_jobs where job_id = 17", "Completed4");
}
END_TEST

static int count_row(void *user, const struct cbx_row *row)
{
	(void)row;
	++*(int *)user;
	return 0;
}

START_TEST(takes_many_keys)
{
	static struct cbx_job_key keys[5000];
	struct cbx_batch batch = { 0 };
	int told = 0;
	int i;
	int r;

	for (i = 0; i < 5000; i++) {
		/* against the order of keys */
		keys[i] = (struct cbx_job_key){ i % 2 ? "ABC1" : "ABC2", (i * 3001) % 5000 };
		sql_put(&batch, keys[i].system, keys[i].job_id, "Errored", 2);
	}
	sql_put(&batch, "ABC3", 1, "Errored", 2);
	sql_record(&batch, 0);
	age("job_id < 4000");
	r = sql->errors->clear_jobs(sql, &sql_guard, keys, 5000, 30, count_row, &told);
	ck_assert_msg(!r, "%d %s", r, sql->error);
	ck_assert_int_eq(told, 4000);
	sql_expect("select count(*) from status_monitor", "1001");
	sql_expect("select count(*) from completed_jobs where job_id < 4000 and revision = 2",
		   "4000");
}
END_TEST

static int never(void *user, const struct cbx_row *row)
{
	(void)user;
	ck_abort_msg("%s/%lld was told", row->system, (long long)row->job_id);
	return -1;
}

START_TEST(held_lock_clears_nothing)
{
	const struct cbx_job_key key = { "ABC1", 17 };
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Errored", 2);
	sql_record(&batch, 0);
	sql_world->hold();
	ck_assert_int_eq(sql->errors->clear_jobs(sql, &sql_guard, &key, 1, 0, never, NULL),
			 CHATTERBOX_E_TIMEOUT);
	sql_world->release();
	sql_expect("select job_id from status_monitor", "17");
	sql_expect("select count(*) from completed_jobs", "0");
	clear(&key, 1, 0, "ABC1/17 Errored user r2\n");
}
END_TEST

static void expire(int (*run)(struct cbx_sql *, const struct cbx_guard *, int64_t, int64_t *),
		   int64_t older_than, int64_t expected)
{
	int64_t removed = -1;
	int r = run(sql, &sql_guard, older_than, &removed);

	ck_assert_msg(!r, "expire: %d %s", r, sql->error);
	ck_assert_int_eq(removed, expected);
}

START_TEST(old_rows_expire)
{
	const struct cbx_error_row errors[] = {
		{ .system = "ABC1", .job_id = 1, .code = "disk" },
		{ .system = "ABC1", .job_id = 2, .code = "disk" },
		{ .system = "ABC1", .job_id = 3, .code = "disk" },
	};
	struct cbx_batch batch = { 0 };
	int i;

	for (i = 1; i <= 3; i++)
		sql_put(&batch, "ABC1", i, "Killed", 1)->table = CBX_IN_COMPLETED;
	ck_assert_int_eq(sql->errors->store(sql, &sql_guard, errors, CBX_COUNT(errors)), 0);
	sql_record(&batch, 0);
	/* seen a minute ago; first seen then, and again just now */
	put_back("errors set first_seen", "job_id < 3");
	put_back("errors set last_seen", "job_id = 1");
	put_back("completed_jobs set completed_at", "job_id = 1");
	expire(sql->errors->expire_errors, 600, 0);
	expire(sql->errors->expire_errors, INT64_MAX, 0);
	expire(sql->errors->expire_errors, 30, 1);
	sql_expect("select min(job_id) from errors", "2");
	expire(sql->errors->expire_completed, 600, 0);
	expire(sql->errors->expire_completed, INT64_MAX, 0);
	expire(sql->errors->expire_completed, 30, 1);
	sql_expect("select min(job_id) from completed_jobs", "2");
	expire(sql->errors->expire_errors, 0, 2);
	expire(sql->errors->expire_completed, 0, 2);
}
END_TEST

START_TEST(many_rows_expire)
{
	int64_t removed = -1;
	int64_t sum = 0;
	int calls;

	sql_world->run("with recursive n(i) as (select 1 union all select i + 1 from n where "
		       "i < 12000) insert into completed_jobs (system, job_id, revision) "
		       "select 'ABC1', i, 1 from n");
	put_back("completed_jobs set completed_at", "job_id > 1000");
	/* in as many calls as it takes */
	for (calls = 0; removed && calls < 20; calls++) {
		ck_assert_int_eq(sql->errors->expire_completed(sql, &sql_guard, 30, &removed), 0);
		sum += removed;
	}
	ck_assert_int_eq(sum, 11000);
	sql_expect("select max(job_id) from completed_jobs", "1000");
}
END_TEST

static int note_key(void *user, const struct cbx_row *row)
{
	cbx_text_printf(user, "%s/%lld ", row->system, (long long)row->job_id);
	return 0;
}

START_TEST(what_would_go_stays)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 }, { "XYZ", 1 } };
	const struct cbx_error_row errors[] = {
		{ .system = "ABC1", .job_id = 17, .code = "a", .message = "a" },
		{ .system = "ABC1", .job_id = 17, .code = "b", .message = "b" },
		{ .system = "ABC1", .job_id = CBX_NO_COUNT, .code = "a", .message = "a" },
		{ .system = "XYZ", .job_id = 17, .code = "a", .message = "a" },
	};
	struct cbx_batch batch = { 0 };
	struct cbx_text text = { 0 };
	int64_t count = -1;

	sql_put(&batch, "ABC1", 17, "Errored", 5);
	sql_put(&batch, "ABC1", 18, "Errored", 2);
	sql_record(&batch, 0);
	age("job_id = 17");
	ck_assert_int_eq(sql->errors->clearable(sql, &sql_guard, keys, 3, 30, note_key, &text),
			 0);
	sql_expect_text(&text, "ABC1/17 ");
	sql_expect("select count(*) from status_monitor", "2");
	sql_expect("select count(*) from completed_jobs", "0");
	ck_assert_int_eq(sql->errors->store(sql, &sql_guard, errors, CBX_COUNT(errors)), 0);
	ck_assert_int_eq(sql->errors->count_of(sql, keys, 3, &count), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(sql->errors->count_of(sql, keys, 0, &count), 0);
	ck_assert_int_eq(count, 0);
}
END_TEST

void sql_suite_clearing(Suite *suite)
{
	const TTest *const tests[] = {
		cleared_jobs_keep_what_they_were,
		younger_and_unknown_jobs_stay,
		padded_rows_go_too,
		rows_behind_their_end_stay,
		takes_many_keys,
		what_would_go_stays,
		held_lock_clears_nothing,
		old_rows_expire,
		many_rows_expire,
	};

	sql_add(suite, "clearing", tests, CBX_COUNT(tests));
}
