// SPDX-License-Identifier: MIT
/* pg_commits.c - a COMMIT whose answer is lost is asked about, never done again blindly */
#include "pg_faults.h"

#include "pg_kit.h"

#include <stdio.h>
#include <string.h>

static struct pg_proxy *proxy;
static struct cbx_sql *through;

static void open_through(void)
{
	struct cbx_postgres_options options = pg_options();

	proxy = pg_proxy_start();
	options.port = pg_proxy_port(proxy);
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &through), 0);
	ck_assert_msg(!through->ops->connect(through, sql_soon()), "%s", through->error);
}

static void close_through(void)
{
	cbx_sql_free(through);
	pg_proxy_stop(proxy);
}

static int record_through(int64_t revision, uint64_t within)
{
	struct cbx_batch batch = { 0 };
	char id[32];
	int r;

	snprintf(id, sizeof(id), "ABC1/17/%d", (int)revision);
	sql_put(&batch, "ABC1", 17, "Running", revision);
	sql_put_event(&batch, "ABC1/17", id);
	r = through->ledger->record(through, &sql_guard, &batch,
				    cbx_now(cbx_system_clock()) + within);
	sql_batch_free(&batch);
	return r;
}

START_TEST(lost_answer_of_a_commit)
{
	open_through();
	ck_assert_int_eq(record_through(1, 10 * CBX_SECOND), 0);
	pg_proxy_cut(proxy, PG_CUT_AFTER);
	ck_assert_int_eq(record_through(2, 10 * CBX_SECOND), 0);
	sql_expect("select revision from status_monitor", "2");
	sql_expect("select count(*) from outbox", "2");
	ck_assert(through->ops->is_up(through));
	ck_assert_int_eq(record_through(3, 10 * CBX_SECOND), 0);
	close_through();
}
END_TEST

START_TEST(commit_that_never_arrived)
{
	open_through();
	pg_proxy_cut(proxy, PG_CUT_BEFORE);
	ck_assert_int_eq(record_through(1, 10 * CBX_SECOND), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(through->ledger->resolve(through, sql_soon()), 0);
	sql_expect("select count(*) from status_monitor", "0");
	ck_assert_int_eq(through->ops->connect(through, sql_soon()), 0);
	ck_assert_int_eq(record_through(1, 10 * CBX_SECOND), 0);
	close_through();
}
END_TEST

START_TEST(nobody_to_ask_until_later)
{
	open_through();
	pg_proxy_open(proxy, false);
	pg_proxy_cut(proxy, PG_CUT_AFTER);
	ck_assert_int_eq(record_through(1, CBX_SECOND), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(through->ledger->resolve(through,
						  cbx_now(cbx_system_clock()) + 200 * CBX_MS),
			 CHATTERBOX_E_DOWN);
	/* the next call asks first, and writes nothing while nobody answers */
	ck_assert_int_eq(record_through(2, 200 * CBX_MS), CHATTERBOX_E_DOWN);
	pg_proxy_open(proxy, true);
	ck_assert_int_eq(through->ledger->resolve(through, sql_soon()), 1);
	ck_assert_int_eq(through->ledger->resolve(through, sql_soon()), 1);
	sql_expect("select revision from status_monitor", "1");
	ck_assert_int_eq(record_through(2, 10 * CBX_SECOND), 0);
	ck_assert_int_eq(through->ledger->resolve(through, sql_soon()), 0);
	close_through();
}
END_TEST

START_TEST(commit_still_under_way)
{
	PGconn *blocker = pg_raw();

	/* a deferred trigger makes the commit wait for a lock that is held here */
	pg_run("create table gate (id int); insert into gate values (1);"
	       "create function wait_at_gate() returns trigger language plpgsql as $$ begin "
	       "set local lock_timeout = 0; perform 1 from gate for update; return null; end $$;"
	       "create constraint trigger wait_at_gate after insert on status_monitor "
	       "deferrable initially deferred for each row execute function wait_at_gate()");
	PQclear(PQexec(blocker, "begin"));
	PQclear(PQexec(blocker, "select 1 from gate for update"));
	open_through();
	/* the answer never comes in time: the connection is given up, the server goes on */
	ck_assert_int_eq(record_through(1, CBX_SECOND), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(through->ledger->resolve(through,
						  cbx_now(cbx_system_clock()) + 300 * CBX_MS),
			 CHATTERBOX_E_DOWN);
	PQfinish(blocker);
	ck_assert_int_ge(through->ledger->resolve(through, sql_soon()), 0);
	sql_expect("select count(*) from status_monitor",
		   through->ledger->resolve(through, sql_soon()) ? "1" : "0");
	close_through();
}
END_TEST

void pg_suite_commits(Suite *suite)
{
	const TTest *const tests[] = {
		lost_answer_of_a_commit,
		commit_that_never_arrived,
		nobody_to_ask_until_later,
		commit_still_under_way,
	};

	sql_add(suite, "commits", tests, CBX_COUNT(tests));
}
