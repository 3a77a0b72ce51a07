// SPDX-License-Identifier: MIT
/*
 * migrate.c - creates the tables and columns of schema.c, and checks them
 *
 * All pending migrations are one BEGIN IMMEDIATE transaction, so that of two instances that start
 * at once the second finds nothing to do. Nothing is altered or dropped. Existing tables get
 * missing columns, without those parts of a declaration that SQLite can't add.
 */
#include "adapter/sqlite/internal.h"
#include "adapter/sqlite/schema.h"
#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
static const char *const indexes[] = {
	"create index if not exists status_monitor_unheard on status_monitor (system, job_id)"
	" where revision = 0",
	"create index if not exists status_monitor_untrimmed on status_monitor ("
	SQL_TRIM("system") ", job_id) where " SQL_PADDED(""),
	"create index if not exists scheduled_jobs_trimmed on scheduled_jobs ("
	SQL_TRIM("system") ", job_id)",
	"create unique index if not exists errors_key on errors"
	" (ifnull(system, ''), ifnull(job_id, -1), ifnull(code, ''))",
	"create index if not exists outbox_key on outbox (key, id)",
};

/* What upserts need besides columns: their unique keys */
static const struct { const char *text, *what; } keys[] = {
	{ "insert into status_monitor (system, job_id, status) values ('', 0, '')"
	  " on conflict (system, job_id) do nothing", "status_monitor (system, job_id)" },
	{ "insert into completed_jobs (system, job_id) values ('', 0)"
	  " on conflict (system, job_id) do nothing", "completed_jobs (system, job_id)" },
	{ "insert into server_conf (name) values ('') on conflict (name) do nothing",
	  "server_conf (name)" },
	{ "insert into recently_checked (system) values ('') on conflict (system) do nothing",
	  "recently_checked (system)" },
	{ "insert into content_server_access (system) values ('')"
	  " on conflict (system) do nothing", "content_server_access (system)" },
};
/* clang-format on */

static int exec_text(struct sqlite *self, struct cbx_text *text)
{
	cbx_auto(cbx_freep) char *statement = NULL;
	int r = cbx_text_take(text, &statement, NULL);

	return r ? r : cbx_sqlite_exec(self, statement);
}

static int create_table(struct sqlite *self, const struct cbx_sqlite_table *table)
{
	struct cbx_text text = { 0 };
	const struct cbx_sqlite_column *columns;
	const char *comma = "";
	size_t count;
	size_t i;

	columns = cbx_sqlite_columns(&count);
	cbx_text_printf(&text, "create table if not exists %s (", table->name);
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

/* Reads the column's declared type into @type; 0, or 1 when it is absent */
static int read_type(struct sqlite *self, const struct cbx_sqlite_column *column, char type[64])
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	int r = cbx_sqlite_prepare(
		self, "select type from pragma_table_info(?1) where name = ?2 collate nocase",
		&statement);

	if (r)
		return r;
	cbx_sqlite_bind_text(statement, 1, column->table);
	cbx_sqlite_bind_text(statement, 2, column->name);
	r = cbx_sqlite_step(self, statement);
	if (r <= 0)
		return r ? r : 1;
	snprintf(type, 64, "%s", cbx_sqlite_text(statement, 0) ?: "");
	return 0;
}

static int add_column(struct sqlite *self, const struct cbx_sqlite_column *column)
{
	struct cbx_text text = { 0 };
	char type[64];
	int r = read_type(self, column, type);

	if (r <= 0)
		return r;
	cbx_text_printf(&text, "alter table %s add column %s %s", column->table, column->name,
			column->type);
	/* only constant defaults can be added */
	if (strstr(column->rest, "default") && !strstr(column->rest, "default ("))
		cbx_text_printf(&text, " %s", column->rest);
	return exec_text(self, &text);
}

static int make_tables(struct sqlite *self)
{
	const struct cbx_sqlite_column *columns;
	const struct cbx_sqlite_table *tables;
	size_t count;
	size_t i;
	int r = 0;

	tables = cbx_sqlite_tables(&count);
	for (i = 0; i < count && !r; i++)
		r = create_table(self, &tables[i]);
	columns = cbx_sqlite_columns(&count);
	for (i = 0; i < count && !r; i++)
		r = add_column(self, &columns[i]);
	return r;
}

static int make_indexes(struct sqlite *self)
{
	size_t i;
	int r = 0;

	for (i = 0; i < CBX_COUNT(indexes) && !r; i++)
		r = cbx_sqlite_exec(self, indexes[i]);
	return r;
}

static const struct {
	const char *name;
	int (*run)(struct sqlite *self);
} migrations[] = {
	{ "tables", make_tables },
	{ "indexes", make_indexes },
	{ "push log", make_tables },
	{ "indexes of names trimmed by Unicode", make_indexes },
};

/* How many migrations were applied; the list only grows */
static int read_applied(struct sqlite *self, size_t *applied)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *table = NULL;
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *number = NULL;
	int r = cbx_sqlite_prepare(
		self, "select 1 from sqlite_master where name = 'chatterbox_migrations'", &table);

	*applied = 0;
	if (!r)
		r = cbx_sqlite_step(self, table);
	if (r <= 0)
		return r;
	r = cbx_sqlite_prepare(self, "select max(number) from chatterbox_migrations", &number);
	if (!r)
		r = cbx_sqlite_step(self, number);
	if (r > 0)
		*applied = (size_t)sqlite3_column_int64(number, 0);
	return r < 0 ? r : 0;
}

static int note_applied(struct sqlite *self, size_t i)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	int r = cbx_sqlite_prepare(self, "insert into chatterbox_migrations values (?1, ?2, ?3)",
				   &statement);

	if (r)
		return r;
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)i + 1);
	cbx_sqlite_bind_text(statement, 2, migrations[i].name);
	sqlite3_bind_int64(statement, 3, cbx_wall(self->clock));
	return cbx_sqlite_run(self, statement);
}

static int apply(struct sqlite *self, size_t i)
{
	char why[256];
	int r = migrations[i].run(self);

	if (!r)
		r = note_applied(self, i);
	if (r != CHATTERBOX_E_REFUSED)
		return r;
	snprintf(why, sizeof(why), "%.255s", self->sql.error);
	snprintf(self->sql.error, sizeof(self->sql.error), "migration %zu (%s) failed: %s", i + 1,
		 migrations[i].name, why);
	return CHATTERBOX_E_SCHEMA;
}

int cbx_sqlite_migrate(struct cbx_sql *sql, int *applied)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	size_t before = 0;
	size_t i;
	int r = read_applied(self, &before);

	if (!r && before < CBX_COUNT(migrations)) {
		r = cbx_sqlite_begin(self, NULL);
		if (r)
			return r;
		r = cbx_sqlite_exec(self, "create table if not exists chatterbox_migrations "
					  "(number integer primary key, name text, "
					  "applied_at integer)");
		if (!r)
			r = read_applied(self, &before);
		for (i = before; i < CBX_COUNT(migrations) && !r; i++)
			r = apply(self, i);
		r = cbx_sqlite_end(self, r);
	}
	if (!r)
		*applied =
			before < CBX_COUNT(migrations) ? (int)(CBX_COUNT(migrations) - before) : 0;
	return r;
}

/* By SQLite's rules of type affinity */
static bool is_family(const char *type, const char *needed)
{
	if (!strcmp(needed, "integer"))
		return strcasestr(type, "int") != NULL;
	return strcasestr(type, "char") || strcasestr(type, "text") || strcasestr(type, "clob");
}

static int check_column(struct sqlite *self, const struct cbx_sqlite_column *column)
{
	char type[64] = "";
	int r = read_type(self, column, type);

	if (r < 0 || (!r && is_family(type, column->type)))
		return r;
	snprintf(self->sql.error, sizeof(self->sql.error), "sqlite %.200s: %s.%s is %s, needs %s",
		 self->sql.where, column->table, column->name, r ? "absent" : type, column->type);
	return CHATTERBOX_E_SCHEMA;
}

static int check_key(struct sqlite *self, const char *text, const char *what)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	int r = cbx_sqlite_prepare(self, text, &statement);

	if (r != CHATTERBOX_E_REFUSED)
		return r;
	snprintf(self->sql.error, sizeof(self->sql.error), "sqlite %.200s: %s is no unique key",
		 self->sql.where, what);
	return CHATTERBOX_E_SCHEMA;
}

int cbx_sqlite_check_schema(struct cbx_sql *sql)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	const struct cbx_sqlite_column *columns;
	size_t count;
	size_t i;
	int r = 0;

	columns = cbx_sqlite_columns(&count);
	for (i = 0; i < count && !r; i++)
		r = check_column(self, &columns[i]);
	for (i = 0; i < CBX_COUNT(keys) && !r; i++)
		r = check_key(self, keys[i].text, keys[i].what);
	return r;
}
