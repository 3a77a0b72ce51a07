// SPDX-License-Identifier: MIT
/*
 * ledger.c - records a batch in one guarded transaction, and finds out what became of an uncertain
 * one
 *
 * If the answer to a COMMIT is lost, the transaction may have been committed, so it is never simply
 * repeated. Over a new connection the server is asked about the transaction's number
 * (pg_xact_status). As long as that is not possible the number is kept, and the next call asks
 * first.
 */
#include "adapter/postgres/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TRIES 5
#define PAUSE_MS 50

/* When a list was answered is a help to the next leader, which no row of others may hinder: one
 * that is locked stays as it is */
#define CHECKED                                                                                  \
	"with k as (select distinct system from unnest($1::text[]) as u(system)), "              \
	"mine as materialized (select c.system from recently_checked c join k using (system) "   \
	"order by 1 for update of c skip locked) "                                               \
	"insert into recently_checked (system, checked_at" CBX_PG_STAMPS ") "                    \
	"select k.system, now()" CBX_PG_STAMPED " from k where "                                 \
	"k.system in (select system from mine) or not exists (select 1 from recently_checked c " \
	"where c.system = k.system) order by 1 on conflict (system) do update set "              \
	"checked_at = excluded.checked_at" CBX_PG_STAMP_ANEW

static int write_systems(struct postgres *self, const void *items, size_t from, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	const char *const *systems = (const char *const *)items + from;
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, systems[i]);
	}
	r = cbx_pg_array_args(&arrays, &args);
	return r ? r : cbx_pg_write_stamped(self, "recently_checked", CHECKED, &args, NULL);
}

static int leave_out(struct postgres *self, const void *items, size_t at, bool refused)
{
	(void)refused;
	cbx_debug(self->log, CBX_FIELDS({ "server", "sql" }, { "error", self->sql.error }),
		  "recently_checked is not written for %s", ((const char *const *)items)[at]);
	return 0;
}

static int write_checked(struct postgres *self, const struct cbx_batch *batch, bool around)
{
	struct cbx_pg_search search = { .write = write_systems,
					.fault = leave_out,
					.items = batch->checked };

	if (!batch->checked_count)
		return 0;
	self->at_rows = true;
	return around ? cbx_pg_write_around(self, &search, 0, batch->checked_count)
		      : write_systems(self, batch->checked, 0, batch->checked_count);
}

static int write_batch(struct postgres *self, const struct cbx_batch *batch, bool around)
{
	int r = cbx_pg_write_changes(self, batch, around);

	if (!r)
		r = cbx_pg_write_errors(self, batch, around);
	if (!r)
		r = write_checked(self, batch, around);
	if (!r && self->sql.fault_count)
		r = -EBADMSG;
	if (r)
		return r;
	self->at_rows = false;
	r = cbx_pg_write_events(self, batch);
	if (!r)
		r = cbx_pg_write_history(self, batch);
	if (!r)
		r = cbx_pg_write_told(self, batch);
	return r ? r : cbx_pg_write_pushes(self, batch);
}

/* CHATTERBOX_E_DOWN with self->xid set: COMMIT was sent and not answered */
static int record_once(struct postgres *self, const struct cbx_guard *guard,
		       const struct cbx_batch *batch, bool around)
{
	char xid[sizeof(self->xid)] = "";
	int r;

	self->sql.fault_count = 0;
	self->at_rows = false;
	r = cbx_pg_begin_record(self, guard, around, xid);
	if (r)
		return r;
	/* so that a row fails where it is written */
	if (around)
		r = cbx_pg_query(self, "set constraints all immediate", NULL, NULL);
	if (!r)
		r = write_batch(self, batch, around);
	if (!r) {
		self->at_rows = true; /* of a constraint that is deferred */
		r = cbx_pg_commit(self);
		if (r == CHATTERBOX_E_DOWN)
			memcpy(self->xid, xid, sizeof(xid));
	}
	if (r)
		cbx_pg_rollback(self);
	if (r != -EBADMSG)
		self->sql.fault_count = 0;
	return r;
}

enum verdict { COMMITTED, ABORTED, IN_PROGRESS, UNKNOWN };

/* Asks over the present connection */
static enum verdict ask(struct postgres *self)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	const char *status;
	int r;

	cbx_pg_arg_text(&args, self->xid);
	r = cbx_pg_query(self, "select pg_xact_status($1::xid8)", &args, &result);
	/* a number that this server has not reached: it lost the transaction, or never had it */
	if (r == CHATTERBOX_E_REFUSED && !strcmp(self->sqlstate, "22023"))
		return ABORTED;
	if (r)
		return UNKNOWN;
	status = cbx_pg_text(result, 0, 0);
	if (status && !strcmp(status, "committed"))
		return COMMITTED;
	if (status && !strcmp(status, "in progress"))
		return IN_PROGRESS;
	/* NULL: older than the server remembers. Better recorded twice than never. */
	return ABORTED;
}

static int resolve(struct postgres *self, uint64_t deadline)
{
	enum verdict verdict;

	while (*self->xid) {
		self->limit = deadline;
		verdict = cbx_pg_connect(&self->sql, deadline) ? UNKNOWN : ask(self);
		self->limit = 0;
		if (verdict == COMMITTED || verdict == ABORTED) {
			self->outcome = verdict == COMMITTED;
			self->xid[0] = '\0';
			break;
		}
		if (!cbx_ms_left(self->clock, deadline, PAUSE_MS))
			return CHATTERBOX_E_DOWN;
		poll(NULL, 0, PAUSE_MS);
	}
	return self->outcome;
}

static int postgres_resolve(struct cbx_sql *sql, uint64_t deadline)
{
	return resolve(cbx_pg_of(sql), deadline);
}

static bool is_worth_a_try(const struct postgres *self)
{
	return !strcmp(self->sqlstate, "40001") || !strcmp(self->sqlstate, "40P01");
}

static int record_with_tries(struct postgres *self, const struct cbx_guard *guard,
			     const struct cbx_batch *batch)
{
	bool around = false;
	int tries;
	int r;

	for (tries = 1;; tries++) {
		r = record_once(self, guard, batch, around);
		if (!around && r < 0 && cbx_pg_cost_of(self, r) != CBX_PG_COSTS_ALL)
			around = true;
		else if (r != CHATTERBOX_E_TIMEOUT || tries == TRIES || !is_worth_a_try(self))
			return r;
		/* jitter, so that both parties of a deadlock wait for different times */
		else
			poll(NULL, 0, tries * (5 + (int)(cbx_now(self->clock) / 1000 % 10)));
	}
}

static int postgres_record(struct cbx_sql *sql, const struct cbx_guard *guard,
			   const struct cbx_batch *batch, uint64_t deadline)
{
	struct postgres *self = cbx_pg_of(sql);
	int r = resolve(self, deadline);

	if (r < 0)
		return r;
	self->outcome = 0;
	self->limit = deadline;
	r = record_with_tries(self, guard, batch);
	self->limit = 0;
	if (r == CHATTERBOX_E_DOWN && *self->xid) {
		cbx_warn(self->log, CBX_FIELDS({ "server", "sql" }, { "error", sql->error }),
			 "the answer to a commit was lost; asking what became of it");
		r = resolve(self, deadline) == 1 ? 0 : CHATTERBOX_E_DOWN;
	}
	return r;
}

const struct cbx_ledger_ops cbx_pg_ledger_ops = {
	.record = postgres_record,
	.resolve = postgres_resolve,
	.pushes = cbx_pg_pushes,
	.monitored = cbx_pg_monitored,
	.unreported = cbx_pg_unreported,
	.ocd_jobs = cbx_pg_ocd_jobs,
	.keep_ocd = cbx_pg_keep_ocd,
	.of_jobs = cbx_pg_of_jobs,
	.completed = cbx_pg_completed,
};
