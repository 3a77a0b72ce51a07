// SPDX-License-Identifier: MIT
/*
 * engine/adapters.c - the only place that knows adapters: which one each port gets, by
 * configuration
 */
#include "engine/internal.h"

#include "adapter/amqp_bus/amqp_bus.h"
#include "adapter/postgres/postgres.h"
#include "adapter/redis_state/redis_state.h"
#include "adapter/sqlite/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *text(const struct chatterbox *box, const char *path)
{
	return chatterbox_config_get_text(box->config, path);
}

static int number(const struct chatterbox *box, const char *path)
{
	return (int)chatterbox_config_get_integer(box->config, path);
}

static bool is(const struct chatterbox *box, const char *path, const char *value)
{
	return !strcmp(text(box, path), value);
}

/* One set of link operations a port; the bus has two, with and without confirms */
static int bus_connect(void *bus, uint64_t deadline)
{
	return ((struct cbx_bus *)bus)->ops->connect(bus, false, deadline);
}

static int bus_connect_confirms(void *bus, uint64_t deadline)
{
	return ((struct cbx_bus *)bus)->ops->connect(bus, true, deadline);
}

static void bus_disconnect(void *bus)
{
	((struct cbx_bus *)bus)->ops->disconnect(bus);
}

static bool bus_is_up(void *bus)
{
	return ((struct cbx_bus *)bus)->ops->is_up(bus);
}

static const char *bus_error(void *bus)
{
	return ((struct cbx_bus *)bus)->error;
}

static const char *bus_hindrance(void *bus)
{
	return ((struct cbx_bus *)bus)->blocked ? "the broker takes no messages for now" : NULL;
}

static const struct cbx_link_ops bus_ops = { bus_connect, bus_disconnect, bus_is_up,
					     bus_error,   NULL,           bus_hindrance };
static const struct cbx_link_ops confirming_bus_ops = {
	bus_connect_confirms, bus_disconnect, bus_is_up, bus_error, NULL, bus_hindrance
};

static int state_connect(void *state, uint64_t deadline)
{
	return ((struct cbx_state *)state)->ops->connect(state, deadline);
}

static void state_disconnect(void *state)
{
	((struct cbx_state *)state)->ops->disconnect(state);
}

static bool state_is_up(void *state)
{
	return ((struct cbx_state *)state)->ops->is_up(state);
}

static const char *state_error(void *state)
{
	return ((struct cbx_state *)state)->error;
}

static int state_ping(void *state)
{
	return ((struct cbx_state *)state)->ops->ping(state);
}

static const struct cbx_link_ops state_ops = { state_connect, state_disconnect, state_is_up,
					       state_error,   state_ping,       NULL };

static int sql_connect(void *sql, uint64_t deadline)
{
	return ((struct cbx_sql *)sql)->ops->connect(sql, deadline);
}

static void sql_disconnect(void *sql)
{
	((struct cbx_sql *)sql)->ops->disconnect(sql);
}

static bool sql_is_up(void *sql)
{
	return ((struct cbx_sql *)sql)->ops->is_up(sql);
}

static const char *sql_error(void *sql)
{
	return ((struct cbx_sql *)sql)->error;
}

static int sql_ping(void *sql)
{
	return ((struct cbx_sql *)sql)->ops->ping(sql);
}

static const struct cbx_link_ops sql_ops = { sql_connect, sql_disconnect, sql_is_up,
					     sql_error,   sql_ping,       NULL };

static int make_link(struct chatterbox *box, struct cbx_link *link, const struct cbx_link_ops *ops,
		     void *connection, const char *server, const char *purpose, const char *where)
{
	*link = (struct cbx_link){
		.ops = ops,
		.connection = connection,
		.server = server,
		.purpose = purpose,
		.clock = box->clock,
		.log = &box->log,
		.metrics = { .reconnects = box->observe.reconnects,
			     .errors = box->observe.server_errors },
		.entry = cbx_health_add(box->health, server, purpose, where),
	};
	return link->entry ? 0 : -ENOMEM;
}

int engine_bus(struct chatterbox *box, const char *purpose, bool confirms, struct cbx_bus **bus,
	       struct cbx_link *link)
{
	char name[128];
	struct cbx_amqp_options options;
	int result;

	if (is(box, "chatterbox.bus", "memory")) {
		result = cbx_memory_bus_new(box->broker, bus);
	} else {
		snprintf(name, sizeof(name), "%s %s", box->settings->app_name, purpose);
		options = (struct cbx_amqp_options){ .host = text(box, "rmq.host"),
						     .port = number(box, "rmq.port"),
						     .vhost = text(box, "rmq.vhost"),
						     .user = text(box, "rmq.user"),
						     .pass = text(box, "rmq.pass"),
						     .tls = chatterbox_config_get_flag(box->config,
										       "rmq.tls"),
						     .tls_ca = text(box, "rmq.tls.ca"),
						     .name = name };
		result = cbx_amqp_bus_new(&options, box->clock, &box->log, bus);
	}
	if (result < 0)
		return result;
	(*bus)->max_body = box->settings->limits.bytes;
	return make_link(box, link, confirms ? &confirming_bus_ops : &bus_ops, *bus, "rmq", purpose,
			 (*bus)->where);
}

int engine_state(struct chatterbox *box, const char *purpose, struct cbx_state **state,
		 struct cbx_link *link)
{
	struct cbx_redis_options options;
	int result;

	if (is(box, "chatterbox.store", "memory")) {
		result = cbx_memory_state_new(box->store, state);
	} else {
		options = (struct cbx_redis_options){
			.host = text(box, "redis.host"),
			.port = number(box, "redis.port"),
			.username = text(box, "redis.username"),
			.password = text(box, "redis.password"),
			.db = number(box, "redis.db"),
			.tls = chatterbox_config_get_flag(box->config, "redis.tls"),
			.tls_ca = text(box, "redis.tls.ca"),
			.app_name = box->settings->app_name,
		};
		result = cbx_redis_state_new(&options, box->clock, &box->log, state);
	}
	if (result < 0)
		return result;
	return make_link(box, link, &state_ops, *state, "redis", purpose, (*state)->where);
}

/* @section: sequelize or live_temp */
static int new_postgres(struct chatterbox *box, const char *section, struct cbx_sql **sql)
{
	static const char *const members[] = { "host",     "database", "username",
					       "password", "sslmode",  "sslrootcert" };
	const char *values[CBX_COUNT(members)];
	char path[64];
	size_t i;

	for (i = 0; i < CBX_COUNT(members); i++) {
		snprintf(path, sizeof(path), "%s.%s", section, members[i]);
		values[i] = text(box, path);
	}
	snprintf(path, sizeof(path), "%s.port", section);
	struct cbx_postgres_options options = { .host = values[0],
						.port = number(box, path),
						.database = values[1],
						.username = values[2],
						.password = values[3],
						.sslmode = values[4],
						.sslrootcert = values[5],
						.app_name = box->settings->app_name,
						.section = section,
						/* look-ups alone: a replica will do */
						.read_only = !strcmp(section, "live_temp") };

	return cbx_postgres_new(&options, box->clock, &box->log, sql);
}

int engine_sql(struct chatterbox *box, const char *purpose, struct cbx_sql **sql,
	       struct cbx_link *link)
{
	int result;

	if (is(box, "chatterbox.sql", "sqlite"))
		result = cbx_sqlite_new(text(box, "chatterbox.sqlite_path"), box->clock, sql);
	else
		result = new_postgres(box, "sequelize", sql);
	if (result < 0)
		return result;
	return make_link(box, link, &sql_ops, *sql, "sql", purpose, (*sql)->where);
}

int engine_connections(struct chatterbox *box, struct cbx_sql **sql, struct cbx_link *link)
{
	int result;

	if (!chatterbox_config_has_live_temp(box->config) || is(box, "chatterbox.sql", "sqlite"))
		return 0;
	result = new_postgres(box, "live_temp", sql);
	if (result < 0)
		return result;
	return make_link(box, link, &sql_ops, *sql, "sql", "connections", (*sql)->where);
}
