// SPDX-License-Identifier: MIT
/*
 * serve.c - handles a request: builds the reply at once, and sends it now, later, malformed, or
 * never
 *
 * The world answers when the request arrives, and only the reply is delayed. So a late reply says
 * what was true when it was asked for, as in real life.
 */
#include "fleet/inside.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

/* A delayed reply */
struct late {
	struct cbx_due due;
	struct cbx_bus_event copy;
};

static void free_late(struct late *late)
{
	cbx_bus_event_clear(&late->copy);
	free(late);
}

static int hold_back(struct cbx_fleet *fleet, const struct cbx_bus_message *reply, unsigned ms)
{
	struct late *late = calloc(1, sizeof(*late));
	int error;

	if (!late)
		return -ENOMEM;
	late->due.at = (int64_t)(cbx_now(fleet->clock) + ms * CBX_MS);
	late->due.order = fleet->late_order++;
	error = cbx_bus_event_set(&late->copy, reply);
	if (!error)
		error = cbx_agenda_add(&fleet->late, &late->due);
	if (error)
		free_late(late);
	return error;
}

static int send_reply(struct cbx_fleet *fleet, struct cbx_bus_message *reply)
{
	int sent = cbx_fleet_publish(fleet, reply);

	fleet->counts.answers += sent == 1;
	return sent < 0 ? sent : 0;
}

int cbx_fleet_send_late(struct cbx_fleet *fleet)
{
	int64_t now = (int64_t)cbx_now(fleet->clock);
	struct cbx_due *first;
	int error = 0;

	while (!error && (first = cbx_agenda_first(&fleet->late)) && first->at <= now) {
		struct late *late = (struct late *)first;

		cbx_agenda_remove(&fleet->late, first);
		error = send_reply(fleet, &late->copy.message);
		free_late(late);
	}
	return error;
}

void cbx_fleet_drop_late(struct cbx_fleet *fleet)
{
	size_t i;

	for (i = 0; i < fleet->late.count; i++)
		free_late((struct late *)fleet->late.items[i]);
	cbx_agenda_clear(&fleet->late);
}

static unsigned draw_delay(struct cbx_fleet *fleet)
{
	if (!fleet->options.delay_max_ms)
		return 0;
	return (unsigned)cbx_random_between(&fleet->random, fleet->options.delay_min_ms,
					    fleet->options.delay_max_ms);
}

static int reply_to(struct cbx_fleet *fleet, const struct cbx_bus_message *request)
{
	const char *trace = cbx_bus_header(request, "trace_id");
	struct cbx_bus_message reply = { .exchange = "",
					 .routing_key = request->reply_to,
					 .correlation_id = request->correlation_id,
					 .body = fleet->text.bytes ?: "",
					 .body_len = fleet->text.len };
	unsigned delay = draw_delay(fleet);

	if (trace)
		cbx_bus_add_header(&reply, "trace_id", trace);
	return delay ? hold_back(fleet, &reply, delay) : send_reply(fleet, &reply);
}

int cbx_fleet_serve(struct cbx_fleet *fleet, const struct cbx_bus_message *request)
{
	struct cbx_text *text = &fleet->text;
	struct cbx_text answer = { 0 };
	int outcome;

	fleet->counts.requests++;
	/* answering may publish events, which are built in the fleet's text: set that aside
	 * meanwhile */
	answer = fleet->text;
	*text = (struct cbx_text){ 0 };
	cbx_text_clear(&answer);
	outcome = cbx_fleet_answer(fleet->world, request->body, request->body_len,
				   fleet->options.envelope, &answer);
	cbx_text_free(text);
	*text = answer;
	if (outcome < 0)
		return outcome;
	fleet->counts.errors += outcome == 1;
	if (!request->reply_to || !*request->reply_to) {
		fleet->counts.unsent++;
		return 0;
	}
	if (cbx_random_unit(&fleet->random) < fleet->options.drop_share) {
		fleet->counts.dropped++;
		return 0;
	}
	if (cbx_random_unit(&fleet->random) < fleet->options.malformed_share) {
		fleet->counts.malformed++;
		cbx_fleet_malform(&fleet->random, text);
	}
	return reply_to(fleet, request);
}
