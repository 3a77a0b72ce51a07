// SPDX-License-Identifier: MIT
/* What OCD writes is kept until its table is there, and is written once. */
#include "fleet/ocd.h"
#include "unit.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/cbx-ocd-XXXXXX";
static sqlite3 *db;
static struct cbx_ocd *ocd;

static void set_up(void)
{
	snprintf(path, sizeof(path), "/tmp/cbx-ocd-XXXXXX");
	close(mkstemp(path));
	ck_assert_int_eq(cbx_ocd_open(path, &ocd), 0);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
}

static void tear_down(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char file[64];
	size_t i;

	sqlite3_close(db);
	cbx_ocd_free(ocd);
	for (i = 0; i < CBX_COUNT(suffixes); i++) {
		snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
		unlink(file);
	}
}

static void run_sql(const char *sql)
{
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int64_t number_of(const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number;

	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static void make_tables(void)
{
	run_sql("create table status_monitor (system text, job_id integer, job_type text, status "
		"text, origin text, primary key (system, job_id));"
		"create table list_activation_schedule (system text, list_id text, activate_at "
		"integer, primary key (system, list_id))");
}

START_TEST(rows_wait_for_their_table)
{
	cbx_ocd_started(ocd, "A", 7, "update");
	cbx_ocd_connected(ocd, "A", true);
	cbx_ocd_connected(ocd, "B", true);
	cbx_ocd_connected(ocd, "A", false);
	ck_assert_int_eq(cbx_ocd_write(ocd), -EAGAIN);
	ck_assert_int_eq(number_of("select count(*) from connections where actor_id = 'B'"), 1);
	ck_assert_int_eq(number_of("select count(*) from connections"), 1);
	make_tables();
	run_sql("insert into status_monitor values ('A', 7, 'update', 'Running', 'user')");
	ck_assert_int_eq(cbx_ocd_write(ocd), 0);
	ck_assert_int_eq(number_of("select count(*) from status_monitor where origin = 'ocd' and "
				   "status = 'Running'"),
			 1);
	run_sql("delete from status_monitor");
	ck_assert_int_eq(cbx_ocd_write(ocd), 0);
	ck_assert_int_eq(number_of("select count(*) from status_monitor"), 0);
}
END_TEST

START_TEST(nothing_is_lost_while_others_write)
{
	make_tables();
	run_sql("begin immediate");
	cbx_ocd_started(ocd, "A", 7, "update");
	ck_assert_int_eq(cbx_ocd_write(ocd), -EAGAIN);
	run_sql("rollback");
	ck_assert_int_eq(cbx_ocd_write(ocd), 0);
	ck_assert_int_eq(number_of("select job_id from status_monitor"), 7);
}
END_TEST

START_TEST(activations_that_have_passed_are_planned_again)
{
	make_tables();
	cbx_ocd_activates(ocd, "A", "list-1", 1000000);
	cbx_ocd_activates(ocd, "B", "list-1", 3000000);
	ck_assert_int_eq(cbx_ocd_write(ocd), 0);
	cbx_ocd_plan_again(ocd, 2800001);
	ck_assert_int_eq(number_of("select activate_at from list_activation_schedule where "
				   "system = 'A'"),
			 22600000);
	ck_assert_int_eq(number_of("select activate_at from list_activation_schedule where "
				   "system = 'B'"),
			 3000000);
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, rows_wait_for_their_table, nothing_is_lost_while_others_write,
		activations_that_have_passed_are_planned_again)
