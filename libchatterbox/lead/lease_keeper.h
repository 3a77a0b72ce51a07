/* SPDX-License-Identifier: MIT */
/*
 * keeper.h - the keeper: a thread that applies migrations at start, then takes and renews the lease
 *
 * It has a connection of its own, so that a long round never costs the lease.
 */
#ifndef CBX_LEAD_LEASE_KEEPER_H
#define CBX_LEAD_LEASE_KEEPER_H

#include "base/mailbox.h"
#include "base/thread.h"
#include "port/link.h"
#include "runtime/leadership.h"

struct cbx_lease_keeper {
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_leadership *leadership;
	struct cbx_sql *sql;
	struct cbx_link sql_link;
	int ttl;                   /* lease.ttl, seconds */
	bool observer;             /* never takes it, applies no migrations */
	struct cbx_mailbox *inbox; /* only woken */
	/* The database can't be used as it is: E_SCHEMA, with a text. Once, from this thread. */
	void (*on_failed)(void *user, int error, const char *text);
	/* Called on every turn: the engine looks at its start-up there */
	void (*on_turn)(void *user);
	/* We lead now, or no longer: wakes whom it concerns */
	void (*on_change)(void *user);
	void *user;
	int64_t epoch; /* of the lease that we took last; 0 = none to renew */
	uint64_t next_renewal;
	uint64_t next_raise;  /* of our epoch, not before */
	int64_t warned_epoch; /* under which we said that we can't raise it */
	bool leads;           /* as on_change was told last */
	_Atomic bool migrated;
	_Atomic bool stop;
	_Atomic uint64_t beat;
	struct cbx_thread thread;
};

void *cbx_lease_keeper_run(void *keeper);
void cbx_lease_keeper_close(struct cbx_lease_keeper *keeper);

#endif
