/* SPDX-License-Identifier: MIT */
/*
 * lease_keeper.h - the thread that migrates the database at start, then takes and renews the lease
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
	bool observer;             /* never takes the lease, applies no migrations */
	bool looks;                /* not before the mark in Redis was looked at, by the poller */
	struct cbx_mailbox *inbox; /* only used to wake it */
	/* The database can't be used: CHATTERBOX_E_SCHEMA, with a text. Called once, in this
	 * thread. */
	void (*on_failed)(void *user, int error, const char *text);
	/* Called on every turn; the engine watches its start there. Does it still start? */
	bool (*on_turn)(void *user);
	/* Why this instance, which leads since @since, can't work: true, and a text. NULL: never.
	 */
	bool (*hindrance)(void *user, uint64_t since, char why[192]);
	/* Called when this instance begins to lead, or ends; wakes the other threads */
	void (*on_change)(void *user);
	void *user;
	const char *redis; /* where the mark is, for people */
	int64_t epoch;     /* of the lease we last took; 0 = nothing to renew */
	uint64_t next_renewal;
	uint64_t next_raise;  /* do not raise our epoch before then */
	int64_t warned_epoch; /* epoch under which we warned that we can't raise it */
	bool identified;      /* the database's id is known */
	bool aside;           /* it was said that a twin leads */
	bool leads;           /* what on_change was last called for */
	uint64_t led_since;
	uint64_t hindered_at; /* since when it is seen that it can't work; 0 = it can */
	_Atomic bool migrated;
	_Atomic bool stop;
	_Atomic uint64_t last_turn;
	struct cbx_thread thread;
};

void *cbx_lease_keeper_run(void *keeper);
void cbx_lease_keeper_close(struct cbx_lease_keeper *keeper);

#endif
