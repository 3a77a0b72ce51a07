// SPDX-License-Identifier: MIT
/*
 * ledger.c - records changes, their events and the checked systems in one transaction
 *
 * If COMMIT fails, SQLite has always rolled back, so nothing is ever uncertain here.
 */
#include "adapter/sqlite/internal.h"

#include <chatterbox/error.h>
#include <errno.h>

static int write_checked(struct sqlite *self, const struct cbx_batch *batch)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t i;
	int r = cbx_sqlite_prepare(self,
				   "insert into recently_checked (system, checked_at) values "
				   "(?1, ?2) on conflict (system) do update set checked_at = "
				   "excluded.checked_at",
				   &s);

	for (i = 0; i < batch->checked_count && !r; i++) {
		cbx_sqlite_bind_text(s, 1, batch->checked[i]);
		sqlite3_bind_int64(s, 2, cbx_wall(self->clock));
		r = cbx_sqlite_run(self, s);
		/* a help to the next leader, which no row or trigger of others may hinder */
		if (r == CHATTERBOX_E_REFUSED)
			r = 0;
	}
	return r;
}

static int sqlite_record(struct cbx_sql *sql, const struct cbx_guard *guard,
			 const struct cbx_batch *batch, uint64_t deadline)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = cbx_sqlite_write_changes(self, batch);
	if (!r && sql->fault_count)
		r = -EBADMSG;
	if (!r)
		r = cbx_sqlite_write_events(self, batch);
	if (!r)
		r = cbx_sqlite_write_history(self, batch);
	if (!r)
		r = cbx_sqlite_write_told(self, batch);
	if (!r)
		r = write_checked(self, batch);
	if (!r)
		r = cbx_sqlite_write_pushes(self, batch);
	if (!r && cbx_now(self->clock) >= deadline)
		r = cbx_sqlite_fail(self, SQLITE_INTERRUPT);
	return cbx_sqlite_end(self, r);
}

static int sqlite_resolve(struct cbx_sql *sql, uint64_t deadline)
{
	(void)sql;
	(void)deadline;
	return 0;
}

const struct cbx_ledger_ops cbx_sqlite_ledger_ops = {
	.record = sqlite_record,
	.resolve = sqlite_resolve,
	.pushes = cbx_sqlite_pushes,
	.monitored = cbx_sqlite_monitored,
	.unreported = cbx_sqlite_unreported,
	.ocd_jobs = cbx_sqlite_ocd_jobs,
	.keep_ocd = cbx_sqlite_keep_ocd,
	.of_jobs = cbx_sqlite_of_jobs,
	.completed = cbx_sqlite_completed,
};
