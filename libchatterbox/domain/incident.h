/* SPDX-License-Identifier: MIT */
/*
 * incident.h - which troubles are one thing: failures, silent systems and stalled ones of a window
 * are grouped by code, by file, by system, or all at once (contract 9.3)
 *
 * Pure: what happened goes in, with its time; which incidents opened, grew or closed comes out.
 * What has not led to an incident yet is kept for as long as the window, at most CBX_TROUBLES of
 * it. Each failure belongs to one incident. That of a system is the least telling one: its failures
 * still count for a code or a file, and move there when that opens.
 *
 * Members are counted once, by hashes of their names, up to CBX_INCIDENT_MEMBERS in all open
 * incidents; what comes then belongs to its incident, too, and is not counted.
 */
#ifndef CBX_DOMAIN_INCIDENT_H
#define CBX_DOMAIN_INCIDENT_H

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CBX_TROUBLES ((size_t)32768)
#define CBX_INCIDENT_MEMBERS ((size_t)524288)
#define CBX_INCIDENTS_OPEN ((size_t)1000)
#define CBX_TROUBLE_FILES 4

enum cbx_incident_kind {
	CBX_SAME_CODE,
	CBX_SAME_FILE,
	CBX_SAME_SYSTEM,
	CBX_SILENCE,
	CBX_STALL,
	CBX_INCIDENT_KINDS,
};

/* "error_code", "file", "system", "silence", "stall" */
const char *cbx_incident_kind_name(enum cbx_incident_kind kind);
/* False: it is none of them */
bool cbx_incident_kind_read(const char *name, enum cbx_incident_kind *out);

struct cbx_incident_rules {
	int64_t window_ms;
	size_t systems; /* so many systems with the same code or file are an incident */
	size_t jobs;    /* or so many jobs of one system */
};

/* What went wrong; all texts are borrowed */
struct cbx_trouble {
	enum cbx_incident_kind type; /* CBX_SILENCE, CBX_STALL, else a failure */
	int64_t at_ms;
	const char *system;
	int64_t job_id;                       /* -1: the system as a whole */
	const char *code;                     /* of a failure */
	const char *message;                  /* of a failure; may be NULL */
	const char *files[CBX_TROUBLE_FILES]; /* that the failure is about */
	size_t file_count;
	bool named; /* the failure says that it is about its only file: that tells more than the
		       code */
};

/* A system or job that came to an incident, and is not written yet */
struct cbx_joined {
	char *system;
	int64_t job_id;
	char *code; /* or NULL */
};

struct cbx_incident {
	struct cbx_incident *next;
	int64_t id; /* 0 = it has none yet */
	enum cbx_incident_kind kind;
	char *key;
	char *sample;
	int64_t opened_ms, updated_ms;
	int64_t closed_ms; /* 0 = it is open */
	size_t systems, jobs;
	size_t told; /* its size when it was last told; 0 = never */
	bool dirty;  /* not written as it is */
	struct cbx_joined *joined;
	size_t joined_count, joined_capacity;
	void *handle; /* the table's own */
};

struct cbx_incidents;

int cbx_incidents_new(struct cbx_incidents **out);
void cbx_incidents_free(struct cbx_incidents *incidents);
void cbx_incidents_set_rules(struct cbx_incidents *incidents,
			     const struct cbx_incident_rules *rules);
/* Something went wrong, while so many systems are known. -ENOMEM: it may not have been counted */
int cbx_incidents_add(struct cbx_incidents *incidents, const struct cbx_trouble *trouble,
		      size_t known);
/* Closes those to which nothing was added for the window */
void cbx_incidents_close_old(struct cbx_incidents *incidents, int64_t now_ms);
/* All that are open, or closed and not written yet */
struct cbx_incident *cbx_incidents_all(const struct cbx_incidents *incidents);
size_t cbx_incidents_open(const struct cbx_incidents *incidents, enum cbx_incident_kind kind);
/* How many troubles are kept that belong to no incident */
size_t cbx_incidents_waiting(const struct cbx_incidents *incidents);

/* How large it is: jobs of a system, else systems */
size_t cbx_incident_size(const struct cbx_incident *incident);
/* Is there something to tell: it is new, twice as large as when it was told, or closed? */
bool cbx_incident_is_news(const struct cbx_incident *incident);
void cbx_incident_title(const struct cbx_incident *incident, struct cbx_text *out);
/* It is written as it is, and was told if there was something to tell. Frees it if it is closed. */
void cbx_incident_written(struct cbx_incidents *incidents, struct cbx_incident *incident);

/* An open one, as it was written; takes over nothing. NULL: out of memory */
struct cbx_incident *cbx_incidents_restore(struct cbx_incidents *incidents,
					   const struct cbx_incident *row);
int cbx_incident_restore_member(struct cbx_incidents *incidents, struct cbx_incident *incident,
				const char *system, int64_t job_id);

/* A text as a key: at most @most bytes of UTF-8, told apart from others that begin alike */
#define CBX_INCIDENT_KEY 256
void cbx_incident_key(const char *text, size_t most, char out[CBX_INCIDENT_KEY]);

#endif
