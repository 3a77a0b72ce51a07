/* SPDX-License-Identifier: MIT */
/*
 * cause.h - why a job does not move, or not fast enough (contract 9.2)
 *
 * One cause for each job: the first of the list that fits, from the fleet as a whole down to the
 * job.
 */
#ifndef CBX_DOMAIN_CAUSE_H
#define CBX_DOMAIN_CAUSE_H

#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

enum cbx_cause {
	CBX_NO_CAUSE,
	CBX_SERVER_DOWN,
	CBX_NL_HDMS_SILENT,
	CBX_SYSTEM_OFFLINE,
	CBX_SYSTEM_SILENT,
	CBX_JOB_PAUSED,
	CBX_CONTENT_SERVER,
	CBX_DISK,
	CBX_NOT_MOVING,
	CBX_SLOW,
	CBX_CAUSE_UNKNOWN,
};

/* As others are told; NULL of CBX_NO_CAUSE */
const char *cbx_cause_name(enum cbx_cause cause);

/* What holds for the whole fleet */
struct cbx_fleet_evidence {
	const char *server_down;        /* one of ours, static; NULL = all are there */
	uint64_t questions, unanswered; /* of the last round that asked somebody */
	uint64_t content_systems;       /* with an error code content_server… that is open */
};

bool cbx_fleet_evidence_same(const struct cbx_fleet_evidence *a,
			     const struct cbx_fleet_evidence *b);

/* What is known of a job, and of its system */
struct cbx_cause_facts {
	const struct cbx_fleet_evidence *fleet;
	bool offline;
	unsigned timeouts; /* of questions to its system, in a row */
	bool denied;       /* its system's content_server_access */
	bool paused;
	bool stalled;           /* it ran for stall_after without progress */
	bool moves;             /* it runs, and how fast is known */
	const char *error_code; /* or NULL */
};

enum cbx_cause cbx_cause_of(const struct cbx_cause_facts *facts);
/* A sentence that says what led there; nothing for CBX_CAUSE_UNKNOWN and CBX_NO_CAUSE */
void cbx_cause_write(enum cbx_cause cause, const struct cbx_cause_facts *facts,
		     struct cbx_text *out);

/* Error codes that name a cause */
bool cbx_code_is_content_server(const char *code);
bool cbx_code_is_disk(const char *code);

#endif
