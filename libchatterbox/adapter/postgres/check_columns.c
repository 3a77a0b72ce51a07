// SPDX-License-Identifier: MIT
/*
 * check_columns.c - checks that the columns that are needed are there, with types that will do
 *
 * Whoever has to mend the tables should learn of everything at once: each table that is absent is
 * named, and each column of the others that is not as needed.
 */
#include "adapter/postgres/internal.h"
#include "adapter/postgres/schema.h"
#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_text(const char *type)
{
	return !strcmp(type, "text") || !strncmp(type, "character", 9);
}

static bool is_integer(const char *type)
{
	return !strcmp(type, "bigint") || !strcmp(type, "integer") || !strcmp(type, "smallint");
}

/* Is it text, a varchar(n) or a char(n) that holds each name? */
static bool holds_names(const char *type)
{
	unsigned length;

	if (!strcmp(type, "text") || !strcmp(type, "character varying"))
		return true;
	return (sscanf(type, "character varying(%u)", &length) == 1 ||
		sscanf(type, "character(%u)", &length) == 1) &&
	       length >= 64;
}

/* A table of others: what an ORM may have made instead of our type */
static bool stands_for(const struct cbx_column *column, const char *type)
{
	if (!strcmp(column->type, "timestamptz"))
		return !strncmp(type, "timestamp", 9);
	if (!strcmp(column->type, "boolean"))
		return !strcmp(type, "boolean");
	if (strcmp(column->type, "text") != 0)
		return column->use == CBX_PG_READ
			       ? is_integer(type)
			       : is_integer(type) && strcmp(type, "smallint") != 0;
	if (column->use == CBX_PG_JSON && (!strcmp(type, "json") || !strcmp(type, "jsonb")))
		return true;
	return column->use == CBX_PG_READ ? is_text(type) : holds_names(type);
}

static bool will_do(const struct cbx_column *column, const char *type)
{
	if (column->use == CBX_PG_OTHERS)
		return true;
	if (column->use != CBX_PG_OWN)
		return stands_for(column, type);
	if (!strcmp(column->type, "timestamptz"))
		return !strcmp(type, "timestamp with time zone");
	return !strcmp(type, strcmp(column->type, "bigserial") != 0 ? column->type : "bigint");
}

/* The type of each column, '' where its table is absent */
#define TYPES                                                                               \
	"select case when to_regclass(k.tab) is null then '' else coalesce((select "        \
	"format_type(a.atttypid, a.atttypmod) from pg_attribute a "                         \
	"where a.attrelid = to_regclass(k.tab) and a.attname = k.col and a.attnum > 0 and " \
	"not a.attisdropped), 'absent') end from unnest($1::text[], $2::text[]) with "      \
	"ordinality as k(tab, col, at) order by k.at"

/* What is wrong so far. The columns of a table stand together. */
struct found {
	struct cbx_text tables;
	struct cbx_text columns;
	const char *table; /* the last one that is absent */
};

static void check_column(struct found *found, const struct cbx_column *column, const char *type)
{
	bool named = found->table && !strcmp(found->table, column->table);

	if (will_do(column, type) || (!*type && named))
		return;
	if (!*type) {
		found->table = column->table;
		cbx_text_printf(&found->tables, "%s%s", found->tables.len ? ", " : "",
				column->table);
	} else {
		cbx_text_printf(&found->columns, "%s%s.%s is %s, needs %s",
				found->columns.len ? "; " : "", column->table, column->name, type,
				strcmp(column->type, "bigserial") != 0 ? column->type : "bigint");
	}
}

/* The texts may be longer than an error: the end is cut off */
static int tell(struct postgres *self, const struct found *found)
{
	const struct cbx_text *tables = &found->tables;
	const struct cbx_text *columns = &found->columns;

	if (tables->failed || columns->failed)
		return -ENOMEM;
	if (!tables->len && !columns->len)
		return 0;
	snprintf(self->sql.error, sizeof(self->sql.error), "postgresql %s: %s%.*s%s%.*s",
		 self->sql.where, tables->len ? "no table " : "", (int)tables->len,
		 tables->len ? tables->bytes : "", tables->len && columns->len ? "; " : "",
		 (int)columns->len, columns->len ? columns->bytes : "");
	return CHATTERBOX_E_SCHEMA;
}

/* All of them by one question */
int cbx_pg_check_columns(struct postgres *self, const struct cbx_column *columns, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	struct found found = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, columns[i].table);
		cbx_pg_array_text(&arrays, columns[i].name);
	}
	r = cbx_pg_array_args(&arrays, &args);
	if (!r)
		r = cbx_pg_query(self, TYPES, &args, &result);
	for (i = 0; i < count && !r; i++)
		check_column(&found, &columns[i], cbx_pg_text(result, (int)i, 0));
	if (!r)
		r = tell(self, &found);
	cbx_text_free(&found.tables);
	cbx_text_free(&found.columns);
	return r;
}
