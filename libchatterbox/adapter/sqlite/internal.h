/* SPDX-License-Identifier: MIT */
/* internal.h - the connection, statements and transactions; shared by the files of this room */
#ifndef CBX_ADAPTER_SQLITE_INTERNAL_H
#define CBX_ADAPTER_SQLITE_INTERNAL_H

#include "common/cleanup.h"
#include "port/directory.h"
#include "port/errors.h"
#include "port/history.h"
#include "port/incidents.h"
#include "port/lease.h"
#include "port/ledger.h"
#include "port/orders.h"
#include "port/outbox.h"
#include "port/sql.h"

#include <chatterbox/error.h>
#include <sqlite3.h>

struct sqlite {
	struct cbx_sql sql; /* first */
	struct cbx_clock *clock;
	sqlite3 *db;       /* NULL = not connected */
	uint64_t deadline; /* of the running statement */
	char *path;
};

#define CBX_SQLITE_STATEMENT (5 * CBX_SECOND)

/* Trims a name as every input is trimmed: the characters of cbx_trim() */
#define SQL_TRIM(name)                                                                 \
	"trim(" name                                                                   \
	", char(9,10,11,12,13,32,0x85,0xa0,0x1680,0x2000,0x2001,0x2002,0x2003,0x2004," \
	"0x2005,0x2006,0x2007,0x2008,0x2009,0x200a,0x2028,0x2029,0x202f,0x205f,0x3000,0xfeff))"
/* A row whose name OCD did not trim; the same words as in the partial index
 * status_monitor_untrimmed
 */
#define SQL_PADDED(row) row "system <> " SQL_TRIM(row "system")

/* By which rows are in order: as a reader sees a time, who gets 0 for none and for one out of range
 */
#define SQL_ORDER_MS(time)                                  \
	"(case when typeof(" time ") = 'integer' and " time \
	" between 0 and 253402300799999 then " time " else 0 end)"
/* The same of completed_jobs, whose times may be before 1970: as cbx_sqlite_time() reads them; the
 * same words as in the index completed_jobs_ended */
#define CBX_SQLITE_ENDED_MS                                                                   \
	"case when typeof(completed_at) = 'integer' and completed_at >= -62167219200000 and " \
	"completed_at < 253402300800000 then completed_at else 0 end"

static inline struct sqlite *cbx_sqlite_of(struct cbx_sql *sql)
{
	return (struct sqlite *)(void *)sql;
}

CBX_DEFINE_CLEANUP(sqlite3_stmt *, sqlite3_finalize)

/* Translates SQLite's code into an error of the port, with a text; drops the connection if that is
 * CHATTERBOX_E_DOWN */
int cbx_sqlite_fail(struct sqlite *self, int code);
void cbx_sqlite_disconnect(struct cbx_sql *sql);
/* Prepares a statement, which then has 5 s to run */
int cbx_sqlite_prepare(struct sqlite *self, const char *text, sqlite3_stmt **out);
/* 1 = a row, 0 = done */
int cbx_sqlite_step(struct sqlite *self, sqlite3_stmt *statement);
/* Runs it to the end, ignores rows, and resets it */
int cbx_sqlite_run(struct sqlite *self, sqlite3_stmt *statement);
/* One statement without parameters */
int cbx_sqlite_exec(struct sqlite *self, const char *text);
/* Both are borrowed until the statement is reset; NULL and negative counts become SQL null */
void cbx_sqlite_bind_text(sqlite3_stmt *statement, int at, const char *text);
void cbx_sqlite_bind_count(sqlite3_stmt *statement, int at, int64_t count);
/* NULL = SQL null; valid until the next step */
const char *cbx_sqlite_text(sqlite3_stmt *statement, int column);
/* CBX_NO_COUNT when it is null or negative */
int64_t cbx_sqlite_count(sqlite3_stmt *statement, int column);
/* A time in ms, 0 when absent; counts one that is none or out of range (see struct cbx_sql) */
int64_t cbx_sqlite_time(struct sqlite *self, sqlite3_stmt *statement, int column);

/* BEGIN IMMEDIATE, so that the guard's row can't change before the end; @guard may be NULL */
int cbx_sqlite_begin(struct sqlite *self, const struct cbx_guard *guard);
/* Commits when @r is 0, else rolls back; returns @r, or the failure of the commit */
int cbx_sqlite_end(struct sqlite *self, int r);
/* Says in sql.error why the lease does not cover this write; CHATTERBOX_E_FENCED */
int cbx_sqlite_fenced(struct sqlite *self, const char *why);
/* Says why a row can't be written, though SQLite reported no error; -EBADMSG */
int cbx_sqlite_refused(struct sqlite *self, const char *why);

/* aged.c: a page of rows that stand before a place in time: ?1 the system, ?2 the job, ?3 and ?4
 * the place, ?5 how many */
int cbx_sqlite_prepare_before(struct sqlite *self, const char *text, const char *system,
			      int64_t job_id, const struct cbx_before *before, size_t limit,
			      sqlite3_stmt **out);
/* Runs a statement that deletes what is older than so many seconds: ?1 the time, ?2 how many at
 * most; and in a transaction of its own */
int cbx_sqlite_delete_old(struct sqlite *self, const char *text, int64_t older_than, size_t limit,
			  int64_t *gone);
int cbx_sqlite_expire(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
		      int64_t older_than, size_t limit, int64_t *removed);

int cbx_sqlite_migrate(struct cbx_sql *sql, int *applied);
int cbx_sqlite_check_schema(struct cbx_sql *sql);
/* changes.c, outbox.c, history.c, outlook.c and pushes.c: the parts of a batch, inside record()'s
 * transaction; changes that can't be written are left out and become faults */
int cbx_sqlite_write_changes(struct sqlite *self, const struct cbx_batch *batch);
int cbx_sqlite_write_events(struct sqlite *self, const struct cbx_batch *batch);
int cbx_sqlite_write_history(struct sqlite *self, const struct cbx_batch *batch);
int cbx_sqlite_write_told(struct sqlite *self, const struct cbx_batch *batch);
int cbx_sqlite_write_pushes(struct sqlite *self, const struct cbx_batch *batch);
int cbx_sqlite_pushes(struct cbx_sql *sql, cbx_push_fn each, void *user);
/* A statement that upserts a row by (system, job_id, code), for many rows */
int cbx_sqlite_prepare_error(struct sqlite *self, sqlite3_stmt **out);
int cbx_sqlite_write_error(struct sqlite *self, sqlite3_stmt *statement,
			   const struct cbx_error_row *row, int64_t now);
/* A row of errors with all its columns, in the order of errors.c */
int cbx_sqlite_give_error(struct sqlite *self, sqlite3_stmt *statement, cbx_error_fn each,
			  void *user);
/* rows.c: what the ledger and the directory read */
int cbx_sqlite_monitored(struct cbx_sql *sql, cbx_row_fn each, void *user);
int cbx_sqlite_unreported(struct cbx_sql *sql, cbx_row_fn each, void *user);
int cbx_sqlite_keep_ocd(struct cbx_sql *sql, const struct cbx_guard *guard,
			const struct cbx_job_key *keys, size_t count);
int cbx_sqlite_ocd_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			cbx_row_fn each, void *user);
int cbx_sqlite_of_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		       cbx_row_fn each, void *user);
int cbx_sqlite_completed(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			 cbx_row_fn each, void *user);
/* The rows of status_monitor for these jobs, except where completed_jobs is ahead */
int cbx_sqlite_clearable(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			 cbx_row_fn each, void *user);
int cbx_sqlite_jobs_with(struct cbx_sql *sql, const struct cbx_kind_texts *texts, cbx_row_fn each,
			 void *user);
int cbx_sqlite_ended_jobs(struct cbx_sql *sql, const struct cbx_ended_place *place, size_t limit,
			  cbx_row_fn each, void *user);
int cbx_sqlite_find_job(struct cbx_sql *sql, const char *system, int64_t job_id, cbx_row_fn each,
			void *user);

extern const struct cbx_ledger_ops cbx_sqlite_ledger_ops;
extern const struct cbx_outbox_ops cbx_sqlite_outbox_ops;
extern const struct cbx_lease_ops cbx_sqlite_lease_ops;
extern const struct cbx_directory_ops cbx_sqlite_directory_ops;
extern const struct cbx_errors_ops cbx_sqlite_errors_ops;
extern const struct cbx_history_ops cbx_sqlite_history_ops;
extern const struct cbx_orders_ops cbx_sqlite_orders_ops;
extern const struct cbx_incidents_ops cbx_sqlite_incidents_ops;
extern const struct cbx_outlook_ops cbx_sqlite_outlook_ops;

#endif
