/* SPDX-License-Identifier: MIT */
/* share_internal.h - the writes of the shared state being gathered; shared by the files of share */
#ifndef CBX_ROAD_SHARE_INTERNAL_H
#define CBX_ROAD_SHARE_INTERNAL_H

#include "road/batch.h"

/* Writes being gathered, and the field arrays they point into */
struct share_writes {
	struct cbx_state_write *all;
	size_t count, capacity;
	struct cbx_field *fields;
	size_t field_count, field_capacity;
	char (*ids)[24];
	size_t id_capacity;
	bool failed;
};

/* Room for @systems writes with up to @fields fields in all: nothing moves while they are gathered.
 * false = no memory; free() in any case */
bool share_writes_begin(struct share_writes *w, size_t systems, size_t fields);
void share_writes_free(struct share_writes *w);
/* One more write: what differs between two lists of a system, or all of @after when @whole */
void share_add_write(struct cbx_road *road, struct share_writes *w, const char *system,
		     const struct cbx_job_list *before, const struct cbx_job_list *after,
		     bool whole);
/* 0; CHATTERBOX_E_FENCED when they were held off; or a failure */
int share_write_jobs(struct cbx_road *road, struct share_writes *w);

/* Systems whose state changed since they were last written; @all = every known one */
int share_systems(struct cbx_road *road, bool all);
/* A failure of the shared state: the link notes it, and everything is to be written anew. That a
 * write was held off is no failure of the server. Returns @error. */
int share_failed(struct cbx_road *road, int error);

#endif
