// SPDX-License-Identifier: MIT
/* aged.c - rows by their age: a page of those before a place, and the end of those that are old */
#include "adapter/sqlite/internal.h"

#include "port/clearing.h"

int cbx_sqlite_prepare_before(struct sqlite *self, const char *text, const char *system,
			      int64_t job_id, const struct cbx_before *before, size_t limit,
			      sqlite3_stmt **out)
{
	int r = cbx_sqlite_prepare(self, text, out);

	if (r)
		return r;
	cbx_sqlite_bind_text(*out, 1, system);
	sqlite3_bind_int64(*out, 2, job_id);
	sqlite3_bind_int64(*out, 3, before->at_ms);
	sqlite3_bind_int64(*out, 4, before->id);
	sqlite3_bind_int64(*out, 5, (int64_t)limit);
	return 0;
}

int cbx_sqlite_delete_old(struct sqlite *self, const char *text, int64_t older_than, size_t limit,
			  int64_t *gone)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, text, &s);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, cbx_wall(self->clock) - cbx_age_seconds(older_than) * 1000);
	sqlite3_bind_int64(s, 2, (int64_t)limit);
	r = cbx_sqlite_run(self, s);
	*gone = r ? 0 : sqlite3_changes(self->db);
	return r;
}

int cbx_sqlite_expire(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
		      int64_t older_than, size_t limit, int64_t *removed)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int64_t gone = 0;
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = cbx_sqlite_end(self, cbx_sqlite_delete_old(self, text, older_than, limit, &gone));
	if (!r)
		*removed = gone;
	return r;
}
