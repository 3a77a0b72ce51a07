// SPDX-License-Identifier: MIT
/* sql_suite_orders.c - orders: a row each, whatever becomes of them; pages by time; expiry */
#include "port/orders.h"

#include "sql_suite.h"

#include <string.h>

/* "ABC1/17 job.pause amqp ocd ok {}" */
static int note(void *user, const struct cbx_order_row *row)
{
	struct cbx_text *text = user;

	cbx_text_puts(text, row->system ?: "*");
	if (row->job_id != CBX_NO_COUNT)
		cbx_text_printf(text, "/%lld", (long long)row->job_id);
	cbx_text_printf(text, " %s %s %s %s %s\n", row->event, row->door, row->who ?: "-",
			row->outcome ?: "-", row->detail ?: "-");
	ck_assert_int_gt(row->id, 0);
	ck_assert_int_gt(row->at_ms, 1600000000000);
	return 0;
}

static int note_event(void *user, const struct cbx_order_row *row)
{
	cbx_text_printf(user, "%s ", row->event);
	return 0;
}

static void put(const struct cbx_order_row *rows, size_t count)
{
	int r = sql->orders->write(sql, &sql_guard, rows, count);

	ck_assert_msg(!r, "write: %d %s", r, sql->error);
}

static struct cbx_order_row row_of(const char *key, const char *system, int64_t job_id,
				   int64_t age_ms)
{
	return (struct cbx_order_row){ .key = key,
				       .system = system,
				       .job_id = job_id,
				       .age_ms = age_ms,
				       .event = key,
				       .door = "http",
				       .outcome = "ok" };
}

static const struct cbx_before end = { INT64_MAX, INT64_MAX };

static void expect_page(const char *system, int64_t job_id, const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->orders->page(sql, system, job_id, &end, 20, note, &text);

	ck_assert_msg(!r, "page: %d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

START_TEST(an_order_is_a_row_that_learns_its_outcome)
{
	struct cbx_order_row rows[] = {
		{ .key = "k1",
		  .system = "ABC1",
		  .job_id = 17,
		  .event = "job.pause",
		  .door = "amqp",
		  .who = "ocd",
		  .detail = "{\"a\":1}",
		  .age_ms = 10 },
		{ .key = "k2",
		  .system = "ABC1",
		  .job_id = CBX_NO_COUNT,
		  .event = "job.pauseAll",
		  .door = "c",
		  .who = "host \xc3\xa4",
		  .outcome = "ok" },
	};

	put(rows, 2);
	expect_page("ABC1", 17,
		    "ABC1 job.pauseAll c host \xc3\xa4 ok -\n"
		    "ABC1/17 job.pause amqp ocd - {\"a\":1}\n");
	/* written once more, as after a commit of which nobody knows: and the outcome is known now
	 */
	rows[0].outcome = "nl-hdms is silent";
	rows[0].age_ms = 999999;
	rows[1].outcome = NULL;
	put(rows, 2);
	expect_page("ABC1", 17,
		    "ABC1 job.pauseAll c host \xc3\xa4 ok -\n"
		    "ABC1/17 job.pause amqp ocd nl-hdms is silent {\"a\":1}\n");
	put(rows, 0);
}
END_TEST

START_TEST(an_order_of_an_old_leader_is_no_row)
{
	struct cbx_guard old = { sql_guard.name, sql_guard.holder, sql_guard.epoch - 1 };
	const struct cbx_order_row row = row_of("k", NULL, CBX_NO_COUNT, 0);

	ck_assert_int_eq(sql->orders->write(sql, &old, &row, 1), CHATTERBOX_E_FENCED);
	sql_expect("select count(*) from orders", "0");
}
END_TEST

START_TEST(a_page_holds_what_concerns_it)
{
	struct cbx_order_row rows[] = {
		row_of("all", NULL, CBX_NO_COUNT, 700),
		row_of("job", "ABC1", 17, 600),
		row_of("other job", "ABC1", 18, 500),
		row_of("system", "ABC1", CBX_NO_COUNT, 400),
		row_of("other system", "ABC2", 17, 300),
		row_of("errors", NULL, CBX_NO_COUNT, 200),
	};
	struct cbx_text text = { 0 };

	rows[5].detail = "{\"ids\":2}";
	put(rows, CBX_COUNT(rows));
	ck_assert_int_eq(sql->orders->page(sql, "ABC1", 17, &end, 9, note_event, &text), 0);
	sql_expect_text(&text, "system job all ");
	ck_assert_int_eq(sql->orders->page(sql, "ABC1", CBX_NO_COUNT, &end, 9, note_event, &text),
			 0);
	sql_expect_text(&text, "system other job job all ");
	ck_assert_int_eq(sql->orders->page(sql, "ABC3", 17, &end, 9, note_event, &text), 0);
	sql_expect_text(&text, "all ");
}
END_TEST

static int take_place(void *user, const struct cbx_order_row *row)
{
	*(struct cbx_before *)user = (struct cbx_before){ row->at_ms, row->id };
	return 0;
}

static int stop(void *user, const struct cbx_order_row *row)
{
	(void)user;
	(void)row;
	return 42;
}

START_TEST(pages_go_by_time_and_then_by_id)
{
	/* the second was given before the first, and the last three at once */
	struct cbx_order_row rows[] = {
		row_of("b", "ABC1", 17, 5000), row_of("a", "ABC1", 17, 9000),
		row_of("c", "ABC1", 17, 100),  row_of("d", "ABC1", 17, 100),
		row_of("e", "ABC1", 17, 100),
	};
	struct cbx_before place = end;
	struct cbx_text text = { 0 };

	put(rows, CBX_COUNT(rows));
	ck_assert_int_eq(sql->orders->page(sql, "ABC1", 17, &end, 2, note_event, &text), 0);
	ck_assert_int_eq(sql->orders->page(sql, "ABC1", 17, &end, 2, take_place, &place), 0);
	ck_assert_int_eq(sql->orders->page(sql, "ABC1", 17, &place, 9, note_event, &text), 0);
	sql_expect_text(&text, "e d c b a ");
	ck_assert_int_eq(sql->orders->page(sql, "ABC1", 17, &end, 3, stop, NULL), 42);
}
END_TEST

static void expire(int64_t older_than, size_t limit, int64_t removed)
{
	int64_t gone = -1;
	int r = sql->orders->expire(sql, &sql_guard, older_than, limit, &gone);

	ck_assert_msg(!r, "expire: %d %s", r, sql->error);
	ck_assert_int_eq(gone, removed);
}

START_TEST(old_orders_go_in_portions)
{
	struct cbx_guard old = { sql_guard.name, sql_guard.holder, sql_guard.epoch - 1 };
	struct cbx_order_row rows[] = {
		row_of("new", NULL, CBX_NO_COUNT, 0),
		row_of("older", NULL, CBX_NO_COUNT, 7000000),
		row_of("oldest", NULL, CBX_NO_COUNT, 9000000),
		row_of("old", NULL, CBX_NO_COUNT, 5000000),
	};
	int64_t gone = -1;

	put(rows, CBX_COUNT(rows));
	ck_assert_int_eq(sql->orders->expire(sql, &old, 0, 9, &gone), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(gone, -1);
	expire(3600, 2, 2);
	sql_expect("select count(*) from orders where event in ('new', 'old')", "2");
	expire(3600, 2, 1);
	expire(3600, 2, 0);
	expire(0, 2, 1);
}
END_TEST

START_TEST(an_older_database_gets_the_table)
{
	const struct cbx_order_row row = row_of("k", NULL, CBX_NO_COUNT, 0);
	int applied = 0;

	sql_world->run("drop table orders");
	sql_world->run("delete from chatterbox_migrations where number > 8");
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_int_gt(applied, 0);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
	put(&row, 1);
	sql_world->run("drop table orders");
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(strstr(sql->error, "orders"), "%s", sql->error);
}
END_TEST

void sql_suite_orders(Suite *suite)
{
	const TTest *const tests[] = {
		an_order_is_a_row_that_learns_its_outcome,
		an_order_of_an_old_leader_is_no_row,
		a_page_holds_what_concerns_it,
		pages_go_by_time_and_then_by_id,
		old_orders_go_in_portions,
		an_older_database_gets_the_table,
	};

	sql_add(suite, "orders", tests, CBX_COUNT(tests));
}
