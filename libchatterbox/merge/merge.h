/* SPDX-License-Identifier: MIT */
/*
 * merge.h - compares what one system reported with its last recorded statuses
 *
 * A pure function: a report and the last list go in, a list of changes and the next list come out.
 * Nothing is written and no clock is read. It keeps all rules of contract 1 about revisions, late
 * reports, ends, returns and vanished jobs. It sees one system at a time, never the whole fleet.
 */
#ifndef CBX_MERGE_MERGE_H
#define CBX_MERGE_MERGE_H

#include "domain/change.h"

enum cbx_report_kind {
	CBX_LIST_ANSWER,   /* of job_list: all jobs of the system */
	CBX_STATUS_ANSWER, /* of job_status: about the named jobs */
	CBX_PUSH, /* sent by the system itself: says nothing about jobs that it leaves out */
	CBX_OFFLINE_EXPIRY, /* no report, but the time: ends jobs of an offline system after
			       offline_job_ttl */
};

/* What it means when an answer leaves out a job that it should hold */
enum cbx_absence {
	CBX_IS_MISSING,
	CBX_MAY_BE_MISSING, /* or it may be one whose status was rejected and whose job_id can't be
			       read */
	CBX_NO_ABSENCE,     /* nothing: this is a part of an answer that was split */
};

/* All pointers are borrowed */
struct cbx_report {
	enum cbx_report_kind kind;
	const char *system;
	uint64_t at;    /* when the question of an answer was sent, or a push arrived; ns */
	uint64_t until; /* the latest time at which a push may have arrived, if it waited while
			   there was no connection; 0: at */
	struct cbx_status *const *statuses;
	size_t count;
	const int64_t *named; /* ascending; CBX_STATUS_ANSWER only */
	size_t named_count;
	enum cbx_absence absence;
	const int64_t *rejected; /* ascending; jobs whose statuses in it were rejected: they stay */
	size_t rejected_count;
	int64_t expired_before_ms; /* CBX_OFFLINE_EXPIRY: ends jobs last reported before that, by
				      the database's clock */
};

struct cbx_merge_rules {
	struct cbx_kind_keys keys;
	uint64_t now; /* ns */
	int64_t wall_ms;
	int64_t db_ms;       /* the database's clock */
	uint64_t checkpoint; /* progress_checkpoint, ns */
	uint64_t keep_ended; /* how long a recent end is kept so that late reports are recognised,
				ns */
};

/* What SQL knows of a job that is not live in the list */
struct cbx_past {
	const char *system;
	int64_t job_id;
	bool ended;         /* it has a row in completed_jobs: */
	const char *status; /* its text */
	int64_t revision;
	bool inferred;
	int64_t started_ms;
	enum cbx_origin origin; /* of that row; OCD when status_monitor or scheduled_jobs say so */
};

/* Found by (system, job_id); NULL when SQL knows nothing of the job */
typedef const struct cbx_past *(*cbx_past_fn)(void *user, const char *system, int64_t job_id);

/* Counters that a merge adds to */
struct cbx_merge_counts {
	uint64_t late;
	uint64_t transitions[6]; /* by enum cbx_kind of the new status */
	uint64_t progressed;
	bool ask; /* a push shows an ended job live: ask that system at once */
};

/* @last may be NULL (no jobs). On success the changes and events are appended to @batch, and *next
 * is the new list (counted; NULL when empty; @last itself when nothing in it changed). -ENOMEM: the
 * batch may hold half of the changes and has to be thrown away. */
int cbx_merge(const struct cbx_merge_rules *rules, struct cbx_job_list *last,
	      const struct cbx_report *report, cbx_past_fn find_past, void *user,
	      struct cbx_batch *batch, struct cbx_merge_counts *counts, struct cbx_job_list **next);
/* Does @list hold a live job last reported before that? */
bool cbx_merge_has_expired(const struct cbx_job_list *list, int64_t expired_before_ms);
/* Must SQL be asked about this job before a merge? True when it is not in the list, has ended, or
 * was never reported. */
bool cbx_merge_needs_past(const struct cbx_job_list *last, int64_t job_id);

#endif
