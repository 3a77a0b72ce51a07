// SPDX-License-Identifier: MIT
/*
 * command_relay.c - sends the commands of an instance that does not lead to the leader, as RPCs
 *
 * A request expires on the broker at its deadline, so that nothing is carried out after its caller
 * was told that it was not; and it is not sent when nobody would take it. What a host says without
 * waiting goes out as an event.
 */
#include "controller/command_relay.h"

#include "base/hash.h"
#include "base/read.h"
#include "common/json.h"
#include "controller/orders.h"
#include "runtime/envelope.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEND_TIME CBX_SECOND
#define MOST (25 * CBX_SECOND) /* for what nl-hdms is not asked: less than a C caller waits */
#define ID_TEXT 192

struct cbx_relayed_command {
	UT_hash_handle hh; /* by id */
	uint64_t id;
	uint64_t deadline;
	struct cbx_call *call;
};

static void drop(struct cbx_command_relay *relay, struct cbx_relayed_command *relayed)
{
	HASH_DEL(relay->under_way, relayed);
	free(relayed);
}

static void fail(struct cbx_command_relay *relay, struct cbx_relayed_command *relayed,
		 enum cbx_call_code code, const char *message)
{
	struct cbx_call *call = relayed->call;

	drop(relay, relayed);
	if (!call->server)
		call->server =
			code == CBX_CALL_DOWN ? CHATTERBOX_SERVER_RMQ : CHATTERBOX_SERVER_LEADER;
	cbx_call_fail(call, code, message);
}

/* It has not begun: CHATTERBOX_E_DOWN or -ENOMEM */
static void refuse(struct cbx_call *call, int error)
{
	call->server = CHATTERBOX_SERVER_RMQ;
	cbx_call_fail_by(call, error, error == -ENOMEM ? "out of memory" : "RabbitMQ is down");
}

static void finish(struct cbx_command_relay *relay, struct cbx_relayed_command *relayed,
		   const char *result)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct cbx_call *call = relayed->call;

	drop(relay, relayed);
	cbx_text_puts(&text, result);
	cbx_call_done(call, &text);
}

/* "o<who we are>.<id>" */
static void write_id(const struct cbx_command_relay *relay, uint64_t id, char out[ID_TEXT])
{
	snprintf(out, ID_TEXT, "o%s.%llu", relay->road->leadership->self, (unsigned long long)id);
}

static uint64_t patience(const struct cbx_command_relay *relay, const struct cbx_call *call)
{
	uint64_t longest = relay->road->settings->rpc_timeout_ns;

	return call->method->server == CHATTERBOX_SERVER_NL_HDMS || longest < MOST ? longest : MOST;
}

static int begin(struct cbx_command_relay *relay, struct cbx_call *call,
		 struct cbx_relayed_command **out)
{
	struct cbx_relayed_command *relayed = calloc(1, sizeof(*relayed));

	if (!relayed)
		return -ENOMEM;
	relayed->id = ++relay->last_id;
	relayed->call = call;
	relayed->deadline = cbx_now(relay->road->clock) + patience(relay, call);
	if (cbx_hash_add(relay->under_way, &relayed->id, sizeof(relayed->id), relayed) < 0) {
		free(relayed);
		return -ENOMEM;
	}
	*out = relayed;
	return 0;
}

static int publish(struct cbx_command_relay *relay, struct cbx_bus_message *message,
		   const struct cbx_text *body)
{
	struct cbx_road *road = relay->road;
	char trace[CBX_UUID_TEXT];
	int result;

	if (body->failed)
		return -ENOMEM;
	cbx_uuid(trace);
	message->body = body->bytes;
	message->body_len = body->len;
	cbx_envelope_properties(road->settings, road->clock, trace, message);
	result =
		road->bus->ops->publish(road->bus, message, NULL, cbx_now(road->clock) + SEND_TIME);
	if (result < 0)
		cbx_link_lost(&road->bus_link, result);
	return result;
}

/* In the bare form the method is in the property `type` */
static void write_request(const struct cbx_settings *settings, const char *id, const char *method,
			  const char *params, struct cbx_text *body)
{
	cbx_envelope_open(settings, body, id, method);
	cbx_text_puts(body, params);
	cbx_envelope_close(settings, body);
}

/* Who gives the order, by which door and under which key: the leader notes it so. The bodies and
 * headers of a request are read by whoever serves it, so they are names and no secrets. */
static void add_asker(const struct cbx_call *call, struct cbx_bus_message *message)
{
	if (!call->asker.door)
		return;
	cbx_bus_add_header(message, CBX_HEADER_DOOR, call->asker.door);
	cbx_bus_add_header(message, CBX_HEADER_WHO, call->asker.who);
	if (call->order)
		cbx_bus_add_header(message, CBX_HEADER_ORDER, cbx_order_key(call->order));
}

static void send_rpc(struct cbx_command_relay *relay, struct cbx_relayed_command *relayed,
		     const char *queue, const char *params)
{
	struct cbx_road *road = relay->road;
	const char *method = relayed->call->method->name;
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	uint64_t left = relayed->deadline - cbx_now(road->clock);
	char id[ID_TEXT];
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = queue,
					   .type = method,
					   .correlation_id = id,
					   .message_id = id,
					   .reply_to = road->bus->ops->reply_to(road->bus),
					   .expiration_ms = (int64_t)(left / CBX_MS) + 1,
					   .mandatory = true };

	write_id(relay, relayed->id, id);
	add_asker(relayed->call, &message);
	write_request(road->settings, id, method, params, &body);
	relayed->call->carried = publish(relay, &message, &body) >= 0;
	if (!relayed->call->carried)
		fail(relay, relayed, CBX_CALL_DOWN, "the request could not be sent to RabbitMQ");
}

/* If that can't be found out it is tried, since a request expires */
static bool is_served(struct cbx_command_relay *relay, const char *queue)
{
	struct cbx_road *road = relay->road;
	int64_t messages;
	int result = road->bus->ops->depth(road->bus, queue, &messages,
					   cbx_now(road->clock) + SEND_TIME);

	return result ? result != CHATTERBOX_E_UNKNOWN : road->bus->consumers;
}

void cbx_command_relay_rpc(struct cbx_command_relay *relay, struct cbx_call *call)
{
	cbx_auto(cbx_freep) char *params = cbx_json_text(call->params);
	struct cbx_relayed_command *relayed = NULL;
	char queue[160];

	snprintf(queue, sizeof(queue), "%s.request", relay->road->settings->app_name);
	if (!relay->road->bus_link.up)
		refuse(call, CHATTERBOX_E_DOWN);
	else if (!is_served(relay, queue))
		cbx_call_refuse(call, relay->road->leadership,
				"nobody takes requests on behalf of the leader now");
	else if (!params || begin(relay, call, &relayed) < 0)
		refuse(call, -ENOMEM);
	else
		send_rpc(relay, relayed, queue, params);
}

int cbx_command_relay_event(struct cbx_command_relay *relay, const char *routing_key,
			    const char *params)
{
	const struct cbx_settings *settings = relay->road->settings;
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	char id[CBX_UUID_TEXT];
	struct cbx_bus_message message = { .exchange = settings->event_exchange,
					   .routing_key = routing_key,
					   .type = routing_key,
					   .message_id = id };

	cbx_uuid(id);
	write_request(settings, NULL, routing_key, params, &body);
	return publish(relay, &message, &body);
}

static struct cbx_relayed_command *find(struct cbx_command_relay *relay, const char *id)
{
	const char *dot = id ? strrchr(id, '.') : NULL;
	struct cbx_relayed_command *relayed = NULL;
	char wanted[ID_TEXT];
	uint64_t number;

	if (!dot)
		return NULL;
	number = strtoull(dot + 1, NULL, 10);
	write_id(relay, number, wanted);
	if (strcmp(id, wanted) != 0)
		return NULL;
	HASH_FIND(hh, relay->under_way, &number, sizeof(number), relayed);
	return relayed;
}

/* Ends it with {"code","message","data"} of the leader's answer */
static void fail_by(struct cbx_command_relay *relay, struct cbx_relayed_command *relayed,
		    const json_t *error)
{
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *data = json_string_value(json_object_get(error, "data"));
	json_int_t code = json_integer_value(json_object_get(error, "code"));

	if (data)
		snprintf(relayed->call->data, sizeof(relayed->call->data), "%s", data);
	if (code > CBX_CALL_UNKNOWN || code < CBX_CALL_PARSE)
		code = CBX_CALL_INTERNAL;
	/* which of its servers is down, the leader's message says */
	relayed->call->server =
		code == CBX_CALL_DOWN ? CHATTERBOX_SERVER_LEADER : CHATTERBOX_SERVER_NL_HDMS;
	fail(relay, relayed, (enum cbx_call_code)code, message ? message : "the leader refused");
}

static void take_answer(struct cbx_command_relay *relay, struct cbx_relayed_command *relayed,
			const struct cbx_bus_message *message)
{
	cbx_auto(cbx_freep) char *text = NULL;
	json_t *root = NULL;
	const json_t *error;
	const json_t *result;

	cbx_json_read(message->body, message->body_len, &root, NULL);
	error = json_object_get(root, "error");
	/* a bare answer is the result itself */
	result = json_object_get(root, "jsonrpc") ? json_object_get(root, "result") : root;
	if (!json_is_object(error) && json_is_object(result))
		text = cbx_json_text(result);
	if (json_is_object(error))
		fail_by(relay, relayed, error);
	else if (text)
		finish(relay, relayed, text);
	else
		fail(relay, relayed, CBX_CALL_INTERNAL, "the leader's answer can't be understood");
	json_decref(root);
}

bool cbx_command_relay_receive(struct cbx_command_relay *relay, const struct cbx_bus_event *event)
{
	struct cbx_relayed_command *relayed;

	if (!relay->under_way)
		return false;
	relayed = find(relay, event->message.correlation_id);
	if (!relayed)
		return false;
	if (event->type == CBX_BUS_RETURNED)
		relayed->call->carried = false;
	if (event->type == CBX_BUS_RETURNED)
		fail(relay, relayed, CBX_CALL_DOWN, "nobody serves it: no leader has run yet");
	else if (event->type == CBX_BUS_DELIVERY)
		take_answer(relay, relayed, &event->message);
	else
		fail(relay, relayed, CBX_CALL_INTERNAL, "the leader's answer is too large");
	return true;
}

void cbx_command_relay_turn(struct cbx_command_relay *relay)
{
	uint64_t now = cbx_now(relay->road->clock);
	struct cbx_relayed_command *relayed;
	struct cbx_relayed_command *next;

	HASH_ITER (hh, relay->under_way, relayed, next)
		if (now >= relayed->deadline)
			fail(relay, relayed, CBX_CALL_TIMEOUT, "the leader did not answer in time");
}

void cbx_command_relay_lost(struct cbx_command_relay *relay, const char *why)
{
	struct cbx_relayed_command *relayed;
	struct cbx_relayed_command *next;

	HASH_ITER (hh, relay->under_way, relayed, next)
		fail(relay, relayed, CBX_CALL_DOWN, why);
}

/* There is no task here that drops old ones */
void cbx_follower_is_syncing(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_errors_clean_up_syncing(&poller->errors);
	cbx_order_is_syncing(poller, call);
}

void cbx_follower_reread(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	cbx_follow_begin(&poller->follow);
	cbx_follow_turn(&poller->follow);
	cbx_text_puts(&text, "{\"ok\":true}");
	cbx_call_done(call, &text);
}

static int tell_systems(struct cbx_poller *poller, const struct cbx_inbound *inbound)
{
	bool online = inbound->type == CBX_IN_ONLINE;
	size_t i;
	int result = 0;

	for (i = 0; !result && i < inbound->reply->system_count; i++) {
		cbx_auto(cbx_text_free) struct cbx_text name = { 0 };

		cbx_text_json_string(&name, inbound->reply->systems[i]);
		if (name.failed)
			return -ENOMEM;
		result = cbx_command_relay_event(&poller->relay,
						 online ? "nl-hdms.event.control.system_online"
							: "nl-hdms.event.control.system_offline",
						 name.bytes);
	}
	return result;
}

static void carry_out(struct cbx_poller *poller, struct cbx_call *call)
{
	if (call->over_amqp || !(call->method->relayed || call->method->follower))
		cbx_call_refuse(call, poller->road.leadership, "this instance does not lead");
	else if (call->method->follower)
		call->method->follower(poller, call);
	else
		cbx_command_relay_rpc(&poller->relay, call);
}

bool cbx_follower_inbound(struct cbx_poller *poller, struct cbx_inbound *inbound)
{
	struct cbx_link *link = &poller->relay.road->bus_link;
	bool call = inbound->type == CBX_IN_CALL;
	int result = 0;

	/* a call fails at once if the broker is down; everything else waits */
	if (!call && !link->up)
		return false;
	if (call)
		carry_out(poller, inbound->call);
	else if (inbound->type == CBX_IN_ONLINE || inbound->type == CBX_IN_OFFLINE)
		result = tell_systems(poller, inbound);
	if (result < 0) {
		/* even for want of memory wait for a new connection; sending it twice does no harm
		 */
		cbx_link_lost(link, CHATTERBOX_E_DOWN);
		return false;
	}
	cbx_inbound_free(inbound);
	return true;
}
