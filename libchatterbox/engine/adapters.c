// SPDX-License-Identifier: MIT
/* engine/adapters.c - chooses the adapter of each port by configuration; no other file knows
 * adapters */
#include "engine/internal.h"

#include "adapter/amqp_bus/amqp_bus.h"
#include "adapter/flight/flight.h"
#include "adapter/postgres/postgres.h"
#include "adapter/redis_state/redis_state.h"
#include "adapter/sqlite/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Link operations for each port; the bus has two sets, with and without confirms */
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

static int64_t bus_certificate(void *bus)
{
	return ((struct cbx_bus *)bus)->certificate_ends;
}

static const struct cbx_link_ops bus_ops = {
	bus_connect, bus_disconnect, bus_is_up, bus_error,
	NULL,        bus_hindrance,  NULL,      bus_certificate
};
static const struct cbx_link_ops confirming_bus_ops = {
	bus_connect_confirms, bus_disconnect, bus_is_up,      bus_error, NULL,
	bus_hindrance,        NULL,           bus_certificate
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

static int state_examine(void *state, bool refused)
{
	const struct cbx_state_ops *ops = ((struct cbx_state *)state)->ops;

	return ops->examine ? ops->examine(state, refused) : 0;
}

static int64_t state_certificate(void *state)
{
	return ((struct cbx_state *)state)->certificate_ends;
}

static const struct cbx_link_ops state_ops = { state_connect, state_disconnect, state_is_up,
					       state_error,   state_ping,       NULL,
					       state_examine, state_certificate };
/* An observer writes nothing: a replica will do, or a user who may only read */
static const struct cbx_link_ops read_state_ops = { state_connect, state_disconnect, state_is_up,
						    state_error,   state_ping,       NULL,
						    NULL,          state_certificate };

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

static int sql_examine(void *sql, bool refused)
{
	const struct cbx_sql_ops *ops = ((struct cbx_sql *)sql)->ops;

	return ops->examine ? ops->examine(sql, refused) : 0;
}

static int64_t sql_certificate(void *sql)
{
	return ((struct cbx_sql *)sql)->certificate_ends;
}

static const struct cbx_link_ops sql_ops = { sql_connect, sql_disconnect, sql_is_up,
					     sql_error,   sql_ping,       NULL,
					     sql_examine, sql_certificate };
static const struct cbx_link_ops read_sql_ops = { sql_connect, sql_disconnect, sql_is_up,
						  sql_error,   sql_ping,       NULL,
						  NULL,        sql_certificate };

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
		.metrics = { .reconnects = box->counters.reconnects,
			     .errors = box->counters.server_errors },
		.entry = cbx_health_add(box->health, server, purpose, where),
	};
	return link->entry ? 0 : -ENOMEM;
}

static bool is_observer(const struct chatterbox *box)
{
	return box->settings.present->role == CBX_ROLE_OBSERVER;
}

int cbx_engine_bus(struct chatterbox *box, const char *purpose, bool confirms, struct cbx_bus **bus,
		   struct cbx_link *link)
{
	const struct cbx_settings *settings = box->settings.present;
	char name[128];
	int result;

	snprintf(name, sizeof(name), "%s %s", settings->app_name, purpose);
	if (settings->bus == CBX_BUS_MEMORY)
		result = cbx_memory_bus_new(box->broker, bus);
	else
		result = cbx_amqp_bus_new(
			&(struct cbx_amqp_options){ .host = settings->rmq_host,
						    .port = (int)settings->rmq_port,
						    .vhost = settings->rmq_vhost,
						    .user = settings->rmq_user,
						    .pass = settings->rmq_pass,
						    .tls = settings->rmq_tls,
						    .tls_ca = settings->rmq_tls_ca,
						    .tls_cert = settings->rmq_tls_cert,
						    .tls_key = settings->rmq_tls_key,
						    .name = name },
			box->clock, &box->log, bus);
	if (result < 0)
		return result;
	(*bus)->max_body = settings->limits.bytes;
	return make_link(box, link, confirms ? &confirming_bus_ops : &bus_ops, *bus, "rmq", purpose,
			 (*bus)->where);
}

int cbx_engine_state(struct chatterbox *box, const char *purpose, struct cbx_state **state,
		     struct cbx_link *link)
{
	const struct cbx_settings *settings = box->settings.present;
	int result;

	if (settings->store == CBX_STORE_MEMORY)
		result = cbx_memory_state_new(box->store, state);
	else
		result = cbx_redis_state_new(
			&(struct cbx_redis_options){
				.host = settings->redis_host,
				.port = (int)settings->redis_port,
				.username = settings->redis_username,
				.password = settings->redis_password,
				.db = (int)settings->redis_db,
				.tls = settings->redis_tls,
				.tls_ca = settings->redis_tls_ca,
				.sentinels = (const char *const *)settings->redis_sentinels.items,
				.sentinel_count = settings->redis_sentinels.count,
				.name = settings->redis_name,
				.cluster = (const char *const *)settings->redis_cluster.items,
				.cluster_count = settings->redis_cluster.count,
				.sentinel_username = settings->redis_sentinel_username,
				.sentinel_password = settings->redis_sentinel_password,
				.app_name = settings->app_name },
			box->clock, &box->log, state);
	if (result < 0)
		return result;
	return make_link(box, link, is_observer(box) ? &read_state_ops : &state_ops, *state,
			 "redis", purpose, (*state)->where);
}

/* @section: sequelize or live_temp */
static int new_postgres(struct chatterbox *box, const struct cbx_database_settings *database,
			const char *section, struct cbx_sql **sql)
{
	struct cbx_postgres_options options = {
		.host = database->host,
		.port = (int)database->port,
		.database = database->database,
		.username = database->username,
		.password = database->password,
		.sslmode = database->sslmode,
		.sslrootcert = database->sslrootcert,
		.sslcert = database->sslcert,
		.sslkey = database->sslkey,
		.schema = database->schema,
		.app_name = box->settings.present->app_name,
		.section = section,
		/* it only reads, so a replica will do */
		.read_only = database == &box->settings.present->live_temp,
	};

	return cbx_postgres_new(&options, box->clock, &box->log, sql);
}

int cbx_engine_sql(struct chatterbox *box, const char *purpose, struct cbx_sql **sql,
		   struct cbx_link *link)
{
	const struct cbx_settings *settings = box->settings.present;
	int result;

	if (settings->sql == CBX_SQL_SQLITE)
		result = cbx_sqlite_new(settings->sqlite_path, box->clock, sql);
	else
		result = new_postgres(box, &settings->sequelize, "sequelize", sql);
	if (result < 0)
		return result;
	result = make_link(box, link, is_observer(box) ? &read_sql_ops : &sql_ops, *sql, "sql",
			   purpose, (*sql)->where);
	/* before, there may be no tables */
	link->examinable = &box->lease_keeper.migrated;
	return result;
}

int cbx_engine_connections(struct chatterbox *box, struct cbx_sql **sql, struct cbx_link *link)
{
	const struct cbx_settings *settings = box->settings.present;
	int result;

	if (!settings->live_temp.host || settings->sql == CBX_SQL_SQLITE)
		return 0;
	result = new_postgres(box, &settings->live_temp, "live_temp", sql);
	if (result < 0)
		return result;
	return make_link(box, link, &read_sql_ops, *sql, "sql", "connections", (*sql)->where);
}

int cbx_engine_flight(struct chatterbox *box, struct cbx_flight **flight)
{
	const struct cbx_settings *settings = box->settings.present;
	const struct cbx_flight_options options = {
		.path = settings->record_path,
		.limit = (uint64_t)settings->record_limit << 20,
		.anonymous = settings->record_anonymous,
		.version = CHATTERBOX_VERSION_TEXT,
		.clock = box->clock,
		.log = &box->log,
		.lines = box->counters.recorded_lines,
	};

	if (!settings->record_path || is_observer(box))
		return 0;
	return cbx_flight_new(&options, flight);
}
