/* SPDX-License-Identifier: MIT */
/* schema.h - the tables and columns that migrate.c makes and check.c insists on */
#ifndef CBX_ADAPTER_POSTGRES_SCHEMA_H
#define CBX_ADAPTER_POSTGRES_SCHEMA_H

#include <stddef.h>

/* What is done with a column, which decides what other types will do when it exists already */
enum cbx_pg_use {
	CBX_PG_WRITTEN, /* any length of text; a bigint is a bigint */
	CBX_PG_NAME,    /* written, at most 64 bytes: varchar(64) will do */
	CBX_PG_READ,    /* any text, any integer */
	CBX_PG_OTHERS,  /* not touched by this library, so not checked */
};

struct cbx_pg_column {
	const char *table;
	const char *name;
	const char *type;
	const char *rest;
	enum cbx_pg_use use;
};

struct cbx_pg_table {
	const char *name;
	const char *constraints;
};

const struct cbx_pg_column *cbx_pg_columns(size_t *count);
const struct cbx_pg_table *cbx_pg_tables(size_t *count);

#endif
