// SPDX-License-Identifier: MIT
/* pg_setting.c - roles without rights, the host's environment, time zones, wrong passwords */
#include "pg_faults.h"

#include "pg_kit.h"

#include <stdio.h>
#include <string.h>

static struct cbx_sql *open_as(const char *user)
{
	struct cbx_postgres_options options = pg_options();
	struct cbx_sql *made = NULL;

	options.username = user;
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &made), 0);
	ck_assert_msg(!made->ops->connect(made, sql_soon()), "%s", made->error);
	return made;
}

static void make_role(void)
{
	pg_run("do $$ begin if not exists (select 1 from pg_roles where rolname = 'chx_app') then "
	       "create role chx_app login; end if; end $$;"
	       "revoke create on schema public from public;"
	       "grant usage on schema public to chx_app");
}

START_TEST(a_role_without_ddl)
{
	struct cbx_sql *app;
	struct cbx_batch batch = { 0 };
	int applied = -1;

	make_role();
	pg_run("grant select, insert, update, delete on all tables in schema public to chx_app;"
	       "grant usage on all sequences in schema public to chx_app");
	/* all is applied already: it needs no more than that */
	app = open_as("chx_app");
	ck_assert_msg(!app->ops->migrate(app, &applied), "%s", app->error);
	ck_assert_int_eq(applied, 0);
	ck_assert_msg(!app->ops->check_schema(app), "%s", app->error);
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
	ck_assert_msg(!app->ledger->record(app, &sql_guard, &batch, sql_soon()), "%s", app->error);
	/* a right that is missing is named */
	pg_run("revoke insert on outbox from chx_app");
	batch.change_count--;
	free(batch.changes[0].job->status);
	free(batch.changes[0].job);
	ck_assert_int_eq(app->ledger->record(app, &sql_guard, &batch, sql_soon()),
			 CHATTERBOX_E_REFUSED);
	ck_assert_msg(strstr(app->error, "42501") && strstr(app->error, "outbox"), "%s",
		      app->error);
	sql_batch_free(&batch);
	cbx_sql_free(app);
}
END_TEST

START_TEST(a_pending_migration_that_the_role_may_not_run)
{
	struct cbx_sql *app;
	int applied = -1;

	sql->ops->disconnect(sql);
	sql_world->reset();
	make_role();
	app = open_as("chx_app");
	ck_assert_int_eq(app->ops->migrate(app, &applied), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(app->error, "migration 1 (tables)") && strstr(app->error, "42501"),
		      "%s", app->error);
	ck_assert_int_eq(applied, -1);
	cbx_sql_free(app);
}
END_TEST

/* Each right that is taken away, alone, is found before anything is done, and named */
static const struct {
	const char *what, *named;
} rights[] = {
	{ "select on chatterbox_migrations", "chatterbox_migrations" },
	{ "insert on status_monitor", "status_monitor" },
	{ "update on completed_jobs", "completed_jobs" },
	{ "delete on errors", "errors" },
	{ "delete on outbox", "outbox" },
	{ "update on lease", "lease" },
	{ "select on scheduled_jobs", "scheduled_jobs" },
	{ "usage on sequence errors_id_seq", "errors.id" },
	{ "usage on sequence recently_checked_number_seq", "recently_checked.number" },
};

START_TEST(a_right_that_is_missing_is_a_difference)
{
	struct cbx_sql *app;
	char text[128];
	int applied;
	size_t i;
	int r;

	make_role();
	pg_run("alter table recently_checked add number serial"); /* as an ORM numbers rows */
	for (i = 0; i < CBX_COUNT(rights); i++) {
		pg_run("grant select, insert, update, delete on all tables in schema public to "
		       "chx_app; grant usage on all sequences in schema public to chx_app");
		snprintf(text, sizeof(text), "revoke %s from chx_app", rights[i].what);
		pg_run(text);
		app = open_as("chx_app");
		r = app->ops->migrate(app, &applied);
		if (!r)
			r = app->ops->check_schema(app);
		ck_assert_msg(r == CHATTERBOX_E_SCHEMA, "%s: %d", text, r);
		ck_assert_msg(strstr(app->error, rights[i].named), "%s: %s", text, app->error);
		cbx_sql_free(app);
	}
}
END_TEST

/* Every row of ours would fail */
START_TEST(a_column_that_must_be_given_and_is_not_ours)
{
	pg_run("alter table status_monitor add colour text not null");
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(sql->error, "status_monitor.colour is not null"), "%s", sql->error);
	pg_run("alter table status_monitor alter colour set default 'red'");
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
	pg_run("alter table completed_jobs add \"createdAt\" bigint not null");
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(sql->error, "completed_jobs.createdAt is not null"), "%s", sql->error);
	pg_run("alter table completed_jobs drop \"createdAt\"");
	pg_run("alter table errors alter id drop default");
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(sql->error, "errors.id is not null"), "%s", sql->error);
	/* somebody fills it in */
	pg_run("create function fill() returns trigger language plpgsql as $$ begin "
	       "new.id := 1; return new; end $$;"
	       "create trigger fill before insert on errors for each row execute function fill()");
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
}
END_TEST

START_TEST(the_environment_changes_nothing)
{
	static const char *const variables[][2] = {
		{ "PGHOST", "192.0.2.1" },
		{ "PGHOSTADDR", "192.0.2.1" },
		{ "PGPORT", "1" },
		{ "PGDATABASE", "nowhere" },
		{ "PGUSER", "nobody" },
		{ "PGPASSWORD", "x" },
		{ "PGSSLMODE", "verify-full" },
		{ "PGOPTIONS", "-c search_path=nowhere" },
		{ "PGTZ", "Asia/Tokyo" },
		{ "PGDATESTYLE", "German" },
		{ "PGAPPNAME", "other" },
		{ "PGCLIENTENCODING", "LATIN1" },
		{ "PGREQUIREPEER", "nobody" },
		{ "PGTARGETSESSIONATTRS", "read-only" },
		{ "PGCHANNELBINDING", "require" },
	};
	struct cbx_text text = { 0 };
	struct cbx_batch batch = { 0 };
	struct cbx_sql *other;
	int64_t now = 0;
	size_t i;

	for (i = 0; i < CBX_COUNT(variables); i++)
		setenv(variables[i][0], variables[i][1], 1);
	other = sql_open();
	for (i = 0; i < CBX_COUNT(variables); i++)
		unsetenv(variables[i][0]);
	sql_put(&batch, "Ä1", 17, "Läuft", 1);
	ck_assert_int_eq(other->ledger->record(other, &sql_guard, &batch, sql_soon()), 0);
	sql_batch_free(&batch);
	ck_assert_int_eq(other->ledger->monitored(other, sql_note_row, &text), 0);
	sql_expect_text(&text, "Ä1/17 Läuft user r1\n");
	ck_assert_int_eq(other->ops->now(other, &now), 0);
	ck_assert_int_lt(llabs(now - cbx_wall(cbx_system_clock())), 60000);
	sql_expect("select count(*) from pg_stat_activity where application_name = "
		   "'chatterbox-test' and state = 'idle'",
		   "2");
	cbx_sql_free(other);
}
END_TEST

static int check_time(void *user, const struct cbx_row *row)
{
	(void)user;
	ck_assert_int_eq(row->started_ms, 1774833296789);
	ck_assert_int_eq(row->updated_ms, 253402300799000);
	return 0;
}

START_TEST(times_are_milliseconds_in_any_zone)
{
	pg_run("insert into status_monitor (system, job_id, status, created_at, updated_at) values "
	       "('ABC1', 17, 'Running', '2026-03-30 03:14:56.789+02', '9999-12-31 23:59:59+00')");
	pg_run("alter role current_user set timezone = 'America/St_Johns'");
	sql->ops->disconnect(sql);
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
	ck_assert_int_eq(sql->ledger->monitored(sql, check_time, NULL), 0);
	pg_run("alter role current_user reset timezone");
}
END_TEST

START_TEST(a_refused_connection_says_why)
{
	struct cbx_postgres_options options = pg_options();
	struct cbx_sql *wrong = NULL;

	options.database = "it's \\ nowhere";
	options.password = "secret-canary";
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &wrong), 0);
	ck_assert_int_eq(wrong->ops->connect(wrong, sql_soon()), CHATTERBOX_E_DOWN);
	ck_assert_msg(strstr(wrong->error, "it's \\ nowhere"), "%s", wrong->error);
	ck_assert_ptr_null(strstr(wrong->error, "canary"));
	ck_assert_ptr_null(strchr(wrong->error, '\n'));
	cbx_sql_free(wrong);
}
END_TEST

static struct cbx_sql *open_in(const char *schema)
{
	struct cbx_postgres_options options = pg_options();
	struct cbx_sql *made = NULL;

	options.schema = schema;
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &made), 0);
	ck_assert_msg(!made->ops->connect(made, sql_soon()), "%s", made->error);
	return made;
}

#define SCHEMA "OCD's \"own\" schema"
#define QUOTED "\"OCD's \"\"own\"\" schema\""

START_TEST(all_tables_are_in_the_schema)
{
	struct cbx_guard guard = { "leader", "me", 0 };
	struct cbx_lease_state held;
	struct cbx_batch batch = { 0 };
	struct cbx_sql *there;
	int applied = 0;

	/* what is in public is not looked at: neither its tables nor that they are all there */
	pg_run("create schema " QUOTED "; create table public.connections (actor_id text)");
	there = open_in(SCHEMA);
	ck_assert_msg(!there->ops->migrate(there, &applied), "%s", there->error);
	ck_assert_int_gt(applied, 0);
	ck_assert_msg(!there->ops->check_schema(there), "%s", there->error);
	ck_assert_int_eq(there->lease->take(there, "leader", "me", 60, &guard.epoch, &held), 0);
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
	ck_assert_msg(!there->ledger->record(there, &guard, &batch, sql_soon()), "%s", there->error);
	sql_batch_free(&batch);
	sql_expect("select count(*) from " QUOTED ".status_monitor", "1");
	sql_expect("select count(*) from " QUOTED ".outbox", "1");
	sql_expect("select count(*) from public.status_monitor", "0");
	ck_assert_ptr_nonnull(strstr(there->where, "." SCHEMA));
	cbx_sql_free(there);
	pg_run("drop schema " QUOTED " cascade");
}
END_TEST

START_TEST(a_schema_that_is_not_there_is_named)
{
	struct cbx_sql *there = open_in("ocd");
	int applied = -1;

	ck_assert_int_eq(there->ops->migrate(there, &applied), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(there->error, "schema \"ocd\""), "%s", there->error);
	cbx_sql_free(there);
	sql_expect("select count(*) from pg_namespace where nspname = 'ocd'", "0");
}
END_TEST

START_TEST(synchronous_commit_is_never_off)
{
	pg_run("alter role current_user set synchronous_commit = off");
	pg_run("create table seen (value text); create function note() returns trigger "
	       "language plpgsql as $$ begin insert into seen values "
	       "(current_setting('synchronous_commit')); return new; end $$;"
	       "create trigger note before insert on status_monitor for each row "
	       "execute function note()");
	sql->ops->disconnect(sql);
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
	{
		struct cbx_batch batch = { 0 };

		sql_put(&batch, "ABC1", 17, "Running", 1);
		sql_record(&batch, 0);
	}
	pg_run("alter role current_user reset synchronous_commit");
	sql_expect("select value from seen", "on");
}
END_TEST

void pg_suite_setting(Suite *suite)
{
	const TTest *const tests[] = {
		a_role_without_ddl,
		a_pending_migration_that_the_role_may_not_run,
		a_right_that_is_missing_is_a_difference,
		a_column_that_must_be_given_and_is_not_ours,
		the_environment_changes_nothing,
		times_are_milliseconds_in_any_zone,
		a_refused_connection_says_why,
		all_tables_are_in_the_schema,
		a_schema_that_is_not_there_is_named,
		synchronous_commit_is_never_off,
	};

	sql_add(suite, "setting", tests, CBX_COUNT(tests));
}
