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
	size_t i;

	cbx_pg_disconnect(sql);
	if (self->conninfo)
		explicit_bzero(self->conninfo, strlen(self->conninfo));
	free(self->conninfo);
	for (i = 0; i < CBX_COUNT(self->files); i++)
		free(self->files[i]);
	free(self->schema);
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

static int copy(char **to, const char *from)
{
	*to = from && *from ? strdup(from) : NULL;
	return from && *from && !*to ? -ENOMEM : 0;
}

/* Local to each transaction, since behind a pooler the connection is not ours alone */
static void write_search_path(struct postgres *self)
{
	size_t used = (size_t)snprintf(self->search_path, sizeof(self->search_path),
				       "; set local search_path = \"");
	const char *p;

	for (p = self->schema; *p; p++) {
		if (*p == '"')
			self->search_path[used++] = '"';
		self->search_path[used++] = *p;
	}
	self->search_path[used++] = '"';
	self->search_path[used] = '\0';
}

static void write_advice(struct postgres *self, const struct cbx_postgres_options *options)
{
	const char *section = self->section = options->section ?: "sequelize";
	const char *rootcert = cbx_pg_rootcert(options);

	snprintf(
		self->advice, sizeof(self->advice),
		"is %s.port right? %s.sslmode is %s, %s.sslrootcert is %.60s, %s.sslcert is %.60s; "
		"verify-full wants a certificate for the name in host",
		section, section, options->sslmode ?: "prefer", section, rootcert ?: "not set",
		section, options->sslcert ?: "not set");
}

static int copy_options(struct postgres *self, const struct cbx_postgres_options *options)
{
	char address[224];
	int r = cbx_pg_conninfo(options, &self->conninfo);

	if (!r)
		r = copy(&self->files[0], cbx_pg_rootcert(options));
	if (!r)
		r = copy(&self->files[1], options->sslcert);
	if (!r)
		r = copy(&self->files[2], options->sslkey);
	if (!r)
		r = copy(&self->schema, options->schema);
	/* as many bytes as a name in PostgreSQL has, each doubled at worst */
	if (!r && self->schema && strlen(self->schema) > 63)
		r = -EINVAL;
	if (r)
		return r;
	if (self->schema)
		write_search_path(self);
	write_advice(self, options);
	cbx_dial_text(options->host ?: "", options->port ? options->port : 5432, address,
		      sizeof(address));
	snprintf(self->sql.where, sizeof(self->sql.where), "%s/%s%s%s", address,
		 options->database ?: "", self->schema ? "." : "", self->schema ?: "");
	return 0;
}

int cbx_postgres_new(const struct cbx_postgres_options *options, struct cbx_clock *clock,
		     const struct cbx_log *log, struct cbx_sql **out)
{
	struct postgres *self = calloc(1, sizeof(*self));
	int r;

	if (!self)
		return -ENOMEM;
	r = copy_options(self, options);
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
	self->sql.history = &cbx_pg_history_ops;
	self->sql.orders = &cbx_pg_orders_ops;
	self->sql.incidents = &cbx_pg_incidents_ops;
	self->sql.outlook = &cbx_pg_outlook_ops;
	*out = &self->sql;
	return 0;
}
