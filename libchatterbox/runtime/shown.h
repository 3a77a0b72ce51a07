/* SPDX-License-Identifier: MIT */
/*
 * shown.h - what is recorded is shown before the stream tells of it (contract 6.3)
 *
 * Whoever has read in the stream that a job changed finds it changed in the lists, of this instance
 * and of those that read Redis. So the teller, which sees the rows of a transaction as soon as that
 * is committed, waits until the poller has written Redis and replaced the snapshot.
 */
#ifndef CBX_RUNTIME_SHOWN_H
#define CBX_RUNTIME_SHOWN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct cbx_shown {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t batches; /* that were shown, or will never be */
	bool open;        /* one may be committed and is not shown yet */
	int64_t whole;    /* the epoch under which Redis holds all that was recorded; 0 = not all */
};

void cbx_shown_init(struct cbx_shown *shown);
void cbx_shown_close(struct cbx_shown *shown);
/* The poller: a batch is about to be committed. Takes NULL, as the next one. */
void cbx_shown_open(struct cbx_shown *shown);
/* The poller: there is no such batch any more. @whole: our epoch, if Redis holds everything. */
void cbx_shown_end(struct cbx_shown *shown, int64_t whole);
/* The teller: waits, at most @ms, until all that was committed before is shown. False: it is not.
 */
bool cbx_shown_wait(struct cbx_shown *shown, int ms, int64_t *whole);

#endif
