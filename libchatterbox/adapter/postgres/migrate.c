// SPDX-License-Identifier: MIT
/* migrate.c - what cbx_migrate() needs to know of PostgreSQL: indexes, the lock, the catalogue */
#include "adapter/postgres/internal.h"
#include "adapter/postgres/schema.h"
#include "common/text.h"

#include <errno.h>
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
	/* its pages: of a job, of a system, of turns; and what is too old */
	"create index if not exists job_history_job on job_history (system, job_id, id)",
	"create index if not exists job_history_system on job_history (system, id)",
	"create index if not exists job_history_turns on job_history (id) where job_id is null",
	"create index if not exists job_history_at on job_history (at)",
	"create index if not exists orders_system on orders (system, at)",
	"create index if not exists orders_at on orders (at)",
	"create index if not exists incidents_open on incidents (id) where closed_at is null",
	"create index if not exists completed_jobs_ended on completed_jobs (completed_at)",
};
/* clang-format on */

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

static int has(struct cbx_sql *sql, const char *table, const char *column)
{
	if (!column)
		return exists(cbx_pg_of(sql), "select 1 where to_regclass($1) is not null", table,
			      NULL);
	return exists(cbx_pg_of(sql),
		      "select 1 from pg_attribute where attrelid = to_regclass($1) and "
		      "attname = $2 and attnum > 0 and not attisdropped",
		      table, column);
}

/* Is there a unique key of exactly these columns, in any order? What ON CONFLICT can use */
/* clang-format off */
#define HAS_KEY                                                                                    \
	"select 1 from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and "       \
	"i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null and (select " \
	"array_agg(a.attname::text order by a.attname) from pg_attribute a where a.attrelid = "    \
	"i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])) = (select array_agg(c "     \
	"order by c collate \"C\") from unnest(string_to_array($2, ', ')) c)"
/* clang-format on */

static int make_key(struct cbx_sql *sql, const struct cbx_table *table)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct postgres *self = cbx_pg_of(sql);
	char why[160];
	int r = exists(self, HAS_KEY, table->name, table->key);

	if (r)
		return r > 0 ? 0 : r;
	cbx_text_printf(&text, "create unique index on %s (%s)%s", table->name, table->key,
			strstr(table->constraints, "nulls not distinct") ? " nulls not distinct"
									 : "");
	r = text.failed ? -ENOMEM : cbx_pg_query(self, text.bytes, NULL, NULL);
	/* unique_violation */
	if (r == CHATTERBOX_E_REFUSED && !strcmp(self->sqlstate, "23505")) {
		snprintf(why, sizeof(why),
			 "%s (%s) has to be unique, and some rows are there more than once: delete "
			 "all but one of each",
			 table->name, table->key);
		cbx_pg_say(self, self->sqlstate, why);
	}
	return r;
}

/* It is not created: with a slip in its name, a second set of tables would grow in it */
static int check_namespace(struct postgres *self)
{
	int r;

	if (!self->schema)
		return 0;
	r = exists(self,
		   "select 1 from pg_namespace where nspname = $1 and "
		   "has_schema_privilege(oid, 'usage')",
		   self->schema, NULL);
	if (r)
		return r < 0 ? r : 0;
	snprintf(self->sql.error, sizeof(self->sql.error),
		 "postgresql %s: there is no schema \"%s\", or the role may not use it: check the "
		 "key schema, or create it",
		 self->sql.where, self->schema);
	return CHATTERBOX_E_SCHEMA;
}

static int recorded(struct cbx_sql *sql, size_t *count)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = check_namespace(cbx_pg_of(sql));

	if (!r)
		r = has(sql, "chatterbox_migrations", NULL);
	*count = 0;
	if (r <= 0)
		return r;
	r = cbx_pg_query(cbx_pg_of(sql),
			 "select coalesce(max(number), 0) from chatterbox_migrations", NULL,
			 &result);
	if (!r)
		*count = (size_t)cbx_pg_int(result, 0, 0);
	return r;
}

static int record(struct cbx_sql *sql, const struct cbx_migration_row *row)
{
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_int(&args, row->number);
	cbx_pg_arg_text(&args, row->name);
	cbx_pg_arg_text(&args, row->version);
	cbx_pg_arg_int(&args, row->older_works);
	return cbx_pg_query(
		cbx_pg_of(sql),
		"insert into chatterbox_migrations (number, name, version, older_works, "
		"applied_at) values ($1, $2, $3, $4, now())",
		&args, NULL);
}

static int foreign(struct cbx_sql *sql, size_t known, bool versions, struct cbx_migration_row *row)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_int(&args, (int64_t)known);
	r = cbx_pg_query(cbx_pg_of(sql),
			 versions ? "select number, name, version from chatterbox_migrations where "
				    "number > $1 and coalesce(older_works, 0) = 0 "
				    "order by number desc limit 1"
				  : "select number, name, null from chatterbox_migrations where "
				    "number > $1 order by number desc limit 1",
			 &args, &result);
	if (r || PQntuples(result) == 0)
		return r;
	row->number = cbx_pg_int(result, 0, 0);
	snprintf(row->name, sizeof(row->name), "%s", cbx_pg_text(result, 0, 1) ?: "");
	snprintf(row->version, sizeof(row->version), "%s", cbx_pg_text(result, 0, 2) ?: "");
	return 1;
}

static int begin(struct cbx_sql *sql)
{
	struct postgres *self = cbx_pg_of(sql);
	int r = cbx_pg_begin_for(self, CBX_PG_MIGRATION_MS, CBX_PG_MIGRATION_MS, NULL, NULL);

	if (r)
		return r;
	r = cbx_pg_query(self, LOCK, NULL, NULL);
	/* do not wait long for a table, since others queue behind us */
	if (!r)
		r = cbx_pg_query(self, "set local lock_timeout = 5000", NULL, NULL);
	if (r)
		cbx_pg_rollback(self);
	return r;
}

static int end(struct cbx_sql *sql, int r)
{
	return cbx_pg_end(cbx_pg_of(sql), r);
}

static int exec(struct cbx_sql *sql, const char *statement)
{
	return cbx_pg_query(cbx_pg_of(sql), statement, NULL, NULL);
}

int cbx_pg_migrate(struct cbx_sql *sql, int *applied)
{
	struct postgres *self = cbx_pg_of(sql);
	struct cbx_schema schema = { .indexes = indexes,
				     .index_count = CBX_COUNT(indexes),
				     .time = "timestamptz",
				     .recorded = recorded,
				     .record = record,
				     .foreign = foreign,
				     .begin = begin,
				     .end = end,
				     .exec = exec,
				     .has = has,
				     .make_key = make_key };
	size_t before = 0;
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	r = cbx_pg_check_encoding(self);
	if (!r)
		r = cbx_pg_lacks_right(self, recorded(sql, &before));
	r = cbx_pg_end(self, r);
	if (r)
		return r;
	schema.tables = cbx_pg_tables(&schema.table_count);
	schema.columns = cbx_pg_columns(&schema.column_count);
	return cbx_migrate(sql, &schema, before, applied);
}
