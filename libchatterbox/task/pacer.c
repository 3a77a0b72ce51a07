// SPDX-License-Identifier: MIT
/* pacer.c - stretches the polling interval under load, and relaxes it again */
#include "task/pacer.h"

#include "port/clock.h"

#include <stddef.h>

void cbx_pacer_init(struct cbx_pacer *pacer, uint64_t base_ns)
{
	*pacer = (struct cbx_pacer){ .base_ns = base_ns,
				     .current_ns = base_ns,
				     .bound_ns = 600 * CBX_SECOND,
				     .queue_depth_limit = 1000,
				     .reply_limit_ns = 2 * CBX_SECOND };
}

void cbx_pacer_set_base(struct cbx_pacer *pacer, uint64_t base_ns)
{
	pacer->base_ns = base_ns;
	pacer->current_ns = base_ns;
	pacer->reason = NULL;
}

const char *cbx_pacer_judge(const struct cbx_pacer *pacer, const struct cbx_pacer_round *round)
{
	if (round->duration_ns > pacer->current_ns)
		return "cycle";
	if (round->timeouts >= 5 && round->timeouts * 10 >= round->questions)
		return "timeouts";
	if (round->queue_depth > pacer->queue_depth_limit)
		return "queue";
	if (round->reply_p95_ns > pacer->reply_limit_ns)
		return "reply_time";
	return NULL;
}

bool cbx_pacer_step(struct cbx_pacer *pacer, const struct cbx_pacer_round *round)
{
	uint64_t most = pacer->bound_ns > pacer->base_ns ? pacer->bound_ns : pacer->base_ns;

	if (!round)
		return pacer->reason != NULL;
	pacer->reason = cbx_pacer_judge(pacer, round);
	if (pacer->reason) {
		pacer->current_ns += pacer->current_ns / 2;
		if (pacer->current_ns > most)
			pacer->current_ns = most;
	} else {
		pacer->current_ns = pacer->current_ns / 3 * 2;
		if (pacer->current_ns < pacer->base_ns)
			pacer->current_ns = pacer->base_ns;
	}
	return pacer->reason != NULL;
}
