// SPDX-License-Identifier: MIT
/* result.c - the values of a result's columns */
#include "adapter/postgres/internal.h"

#include <stdlib.h>
#include <string.h>

const char *cbx_pg_text(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

int64_t cbx_pg_int(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column)
		       ? 0
		       : strtoll(PQgetvalue(result, row, column), NULL, 10);
}

int64_t cbx_pg_count(const PGresult *result, int row, int column)
{
	int64_t count = cbx_pg_int(result, row, column);

	return PQgetisnull(result, row, column) || count < 0 ? CBX_NO_COUNT : count;
}

int64_t cbx_pg_time(struct postgres *self, const PGresult *result, int row, int column)
{
	if (strcmp(PQgetvalue(result, row, column), CBX_PG_NO_TIME) != 0)
		return cbx_pg_int(result, row, column);
	return cbx_sql_reject_time(&self->sql, PQfname(result, column), cbx_pg_text(result, row, 0),
				   PQnfields(result) > 2 ? cbx_pg_text(result, row, 1) : NULL);
}
