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

/* The first failed result, or the last one */
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
		if (kept && is_failure(kept)) {
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

int cbx_pg_begin_for(struct postgres *self, int statement_ms, int lock_ms)
{
	/* who reads pages may have to ask Redis between two of them */
	int idle_ms = 2 * (statement_ms > CBX_PG_STATEMENT_MS ? statement_ms : CBX_PG_STATEMENT_MS);
	char text[576];
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
	snprintf(text, sizeof(text),
		 "begin isolation level read committed; set local statement_timeout = %d; "
		 "set local lock_timeout = %d; "
		 "set local idle_in_transaction_session_timeout = %d; "
		 "set local client_min_messages = warning; set local jit = off; "
		 "set local timezone = 'UTC'%s",
		 statement_ms, lock_ms, idle_ms, self->search_path);
	r = simple(self, text, deadline, NULL);
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
	"from lease where name = $1 and holder = $2 and epoch = $3 for key share"

static int check_guard(struct postgres *self, const struct cbx_guard *guard, char xid[24])
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_text(&args, guard->name);
	cbx_pg_arg_text(&args, guard->holder);
	cbx_pg_arg_int(&args, guard->epoch);
	r = cbx_pg_query(self, GUARD, &args, &result);
	if (r)
		return r;
	if (!PQntuples(result))
		return cbx_pg_fenced(self, "the lease row carries another holder or epoch");
	if (xid && PQntuples(result))
		snprintf(xid, 24, "%s", cbx_pg_text(result, 0, 0));
	return 0;
}

static int begin(struct postgres *self, const struct cbx_guard *guard, int statement_ms,
		 int lock_ms, char xid[24])
{
	int r = cbx_pg_begin_for(self, statement_ms, lock_ms);

	if (r || !guard)
		return r;
	r = check_guard(self, guard, xid);
	if (r)
		cbx_pg_rollback(self);
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

int cbx_pg_write_counted(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
			 const struct cbx_pg_args *args, int64_t *rows)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_write(cbx_pg_of(sql), guard, text, args, &result);

	if (!r)
		*rows = strtoll(PQcmdTuples(result), NULL, 10);
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
