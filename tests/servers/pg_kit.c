// SPDX-License-Identifier: MIT
/* pg_kit.c - a database of its own on the test server, looked at with plain libpq */
#include "pg_kit.h"

#include "servers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char database[64];
static PGconn *holder;

static void quiet(void *user, const PGresult *result)
{
	(void)user;
	(void)result;
}

static PGconn *raw_open(const char *name)
{
	char port[8];
	const char *const keys[] = { "host", "port", "user", "dbname", "connect_timeout", NULL };
	const char *const values[] = {
		"127.0.0.1", port, cbx_test_env("pg_user"), name, "10", NULL
	};
	PGconn *conn;

	snprintf(port, sizeof(port), "%d", cbx_test_port("pg"));
	conn = PQconnectdbParams(keys, values, 0);
	ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
	PQsetNoticeReceiver(conn, quiet, NULL);
	return conn;
}

static PGresult *raw_exec(PGconn *conn, const char *text)
{
	PGresult *result = PQexec(conn, text);
	ExecStatusType status = PQresultStatus(result);

	ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", text,
		      PQerrorMessage(conn));
	return result;
}

void pg_run(const char *text)
{
	PGconn *conn = raw_open(database);

	PQclear(raw_exec(conn, text));
	PQfinish(conn);
}

PGconn *pg_raw(void)
{
	return raw_open(database);
}

static char *world_ask(const char *text)
{
	PGconn *conn = raw_open(database);
	PGresult *result = raw_exec(conn, text);
	char *value = strdup(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");

	PQclear(result);
	PQfinish(conn);
	ck_assert_ptr_nonnull(value);
	return value;
}

static PGconn *to_server(void)
{
	return raw_open(cbx_test_env("pg_database"));
}

static void server_run(const char *start, const char *end)
{
	PGconn *conn = to_server();
	char text[256];

	snprintf(text, sizeof(text), "%s %s%s", start, database, end);
	PQclear(raw_exec(conn, text));
	PQfinish(conn);
}

START_TEST(drops_the_database)
{
	server_run("drop database if exists", " with (force)");
}
END_TEST

void pg_kit_stop(Suite *suite)
{
	TCase *tcase = tcase_create("stop");

	tcase_add_test(tcase, drops_the_database);
	suite_add_tcase(suite, tcase);
}

struct cbx_postgres_options pg_options(void)
{
	return (struct cbx_postgres_options){
		.host = "127.0.0.1",
		.port = cbx_test_port("pg"),
		.database = database,
		.username = cbx_test_env("pg_user"),
		.app_name = "chatterbox-test",
	};
}

static int world_open(struct cbx_sql **out)
{
	const struct cbx_postgres_options options = pg_options();

	return cbx_postgres_new(&options, cbx_system_clock(), NULL, out);
}

static void world_reset(void)
{
	if (!*database) {
		snprintf(database, sizeof(database), "chatterbox_sql_%d", (int)getpid());
		server_run("create database", "");
	}
	pg_run("drop schema public cascade; create schema public");
}

static void world_hold(void)
{
	holder = raw_open(database);
	PQclear(raw_exec(holder, "begin"));
	PQclear(raw_exec(holder, "lock table status_monitor in exclusive mode"));
}

static void world_release(void)
{
	PQfinish(holder);
	holder = NULL;
}

const struct sql_world pg_world = {
	.name = "postgres",
	.open = world_open,
	.reset = world_reset,
	.run = pg_run,
	.ask = world_ask,
	.hold = world_hold,
	.release = world_release,
	.now = "now()",
	.past = "now() - interval '60 seconds'",
	.future = "now() + interval '60 seconds'",
	.beyond = "'10000-01-01 00:00:00+00'",
	.number = "bigint",
	.time = "timestamptz",
};
