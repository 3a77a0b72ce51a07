/* SPDX-License-Identifier: MIT */
/* incidents.h - the role for incidents and incident_members: the same trouble at many places, told
 * once (contract 9.3) */
#ifndef CBX_PORT_INCIDENTS_H
#define CBX_PORT_INCIDENTS_H

#include "port/errors.h"

/* A row of incidents. Texts are valid during the call; times in ms. */
struct cbx_incident_row {
	int64_t id;
	const char *kind;
	const char *key;
	const char *title;
	const char *sample; /* JSON */
	int64_t opened_ms;
	int64_t updated_ms;
	int64_t closed_ms; /* 0 = it is open */
	int64_t systems;
	int64_t jobs;
	int64_t told; /* its size when it was last told */
};

typedef int (*cbx_incident_fn)(void *user, const struct cbx_incident_row *row);

/* A system, or a job of it, that belongs to an incident */
struct cbx_incident_member {
	const char *system;
	int64_t job_id;   /* CBX_NO_COUNT: the system as a whole */
	const char *code; /* of its error; NULL: it has none */
};

typedef int (*cbx_incident_member_fn)(void *user, const struct cbx_incident_member *member);

/* What a transaction writes of one incident: its row as it is now, and its new members */
struct cbx_incident_write {
	struct cbx_incident_row row;
	const struct cbx_incident_member *members;
	size_t member_count;
};

/* From where on a page of members goes on: behind this system and job; "" = the beginning */
struct cbx_incident_place {
	const char *system;
	int64_t job_id;
};

struct cbx_incidents_ops {
	/* Newest first by id: those below @before_id (0 = all), @limit at most; of @open those that
	 * are not closed */
	int (*page)(struct cbx_sql *sql, bool open, int64_t before_id, size_t limit,
		    cbx_incident_fn each, void *user);
	/* The one with this id; 1 = there is none */
	int (*find)(struct cbx_sql *sql, int64_t id, cbx_incident_fn each, void *user);
	/* By system (bytewise) and job, @limit at most */
	int (*members)(struct cbx_sql *sql, int64_t id, const struct cbx_incident_place *after,
		       size_t limit, cbx_incident_member_fn each, void *user);
	/* Errors last seen at or after @since_ms that belong to no incident, or to one that was
	 * closed before; oldest first, @limit at most */
	int (*loose)(struct cbx_sql *sql, int64_t since_ms, size_t limit, cbx_error_fn each,
		     void *user);
	/* An id that no incident has had */
	int (*reserve)(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t *id);
	/* One guarded transaction: upserts the rows, adds the members, has the errors of these
	 * members say to which incident they belong, and adds @events to the outbox.
	 * CHATTERBOX_E_DOWN: nobody knows whether it was committed; page() says it. */
	int (*write)(struct cbx_sql *sql, const struct cbx_guard *guard,
		     const struct cbx_incident_write *writes, size_t count,
		     const struct cbx_batch *events);
	/* Removes those closed at least @older_than seconds ago, with their members, @limit at most
	 */
	int (*expire)(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
		      size_t limit, int64_t *removed);
};

#endif
