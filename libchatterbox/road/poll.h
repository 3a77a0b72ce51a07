/* SPDX-License-Identifier: MIT */
/*
 * poll.h - asks systems through nl-hdms, with a window of questions in flight (contract 3.2)
 *
 * A poll belongs to one round. Answers are decoded as they arrive and join the batch. A system that
 * does not answer is only counted; a lost broker cuts the poll short.
 */
#ifndef CBX_ROAD_POLL_H
#define CBX_ROAD_POLL_H

#include "road/road.h"

struct cbx_poll;

/* What a poll saw: for the load rule, the summary and the metrics */
struct cbx_poll_figures {
	uint64_t questions, answers, timeouts, errors;
	uint64_t unanswered; /* questions that timed out; `timeouts` counts the systems in them */
	uint64_t systems, jobs;
	double reply_p95;   /* seconds; 0 = no reply */
	bool cut;           /* ended early by a lost server, a lost lease or a stop */
	bool none_answered; /* systems were asked, and none answered */
};

int cbx_poll_new(struct cbx_road *road, struct cbx_poll **out);
void cbx_poll_free(struct cbx_poll *poll);
CBX_DEFINE_CLEANUP(struct cbx_poll *, cbx_poll_free)
/* Asks @entry's system for all its jobs (@list), or about @jobs (ascending; copied) */
int cbx_poll_add(struct cbx_poll *poll, struct cbx_system_entry *entry, bool list,
		 const int64_t *jobs, size_t count);
/* Asks all targets, receives the answers and commits batches on the way; returns when nobody is
 * left to ask */
void cbx_poll_run(struct cbx_poll *poll);
void cbx_poll_figures(struct cbx_poll *poll, struct cbx_poll_figures *figures);

#endif
