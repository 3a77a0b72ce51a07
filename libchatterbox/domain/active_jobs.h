/* SPDX-License-Identifier: MIT */
/*
 * active_jobs.h - the last recorded status of each job, per system
 *
 * Lists and records are immutable once built, and reference counted, so that readers can keep a
 * frozen copy as long as they like while the poller continues. A system that changes gets a new
 * list; all others share theirs with the last copy, and unchanged jobs share their records.
 */
#ifndef CBX_DOMAIN_ACTIVE_JOBS_H
#define CBX_DOMAIN_ACTIVE_JOBS_H

#include "common/text.h"
#include "domain/figures.h"
#include "domain/kind.h"
#include "domain/pieces.h"
#include "domain/status.h"

enum cbx_origin { CBX_USER, CBX_OCD };

static inline const char *cbx_origin_name(enum cbx_origin origin)
{
	return origin == CBX_OCD ? "ocd" : "user";
}

enum cbx_phase {
	CBX_UNREPORTED, /* revision 0: a row inserted by OCD, asked about, not live, not shared */
	CBX_LIVE,
	CBX_ENDED, /* errored and still in status_monitor, or ended recently and kept to recognise
		      late reports */
};

/* A job's record. Times named _at are ns of the clock's now(), 0 = before this process. */
struct cbx_job {
	_Atomic unsigned refs;
	/* small, since there are many; none of them changes once others see the record */
	enum cbx_kind kind : 8;
	enum cbx_origin origin : 8;
	enum cbx_phase phase : 8;
	bool inferred;             /* chatterbox concluded the end, nobody reported it */
	struct cbx_status *status; /* counted; of an unreported job: what its row says */
	int64_t revision;
	_Atomic uint64_t applied_at; /* age of the last applied report: when its question was sent,
					or it arrived; readers show it */
	uint64_t applied_since; /* the same, but earlier if nobody knows how long that push waited:
				   the next ones of its queue are not older than it */
	uint64_t reported_at;   /* when a push or a list answer last held it: it need not be asked
				   about soon */
	uint64_t recorded_at;   /* when its row was last written */
	int64_t applied_db_ms;  /* when the last report was applied, by the database's clock: for
				   offline_job_ttl */
	int64_t first_seen_ms;
	int64_t updated_ms; /* last change of the status, wall clock */
	uint64_t unseen_at; /* time of the last answer that should have held it and did not */
	unsigned unseen;    /* how many such answers there were in a row */
	unsigned missing;   /* the last of them in a row that held no rejected status, either */
	struct cbx_figures figures;
};

/* A copy with refs = 1 that shares the status; change it before anybody else sees it */
int cbx_job_copy(const struct cbx_job *job, struct cbx_job **out);
/* A zeroed record; takes a reference of @status */
int cbx_job_new(struct cbx_status *status, struct cbx_job **out);
struct cbx_job *cbx_job_ref(struct cbx_job *job);
void cbx_job_unref(struct cbx_job *job);
CBX_DEFINE_CLEANUP(struct cbx_job *, cbx_job_unref)

/* One system's jobs, by job_id ascending, each once */
struct cbx_job_list {
	_Atomic unsigned refs;
	size_t count;
	size_t live;
	size_t figured; /* live ones whose figures are shared */
	struct cbx_job *jobs[];
};

struct cbx_job_list *cbx_job_list_ref(struct cbx_job_list *list);
void cbx_job_list_unref(struct cbx_job_list *list);
CBX_DEFINE_CLEANUP(struct cbx_job_list *, cbx_job_list_unref)
/* Takes references of @jobs, which must be sorted, and counts the live ones */
int cbx_job_list_new(struct cbx_job *const *jobs, size_t count, struct cbx_job_list **out);
/* NULL when absent; @list may be NULL (empty) */
struct cbx_job *cbx_job_list_find(const struct cbx_job_list *list, int64_t job_id);
/* Writes the statuses of the live ones, with commas between them and, unless @count is 0, before
 * them; @list may be NULL. Returns @count plus the number written. */
size_t cbx_job_list_write_live(const struct cbx_job_list *list, size_t count, struct cbx_text *out);

/* Belongs to the list, which is not empty */
static inline const char *cbx_job_list_system(const struct cbx_job_list *list)
{
	return list->jobs[0]->status->system;
}

/* All systems that have jobs: frozen, counted, by system bytewise ascending */
struct cbx_frozen_jobs {
	_Atomic unsigned refs;
	size_t count;
	struct cbx_totals {
		int64_t live, running, paused, other;
		int64_t running_ocd, live_ocd, paused_ocd, other_ocd;
		double speed; /* bytes/s of the running jobs */
	} totals;
	struct cbx_piece *pieces[];
};

/* The list of the system at @at, never empty */
static inline struct cbx_job_list *cbx_frozen_jobs_at(const struct cbx_frozen_jobs *frozen,
						      size_t at)
{
	return (struct cbx_job_list *)cbx_pieces_at(frozen->pieces, at);
}

struct cbx_frozen_jobs *cbx_frozen_jobs_ref(struct cbx_frozen_jobs *frozen);
void cbx_frozen_jobs_unref(struct cbx_frozen_jobs *frozen);
CBX_DEFINE_CLEANUP(struct cbx_frozen_jobs *, cbx_frozen_jobs_unref)
struct cbx_job_list *cbx_frozen_jobs_find(const struct cbx_frozen_jobs *frozen, const char *system);

/* The table itself. It belongs to one thread. */
struct cbx_active_jobs;

int cbx_active_jobs_new(struct cbx_active_jobs **out);
void cbx_active_jobs_free(struct cbx_active_jobs *jobs);
/* Empties it: at a take-over everything is read again */
void cbx_active_jobs_clear(struct cbx_active_jobs *jobs);
/* The proposal's "get last recorded": borrowed; NULL when the system has none */
struct cbx_job_list *cbx_active_jobs_get(const struct cbx_active_jobs *jobs, const char *system);
/* Replaces the list of one system (takes a reference; NULL or an empty list removes the system).
 * All jobs of @list belong to @system. */
int cbx_active_jobs_set(struct cbx_active_jobs *jobs, const char *system,
			struct cbx_job_list *list);
/* Puts @job into its system's list: replaced, or added in its place */
int cbx_active_jobs_put(struct cbx_active_jobs *table, const char *system, struct cbx_job *job);
/* Takes a job out of its system's list; does nothing when it is not there */
int cbx_active_jobs_drop(struct cbx_active_jobs *table, const char *system, int64_t job_id);
/* A frozen copy of the table; the same copy again while nothing has changed */
int cbx_active_jobs_freeze(struct cbx_active_jobs *jobs, struct cbx_frozen_jobs **out);
/* The proposal's "has stored status": is there a live job? */
bool cbx_active_jobs_has_stored_status(const struct cbx_active_jobs *jobs);

#endif
