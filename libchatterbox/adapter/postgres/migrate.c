// SPDX-License-Identifier: MIT
/*
 * migrate.c - creates the tables and columns of schema.c
 *
 * All pending migrations are one transaction under an advisory lock, so that of two instances that
 * start at once the second finds nothing to do. Nothing is altered or dropped, only what is absent
 * is created, so a role without the right to create can run if nothing is missing.
 */
#include "adapter/postgres/internal.h"
#include "adapter/postgres/schema.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

#define LOCK "select pg_advisory_xact_lock(7163384699739271778)" /* "chatterb" */

/* clang-format off */
static const char *const indexes[] = {
	"create index if not exists status_monitor_unheard on status_monitor (system, job_id)"
	" where revision = 0",
	"create index if not exists status_monitor_untrimmed on status_monitor ("
	SQL_TRIM("system") ", job_id) where " SQL_PADDED(""),
	"create index if not exists scheduled_jobs_trimmed on scheduled_jobs ("
	SQL_TRIM("system") ", job_id)",
	"create index if not exists outbox_key on outbox (key, id)",
};
/* clang-format on */

static int exec_text(struct postgres *self, struct cbx_text *text)
{
	cbx_auto(cbx_freep) char *statement = NULL;
	int r = cbx_text_take(text, &statement, NULL);

	return r ? r : cbx_pg_query(self, statement, NULL, NULL);
}

static int create_table(struct postgres *self, const struct cbx_pg_table *table)
{
	struct cbx_text text = { 0 };
	const struct cbx_pg_column *columns;
	const char *comma = "";
	size_t count;
	size_t i;

	columns = cbx_pg_columns(&count);
	cbx_text_printf(&text, "create table %s (", table->name);
	for (i = 0; i < count; i++) {
		if (strcmp(columns[i].table, table->name) != 0)
			continue;
		cbx_text_printf(&text, "%s%s %s %s", comma, columns[i].name, columns[i].type,
				columns[i].rest);
		comma = ", ";
	}
	cbx_text_printf(&text, "%s)", table->constraints);
	return exec_text(self, &text);
}

/* 1 = the query returned a row */
static int exists(struct postgres *self, const char *query, const char *a, const char *b)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_text(&args, a);
	if (b)
		cbx_pg_arg_text(&args, b);
	r = cbx_pg_query(self, query, &args, &result);
	return r ? r : PQntuples(result) > 0;
}

static int make_table(struct postgres *self, const struct cbx_pg_table *table)
{
	int r = exists(self, "select 1 where to_regclass($1) is not null", table->name, NULL);

	return r ? (r > 0 ? 0 : r) : create_table(self, table);
}

static int make_column(struct postgres *self, const struct cbx_pg_column *column)
{
	struct cbx_text text = { 0 };
	int r = exists(self,
		       "select 1 from pg_attribute where attrelid = to_regclass($1) and "
		       "attname = $2 and attnum > 0 and not attisdropped",
		       column->table, column->name);

	if (r)
		return r > 0 ? 0 : r;
	/* a key or a bare "not null" can't be added while there are rows; check_schema() reports
	 * missing keys */
	cbx_text_printf(&text, "alter table %s add column if not exists %s %s %s", column->table,
			column->name, column->type,
			strstr(column->rest, "default") ? column->rest : "");
	return exec_text(self, &text);
}

static int make_tables(struct postgres *self)
{
	const struct cbx_pg_column *columns;
	const struct cbx_pg_table *tables;
	size_t count;
	size_t i;
	int r = 0;

	tables = cbx_pg_tables(&count);
	for (i = 0; i < count && !r; i++)
		r = make_table(self, &tables[i]);
	columns = cbx_pg_columns(&count);
	for (i = 0; i < count && !r; i++)
		r = make_column(self, &columns[i]);
	return r;
}

static int make_indexes(struct postgres *self)
{
	size_t i;
	int r = 0;

	for (i = 0; i < CBX_COUNT(indexes) && !r; i++)
		r = cbx_pg_query(self, indexes[i], NULL, NULL);
	return r;
}

static const struct {
	const char *name;
	int (*run)(struct postgres *self);
} migrations[] = {
	{ "tables", make_tables },
	{ "indexes", make_indexes },
	{ "push log", make_tables },
	{ "indexes of names trimmed by Unicode", make_indexes },
};

/* How many migrations were applied; the list only grows */
static int read_applied(struct postgres *self, size_t *applied)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = exists(self, "select 1 where to_regclass($1) is not null", "chatterbox_migrations",
		       NULL);

	*applied = 0;
	if (r <= 0)
		return r;
	r = cbx_pg_query(self, "select coalesce(max(number), 0) from chatterbox_migrations", NULL,
			 &result);
	if (!r)
		*applied = (size_t)cbx_pg_int(result, 0, 0);
	return r;
}

static int note_applied(struct postgres *self, size_t i)
{
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_int(&args, (int64_t)i + 1);
	cbx_pg_arg_text(&args, migrations[i].name);
	return cbx_pg_query(self,
			    "insert into chatterbox_migrations (number, name, applied_at) values "
			    "($1, $2, now())",
			    &args, NULL);
}

static int name_failure(struct postgres *self, size_t i)
{
	char why[256];

	snprintf(why, sizeof(why), "%.255s", self->sql.error);
	snprintf(self->sql.error, sizeof(self->sql.error),
		 "migration %zu (%s) is pending and failed: %s", i + 1, migrations[i].name, why);
	return CHATTERBOX_E_SCHEMA;
}

static int apply_pending(struct postgres *self, size_t *before)
{
	size_t i = *before;
	int r = cbx_pg_query(self, LOCK, NULL, NULL);

	/* do not wait long for a table, since others queue behind us */
	if (!r)
		r = cbx_pg_query(self, "set local lock_timeout = 5000", NULL, NULL);
	/* before checking again: unlike an advisory lock, this makes the server read the catalogue
	 * anew */
	if (!r && !*before)
		r = cbx_pg_query(self,
				 "create table if not exists chatterbox_migrations (number "
				 "integer primary key, name text, applied_at timestamptz)",
				 NULL, NULL);
	if (!r)
		r = read_applied(self, before);
	for (i = *before; i < CBX_COUNT(migrations) && !r; i++) {
		r = migrations[i].run(self);
		if (!r)
			r = note_applied(self, i);
		if (r)
			break;
	}
	return r == CHATTERBOX_E_REFUSED ? name_failure(self, i) : r;
}

int cbx_pg_migrate(struct cbx_sql *sql, int *applied)
{
	struct postgres *self = cbx_pg_of(sql);
	size_t before = 0;
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	r = cbx_pg_end(self, cbx_pg_lacks_right(self, read_applied(self, &before)));
	if (!r && before < CBX_COUNT(migrations)) {
		r = cbx_pg_begin_for(self, CBX_PG_MIGRATION_MS, CBX_PG_MIGRATION_MS);
		if (r)
			return r;
		r = cbx_pg_end(self, apply_pending(self, &before));
	}
	if (!r)
		*applied =
			before < CBX_COUNT(migrations) ? (int)(CBX_COUNT(migrations) - before) : 0;
	return r;
}
