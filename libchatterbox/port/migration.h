/* SPDX-License-Identifier: MIT */
/*
 * migration.h - the tables of an SQL adapter and how they come about (contract 5.1); for adapters
 *
 * All pending migrations are one transaction under a lock, so that of two instances that start at
 * once the second finds nothing to do. What is absent is created, nothing is altered or dropped.
 * What a newer version has applied is met in two ways: each row says whether older versions can go
 * on.
 */
#ifndef CBX_PORT_MIGRATION_H
#define CBX_PORT_MIGRATION_H

#include "port/sql.h"

#include <stdbool.h>
#include <stdint.h>

struct cbx_column {
	const char *table;
	const char *name;
	const char *type;
	const char *rest; /* of the declaration */
	int use;          /* the adapter's own: how it checks a column that exists */
};

struct cbx_table {
	const char *name;
	const char *constraints; /* what follows the columns when it is created */
	const char
		*key; /* columns that have to be unique, where others may have made it; or NULL */
};

/* A row of chatterbox_migrations */
struct cbx_migration_row {
	int64_t number;
	char name[64];
	char version[32]; /* of chatterbox, which applied it; empty: one that did not say */
	bool older_works; /* versions that do not know it can go on with the tables */
};

struct cbx_schema {
	const struct cbx_table *tables;
	size_t table_count;
	const struct cbx_column *columns;
	size_t column_count;
	const char *const *indexes; /* statements that create them if they are absent */
	size_t index_count;
	const char *time; /* the type of times */

	/* How many migrations are recorded in chatterbox_migrations; 0 if that is absent */
	int (*recorded)(struct cbx_sql *sql, size_t *count);
	int (*record)(struct cbx_sql *sql, const struct cbx_migration_row *row);
	/* The newest migration after the first @known ones with which older versions can't work; 1
	 * = there is one. @versions: the table has the columns that say so, else each is one. */
	int (*foreign)(struct cbx_sql *sql, size_t known, bool versions,
		       struct cbx_migration_row *row);
	/* A transaction in which no other connection migrates; its end commits when @r is 0 */
	int (*begin)(struct cbx_sql *sql);
	int (*end)(struct cbx_sql *sql, int r);
	int (*exec)(struct cbx_sql *sql, const char *statement);
	/* Is there this table, or this column of it? 1 = yes; @column may be NULL */
	int (*has)(struct cbx_sql *sql, const char *table, const char *column);
	/* Makes table->key unique if it is not; NULL = others make no tables there */
	int (*make_key)(struct cbx_sql *sql, const struct cbx_table *table);
};

/* Applies the migrations after the first @recorded ones, unless another instance does; *applied
 * counts those applied here. CHATTERBOX_E_SCHEMA, naming the migration, when the server refuses, or
 * when a newer version has applied one with which this one can't work. */
int cbx_migrate(struct cbx_sql *sql, const struct cbx_schema *schema, size_t recorded,
		int *applied);

#endif
