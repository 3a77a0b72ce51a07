/* SPDX-License-Identifier: MIT */
/* conninfo.h - the options of a connection, as libpq wants them */
#ifndef CBX_ADAPTER_POSTGRES_CONNINFO_H
#define CBX_ADAPTER_POSTGRES_CONNINFO_H

#include "adapter/postgres/postgres.h"

/* What the server is checked against; NULL: nothing */
const char *cbx_pg_rootcert(const struct cbx_postgres_options *options);
/* Allocated; holds the password */
int cbx_pg_conninfo(const struct cbx_postgres_options *options, char **out);

#endif
