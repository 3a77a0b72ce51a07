/* SPDX-License-Identifier: MIT */
/*
 * pacer.h - the load rule (contract 2.4), which is the proposal's checkIfServerIsUnderLoad; pure
 *
 * A round under load multiplies the interval by 1.5, up to the larger of the base and the bound; a
 * calm one divides it by 1.5, down to the base. Setting the base resets the interval to it.
 */
#ifndef CBX_TASK_PACER_H
#define CBX_TASK_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct cbx_pacer {
	uint64_t base_ns;
	uint64_t current_ns;
	uint64_t bound_ns; /* load.max_interval */
	int64_t queue_depth_limit;
	uint64_t reply_limit_ns; /* load.reply_ms */
	const char *reason;      /* "cycle", "timeouts", "queue", "reply_time"; NULL = calm */
};

/* What was seen in one round */
struct cbx_pacer_round {
	uint64_t duration_ns;
	uint64_t questions;
	uint64_t timeouts;
	int64_t queue_depth;   /* -1 = unknown */
	uint64_t reply_p95_ns; /* 0 = no reply */
};

void cbx_pacer_init(struct cbx_pacer *pacer, uint64_t base_ns);
void cbx_pacer_set_base(struct cbx_pacer *pacer, uint64_t base_ns);
/* Why this round means load; NULL when it is calm */
const char *cbx_pacer_judge(const struct cbx_pacer *pacer, const struct cbx_pacer_round *round);
/* Judges the round and stretches or relaxes the interval; returns whether there is load. For a
 * round that a lost server cut short pass NULL: it judges nothing. */
bool cbx_pacer_step(struct cbx_pacer *pacer, const struct cbx_pacer_round *round);

#endif
