// SPDX-License-Identifier: MIT
/*
 * unanswered.c - the questions without an answer: who is to blame, and what is asked again
 *
 * If a list was asked for in vain it stays due: it is asked for in the next Job Status round, or as
 * soon as the system reports anything. Otherwise one lost message would leave new jobs unmonitored
 * until the next Update Database Task. A question that the broker refused, or whose answer it may
 * hold back, says nothing about the systems that it asked.
 */
#include "road/flight.h"

void cbx_question_done(struct cbx_poll *poll, struct question *question, const char *outcome)
{
	const struct target *target = &poll->targets[question->first];

	question->done = true;
	poll->in_flight--;
	cbx_metric_add(poll->road->counters->rpc_requests, cbx_poll_event(target), outcome, 1);
}

static void mark_list_due(const struct target *target)
{
	if (target->list && !target->answered)
		target->entry->list_due = true;
}

/* Asks the system less and less often, so that a dead one does not delay every round */
void cbx_target_timed_out(struct cbx_poll *poll, const struct target *target)
{
	struct cbx_road *road = poll->road;
	struct cbx_system_entry *entry = target->entry;
	uint64_t most = road->settings->time_till_next_check_ns;
	uint64_t wait = road->interval_base_ns;
	unsigned n;

	mark_list_due(target);
	poll->figures.timeouts++;
	if (!entry->timeouts++)
		cbx_road_outlook_touch(road, entry->system->name);
	if (entry->timeouts < 2)
		return;
	for (n = 0; n < entry->timeouts && wait < most; n++)
		wait *= 2;
	if (wait > most)
		wait = most;
	entry->ask_again_at = cbx_now(road->clock) + wait;
}

/* Marks lists that were asked for in vain, among @count targets from @first on, to be asked for
 * again */
void cbx_poll_lists_due(struct cbx_poll *poll, size_t first, size_t count)
{
	size_t i;

	for (i = first; i < first + count; i++)
		mark_list_due(&poll->targets[i]);
}

/* It was not answered, and that is not the fault of the systems that it asked */
void cbx_question_failed(struct cbx_poll *poll, struct question *question)
{
	poll->figures.errors++;
	cbx_poll_lists_due(poll, question->first, question->count);
	cbx_question_done(poll, question, "error");
}

void cbx_poll_cut(struct cbx_poll *poll)
{
	for (; poll->oldest < poll->question_count; poll->oldest++)
		if (!poll->questions[poll->oldest].done)
			cbx_question_failed(poll, &poll->questions[poll->oldest]);
	poll->figures.cut = true;
	cbx_poll_lists_due(poll, 0, poll->target_count);
}

static void expire(struct cbx_poll *poll, struct question *question)
{
	size_t i;

	cbx_road_note_taken(poll->road);
	cbx_flight_unanswered(poll, question);
	if (!cbx_health_is_sound(poll->road->bus_link.entry)) {
		/* another connection of ours is refused or stopped: answers may be, too */
		cbx_question_failed(poll, question);
		return;
	}
	for (i = 0; i < question->count; i++)
		cbx_target_timed_out(poll, &poll->targets[question->first + i]);
	poll->figures.unanswered++;
	cbx_question_done(poll, question, "timeout");
}

void cbx_poll_give_up_overdue(struct cbx_poll *poll)
{
	uint64_t now = cbx_now(poll->road->clock);
	uint64_t timeout = poll->road->settings->poll_timeout_ns;

	while (poll->oldest < poll->question_count) {
		struct question *question = &poll->questions[poll->oldest];

		if (!question->done && now < question->sent_at + timeout)
			return;
		if (!question->done)
			expire(poll, question);
		poll->oldest++;
	}
}
