// SPDX-License-Identifier: MIT
/*
 * pg_orm.c - tables as an object-relational mapper makes them: narrow numbers, bounded texts, times
 * without a zone, row numbers for a key, and times that every insert must give
 */
#include "pg_faults.h"

#include "pg_kit.h"
#include "port/errors.h"

#include <errno.h>
#include <string.h>

#define STAMPS "\"createdAt\" timestamptz not null, \"updatedAt\" timestamptz not null"

/* What differs most: char for text, times without a zone, json */
static const char *const tables[] = {
	"create table status_monitor (id serial primary key, system char(64), job_id integer, "
	"job_type char(64), status char(64), percent_completed char(64), downloaded integer, "
	"total_files integer, download_speed varchar(64), origin char(64) not null default 'ocd', "
	"created_at timestamp default now(), updated_at timestamp, "
	"\"createdAt\" timestamp not null, \"updatedAt\" timestamp not null)",
	"create table completed_jobs (id serial primary key, system char(64), job_id integer, "
	"job_type varchar(255), status char(64), downloaded integer, total_files integer, "
	"origin char(64), started_at timestamp, completed_at timestamp, " STAMPS ")",
	"create table server_conf (id serial primary key, name varchar(255), info jsonb, " STAMPS
	")",
	"create table errors (id serial primary key, system char(64), job_id integer, "
	"job_type varchar(255), code char(64), message varchar(255), occurrences integer, "
	"first_seen timestamp, last_seen timestamp, " STAMPS ")",
	"create table recently_checked (id serial primary key, system varchar(255), "
	"checked_at timestamp, created_at timestamptz not null, updated_at timestamptz not null)",
	"create table content_server_access (id serial primary key, system varchar(255), "
	"access varchar(255), checked_at timestamp, error varchar(255), " STAMPS ")",
	"create table list_activation_schedule (id serial primary key, system char(64), "
	"list_id integer, activate_at timestamp, " STAMPS ")",
	"create table scheduled_jobs (id serial primary key, system char(64), job_id integer, "
	"info json, " STAMPS ")",
};

/* Every session is in a zone that is half an hour off the others */
static void make_orm_tables(void)
{
	struct cbx_lease_state held;
	int applied;
	size_t i;

	sql->ops->disconnect(sql);
	sql_world->reset();
	pg_run("do $$ begin execute format('alter database %I set timezone = %L', "
	       "current_database(), 'America/St_Johns'); end $$");
	for (i = 0; i < CBX_COUNT(tables); i++)
		pg_run(tables[i]);
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
	ck_assert_int_eq(sql->lease->take(sql, "leader", "me", 60, &sql_guard.epoch, &held), 0);
}

/* These expressions are all times of the last minute, or in UTC when they have no zone */
static void expect_now(const char *table, const char *zoned, const char *plain)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"select count(*) || ' ' || count(*) filter (where (%s) is not null and "
			"least(%s) > now() - interval '1 minute' and greatest(%s) <= now() "
			"and least(%s) > now() at time zone 'UTC' - interval '1 minute' and "
			"greatest(%s) <= now() at time zone 'UTC') from %s",
			zoned, zoned, zoned, plain, plain, table);
	sql_expect(text.bytes, "1 1");
	cbx_text_free(&text);
}

static int check_job(void *user, const struct cbx_row *row)
{
	int64_t now = cbx_wall(cbx_system_clock());
	int *seen = user;

	++*seen;
	ck_assert_str_eq(row->system, "ABC1");
	ck_assert_str_eq(row->status, "Paused");
	ck_assert_str_eq(row->job_type, "lists");
	ck_assert_str_eq(row->percent_completed, "42.5");
	ck_assert_int_eq(row->downloaded, CBX_NO_COUNT); /* beyond an integer */
	ck_assert_int_eq(row->total_files, 7);
	ck_assert_str_eq(row->origin, "ocd");
	ck_assert_int_lt(llabs(now - row->started_ms), 60000);
	ck_assert_int_lt(llabs(now - row->updated_ms), 60000);
	return 0;
}

static struct cbx_change *put_job(struct cbx_batch *batch, int64_t job_id, const char *text)
{
	struct cbx_change *change = sql_put(batch, "ABC1", job_id, text, 2);
	struct cbx_status *status = (struct cbx_status *)(uintptr_t)change->job->status;

	status->job_type = "lists";
	status->percent_text = "42.5";
	status->downloaded = 3000000000;
	status->total_files = 7;
	return change;
}

START_TEST(jobs_are_written_and_read)
{
	struct cbx_batch batch = { 0 };
	int seen = 0;

	make_orm_tables();
	pg_run("insert into status_monitor (system, job_id, status, \"createdAt\", \"updatedAt\") "
	       "values ('ABC1', 17, 'Queued', '2026-01-01', '2026-01-01'), "
	       "(null, 1, 'x', now(), now()), ('ABC1', null, 'x', now(), now())");
	pg_run("update status_monitor set created_at = now() at time zone 'UTC'");
	put_job(&batch, 17, "Paused");
	sql_record(&batch, 0);
	ck_assert_int_eq(sql->ledger->monitored(sql, check_job, &seen), 0);
	ck_assert_int_eq(sql->directory->find_job(sql, "ABC1", 17, check_job, &seen), 0);
	ck_assert_int_eq(seen, 2);
	ck_assert_int_eq(sql->directory->find_job(sql, "ABC1", INT64_C(1) << 40, check_job, &seen),
			 1);
	sql_expect("select \"createdAt\" = '2026-01-01' from status_monitor where job_id = 17",
		   "t");
	expect_now("status_monitor where job_id = 17", "now()", "updated_at, \"updatedAt\"");
	put_job(&batch, 17, "Completed")->table = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	expect_now(
		"completed_jobs where job_id = 17 and status = 'Completed' and downloaded is null",
		"\"createdAt\", \"updatedAt\"", "started_at, completed_at");
	ck_assert_int_eq(sql->directory->find_job(sql, "ABC1", INT64_C(1) << 40, check_job, &seen),
			 1);
}
END_TEST

START_TEST(an_id_beyond_an_integer_is_refused_for_good)
{
	struct cbx_batch batch = { 0 };

	make_orm_tables();
	put_job(&batch, INT64_C(1) << 40, "Paused");
	sql_record(&batch, -EBADMSG);
	put_job(&batch, 18, "Paused");
	sql_record(&batch, 0);
}
END_TEST

static int check_error(void *user, const struct cbx_error_row *row)
{
	(void)user;
	ck_assert_str_eq(row->system, "ABC1");
	ck_assert_str_eq(row->code, "disk_full");
	ck_assert_int_eq(row->occurrences, 2);
	ck_assert_uint_eq(strlen(row->message), 255);
	ck_assert_int_lt(llabs(cbx_wall(cbx_system_clock()) - row->last_seen_ms), 60000);
	return 0;
}

START_TEST(errors_are_cut_to_fit_and_expire_by_utc)
{
	char message[1000] = "";
	struct cbx_error_row row = { .system = "ABC1", .code = "disk_full", .message = message };
	int64_t removed = 0;

	make_orm_tables();
	memset(message, 'x', sizeof(message) - 1);
	row.job_id = 17;
	ck_assert_msg(!sql->errors->store(sql, &sql_guard, &row, 1), "%s", sql->error);
	ck_assert_msg(!sql->errors->store(sql, &sql_guard, &row, 1), "%s", sql->error);
	ck_assert_int_eq(sql->errors->page(sql, "ABC1", 0, 10, check_error, NULL), 0);
	expect_now("errors", "\"createdAt\", \"updatedAt\"", "first_seen, last_seen");
	ck_assert_int_eq(sql->errors->expire_errors(sql, &sql_guard, 1000, &removed), 0);
	ck_assert_int_eq(removed, 0);
	pg_run("update errors set last_seen = last_seen - interval '1001 s'");
	ck_assert_int_eq(sql->errors->expire_errors(sql, &sql_guard, 1000, &removed), 0);
	ck_assert_int_eq(removed, 1);
}
END_TEST

START_TEST(the_rest_is_written_and_read)
{
	const struct cbx_access_row access = { "ABC1", "ok", NULL };
	cbx_auto(cbx_freep) char *info = NULL;
	struct cbx_text text = { 0 };
	struct cbx_batch batch = { 0 };
	const char *checked[] = { "ABC1", "ABC1" };

	make_orm_tables();
	batch.checked = checked;
	batch.checked_count = 2;
	ck_assert_int_eq(sql->ledger->record(sql, &sql_guard, &batch, sql_soon()), 0);
	expect_now("recently_checked", "created_at, updated_at", "checked_at");
	ck_assert_int_eq(sql->errors->write_access(sql, &sql_guard, &access, 1), 0);
	expect_now("content_server_access", "\"createdAt\", \"updatedAt\"", "checked_at");
	ck_assert_int_eq(sql->directory->write_conf(sql, &sql_guard, "check_job_status_time", "7"),
			 0);
	expect_now("server_conf", "\"createdAt\", \"updatedAt\"", "updated_at at time zone 'UTC'");
	ck_assert_int_eq(sql->directory->read_conf(sql, "check_job_status_time", &info), 0);
	ck_assert_str_eq(info, "7");
	pg_run("insert into list_activation_schedule (system, activate_at, \"createdAt\", "
	       "\"updatedAt\") values ('ABC1', now() at time zone 'UTC' + interval '1 minute', "
	       "now(), now())");
	ck_assert_int_eq(sql->directory->next_activations(sql, sql_note_name, &text), 0);
	ck_assert_msg(text.len && !strncmp(text.bytes, "ABC1 ", 5), "no activation is ahead");
	cbx_text_free(&text);
}
END_TEST

START_TEST(rows_that_deny_a_unique_key_are_named)
{
	int applied = -1;

	sql->ops->disconnect(sql);
	sql_world->reset();
	pg_run("create table recently_checked (id serial primary key, system varchar(255)); "
	       "insert into recently_checked (system) values ('ABC1'), ('ABC1')");
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
	ck_assert_int_eq(sql->ops->migrate(sql, &applied), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(sql->error, "recently_checked (system)") &&
			      strstr(sql->error, "more than once"),
		      "%s", sql->error);
	pg_run("delete from recently_checked where id = 2");
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
}
END_TEST

void pg_suite_orm(Suite *suite)
{
	const TTest *const tests[] = {
		jobs_are_written_and_read,
		an_id_beyond_an_integer_is_refused_for_good,
		errors_are_cut_to_fit_and_expire_by_utc,
		the_rest_is_written_and_read,
		rows_that_deny_a_unique_key_are_named,
	};

	sql_add(suite, "orm", tests, CBX_COUNT(tests));
}
