/* SPDX-License-Identifier: MIT */
/* batch.h - one batch on its way through merge and record; the road's own files */
#ifndef CBX_FLOW_BATCH_H
#define CBX_FLOW_BATCH_H

#include "base/hash.h"
#include "road/road.h"

struct cbx_touched {
	struct cbx_job_list *before; /* counted, may be NULL */
	struct cbx_job_list *after;  /* counted, may be NULL */
	UT_hash_handle hh;
	char system[];
};

#define CBX_BATCH_AGE (250 * CBX_MS) /* a batch is recorded when it is as old as that */

/* batch.c: the first so many of what was heard go into one transaction */
size_t cbx_portion_size(const struct cbx_flow *flow);
/* They are recorded: frees them; the next portion is twice as large */
void cbx_portion_done(struct cbx_flow *flow);
/* SQL will never take the values: makes the portion smaller, or drops the status that is at fault
 */
int cbx_portion_refused(struct cbx_flow *flow);
/* Drops what was heard; with @pushes_stay the pushes wait for the next try */
void cbx_portion_drop(struct cbx_flow *flow, bool pushes_stay);

/* merge_batch.c: the portion's reports become changes and the next lists, in flow->batch */
int cbx_flow_merge(struct cbx_flow *flow);
/* Forgets the merge, not what was heard */
void cbx_flow_clear_merge(struct cbx_flow *flow);
/* The next lists are the last recorded ones now; CHATTERBOX_E_FENCED: no memory, so that everything
 * has to be read anew */
int cbx_flow_keep(struct cbx_flow *flow);

/* record.c: changes and their events in one transaction. CHATTERBOX_E_DOWN: nobody knows whether it
 * was committed, the batch hangs. */
int cbx_flow_record(struct cbx_flow *flow);
/* What became of the batch that hangs? 1 = it was committed, 0 = not, negative: not known yet */
int cbx_flow_resolve(struct cbx_flow *flow);
/* The portion was shown: ends it, and acknowledges the messages of a batch that is done */
void cbx_flow_finish_portion(struct cbx_flow *flow);
/* It could not be merged or recorded, by @error: 0 = go on with a smaller one, else as
 * cbx_flow_settle() */
int cbx_flow_fail_portion(struct cbx_flow *flow, int error);

#endif
