/* SPDX-License-Identifier: MIT */
/* history.h - the role for job_history: what became of each job, and when systems went online and
 * offline (contract 5.2). record() and clear_jobs() write it, in the transaction of each change. */
#ifndef CBX_PORT_HISTORY_H
#define CBX_PORT_HISTORY_H

#include "domain/change.h"
#include "port/orders.h"
#include "port/sql.h"

/* A row of job_history. Texts are valid during the call; NULL = SQL null. */
struct cbx_history_row {
	int64_t id;
	const char *system;
	int64_t job_id;   /* CBX_NO_COUNT: the system itself went online or offline */
	int64_t revision; /* CBX_NO_COUNT then, too */
	int64_t at_ms;    /* 0 = when the transaction began */
	const char *status;
	const char *previous_status;
	const char *origin;
	const char *source;
	const char *reason;
	const char *percent_completed;
};

/* A non-zero return stops the read and is passed on */
typedef int (*cbx_history_fn)(void *user, const struct cbx_history_row *row);

/* For adapters: the rows that a batch writes, in their order; none with sql->no_history */
int cbx_history_of_batch(const struct cbx_sql *sql, const struct cbx_batch *batch,
			 cbx_history_fn each, void *user);

struct cbx_history_ops {
	/* Newest first by id: those below @before_id (0 = all) of @system, @limit at most; of one
	 * job, or, when @job_id is CBX_NO_COUNT, of all its jobs and the system itself */
	int (*page)(struct cbx_sql *sql, const char *system, int64_t job_id, int64_t before_id,
		    size_t limit, cbx_history_fn each, void *user);
	/* The same by time, then by id: those before @before. What a clock that was set back has
	 * left out of order is in order of its times here. */
	int (*before)(struct cbx_sql *sql, const char *system, int64_t job_id,
		      const struct cbx_before *before, size_t limit, cbx_history_fn each,
		      void *user);
	/* The rows of systems that went online or offline: the last one of each system; with
	 * @after_id all those above it, oldest first */
	int (*turns)(struct cbx_sql *sql, int64_t after_id, cbx_history_fn each, void *user);
	/* Deletes @limit rows at most that are at least @older_than seconds old, oldest first. The
	 * last turn of each system stays, since it says since when it is what it is. @older_than 0:
	 * nothing is kept, not even that. */
	int (*expire)(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
		      size_t limit, int64_t *removed);
};

#endif
