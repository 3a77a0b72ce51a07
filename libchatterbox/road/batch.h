/* SPDX-License-Identifier: MIT */
/* batch.h - one batch on its way through merge and record; for the files of this room */
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

#define CBX_BATCH_AGE (250 * CBX_MS) /* when a batch is committed at the latest */

/* batch.c: how many of the received reports go into one transaction */
size_t cbx_portion_size(const struct cbx_road *road);
/* They are recorded: frees them, and doubles the size of the next portion */
void cbx_portion_done(struct cbx_road *road);
/* SQL refused a value for good: makes the portion smaller; 1 = the first report is at fault */
int cbx_portion_refused(struct cbx_road *road);
/* Drops that one, and has its message rejected */
void cbx_portion_drop_refused(struct cbx_road *road);
/* Drops what came by this connection of the listener and is not committed: it comes again */
void cbx_batch_drop_connection(struct cbx_road *road, uint64_t connection);
/* Drops the reports of this message, which the caller requeues */
void cbx_batch_drop_inbound(struct cbx_road *road, const struct cbx_inbound *inbound);
/* Drops the received reports; with @pushes_stay those of pushes are kept for the next try */
void cbx_portion_drop(struct cbx_road *road, bool pushes_stay);

/* merge_batch.c: merges the portion's reports into changes and next lists, in road->batch */
int cbx_road_merge(struct cbx_road *road);
/* Discards what the merge made; the reports stay */
void cbx_road_clear_merge(struct cbx_road *road);
/* The next lists become the last recorded ones. CHATTERBOX_E_FENCED: out of memory, everything has
 * to be read again. */
int cbx_road_keep(struct cbx_road *road);

/* record.c: writes changes and their events in one transaction. CHATTERBOX_E_DOWN: nobody knows
 * whether it was committed, see cbx_road_resolve(). */
int cbx_road_record(struct cbx_road *road);
/* Was the last batch committed? 1 = yes, 0 = no, negative: still not known */
int cbx_road_resolve(struct cbx_road *road);
/* Frees a portion that was recorded, and acknowledges the messages when the whole batch is done */
void cbx_road_finish_portion(struct cbx_road *road);
/* The portion could not be merged or recorded, because of @error. 0: try a smaller one; else as
 * cbx_road_commit(). */
int cbx_road_fail_portion(struct cbx_road *road, int error);

#endif
