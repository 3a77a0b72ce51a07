/* SPDX-License-Identifier: MIT */
/*
 * test_kit.c - the test servers themselves: there, killed, back with their data, frozen
 */
#include "servers.h"
#include "unit.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool listens(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	ck_assert_int_ge(fd, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	yes = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return yes;
}

static void redis_command(const char *command, char *answer, size_t size)
{
	const struct timeval limit = { .tv_sec = 2 };
	redisContext *redis = redisConnectWithTimeout("127.0.0.1", cbx_test_port("redis"), limit);
	redisReply *reply;

	ck_assert(redis && !redis->err);
	redisSetTimeout(redis, limit);
	reply = redisCommand(redis, command);
	snprintf(answer, size, "%s", reply && reply->str ? reply->str : "");
	freeReplyObject(reply);
	redisFree(redis);
}

static void sql(const char *command, char *answer, size_t size)
{
	char port[8];
	const char *const keys[] = { "host", "port", "user", "dbname", NULL };
	const char *const values[] = { "127.0.0.1", port, cbx_test_env("pg_user"),
				       cbx_test_env("pg_database"), NULL };
	PGresult *result;
	PGconn *db;

	snprintf(port, sizeof(port), "%d", cbx_test_port("pg"));
	db = PQconnectdbParams(keys, values, 0);
	ck_assert_msg(PQstatus(db) == CONNECTION_OK, "%s", PQerrorMessage(db));
	result = PQexec(db, command);
	snprintf(answer, size, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(db);
}

START_TEST(all_answer)
{
	char *text = servers_rabbitmqctl("list_vhosts", "name", NULL);
	char answer[64];

	ck_assert_ptr_nonnull(strchr(text, '/'));
	free(text);
	ck_assert(listens(cbx_test_port("rmq")));
	redis_command("PING", answer, sizeof(answer));
	ck_assert_str_eq(answer, "PONG");
	sql("show server_encoding", answer, sizeof(answer));
	ck_assert_str_eq(answer, "UTF8");
}
END_TEST

START_TEST(redis_comes_back_with_its_data)
{
	char answer[64];

	redis_command("SET cbx:kit kept", answer, sizeof(answer));
	servers_kill("redis");
	ck_assert(!listens(cbx_test_port("redis")));
	servers_up("redis");
	redis_command("GET cbx:kit", answer, sizeof(answer));
	ck_assert_str_eq(answer, "kept");
	redis_command("DEL cbx:kit", answer, sizeof(answer));
}
END_TEST

START_TEST(postgres_comes_back_with_its_data)
{
	char answer[64];

	sql("create table cbx_kit as select 'kept' as word", answer, sizeof(answer));
	servers_kill("pg");
	ck_assert(!listens(cbx_test_port("pg")));
	servers_up("pg");
	sql("select word from cbx_kit", answer, sizeof(answer));
	ck_assert_str_eq(answer, "kept");
	sql("drop table cbx_kit", answer, sizeof(answer));
}
END_TEST

START_TEST(rabbitmq_comes_back)
{
	servers_kill("rmq");
	ck_assert(!listens(cbx_test_port("rmq")));
	servers_up("rmq");
	ck_assert(listens(cbx_test_port("rmq")));
}
END_TEST

START_TEST(a_frozen_server_accepts_but_does_not_answer)
{
	const struct timeval limit = { .tv_usec = 200000 };
	redisContext *redis;
	char answer[64];

	servers_pause("redis");
	redis = redisConnectWithTimeout("127.0.0.1", cbx_test_port("redis"), limit);
	ck_assert(redis && !redis->err);
	redisSetTimeout(redis, limit);
	ck_assert_ptr_null(redisCommand(redis, "PING"));
	redisFree(redis);
	servers_cont("redis");
	redis_command("PING", answer, sizeof(answer));
	ck_assert_str_eq(answer, "PONG");
}
END_TEST

UNIT_TESTS(all_answer, redis_comes_back_with_its_data, postgres_comes_back_with_its_data,
	   rabbitmq_comes_back, a_frozen_server_accepts_but_does_not_answer)
