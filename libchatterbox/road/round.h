/* SPDX-License-Identifier: MIT */
/* round.h - one run of the Job Status or the Update Database Task: the road, once */
#ifndef CBX_ROAD_ROUND_H
#define CBX_ROAD_ROUND_H

#include "road/road.h"

enum cbx_round_kind {
	CBX_STATUS_ROUND,    /* every system not offline about its monitored jobs */
	CBX_DISCOVERY_ROUND, /* every system not offline for all its jobs, offline ones with live
				jobs */
	CBX_ASK_NOW_ROUND,   /* only the systems that wait in road->ask_now */
};

/* What a poll showed: for the pacer, the summary and the metrics */
struct cbx_poll_figures {
	uint64_t questions, answers, timeouts, errors;
	uint64_t unanswered; /* questions that timed out; `timeouts` counts their systems */
	uint64_t systems, jobs;
	double reply_p95;   /* seconds; 0 = no reply */
	bool cut;           /* a lost server, a lost lease or a stop ended it early */
	bool none_answered; /* it asked, and nobody answered */
};

struct cbx_round_result {
	struct cbx_poll_figures figures;
	double seconds;
	int64_t queue_depth; /* of nl-hdms.request afterwards; -1 = unknown */
};

/* 0; CHATTERBOX_E_DOWN: a server that it needs is down: it did not start. A round that was cut
 * short says so in its figures. */
int cbx_round_run(struct cbx_road *road, enum cbx_round_kind kind, struct cbx_round_result *result);

#endif
