/* SPDX-License-Identifier: MIT */
/* merge_internal.h - the work in progress of one merge, shared by the merge's own files */
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
	/* the next list, sorted; counted */
	struct cbx_job **jobs;
	size_t count;
	size_t capacity;
	bool changed;        /* the next list differs from the last one */
	bool regrouped;      /* a live job has another job_type than before */
	size_t first_change; /* of this merge, in the batch */
};

/* changes.c */
/* Records that @job (a reference is taken) has become what it is: replaces or adds it */
int merge_put(struct merge *m, struct cbx_job *job);
struct cbx_job *merge_find(const struct merge *m, int64_t job_id);
/* A told change: appended to the batch with its event. @previous NULL = none */
int merge_transition(struct merge *m, struct cbx_job *job, enum cbx_row_table table,
		     const char *previous, struct cbx_change **out);
/* ends.c */
/* An answer or a push holds the job: what was counted of its absence is void */
void merge_seen(struct cbx_job *job);
/* A live job's last word, from a system that no longer says anything of it */
int merge_vanished(struct merge *m);
int merge_offline_expired(struct merge *m);
/* events.c */
/* A job is first heard of, has changed its text or ended: @previous was its text, or NULL */
int merge_job_event(struct merge *m, const struct cbx_job *job, const char *previous);
/* Events that are about the system as a whole: `status` and `user_job_errors` */
int merge_system_events(struct merge *m);

#endif
