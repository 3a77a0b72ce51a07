// SPDX-License-Identifier: MIT
/* pacer.c - stretches the polling interval under load, and relaxes it again */
#include "task/pacer.h"

#include <stddef.h>

#define FACTOR 1.5

void cbx_pacer_init(struct cbx_pacer *pacer, double base)
{
	*pacer = (struct cbx_pacer){ .base = base,
				     .current = base,
				     .bound = 600,
				     .queue_depth_limit = 1000,
				     .reply_limit = 2 };
}

void cbx_pacer_set_base(struct cbx_pacer *pacer, double base)
{
	pacer->base = base;
	pacer->current = base;
	pacer->reason = NULL;
}

const char *cbx_pacer_judge(const struct cbx_pacer *pacer, const struct cbx_pacer_round *round)
{
	if (round->seconds > pacer->current)
		return "cycle";
	if (round->timeouts >= 5 && round->timeouts * 10 >= round->questions)
		return "timeouts";
	if (round->queue_depth > pacer->queue_depth_limit)
		return "queue";
	if (round->reply_p95 > pacer->reply_limit)
		return "reply_time";
	return NULL;
}

bool cbx_pacer_step(struct cbx_pacer *pacer, const struct cbx_pacer_round *round)
{
	double most = pacer->bound > pacer->base ? pacer->bound : pacer->base;

	if (!round)
		return pacer->reason != NULL;
	pacer->reason = cbx_pacer_judge(pacer, round);
	if (pacer->reason) {
		pacer->current *= FACTOR;
		if (pacer->current > most)
			pacer->current = most;
	} else {
		pacer->current /= FACTOR;
		if (pacer->current < pacer->base)
			pacer->current = pacer->base;
	}
	return pacer->reason != NULL;
}
