/* SPDX-License-Identifier: MIT */
/* errors.h - the role for errors and clean-up: errors, errored jobs, ended jobs,
 * content_server_access */
#ifndef CBX_PORT_ERRORS_H
#define CBX_PORT_ERRORS_H

#include "port/ledger.h"

/* A row of errors. Texts are valid during the call; NULL = SQL null. Times in ms. */
struct cbx_error_row {
	int64_t id;
	const char *system;
	int64_t job_id; /* CBX_NO_COUNT = null: an error of the system as a whole */
	const char *job_type;
	const char *code;
	const char *message;
	const char *origin; /* "ocd", "user" or NULL */
	int64_t occurrences;
	int64_t first_seen_ms;
	int64_t last_seen_ms;
	int64_t incident; /* 0 = it belongs to none */
};

/* What the change of a job that becomes errored says in it; borrowed from the change */
struct cbx_error_row cbx_error_of_change(const struct cbx_change *change);

typedef int (*cbx_error_fn)(void *user, const struct cbx_error_row *row);

/* A row of content_server_access: access is "ok", "denied" or "internal" */
struct cbx_access_row {
	const char *system;
	const char *access;
	const char *error; /* or NULL */
};

/* All writes are guarded (port/sql.h) and each is one transaction. */
struct cbx_errors_ops {
	/* Newest first by id: those below @before_id (0 = all), of @system (NULL = all), @limit at
	 * most */
	int (*page)(struct cbx_sql *sql, const char *system, int64_t before_id, size_t limit,
		    cbx_error_fn each, void *user);
	/* Upserts by (system, job_id, code): occurrences + 1, message, last_seen now. Ignores id,
	 * occurrences, times and incident of @rows. */
	int (*store)(struct cbx_sql *sql, const struct cbx_guard *guard,
		     const struct cbx_error_row *rows, size_t count);
	/* By ids, or all of @system if that is not NULL */
	int (*remove)(struct cbx_sql *sql, const struct cbx_guard *guard, const int64_t *ids,
		      size_t count, const char *system, int64_t *removed);
	/* Moves those of these jobs whose updated_at is at least @older_than seconds old (by the
	 * database's clock; 0 = any age) from status_monitor to completed_jobs, with their revision
	 * and status (started_at from created_at, completed_at now). A row behind the revision in
	 * completed_jobs stays. Calls each() for every moved one, by system (bytewise) and job_id,
	 * after the commit. The proposal's deleteEntry. */
	int (*clear_jobs)(struct cbx_sql *sql, const struct cbx_guard *guard,
			  const struct cbx_job_key *keys, size_t count, int64_t older_than,
			  cbx_row_fn each, void *user);
	/* The jobs that clear_jobs() would move now; moves none. Guarded like that, so that only
	 * who leads says so. */
	int (*clearable)(struct cbx_sql *sql, const struct cbx_guard *guard,
			 const struct cbx_job_key *keys, size_t count, int64_t older_than,
			 cbx_row_fn each, void *user);
	/* How many rows of errors are about these jobs */
	int (*count_of)(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			int64_t *errors);
	/* Errors whose last_seen is at least @older_than seconds old. Both expire calls delete only
	 * as much as their time allows (PostgreSQL: 500 000 rows; SQLite: a second), so that they
	 * finish on a large table, too; the rest goes at the next call. */
	int (*expire_errors)(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
			     int64_t *removed);
	/* Rows of completed_jobs that ended at least @older_than seconds ago */
	int (*expire_completed)(struct cbx_sql *sql, const struct cbx_guard *guard,
				int64_t older_than, int64_t *removed);
	/* Upserts by system, checked_at now */
	int (*write_access)(struct cbx_sql *sql, const struct cbx_guard *guard,
			    const struct cbx_access_row *rows, size_t count);
};

#endif
