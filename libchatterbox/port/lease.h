/* SPDX-License-Identifier: MIT */
/* lease.h - who leads: one row, by the database's clock (contract 2.5) */
#ifndef CBX_PORT_LEASE_H
#define CBX_PORT_LEASE_H

#include "port/sql.h"

#include <stdint.h>

#define CBX_HOLDER_TEXT 128

/* raise() never goes above this, whatever epoch stands elsewhere, so that as many take-overs remain
 * as there were, up to CBX_EPOCH_END (port/state.h) */
#define CBX_EPOCH_RAISE_END ((int64_t)1 << 20)

struct cbx_lease_state {
	char holder[CBX_HOLDER_TEXT]; /* "" = nobody has it */
	int64_t epoch;
	bool expired;
};

struct cbx_lease_ops {
	/* Takes the lease if nobody holds it or it has expired: 0 and *epoch (one higher than
	 * before; 1 at first). Else 1, and *now_held says who holds it. A holder that takes its own
	 * lease gets a new epoch, too. */
	int (*take)(struct cbx_sql *sql, const char *name, const char *holder, int ttl_seconds,
		    int64_t *epoch, struct cbx_lease_state *now_held);
	/* Extends it: 0; CHATTERBOX_E_FENCED when the row has another epoch or holder. A lease that
	 * expired but that nobody took can be renewed. */
	int (*renew)(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds);
	/* Extends it as renew() does, and makes its epoch higher than @above and than before: 0 and
	 * *epoch. CHATTERBOX_E_FENCED, without a change, when the row has another epoch or holder.
	 */
	int (*raise)(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds,
		     int64_t above, int64_t *epoch);
	/* Gives it back at once; 0 also when it was no longer ours. The epoch is kept. */
	int (*give_back)(struct cbx_sql *sql, const struct cbx_guard *guard);
	int (*read)(struct cbx_sql *sql, const char *name, struct cbx_lease_state *state);
};

#endif
