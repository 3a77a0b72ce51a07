/* SPDX-License-Identifier: MIT */
/* batch.h - the tables of one batch: which systems it touched, and what SQL knew of its jobs */
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

/* The working list of @system in this batch; @road's own when it was not touched yet */
struct cbx_job_list *cbx_touched_list(struct cbx_road *road, const char *system);
/* Its next list; takes the caller's reference on success */
int cbx_touched_set(struct cbx_road *road, const char *system, struct cbx_job_list *after);
void cbx_touched_clear(struct cbx_touched **touched);

/* The first so many of what was heard go into one transaction */
size_t cbx_portion_size(const struct cbx_road *road);
/* They are recorded: frees them; the next portion is twice as large */
void cbx_portion_done(struct cbx_road *road);
/* SQL will never take the values: makes the portion smaller, or drops the status that is at fault
 */
int cbx_portion_refused(struct cbx_road *road);
/* Drops what was heard; with @pushes_stay the pushes wait for the next try */
void cbx_portion_drop(struct cbx_road *road, bool pushes_stay);

/* Asks SQL about the jobs of the portion's reports that the tables do not hold as live */
int cbx_pasts_load(struct cbx_road *road);
void cbx_pasts_clear(struct cbx_pasts **pasts);
const struct cbx_past *cbx_pasts_find(void *user, const char *system, int64_t job_id);

#endif
