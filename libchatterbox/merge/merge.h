/* SPDX-License-Identifier: MIT */
/*
 * merge.h - what one system said, laid against its last recorded statuses: out come changes
 *
 * Pure: two values in, a list of changes and the system's next list out; nothing is written and no
 * clock is read. All rules of contract 1 about revisions, late words, ends, returns, vanished and
 * silent jobs are here. One system at a time, so nothing assumes that it sees the whole fleet.
 */
#ifndef CBX_MERGE_MERGE_H
#define CBX_MERGE_MERGE_H

#include "domain/change.h"

enum cbx_report_kind {
	CBX_LIST_ANSWER,   /* of job_list: all jobs of the system */
	CBX_STATUS_ANSWER, /* of job_status: about the named jobs */
	CBX_PUSH, /* the system spoke by itself: it says nothing of jobs that it leaves out */
	CBX_OFFLINE_EXPIRY, /* an offline system's jobs that nobody heard of for offline_job_ttl */
};

/* What it means that an answer leaves out a job that it should hold */
enum cbx_absence {
	CBX_IS_MISSING,
	CBX_MAY_BE_MISSING, /* or it is one whose job_id can't be read */
	CBX_NO_ABSENCE,     /* nothing: the answer was taken apart, and this is a part of it */
};

/* Borrowed throughout */
struct cbx_report {
	enum cbx_report_kind kind;
	const char *system;
	uint64_t at; /* an answer: the sending of its question; a push: its arrival; ns */
	struct cbx_status *const *statuses;
	size_t count;
	const int64_t *named; /* ascending; CBX_STATUS_ANSWER only */
	size_t named_count;
	enum cbx_absence absence;
	const int64_t *rejected; /* ascending; jobs that are in it, by a status that was rejected */
	size_t rejected_count;
	int64_t expired_before_ms; /* CBX_OFFLINE_EXPIRY: last word older than that, database's
				      clock */
};

struct cbx_merge_rules {
	struct cbx_kind_keys keys;
	uint64_t now; /* ns */
	int64_t wall_ms;
	int64_t db_ms;       /* the database's clock */
	uint64_t checkpoint; /* progress_checkpoint, ns */
	uint64_t keep_ended; /* how long a recent end is kept so that late words are known, ns */
};

/* What SQL knows of a job that the list does not hold as live */
struct cbx_past {
	const char *system;
	int64_t job_id;
	bool ended;         /* it has a row in completed_jobs: */
	const char *status; /* its text */
	int64_t revision;
	bool inferred;
	int64_t started_ms;
	enum cbx_origin
		origin; /* of the completed row, OCD when status_monitor or scheduled_jobs say so */
};

/* Found by (system, job_id); NULL when SQL knows nothing of the job */
typedef const struct cbx_past *(*cbx_past_fn)(void *user, const char *system, int64_t job_id);

/* Counts; added to, never reset here */
struct cbx_merge_counts {
	uint64_t late;
	uint64_t transitions[6]; /* by enum cbx_kind of the new status */
	uint64_t progressed;
	bool ask; /* a push shows an ended job live: ask that system at once */
};

/* @last may be NULL (no jobs). On success the changes and events are appended to @batch and *next
 * is the new list (counted; NULL when empty; the same as @last when nothing changed in it).
 * -ENOMEM: batch may hold half of it and must be thrown away. */
int cbx_merge(const struct cbx_merge_rules *rules, struct cbx_job_list *last,
	      const struct cbx_report *report, cbx_past_fn find_past, void *user,
	      struct cbx_batch *batch, struct cbx_merge_counts *counts, struct cbx_job_list **next);
/* Has @list a live job whose last word is older than that? */
bool cbx_merge_has_expired(const struct cbx_job_list *list, int64_t expired_before_ms);
/* Jobs of @report for which SQL has to be asked before: not in the list, ended, or unheard */
bool cbx_merge_needs_past(const struct cbx_job_list *last, int64_t job_id);

#endif
