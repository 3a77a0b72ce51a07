// SPDX-License-Identifier: MIT
/*
 * pushes.c - remembers which pushes were recorded, in the transaction that records them
 *
 * Ids continue from the newest row, so a transaction that is rolled back uses none, and the last
 * CBX_PUSH_LOG ids are that many pushes.
 */
#include "adapter/sqlite/internal.h"

#define INSERT                                                                                \
	"insert into push_log (id, connection, identities) select coalesce(max(id), 0) + 1, " \
	"?1, ?2 from push_log"

#define TRIM "delete from push_log where id <= (select max(id) from push_log) - ?1"

int cbx_sqlite_write_pushes(struct sqlite *self, const struct cbx_batch *batch)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *insert = NULL;
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *trim = NULL;
	size_t i;
	int r;

	if (!batch->push_count)
		return 0;
	r = cbx_sqlite_prepare(self, INSERT, &insert);
	for (i = 0; i < batch->push_count && !r; i++) {
		sqlite3_bind_int64(insert, 1, batch->pushes[i].connection);
		cbx_sqlite_bind_text(insert, 2, batch->pushes[i].identities);
		r = cbx_sqlite_run(self, insert);
	}
	if (!r)
		r = cbx_sqlite_prepare(self, TRIM, &trim);
	if (r)
		return r;
	sqlite3_bind_int64(trim, 1, CBX_PUSH_LOG);
	return cbx_sqlite_run(self, trim);
}

int cbx_sqlite_pushes(struct cbx_sql *sql, cbx_push_fn each, void *user)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_prepare(self, "select connection, identities from push_log order by id",
				   &s);

	while (!r) {
		r = cbx_sqlite_step(self, s);
		if (r <= 0)
			return r;
		r = each(user, sqlite3_column_int64(s, 0), cbx_sqlite_text(s, 1) ?: "");
	}
	return r;
}
