// SPDX-License-Identifier: MIT
/*
 * receive.c - matches answers to questions
 *
 * An answer speaks for the systems that contract 3.2 names; one that is late, repeated, unknown or
 * malformed changes nothing.
 */
#include "common/array.h"
#include "road/batch.h"
#include "road/command.h"
#include "road/flight.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- an answer --- */

static struct question *find_question(struct cbx_poll *poll, const char *id)
{
	size_t len = strlen(poll->prefix);
	char *end;
	unsigned long long n;

	if (!id || strncmp(id, poll->prefix, len))
		return NULL;
	n = strtoull(id + len, &end, 10);
	if (*end || end == id + len || n >= poll->question_count || poll->questions[n].done)
		return NULL;
	return &poll->questions[n];
}

static struct target *find_target(struct cbx_poll *poll, const struct question *question,
				  const char *system)
{
	struct target *targets = &poll->targets[question->first];
	size_t i;

	for (i = 0; i < question->count; i++)
		if (!strcmp(targets[i].entry->system->name, system))
			return &targets[i];
	return NULL;
}

static void note_report_of(struct cbx_poll *poll, struct target *target,
			   enum cbx_system_state state)
{
	struct cbx_road *road = poll->road;

	target->answered = true;
	target->entry->ask_alone = false;
	cbx_road_note_report(road, target->entry, cbx_now(road->clock), state, "answer",
			     target->list && state == CBX_ONLINE);
}

/* Makes one report of the statuses that the reply holds about @target's system */
static int receive_target(struct cbx_poll *poll, const struct question *question,
			  struct target *target, const struct cbx_reply *reply)
{
	struct cbx_report report = {
		.kind = target->list ? CBX_LIST_ANSWER : CBX_STATUS_ANSWER,
		.at = question->sent_at,
		.named = target->jobs,
		.named_count = target->count,
	};
	cbx_auto(cbx_freep) struct cbx_status **own = calloc(reply->count + 1, sizeof(*own));
	cbx_auto(cbx_freep) int64_t *rejected = NULL;
	size_t i;
	int any;

	if (!own)
		return -ENOMEM;
	/* this may replace the system's record, so its name is borrowed afterwards */
	note_report_of(poll, target, CBX_ONLINE);
	report.system = target->entry->system->name;
	for (i = 0; i < reply->count; i++)
		if (!strcmp(reply->statuses[i]->system, report.system))
			own[report.count++] = reply->statuses[i];
	report.statuses = own;
	any = cbx_reply_rejected(reply, report.system, &rejected, &report.rejected_count);
	if (any < 0)
		return any;
	report.rejected = rejected;
	report.absence = any ? CBX_MAY_BE_MISSING : CBX_IS_MISSING;
	return cbx_road_receive(poll->road, &report, NULL);
}

static bool speaks_for(const struct question *question, const struct target *target,
		       const struct cbx_reply *reply)
{
	size_t i;

	if (!reply->has_systems) {
		for (i = 0; i < reply->count; i++)
			if (!strcmp(reply->statuses[i]->system, target->entry->system->name))
				return true;
		return question->count == 1;
	}
	for (i = 0; i < reply->system_count; i++)
		if (!strcmp(reply->systems[i], target->entry->system->name))
			return true;
	return false;
}

static void mark_offline(struct cbx_poll *poll, const struct question *question,
			 const struct cbx_reply *reply)
{
	size_t i;

	for (i = 0; i < reply->offline_count; i++) {
		struct target *target = find_target(poll, question, reply->offline[i]);

		if (target)
			note_report_of(poll, target, CBX_OFFLINE);
	}
}

/* Counts statuses of systems that this question did not ask about */
static void count_foreign(struct cbx_poll *poll, const struct question *question,
			  const struct cbx_reply *reply)
{
	size_t i;

	for (i = 0; i < reply->count; i++)
		if (!find_target(poll, question, reply->statuses[i]->system))
			cbx_metric_add(poll->road->counters->decode_rejects, "system", NULL, 1);
}

static void receive_error(struct cbx_poll *poll, struct question *question,
			  const struct cbx_reply *reply)
{
	struct target *target = &poll->targets[question->first];
	size_t i;

	poll->figures.errors++;
	if (question->count == 1 && !strcmp(reply->code, "system_offline")) {
		note_report_of(poll, target, CBX_OFFLINE);
	} else {
		cbx_debug(poll->road->log,
			  CBX_FIELDS({ "system", target->entry->system->name },
				     { "code", reply->code }, { "error", reply->message }),
			  "nl-hdms answered an error");
		/* an error to a batch says nothing about anybody: they are asked alone in the next
		 * round */
		for (i = 0; question->count > 1 && i < question->count; i++)
			target[i].entry->ask_alone = true;
		if (question->count > 1)
			cbx_poll_lists_due(poll, question->first, question->count);
	}
	cbx_question_done(poll, question, "error");
}

static void receive_answer(struct cbx_poll *poll, struct question *question,
			   const struct cbx_reply *reply)
{
	size_t i;

	mark_offline(poll, question, reply);
	count_foreign(poll, question, reply);
	for (i = 0; i < question->count; i++) {
		struct target *target = &poll->targets[question->first + i];

		if (target->answered)
			continue;
		if (!speaks_for(question, target, reply))
			cbx_target_timed_out(poll, target);
		else if (receive_target(poll, question, target, reply) < 0)
			cbx_error(poll->road->log, CBX_NO_FIELDS,
				  "out of memory: an answer is lost");
	}
	poll->figures.answers++;
	poll->figures.jobs += reply->count;
	cbx_question_done(poll, question, "ok");
}

static void note_reply_time(struct cbx_poll *poll, const struct question *question)
{
	double seconds = (double)(cbx_now(poll->road->clock) - question->sent_at) / 1e9;

	cbx_metric_observe(poll->road->counters->rpc_duration, NULL, NULL, seconds);
	if (cbx_grow(poll->replies, poll->reply_capacity, poll->reply_count + 1) < 0)
		return;
	poll->replies[poll->reply_count++] = (float)seconds;
}

/* Does the reply answer the question? One that says nothing about jobs is not one without jobs. */
static bool answers(const struct cbx_poll *poll, const struct question *question,
		    const struct cbx_reply *reply)
{
	const char *asked = cbx_poll_event(&poll->targets[question->first]);
	bool fits = !reply->event[0] || !strcmp(reply->event, asked);

	return reply->is_error || (fits && (reply->has_jobs || reply->offline_count));
}

static void receive_reply(struct cbx_poll *poll, const struct cbx_bus_event *event)
{
	const struct cbx_bus_message *message = &event->message;
	struct question *question = find_question(poll, message->correlation_id);
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = NULL;
	struct cbx_known_jobs jobs = { .road = poll->road };
	const struct cbx_known known = { cbx_known_find, &jobs };
	int result = CHATTERBOX_E_LIMIT;

	if (!question) {
		cbx_metric_add(poll->road->counters->late_statuses, "answer", NULL, 1);
		return;
	}
	cbx_road_note_taken(poll->road);
	poll->road->unroutable = false;
	note_reply_time(poll, question);
	if (event->type == CBX_BUS_DELIVERY)
		result = cbx_decode_reply_knowing(message->body, message->body_len,
						  &poll->road->settings->limits, &known, &reply);
	if (!result && !answers(poll, question, reply))
		result = CHATTERBOX_E_DECODE;
	cbx_flight_answer(poll, question, event, result);
	if (result < 0) {
		cbx_warn(poll->road->log,
			 CBX_FIELDS(
				 { "system", poll->targets[question->first].entry->system->name }),
			 "a reply of nl-hdms is dropped: %s", chatterbox_strerror(result));
		cbx_question_done(poll, question, "malformed");
		return;
	}
	cbx_counters_add_rejects(poll->road->counters, reply);
	if (reply->is_error)
		receive_error(poll, question, reply);
	else
		receive_answer(poll, question, reply);
}

/* That nl-hdms is not there is no trouble of the broker, so it is logged and no more */
static void note_unroutable(struct cbx_road *road)
{
	const char *exchange = road->settings->request_exchange;

	cbx_road_note_taken(road);
	if (road->unroutable)
		return;
	road->unroutable = true;
	cbx_warn(road->log, CBX_FIELDS({ "server", "rmq" }, { "exchange", exchange }),
		 "exchange %s leads no question (nl-hdms.request) to any queue: does nl-hdms run? "
		 "Nobody is blamed, and every round asks again",
		 *exchange ? exchange : "\"\"");
}

void cbx_poll_apply(struct cbx_poll *poll, const struct cbx_bus_event *event)
{
	struct question *question;

	switch (event->type) {
	case CBX_BUS_DELIVERY:
	case CBX_BUS_OVERSIZED:
		receive_reply(poll, event);
		break;
	case CBX_BUS_RETURNED:
		question = find_question(poll, event->message.correlation_id);
		if (question) {
			note_unroutable(poll->road);
			cbx_question_failed(poll, question);
		}
		break;
	case CBX_BUS_CANCELLED:
		/* the reply queue is gone: a new connection gets a new one */
		poll->road->bus->ops->disconnect(poll->road->bus);
		cbx_link_lost(&poll->road->bus_link, CHATTERBOX_E_DOWN);
		break;
	case CBX_BUS_NOTHING:
	case CBX_BUS_CONFIRMED:
	case CBX_BUS_REFUSED:
	case CBX_BUS_BLOCKED:
	case CBX_BUS_UNBLOCKED:
		break;
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
	if ((batch->received_count || batch->inbounds) && batch->oldest + CBX_BATCH_AGE < until)
		until = batch->oldest + CBX_BATCH_AGE;
	if (batch->aside_until && batch->aside_until < until)
		until = batch->aside_until;
	return until;
}

/* Takes one event, waiting for it until @until: 1 = there was one */
static int take(struct cbx_poll *poll, uint64_t until)
{
	struct cbx_road *road = poll->road;
	struct cbx_bus_event event = { 0 };
	int result = road->bus->ops->take(road->bus, cbx_mailbox_fd(road->inbox), until, &event);
	bool came = event.type != CBX_BUS_NOTHING;

	if (result == CHATTERBOX_E_REFUSED) {
		poll->refused = true;
		cbx_road_note_refused(road);
		cbx_command_lost(road, CBX_COMMAND_REFUSED);
		return result;
	}
	if (result < 0) {
		cbx_link_lost(&road->bus_link, result);
		return result;
	}
	if (!cbx_command_receive(road, &event) &&
	    !(road->receive && road->receive(road->receive_user, &event)))
		cbx_poll_apply(poll, &event);
	cbx_bus_event_clear(&event);
	return came && road->bus_link.up;
}

/* What has come already is read before anything else is done: each turn of the round asks again */
#define TAKEN_AT_ONCE 64

void cbx_poll_receive(struct cbx_poll *poll)
{
	uint64_t until = wait_until(poll);
	size_t count = 0;
	int result;

	do {
		result = take(poll, count ? 0 : until);
	} while (result == 1 && ++count < TAKEN_AT_ONCE && !cbx_road_commit_is_due(poll->road));
	if (result >= 0)
		cbx_poll_give_up_overdue(poll);
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
