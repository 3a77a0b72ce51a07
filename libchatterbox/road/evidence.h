/* SPDX-License-Identifier: MIT */
/*
 * evidence.h - what says why jobs do not move: our servers, the last round, open errors, and whom
 * the content server denies access (contract 9.2)
 */
#ifndef CBX_ROAD_EVIDENCE_H
#define CBX_ROAD_EVIDENCE_H

#include "domain/cause.h"
#include "domain/outlooks.h"

struct cbx_road;
struct cbx_sql;
struct cbx_open_error;
struct cbx_denied;

struct cbx_evidence {
	struct cbx_fleet_evidence fleet;
	uint64_t content_systems;      /* as read last */
	struct cbx_open_error *errors; /* by system and job */
	struct cbx_denied *denied;     /* by system */
};

void cbx_evidence_clear(struct cbx_evidence *evidence);
/* Reads open errors and denied systems, and tells @outlooks which jobs have vanished. 0, or a
 * failure, after which it is as it was before, or knows less. */
int cbx_evidence_read(struct cbx_evidence *evidence, struct cbx_sql *sql,
		      struct cbx_outlooks *outlooks);
/* What the road knows itself; true: it is something else than before */
bool cbx_evidence_renew(struct cbx_evidence *evidence, const struct cbx_road *road);
bool cbx_evidence_is_denied(const struct cbx_evidence *evidence, const char *system);
/* The code of the job's open error, if it names a cause; else NULL */
const char *cbx_evidence_code(const struct cbx_evidence *evidence, const char *system,
			      int64_t job_id);

#endif
