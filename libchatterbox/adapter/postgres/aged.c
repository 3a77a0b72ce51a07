// SPDX-License-Identifier: MIT
/* aged.c - rows by their age: a page of those before a place, and the end of those that are old */
#include "adapter/postgres/internal.h"

#include "port/clearing.h"

int cbx_pg_expire(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
		  int64_t older_than, size_t limit, int64_t *removed)
{
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_int(&args, cbx_age_seconds(older_than));
	cbx_pg_arg_int(&args, (int64_t)limit);
	return cbx_pg_write_counted(sql, guard, text, &args, removed);
}

int cbx_pg_read_before(struct postgres *self, const char *text, const char *system, int64_t job_id,
		       const struct cbx_before *before, size_t limit, PGresult **out)
{
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_text(&args, system);
	cbx_pg_arg_int(&args, job_id);
	cbx_pg_arg_int(&args, before->at_ms);
	cbx_pg_arg_int(&args, before->id);
	cbx_pg_arg_int(&args, (int64_t)limit);
	return cbx_pg_read(self, text, &args, out);
}
