// SPDX-License-Identifier: MIT
/*
 * ask.c - builds and sends the next question to nl-hdms
 *
 * Several systems share a question if rmq_rpc.systems_per_request allows it.
 */
#include "road/poll_internal.h"
#include "runtime/envelope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define METHOD "nl-hdms.request"

const char *poll_event(const struct target *target)
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
		for (i = 0; i < target->count; i++)
			cbx_text_printf(body, i ? ",%lld" : "%lld", (long long)target->jobs[i]);
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
	cbx_text_printf(body,
			"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"%s\"},"
			"\"object\":{\"systems\":[",
			poll_event(targets));
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

static int publish(struct cbx_poll *poll, const char *id, const struct cbx_text *body)
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
	};

	cbx_envelope_properties(road->settings, road->clock, poll->trace, &message);
	return road->bus->ops->publish(road->bus, &message, NULL,
				       cbx_now(road->clock) + 5 * CBX_SECOND);
}

static int add_question(struct cbx_poll *poll, size_t count)
{
	if (poll->question_count == poll->question_capacity) {
		size_t capacity = poll->question_capacity ? poll->question_capacity * 2 : 256;
		struct question *all = reallocarray(poll->questions, capacity, sizeof(*all));

		if (!all)
			return -ENOMEM;
		poll->questions = all;
		poll->question_capacity = capacity;
	}
	poll->questions[poll->question_count] = (struct question){
		.first = poll->next, .count = count, .sent_at = cbx_now(poll->road->clock)
	};
	return 0;
}

int poll_send(struct cbx_poll *poll)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	size_t count = group_size(poll);
	char id[96];
	int result = add_question(poll, count);

	if (result < 0)
		return result;
	snprintf(id, sizeof(id), "%s%zu", poll->prefix, poll->question_count);
	write_body(poll, count, id, &body);
	if (body.failed)
		return -ENOMEM;
	result = publish(poll, id, &body);
	if (result < 0)
		return result;
	poll->question_count++;
	poll->next += count;
	poll->in_flight++;
	poll->figures.questions++;
	poll->figures.systems += count;
	return 0;
}
