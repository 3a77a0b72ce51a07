/* SPDX-License-Identifier: MIT */
/* schema.h - the tables and columns that migrate.c creates and check.c requires */
#ifndef CBX_ADAPTER_POSTGRES_SCHEMA_H
#define CBX_ADAPTER_POSTGRES_SCHEMA_H

#include "port/migration.h"

/* How a column is used, which decides which other types are acceptable if it exists already. An ORM
 * makes integers of 32 bits, varchar(255), and times without a zone, which are read as UTC. */
enum cbx_pg_use {
	CBX_PG_OWN,     /* in a table of ours alone: the type that we give it */
	CBX_PG_WRITTEN, /* text: varchar(n) or char(n), n >= 64; bigint: integer */
	CBX_PG_JSON,    /* as WRITTEN, or json */
	CBX_PG_READ,    /* read: any kind of text or integer */
	CBX_PG_OTHERS,  /* not used by this library, so not checked */
};

const struct cbx_column *cbx_pg_columns(size_t *count);
const struct cbx_table *cbx_pg_tables(size_t *count);

#endif
