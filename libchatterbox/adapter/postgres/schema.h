/* SPDX-License-Identifier: MIT */
/* schema.h - the tables and columns that migrate.c creates and check.c requires */
#ifndef CBX_ADAPTER_POSTGRES_SCHEMA_H
#define CBX_ADAPTER_POSTGRES_SCHEMA_H

#include "port/migration.h"

/* How a column is used: it says which other types are acceptable if it exists already */
enum cbx_pg_use {
	CBX_PG_WRITTEN, /* text of any length; a bigint has to be one */
	CBX_PG_NAME,    /* written, at most 64 bytes: varchar(64) is enough */
	CBX_PG_READ,    /* read: any kind of text or integer */
	CBX_PG_OTHERS,  /* not used by this library, so not checked */
};

const struct cbx_column *cbx_pg_columns(size_t *count);
const struct cbx_table *cbx_pg_tables(size_t *count);

#endif
