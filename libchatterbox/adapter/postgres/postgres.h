/* SPDX-License-Identifier: MIT */
/*
 * postgres.h - the SQL port over PostgreSQL (15 or newer) by libpq
 */
#ifndef CBX_ADAPTER_POSTGRES_POSTGRES_H
#define CBX_ADAPTER_POSTGRES_POSTGRES_H

#include "base/log.h"
#include "port/sql.h"

/* NULL and "" = libpq's built-in default, except for the host, which must be given; PG* variables
 * of the environment are never used */
struct cbx_postgres_options {
	const char *host; /* several by comma; a path is a socket's directory */
	int port;
	const char *database;
	const char *username;
	const char *password;
	const char *sslmode;
	const char *sslrootcert; /* NULL: the system's, where sslmode asks for one */
	const char *sslcert;
	const char *sslkey;
	const char *schema; /* NULL: as the user's search_path says */
	const char *app_name;
	const char *section; /* of the configuration, for error texts; NULL = "sequelize" */
	bool read_only;      /* only reads: a server that takes no writes will do */
};

/* Copies the options and does not connect yet; @log may be NULL, else it must outlive this.
 * -EINVAL: no host. */
int cbx_postgres_new(const struct cbx_postgres_options *options, struct cbx_clock *clock,
		     const struct cbx_log *log, struct cbx_sql **out);

#endif
