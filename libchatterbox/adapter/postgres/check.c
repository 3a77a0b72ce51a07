// SPDX-License-Identifier: MIT
/*
 * check.c - decides whether tables that others may have made will do
 *
 * Columns by pg_attribute; unique keys and the right to write by explaining the very upserts.
 */
#include "adapter/postgres/internal.h"
#include "adapter/postgres/schema.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct { const char *text, *what; } keys[] = {
	{ "explain insert into status_monitor (system, job_id, status) values ('', 0, '')"
	  " on conflict (system, job_id) do update set status = excluded.status",
	  "status_monitor (system, job_id)" },
	{ "explain insert into completed_jobs (system, job_id, status) values ('', 0, '')"
	  " on conflict (system, job_id) do update set status = excluded.status",
	  "completed_jobs (system, job_id)" },
	{ "explain insert into errors (system, job_id, code) values ('', 0, '')"
	  " on conflict (system, job_id, code) do update set message = excluded.message",
	  "errors (system, job_id, code)" },
	{ "explain insert into server_conf (name) values ('') on conflict (name) do update"
	  " set info = excluded.info", "server_conf (name)" },
	{ "explain insert into recently_checked (system) values ('') on conflict (system)"
	  " do update set checked_at = excluded.checked_at", "recently_checked (system)" },
	{ "explain insert into content_server_access (system) values ('') on conflict (system)"
	  " do update set access = excluded.access", "content_server_access (system)" },
};
/* clang-format on */

static bool is_text(const char *type)
{
	return !strcmp(type, "text") || !strncmp(type, "character", 9);
}

static bool is_integer(const char *type)
{
	return !strcmp(type, "bigint") || !strcmp(type, "integer") || !strcmp(type, "smallint");
}

/* text, or a varying character that holds @most */
static bool holds(const char *type, unsigned most)
{
	unsigned length;

	if (!strcmp(type, "text") || !strcmp(type, "character varying"))
		return true;
	return most && sscanf(type, "character varying(%u)", &length) == 1 && length >= most;
}

static bool will_do(const struct cbx_pg_column *column, const char *type)
{
	if (column->use == CBX_PG_OTHERS)
		return true;
	if (!strcmp(column->type, "timestamptz"))
		return !strcmp(type, "timestamp with time zone");
	if (!strcmp(column->type, "text"))
		return column->use == CBX_PG_READ
			       ? is_text(type)
			       : holds(type, column->use == CBX_PG_NAME ? 64 : 0);
	if (!strcmp(column->type, "boolean"))
		return !strcmp(type, "boolean");
	if (column->use == CBX_PG_READ)
		return is_integer(type);
	if (!strcmp(column->type, "integer"))
		return is_integer(type) && strcmp(type, "smallint") != 0;
	return !strcmp(type, "bigint");
}

static int check_column(struct postgres *self, const struct cbx_pg_column *column)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	const char *type = "absent";
	int r;

	cbx_pg_arg_text(&args, column->table);
	cbx_pg_arg_text(&args, column->name);
	r = cbx_pg_query(self,
			 "select format_type(atttypid, atttypmod) from pg_attribute where "
			 "attrelid = to_regclass($1) and attname = $2 and attnum > 0 and "
			 "not attisdropped",
			 &args, &result);
	if (r)
		return r;
	if (PQntuples(result))
		type = cbx_pg_text(result, 0, 0);
	if (will_do(column, type))
		return 0;
	snprintf(self->sql.error, sizeof(self->sql.error), "postgresql %s: %s.%s is %s, needs %s",
		 self->sql.where, column->table, column->name, type,
		 strcmp(column->type, "bigserial") != 0 ? column->type : "bigint");
	return CHATTERBOX_E_SCHEMA;
}

static int check_key(struct postgres *self, const char *text, const char *what)
{
	int r = cbx_pg_query(self, text, NULL, NULL);

	/* invalid_column_reference */
	if (r != CHATTERBOX_E_REFUSED || strcmp(self->sqlstate, "42P10") != 0)
		return r;
	snprintf(self->sql.error, sizeof(self->sql.error), "postgresql %s: %s is no unique key",
		 self->sql.where, what);
	return CHATTERBOX_E_SCHEMA;
}

int cbx_pg_check_schema(struct cbx_sql *sql)
{
	struct postgres *self = cbx_pg_of(sql);
	const struct cbx_pg_column *columns;
	size_t count;
	size_t i;
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	columns = cbx_pg_columns(&count);
	for (i = 0; i < count && !r; i++)
		r = check_column(self, &columns[i]);
	for (i = 0; i < CBX_COUNT(keys) && !r; i++)
		r = check_key(self, keys[i].text, keys[i].what);
	return cbx_pg_end(self, r);
}
