/* SPDX-License-Identifier: MIT */
/* ledger.h - the role that records: status_monitor, completed_jobs, errors, recently_checked, and
 * the rows of outbox, push_log and job_history that belong to the same transaction */
#ifndef CBX_PORT_LEDGER_H
#define CBX_PORT_LEDGER_H

#include "domain/change.h"
#include "port/sql.h"

struct cbx_job_key {
	const char *system;
	int64_t job_id;
};

/* A row of status_monitor or completed_jobs. Texts are valid during the call; NULL = SQL null,
 * CBX_NO_COUNT = null, times in ms by the database's clock. */
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
	bool inferred; /* the end was inferred: by a column in completed_jobs; in status_monitor, if
			  its error has the code system_offline */
};

/* A non-zero return stops the read and is passed on */
typedef int (*cbx_row_fn)(void *user, const struct cbx_row *row);

/* No job gets that far: a row that says so is not ours, and its job can't be recorded */
#define CBX_REVISION_END ((int64_t)1 << 53)

/* How many recorded pushes are remembered: four times as many as a broker can deliver again */
#define CBX_PUSH_LOG 1024

/* As cbx_row_fn, for a recorded push (struct cbx_push) */
typedef int (*cbx_push_fn)(void *user, int64_t connection, const char *identities);

/* Makes the status of a row; members that only Redis holds are missing */
int cbx_status_of_row(const struct cbx_row *row, struct cbx_status **out);
/* Is its status a text of 1..64 bytes of UTF-8? */
bool cbx_row_has_status(const struct cbx_row *row);

struct cbx_ledger_ops {
	/* Records changes, events, checked systems and pushes in one guarded transaction, all or
	 * nothing. -EBADMSG: sql->faults holds changes that keep the rest from being written (as
	 * many as were found): SQL refuses them for good (a constraint, trigger or policy of
	 * others, a type), or others hold their rows locked; without them the batch may be
	 * recorded. CHATTERBOX_E_REFUSED has nothing to do with single rows, nor has
	 * CHATTERBOX_E_TIMEOUT. Rows are locked in the order of their keys, and never waited for
	 * longer than a moment. A row only moves forward: a change whose revision is below the
	 * stored one is a bug and fails with CHATTERBOX_E_FENCED.
	 * origin never turns from ocd to user. If nobody knows whether it was committed, that is
	 * resolved before the call returns, over a new connection within @deadline; if that is not
	 * possible: CHATTERBOX_E_DOWN, and the next call on this object resolves it first (see
	 * resolve()). Tables: CBX_IN_MONITOR upserts status_monitor (and deletes from
	 * completed_jobs if the job returned); CBX_IN_COMPLETED upserts completed_jobs (started_at
	 * from the created_at of its row in status_monitor) and deletes from status_monitor.
	 * error_code: upserts into errors, occurrences + 1, last_seen now. source: a row in
	 * job_history, as for each turn, unless sql->no_history. content_server_access is
	 * written by the errors controller, not here. */
	int (*record)(struct cbx_sql *sql, const struct cbx_guard *guard,
		      const struct cbx_batch *batch, uint64_t deadline);
	/* To be called first after a record() that returned CHATTERBOX_E_DOWN: 1 = its transaction
	 * was committed, 0 = it was not, CHATTERBOX_E_DOWN = still unknown. */
	int (*resolve)(struct cbx_sql *sql, uint64_t deadline);
	/* The last CBX_PUSH_LOG recorded pushes, oldest first */
	int (*pushes)(struct cbx_sql *sql, cbx_push_fn each, void *user);
	/* Every row of status_monitor, by system (bytewise), job_id */
	int (*monitored)(struct cbx_sql *sql, cbx_row_fn each, void *user);
	/* The rows of status_monitor with revision 0 */
	int (*unreported)(struct cbx_sql *sql, cbx_row_fn each, void *user);
	/* Which of these jobs are OCD's now: 'ocd' in their row of status_monitor, or a row in
	 * scheduled_jobs. Only system and job_id of the rows are set. */
	int (*ocd_jobs)(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			cbx_row_fn each, void *user);
	/* Writes origin 'ocd' into the rows of these jobs in status_monitor, which stay as they are
	 * otherwise. A row that others hold locked, or
	 * that can't be written, is left out; the job's next record writes it. */
	int (*keep_ocd)(struct cbx_sql *sql, const struct cbx_guard *guard,
			const struct cbx_job_key *keys, size_t count);
	/* The rows of status_monitor for these jobs */
	int (*of_jobs)(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		       cbx_row_fn each, void *user);
	/* The rows of completed_jobs for these jobs */
	int (*completed)(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			 cbx_row_fn each, void *user);
};

#endif
