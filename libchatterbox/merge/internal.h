/* SPDX-License-Identifier: MIT */
/* internal.h - the state of a merge in progress, shared by the files of this room */
#ifndef CBX_MERGE_INTERNAL_H
#define CBX_MERGE_INTERNAL_H

#include "merge/merge.h"

struct merge {
	const struct cbx_merge_rules *rules;
	const struct cbx_report *report;
	cbx_past_fn find_past;
	void *user;
	struct cbx_batch *batch;
	struct cbx_merge_counts *counts;
	struct cbx_job_list *last;
	/* the next list, sorted; counted references */
	struct cbx_job **jobs;
	size_t count;
	size_t capacity;
	bool changed;        /* the next list differs from the last one */
	bool regrouped;      /* a live job has another job_type than before */
	size_t first_change; /* index in the batch of the first change of this merge */
};

/* changes.c */
/* Puts @job into the next list, in its place or instead of its old record (takes a reference) */
int cbx_merge_put(struct merge *m, struct cbx_job *job);
struct cbx_job *cbx_merge_find(const struct merge *m, int64_t job_id);
/* Appends a transition (a change of status that is published) and its event to the batch. @previous
 * may be NULL. */
int cbx_merge_transition(struct merge *m, struct cbx_job *job, enum cbx_row_table table,
			 const char *previous, struct cbx_change **out);
/* The events `status` and `user_job_errors` */
int cbx_merge_system_events(struct merge *m);
/* ends.c */
/* A report holds the job: it is no longer counted as missing */
void cbx_merge_seen(struct cbx_job *job);
/* The report is applied to the job */
void cbx_merge_applied(const struct cbx_report *report, struct cbx_job *job);
/* Ends the jobs that an answer should hold and does not, or those of a system that is offline too
 * long */
int cbx_merge_vanished(struct merge *m);
int cbx_merge_offline_expired(struct merge *m);

#endif
