/* SPDX-License-Identifier: MIT */
/* schema.h - the tables and columns that migrate.c creates and checks */
#ifndef CBX_ADAPTER_SQLITE_SCHEMA_H
#define CBX_ADAPTER_SQLITE_SCHEMA_H

#include "port/migration.h"

const struct cbx_column *cbx_sqlite_columns(size_t *count);
const struct cbx_table *cbx_sqlite_tables(size_t *count);

#endif
