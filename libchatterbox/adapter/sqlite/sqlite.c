// SPDX-License-Identifier: MIT
/*
 * sqlite.c - opens the SQLite file, and puts the parts of the adapter together
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

/* Not 0 interrupts the statement */
static int is_late(void *user)
{
	struct sqlite *self = user;

	return cbx_now(self->clock) >= self->deadline;
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
		cbx_sqlite_disconnect(&self->sql);
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

/* The file is ours alone, but others can open it */
static int sqlite_examine(struct cbx_sql *sql, bool refused)
{
	int r = cbx_sqlite_check_schema(sql);

	(void)refused;
	return r == CHATTERBOX_E_SCHEMA ? CHATTERBOX_E_REFUSED : r;
}

static int sqlite_now(struct cbx_sql *sql, int64_t *ms)
{
	*ms = cbx_wall(cbx_sqlite_of(sql)->clock);
	return 0;
}

static void sqlite_free(struct cbx_sql *sql)
{
	struct sqlite *self = cbx_sqlite_of(sql);

	cbx_sqlite_disconnect(sql);
	free(self->path);
	free(self);
}

static const struct cbx_sql_ops sqlite_ops = {
	.connect = sqlite_connect,
	.disconnect = cbx_sqlite_disconnect,
	.is_up = sqlite_is_up,
	.ping = sqlite_ping,
	.now = sqlite_now,
	.migrate = cbx_sqlite_migrate,
	.check_schema = cbx_sqlite_check_schema,
	.examine = sqlite_examine,
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
	self->sql.history = &cbx_sqlite_history_ops;
	self->sql.orders = &cbx_sqlite_orders_ops;
	self->sql.incidents = &cbx_sqlite_incidents_ops;
	self->sql.outlook = &cbx_sqlite_outlook_ops;
	snprintf(self->sql.where, sizeof(self->sql.where), "%s", path);
	*out = &self->sql;
	return 0;
}
