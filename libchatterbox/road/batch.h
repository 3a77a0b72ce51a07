/* SPDX-License-Identifier: MIT */
/* batch.h - the tables of one batch: the systems that it changes, and what SQL knows about its jobs
 */
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

/* The list of @system as this batch has left it; the recorded one when the batch has not changed it
 */
struct cbx_job_list *cbx_touched_list(struct cbx_road *road, const char *system);
/* Sets its next list; takes over the caller's reference on success */
int cbx_touched_set(struct cbx_road *road, const char *system, struct cbx_job_list *after);
void cbx_touched_clear(struct cbx_touched **touched);

/* How many of the received reports go into one transaction */
size_t cbx_portion_size(const struct cbx_road *road);
/* They are recorded: frees them, and doubles the size of the next portion */
void cbx_portion_done(struct cbx_road *road);
/* SQL refused a value for good: makes the portion smaller, or drops the status at fault */
int cbx_portion_refused(struct cbx_road *road);
/* Drops the received reports; with @pushes_stay those of pushes are kept for the next try */
void cbx_portion_drop(struct cbx_road *road, bool pushes_stay);

/* Asks SQL about those jobs of the portion that are not live in the tables */
int cbx_pasts_load(struct cbx_road *road);
void cbx_pasts_clear(struct cbx_pasts **pasts);
const struct cbx_past *cbx_pasts_find(void *user, const char *system, int64_t job_id);

#endif
