/* SPDX-License-Identifier: MIT */
/* change.h - the changes that a merge found, with their events; one transaction records them */
#ifndef CBX_DOMAIN_CHANGE_H
#define CBX_DOMAIN_CHANGE_H

#include "domain/active_jobs.h"

/* The table in which the job's row is after the change */
enum cbx_row_table {
	CBX_IN_MONITOR,   /* status_monitor: live, or errored and waiting for clean-up */
	CBX_IN_COMPLETED, /* completed_jobs; its row in status_monitor is deleted */
};

struct cbx_change {
	struct cbx_job *job; /* as it is after the change; counted */
	enum cbx_row_table table;
	bool transition; /* The status text changed, or the job was reported for the first time, or
			    ended: the revision grew, and an update_job_status event goes out.
			    False: progress only. */
	bool checkpoint; /* progress only, whose time has come (contract 5.3): it may wait for
			    others */
	bool returned;   /* it returned to life; its row in completed_jobs is deleted */
	/* For the row in `errors`; NULL = none */
	const char *error_code;    /* static, or the status's */
	const char *error_message; /* static, or the status's */
	/* For its row in `job_history`. NULL: it is progress alone, and no row is written. */
	const char *source;    /* "answer", "push", "inferred" or "clean_up"; static */
	const char *reason;    /* a code, or NULL; static, or the status's */
	char *previous_status; /* owned; NULL = none */
};

/* A row of the outbox. When message_id is NULL the database makes it: "<key>/<tag>/<outbox id>" */
struct cbx_event {
	const char *name; /* update_job_status, status, user_job_errors, incident,
			   * outlook; static */
	char *key;        /* events with the same key are published in order */
	char *message_id;
	const char *tag; /* "status" or "errors" when message_id is NULL: the key is the system;
			    "outlook": the key is "<system>/<list_id>";
			    NULL: it has none, as of "incident/<id>" */
	char *previous_status;
	const char *origin; /* static */
	char *payload;      /* JSON of params */
	char *stream_id;    /* where it was read in the stream; NULL: it was not */
};

/* A push that a transaction records, so that it is recognised when it is delivered again */
struct cbx_push {
	int64_t connection; /* number of the listener's connection that it came by; never used twice
			     */
	char *identities;   /* written by merge/redelivery.h */
};

/* A system that went online or offline, for its row in `job_history` */
struct cbx_turn {
	char *system;         /* owned */
	const char *status;   /* "online" or "offline"; static */
	const char *previous; /* the same, or NULL when it is not known; static */
	const char *source;   /* as that of a change */
	int64_t at_ms;        /* by the database's clock */
};

/* What was told of an outlook last, for its row in `outlook` */
struct cbx_outlook_change {
	const char *system; /* borrowed, as the next two */
	const char *list_id;
	const char *state; /* NULL: the row goes */
	int64_t since_ms;
};

/* What one transaction records */
struct cbx_batch {
	struct cbx_change *changes;
	size_t change_count;
	size_t change_capacity;
	struct cbx_event *events;
	size_t event_count;
	size_t event_capacity;
	const char **checked; /* systems whose job_list was answered: recently_checked; borrowed */
	size_t checked_count;
	size_t checked_capacity;
	struct cbx_push *pushes; /* in the order in which they were applied */
	size_t push_count;
	size_t push_capacity;
	const struct cbx_turn *turns; /* in the order in which they happened; borrowed */
	size_t turn_count;
	struct cbx_outlook_change *told; /* each outlook once */
	size_t told_count;
	size_t told_capacity;
};

void cbx_batch_clear(struct cbx_batch *batch); /* frees everything in it */
/* These append a zeroed element and return it; NULL when out of memory */
struct cbx_change *cbx_batch_add_change(struct cbx_batch *batch);
struct cbx_event *cbx_batch_add_event(struct cbx_batch *batch);
struct cbx_push *cbx_batch_add_push(struct cbx_batch *batch);
struct cbx_outlook_change *cbx_batch_add_told(struct cbx_batch *batch);
int cbx_batch_add_checked(struct cbx_batch *batch, const char *system);
static inline bool cbx_batch_is_empty(const struct cbx_batch *batch)
{
	return !batch->change_count && !batch->event_count && !batch->checked_count &&
	       !batch->push_count && !batch->turn_count && !batch->told_count;
}

#endif
