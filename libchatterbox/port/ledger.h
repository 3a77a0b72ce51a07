/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - the record: status_monitor, completed_jobs, errors, recently_checked, and the rows of
 * outbox and push_log that go with a change in the same transaction
 */
#ifndef CBX_PORT_LEDGER_H
#define CBX_PORT_LEDGER_H

#include "domain/change.h"
#include "port/sql.h"

struct cbx_job_key {
	const char *system;
	int64_t job_id;
};

/* A row of status_monitor or completed_jobs. Texts are valid during the call; NULL = SQL null,
 * counts CBX_NO_COUNT = null, times in ms by the database's clock. */
struct cbx_row {
	const char *system; /* trimmed */
	int64_t job_id;
	const char *job_type;
	const char *status;
	const char *percent_completed;
	int64_t downloaded;
	int64_t total_files;
	const char *download_speed;
	const char *origin; /* "ocd" or "user" */
	int64_t revision;
	int64_t started_ms; /* created_at, or started_at */
	int64_t updated_ms; /* updated_at, or completed_at */
	bool inferred;      /* the end was concluded: in completed_jobs an added column, in
			     * status_monitor an error of code system_offline since */
};

/* A non-zero return stops the read and is passed on */
typedef int (*cbx_row_fn)(void *user, const struct cbx_row *row);

/* So many recorded pushes are remembered: four times what a broker can deliver again */
#define CBX_PUSH_LOG 1024

/* As cbx_row_fn, of a push that was recorded (struct cbx_push) */
typedef int (*cbx_push_fn)(void *user, int64_t connection, const char *identities);

/* The status that a row stands for, without what only the shared state keeps (row.c) */
int cbx_status_of_row(const struct cbx_row *row, struct cbx_status **out);
/* Is its status a text of 1..64 bytes of UTF-8? */
bool cbx_row_has_status(const struct cbx_row *row);

struct cbx_ledger_ops {
	/* Changes, events, checked systems and pushes in one guarded transaction, all or nothing.
	 * -EBADMSG: the database will never take one of the values (a constraint or a trigger of
	 * others, a type); what CHATTERBOX_E_REFUSED else means has nothing to do with them. Rows
	 * are locked in key order. A row is only moved forward: a change whose revision is below
	 * the stored one is an error of ours and fails with CHATTERBOX_E_FENCED. origin never turns
	 * from ocd to user. An unknown commit is resolved before the call returns, over a new
	 * connection within @deadline; if that can't be had: CHATTERBOX_E_DOWN, and the next
	 * call on this object resolves it first (its outcome by `settled`, below).
	 * Places: CBX_IN_MONITOR upserts status_monitor (and, when returned, deletes from
	 * completed_jobs); CBX_IN_COMPLETED upserts completed_jobs (started_at from the monitor
	 * row's created_at if it has one) and deletes from status_monitor. error_code: upsert into
	 * errors, occurrences + 1, last_seen now. Completed jobs also upsert
	 * content_server_access: that is the errors controller's, not here. */
	int (*record)(struct cbx_sql *sql, const struct cbx_guard *guard,
		      const struct cbx_batch *batch, uint64_t deadline);
	/* After a record() that returned CHATTERBOX_E_DOWN: 1 = its transaction was committed after
	 * all, 0 = it was not, CHATTERBOX_E_DOWN = still unknown. Ask before anything else. */
	int (*resolve)(struct cbx_sql *sql, uint64_t deadline);
	/* The last CBX_PUSH_LOG recorded pushes, oldest first */
	int (*pushes)(struct cbx_sql *sql, cbx_push_fn each, void *user);
	/* Every row of status_monitor, by system (bytewise), job_id */
	int (*monitored)(struct cbx_sql *sql, cbx_row_fn each, void *user);
	/* The rows of status_monitor with revision 0 */
	int (*unreported)(struct cbx_sql *sql, cbx_row_fn each, void *user);
	/* Which of these jobs are OCD's by now: an 'ocd' row in status_monitor, or a row of
	 * scheduled_jobs. Only system and job_id of the row are set. */
	int (*ocd_jobs)(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			cbx_row_fn each, void *user);
	/* The rows of status_monitor for these jobs */
	int (*of_jobs)(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		       cbx_row_fn each, void *user);
	/* The rows of completed_jobs for these jobs */
	int (*completed)(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			 cbx_row_fn each, void *user);
};

#endif
