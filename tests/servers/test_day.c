// SPDX-License-Identifier: MIT
/*
 * test_day.c - the day over the real Redis, RabbitMQ and PostgreSQL
 *
 * PostgreSQL's own clock can't be moved. But this database looks for names in `day` before
 * pg_catalog: there are a now() and a clock_timestamp() that are ahead by what stands in day.ahead.
 * So everything that chatterbox leaves to the database's clock goes by the day's, and no row's time
 * is set back.
 */
#include "day.h"
#include "pg_kit.h"
#include "redis_kit.h"
#include "servers.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define INTERVAL "nl-ocd.update_time_till_next_check.row_info"

static PGconn *conn;

static void world_run(const char *text)
{
	PGresult *result = PQexec(conn, text);
	ExecStatusType status = PQresultStatus(result);

	ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", text,
		      PQerrorMessage(conn));
	PQclear(result);
}

static char *world_ask(const char *text)
{
	PGresult *result = PQexec(conn, text);
	char *value;

	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", text,
		      PQerrorMessage(conn));
	value = strdup(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return value;
}

static void world_skip(uint64_t ms)
{
	char text[96];

	snprintf(text, sizeof(text), "update day.ahead set by = by + interval '%llu ms'",
		 (unsigned long long)ms);
	world_run(text);
}

static void set_number(struct day *day, const char *path, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	day_set(day, path, text);
}

static void set_interval(struct day *day, const char *text)
{
	(void)day;
	if (text)
		redis_look("HSET " INTERVAL " " INTERVAL " %s", text);
	else
		redis_look("DEL " INTERVAL);
}

/* Everything of ours in the database is new; Redis and RabbitMQ know days apart by APP */
static void world_begin(struct day *day)
{
	struct cbx_postgres_options options;

	pg_world.reset();
	options = pg_options();
	set_number(day, "redis.port", cbx_test_port("redis"));
	set_number(day, "rmq.port", cbx_test_port("rmq"));
	day_set(day, "rmq.user", cbx_test_env("rmq_user"));
	day_set(day, "rmq.pass", cbx_test_env("rmq_password"));
	set_number(day, "sequelize.port", options.port);
	day_set(day, "sequelize.database", options.database);
	day_set(day, "sequelize.username", options.username);
	set_interval(day, NULL);
	pg_run("drop schema if exists day cascade; create schema day;"
	       "create table day.ahead as select interval '0' as by;"
	       "create function day.now() returns timestamptz language sql stable as"
	       " 'select pg_catalog.now() + by from day.ahead';"
	       "create function day.clock_timestamp() returns timestamptz language sql volatile as"
	       " 'select pg_catalog.clock_timestamp() + by from day.ahead';"
	       "do $$ begin execute format('alter database %I set search_path = public, day, "
	       "pg_catalog', current_database()); end $$");
	conn = pg_raw();
}

static void world_end(struct day *day)
{
	(void)day;
	PQfinish(cbx_steal(conn));
}

static char *world_jobs_data(struct day *day)
{
	return strdup(redis_look("GET %s:jobs_data", day->app));
}

/* An entry is its fields by name: name, id, params and, if there is one, previous_status */
static void note(struct day *day, const redisReply *fields)
{
	struct cbx_stream_entry entry = { 0 };
	size_t i;

	for (i = 0; i + 1 < fields->elements; i += 2) {
		const char *name = fields->element[i]->str;
		const redisReply *value = fields->element[i + 1];

		if (!strcmp(name, "name"))
			entry.name = value->str;
		else if (!strcmp(name, "id"))
			entry.id = value->str;
		else if (!strcmp(name, "previous_status"))
			entry.previous_status = value->str;
		else if (!strcmp(name, "params"))
			entry.params = value->str, entry.params_len = value->len;
		else
			ck_abort_msg("the stream has a field %s", name);
	}
	ck_assert(entry.name && entry.id && entry.params);
	day_note_streamed(day, &entry);
}

static void world_read_stream(struct day *day)
{
	redisReply *reply = redisCommand(redis_eye(), "XRANGE %s:events - +", day->app);
	size_t i;

	ck_assert(reply && reply->type == REDIS_REPLY_ARRAY);
	for (i = day->streamed_count; i < reply->elements; i++)
		note(day, reply->element[i]->element[1]);
	freeReplyObject(reply);
}

static const struct day_world world = {
	.name = "servers",
	.begin = world_begin,
	.end = world_end,
	.run = world_run,
	.ask = world_ask,
	.skip = world_skip,
	.set_interval = set_interval,
	.jobs_data = world_jobs_data,
	.read_stream = world_read_stream,
};

int main(void)
{
	Suite *suite = suite_create("day");
	int result;

	day_suite(suite, &world);
	pg_kit_stop(suite);
	result = unit_run(suite);
	redis_eye_close();
	return result;
}
