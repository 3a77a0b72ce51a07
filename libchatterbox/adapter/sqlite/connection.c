// SPDX-License-Identifier: MIT
/* connection.c - statements and transactions, and what their failures mean */
#include "adapter/sqlite/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void cbx_sqlite_disconnect(struct cbx_sql *sql)
{
	struct sqlite *self = cbx_sqlite_of(sql);

	/* v2: statements that a failing caller still has are finalized later */
	sqlite3_close_v2(cbx_steal(self->db));
}

static void say(struct sqlite *self, const char *what, int code)
{
	char *p;

	snprintf(self->sql.error, sizeof(self->sql.error), "sqlite %s: %s (code %d)",
		 self->sql.where, what, code);
	for (p = self->sql.error; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
}

int cbx_sqlite_fail(struct sqlite *self, int code)
{
	bool has_text = self->db && sqlite3_errcode(self->db) != SQLITE_OK;

	say(self, has_text ? sqlite3_errmsg(self->db) : sqlite3_errstr(code), code);
	if (code == SQLITE_READONLY_DBMOVED)
		code = SQLITE_IOERR;
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
	case SQLITE_PROTOCOL:
		return CHATTERBOX_E_TIMEOUT;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		cbx_sqlite_disconnect(&self->sql);
		return CHATTERBOX_E_DOWN;
	default:
		return CHATTERBOX_E_REFUSED;
	}
}

int cbx_sqlite_fenced(struct sqlite *self, const char *why)
{
	say(self, why, 0);
	return CHATTERBOX_E_FENCED;
}

int cbx_sqlite_refused(struct sqlite *self, const char *why)
{
	say(self, why, 0);
	return -EBADMSG;
}

int cbx_sqlite_prepare(struct sqlite *self, const char *text, sqlite3_stmt **out)
{
	int code;

	if (!self->db) {
		say(self, "not connected", 0);
		return CHATTERBOX_E_DOWN;
	}
	self->deadline = cbx_now(self->clock) + CBX_SQLITE_STATEMENT;
	code = sqlite3_prepare_v2(self->db, text, -1, out, NULL);
	return code == SQLITE_OK ? 0 : cbx_sqlite_fail(self, code);
}

int cbx_sqlite_step(struct sqlite *self, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : cbx_sqlite_fail(self, code);
}

int cbx_sqlite_run(struct sqlite *self, sqlite3_stmt *statement)
{
	int r;

	do
		r = cbx_sqlite_step(self, statement);
	while (r > 0);
	sqlite3_reset(statement);
	return r;
}

int cbx_sqlite_exec(struct sqlite *self, const char *text)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	int r = cbx_sqlite_prepare(self, text, &statement);

	return r ? r : cbx_sqlite_run(self, statement);
}

void cbx_sqlite_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(statement, at);
}

void cbx_sqlite_bind_count(sqlite3_stmt *statement, int at, int64_t count)
{
	if (count >= 0)
		sqlite3_bind_int64(statement, at, count);
	else
		sqlite3_bind_null(statement, at);
}

const char *cbx_sqlite_text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

int64_t cbx_sqlite_count(sqlite3_stmt *statement, int column)
{
	int64_t count = sqlite3_column_int64(statement, column);

	return sqlite3_column_type(statement, column) == SQLITE_NULL || count < 0 ? CBX_NO_COUNT
										  : count;
}

#define YEAR_0 INT64_C(-62167219200000)
#define YEAR_10000 INT64_C(253402300800000)

int64_t cbx_sqlite_time(struct sqlite *self, sqlite3_stmt *statement, int column)
{
	int64_t ms = sqlite3_column_int64(statement, column);

	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return 0;
	if (sqlite3_column_type(statement, column) == SQLITE_INTEGER && ms >= YEAR_0 &&
	    ms < YEAR_10000)
		return ms;
	return cbx_sql_reject_time(
		&self->sql, sqlite3_column_name(statement, column), cbx_sqlite_text(statement, 0),
		sqlite3_column_count(statement) > 2 ? cbx_sqlite_text(statement, 1) : NULL);
}

static int check_guard(struct sqlite *self, const struct cbx_guard *guard)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
	int r = cbx_sqlite_prepare(
		self, "select 1 from lease where name = ?1 and holder = ?2 and epoch = ?3",
		&statement);

	if (r)
		return r;
	cbx_sqlite_bind_text(statement, 1, guard->name);
	cbx_sqlite_bind_text(statement, 2, guard->holder);
	sqlite3_bind_int64(statement, 3, guard->epoch);
	r = cbx_sqlite_step(self, statement);
	if (!r)
		return cbx_sqlite_fenced(self, "the lease row carries another holder or epoch");
	return r > 0 ? 0 : r;
}

int cbx_sqlite_begin(struct sqlite *self, const struct cbx_guard *guard)
{
	int r = cbx_sqlite_exec(self, "begin immediate");

	if (r || !guard)
		return r;
	r = check_guard(self, guard);
	return r ? cbx_sqlite_end(self, r) : 0;
}

int cbx_sqlite_end(struct sqlite *self, int r)
{
	if (!r)
		r = cbx_sqlite_exec(self, "commit");
	/* without the helpers, which would overwrite the text about what went wrong */
	if (r && self->db && !sqlite3_get_autocommit(self->db))
		sqlite3_exec(self->db, "rollback", NULL, NULL, NULL);
	return r;
}
