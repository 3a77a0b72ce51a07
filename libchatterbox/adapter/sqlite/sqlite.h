/* SPDX-License-Identifier: MIT */
/*
 * sqlite.h - the SQL port over a SQLite file: the embedded profile (contract 5)
 */
#ifndef CBX_ADAPTER_SQLITE_SQLITE_H
#define CBX_ADAPTER_SQLITE_SQLITE_H

#include "port/sql.h"

/* @path is copied; ":memory:" and "" are -EINVAL, since each connection would have its own
 * database. @clock is the database's clock, too. Several connections, even of several processes,
 * may share the file. Not connected yet. */
int cbx_sqlite_new(const char *path, struct cbx_clock *clock, struct cbx_sql **out);

#endif
