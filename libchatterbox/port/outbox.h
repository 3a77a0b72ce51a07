/* SPDX-License-Identifier: MIT */
/*
 * outbox.h - events that are recorded and not yet published everywhere
 *
 * A row is deleted when the broker has confirmed it and the stream has it. Of each key only the
 * oldest unpublished event may be in flight, and there is no cursor over ids (contract 3.3).
 */
#ifndef CBX_PORT_OUTBOX_H
#define CBX_PORT_OUTBOX_H

#include "port/sql.h"

#include <stdint.h>

/* A read ends after so many bytes of payload, so that they don't pile up in memory */
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

/* What heads() reads; all are borrowed */
struct cbx_outbox_wish {
	enum cbx_outbox_side side;
	size_t limit;
	const char *const *without; /* keys that are left out, with all their rows */
	size_t without_count;
};

struct cbx_outbox_ops {
	/* For one side: of each key the oldest row that this side does not have, by id, up to the
	 * wish's limit of rows or CBX_OUTBOX_BYTES of payload, but at least one. A positive return
	 * of @each ends it. */
	int (*heads)(struct cbx_sql *sql, const struct cbx_outbox_wish *wish, cbx_outbox_fn each,
		     void *user);
	/* Notes that this side has these rows; deletes those that both sides have. Guarded. */
	int (*told)(struct cbx_sql *sql, const struct cbx_guard *guard, enum cbx_outbox_side side,
		    const int64_t *ids, size_t count);
	/* All rows that the stream does not have, by id; up to @limit and CBX_OUTBOX_BYTES. 1 =
	 * there are more. For an instance that begins to lead, when nobody else records any more.
	 */
	int (*unstreamed)(struct cbx_sql *sql, size_t limit, cbx_outbox_fn each, void *user);
	/* How many rows wait, and the age of the oldest in seconds (0 when there is none) */
	int (*pending)(struct cbx_sql *sql, int64_t *rows, double *oldest_seconds);
};

#endif
