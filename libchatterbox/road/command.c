// SPDX-License-Identifier: MIT
/*
 * command.c - decides that commands may use a quarter of the window, so that they neither wait for
 * a round nor starve it
 */
#include "road/command.h"

#include "base/hash.h"
#include "runtime/envelope.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHOD "nl-hdms.request"
#define MOST_WAITING 10000

struct cbx_command {
	UT_hash_handle hh; /* all of them, by id, in the order they came */
	uint64_t id;
	const char *event;
	int64_t job_id;
	uint64_t deadline;
	bool sent;
	cbx_command_fn done;
	void *user;
	char system[];
};

static void finish(struct cbx_flow *flow, struct cbx_command *command, int outcome,
		   const char *code, const char *message)
{
	const char *label = outcome == 0                      ? "ok"
			    : outcome == CHATTERBOX_E_TIMEOUT ? "timeout"
			    : outcome == CHATTERBOX_E_DECODE  ? "malformed"
							      : "error";

	HASH_DEL(flow->commands, command);
	if (command->sent) {
		flow->commands_in_flight--;
		cbx_metric_add(flow->observe->rpc_requests, command->event, label, 1);
	}
	if (command->done)
		command->done(command->user, outcome, code, message);
	free(command);
}

int cbx_command_send(struct cbx_flow *flow, const char *event, const char *system, int64_t job_id,
		     cbx_command_fn done, void *user)
{
	size_t size = strlen(system) + 1;
	bool cbx_hash_failed = false;
	struct cbx_command *command;

	if (HASH_COUNT(flow->commands) >= MOST_WAITING)
		return CHATTERBOX_E_FULL;
	command = calloc(1, sizeof(*command) + size);
	if (!command)
		return -ENOMEM;
	memcpy(command->system, system, size);
	command->event = event;
	command->job_id = job_id;
	command->done = done;
	command->user = user;
	command->id = ++flow->command_id;
	command->deadline = cbx_now(flow->clock) + flow->settings->rpc_timeout_ns;
	HASH_ADD(hh, flow->commands, id, sizeof(command->id), command);
	if (cbx_hash_failed) {
		free(command);
		return -ENOMEM;
	}
	cbx_command_turn(flow);
	return 0;
}

/* "<epoch>.c<who we are>.<id>": no answer of an earlier life can match */
static void write_id(const struct cbx_flow *flow, uint64_t id, char out[224])
{
	snprintf(out, 224, "%lld.c%s.%llu", (long long)flow->epoch, flow->leadership->self,
		 (unsigned long long)id);
}

static int publish(struct cbx_flow *flow, const struct cbx_command *command)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	struct cbx_bus_message message = { .exchange = flow->settings->request_exchange,
					   .routing_key = METHOD,
					   .type = METHOD,
					   .mandatory = true };
	uint64_t now = cbx_now(flow->clock);
	char trace[CBX_UUID_TEXT];
	char id[224];

	write_id(flow, command->id, id);
	cbx_envelope_open(flow->settings, &body, id, METHOD);
	cbx_text_printf(&body,
			"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"%s\"},"
			"\"object\":{\"systems\":[{\"system\":",
			command->event);
	cbx_text_json_string(&body, command->system);
	cbx_text_printf(&body,
			",\"jobs\":[%lld]}]},\"target\":{\"system\":", (long long)command->job_id);
	cbx_text_json_string(&body, command->system);
	cbx_text_puts(&body, "}}");
	cbx_envelope_close(flow->settings, &body);
	if (body.failed)
		return -ENOMEM;
	message.body = body.bytes;
	message.body_len = body.len;
	message.correlation_id = id;
	message.reply_to = flow->bus->ops->reply_to(flow->bus);
	message.expiration_ms = (int64_t)((command->deadline - now) / CBX_MS) + 1;
	cbx_uuid(trace);
	cbx_envelope_properties(flow->settings, flow->clock, trace, &message);
	return flow->bus->ops->publish(flow->bus, &message, NULL, now + CBX_SECOND);
}

static bool send_one(struct cbx_flow *flow, struct cbx_command *command)
{
	int result = publish(flow, command);

	if (result < 0) {
		cbx_link_lost(&flow->bus_link, result);
		return false;
	}
	command->sent = true;
	flow->commands_in_flight++;
	return true;
}

void cbx_command_turn(struct cbx_flow *flow)
{
	size_t most = flow->settings->in_flight / 4 ?: 1;
	uint64_t now = cbx_now(flow->clock);
	struct cbx_command *command;
	struct cbx_command *next;
	bool sending = flow->bus_link.up;

	HASH_ITER (hh, flow->commands, command, next) {
		if (now >= command->deadline)
			finish(flow, command, CHATTERBOX_E_TIMEOUT, "", "nobody answered in time");
		else if (sending && !command->sent)
			sending = flow->commands_in_flight < most && send_one(flow, command);
	}
}

static struct cbx_command *find(struct cbx_flow *flow, const char *correlation)
{
	const char *dot = correlation ? strrchr(correlation, '.') : NULL;
	struct cbx_command *command;
	char id[224];
	uint64_t number;

	if (!dot)
		return NULL;
	number = strtoull(dot + 1, NULL, 10);
	write_id(flow, number, id);
	if (strcmp(id, correlation))
		return NULL;
	HASH_FIND(hh, flow->commands, &number, sizeof(number), command);
	return command;
}

bool cbx_command_hear(struct cbx_flow *flow, const struct cbx_bus_event *event)
{
	struct cbx_command *command = find(flow, event->message.correlation_id);
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = NULL;

	if (!command)
		return false;
	if (event->type == CBX_BUS_RETURNED)
		finish(flow, command, CHATTERBOX_E_REFUSED, "unroutable", "nl-hdms is not there");
	else if (event->type != CBX_BUS_DELIVERY ||
		 cbx_decode_reply(event->message.body, event->message.body_len,
				  &flow->settings->limits, &reply) < 0)
		finish(flow, command, CHATTERBOX_E_DECODE, "malformed",
		       "the answer of nl-hdms can't be understood");
	else if (reply->is_error)
		finish(flow, command, CHATTERBOX_E_REFUSED, reply->code, reply->message);
	else
		finish(flow, command, 0, "", "");
	return true;
}

void cbx_command_lost(struct cbx_flow *flow)
{
	struct cbx_command *command;
	struct cbx_command *next;

	HASH_ITER (hh, flow->commands, command, next) {
		if (command->sent)
			finish(flow, command, CHATTERBOX_E_DOWN, "",
			       "RabbitMQ was lost before the answer came");
	}
}

void cbx_command_end(struct cbx_flow *flow, int outcome)
{
	struct cbx_command *command;
	struct cbx_command *next;

	HASH_ITER (hh, flow->commands, command, next)
		finish(flow, command, outcome, "", chatterbox_strerror(outcome));
}
