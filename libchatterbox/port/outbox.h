/* SPDX-License-Identifier: MIT */
/*
 * outbox.h - events that are recorded and not yet told everywhere
 *
 * A row goes when the broker has confirmed it and the stream has it. Of each key only the oldest
 * untold event may be in flight; there is never a cursor over ids (contract 3.3).
 */
#ifndef CBX_PORT_OUTBOX_H
#define CBX_PORT_OUTBOX_H

#include "port/sql.h"

#include <stdint.h>

/* Large payloads must not pile up: so many bytes of them end a read */
#define CBX_OUTBOX_BYTES ((size_t)16 << 20)

enum cbx_outbox_side { CBX_TO_BROKER, CBX_TO_STREAM };

/* A row, valid during the call */
struct cbx_outbox_row {
	int64_t id;
	const char *key;
	const char *name;
	const char *message_id;
	const char *previous_status; /* or NULL */
	const char *origin;          /* or NULL */
	const char *payload;
};

typedef int (*cbx_outbox_fn)(void *user, const struct cbx_outbox_row *row);

struct cbx_outbox_ops {
	/* For one side: of each key the oldest row that this side has not got, by id, @limit rows
	 * or CBX_OUTBOX_BYTES of payload, one at least. A positive return of @each ends it. */
	int (*heads)(struct cbx_sql *sql, enum cbx_outbox_side side, size_t limit,
		     cbx_outbox_fn each, void *user);
	/* This side has these rows now; rows that both sides have are deleted. Guarded. */
	int (*told)(struct cbx_sql *sql, const struct cbx_guard *guard, enum cbx_outbox_side side,
		    const int64_t *ids, size_t count);
	/* All rows that the stream has not got, by id; within @limit and CBX_OUTBOX_BYTES as heads.
	 * 1 = there are more. For who begins to lead: nobody else records any more. */
	int (*unstreamed)(struct cbx_sql *sql, size_t limit, cbx_outbox_fn each, void *user);
	/* Rows that wait, and the age of the oldest in seconds (0 when none) */
	int (*pending)(struct cbx_sql *sql, int64_t *rows, double *oldest_seconds);
};

#endif
