// SPDX-License-Identifier: MIT
/* sql.c - frees a connection of any adapter */
#include "port/sql.h"

void cbx_sql_free(struct cbx_sql *sql)
{
	if (sql)
		sql->ops->free(sql);
}
