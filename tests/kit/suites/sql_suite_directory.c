// SPDX-License-Identifier: MIT
/* sql_suite_directory.c - look-ups in OCD's tables, and the settings kept in SQL */
#include "sql_suite.h"

#include <stdio.h>
#include <string.h>

static void expect_names(int (*read)(struct cbx_sql *, cbx_name_fn, void *), const char *expected)
{
	struct cbx_text text = { 0 };
	int r = read(sql, sql_note_name, &text);

	ck_assert_msg(!r, "%d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

START_TEST(connections_say_who_is_online)
{
	struct cbx_text text = { 0 };

	/* a table that others make: absent at first, and we never make it */
	ck_assert_int_eq(sql->directory->online_systems(sql, sql_note_name, &text), 1);
	sql_world->run("create table connections (actor_id text, since text)");
	expect_names(sql->directory->online_systems, "");
	sql_world->run("insert into connections values ('ABC2', ''), (' ABC1 ', ''), (null, ''), "
		       "('ABC1', ''), ('', ''), ('no/name', ''), ('ABC2\n', '')");
	expect_names(sql->directory->online_systems, "ABC1\nABC2\n");
	sql_world->run("alter table connections rename to links");
	ck_assert_int_eq(sql->directory->online_systems(sql, sql_note_name, &text), 1);
	sql_world->run("create view connections as select actor_id from links");
	expect_names(sql->directory->online_systems, "ABC1\nABC2\n");
	/* the connection is still good for writes after the 1 */
	ck_assert_int_eq(sql->lease->renew(sql, &sql_guard, 60), 0);
	cbx_text_free(&text);
}
END_TEST

static void expect_conf(const char *name, const char *expected)
{
	char *info = NULL;

	ck_assert_int_eq(sql->directory->read_conf(sql, name, &info), 0);
	if (expected)
		ck_assert_str_eq(info, expected);
	else
		ck_assert_ptr_null(info);
	free(info);
}

START_TEST(settings_are_kept)
{
	struct cbx_guard zombie = sql_guard;

	expect_conf("interval", NULL);
	ck_assert_int_eq(sql->directory->write_conf(sql, &sql_guard, "interval", "{\"a\":'10'}"),
			 0);
	expect_conf("interval", "{\"a\":'10'}");
	ck_assert_int_eq(sql->directory->write_conf(sql, &sql_guard, "interval", "20"), 0);
	expect_conf("interval", "20");
	zombie.epoch--;
	ck_assert_int_eq(sql->directory->write_conf(sql, &zombie, "interval", "30"),
			 CHATTERBOX_E_FENCED);
	expect_conf("interval", "20");
	sql_world->run("insert into server_conf (name) values ('empty')");
	expect_conf("empty", NULL);
}
END_TEST

START_TEST(what_is_made_once_stays)
{
	char *kept = NULL;

	ck_assert_int_eq(sql->directory->keep_conf(sql, "database_id", "\"one\"", &kept), 0);
	ck_assert_str_eq(kept, "\"one\"");
	free(cbx_steal(kept));
	ck_assert_int_eq(sql->directory->keep_conf(sql, "database_id", "\"two\"", &kept), 0);
	ck_assert_str_eq(kept, "\"one\"");
	free(cbx_steal(kept));
	expect_conf("database_id", "\"one\"");
	sql_world->run("insert into server_conf (name) values ('empty')");
	ck_assert_int_eq(sql->directory->keep_conf(sql, "empty", "1", &kept), 0);
	ck_assert_ptr_null(kept);
}
END_TEST

START_TEST(checked_systems_are_kept)
{
	const char *checked[] = { "ABC2", "ABC1", "ABC2" };
	struct cbx_batch batch = { .checked = checked, .checked_count = 3 };

	ck_assert_int_eq(sql->ledger->record(sql, &sql_guard, &batch, sql_soon()), 0);
	expect_names(sql->directory->recently_checked, "ABC1 timed\nABC2 timed\n");
	ck_assert_int_eq(sql->ledger->record(sql, &sql_guard, &batch, sql_soon()), 0);
	sql_expect("select count(*) from recently_checked where checked_at is not null", "2");
}
END_TEST

static int check_activation(void *user, const char *name, int64_t ms)
{
	int64_t now = *(int64_t *)user;

	ck_assert_str_eq(name, "ABC1");
	ck_assert_int_gt(ms, now);
	ck_assert_int_le(ms, now + 61000);
	return 0;
}

START_TEST(next_activations_are_shown)
{
	struct cbx_text text = { 0 };
	int64_t now = 0;

	ck_assert_int_eq(sql->ops->now(sql, &now), 0);
	ck_assert_int_lt(llabs(now - cbx_wall(cbx_system_clock())), 60000);
	cbx_text_printf(&text,
			"insert into list_activation_schedule (system, list_id, activate_at) "
			"values ('ABC1', 'a', %s), (' ABC1', 'b', %s), ('ABC2', 'a', %s), "
			"('ABC3', 'a', null)",
			sql_world->past, sql_world->future, sql_world->past);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	ck_assert_int_eq(sql->directory->next_activations(sql, check_activation, &now), 0);
	expect_names(sql->directory->next_activations, "ABC1 timed\n");
}
END_TEST

START_TEST(a_time_that_is_none_harms_only_itself)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into list_activation_schedule (system, list_id, activate_at) "
			"values ('ABC1', 'a', %s), ('ABC2', 'a', 'infinity'), ('ABC3', 'a', %s), "
			"('ABC3', 'b', 'infinity'), ('ABC4', 'a', %s), ('ABC5', 'a', '-infinity')",
			sql_world->future, sql_world->future, sql_world->beyond);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	expect_names(sql->directory->next_activations, "ABC1 timed\nABC3 timed\n");
	ck_assert_uint_ge(sql->rejected_times, 2);
	cbx_text_printf(&text,
			"insert into recently_checked (system, checked_at) values ('ABC1', %s), "
			"('ABC2', 'infinity'), ('ABC3', %s)",
			sql_world->past, sql_world->beyond);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	expect_names(sql->directory->recently_checked, "ABC1 timed\n");
}
END_TEST

START_TEST(jobs_are_found_by_their_status)
{
	const struct cbx_kind_texts errored = { { "eRRored", "Failed" } };
	const struct cbx_kind_texts none = { { NULL } };
	struct cbx_text text = { 0 };

	sql_world->run("insert into status_monitor (system, job_id, status, origin, revision) "
		       "values ('abc', 2, 'Errored', 'user', 3), ('ABC2', 10, 'FAILED', 'ocd', 1), "
		       "('ABC2', 9, 'Failed', 'user', 1), ('ABC1', 1, 'Running', 'user', 1), "
		       "(' ABC3 ', 1, 'Errored', 'ocd', 0), ('ABC3\t', 1, 'Errored', 'ocd', 0), "
		       "('no/name', 1, 'Errored', 'ocd', 1), ('ABC1', 2, 'Errored?', 'ocd', 1)");
	ck_assert_msg(!sql->directory->jobs_with(sql, &errored, sql_note_row, &text), "%s",
		      sql->error);
	sql_expect_text(&text, "ABC2/9 Failed user r1\nABC2/10 FAILED ocd r1\n"
			       "ABC3/1 Errored ocd r0\nabc/2 Errored user r3\n");
	ck_assert_int_eq(sql->directory->jobs_with(sql, &none, sql_note_row, &text), 0);
	sql_expect_text(&text, "");
}
END_TEST

/* Where a page ended, and how many rows it may still note */
struct ended_page {
	struct cbx_ended_place place;
	char system[65];
	struct cbx_text text;
	size_t left;
};

static int note_ended(void *user, const struct cbx_row *row)
{
	struct ended_page *page = user;

	if (!page->left--)
		return 1;
	snprintf(page->system, sizeof(page->system), "%s", row->system);
	page->place = (struct cbx_ended_place){ row->updated_ms, page->system, row->job_id };
	return sql_note_row(&page->text, row);
}

static int read_ended(struct ended_page *page, size_t limit, size_t left)
{
	struct cbx_ended_place place = page->place;
	char system[65];

	snprintf(system, sizeof(system), "%s", place.system);
	place.system = system;
	page->left = left;
	return sql->directory->ended_jobs(sql, &place, limit, note_ended, page);
}

static void end_job(const char *keys, const char *when)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"insert into completed_jobs (system, job_id, status, origin, revision, "
			"completed_at) select k.*, 'Killed', 'user', 1, %s from (%s) k",
			when, keys);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
}

static void end_jobs(void)
{
	end_job("select 'ABC1', 7", sql_world->past);
	end_job("select 'abc', 1 union all select 'ABC2', 10 union all select 'ABC2', 9",
		sql_world->future);
	end_job("select 'ABC1', 1", "null");
	end_job("select 'ABC1', 2", "'infinity'");
	end_job("select 'ABC1', 3", sql_world->beyond);
	end_job("select 'no/name', 1", sql_world->now);
	end_job("select 'ABC3', 1", sql_world->now);
}

#define FIRST_ENDED "ABC2/9 Killed user r1\nABC2/10 Killed user r1\nabc/1 Killed user r1\n"
#define OTHER_ENDED "ABC3/1 Killed user r1\nABC1/7 Killed user r1\n"
#define ENDED_NEVER "ABC1/1 Killed user r1\nABC1/2 Killed user r1\nABC1/3 Killed user r1\n"

START_TEST(ended_jobs_are_listed_newest_first)
{
	struct ended_page page = { .place = { INT64_MAX, "", 0 } };
	int pages;
	int r;

	end_jobs();
	r = read_ended(&page, 100, 100);
	ck_assert_msg(!r, "%d %s", r, sql->error);
	sql_expect_text(&page.text, FIRST_ENDED OTHER_ENDED ENDED_NEVER);
	/* each page goes on behind the one before, within equal times, too */
	page.place = (struct cbx_ended_place){ INT64_MAX, "", 0 };
	for (pages = 1; pages < 9 && (r = read_ended(&page, 2, 100)) == 1; pages++)
		;
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(pages, 5);
	sql_expect_text(&page.text, FIRST_ENDED OTHER_ENDED ENDED_NEVER);
	/* who reads may stop, and the connection is still good */
	page.place = (struct cbx_ended_place){ INT64_MAX, "", 0 };
	ck_assert_int_eq(read_ended(&page, 100, 3), 1);
	sql_expect_text(&page.text, FIRST_ENDED);
	ck_assert_int_eq(read_ended(&page, 100, 2), 1);
	sql_expect_text(&page.text, OTHER_ENDED);
	ck_assert_int_eq(read_ended(&page, 100, 100), 0);
	sql_expect_text(&page.text, ENDED_NEVER);
	ck_assert_int_eq(read_ended(&page, 100, 100), 0);
	sql_expect_text(&page.text, "");
}
END_TEST

void sql_suite_directory(Suite *suite)
{
	const TTest *const tests[] = {
		connections_say_who_is_online,  settings_are_kept,
		what_is_made_once_stays,        checked_systems_are_kept,
		next_activations_are_shown,     a_time_that_is_none_harms_only_itself,
		jobs_are_found_by_their_status, ended_jobs_are_listed_newest_first,
	};

	sql_add(suite, "directory", tests, CBX_COUNT(tests));
}
