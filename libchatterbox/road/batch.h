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

/* batch.c: a copy of @report, with references of its statuses */
int cbx_received_new(const struct cbx_report *report, struct cbx_inbound *from, uint64_t order,
		     struct cbx_received **out);
void cbx_received_free(struct cbx_received *received);
/* Empties the batch's list of reports, and fills it again */
void cbx_batch_take_out(struct cbx_road *road, struct cbx_received **out);
void cbx_batch_put(struct cbx_road *road, struct cbx_received *received);
/* Drops what came by this connection of the listener and is not committed: it comes again. Nothing
 * may wait in batch.waiting. */
void cbx_batch_drop_connection(struct cbx_road *road, uint64_t connection);
/* Drops the reports of this message, which the caller requeues */
void cbx_batch_drop_inbound(struct cbx_road *road, const struct cbx_inbound *inbound);
/* Drops the received reports; with @pushes_stay those of pushes are kept for the next try */
void cbx_batch_drop(struct cbx_road *road, bool pushes_stay);

/* aside.c: sets the reports of jobs aside whose rows can't be written now. Notes the faults of the
 * last record(), which the batch still holds; -ENOMEM. */
int cbx_aside_note_faults(struct cbx_road *road);
/* Takes the statuses of those jobs out of the batch: pushes of a job whose row is locked wait,
 * those that SQL refuses go into batch.refused, answers come again; -ENOMEM. */
int cbx_aside_separate(struct cbx_road *road);
/* Is it time to try again what waits? */
static inline bool cbx_aside_is_due(const struct cbx_road *road)
{
	return road->batch.aside_until && cbx_now(road->clock) >= road->batch.aside_until;
}
/* Puts what waits where it was among what was received */
void cbx_aside_return(struct cbx_road *road);
/* A batch was recorded: messages of which a part waits are kept back from those that are done */
void cbx_aside_batch_done(struct cbx_road *road);
/* Forgets everything; what waits must have been returned */
void cbx_aside_clear(struct cbx_road *road);

/* merge_batch.c: merges the received reports into changes and next lists, in road->batch */
int cbx_road_merge(struct cbx_road *road);
/* Discards what the merge made; the reports stay */
void cbx_road_clear_merge(struct cbx_road *road);
/* The next lists become the last recorded ones. CHATTERBOX_E_FENCED: out of memory, everything has
 * to be read again. */
int cbx_road_keep(struct cbx_road *road);

/* record.c: writes changes and their events in one transaction. -EBADMSG: some of them can't be
 * written, see aside.c. CHATTERBOX_E_DOWN: nobody knows whether it was committed, see
 * cbx_road_resolve(). */
int cbx_road_record(struct cbx_road *road);
/* Was the last batch committed? 1 = yes, 0 = no, negative: still not known */
int cbx_road_resolve(struct cbx_road *road);
/* Frees a batch that was recorded, and gives its messages back to the listener, which acknowledges
 * them */
void cbx_road_finish_batch(struct cbx_road *road);
/* The batch could not be merged or recorded, because of @error. 1: try again what is left of it;
 * else as cbx_road_commit(). */
int cbx_road_fail_batch(struct cbx_road *road, int error);

#endif
