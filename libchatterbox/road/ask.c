// SPDX-License-Identifier: MIT
/*
 * ask.c - chooses whom a round asks (contract 2.1), and sends the questions
 *
 * Several systems share a question if rmq_rpc.systems_per_request allows it; rmq_rpc.in_flight
 * bounds the questions that wait for an answer.
 */
#include "road/poll.h"

#include "common/array.h"
#include "runtime/envelope.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHOD "nl-hdms.request"

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

	if (cbx_grow(poll->targets, poll->target_capacity, poll->target_count + 1) < 0)
		return -ENOMEM;
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

/* --- whom --- */

/* Was the job in a push or a list within the last interval? Answers to a round's own questions
 * don't count, or every second round would leave it out. */
static bool reported_lately(const struct cbx_road *road, const struct cbx_job *job)
{
	return job->reported_at &&
	       cbx_now(road->clock) - job->reported_at < road->interval_current_ns;
}

/* 1 when there was a job to ask about */
static int add_jobs(struct cbx_poll *poll, struct cbx_system_entry *entry,
		    const struct cbx_job_list *list)
{
	cbx_auto(cbx_freep) int64_t *ids = calloc(list->count + 1, sizeof(*ids));
	size_t count = 0;
	size_t i;
	int result = 0;

	if (!ids)
		return -ENOMEM;
	for (i = 0; i < list->count; i++)
		if (list->jobs[i]->phase != CBX_ENDED &&
		    !reported_lately(poll->road, list->jobs[i]))
			ids[count++] = list->jobs[i]->status->job_id;
	if (count)
		result = cbx_poll_add(poll, entry, false, ids, count);
	return result < 0 ? result : count > 0;
}

static int add_target(struct cbx_poll *poll, bool discovery, struct cbx_system_entry *entry)
{
	struct cbx_road *road = poll->road;
	const struct cbx_job_list *list = cbx_active_jobs_get(road->jobs, entry->system->name);
	bool offline = entry->system->state == CBX_OFFLINE;
	bool waits = cbx_now(road->clock) < entry->ask_again_at;
	int result = 0;

	if (discovery && !waits && (!offline || (list && list->live)))
		return cbx_poll_add(poll, entry, true, NULL, 0);
	if (discovery)
		entry->list_due = true;
	if (discovery || waits || offline)
		return 0;
	if (list)
		result = add_jobs(poll, entry, list);
	/* an answer about its jobs would bring the list that is due, too */
	return result || !entry->list_due ? result : cbx_poll_add(poll, entry, true, NULL, 0);
}

int cbx_poll_add_all(struct cbx_poll *poll, bool discovery)
{
	struct cbx_road *road = poll->road;
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t count = cbx_systems_count(road->systems);
	size_t i;
	int result = 0;

	if (!entries)
		return -ENOMEM;
	for (i = 0; result >= 0 && i < count; i++)
		result = add_target(poll, discovery, entries[i]);
	return result < 0 ? result : 0;
}

void cbx_poll_add_ask_now(struct cbx_poll *poll)
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

/* --- the questions --- */

const char *cbx_poll_event(const struct target *target)
{
	return target->list ? "job_list" : "job_status";
}

/* How many of the next targets go into one question: those of the same kind, up to one that has to
 * be asked alone */
static size_t group_size(const struct cbx_poll *poll)
{
	const struct target *first = &poll->targets[poll->next];
	size_t most = poll->road->settings->systems_per_request;
	size_t n = 1;

	if (first->entry->ask_alone)
		return 1;
	while (n < most && poll->next + n < poll->target_count && first[n].list == first->list &&
	       !first[n].entry->ask_alone)
		n++;
	return n;
}

static void write_system(const struct target *target, struct cbx_text *body)
{
	size_t i;

	cbx_text_puts(body, "{\"system\":");
	cbx_text_json_string(body, target->entry->system->name);
	if (!target->list) {
		cbx_text_puts(body, ",\"jobs\":[");
		for (i = 0; i < target->count; i++) {
			if (i)
				cbx_text_putc(body, ',');
			cbx_text_integer(body, target->jobs[i]);
		}
		cbx_text_putc(body, ']');
	}
	cbx_text_putc(body, '}');
}

static void write_body(const struct cbx_poll *poll, size_t count, const char *id,
		       struct cbx_text *body)
{
	const struct target *targets = &poll->targets[poll->next];
	size_t i;

	cbx_envelope_open(poll->road->settings, body, id, METHOD);
	cbx_text_puts(body, "{\"verb\":{\"event_category\":\"request_system\",\"event\":\"");
	cbx_text_puts(body, cbx_poll_event(targets));
	cbx_text_puts(body, "\"},\"object\":{\"systems\":[");
	for (i = 0; i < count; i++) {
		if (i)
			cbx_text_putc(body, ',');
		write_system(&targets[i], body);
	}
	cbx_text_puts(body, "]},\"target\":{\"system\":");
	cbx_text_json_string(body, count == 1 ? targets->entry->system->name : "");
	cbx_text_puts(body, "}}");
	cbx_envelope_close(poll->road->settings, body);
}

static int publish(struct cbx_poll *poll, const char *id, const struct cbx_text *body, bool more)
{
	struct cbx_road *road = poll->road;
	struct cbx_bus_message message = {
		.exchange = road->settings->request_exchange,
		.routing_key = METHOD,
		.type = METHOD,
		.body = body->bytes,
		.body_len = body->len,
		.correlation_id = id,
		.reply_to = road->bus->ops->reply_to(road->bus),
		.expiration_ms = (int64_t)(poll->road->settings->poll_timeout_ns / CBX_MS),
		.mandatory = true,
		.more = more,
	};

	cbx_envelope_properties(road->settings, road->clock, poll->trace, &message);
	return road->bus->ops->publish(road->bus, &message, NULL,
				       cbx_now(road->clock) + 5 * CBX_SECOND);
}

static int add_question(struct cbx_poll *poll, size_t count)
{
	if (cbx_grow(poll->questions, poll->question_capacity, poll->question_count + 1) < 0)
		return -ENOMEM;
	poll->questions[poll->question_count] = (struct question){
		.first = poll->next, .count = count, .sent_at = cbx_now(poll->road->clock)
	};
	return 0;
}

/* @most: so many questions may be in flight */
static int send_question(struct cbx_poll *poll, size_t most)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	size_t count = group_size(poll);
	char id[sizeof(poll->prefix) + CBX_INTEGER_TEXT];
	int result = add_question(poll, count);

	if (result < 0)
		return result;
	cbx_integer_text((int64_t)poll->question_count, stpcpy(id, poll->prefix));
	write_body(poll, count, id, &body);
	if (body.failed)
		return -ENOMEM;
	result = publish(poll, id, &body,
			 poll->in_flight + 1 < most && poll->next + count < poll->target_count);
	if (result < 0)
		return result;
	poll->question_count++;
	poll->next += count;
	poll->in_flight++;
	poll->figures.questions++;
	poll->figures.systems += count;
	return 0;
}

bool cbx_road_may_ask(const struct cbx_road *road)
{
	return road->bus_link.up && !road->bus->blocked &&
	       cbx_now(road->clock) >= road->refused_until;
}

void cbx_road_note_refused(struct cbx_road *road)
{
	const char *exchange = road->settings->request_exchange;
	cbx_auto(cbx_text_free) struct cbx_text why = { 0 };

	cbx_text_printf(&why, "exchange %s takes no questions%s %s", *exchange ? exchange : "\"\"",
			cbx_bus_guess(road->bus->error), road->bus->error);
	cbx_link_refused(&road->bus_link, why.failed ? road->bus->error : why.bytes);
	road->refused_until = cbx_now(road->clock) + cbx_backoff_next(&road->refused);
}

void cbx_road_note_taken(struct cbx_road *road)
{
	road->refused_until = 0;
	cbx_backoff_reset(&road->refused);
	cbx_link_works(&road->bus_link);
}

/* The window is filled up again when a quarter of it is free: questions that leave together cost
 * the broker and us less than one for each answer, and the rest keeps nl-hdms at work meanwhile */
int cbx_poll_ask(struct cbx_poll *poll)
{
	size_t window = poll->road->refused_until ? 1 : poll->road->settings->in_flight;
	size_t taken = poll->road->commands_in_flight;
	size_t most = taken < window ? window - taken : 1;
	int result = 0;

	if (poll->in_flight > most - most / 4)
		return 0;
	while (!result && poll->next < poll->target_count && poll->in_flight < most)
		result = send_question(poll, most);
	cbx_metric_set(poll->road->counters->rpc_in_flight, NULL, NULL, (double)poll->in_flight);
	if (result < 0)
		cbx_link_lost(&poll->road->bus_link, result);
	return result;
}

int64_t cbx_poll_depth(struct cbx_road *road)
{
	int64_t depth = -1;
	int result;

	if (!road->bus_link.up)
		return -1;
	result = road->bus->ops->depth(road->bus, "nl-hdms.request", &depth,
				       cbx_now(road->clock) + 2 * CBX_SECOND);
	if (result == CHATTERBOX_E_DOWN)
		cbx_link_lost(&road->bus_link, result);
	return result < 0 ? -1 : depth;
}
