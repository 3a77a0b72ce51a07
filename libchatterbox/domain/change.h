/* SPDX-License-Identifier: MIT */
/*
 * change.h - what a merge found: the changes that one transaction records, with their events
 */
#ifndef CBX_DOMAIN_CHANGE_H
#define CBX_DOMAIN_CHANGE_H

#include "domain/active_jobs.h"

/* Where the job's row is after the change */
enum cbx_row_table {
	CBX_IN_MONITOR,   /* status_monitor: live, or errored and waiting for clean-up */
	CBX_IN_COMPLETED, /* completed_jobs; the status_monitor row goes */
};

struct cbx_change {
	struct cbx_job *job; /* as it is after the change; counted */
	enum cbx_row_table table;
	bool transition; /* the status text changed, the job was first heard of, or it ended:
			  * the revision grew and an update_job_status event goes out. Else it is
			  * progress, a checkpoint of a row that is in status_monitor */
	bool returned;   /* it was in completed_jobs; that row goes */
	/* A row for the errors table; NULL = none */
	const char *error_code;    /* static, or the status's */
	const char *error_message; /* static, or the status's */
	char *previous_status;     /* owned; NULL = none */
};

/* A row for the outbox. message_id NULL: "<system>/<tag>/<outbox id>" is made by the database */
struct cbx_event {
	const char *name; /* update_job_status, status, user_job_errors; static */
	char *key;        /* events of one key are told in order */
	char *message_id;
	const char *tag; /* "status" or "errors" when message_id is NULL; the key is the system */
	char *previous_status;
	const char *origin; /* static */
	char *payload;      /* JSON of params */
};

/* A push that a transaction records, so that it is known when it is delivered again */
struct cbx_push {
	int64_t connection; /* of the listener, by which it came; never the same twice */
	char *identities;   /* what merge/redelivery.h writes */
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
};

void cbx_batch_clear(struct cbx_batch *batch); /* frees the content, keeps nothing */
/* These append a zeroed element and return it, NULL when out of memory */
struct cbx_change *cbx_batch_add_change(struct cbx_batch *batch);
struct cbx_event *cbx_batch_add_event(struct cbx_batch *batch);
struct cbx_push *cbx_batch_add_push(struct cbx_batch *batch);
int cbx_batch_add_checked(struct cbx_batch *batch, const char *system);
static inline bool cbx_batch_is_empty(const struct cbx_batch *batch)
{
	return !batch->change_count && !batch->event_count && !batch->checked_count &&
	       !batch->push_count;
}

#endif
