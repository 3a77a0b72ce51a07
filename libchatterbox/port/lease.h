/* SPDX-License-Identifier: MIT */
/* lease.h - who leads: one row, by the database's clock (contract 2.5) */
#ifndef CBX_PORT_LEASE_H
#define CBX_PORT_LEASE_H

#include "port/sql.h"

#include <stdint.h>

#define CBX_HOLDER_TEXT 128

/* An epoch is raised by raise() to this at most, whatever stands elsewhere: above it as many
 * take-overs remain as below, until CBX_EPOCH_END (port/state.h) */
#define CBX_EPOCH_RAISE_END ((int64_t)1 << 20)

struct cbx_lease_state {
	char holder[CBX_HOLDER_TEXT]; /* "" = nobody has it */
	int64_t epoch;
	bool expired;
};

struct cbx_lease_ops {
	/* Takes the lease if nobody has it or it has expired: 0 and *epoch (grown by one; 1 at
	 * first). Else 1: *now_held says by whom. A holder that takes what it still holds under
	 * that name also gets a new epoch. */
	int (*take)(struct cbx_sql *sql, const char *name, const char *holder, int ttl_seconds,
		    int64_t *epoch, struct cbx_lease_state *now_held);
	/* Extends it: 0; CHATTERBOX_E_FENCED when another epoch or holder stands in the row. A
	 * lease that expired but that nobody took may be renewed. */
	int (*renew)(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds);
	/* Extends it as renew() does, and makes its epoch higher than @above and than it was: 0 and
	 * *epoch. CHATTERBOX_E_FENCED, and nothing is changed, when another epoch or holder stands
	 * in the row: only who holds the lease can do it. */
	int (*raise)(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds,
		     int64_t above, int64_t *epoch);
	/* Gives it back at once; 0 also when it was not ours any more. The epoch stays. */
	int (*give_back)(struct cbx_sql *sql, const struct cbx_guard *guard);
	int (*read)(struct cbx_sql *sql, const char *name, struct cbx_lease_state *state);
};

#endif
