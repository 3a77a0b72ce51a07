/* SPDX-License-Identifier: MIT */
/*
 * faults.h - connections whose calls fail when a test wants them to
 *
 * A plan names calls of a port; faults_of_sql() and the like put it before the calls of one
 * connection. A call that is planned to fail does nothing and returns the error; with
 * CHATTERBOX_E_DOWN the connection is gone, too. Only one thread at a time may change a plan.
 */
#ifndef CBX_TESTS_FAULTS_H
#define CBX_TESTS_FAULTS_H

#include "port/bus.h"
#include "port/sql.h"
#include "port/state.h"

#define FAULTS_MOST 16

struct faults {
	struct fault {
		const char *call; /* "record", "write_jobs", "publish", ... */
		unsigned skip;    /* how many calls succeed before */
		unsigned times;   /* how many fail then */
		int error;
	} list[FAULTS_MOST];
	size_t count;
	/* record() is carried out, but its answer is lost: CHATTERBOX_E_DOWN; resolve() knows */
	bool lose_commit;
	bool committed;      /* what resolve() returns after a record() that failed with
				CHATTERBOX_E_DOWN */
	const char *locked;  /* "<system>/<job_id>" whose row others hold, as record() finds it */
	const char *watched; /* faults_calls() counts the calls of this name */
	unsigned calls;
};

/* Makes the next call fail; or call @nth (1 is the next) and the @times - 1 after it */
void faults_add(struct faults *faults, const char *call, int error);
void faults_add_nth(struct faults *faults, const char *call, int error, unsigned nth,
		    unsigned times);
void faults_clear(struct faults *faults);
/* For the wrappers: 0 = carry the call out */
int faults_hit(struct faults *faults, const char *call);

/* @plan must outlive the connection; a freed one is forgotten */
void faults_of_sql(struct cbx_sql *sql, struct faults *plan);
void faults_of_state(struct cbx_state *state, struct faults *plan);
/* A bus whose take() waits by @clock: it calls @pump (may be NULL) to let others act; if nothing
 * has come it moves the clock, by at most @step, until the deadline */
struct fake_clock;
void faults_of_bus(struct cbx_bus *bus, struct faults *plan, struct fake_clock *clock,
		   uint64_t step, void (*pump)(void *user), void *user);

/* A wrapper's memory by the connection that it wraps */
void faults_keep(const void *connection, void *memory);
void *faults_find(const void *connection);
void *faults_forget(const void *connection);

#endif
