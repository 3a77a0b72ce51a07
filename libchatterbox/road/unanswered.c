// SPDX-License-Identifier: MIT
/*
 * unanswered.c - what it costs a system that a question to it brought no answer
 *
 * Decides that a list which was asked for in vain stays owed: it is asked for with the next Job
 * Status round, or at once when the system says anything, so that new jobs don't wait for the next
 * Update Database Task because one message was lost. And how rarely a dead system is asked.
 */
#include "road/poll_internal.h"

static void owe_list(const struct target *target)
{
	if (target->list && !target->answered)
		target->entry->list_owed = true;
}

/* Longer and longer, so that a dead system does not hold up every round */
void poll_timed_out(struct cbx_poll *poll, const struct target *target)
{
	struct cbx_flow *flow = poll->flow;
	struct cbx_system_entry *entry = target->entry;
	double wait = flow->interval_base;
	unsigned n;

	owe_list(target);
	poll->figures.timeouts++;
	entry->timeouts++;
	if (entry->timeouts < 2)
		return;
	for (n = 0; n < entry->timeouts && wait < flow->settings->time_till_next_check; n++)
		wait *= 2;
	if (wait > flow->settings->time_till_next_check)
		wait = flow->settings->time_till_next_check;
	entry->ask_again_at = cbx_now(flow->clock) + (uint64_t)(wait * (double)CBX_SECOND);
}

void poll_expire(struct cbx_poll *poll, struct question *question)
{
	size_t i;

	for (i = 0; i < question->count; i++)
		poll_timed_out(poll, &poll->targets[question->first + i]);
	poll->figures.unanswered++;
	poll_done(poll, question, "timeout");
}

void poll_owe_lists(struct cbx_poll *poll, size_t first, size_t count)
{
	size_t i;

	for (i = first; i < first + count; i++)
		owe_list(&poll->targets[i]);
}
