// SPDX-License-Identifier: MIT
/*
 * poll.c - asks many systems at once: keeps a window of questions in flight and collects the
 * answers
 *
 * Between answers it takes pushes from the inbox and commits batches, so that a large fleet does
 * not delay events, and on every turn it checks the stop flag and the lease.
 */
#include "road/command.h"
#include "road/poll_internal.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cbx_poll_new(struct cbx_road *road, struct cbx_poll **out)
{
	struct cbx_poll *poll = calloc(1, sizeof(*poll));

	if (!poll)
		return -ENOMEM;
	poll->road = road;
	cbx_uuid(poll->trace);
	snprintf(poll->prefix, sizeof(poll->prefix), "%lld.%.13s.", (long long)road->epoch,
		 poll->trace);
	*out = poll;
	return 0;
}

void cbx_poll_free(struct cbx_poll *poll)
{
	size_t i;

	if (!poll)
		return;
	for (i = 0; i < poll->target_count; i++)
		free(poll->targets[i].jobs);
	free(poll->targets);
	free(poll->questions);
	free(poll->replies);
	free(poll);
}

int cbx_poll_add(struct cbx_poll *poll, struct cbx_system_entry *entry, bool list,
		 const int64_t *jobs, size_t count)
{
	int64_t *copy = NULL;

	if (poll->target_count == poll->target_capacity) {
		size_t capacity = poll->target_capacity ? poll->target_capacity * 2 : 256;
		struct target *targets = reallocarray(poll->targets, capacity, sizeof(*targets));

		if (!targets)
			return -ENOMEM;
		poll->targets = targets;
		poll->target_capacity = capacity;
	}
	if (count) {
		copy = calloc(count, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, jobs, count * sizeof(*copy));
	}
	poll->targets[poll->target_count++] =
		(struct target){ .entry = entry, .list = list, .jobs = copy, .count = count };
	return 0;
}

/* Adds systems that are to be asked at once; those for which there is no memory wait */
static void add_ask_now(struct cbx_poll *poll)
{
	struct cbx_road *road = poll->road;

	while (road->ask_now_count) {
		struct cbx_system_entry *entry = road->ask_now[road->ask_now_count - 1];

		if (cbx_poll_add(poll, entry, true, NULL, 0) < 0)
			return;
		road->ask_now_count--;
		entry->ask_now = false;
	}
}

static bool must_stop(struct cbx_poll *poll)
{
	struct cbx_road *road = poll->road;

	return road->on_turn(road->on_turn_user) || !road->bus_link.up || road->bus->blocked ||
	       road->hanging || cbx_leadership_epoch(road->leadership) != road->epoch;
}

static void give_up_overdue(struct cbx_poll *poll)
{
	uint64_t now = cbx_now(poll->road->clock);
	uint64_t timeout = poll->road->settings->poll_timeout_ns;

	while (poll->oldest < poll->question_count) {
		struct question *question = &poll->questions[poll->oldest];

		if (!question->done && now < question->sent_at + timeout)
			return;
		if (!question->done)
			poll_expire(poll, question);
		poll->oldest++;
	}
}

/* Until when to wait: the oldest question's deadline or the batch's age, at most a second */
static uint64_t wait_until(const struct cbx_poll *poll)
{
	uint64_t until = cbx_now(poll->road->clock) + CBX_SECOND;
	uint64_t timeout = poll->road->settings->poll_timeout_ns;
	const struct cbx_road_batch *batch = &poll->road->batch;

	if (poll->oldest < poll->question_count &&
	    poll->questions[poll->oldest].sent_at + timeout < until)
		until = poll->questions[poll->oldest].sent_at + timeout;
	if ((batch->received_count || batch->inbounds) && batch->oldest + CBX_SECOND / 4 < until)
		until = batch->oldest + CBX_SECOND / 4;
	return until;
}

static void fill_window(struct cbx_poll *poll)
{
	size_t window = poll->road->settings->in_flight;
	size_t taken = poll->road->commands_in_flight;
	size_t most = taken < window ? window - taken : 1;
	int result = 0;

	while (!result && poll->next < poll->target_count && poll->in_flight < most)
		result = poll_send(poll);
	cbx_metric_set(poll->road->counters->rpc_in_flight, NULL, NULL, (double)poll->in_flight);
	if (result < 0) {
		cbx_link_lost(&poll->road->bus_link, result);
		poll->figures.cut = true;
	}
}

static void take_one(struct cbx_poll *poll)
{
	struct cbx_road *road = poll->road;
	struct cbx_bus_event event = { 0 };
	int result = road->bus->ops->take(road->bus, cbx_mailbox_fd(road->inbox), wait_until(poll),
					  &event);

	if (result < 0) {
		cbx_link_lost(&road->bus_link, result);
		return;
	}
	if (!cbx_command_receive(road, &event))
		poll_receive(poll, &event);
	cbx_bus_event_clear(&event);
}

void cbx_poll_run(struct cbx_poll *poll)
{
	struct cbx_road *road = poll->road;

	for (;;) {
		add_ask_now(poll);
		if (must_stop(poll))
			poll->figures.cut = true;
		if (poll->figures.cut)
			break;
		fill_window(poll);
		if (!poll->in_flight)
			break;
		take_one(poll);
		give_up_overdue(poll);
		cbx_road_drain_inbox(road);
		cbx_command_turn(road);
		if (cbx_road_commit_is_due(road) && cbx_road_commit(road) < 0)
			poll->figures.cut = true;
	}
	if (!poll->figures.cut && cbx_road_commit(road) < 0)
		poll->figures.cut = true;
	if (poll->figures.cut)
		poll_mark_lists_due(poll, 0, poll->target_count);
	cbx_metric_set(road->counters->rpc_in_flight, NULL, NULL, 0);
}

static int by_value(const void *a, const void *b)
{
	const float *left = a;
	const float *right = b;

	return (*left > *right) - (*left < *right);
}

void cbx_poll_figures(struct cbx_poll *poll, struct cbx_poll_figures *figures)
{
	*figures = poll->figures;
	figures->none_answered =
		poll->figures.questions && !poll->figures.answers && poll->figures.timeouts;
	if (!poll->reply_count)
		return;
	qsort(poll->replies, poll->reply_count, sizeof(*poll->replies), by_value);
	figures->reply_p95 = (double)poll->replies[(poll->reply_count - 1) * 95 / 100];
}
