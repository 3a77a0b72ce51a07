// SPDX-License-Identifier: MIT
/* migrate.c - what cbx_migrate() needs to know of SQLite, and the check of tables that exist; the
 * lock is BEGIN IMMEDIATE */
#include "adapter/sqlite/internal.h"
#include "adapter/sqlite/schema.h"

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
	/* its pages: of a job, of a system, of turns; and what is too old */
	"create index if not exists job_history_job on job_history (system, job_id, id)",
	"create index if not exists job_history_system on job_history (system, id)",
	"create index if not exists job_history_turns on job_history (id) where job_id is null",
	"create index if not exists job_history_at on job_history (at)",
	"create index if not exists orders_system on orders (system, at)",
	"create index if not exists orders_at on orders (at)",
	"create index if not exists incidents_open on incidents (id) where closed_at is null",
	"create index if not exists completed_jobs_ended on completed_jobs ("
	CBX_SQLITE_ENDED_MS " desc, system, job_id)",
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

/* Reads the column's declared type into @type; 0, or 1 when it is absent */
static int read_type(struct sqlite *self, const struct cbx_column *column, char type[64])
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

static int has(struct cbx_sql *sql, const char *table, const char *column)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_prepare(
		self,
		column ? "select 1 from pragma_table_info(?1) where name = ?2 collate nocase"
		       : "select 1 from sqlite_master where name = ?1 collate nocase",
		&statement);

	if (r)
		return r;
	cbx_sqlite_bind_text(statement, 1, table);
	if (column)
		cbx_sqlite_bind_text(statement, 2, column);
	return cbx_sqlite_step(self, statement);
}

static int recorded(struct cbx_sql *sql, size_t *count)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = has(sql, "chatterbox_migrations", NULL);

	*count = 0;
	if (r <= 0)
		return r;
	r = cbx_sqlite_prepare(self, "select max(number) from chatterbox_migrations", &statement);
	if (!r)
		r = cbx_sqlite_step(self, statement);
	if (r > 0)
		*count = (size_t)sqlite3_column_int64(statement, 0);
	return r < 0 ? r : 0;
}

static int record(struct cbx_sql *sql, const struct cbx_migration_row *row)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_prepare(
		self,
		"insert into chatterbox_migrations (number, name, applied_at, version, "
		"older_works) values (?1, ?2, ?3, ?4, ?5)",
		&statement);

	if (r)
		return r;
	sqlite3_bind_int64(statement, 1, row->number);
	cbx_sqlite_bind_text(statement, 2, row->name);
	sqlite3_bind_int64(statement, 3, cbx_wall(self->clock));
	cbx_sqlite_bind_text(statement, 4, row->version);
	sqlite3_bind_int(statement, 5, row->older_works);
	return cbx_sqlite_run(self, statement);
}

static int foreign(struct cbx_sql *sql, size_t known, bool versions, struct cbx_migration_row *row)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_prepare(
		self,
		versions ? "select number, name, version from chatterbox_migrations where number > "
			   "?1 "
			   "and ifnull(older_works, 0) = 0 order by number desc limit 1"
			 : "select number, name, null from chatterbox_migrations where number > ?1 "
			   "order by number desc limit 1",
		&statement);

	if (r)
		return r;
	sqlite3_bind_int64(statement, 1, (int64_t)known);
	r = cbx_sqlite_step(self, statement);
	if (r <= 0)
		return r;
	row->number = sqlite3_column_int64(statement, 0);
	snprintf(row->name, sizeof(row->name), "%s", cbx_sqlite_text(statement, 1) ?: "");
	snprintf(row->version, sizeof(row->version), "%s", cbx_sqlite_text(statement, 2) ?: "");
	return 1;
}

static int begin(struct cbx_sql *sql)
{
	return cbx_sqlite_begin(cbx_sqlite_of(sql), NULL);
}

static int end(struct cbx_sql *sql, int r)
{
	return cbx_sqlite_end(cbx_sqlite_of(sql), r);
}

static int exec(struct cbx_sql *sql, const char *statement)
{
	return cbx_sqlite_exec(cbx_sqlite_of(sql), statement);
}

int cbx_sqlite_migrate(struct cbx_sql *sql, int *applied)
{
	struct cbx_schema schema = { .indexes = indexes,
				     .index_count = CBX_COUNT(indexes),
				     .time = "integer",
				     .recorded = recorded,
				     .record = record,
				     .foreign = foreign,
				     .begin = begin,
				     .end = end,
				     .exec = exec,
				     .has = has };
	size_t before = 0;
	int r = recorded(sql, &before);

	if (r)
		return r;
	schema.tables = cbx_sqlite_tables(&schema.table_count);
	schema.columns = cbx_sqlite_columns(&schema.column_count);
	return cbx_migrate(sql, &schema, before, applied);
}

/* By SQLite's rules of type affinity */
static bool is_family(const char *type, const char *needed)
{
	if (!strcmp(needed, "integer"))
		return strcasestr(type, "int") != NULL;
	return strcasestr(type, "char") || strcasestr(type, "text") || strcasestr(type, "clob");
}

static int check_column(struct sqlite *self, const struct cbx_column *column)
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
	const struct cbx_column *columns;
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
