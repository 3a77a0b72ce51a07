// SPDX-License-Identifier: MIT
/*
 * courier.c - errands on the wire, and which event or RPC each command of an observer becomes
 *
 * Decides when one is done: an event when the broker confirms it and has not returned it first (it
 * returns what nobody is bound to), an RPC by its answer. Both expire on the broker with their
 * deadline, so that no order is carried out after its caller was told that it was not. And that
 * both kinds of poll become `update_database`: there is no event for the lesser one, and that one
 * asks every system for all it has.
 */
#include "controller/courier.h"

#include "base/hash.h"
#include "base/json.h"
#include "controller/orders.h"
#include "runtime/envelope.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEND_TIME CBX_SECOND
#define EVENT_TIME (10 * CBX_SECOND)
#define ID_TEXT 192

struct cbx_errand {
	UT_hash_handle hh; /* by id */
	uint64_t id;
	uint64_t tag; /* of an event: its confirm's; 0 = an RPC */
	uint64_t deadline;
	struct cbx_call *call; /* NULL: nobody waits */
};

static void drop(struct cbx_courier *courier, struct cbx_errand *errand)
{
	HASH_DEL(courier->errands, errand);
	free(errand);
}

static void fail(struct cbx_courier *courier, struct cbx_errand *errand, enum cbx_call_code code,
		 const char *message)
{
	struct cbx_call *call = errand->call;

	drop(courier, errand);
	if (call)
		cbx_call_fail(call, code, message);
}

static void finish(struct cbx_courier *courier, struct cbx_errand *errand, const char *result)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct cbx_call *call = errand->call;

	drop(courier, errand);
	if (!call)
		return;
	cbx_text_puts(&text, result);
	cbx_call_done(call, &text);
}

/* "o<who we are>.<id>" */
static void write_id(const struct cbx_courier *courier, uint64_t id, char out[ID_TEXT])
{
	snprintf(out, ID_TEXT, "o%s.%llu", courier->flow->leadership->self, (unsigned long long)id);
}

static int begin(struct cbx_courier *courier, struct cbx_call *call, uint64_t patience,
		 struct cbx_errand **out)
{
	struct cbx_errand *errand = calloc(1, sizeof(*errand));
	bool cbx_hash_failed = false;

	if (!errand)
		return -ENOMEM;
	errand->id = ++courier->last_id;
	errand->call = call;
	errand->deadline = cbx_now(courier->flow->clock) + patience;
	HASH_ADD(hh, courier->errands, id, sizeof(errand->id), errand);
	if (cbx_hash_failed) {
		free(errand);
		return -ENOMEM;
	}
	*out = errand;
	return 0;
}

static int publish(struct cbx_courier *courier, struct cbx_errand *errand,
		   struct cbx_bus_message *message, struct cbx_text *body, uint64_t *tag)
{
	struct cbx_flow *flow = courier->flow;
	uint64_t now = cbx_now(flow->clock);
	char trace[CBX_UUID_TEXT];
	int result;

	if (body->failed)
		return -ENOMEM;
	cbx_uuid(trace);
	message->body = body->bytes;
	message->body_len = body->len;
	message->mandatory = true;
	message->expiration_ms = (int64_t)((errand->deadline - now) / CBX_MS) + 1;
	cbx_envelope_properties(flow->settings, flow->clock, trace, message);
	result = flow->bus->ops->publish(flow->bus, message, tag, now + SEND_TIME);
	if (result < 0)
		cbx_link_lost(&flow->bus_link, result);
	return result;
}

/* Both envelopes: in the bare form the method is the property `type` */
static void write_request(const struct cbx_settings *settings, const char *id, const char *method,
			  const char *params, struct cbx_text *body)
{
	cbx_envelope_open(settings, body, id, method);
	cbx_text_puts(body, params);
	cbx_envelope_close(settings, body);
}

static void send_rpc(struct cbx_courier *courier, struct cbx_errand *errand, const char *params)
{
	struct cbx_flow *flow = courier->flow;
	const char *method = errand->call->method->name;
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	char id[ID_TEXT];
	char queue[160];
	uint64_t tag = 0;
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = queue,
					   .type = method,
					   .correlation_id = id,
					   .message_id = id,
					   .reply_to = flow->bus->ops->reply_to(flow->bus) };

	write_id(courier, errand->id, id);
	snprintf(queue, sizeof(queue), "%s.request", flow->settings->app_name);
	write_request(flow->settings, id, method, params, &body);
	if (publish(courier, errand, &message, &body, &tag) < 0)
		fail(courier, errand, CBX_CALL_DOWN, "the request could not be sent to RabbitMQ");
}

void cbx_courier_rpc(struct cbx_courier *courier, struct cbx_call *call)
{
	cbx_auto(cbx_freep) char *params = cbx_json_text(call->params);
	struct cbx_errand *errand = NULL;

	if (!courier->flow->bus_link.up)
		cbx_call_fail(call, CBX_CALL_DOWN, "RabbitMQ is down");
	else if (!params ||
		 begin(courier, call, courier->flow->settings->rpc_timeout_ns, &errand) < 0)
		cbx_call_fail(call, CBX_CALL_INTERNAL, "out of memory");
	else
		send_rpc(courier, errand, params);
}

static int send_event(struct cbx_courier *courier, struct cbx_errand *errand,
		      const char *routing_key, const char *params)
{
	const struct cbx_settings *settings = courier->flow->settings;
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	char id[ID_TEXT];
	struct cbx_bus_message message = { .exchange = settings->event_exchange,
					   .routing_key = routing_key,
					   .type = routing_key,
					   .message_id = id };
	int result;

	write_id(courier, errand->id, id);
	write_request(settings, NULL, routing_key, params, &body);
	result = publish(courier, errand, &message, &body, &errand->tag);
	if (result < 0)
		fail(courier, errand, CBX_CALL_DOWN, "the event could not be sent to RabbitMQ");
	return result;
}

int cbx_courier_event(struct cbx_courier *courier, const char *routing_key, const char *params,
		      struct cbx_call *call)
{
	struct cbx_errand *errand = NULL;
	int result = CHATTERBOX_E_DOWN;

	if (courier->flow->bus_link.up)
		result = begin(courier, call, EVENT_TIME, &errand);
	if (!result)
		return send_event(courier, errand, routing_key, params);
	if (call)
		cbx_call_fail_by(call, result,
				 result == -ENOMEM ? "out of memory" : "RabbitMQ is down");
	return result;
}

static struct cbx_errand *find(struct cbx_courier *courier, const char *id)
{
	const char *dot = id ? strrchr(id, '.') : NULL;
	struct cbx_errand *errand = NULL;
	char wanted[ID_TEXT];
	uint64_t number;

	if (!dot)
		return NULL;
	number = strtoull(dot + 1, NULL, 10);
	write_id(courier, number, wanted);
	if (strcmp(id, wanted) != 0)
		return NULL;
	HASH_FIND(hh, courier->errands, &number, sizeof(number), errand);
	return errand;
}

/* {"code","message","data"} of the leader's answer */
static void fail_by(struct cbx_courier *courier, struct cbx_errand *errand, const json_t *error)
{
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *data = json_string_value(json_object_get(error, "data"));
	json_int_t code = json_integer_value(json_object_get(error, "code"));

	if (data)
		snprintf(errand->call->data, sizeof(errand->call->data), "%s", data);
	if (code > CBX_CALL_UNKNOWN || code < CBX_CALL_PARSE)
		code = CBX_CALL_INTERNAL;
	fail(courier, errand, (enum cbx_call_code)code, message ? message : "the leader refused");
}

static void take_answer(struct cbx_courier *courier, struct cbx_errand *errand,
			const struct cbx_bus_message *message)
{
	cbx_auto(cbx_freep) char *text = NULL;
	json_t *root = NULL;
	const json_t *error;
	const json_t *result;

	cbx_json_read(message->body, message->body_len, &root, NULL);
	error = json_object_get(root, "error");
	/* the bare form is the result itself */
	result = json_object_get(root, "jsonrpc") ? json_object_get(root, "result") : root;
	if (!json_is_object(error) && json_is_object(result))
		text = cbx_json_text(result);
	if (json_is_object(error))
		fail_by(courier, errand, error);
	else if (text)
		finish(courier, errand, text);
	else
		fail(courier, errand, CBX_CALL_INTERNAL, "the leader's answer can't be understood");
	json_decref(root);
}

/* An event is with the broker, or the broker would not have it */
static bool hear_confirm(struct cbx_courier *courier, const struct cbx_bus_event *event)
{
	struct cbx_errand *errand;
	struct cbx_errand *next;

	HASH_ITER (hh, courier->errands, errand, next) {
		if (!errand->tag || errand->tag > event->tag ||
		    (errand->tag < event->tag && !event->multiple))
			continue;
		if (event->type == CBX_BUS_CONFIRMED)
			finish(courier, errand, "{\"ok\":true}");
		else
			fail(courier, errand, CBX_CALL_DOWN, "RabbitMQ refused the event");
	}
	return true;
}

bool cbx_courier_hear(struct cbx_courier *courier, const struct cbx_bus_event *event)
{
	struct cbx_errand *errand;

	if (event->type == CBX_BUS_CONFIRMED || event->type == CBX_BUS_REFUSED)
		return hear_confirm(courier, event);
	errand = find(courier, event->type == CBX_BUS_RETURNED ? event->message.message_id
							       : event->message.correlation_id);
	/* an event has no answer, whoever sends one */
	if (!errand || (errand->tag && event->type != CBX_BUS_RETURNED))
		return false;
	if (event->type == CBX_BUS_RETURNED)
		fail(courier, errand, CBX_CALL_DOWN, "nobody serves it: no leader has run yet");
	else if (event->type == CBX_BUS_DELIVERY)
		take_answer(courier, errand, &event->message);
	else
		fail(courier, errand, CBX_CALL_INTERNAL, "the leader's answer is too large");
	return true;
}

void cbx_courier_turn(struct cbx_courier *courier)
{
	uint64_t now = cbx_now(courier->flow->clock);
	struct cbx_errand *errand;
	struct cbx_errand *next;

	HASH_ITER (hh, courier->errands, errand, next)
		if (now >= errand->deadline)
			fail(courier, errand, CBX_CALL_TIMEOUT,
			     "the leader did not answer in time");
}

void cbx_courier_lost(struct cbx_courier *courier, const char *why)
{
	struct cbx_errand *errand;
	struct cbx_errand *next;

	HASH_ITER (hh, courier->errands, errand, next)
		fail(courier, errand, CBX_CALL_DOWN, why);
}

void cbx_observe_rpc(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_courier_rpc(&poller->courier, call);
}

void cbx_observe_set_interval(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	char params[64];
	int64_t seconds = -1;
	int result = cbx_param_count(call, "seconds", true, &seconds, error);

	if (result < 0 || seconds < 1 || seconds > 86400) {
		cbx_call_fail(call, CBX_CALL_PARAMS,
			      result < 0 ? error : "seconds: takes 1..86400");
		return;
	}
	snprintf(params, sizeof(params), "{\"info\":\"\\\"%lld\\\"\"}", (long long)seconds);
	cbx_courier_event(&poller->courier, "nl-ocd.event.update_time_till_next_check", params,
			  call);
}

/* No task drops what is too old here */
void cbx_observe_is_syncing(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_errors_clean_up_syncing(&poller->errors);
	cbx_order_is_syncing(poller, call);
}

void cbx_observe_reread(struct cbx_poller *poller, struct cbx_call *call)
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
		result = cbx_courier_event(&poller->courier,
					   online ? "nl-hdms.event.control.system_online"
						  : "nl-hdms.event.control.system_offline",
					   name.bytes, NULL);
	}
	return result;
}

static void carry_out(struct cbx_poller *poller, struct cbx_call *call)
{
	if (call->method->observer)
		call->method->observer(poller, call);
	else
		cbx_call_fail(call, CBX_CALL_STANDBY, "an observer can't do that");
}

bool cbx_observe_inbound(struct cbx_poller *poller, struct cbx_inbound *inbound)
{
	struct cbx_link *link = &poller->courier.flow->bus_link;
	bool call = inbound->type == CBX_IN_CALL;
	int result = 0;

	/* calls say at once that the broker is down; the rest waits for it */
	if (!call && !link->up)
		return false;
	if (call)
		carry_out(poller, inbound->call);
	else if (inbound->type == CBX_IN_DISCOVER || inbound->type == CBX_IN_POLL)
		result = cbx_courier_event(&poller->courier, "nl-ocd.event.update_database", "{}",
					   NULL);
	else if (inbound->type == CBX_IN_ONLINE || inbound->type == CBX_IN_OFFLINE)
		result = tell_systems(poller, inbound);
	if (result < 0) {
		/* for want of memory, too, it waits for a new connection; said twice is no harm */
		cbx_link_lost(link, CHATTERBOX_E_DOWN);
		return false;
	}
	cbx_inbound_free(inbound);
	return true;
}
