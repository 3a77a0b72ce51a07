// SPDX-License-Identifier: MIT
/* postgres.c - puts the parts of the adapter together */
#include "adapter/postgres/postgres.h"

#include "adapter/postgres/conninfo.h"
#include "adapter/postgres/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool postgres_is_up(struct cbx_sql *sql)
{
	return cbx_pg_of(sql)->conn != NULL;
}

static int postgres_ping(struct cbx_sql *sql)
{
	return cbx_pg_query(cbx_pg_of(sql), "select 1", NULL, NULL);
}

static int postgres_now(struct cbx_sql *sql, int64_t *ms)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_query(cbx_pg_of(sql), "select " SQL_MS("clock_timestamp()"), NULL, &result);

	if (!r)
		*ms = cbx_pg_int(result, 0, 0);
	return r;
}

static void postgres_free(struct cbx_sql *sql)
{
	struct postgres *self = cbx_pg_of(sql);

	cbx_pg_disconnect(sql);
	if (self->conninfo)
		explicit_bzero(self->conninfo, strlen(self->conninfo));
	free(self->conninfo);
	cbx_dial_free(self->dial);
	free(self);
}

static const struct cbx_sql_ops postgres_ops = {
	.connect = cbx_pg_connect,
	.disconnect = cbx_pg_disconnect,
	.is_up = postgres_is_up,
	.ping = postgres_ping,
	.now = postgres_now,
	.migrate = cbx_pg_migrate,
	.check_schema = cbx_pg_check_schema,
	.examine = cbx_pg_examine,
	.free = postgres_free,
};

int cbx_postgres_new(const struct cbx_postgres_options *options, struct cbx_clock *clock,
		     const struct cbx_log *log, struct cbx_sql **out)
{
	struct postgres *self = calloc(1, sizeof(*self));
	int r;

	if (!self)
		return -ENOMEM;
	r = cbx_pg_conninfo(options, &self->conninfo);
	if (!r)
		r = cbx_dial_new(options->host ?: "", options->port, clock, &self->dial);
	if (r) {
		postgres_free(&self->sql);
		return r;
	}
	self->clock = clock;
	self->log = log;
	self->statement_ms = CBX_PG_STATEMENT_MS;
	self->sql.ops = &postgres_ops;
	self->sql.ledger = &cbx_pg_ledger_ops;
	self->sql.outbox = &cbx_pg_outbox_ops;
	self->sql.lease = &cbx_pg_lease_ops;
	self->sql.directory = &cbx_pg_directory_ops;
	self->sql.errors = &cbx_pg_errors_ops;
	snprintf(self->sql.where, sizeof(self->sql.where), "%s:%d/%s", options->host ?: "",
		 options->port ? options->port : 5432, options->database ?: "");
	snprintf(self->advice, sizeof(self->advice),
		 "%s.sslmode is %s, %s.sslrootcert is %.60s; verify-full wants a certificate for "
		 "the name in host",
		 options->section ?: "sequelize", options->sslmode ?: "prefer",
		 options->section ?: "sequelize", options->sslrootcert ?: "not set");
	*out = &self->sql;
	return 0;
}
