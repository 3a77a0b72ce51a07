// SPDX-License-Identifier: MIT
/* sql_suite_schema.c - migrations: twice, at once, over tables that exist; and what is refused */
#include "sql_suite.h"

#include <chatterbox/version.h>
#include <pthread.h>
#include <string.h>

static void expect_schema_error(const char *part, const char *other_part)
{
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strcasestr(sql->error, part) && strstr(sql->error, other_part), "%s",
		      sql->error);
}

START_TEST(migrating_twice_does_nothing)
{
	int applied = -1;

	ck_assert_int_eq(sql->ops->migrate(sql, &applied), 0);
	ck_assert_int_eq(applied, 0);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
	sql_expect("select count(*) from chatterbox_migrations where applied_at is null", "0");
}
END_TEST

struct migrant {
	struct cbx_sql *sql;
	int applied;
	int r;
};

static void *migrate(void *arg)
{
	struct migrant *migrant = arg;

	migrant->r = migrant->sql->ops->migrate(migrant->sql, &migrant->applied);
	return NULL;
}

START_TEST(two_instances_migrate_at_once)
{
	struct migrant both[2];
	pthread_t threads[2];
	size_t i;

	cbx_sql_free(sql);
	sql_world->reset();
	for (i = 0; i < 2; i++)
		both[i].sql = sql_open();
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, migrate, &both[i]), 0);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_msg(!both[i].r, "%s", both[i].sql->error);
	}
	/* one did all of it */
	ck_assert_int_eq(both[0].applied * both[1].applied, 0);
	ck_assert_int_gt(both[0].applied + both[1].applied, 0);
	ck_assert_int_eq(both[0].sql->ops->check_schema(both[0].sql), 0);
	sql = both[0].sql;
	cbx_sql_free(both[1].sql);
}
END_TEST

START_TEST(tables_that_exist_get_what_they_lack)
{
	struct cbx_batch batch = { 0 };
	struct cbx_text text = { 0 };
	int applied = 0;

	sql->ops->disconnect(sql);
	sql_world->reset();
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
	cbx_text_printf(&text,
			"create table status_monitor (colour text, system text not null, "
			"job_id %s not null, status text not null, primary key (system, job_id));"
			"insert into status_monitor values ('red', 'ABC1', 17, 'Running');"
			"create table server_conf (name text primary key, shape text)",
			sql_world->number);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
	sql_expect("select colour || system || origin || revision from status_monitor",
		   "redABC1ocd0");
	ck_assert_int_eq(sql->lease->take(sql, "leader", "me", 60, &sql_guard.epoch,
					  &(struct cbx_lease_state){ .epoch = 0 }),
			 0);
	sql_put(&batch, "ABC1", 17, "Paused", 1);
	sql_put(&batch, "ABC1", 18, "Paused", 1);
	sql_record(&batch, 0);
	sql_expect("select colour || status from status_monitor where job_id = 17", "redPaused");
}
END_TEST

START_TEST(absent_columns_are_named)
{
	sql_world->run("alter table status_monitor rename column percent_completed to percent");
	expect_schema_error("status_monitor.percent_completed", "absent");
	sql_world->run("alter table status_monitor rename column percent to percent_completed");
	ck_assert_int_eq(sql->ops->check_schema(sql), 0);
	sql_world->run("drop table recently_checked");
	/* "is absent", or among those of which there is "no table" */
	expect_schema_error("recently_checked", "");
}
END_TEST

START_TEST(other_types_are_named)
{
	struct cbx_text text = { 0 };

	sql_world->run("drop table recently_checked");
	sql_world->run("create table recently_checked (system text primary key, checked_at text)");
	expect_schema_error("recently_checked.checked_at is text", "needs ");
	sql_world->run("drop table recently_checked");
	cbx_text_printf(&text,
			"create table recently_checked (system %s primary key, checked_at %s)",
			sql_world->number, sql_world->time);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	expect_schema_error("recently_checked.system is ", "needs text");
	sql_world->run("drop table recently_checked");
	cbx_text_printf(&text,
			"create table recently_checked (system varchar(64) primary key, "
			"checked_at %s)",
			sql_world->time);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
}
END_TEST

START_TEST(missing_keys_are_named)
{
	struct cbx_text text = { 0 };

	sql_world->run("drop table recently_checked");
	cbx_text_printf(&text, "create table recently_checked (system text, checked_at %s)",
			sql_world->time);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	expect_schema_error("recently_checked (system)", "unique");
}
END_TEST

START_TEST(a_bad_migration_is_named_and_undone)
{
	struct cbx_sql *fresh;
	int applied = -1;

	sql->ops->disconnect(sql);
	sql_world->reset();
	/* the index on outbox (key, id) can't be made on this one */
	sql_world->run("create view outbox as select 1 as id");
	fresh = sql_open();
	ck_assert_int_eq(fresh->ops->migrate(fresh, &applied), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(fresh->error, "migration 1"), "%s", fresh->error);
	ck_assert_int_eq(applied, -1);
	sql_world->run("drop view outbox");
	ck_assert_msg(!fresh->ops->migrate(fresh, &applied), "%s", fresh->error);
	ck_assert_int_eq(fresh->ops->check_schema(fresh), 0);
	cbx_sql_free(fresh);
}
END_TEST

static void expect_refused(const char *part, const char *other_part)
{
	int applied = -1;

	ck_assert_int_eq(sql->ops->migrate(sql, &applied), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(sql->error, part) && strstr(sql->error, other_part), "%s", sql->error);
	ck_assert_int_eq(applied, -1);
}

START_TEST(each_migration_says_its_version)
{
	sql_expect("select count(*) from chatterbox_migrations where version is null or "
		   "version <> '" CHATTERBOX_VERSION_TEXT "' or older_works is null",
		   "0");
}
END_TEST

START_TEST(what_a_newer_version_made_is_refused)
{
	int applied = -1;

	/* one with which older versions can go on */
	sql_world->run("insert into chatterbox_migrations (number, name, version, older_works) "
		       "values (998, 'more', '9.8.0', 1)");
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_int_eq(applied, 0);
	sql_world->run("insert into chatterbox_migrations (number, name, version, older_works) "
		       "values (997, 'other keys', '9.7.0', 0)");
	expect_refused("997 (other keys)", "9.7.0");
	sql_world->run("update chatterbox_migrations set older_works = null where number = 998");
	expect_refused("998 (more)", "9.8.0");
}
END_TEST

START_TEST(what_nobody_can_know_is_refused)
{
	/* as a version before there were versions left it, but for a number that it never had */
	sql_world->run("drop table chatterbox_migrations");
	sql_world->run(
		"create table chatterbox_migrations (number integer primary key, name text)");
	sql_world->run(
		"insert into chatterbox_migrations (number, name) values (999, 'unheard of')");
	expect_refused("999 (unheard of)", "another version");
}
END_TEST

START_TEST(earlier_rows_get_the_columns_of_versions)
{
	struct cbx_text text = { 0 };
	int applied = 0;

	sql_world->run("drop table chatterbox_migrations");
	cbx_text_printf(
		&text,
		"create table chatterbox_migrations (number integer primary key, name text, "
		"applied_at %s)",
		sql_world->time);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	sql_world->run("insert into chatterbox_migrations (number, name) values (1, 'tables')");
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_int_gt(applied, 1);
	sql_expect("select count(*) from chatterbox_migrations where version is null", "1");
}
END_TEST

START_TEST(nothing_works_without_a_connection)
{
	struct cbx_text text = { 0 };
	struct cbx_batch batch = { 0 };
	int64_t number = 0;
	int count = 0;

	ck_assert(sql->ops->is_up(sql));
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
	sql->ops->disconnect(sql);
	sql->ops->disconnect(sql);
	ck_assert(!sql->ops->is_up(sql));
	ck_assert_int_eq(sql->ops->ping(sql), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(sql->ops->migrate(sql, &count), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_DOWN);
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, CHATTERBOX_E_DOWN);
	ck_assert_int_eq(sql->ledger->monitored(sql, sql_note_row, &text), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(sql->outbox->told(sql, &sql_guard, CBX_TO_BROKER, &number, 1),
			 CHATTERBOX_E_DOWN);
	ck_assert_int_eq(sql->lease->renew(sql, &sql_guard, 9), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), 0);
	ck_assert_int_eq(sql->ledger->resolve(sql, sql_soon()), 0);
	ck_assert_int_eq(sql->ops->ping(sql), 0);
	cbx_text_free(&text);
}
END_TEST

void sql_suite_schema(Suite *suite)
{
	const TTest *const tests[] = {
		migrating_twice_does_nothing,
		two_instances_migrate_at_once,
		tables_that_exist_get_what_they_lack,
		absent_columns_are_named,
		other_types_are_named,
		missing_keys_are_named,
		a_bad_migration_is_named_and_undone,
		each_migration_says_its_version,
		what_a_newer_version_made_is_refused,
		what_nobody_can_know_is_refused,
		earlier_rows_get_the_columns_of_versions,
		nothing_works_without_a_connection,
	};

	sql_add(suite, "schema", tests, CBX_COUNT(tests));
}
