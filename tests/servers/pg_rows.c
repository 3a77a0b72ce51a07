// SPDX-License-Identifier: MIT
/* pg_rows.c - one row of three that can't be written now, whatever others did to it: it is found,
 * and the other two are recorded without it; and what is no fault of a row */
#include "pg_faults.h"

#include "pg_kit.h"
#include "port/errors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIGGER(table, when, body)                                                            \
	"create function act() returns trigger language plpgsql as $$ begin " body " end $$;" \
	"create trigger act " when " on " table " for each row execute function act()"

enum outcome { REFUSED, LATER, ALL };

static const struct {
	const char *what;
	const char *before; /* done once */
	const char *held;   /* done by a transaction that stays open */
	enum outcome outcome;
	int result; /* of ALL */
} cases[] = {
	{ "a row is locked", NULL, "select from status_monitor where job_id = 18 for update", LATER,
	  0 },
	{ "a row is being changed", NULL,
	  "update status_monitor set origin = 'ocd' where job_id = 18", LATER, 0 },
	{ "the same row is being inserted", "delete from status_monitor where job_id = 18",
	  "insert into status_monitor (system, job_id, status) values ('ABC1', 18, 'Queued')",
	  LATER, 0 },
	{ "its end is locked",
	  "insert into completed_jobs (system, job_id, status) values ('ABC1', 20, 'Killed')",
	  "select from completed_jobs where job_id = 20 for update", LATER, 0 },
	{ "its error is locked",
	  "insert into errors (system, job_id, code) values ('ABC1', 21, 'disk')",
	  "select from errors where job_id = 21 for update", LATER, 0 },
	{ "its padded twin is locked",
	  "delete from status_monitor where job_id = 18; insert into status_monitor (system, "
	  "job_id, status) values (' ABC1', 18, 'Queued')",
	  "select from status_monitor where job_id = 18 for update", LATER, 0 },
	{ "a trigger takes too long",
	  TRIGGER("status_monitor", "before update",
		  "if new.job_id = 18 then perform pg_sleep(60); end if; return new;"),
	  NULL, LATER, 0 },
	{ "a trigger fails for one row",
	  TRIGGER("status_monitor", "before update",
		  "if new.job_id = 18 then perform from nowhere; end if; return new;"),
	  NULL, LATER, 0 },
	{ "a trigger raises",
	  TRIGGER("status_monitor", "before update",
		  "if new.job_id = 18 then raise 'no'; end if; return new;"),
	  NULL, REFUSED, 0 },
	{ "a trigger raises an error of its own",
	  TRIGGER("status_monitor", "after update",
		  "if new.job_id = 18 then raise 'no' using errcode = 'OCD01'; end if; return "
		  "new;"),
	  NULL, REFUSED, 0 },
	{ "a trigger leaves it out",
	  TRIGGER("status_monitor", "before update or insert",
		  "if new.job_id = 18 then return null; end if; return new;"),
	  NULL, REFUSED, 0 },
	{ "a trigger leaves an end out",
	  TRIGGER("completed_jobs", "before insert",
		  "if new.job_id = 20 then return null; end if; return new;"),
	  NULL, REFUSED, 0 },
	{ "a constraint that is deferred",
	  "create function act() returns trigger language plpgsql as $$ begin if new.job_id = 18 "
	  "then raise 'no'; end if; return new; end $$; create constraint trigger act after update "
	  "on status_monitor deferrable initially deferred for each row execute function act()",
	  NULL, REFUSED, 0 },
	{ "a check constraint",
	  "alter table status_monitor add check (job_id <> 18 or status <> 'Running')", NULL,
	  REFUSED, 0 },
	{ "a column that is too short", "alter table status_monitor alter job_type type varchar(8)",
	  NULL, REFUSED, 0 },
	{ "an id that is too large", "alter table errors alter job_id type integer", NULL, REFUSED,
	  0 },
	{ "row security",
	  "alter table status_monitor enable row level security; alter table status_monitor force "
	  "row "
	  "level security; create policy few on status_monitor to chx_app using (job_id <> 18)",
	  NULL, REFUSED, 0 },
	{ "a table is locked", NULL, "lock table status_monitor in exclusive mode", ALL,
	  CHATTERBOX_E_TIMEOUT },
	{ "a right is missing", "revoke update on status_monitor from chx_app", NULL, ALL,
	  CHATTERBOX_E_REFUSED },
	{ "a column is gone", "alter table errors rename occurrences to times", NULL, ALL,
	  CHATTERBOX_E_REFUSED },
	{ "no room is left",
	  TRIGGER("status_monitor", "before update",
		  "raise 'no space left on device' using errcode = '53100';"),
	  NULL, ALL, CHATTERBOX_E_REFUSED },
	{ "a trigger fails for every row",
	  TRIGGER("status_monitor", "before update", "perform from nowhere; return new;"), NULL,
	  ALL, CHATTERBOX_E_REFUSED },
};

static struct cbx_sql *app;
static PGconn *other;

static void set_up(void)
{
	struct cbx_postgres_options options = pg_options();

	sql_set_up();
	pg_run("do $$ begin if not exists (select 1 from pg_roles where rolname = 'chx_app') then "
	       "create role chx_app login; end if; end $$;"
	       "grant usage on schema public to chx_app;"
	       "grant select, insert, update, delete on all tables in schema public to chx_app;"
	       "grant usage on all sequences in schema public to chx_app;"
	       "insert into status_monitor (system, job_id, status, revision) select 'ABC1', n, "
	       "'Queued', 1 from generate_series(1, 60) as n");
	options.username = "chx_app";
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &app), 0);
	ck_assert_msg(!app->ops->connect(app, sql_soon()), "%s", app->error);
	other = pg_raw();
}

static void tear_down(void)
{
	PQfinish(other);
	cbx_sql_free(app);
	sql_tear_down();
}

/* Jobs 1 to 60: 18 runs with a type, 20 ends, 21 is errored, 22 is so large that errors can't hold
 * it; 17 and the like only run */
static void fill(struct cbx_batch *batch, bool large)
{
	const char *checked[] = { "ABC1" };
	int i;

	for (i = 1; i <= 60; i++) {
		struct cbx_change *change = sql_put(batch, "ABC1", i, "Running", 2);

		if (i == 18)
			change->job->status->job_type = "long enough";
		if (i == 20)
			change->table = CBX_IN_COMPLETED;
		if (i == 21)
			change->error_code = "disk";
	}
	if (large)
		sql_put(batch, "ABC1", (int64_t)1 << 40, "Errored", 1)->error_code = "disk";
	sql_put_event(batch, "ABC1/1", "ABC1/1/2");
	batch->checked = checked;
	batch->checked_count = 0;
}

static bool may_fail(const struct cbx_change *change)
{
	int64_t id = change->job->status->job_id;

	return id == 18 || id == 20 || id == 21 || id > 60;
}

static void expect_fault(const struct cbx_batch *batch, int r, size_t i)
{
	ck_assert_msg(r == -EBADMSG, "%s: %d %s", cases[i].what, r, app->error);
	ck_assert_msg(app->fault_count == 1, "%s: %zu faults, %s", cases[i].what, app->fault_count,
		      app->error);
	ck_assert_msg(may_fail(&batch->changes[app->faults[0].change]), "%s: job %lld",
		      cases[i].what,
		      (long long)batch->changes[app->faults[0].change].job->status->job_id);
	ck_assert_msg(app->faults[0].refused == (cases[i].outcome == REFUSED), "%s: %s",
		      cases[i].what, app->error);
	ck_assert_msg(*app->error, "%s", cases[i].what);
}

static void leave_out_fault(struct cbx_batch *batch)
{
	struct cbx_change *change = &batch->changes[app->faults[0].change];

	free(change->job->status);
	free(change->job);
	*change = batch->changes[--batch->change_count];
}

START_TEST(a_row_costs_itself_alone)
{
	size_t i = (size_t)_i;
	struct cbx_batch batch = { 0 };
	bool large = strstr(cases[i].what, "too large");
	uint64_t before;
	int r;

	if (cases[i].before)
		pg_run(cases[i].before);
	if (cases[i].held)
		PQclear(PQexec(other, "begin"));
	if (cases[i].held)
		PQclear(PQexec(other, cases[i].held));
	fill(&batch, large);
	before = cbx_now(cbx_system_clock());
	r = app->ledger->record(app, &sql_guard, &batch, before + 20 * CBX_SECOND);
	if (cases[i].held)
		ck_assert_msg(cbx_now(cbx_system_clock()) - before < 2 * CBX_SECOND,
			      "%s: it was waited for", cases[i].what);
	if (cases[i].outcome == ALL) {
		ck_assert_msg(r == cases[i].result, "%s: %d %s", cases[i].what, r, app->error);
		ck_assert_uint_eq(app->fault_count, 0);
	} else {
		expect_fault(&batch, r, i);
		sql_expect("select count(*) from outbox", "0");
		leave_out_fault(&batch);
		r = app->ledger->record(app, &sql_guard, &batch, sql_soon());
		ck_assert_msg(!r, "%s: %d %s", cases[i].what, r, app->error);
		sql_expect("select count(*) from outbox", "1");
		sql_expect("select (select count(*) from status_monitor where revision = 2) + "
			   "(select count(*) from completed_jobs where revision = 2)",
			   large ? "60" : "59");
	}
	sql_batch_free(&batch);
}
END_TEST

/* A help to the next leader, no more */
START_TEST(a_locked_row_of_recently_checked_hinders_nothing)
{
	const char *checked[] = { "ABC1", "ABC2" };
	struct cbx_batch batch = { .checked = checked, .checked_count = 2 };
	int r;

	pg_run("insert into recently_checked values ('ABC1', now() - interval '1 day')");
	PQclear(PQexec(other, "begin"));
	PQclear(PQexec(other, "select from recently_checked for update"));
	r = app->ledger->record(app, &sql_guard, &batch, sql_soon());
	ck_assert_msg(!r, "%d %s", r, app->error);
	sql_expect("select string_agg(system, ' ' order by checked_at) from recently_checked",
		   "ABC1 ABC2");
}
END_TEST

START_TEST(a_locked_row_of_access_or_errors_hinders_nothing)
{
	const struct cbx_access_row rows[] = { { "ABC1", "ok", NULL }, { "ABC2", "ok", NULL } };
	uint64_t before = cbx_now(cbx_system_clock());
	int64_t removed = 0;

	pg_run("insert into content_server_access (system, access) values ('ABC1', 'denied');"
	       "insert into errors (system, job_id, code, last_seen) values ('ABC1', 1, 'a', "
	       "now() - interval '1 day'), ('ABC1', 2, 'a', now() - interval '1 day')");
	PQclear(PQexec(other, "begin"));
	PQclear(PQexec(other, "select from content_server_access for update"));
	PQclear(PQexec(other, "select from errors where job_id = 1 for update"));
	ck_assert_msg(!app->errors->write_access(app, &sql_guard, rows, 2), "%s", app->error);
	sql_expect("select string_agg(system || access, ' ' order by system) from "
		   "content_server_access",
		   "ABC1denied ABC2ok");
	ck_assert_msg(!app->errors->expire_errors(app, &sql_guard, 60, &removed), "%s", app->error);
	ck_assert_int_eq(removed, 1);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - before, 2 * CBX_SECOND);
}
END_TEST

/* Errored jobs are cleared but for the one that somebody holds */
START_TEST(a_locked_row_is_cleared_later)
{
	const struct cbx_job_key keys[] = { { "ABC1", 17 }, { "ABC1", 18 }, { "ABC1", 19 } };
	struct cbx_text text = { 0 };

	PQclear(PQexec(other, "begin"));
	PQclear(PQexec(other, "select from status_monitor where job_id = 18 for update"));
	ck_assert_msg(!app->errors->clear_jobs(app, &sql_guard, keys, 3, 0, sql_note_row, &text),
		      "%s", app->error);
	sql_expect_text(&text, "ABC1/17 Queued ocd r1\nABC1/19 Queued ocd r1\n");
	sql_expect("select count(*) from status_monitor where job_id in (17, 18, 19)", "1");
	PQclear(PQexec(other, "rollback"));
	ck_assert_int_eq(app->errors->clear_jobs(app, &sql_guard, keys, 3, 0, sql_note_row, &text),
			 0);
	sql_expect_text(&text, "ABC1/18 Queued ocd r1\n");
}
END_TEST

/* Ours must hold what systems say; that of others is only read */
START_TEST(a_database_of_another_encoding)
{
	struct cbx_postgres_options options = pg_options();
	struct cbx_text text = { 0 };
	struct cbx_sql *latin = NULL;
	int applied = 0;

	PQclear(PQexec(other, "drop database if exists chx_latin with (force)"));
	PQclear(PQexec(other, "create database chx_latin encoding 'LATIN1' template template0 "
			      "lc_collate 'C' lc_ctype 'C'"));
	options.database = "chx_latin";
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &latin), 0);
	ck_assert_msg(!latin->ops->connect(latin, sql_soon()), "%s", latin->error);
	ck_assert_int_eq(latin->ops->migrate(latin, &applied), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(latin->error, "encoding is LATIN1"), "%s", latin->error);
	ck_assert_int_eq(latin->ops->check_schema(latin), CHATTERBOX_E_SCHEMA);
	ck_assert_int_eq(latin->directory->online_systems(latin, sql_note_name, &text), 1);
	{
		char port[16];
		const char *const keys[] = { "host", "port", "user", "dbname", NULL };
		const char *const values[] = { options.host, port, options.username, "chx_latin",
					       NULL };
		PGconn *conn;

		snprintf(port, sizeof(port), "%d", options.port);
		conn = PQconnectdbParams(keys, values, 0);
		PQclear(PQexec(conn, "create table connections (actor_id text); insert into "
				     "connections values (' ABC1 '), ('ABC2' || chr(160)), "
				     "(chr(228) || '1')"));
		PQfinish(conn);
	}
	ck_assert_msg(!latin->directory->online_systems(latin, sql_note_name, &text), "%s",
		      latin->error);
	sql_expect_text(&text, "ABC1\nABC2\n\u00e41\n");
	cbx_sql_free(latin);
	PQclear(PQexec(other, "drop database chx_latin with (force)"));
}
END_TEST

#define SCANS                                                                     \
	"select (select seq_scan from pg_stat_user_tables where relname = "       \
	"'completed_jobs') || ' ' || (select idx_scan from pg_stat_user_indexes " \
	"where indexrelname = 'completed_jobs_ended')"

static int connections(void)
{
	char *count = sql_world->ask("select count(*) from pg_stat_activity where "
				     "application_name = 'chatterbox-test'");
	int result = atoi(count);

	free(count);
	return result;
}

/* What a connection has counted is seen when it has ended. Return: scans of the table, of the
 * index. */
static void read_scans(int64_t *table, int64_t *of_index)
{
	int before = connections();
	char *scans;

	sql->ops->disconnect(sql);
	while (connections() >= before)
		;
	scans = sql_world->ask(SCANS);
	ck_assert_int_eq(sscanf(scans, "%" SCNd64 " %" SCNd64, table, of_index), 2);
	free(scans);
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
}

START_TEST(a_page_of_ended_jobs_reads_no_more_than_it_shows)
{
	const struct cbx_ended_place place = { 1800000000000, "S", 7 };
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	int64_t tables[2];
	int64_t indexes[2];

	pg_run("insert into completed_jobs (system, job_id, status, completed_at) select 'S', i, "
	       "'Killed', to_timestamp(1800000000 - i / 2) from generate_series(1, 30000) i");
	pg_run("analyze completed_jobs");
	read_scans(&tables[0], &indexes[0]);
	ck_assert_int_eq(sql->directory->ended_jobs(sql, &place, 2, sql_note_row, &text), 1);
	sql_expect_text(&text, "S/2 Killed user r0\nS/3 Killed user r0\n");
	read_scans(&tables[1], &indexes[1]);
	ck_assert_int_eq(tables[1], tables[0]);
	ck_assert_int_gt(indexes[1], indexes[0]);
}
END_TEST

void pg_suite_rows(Suite *suite)
{
	TCase *tcase = tcase_create("rows of others");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_row_costs_itself_alone, 0, (int)CBX_COUNT(cases));
	tcase_add_test(tcase, a_locked_row_of_recently_checked_hinders_nothing);
	tcase_add_test(tcase, a_locked_row_of_access_or_errors_hinders_nothing);
	tcase_add_test(tcase, a_locked_row_is_cleared_later);
	tcase_add_test(tcase, a_page_of_ended_jobs_reads_no_more_than_it_shows);
	tcase_add_test(tcase, a_database_of_another_encoding);
	suite_add_tcase(suite, tcase);
}
