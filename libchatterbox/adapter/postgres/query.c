// SPDX-License-Identifier: MIT
/*
 * query.c - runs statements and transactions: sends without blocking and waits until a deadline;
 * reads values from results
 *
 * What a failure means is decided by the state of the connection and by SQLSTATE, never by a text.
 * The guard locks the lease row FOR KEY SHARE: renewals, which change no key column, can go on
 * during a long record(), while a take-over, which locks the row FOR UPDATE, has to wait for it.
 */
#include "adapter/postgres/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE (1 * CBX_SECOND) /* so that the server's own time-out comes first */

/* Waits until the socket is ready: 0, or a failure */
static int await(struct postgres *self, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = PQsocket(self->conn), .events = events };
	int left;

	for (;;) {
		left = cbx_ms_left(self->clock, deadline, 1000);
		if (!left)
			return cbx_pg_lost(self, "no answer within the deadline");
		if (poll(&p, 1, left) < 0 && errno != EINTR)
			return cbx_pg_lost(self, "poll failed");
		if (p.revents)
			break;
	}
	if ((p.revents & ~POLLOUT) && !PQconsumeInput(self->conn))
		return cbx_pg_lost(self, PQerrorMessage(self->conn));
	return 0;
}

static int flush(struct postgres *self, uint64_t deadline)
{
	int left;
	int r;

	while ((left = PQflush(self->conn)) > 0) {
		r = await(self, POLLIN | POLLOUT, deadline);
		if (r)
			return r;
	}
	return left ? cbx_pg_lost(self, PQerrorMessage(self->conn)) : 0;
}

static bool is_failure(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

static bool has_rows(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_TUPLES_OK;
}

/* The first failed result, or the last one that has rows, or the last one */
static int collect(struct postgres *self, uint64_t deadline, PGresult **out)
{
	cbx_auto(PQclearp) PGresult *kept = NULL;
	PGresult *result;
	int r;

	for (;;) {
		while (PQisBusy(self->conn)) {
			r = await(self, POLLIN, deadline);
			if (r)
				return r;
		}
		result = PQgetResult(self->conn);
		if (!result)
			break;
		if (kept && (is_failure(kept) ||
			     (has_rows(kept) && !has_rows(result) && !is_failure(result)))) {
			PQclear(result);
			continue;
		}
		PQclear(kept);
		kept = result;
	}
	if (!kept)
		return cbx_pg_lost(self, PQerrorMessage(self->conn));
	*out = cbx_steal(kept);
	return 0;
}

static bool is_class(const char *sqlstate, const char *start)
{
	return !strncmp(sqlstate, start, strlen(start));
}

static int judge(struct postgres *self, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *source = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	/* a right and a policy that refuse have the same SQLSTATE */
	self->by_policy = source && !strcmp(source, "ExecWithCheckOptions");
	self->in_code = PQresultErrorField(result, PG_DIAG_CONTEXT) != NULL;
	cbx_pg_say(self, state, text ?: PQresultErrorMessage(result));
	if (!state || PQstatus(self->conn) == CONNECTION_BAD || is_class(state, "08") ||
	    is_class(state, "57P") || !strcmp(state, "25006")) {
		cbx_pg_disconnect(&self->sql);
		return CHATTERBOX_E_DOWN;
	}
	if (!strcmp(state, "40001") || !strcmp(state, "40P01") || !strcmp(state, "55P03") ||
	    !strcmp(state, "57014"))
		return CHATTERBOX_E_TIMEOUT;
	return CHATTERBOX_E_REFUSED;
}

/* A call with a deadline sends nothing after it, and waits a moment longer for an answer, since the
 * server ends the statement by itself */
static int deadline_of(struct postgres *self, uint64_t *deadline)
{
	uint64_t now = cbx_now(self->clock);

	*deadline = now + (unsigned)self->statement_ms * CBX_MS + GRACE;
	if (!self->limit)
		return 0;
	if (now >= self->limit) {
		cbx_pg_say(self, NULL, "the deadline has passed");
		return CHATTERBOX_E_TIMEOUT;
	}
	if (*deadline > self->limit + GRACE)
		*deadline = self->limit + GRACE;
	return 0;
}

static int finish(struct postgres *self, int sent, uint64_t deadline, PGresult **out)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r;

	self->sqlstate[0] = '\0';
	self->by_policy = self->in_code = false;
	if (!sent)
		return cbx_pg_lost(self, PQerrorMessage(self->conn));
	r = flush(self, deadline);
	if (!r)
		r = collect(self, deadline, &result);
	if (!r && is_failure(result))
		r = judge(self, result);
	if (!r && out)
		*out = cbx_steal(result);
	return r;
}

int cbx_pg_query(struct postgres *self, const char *text, const struct cbx_pg_args *args,
		 PGresult **out)
{
	uint64_t deadline;
	int sent;
	int r;

	if (!self->conn) {
		cbx_pg_say(self, NULL, "not connected");
		return CHATTERBOX_E_DOWN;
	}
	r = deadline_of(self, &deadline);
	if (r)
		return r;
	sent = PQsendQueryParams(self->conn, text, args ? args->count : 0, NULL,
				 args ? args->values : NULL, NULL, NULL, 0);
	return finish(self, sent, deadline, out);
}

/* Statements without parameters; a text may hold several */
static int simple(struct postgres *self, const char *text, uint64_t deadline, PGresult **out)
{
	if (!self->conn) {
		cbx_pg_say(self, NULL, "not connected");
		return CHATTERBOX_E_DOWN;
	}
	return finish(self, PQsendQuery(self->conn, text), deadline, out);
}

int cbx_pg_script(struct postgres *self, const char *text)
{
	uint64_t deadline;
	int r = deadline_of(self, &deadline);

	return r ? r : simple(self, text, deadline, NULL);
}

int cbx_pg_begin_for(struct postgres *self, int statement_ms, int lock_ms, const char *more,
		     PGresult **out)
{
	/* who reads pages may have to ask Redis between two of them */
	int idle_ms = 2 * (statement_ms > CBX_PG_STATEMENT_MS ? statement_ms : CBX_PG_STATEMENT_MS);
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	uint64_t deadline;
	int r;

	if (self->limit)
		statement_ms = cbx_ms_left(self->clock, self->limit, statement_ms);
	self->statement_ms = statement_ms;
	r = deadline_of(self, &deadline);
	if (r)
		return r;
	/* local: valid behind a transaction-mode pooler, and not for whoever uses the connection
	 * next. UTC is what times without a zone are taken as. */
	cbx_text_printf(&text,
			"begin isolation level read committed; set local statement_timeout = %d; "
			"set local lock_timeout = %d; "
			"set local idle_in_transaction_session_timeout = %d; "
			"set local client_min_messages = warning; set local jit = off; "
			"set local timezone = 'UTC'%s%s%s",
			statement_ms, lock_ms, idle_ms, self->search_path, more ? "; " : "",
			more ? more : "");
	r = text.failed ? -ENOMEM : simple(self, text.bytes, deadline, out);
	if (r)
		cbx_pg_rollback(self);
	return r;
}

/* With synchronous_commit off, as somebody's default, a published event could be lost. Rows are
 * written by their keys: for a thousand of them the planner would rather read a table of some ten
 * thousand as a whole, twice, and once more for names that are not trimmed, which takes three times
 * as long. */
#define GUARD                                                                            \
	"select pg_current_xact_id()::text, case current_setting('synchronous_commit') " \
	"when 'off' then set_config('synchronous_commit', 'on', true) end, "             \
	"set_config('enable_seqscan', 'off', true) "                                     \
	"from lease where name = %s and holder = %s and epoch = %lld for key share"

static int write_guard(struct postgres *self, const struct cbx_guard *guard, struct cbx_text *out)
{
	char *name = PQescapeLiteral(self->conn, guard->name, strlen(guard->name));
	char *holder = PQescapeLiteral(self->conn, guard->holder, strlen(guard->holder));

	if (name && holder)
		cbx_text_printf(out, GUARD, name, holder, (long long)guard->epoch);
	PQfreemem(name);
	PQfreemem(holder);
	return name && holder && !out->failed ? 0 : -ENOMEM;
}

/* One message begins the transaction and looks at the guard */
static int begin(struct postgres *self, const struct cbx_guard *guard, int statement_ms,
		 int lock_ms, char xid[24])
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	int r = guard && self->conn ? write_guard(self, guard, &text) : 0;

	if (!r)
		r = cbx_pg_begin_for(self, statement_ms, lock_ms, text.bytes, &result);
	if (r || !guard)
		return r;
	if (!PQntuples(result)) {
		r = cbx_pg_fenced(self, "the lease row carries another holder or epoch");
		cbx_pg_rollback(self);
	} else if (xid) {
		snprintf(xid, 24, "%s", cbx_pg_text(result, 0, 0));
	}
	return r;
}

int cbx_pg_begin(struct postgres *self, const struct cbx_guard *guard, char xid[24])
{
	return begin(self, guard, CBX_PG_STATEMENT_MS, CBX_PG_LOCK_MS, xid);
}

int cbx_pg_begin_record(struct postgres *self, const struct cbx_guard *guard, bool around,
			char xid[24])
{
	return around ? begin(self, guard, CBX_PG_AROUND_MS, CBX_PG_AROUND_LOCK_MS, xid)
		      : begin(self, guard, CBX_PG_STATEMENT_MS, CBX_PG_RECORD_LOCK_MS, xid);
}

int cbx_pg_commit(struct postgres *self)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	uint64_t deadline;
	int r = deadline_of(self, &deadline);

	self->statement_ms = CBX_PG_STATEMENT_MS;
	if (!r)
		r = simple(self, "commit", deadline, &result);
	/* after an error COMMIT answers ROLLBACK, without an error */
	if (!r && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
		cbx_pg_say(self, NULL, "the server rolled the transaction back");
		r = CHATTERBOX_E_REFUSED;
	}
	return r;
}

void cbx_pg_rollback(struct postgres *self)
{
	char error[sizeof(self->sql.error)];
	char state[sizeof(self->sqlstate)];
	bool by_policy = self->by_policy;
	bool in_code = self->in_code;

	self->statement_ms = CBX_PG_STATEMENT_MS;
	if (!self->conn || PQtransactionStatus(self->conn) == PQTRANS_IDLE)
		return;
	memcpy(error, self->sql.error, sizeof(error));
	memcpy(state, self->sqlstate, sizeof(state));
	simple(self, "rollback", cbx_now(self->clock) + CBX_PG_LOCK_MS * CBX_MS, NULL);
	memcpy(self->sql.error, error, sizeof(error));
	memcpy(self->sqlstate, state, sizeof(state));
	self->by_policy = by_policy;
	self->in_code = in_code;
}

int cbx_pg_end(struct postgres *self, int r)
{
	if (!r)
		r = cbx_pg_commit(self);
	if (r)
		cbx_pg_rollback(self);
	return r;
}

int cbx_pg_fenced(struct postgres *self, const char *why)
{
	cbx_pg_say(self, NULL, why);
	return CHATTERBOX_E_FENCED;
}

int cbx_pg_read(struct postgres *self, const char *text, const struct cbx_pg_args *args,
		PGresult **out)
{
	cbx_auto(cbx_text_free) struct cbx_text all = { 0 };
	int r;

	if (args && args->count)
		return cbx_pg_write(self, NULL, text, args, out);
	/* all in one message */
	cbx_text_printf(&all, "%s; commit", text);
	if (all.failed)
		return -ENOMEM;
	r = cbx_pg_begin_for(self, CBX_PG_STATEMENT_MS, CBX_PG_LOCK_MS, all.bytes, out);
	self->statement_ms = CBX_PG_STATEMENT_MS;
	return r;
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

int cbx_pg_write_counted(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
			 const struct cbx_pg_args *args, int64_t *rows)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_write(cbx_pg_of(sql), guard, text, args, &result);

	if (!r)
		*rows = strtoll(PQcmdTuples(result), NULL, 10);
	return r;
}
