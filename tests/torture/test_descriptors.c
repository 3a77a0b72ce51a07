// SPDX-License-Identifier: MIT
/*
 * test_descriptors.c - no descriptor is left: each adapter says so, and comes back by itself
 *
 * Over the real servers. A connection that is open already goes on meanwhile.
 */
#include "adapter/amqp_bus/amqp_bus.h"
#include "adapter/postgres/postgres.h"
#include "adapter/redis_state/redis_state.h"
#include "adapter/sqlite/sqlite.h"
#include "servers.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct cbx_redis_options redis_options(void)
{
	return (struct cbx_redis_options){ .host = "127.0.0.1",
					   .port = cbx_test_port("redis"),
					   .app_name = "descriptors" };
}

static struct cbx_amqp_options amqp_options(void)
{
	return (struct cbx_amqp_options){ .host = "127.0.0.1",
					  .port = cbx_test_port("RMQ"),
					  .vhost = "/",
					  .user = cbx_test_env("RMQ_USER"),
					  .pass = cbx_test_env("RMQ_PASSWORD") };
}

static struct cbx_postgres_options pg_options(void)
{
	return (struct cbx_postgres_options){ .host = "127.0.0.1",
					      .port = cbx_test_port("pg"),
					      .database = cbx_test_env("pg_database"),
					      .username = cbx_test_env("pg_user"),
					      .app_name = "descriptors" };
}

static uint64_t soon(void)
{
	return cbx_now(cbx_system_clock()) + 5 * CBX_SECOND;
}

/* A connection of each kind; each call is of the one at @i */
static struct cbx_state *state;
static struct cbx_bus *bus;
static struct cbx_sql *sql;
static const char *const names[] = { "redis", "rabbitmq", "postgresql" };

static int connect_one(int i)
{
	if (i == 0)
		return state->ops->connect(state, soon());
	if (i == 1)
		return bus->ops->connect(bus, false, soon());
	return sql->ops->connect(sql, soon());
}

static int use_one(int i)
{
	int64_t depth;

	if (i == 0)
		return state->ops->ping(state);
	if (i == 1)
		return bus->ops->depth(bus, "no such queue", &depth, soon()) == CHATTERBOX_E_UNKNOWN
			       ? 0
			       : -1;
	return sql->ops->ping(sql);
}

static const char *error_of_one(int i)
{
	return i == 0 ? state->error : i == 1 ? bus->error : sql->error;
}

static void disconnect_one(int i)
{
	if (i == 0)
		state->ops->disconnect(state);
	else if (i == 1)
		bus->ops->disconnect(bus);
	else
		sql->ops->disconnect(sql);
}

static void set_up(void)
{
	const struct cbx_redis_options redis = redis_options();
	const struct cbx_amqp_options amqp = amqp_options();
	const struct cbx_postgres_options pg = pg_options();

	ck_assert_int_eq(cbx_redis_state_new(&redis, cbx_system_clock(), NULL, &state), 0);
	ck_assert_int_eq(cbx_amqp_bus_new(&amqp, cbx_system_clock(), NULL, &bus), 0);
	ck_assert_int_eq(cbx_postgres_new(&pg, cbx_system_clock(), NULL, &sql), 0);
}

static void tear_down(void)
{
	cbx_state_free(state);
	cbx_bus_free(bus);
	cbx_sql_free(sql);
}

/* So many more descriptors may be opened from now on; -1 = as many as before */
static void leave(int more)
{
	static rlim_t before;
	struct rlimit limit;
	int lowest = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (more >= 0) {
		lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
		ck_assert_int_ge(lowest, 0);
		close(lowest);
		before = limit.rlim_cur;
	}
	limit.rlim_cur = more < 0 ? before : (rlim_t)(lowest + more);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* With 0, 1, ... descriptors left, until it is enough */
START_TEST(too_few_are_told_and_overcome)
{
	int result = -1;
	int more;

	for (more = 0; result < 0; more++) {
		char error[512];

		ck_assert_int_lt(more, 40);
		leave(more);
		result = connect_one(_i);
		snprintf(error, sizeof(error), "%s", error_of_one(_i));
		leave(-1);
		ck_assert_msg(!result || result == CHATTERBOX_E_DOWN, "%s with %d: %d", names[_i],
			      more, result);
		/* what uses none after the first can't fail for want of a second */
		ck_assert_msg(!result || more > 0 || strstr(error, "Too many open files") ||
				      strstr(error, "could not create socket") ||
				      strstr(error, "no address"),
			      "%s with %d: %s", names[_i], more, error);
		ck_assert_msg(!result || *error, "%s with %d", names[_i], more);
	}
	ck_assert_int_gt(more, 1);
	ck_assert_int_eq(use_one(_i), 0);
}
END_TEST

START_TEST(an_open_connection_goes_on)
{
	ck_assert_int_eq(connect_one(_i), 0);
	leave(0);
	ck_assert_int_eq(use_one(_i), 0);
	disconnect_one(_i);
	leave(-1);
	ck_assert_int_eq(connect_one(_i), 0);
	ck_assert_int_eq(use_one(_i), 0);
}
END_TEST

START_TEST(sqlite_says_so_too)
{
	struct cbx_sql *file = NULL;
	char path[] = "/tmp/chatterbox-descriptors-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(cbx_sqlite_new(path, cbx_system_clock(), &file), 0);
	leave(0);
	ck_assert_int_eq(file->ops->connect(file, soon()), CHATTERBOX_E_DOWN);
	ck_assert_str_ne(file->error, "");
	leave(-1);
	ck_assert_int_eq(file->ops->connect(file, soon()), 0);
	cbx_sql_free(file);
	unlink(path);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("descriptors");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, too_few_are_told_and_overcome, 0, 3);
	tcase_add_loop_test(tcase, an_open_connection_goes_on, 0, 3);
	tcase_add_test(tcase, sqlite_says_so_too);
	suite_add_tcase(suite, tcase);
}
