/* SPDX-License-Identifier: MIT */
/* orders.h - the role for orders: what chatterbox was told to do, by whom, and what came of it
 * (contract 5.2) */
#ifndef CBX_PORT_ORDERS_H
#define CBX_PORT_ORDERS_H

#include "port/sql.h"

/* A row of orders. Texts are valid during the call; NULL = SQL null. */
struct cbx_order_row {
	int64_t id;         /* of a read */
	const char *key;    /* of a write: one order has one key, wherever it came in */
	int64_t at_ms;      /* of a read: when it was given */
	int64_t age_ms;     /* of a write: how long ago that was */
	const char *system; /* NULL = all systems, or none in particular */
	int64_t job_id;     /* CBX_NO_COUNT = all jobs, or none */
	const char *event;  /* the method's name, or the event's */
	const char *door;   /* "http", "amqp", "c" */
	const char *who;
	const char *outcome; /* "ok", an error, or NULL: nobody knows */
	const char *detail;  /* a JSON object: what else it says; or NULL */
};

/* A non-zero return stops the read and is passed on */
typedef int (*cbx_order_fn)(void *user, const struct cbx_order_row *row);

/* A place in what is read newest first, by time and then by id: only what comes before it */
struct cbx_before {
	int64_t at_ms;
	int64_t id;
};

struct cbx_orders_ops {
	/* Writes all of them in one guarded transaction (none: does nothing). One whose key is
	 * there gets its outcome alone, so writing twice what may have been written does no harm.
	 * Each key once. */
	int (*write)(struct cbx_sql *sql, const struct cbx_guard *guard,
		     const struct cbx_order_row *rows, size_t count);
	/* Newest first by time, then by id: those before @before, @limit at most, that concern
	 * @system, and @job_id in it if that is not CBX_NO_COUNT. What was said of all jobs of a
	 * system concerns each, and so does what was said of all systems; but not the removal of
	 * errors by their ids. */
	int (*page)(struct cbx_sql *sql, const char *system, int64_t job_id,
		    const struct cbx_before *before, size_t limit, cbx_order_fn each, void *user);
	/* Deletes @limit rows at most that are at least @older_than seconds old, oldest first */
	int (*expire)(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
		      size_t limit, int64_t *removed);
};

#endif
