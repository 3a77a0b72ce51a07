/* SPDX-License-Identifier: MIT */
/* internal.h - the connection, statements and transactions; shared by the files of this room */
#ifndef CBX_ADAPTER_POSTGRES_INTERNAL_H
#define CBX_ADAPTER_POSTGRES_INTERNAL_H

#include "adapter/postgres/array.h"
#include "base/log.h"
#include "common/cleanup.h"
#include "port/dial.h"
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
#include <libpq-fe.h>

/* Tables that others may have made and we insert into */
#define CBX_PG_SHARED 6

struct postgres {
	struct cbx_sql sql; /* first */
	struct cbx_clock *clock;
	const struct cbx_log *log;
	PGconn *conn; /* NULL = not connected */
	struct cbx_dial *dial;
	char *conninfo;        /* holds the password */
	char advice[304];      /* which keys concern TLS, and their values */
	const char *section;   /* of the configuration, for error texts */
	char *files[3];        /* that libpq is told to read; sslrootcert, sslcert, sslkey */
	char *schema;          /* NULL: as the user's search_path says */
	char search_path[160]; /* the statement that sets it, or "" */
	uint64_t limit;   /* deadline of the running call; 0 = only the statement's own time-out */
	int statement_ms; /* of the running transaction */
	char sqlstate[6]; /* of the last failure, "" = none */
	bool in_code;   /* it came out of a function or an access to a row, not of the statement */
	bool by_policy; /* row security refused a row */
	bool at_rows;   /* record() writes rows that are OCD's too: others may hold one */
	char xid[24];   /* number of a transaction whose COMMIT got no answer, "" = none */
	int outcome;    /* of the last resolved one: 1 = committed */
	bool stamps_known;
	unsigned stamps[CBX_PG_SHARED]; /* stamps.c */
};

#define CBX_PG_STATEMENT_MS 5000
#define CBX_PG_LOCK_MS 2000
#define CBX_PG_RECORD_LOCK_MS 500 /* the poller's loop waits for it */
/* for each of the statements that look for a row at fault */
#define CBX_PG_AROUND_MS 1000
#define CBX_PG_AROUND_LOCK_MS 100
#define CBX_PG_MIGRATION_MS 60000
#define CBX_PG_PAGE_MS 20000 /* a page of rows, on a slow line */

/* Trims a name as every input is trimmed: the characters of cbx_trim() */
#define SQL_TRIM(name)                                                                          \
	"btrim(" name ", E' \\t\\n\\x0b\\f\\r\\u0085\\u00a0\\u1680\\u2000\\u2001\\u2002\\u2003" \
	"\\u2004\\u2005\\u2006\\u2007\\u2008\\u2009\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"  \
	"\\ufeff')"
/* A row whose name OCD did not trim; the same words as in the partial index
 * status_monitor_untrimmed
 */
#define SQL_PADDED(row) row "system <> " SQL_TRIM(row "system")
/* A time in ms; CBX_PG_NO_TIME for one that contract 5.1 has as absent: see cbx_pg_time() */
#define SQL_MS(time)                                                  \
	"case when " time " >= '0001-01-01 00:00:00+00 BC' and " time \
	" < '10000-01-01 00:00:00+00' then (extract(epoch from " time \
	") * 1000)::bigint when " time " is not null then " CBX_PG_NO_TIME " end"
#define CBX_PG_NO_TIME "-9223372036854775808"
/* By which rows are in order: as a reader sees it, who gets 0 for none */
#define SQL_ORDER_MS(time) "greatest(0, " SQL_MS(time) ")"

static inline struct postgres *cbx_pg_of(struct cbx_sql *sql)
{
	return (struct postgres *)(void *)sql;
}

CBX_DEFINE_CLEANUP(PGresult *, PQclear)

/* Values that fit a column which others may have made narrower: a text is cut, a count left out */
/* clang-format off */
#define SQL_WIDTH(table, column)                                                          \
	"(select case when atttypmod > 4 then atttypmod - 4 else 2147483647 end from "    \
	"pg_attribute where attrelid = '" table "'::regclass and attname = '" column "')"
#define SQL_CUT(value, table, column) "left(" value ", " SQL_WIDTH(table, column) ")"
#define SQL_COUNT(value, table, column)                                                       \
	"case when " value " <= 2147483647 or (select atttypid = 'bigint'::regtype from "    \
	"pg_attribute where attrelid = '" table "'::regclass and attname = '" column "') "   \
	"then " value " end"
/* clang-format on */

/* connection.c */
int cbx_pg_connect(struct cbx_sql *sql, uint64_t deadline);
void cbx_pg_disconnect(struct cbx_sql *sql);
/* Writes sql.error, on one line, with the server's address */
void cbx_pg_say(struct postgres *self, const char *sqlstate, const char *what);
/* The connection can't be used any more: says why and drops it; CHATTERBOX_E_DOWN */
int cbx_pg_lost(struct postgres *self, const char *what);

/* query.c: runs one statement with its parameters. *out (may be NULL) is freed by PQclear(). */
int cbx_pg_query(struct postgres *self, const char *text, const struct cbx_pg_args *args,
		 PGresult **out);
/* stamps.c: runs a statement that writes into one of the shared tables. Where it has these marks,
 * the table's other times are put in: their names, their values, their values in an update. */
#define CBX_PG_STAMPS "\1"
#define CBX_PG_STAMPED "\2"
#define CBX_PG_STAMP_ANEW "\3"
int cbx_pg_write_stamped(struct postgres *self, const char *table, const char *statement,
			 const struct cbx_pg_args *args, PGresult **out);
/* BEGIN with time-outs. With @guard the lease row is locked against a take-over until the end; with
 * @xid the transaction's number is read. */
int cbx_pg_begin(struct postgres *self, const struct cbx_guard *guard, char xid[24]);
/* With other limits, and, in the same message, @more (or NULL): statements without parameters.
 * *@out, unless that is NULL: the rows of the last that gives any. */
int cbx_pg_begin_for(struct postgres *self, int statement_ms, int lock_ms, const char *more,
		     PGresult **out);
int cbx_pg_begin_record(struct postgres *self, const struct cbx_guard *guard, bool around,
			char xid[24]);
/* CHATTERBOX_E_DOWN: nobody knows whether it was committed */
int cbx_pg_commit(struct postgres *self);
/* Does not change sql.error */
void cbx_pg_rollback(struct postgres *self);
/* Statements without parameters, sent together; the first failure, if any */
int cbx_pg_script(struct postgres *self, const char *text);
/* Commits when @r is 0, else rolls back */
int cbx_pg_end(struct postgres *self, int r);
/* Runs one statement that reads, in a transaction */
int cbx_pg_read(struct postgres *self, const char *text, const struct cbx_pg_args *args,
		PGresult **out);
/* pages.c: runs one that may return very many rows; @previous is the page before, NULL at first */
typedef int (*cbx_pg_page_fn)(struct postgres *self, const PGresult *page, const PGresult *previous,
			      void *user);
int cbx_pg_read_pages(struct postgres *self, const char *text, cbx_pg_page_fn each, void *user);
int cbx_pg_read_pages_of(struct postgres *self, const char *text, const struct cbx_pg_args *args,
			 cbx_pg_page_fn each, void *user);
/* Runs one statement in a guarded transaction */
int cbx_pg_write(struct postgres *self, const struct cbx_guard *guard, const char *text,
		 const struct cbx_pg_args *args, PGresult **out);
/* ... and counts its rows */
int cbx_pg_write_counted(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
			 const struct cbx_pg_args *args, int64_t *rows);
/* aged.c: runs one that deletes what is older than so many seconds: $1 the age, $2 how many at most
 */
int cbx_pg_expire(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
		  int64_t older_than, size_t limit, int64_t *removed);
/* Reads a page of rows that stand before a place in time: $1 the system, $2 the job, $3 and $4 the
 * place, $5 how many */
int cbx_pg_read_before(struct postgres *self, const char *text, const char *system, int64_t job_id,
		       const struct cbx_before *before, size_t limit, PGresult **out);
int cbx_pg_fenced(struct postgres *self, const char *why);
/* Values of a result: NULL = SQL null; numbers are 0 when null */
const char *cbx_pg_text(const PGresult *result, int row, int column);
int64_t cbx_pg_int(const PGresult *result, int row, int column);
/* CBX_NO_COUNT when it is null or negative */
int64_t cbx_pg_count(const PGresult *result, int row, int column);
/* A time in ms, 0 when absent; counts one that is out of range (see struct cbx_sql) */
int64_t cbx_pg_time(struct postgres *self, const PGresult *result, int row, int column);

int cbx_pg_migrate(struct cbx_sql *sql, int *applied);
int cbx_pg_check_schema(struct cbx_sql *sql);
struct cbx_column;
/* Names each table that is absent, and each column that will not do */
int cbx_pg_check_columns(struct postgres *self, const struct cbx_column *columns, size_t count);
/* CHATTERBOX_E_SCHEMA when the database can't hold all of Unicode */
int cbx_pg_check_encoding(struct postgres *self);
/* port/sql.h's examine() */
int cbx_pg_examine(struct cbx_sql *sql, bool refused);
/* CHATTERBOX_E_SCHEMA instead of @r if that means that the role lacks a right */
int cbx_pg_lacks_right(const struct postgres *self, int r);

/* faults.c: finds the rows that keep a batch from being written */
enum cbx_pg_cost {
	CBX_PG_COSTS_ALL, /* not the fault of single rows */
	CBX_PG_COSTS_REFUSED,
	CBX_PG_COSTS_LATER, /* a row that is locked, or whose trigger fails: perhaps not for long */
};
enum cbx_pg_cost cbx_pg_cost_of(const struct postgres *self, int r);
/* A search ends with so many; those that are left are found by the next */
#define CBX_PG_MOST_FAULTS 100
/* Writes @count items from @from on with @write, in savepoints that become smaller and smaller
 * around those that fail, which it leaves out and gives to @fault. 0, or a failure that costs all.
 */
struct cbx_pg_search {
	/* 1: rows among them are locked */
	int (*write)(struct postgres *self, const void *items, size_t from, size_t count);
	int (*fault)(struct postgres *self, const void *items, size_t at, bool refused);
	const void *items;
	unsigned later; /* how many were not refused for good; more than a few cost all */
};
int cbx_pg_write_around(struct postgres *self, struct cbx_pg_search *search, size_t from,
			size_t count);
/* changes.c, errors.c, outbox.c, history.c, outlook.c, pushes.c: the parts of a batch, inside
 * record()'s transaction; with @around what fails is left out and becomes a fault */
int cbx_pg_write_changes(struct postgres *self, const struct cbx_batch *batch, bool around);
int cbx_pg_write_errors(struct postgres *self, const struct cbx_batch *batch, bool around);
int cbx_pg_write_events(struct postgres *self, const struct cbx_batch *batch);
int cbx_pg_write_history(struct postgres *self, const struct cbx_batch *batch);
int cbx_pg_write_told(struct postgres *self, const struct cbx_batch *batch);
int cbx_pg_write_pushes(struct postgres *self, const struct cbx_batch *batch);
int cbx_pg_pushes(struct cbx_sql *sql, cbx_push_fn each, void *user);
/* A row of errors with all its columns, in the order of errors.c */
int cbx_pg_give_error(struct postgres *self, const PGresult *result, int row, cbx_error_fn each,
		      void *user);
/* rows.c: what the ledger and the directory read */
int cbx_pg_monitored(struct cbx_sql *sql, cbx_row_fn each, void *user);
int cbx_pg_unreported(struct cbx_sql *sql, cbx_row_fn each, void *user);
int cbx_pg_keep_ocd(struct cbx_sql *sql, const struct cbx_guard *guard,
		    const struct cbx_job_key *keys, size_t count);
int cbx_pg_ocd_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		    cbx_row_fn each, void *user);
int cbx_pg_of_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		   cbx_row_fn each, void *user);
int cbx_pg_completed(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		     cbx_row_fn each, void *user);
/* The rows of status_monitor for these jobs, except where completed_jobs is ahead; inside a
 * transaction */
int cbx_pg_clearable(struct postgres *self, const struct cbx_job_key *keys, size_t count,
		     cbx_row_fn each, void *user);
int cbx_pg_find_job(struct cbx_sql *sql, const char *system, int64_t job_id, cbx_row_fn each,
		    void *user);
int cbx_pg_jobs_with(struct cbx_sql *sql, const struct cbx_kind_texts *texts, cbx_row_fn each,
		     void *user);
int cbx_pg_ended_jobs(struct cbx_sql *sql, const struct cbx_ended_place *place, size_t limit,
		      cbx_row_fn each, void *user);
int cbx_pg_write_access(struct cbx_sql *sql, const struct cbx_guard *guard,
			const struct cbx_access_row *rows, size_t count);

extern const struct cbx_ledger_ops cbx_pg_ledger_ops;
extern const struct cbx_outbox_ops cbx_pg_outbox_ops;
extern const struct cbx_lease_ops cbx_pg_lease_ops;
extern const struct cbx_directory_ops cbx_pg_directory_ops;
extern const struct cbx_errors_ops cbx_pg_errors_ops;
extern const struct cbx_history_ops cbx_pg_history_ops;
extern const struct cbx_orders_ops cbx_pg_orders_ops;
extern const struct cbx_incidents_ops cbx_pg_incidents_ops;
extern const struct cbx_outlook_ops cbx_pg_outlook_ops;

#endif
