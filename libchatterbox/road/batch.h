/* SPDX-License-Identifier: MIT */
/* batch.h - one batch on its way through merge and record; the road's own files */
#ifndef CBX_ROAD_BATCH_H
#define CBX_ROAD_BATCH_H

#include "base/hash.h"
#include "road/road.h"

struct cbx_touched {
	struct cbx_job_list *before; /* counted, may be NULL */
	struct cbx_job_list *after;  /* counted, may be NULL */
	UT_hash_handle hh;
	char system[];
};

#define CBX_BATCH_AGE (250 * CBX_MS) /* a batch is recorded when it is as old as that */

/* batch.c: the first so many of what was received go into one transaction */
size_t cbx_portion_size(const struct cbx_road *road);
/* They are recorded: frees them; the next portion is twice as large */
void cbx_portion_done(struct cbx_road *road);
/* SQL will never take the values: makes the portion smaller, or drops the status that is at fault
 */
int cbx_portion_refused(struct cbx_road *road);
/* Drops what was received; with @pushes_stay the pushes wait for the next try */
void cbx_portion_drop(struct cbx_road *road, bool pushes_stay);

/* merge_batch.c: the portion's reports become changes and the next lists, in road->batch */
int cbx_road_merge(struct cbx_road *road);
/* Forgets the merge, not what was received */
void cbx_road_clear_merge(struct cbx_road *road);
/* The next lists are the last recorded ones now; CHATTERBOX_E_FENCED: no memory, so that everything
 * has to be read anew */
int cbx_road_keep(struct cbx_road *road);

/* record.c: changes and their events in one transaction. CHATTERBOX_E_DOWN: nobody knows whether it
 * was committed, the batch hangs. */
int cbx_road_record(struct cbx_road *road);
/* What became of the batch that hangs? 1 = it was committed, 0 = not, negative: not known yet */
int cbx_road_resolve(struct cbx_road *road);
/* The portion was shown: ends it, and acknowledges the messages of a batch that is done */
void cbx_road_finish_portion(struct cbx_road *road);
/* It could not be merged or recorded, by @error: 0 = go on with a smaller one, else as
 * cbx_road_commit() */
int cbx_road_fail_portion(struct cbx_road *road, int error);

#endif
