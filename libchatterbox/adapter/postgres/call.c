// SPDX-License-Identifier: MIT
/* call.c - transactions of one statement, and reading values from results */
#include "adapter/postgres/internal.h"

#include <stdlib.h>

int cbx_pg_fenced(struct postgres *self, const char *why)
{
	cbx_pg_say(self, NULL, why);
	return CHATTERBOX_E_FENCED;
}

int cbx_pg_read(struct postgres *self, const char *text, const struct cbx_pg_args *args,
		PGresult **out)
{
	return cbx_pg_write(self, NULL, text, args, out);
}

int cbx_pg_write(struct postgres *self, const struct cbx_guard *guard, const char *text,
		 const struct cbx_pg_args *args, PGresult **out)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_begin(self, guard, NULL);

	if (r)
		return r;
	r = cbx_pg_end(self, cbx_pg_query(self, text, args, &result));
	if (!r && out)
		*out = cbx_steal(result);
	return r;
}

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
