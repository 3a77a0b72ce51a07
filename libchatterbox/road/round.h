/* SPDX-License-Identifier: MIT */
/* round.h - one run of the Job Status Task or the Update Database Task */
#ifndef CBX_ROAD_ROUND_H
#define CBX_ROAD_ROUND_H

#include "road/road.h"

enum cbx_round_kind {
	CBX_STATUS_ROUND,    /* asks every system that is not offline about its monitored jobs */
	CBX_DISCOVERY_ROUND, /* asks every system that is not offline for all its jobs, and offline
				ones that have live jobs */
	CBX_ASK_NOW_ROUND,   /* asks only the systems in road->ask_now */
};

/* What a poll saw: for the load rule, the summary and the metrics */
struct cbx_poll_figures {
	uint64_t questions, answers, timeouts, errors;
	uint64_t unanswered; /* questions that timed out; `timeouts` counts the systems in them */
	uint64_t systems, jobs;
	double reply_p95;   /* seconds; 0 = no reply */
	bool cut;           /* ended early by a lost server, a lost lease or a stop */
	bool none_answered; /* systems were asked, and none answered */
};

struct cbx_round_result {
	struct cbx_poll_figures figures;
	uint64_t duration_ns;
	int64_t queue_depth; /* of nl-hdms.request, afterwards; -1 = unknown */
};

/* 0; CHATTERBOX_E_DOWN: it did not start, since a server that it needs is down. If it was cut short
 * the figures say so. */
int cbx_round_run(struct cbx_road *road, enum cbx_round_kind kind, struct cbx_round_result *result);

#endif
