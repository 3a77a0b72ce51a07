/* SPDX-License-Identifier: MIT */
/*
 * incidents.h - keeps SQL's incidents as the rules of domain/incident.h say (contract 9.3)
 *
 * Only who leads opens, extends and closes them. What was recorded is noted after its commit, and
 * written in a transaction of its own, with its event. A new leader reads what is open, who belongs
 * to it, and the errors of the window that belong to nothing yet, so that nothing is opened or told
 * twice. The poller's thread only.
 */
#ifndef CBX_CONTROLLER_INCIDENTS_H
#define CBX_CONTROLLER_INCIDENTS_H

#include "domain/incident.h"
#include "port/incidents.h"
#include "road/road.h"

struct cbx_incident_keeper {
	struct cbx_road *road;
	struct cbx_incidents *incidents; /* NULL: not loaded */
	int64_t epoch;                   /* under which they were loaded */
	uint64_t loaded_at;
	uint64_t turn_at;   /* not before then */
	uint64_t expire_at; /* the same, for what is old */
	int64_t scanned_ms; /* the end of the round after which systems were looked at */
	bool uncertain;     /* a write may have been committed: ask first */
};

void cbx_incident_keeper_init(struct cbx_incident_keeper *keeper, struct cbx_road *road);
/* Forgets everything: this instance no longer leads */
void cbx_incident_keeper_close(struct cbx_incident_keeper *keeper);
/* After a commit: the failures among its changes */
void cbx_incident_keeper_note_batch(struct cbx_incident_keeper *keeper,
				    const struct cbx_batch *batch);
/* Errors that a host stored */
void cbx_incident_keeper_note_errors(struct cbx_incident_keeper *keeper,
				     const struct cbx_error_row *rows, size_t count);
/* Reads, looks at the systems after each round, closes and writes, when it is time */
void cbx_incident_keeper_turn(struct cbx_incident_keeper *keeper);

/* incident_load.c: reads what SQL knows, at a take-over */
int cbx_incidents_load(struct cbx_incident_keeper *keeper);
/* incident_scan.c: which systems fell silent or stand still since the last look; @first: only notes
 * which do */
int cbx_incidents_scan(struct cbx_incident_keeper *keeper, bool first);
/* An error as a trouble, at @at_ms; its texts are borrowed */
struct cbx_trouble cbx_trouble_of_error(const struct cbx_error_row *row, int64_t at_ms);

/* incident_json.c: the row as HTTP, AMQP and the event show it */
void cbx_incident_json(const struct cbx_incident_row *row, struct cbx_text *out);
/* CHATTERBOX_E_UNKNOWN, and says so */
int cbx_incident_unknown(int64_t id, char error[256]);

#endif
