/* SPDX-License-Identifier: MIT */
/* conninfo.h - the options of a connection in libpq's words */
#ifndef CBX_ADAPTER_POSTGRES_CONNINFO_H
#define CBX_ADAPTER_POSTGRES_CONNINFO_H

#include "adapter/postgres/postgres.h"

/* Allocated; holds the password */
int cbx_pg_conninfo(const struct cbx_postgres_options *options, char **out);

#endif
