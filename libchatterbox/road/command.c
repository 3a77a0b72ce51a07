// SPDX-License-Identifier: MIT
/*
 * command.c - sends job_pause, job_resume and job_kill, and matches the answers
 *
 * Commands may use a quarter of the window of questions, so that they neither wait for a round nor
 * hold one up.
 */
#include "road/command.h"

#include "base/hash.h"
#include "base/read.h"
#include "runtime/envelope.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHOD "nl-hdms.request"
#define MOST_WAITING 10000

struct cbx_command {
	UT_hash_handle hh; /* all commands by id, in the order in which they came */
	uint64_t id;
	const char *event;
	int64_t job_id;
	uint64_t deadline;
	bool sent;
	cbx_command_fn done;
	void *user;
	char system[];
};

static void finish(struct cbx_road *road, struct cbx_command *command, int outcome,
		   const char *code, const char *message)
{
	const char *label = outcome == 0                      ? "ok"
			    : outcome == CHATTERBOX_E_TIMEOUT ? "timeout"
			    : outcome == CHATTERBOX_E_DECODE  ? "malformed"
							      : "error";

	HASH_DEL(road->commands, command);
	if (command->sent) {
		road->commands_in_flight--;
		cbx_metric_add(road->counters->rpc_requests, command->event, label, 1);
	}
	if (command->done)
		command->done(command->user, outcome, code, message);
	free(command);
}

int cbx_command_send(struct cbx_road *road, const char *event, const char *system, int64_t job_id,
		     cbx_command_fn done, void *user)
{
	size_t size = strlen(system) + 1;
	struct cbx_command *command;

	if (HASH_COUNT(road->commands) >= MOST_WAITING)
		return CHATTERBOX_E_FULL;
	command = calloc(1, sizeof(*command) + size);
	if (!command)
		return -ENOMEM;
	memcpy(command->system, system, size);
	command->event = event;
	command->job_id = job_id;
	command->done = done;
	command->user = user;
	command->id = ++road->command_id;
	command->deadline = cbx_now(road->clock) + road->settings->rpc_timeout_ns;
	if (cbx_hash_add(road->commands, &command->id, sizeof(command->id), command) < 0) {
		free(command);
		return -ENOMEM;
	}
	cbx_command_turn(road);
	return 0;
}

/* "<epoch>.c<holder>.<id>": an answer to an earlier process can't match */
static void write_id(const struct cbx_road *road, uint64_t id, char out[224])
{
	snprintf(out, 224, "%lld.c%s.%llu", (long long)road->epoch, road->leadership->self,
		 (unsigned long long)id);
}

static int publish(struct cbx_road *road, const struct cbx_command *command)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	struct cbx_bus_message message = { .exchange = road->settings->request_exchange,
					   .routing_key = METHOD,
					   .type = METHOD,
					   .mandatory = true };
	uint64_t now = cbx_now(road->clock);
	char trace[CBX_UUID_TEXT];
	char id[224];

	write_id(road, command->id, id);
	cbx_envelope_open(road->settings, &body, id, METHOD);
	cbx_text_printf(&body,
			"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"%s\"},"
			"\"object\":{\"systems\":[{\"system\":",
			command->event);
	cbx_text_json_string(&body, command->system);
	cbx_text_printf(&body,
			",\"jobs\":[%lld]}]},\"target\":{\"system\":", (long long)command->job_id);
	cbx_text_json_string(&body, command->system);
	cbx_text_puts(&body, "}}");
	cbx_envelope_close(road->settings, &body);
	if (body.failed)
		return -ENOMEM;
	message.body = body.bytes;
	message.body_len = body.len;
	message.correlation_id = id;
	message.reply_to = road->bus->ops->reply_to(road->bus);
	message.expiration_ms = (int64_t)((command->deadline - now) / CBX_MS) + 1;
	cbx_uuid(trace);
	cbx_envelope_properties(road->settings, road->clock, trace, &message);
	return road->bus->ops->publish(road->bus, &message, NULL, now + CBX_SECOND);
}

static bool send_one(struct cbx_road *road, struct cbx_command *command)
{
	int result = publish(road, command);

	if (result < 0) {
		cbx_link_lost(&road->bus_link, result);
		return false;
	}
	command->sent = true;
	road->commands_in_flight++;
	return true;
}

void cbx_command_turn(struct cbx_road *road)
{
	size_t most = road->settings->in_flight / 4 ?: 1;
	uint64_t now = cbx_now(road->clock);
	struct cbx_command *command;
	struct cbx_command *next;
	bool sending = road->bus_link.up;

	HASH_ITER (hh, road->commands, command, next) {
		if (now >= command->deadline)
			finish(road, command, CHATTERBOX_E_TIMEOUT, "", "nobody answered in time");
		else if (sending && !command->sent)
			sending = road->commands_in_flight < most && send_one(road, command);
	}
}

static struct cbx_command *find(struct cbx_road *road, const char *correlation)
{
	const char *dot = correlation ? strrchr(correlation, '.') : NULL;
	struct cbx_command *command;
	char id[224];
	uint64_t number;

	if (!dot)
		return NULL;
	number = strtoull(dot + 1, NULL, 10);
	write_id(road, number, id);
	if (strcmp(id, correlation))
		return NULL;
	HASH_FIND(hh, road->commands, &number, sizeof(number), command);
	return command;
}

bool cbx_command_receive(struct cbx_road *road, const struct cbx_bus_event *event)
{
	struct cbx_command *command = find(road, event->message.correlation_id);
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = NULL;

	if (!command)
		return false;
	cbx_road_note_taken(road);
	if (event->type == CBX_BUS_RETURNED)
		finish(road, command, CHATTERBOX_E_REFUSED, "unroutable", "nl-hdms is not there");
	else if (event->type != CBX_BUS_DELIVERY ||
		 cbx_decode_reply(event->message.body, event->message.body_len,
				  &road->settings->limits, &reply) < 0)
		finish(road, command, CHATTERBOX_E_DECODE, "malformed",
		       "the answer of nl-hdms can't be understood");
	else if (reply->is_error)
		finish(road, command, CHATTERBOX_E_REFUSED, reply->code, reply->message);
	else
		finish(road, command, 0, "", "");
	return true;
}

void cbx_command_lost(struct cbx_road *road, const char *why)
{
	struct cbx_command *command;
	struct cbx_command *next;

	HASH_ITER (hh, road->commands, command, next) {
		if (command->sent)
			finish(road, command, CHATTERBOX_E_DOWN, "", why);
	}
}

void cbx_command_end(struct cbx_road *road, int outcome)
{
	struct cbx_command *command;
	struct cbx_command *next;

	HASH_ITER (hh, road->commands, command, next)
		finish(road, command, outcome, "", chatterbox_strerror(outcome));
}
