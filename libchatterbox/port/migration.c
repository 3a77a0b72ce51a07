// SPDX-License-Identifier: MIT
/*
 * migration.c - applies the migrations that are pending, in their order
 *
 * Tables that others have made get the columns that they lack. Only what is absent is created, so a
 * role without the right to create can run if nothing is missing.
 */
#include "port/migration.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <chatterbox/error.h>
#include <chatterbox/version.h>
#include <stdio.h>
#include <string.h>

static int exec_text(struct cbx_sql *sql, const struct cbx_schema *schema, struct cbx_text *text)
{
	cbx_auto(cbx_freep) char *statement = NULL;
	int r = cbx_text_take(text, &statement, NULL);

	return r ? r : schema->exec(sql, statement);
}

static int make_table(struct cbx_sql *sql, const struct cbx_schema *schema,
		      const struct cbx_table *table)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	const char *comma = "";
	size_t i;
	int r = schema->has(sql, table->name, NULL);

	if (r)
		return r < 0 ? r : 0;
	cbx_text_printf(&text, "create table %s (", table->name);
	for (i = 0; i < schema->column_count; i++) {
		const struct cbx_column *column = &schema->columns[i];

		if (strcmp(column->table, table->name) != 0)
			continue;
		cbx_text_printf(&text, "%s%s %s %s", comma, column->name, column->type,
				column->rest);
		comma = ", ";
	}
	cbx_text_printf(&text, "%s)", table->constraints);
	return exec_text(sql, schema, &text);
}

/* What of a column's declaration can be added while there are rows: a constant default, but no key
 * and no bare "not null"; check_schema() reports what is missing then */
static const char *addable(const char *rest)
{
	return strstr(rest, "default") && !strstr(rest, "default (") ? rest : "";
}

static int make_column(struct cbx_sql *sql, const struct cbx_schema *schema,
		       const struct cbx_column *column)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	int r = schema->has(sql, column->table, column->name);

	if (r)
		return r < 0 ? r : 0;
	cbx_text_printf(&text, "alter table %s add column %s %s %s", column->table, column->name,
			column->type, addable(column->rest));
	return exec_text(sql, schema, &text);
}

static int make_tables(struct cbx_sql *sql, const struct cbx_schema *schema)
{
	size_t i;
	int r = 0;

	for (i = 0; i < schema->table_count && !r; i++)
		r = make_table(sql, schema, &schema->tables[i]);
	for (i = 0; i < schema->column_count && !r; i++)
		r = make_column(sql, schema, &schema->columns[i]);
	return r;
}

/* One may be of a table that came with a later migration than the one that runs */
static int make_indexes(struct cbx_sql *sql, const struct cbx_schema *schema)
{
	size_t i;
	int r = make_tables(sql, schema);

	for (i = 0; i < schema->index_count && !r; i++)
		r = schema->exec(sql, schema->indexes[i]);
	return r;
}

/* An ORM numbers its rows, and knows no other key unless it was told of one */
static int make_keys(struct cbx_sql *sql, const struct cbx_schema *schema)
{
	size_t i;
	int r = 0;

	for (i = 0; schema->make_key && i < schema->table_count && !r; i++)
		if (schema->tables[i].key)
			r = schema->make_key(sql, &schema->tables[i]);
	return r;
}

#define RECORD "chatterbox_migrations"

/* Which version applied a migration, and whether older ones can go on */
static int add_versions(struct cbx_sql *sql, const struct cbx_schema *schema)
{
	static const struct cbx_column columns[] = { { RECORD, "version", "text", "", 0 },
						     { RECORD, "older_works", "integer", "", 0 } };
	size_t i;
	int r = 0;

	for (i = 0; i < CBX_COUNT(columns) && !r; i++)
		r = make_column(sql, schema, &columns[i]);
	return r;
}

/* By their numbers, from 1 on: this list only grows. A migration with which versions that do not
 * know it would do wrong is `breaking`: they refuse the database then. */
static const struct {
	const char *name;
	int (*run)(struct cbx_sql *sql, const struct cbx_schema *schema);
	bool breaking;
} migrations[] = {
	{ "tables", make_tables, false },
	{ "indexes", make_indexes, false },
	{ "push log", make_tables, false },
	{ "indexes of names trimmed by Unicode", make_indexes, false },
	{ "unique keys", make_keys, false },
	{ "history", make_tables, false },
	{ "indexes of history", make_indexes, false },
	{ "versions", add_versions, false },
	{ "orders", make_tables, false },
	{ "indexes of orders", make_indexes, false },
	{ "incidents", make_indexes, false },
	{ "outlook", make_tables, false },
	{ "index of ended jobs", make_indexes, false },
};

static int create_record(struct cbx_sql *sql, const struct cbx_schema *schema)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	cbx_text_printf(&text,
			"create table if not exists " RECORD " (number integer primary "
			"key, name text, applied_at %s)",
			schema->time);
	return exec_text(sql, schema, &text);
}

static int name_failure(struct cbx_sql *sql, size_t i)
{
	char why[256];

	snprintf(why, sizeof(why), "%.255s", sql->error);
	snprintf(sql->error, sizeof(sql->error), "migration %zu (%s) is pending and failed: %s",
		 i + 1, migrations[i].name, why);
	return CHATTERBOX_E_SCHEMA;
}

static int record_one(struct cbx_sql *sql, const struct cbx_schema *schema, size_t i)
{
	struct cbx_migration_row row = { .number = (int64_t)i + 1,
					 .version = CHATTERBOX_VERSION_TEXT,
					 .older_works = !migrations[i].breaking };

	snprintf(row.name, sizeof(row.name), "%s", migrations[i].name);
	return schema->record(sql, &row);
}

/* A newer version was here: can this one work with what it made? */
static int meet_newer(struct cbx_sql *sql, const struct cbx_schema *schema)
{
	struct cbx_migration_row row = { 0 };
	int r = schema->has(sql, RECORD, "older_works");

	if (r >= 0)
		r = schema->foreign(sql, CBX_COUNT(migrations), r > 0, &row);
	if (r <= 0)
		return r;
	snprintf(sql->error, sizeof(sql->error),
		 "migration %lld (%s) was applied by chatterbox %s; this is %s, which does not "
		 "know it "
		 "and can't work with that database: run that version, or a newer one",
		 (long long)row.number, row.name, *row.version ? row.version : "of another version",
		 CHATTERBOX_VERSION_TEXT);
	return CHATTERBOX_E_SCHEMA;
}

static int apply_pending(struct cbx_sql *sql, const struct cbx_schema *schema, size_t *recorded)
{
	/* before it is read again: unlike a lock, this makes PostgreSQL read its catalogue anew */
	int r = *recorded ? 0 : create_record(sql, schema);
	size_t i = *recorded;

	if (!r)
		r = schema->recorded(sql, recorded);
	if (!r)
		r = add_versions(sql, schema); /* every row says its version */
	if (!r)
		i = *recorded;
	while (!r && i < CBX_COUNT(migrations)) {
		r = migrations[i].run(sql, schema);
		if (!r)
			r = record_one(sql, schema, i);
		if (!r)
			i++;
	}
	/* another instance, of a newer version, was faster */
	if (!r && *recorded > CBX_COUNT(migrations))
		r = meet_newer(sql, schema);
	return r == CHATTERBOX_E_REFUSED ? name_failure(sql, i) : r;
}

int cbx_migrate(struct cbx_sql *sql, const struct cbx_schema *schema, size_t recorded, int *applied)
{
	int r = 0;

	if (recorded != CBX_COUNT(migrations)) {
		r = schema->begin(sql);
		if (r)
			return r;
		r = schema->end(sql, recorded < CBX_COUNT(migrations)
					     ? apply_pending(sql, schema, &recorded)
					     : meet_newer(sql, schema));
	}
	if (r)
		return r;
	*applied = recorded < CBX_COUNT(migrations) ? (int)(CBX_COUNT(migrations) - recorded) : 0;
	return 0;
}
