/* SPDX-License-Identifier: MIT */
/*
 * active_jobs.h - the last recorded statuses: per system a frozen, counted list of jobs
 *
 * Everything here is immutable once built, and counted, so that readers keep a snapshot as long as
 * they like while the poller goes on: a changed system gets a new list, an unchanged one shares
 * its list with the last snapshot; an unchanged job shares its record.
 */
#ifndef CBX_DOMAIN_ACTIVE_JOBS_H
#define CBX_DOMAIN_ACTIVE_JOBS_H

#include "common/text.h"
#include "domain/kind.h"
#include "domain/status.h"

enum cbx_origin { CBX_USER, CBX_OCD };

static inline const char *cbx_origin_name(enum cbx_origin origin)
{
	return origin == CBX_OCD ? "ocd" : "user";
}

enum cbx_phase {
	CBX_UNREPORTED, /* revision 0: a row that OCD inserted, asked, not live, not shared */
	CBX_LIVE,
	CBX_ENDED, /* an errored job that stays in status_monitor, or a recent end kept so that
		    * late words are known as late */
};

/* A job's record. Times named _at are ns of the clock's now(), 0 = before this process. */
struct cbx_job {
	_Atomic unsigned refs;
	struct cbx_status *status; /* counted; of an unheard job: what its row says */
	enum cbx_kind kind;
	enum cbx_origin origin;
	enum cbx_phase phase;
	int64_t revision;
	uint64_t applied_at;   /* when the last applied word was asked for or arrived */
	uint64_t reported_at;  /* when a push or a list answer last told of it: not asked again soon
				*/
	uint64_t recorded_at;  /* when its row was last written */
	int64_t applied_db_ms; /* when that word came, by the database's clock: for offline_job_ttl
				*/
	int64_t first_seen_ms;
	int64_t updated_ms; /* last change of the status, wall clock */
	uint64_t unseen_at; /* the last answer that should have held it and did not */
	unsigned unseen;    /* successive ones of those */
	unsigned missing;   /* the last of them, in which it was not garbled either */
	bool inferred;      /* its end was concluded, not told */
};

/* A copy with refs = 1 that shares the status; change it before anybody else sees it */
int cbx_job_copy(const struct cbx_job *job, struct cbx_job **out);
/* A zeroed record that takes a new reference of @status */
int cbx_job_new(struct cbx_status *status, struct cbx_job **out);
struct cbx_job *cbx_job_ref(struct cbx_job *job);
void cbx_job_unref(struct cbx_job *job);
CBX_DEFINE_CLEANUP(struct cbx_job *, cbx_job_unref)

/* One system's jobs, by job_id ascending, each once */
struct cbx_job_list {
	_Atomic unsigned refs;
	size_t count;
	size_t live;
	struct cbx_job *jobs[];
};

struct cbx_job_list *cbx_job_list_ref(struct cbx_job_list *list);
void cbx_job_list_unref(struct cbx_job_list *list);
CBX_DEFINE_CLEANUP(struct cbx_job_list *, cbx_job_list_unref)
/* Takes new references of @jobs, which must be sorted; counts the live ones */
int cbx_job_list_new(struct cbx_job *const *jobs, size_t count, struct cbx_job_list **out);
/* NULL when absent; @list may be NULL (empty) */
struct cbx_job *cbx_job_list_find(const struct cbx_job_list *list, int64_t job_id);
/* The statuses of the live ones, with commas between them and, unless @count is 0, before them;
 * @list may be NULL. Returns @count and how many were written. */
size_t cbx_job_list_write_live(const struct cbx_job_list *list, size_t count, struct cbx_text *out);

/* All systems that have jobs: frozen, counted, by system bytewise ascending */
struct cbx_frozen_jobs_entry {
	const char *system; /* lives with the list, which is never empty */
	struct cbx_job_list *list;
};

struct cbx_frozen_jobs {
	_Atomic unsigned refs;
	size_t count;
	struct cbx_totals {
		int64_t live, running, paused, other;
		int64_t running_ocd, live_ocd, paused_ocd, other_ocd;
		double speed; /* bytes/s of the running jobs */
	} totals;
	struct cbx_frozen_jobs_entry entries[];
};

struct cbx_frozen_jobs *cbx_frozen_jobs_ref(struct cbx_frozen_jobs *frozen);
void cbx_frozen_jobs_unref(struct cbx_frozen_jobs *frozen);
CBX_DEFINE_CLEANUP(struct cbx_frozen_jobs *, cbx_frozen_jobs_unref)
struct cbx_job_list *cbx_frozen_jobs_find(const struct cbx_frozen_jobs *frozen, const char *system);

/* The table itself: one owner thread. */
struct cbx_active_jobs;

int cbx_active_jobs_new(struct cbx_active_jobs **out);
void cbx_active_jobs_free(struct cbx_active_jobs *jobs);
/* Forgets all of them: at a take-over everything is read anew */
void cbx_active_jobs_clear(struct cbx_active_jobs *jobs);
/* The proposal's "get last recorded": borrowed, NULL when the system has none */
struct cbx_job_list *cbx_active_jobs_get(const struct cbx_active_jobs *jobs, const char *system);
/* Replaces one system's list (takes a new reference; NULL or an empty list removes it). The jobs of
 * @list are all of @system. */
int cbx_active_jobs_set(struct cbx_active_jobs *jobs, const char *system,
			struct cbx_job_list *list);
/* Puts @job into its system's list: replaced, or added in its place */
int cbx_active_jobs_put(struct cbx_active_jobs *table, const char *system, struct cbx_job *job);
/* Takes a job out of its system's list; does nothing when it is not there */
int cbx_active_jobs_drop(struct cbx_active_jobs *table, const char *system, int64_t job_id);
/* A frozen copy of the table; the same one (another reference) while nothing was set */
int cbx_active_jobs_freeze(struct cbx_active_jobs *jobs, struct cbx_frozen_jobs **out);
/* The proposal's "has stored status": is there a live job? */
bool cbx_active_jobs_has_stored_status(const struct cbx_active_jobs *jobs);

#endif
