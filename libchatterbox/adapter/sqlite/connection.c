// SPDX-License-Identifier: MIT
/*
 * connection.c - a connection to the SQLite file, and what its failures mean
 *
 * It uses WAL with synchronous=FULL, one fsync per transaction. With NORMAL a power failure could
 * take back a commit whose events were already published, and their revisions would be given out
 * again. A transaction is a whole batch, so an fsync is rare.
 *
 * Writers wait 2 s for each other (busy_timeout), and a statement may run for 5 s (progress
 * handler).
 */
#include "adapter/sqlite/sqlite.h"

#include "adapter/sqlite/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define LOCK_MS 2000
#define STEPS_BETWEEN_LOOKS 1000

static void sqlite_disconnect(struct cbx_sql *sql)
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
		sqlite_disconnect(&self->sql);
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

/* Not 0 interrupts the statement */
static int is_late(void *user)
{
	struct sqlite *self = user;

	return cbx_now(self->clock) >= self->deadline;
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

static int set_up(struct sqlite *self)
{
	int r;

	sqlite3_extended_result_codes(self->db, 1);
	sqlite3_busy_timeout(self->db, LOCK_MS);
	sqlite3_progress_handler(self->db, STEPS_BETWEEN_LOOKS, is_late, self);
	r = cbx_sqlite_exec(self, "pragma journal_mode = wal");
	if (!r)
		r = cbx_sqlite_exec(self, "pragma synchronous = full");
	if (!r)
		r = cbx_sqlite_exec(self, "pragma journal_size_limit = 67108864");
	return r;
}

static int open_once(struct sqlite *self)
{
	int code = sqlite3_open_v2(self->path, &self->db,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					   SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
				   NULL);
	int r = code == SQLITE_OK ? set_up(self) : cbx_sqlite_fail(self, code);

	if (r)
		sqlite_disconnect(&self->sql);
	return r;
}

static int sqlite_connect(struct cbx_sql *sql, uint64_t deadline)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r;

	if (self->db)
		return 0;
	/* two processes that both turn WAL on at first can get BUSY without waiting */
	for (;;) {
		r = open_once(self);
		if (r != CHATTERBOX_E_TIMEOUT || !cbx_ms_left(self->clock, deadline, 1000))
			return r;
		poll(NULL, 0, 20);
	}
}

static bool sqlite_is_up(struct cbx_sql *sql)
{
	return cbx_sqlite_of(sql)->db != NULL;
}

static int sqlite_ping(struct cbx_sql *sql)
{
	/* reads the file, so that a lost disk is noticed */
	return cbx_sqlite_exec(cbx_sqlite_of(sql), "select count(*) from sqlite_master");
}

static int sqlite_now(struct cbx_sql *sql, int64_t *ms)
{
	*ms = cbx_wall(cbx_sqlite_of(sql)->clock);
	return 0;
}

static void sqlite_free(struct cbx_sql *sql)
{
	struct sqlite *self = cbx_sqlite_of(sql);

	sqlite_disconnect(sql);
	free(self->path);
	free(self);
}

static const struct cbx_sql_ops sqlite_ops = {
	.connect = sqlite_connect,
	.disconnect = sqlite_disconnect,
	.is_up = sqlite_is_up,
	.ping = sqlite_ping,
	.now = sqlite_now,
	.migrate = cbx_sqlite_migrate,
	.check_schema = cbx_sqlite_check_schema,
	.free = sqlite_free,
};

int cbx_sqlite_new(const char *path, struct cbx_clock *clock, struct cbx_sql **out)
{
	struct sqlite *self;

	if (!*path || !strcmp(path, ":memory:"))
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->path = strdup(path);
	if (!self->path) {
		free(self);
		return -ENOMEM;
	}
	self->clock = clock;
	self->sql.ops = &sqlite_ops;
	self->sql.ledger = &cbx_sqlite_ledger_ops;
	self->sql.outbox = &cbx_sqlite_outbox_ops;
	self->sql.lease = &cbx_sqlite_lease_ops;
	self->sql.directory = &cbx_sqlite_directory_ops;
	self->sql.errors = &cbx_sqlite_errors_ops;
	snprintf(self->sql.where, sizeof(self->sql.where), "%s", path);
	*out = &self->sql;
	return 0;
}
