/* SPDX-License-Identifier: MIT */
/*
 * sql.h - a connection to the database, and the eight roles that it has
 *
 * A `struct cbx_sql` is one connection and belongs to one thread. Roles: ledger.h (records),
 * outbox.h, lease.h, directory.h (reads tables of others), errors.h (errors and clean-up),
 * history.h, incidents.h, orders.h. Adapters: postgres and sqlite; both pass
 * tests/kit/suites/sql_suite.c. Statements take parameters, are unnamed, and leave no session state
 * (contract 5.1: there may be a transaction-mode pooler).
 * history.h, orders.h. Adapters: postgres and sqlite; both pass tests/kit/suites/sql_suite.c.
 * Statements take parameters, are unnamed, and leave no session state (contract 5.1: there may be a
 * transaction-mode pooler).
 *
 * Errors: CHATTERBOX_E_DOWN = the connection is gone, or the server is shutting down: connect
 * again; CHATTERBOX_E_TIMEOUT = a lock or statement time-out, or a deadlock: nothing was written,
 * try again later; CHATTERBOX_E_FENCED = the lease row does not have our epoch: nothing was
 * written; CHATTERBOX_E_REFUSED = the server refused (disk full, read-only, permission, a bug):
 * nothing was written; CHATTERBOX_E_SCHEMA; -ENOMEM. A call that fails leaves a text in sql->error
 * that names server and SQLSTATE, and rolls back what it began. A statement may take 5 s, a lock 2
 * s.
 */
#ifndef CBX_PORT_SQL_H
#define CBX_PORT_SQL_H

#include "port/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbx_sql;
struct cbx_ledger_ops;
struct cbx_outbox_ops;
struct cbx_lease_ops;
struct cbx_directory_ops;
struct cbx_errors_ops;
struct cbx_history_ops;
struct cbx_orders_ops;
struct cbx_incidents_ops;
struct cbx_outlook_ops;

/* Under whose epoch a write is made: name of the lease row, holder and epoch as they were when it
 * was taken. Every write checks the row (with a share lock) inside its transaction. */
struct cbx_guard {
	const char *name;
	const char *holder;
	int64_t epoch;
};

struct cbx_sql_ops {
	int (*connect)(struct cbx_sql *sql, uint64_t deadline);
	void (*disconnect)(struct cbx_sql *sql);
	bool (*is_up)(struct cbx_sql *sql);
	int (*ping)(struct cbx_sql *sql);
	/* The database's clock, ms since the epoch */
	int (*now)(struct cbx_sql *sql, int64_t *ms);
	/* Applies pending migrations, under a lock; *applied counts them. CHATTERBOX_E_SCHEMA,
	 * naming the migration, when the role lacks the right. */
	int (*migrate)(struct cbx_sql *sql, int *applied);
	/* CHATTERBOX_E_SCHEMA, naming it, when a needed column is absent or has another type */
	int (*check_schema)(struct cbx_sql *sql);
	/* Are the tables still as needed, and may we work with them? Cheap enough for every few
	 * seconds. 0; CHATTERBOX_E_REFUSED and sql->error; anything else says nothing about it.
	 * With
	 * @refused the last call was refused, which may be enough to know: a full disk. NULL: it is
	 * always so. */
	int (*examine)(struct cbx_sql *sql, bool refused);
	void (*free)(struct cbx_sql *sql);
};

/* A change that record() could not write: SQL refuses it for good, or others hold its row for now
 */
struct cbx_fault {
	size_t change; /* its index in the batch */
	bool refused;
};

struct cbx_sql {
	const struct cbx_sql_ops *ops;
	const struct cbx_ledger_ops *ledger;
	const struct cbx_outbox_ops *outbox;
	const struct cbx_lease_ops *lease;
	const struct cbx_directory_ops *directory;
	const struct cbx_errors_ops *errors;
	const struct cbx_history_ops *history;
	const struct cbx_orders_ops *orders;
	const struct cbx_incidents_ops *incidents;
	const struct cbx_outlook_ops *outlook;
	bool no_history;          /* what is recorded and cleared gets no rows in job_history */
	struct cbx_fault *faults; /* of the last record() */
	size_t fault_count, fault_capacity;
	/* Times that reads have as absent since they are infinite or outside the years 0 to 9999
	 * (contract 5.1), and which was the last; whoever counts them sets it to 0 */
	unsigned rejected_times;
	char rejected_time[192];
	char error[512];          /* why the last call failed; never a secret */
	char where[256];          /* "host:port/database", or the file */
	int64_t certificate_ends; /* of which ends first; seconds, 0: there is none */
};

void cbx_sql_free(struct cbx_sql *sql); /* takes NULL */
/* For adapters: a change that record() could not write. 0, or -ENOMEM. */
int cbx_sql_add_fault(struct cbx_sql *sql, size_t change, bool refused);
/* For adapters: notes that @column of the row that begins with @first (and @second, or NULL) is no
 * time; returns 0 */
int64_t cbx_sql_reject_time(struct cbx_sql *sql, const char *column, const char *first,
			    const char *second);

#endif
