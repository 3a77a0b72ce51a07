/* SPDX-License-Identifier: MIT */
/* share_internal.h - collects the writes of one call to Redis; shared by share.c and share_whole.c
 */
#ifndef CBX_ROAD_SHARE_INTERNAL_H
#define CBX_ROAD_SHARE_INTERNAL_H

#include "road/batch.h"

/* The writes, and the arrays of fields that they point into */
struct share_writes {
	struct cbx_state_write *all;
	size_t count, capacity;
	struct cbx_field *fields;
	size_t field_count, field_capacity;
	char (*ids)[24];           /* of the fields */
	struct cbx_field *figures; /* as many at most as fields, and named by their ids */
	char (*texts)[CBX_FIGURES_TEXT];
	size_t figure_count;
	size_t id_capacity;
	bool failed;
};

/* Makes room for @systems writes with up to @fields fields in all, so that nothing moves while they
 * are collected. False = out of memory; cbx_share_writes_free() in any case. */
bool cbx_share_writes_begin(struct share_writes *w, size_t systems, size_t fields);
void cbx_share_writes_free(struct share_writes *w);
/* Adds a write: the difference between two lists of a system, or all of @after when @whole */
void cbx_share_add_write(struct cbx_road *road, struct share_writes *w, const char *system,
			 const struct cbx_job_list *before, const struct cbx_job_list *after,
			 bool whole);
/* 0; CHATTERBOX_E_FENCED when Redis rejected them as stale; or a failure */
int cbx_share_write_jobs(struct cbx_road *road, struct share_writes *w);

/* Writes the systems whose state changed since they were last written; @all = all known ones */
int cbx_share_systems(struct cbx_road *road, bool all);
/* Writes the figures as the Job Send Status Task last published them: its next run may be a minute
 * away */
int cbx_share_figures(struct cbx_road *road);
/* share_mend.c: counts what is there, and writes what is missing. 0, or a failure. */
int cbx_share_mend(struct cbx_road *road);
/* Redis failed: notes it on the link and makes everything be written again. A stale write is not a
 * failure of the server. Returns @error. */
int cbx_share_failed(struct cbx_road *road, int error);

#endif
