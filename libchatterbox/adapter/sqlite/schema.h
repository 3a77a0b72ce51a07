/* SPDX-License-Identifier: MIT */
/* schema.h - the tables and columns that migrate.c creates and checks */
#ifndef CBX_ADAPTER_SQLITE_SCHEMA_H
#define CBX_ADAPTER_SQLITE_SCHEMA_H

#include <stddef.h>

struct cbx_sqlite_column {
	const char *table;
	const char *name;
	const char *type; /* text or integer */
	const char *rest;
};

struct cbx_sqlite_table {
	const char *name;
	const char *constraints;
};

const struct cbx_sqlite_column *cbx_sqlite_columns(size_t *count);
const struct cbx_sqlite_table *cbx_sqlite_tables(size_t *count);

#endif
