// SPDX-License-Identifier: MIT
/*
 * rpc.c - serves RPC over AMQP (contract 3.5): a message of queue APP.request becomes a call, and
 * its outcome the answer to reply_to
 *
 * A request is JSON-RPC 2.0, or bare: the method in the property `type`, the params as body. The
 * answer has the form of its request. A request that is not understood is answered with one of
 * JSON-RPC's own errors, so that it does not block the queue. One that changes something is an
 * order (orders.h): it is acknowledged before it is carried out, and refused when it is old.
 */
#include "listen/listen.h"

#include "common/json.h"
#include "runtime/call.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds that an order may be old; or rmq_rpc.rpc_timeout, if that is longer */
#define ORDER_AGE 60
/* Of the answer to an order: a short result, or an error with its message escaped */
#define ANSWER_ROOM 4096

/* Who asked, and in which form to answer */
struct requester {
	struct cbx_listener *listener;
	struct cbx_inbound *answer; /* all of it but its body */
	struct cbx_text body;
	char *id; /* of the JSON-RPC request, as JSON; NULL = null */
	bool bare;
};

static void requester_free(struct requester *requester)
{
	if (!requester)
		return;
	cbx_inbound_free(requester->answer);
	cbx_text_free(&requester->body);
	free(requester->id);
	free(requester);
}

CBX_DEFINE_CLEANUP(struct requester *, requester_free)

static char *copy(const char *text, bool *failed)
{
	char *copied = text ? strdup(text) : NULL;

	*failed = *failed || (text && !copied);
	return copied;
}

static struct requester *requester_new(struct cbx_listener *listener,
				       const struct cbx_bus_event *event)
{
	cbx_auto(requester_freep) struct requester *requester = calloc(1, sizeof(*requester));
	const char *trace = cbx_bus_header(&event->message, "trace_id");
	struct cbx_inbound *answer;
	bool failed = false;

	if (!requester || cbx_inbound_new(CBX_IN_ANSWER, &requester->answer) < 0)
		return NULL;
	requester->listener = listener;
	answer = requester->answer;
	answer->tag = event->tag;
	answer->connection = listener->connection;
	answer->ok = true;
	answer->response.reply_to = copy(event->message.reply_to, &failed);
	answer->response.correlation_id = copy(event->message.correlation_id, &failed);
	/* the answer continues its request's trace; an unusable trace id is ignored */
	if (trace && trace[0] && strlen(trace) <= CBX_BUS_SHORT)
		answer->response.trace_id = copy(trace, &failed);
	return failed ? NULL : cbx_steal(requester);
}

static void write_error(const struct cbx_call *call, struct cbx_text *out)
{
	/* AMQP has no code for a standby: only a leader that is just losing its lease gets here */
	int code = call->code == CBX_CALL_STANDBY ? CBX_CALL_DOWN : (int)call->code;

	cbx_text_printf(out, "\"error\":{\"code\":%d,\"message\":", code);
	cbx_text_json_string(out, call->message);
	if (call->data[0]) {
		cbx_text_puts(out, ",\"data\":");
		cbx_text_json_string(out, call->data);
	}
	cbx_text_putc(out, '}');
}

static void write_answer(const struct cbx_call *call, struct requester *requester)
{
	struct cbx_text *out = &requester->body;

	if (!requester->bare)
		cbx_text_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%s,", requester->id ?: "null");
	else if (call->code)
		cbx_text_putc(out, '{');
	if (call->code)
		write_error(call, out);
	else if (!requester->bare)
		cbx_text_puts(out, "\"result\":");
	if (!call->code)
		cbx_text_puts(out, call->result);
	if (!requester->bare || call->code)
		cbx_text_putc(out, '}');
}

/* Puts the answer into the listener's inbox; false: no memory, or no room */
static bool hand_over(struct requester *requester)
{
	struct cbx_inbound *answer = requester->answer;

	if (cbx_text_take(&requester->body, &answer->response.body, &answer->response.len) < 0 ||
	    cbx_mailbox_put(requester->listener->inbox, answer) < 0)
		return false;
	requester->answer = NULL;
	return true;
}

/* Called when the call has ended, in any thread: hands the answer to the listener, which sends it
 * and acknowledges the request */
static void answer(struct cbx_call *call)
{
	struct requester *requester = call->user;

	write_answer(call, requester);
	if (!hand_over(requester) && !requester->answer->acknowledged) {
		/* the broker has to deliver the request again */
		requester->listener->unanswered = requester->answer->connection;
		cbx_mailbox_wake(requester->listener->inbox);
	}
	requester_free(requester);
	cbx_call_free(call);
}

/* What a message asks for, or what is wrong with it */
struct request {
	const char *method;
	json_t *params; /* owned */
	enum cbx_call_code code;
	const char *why;
	bool no_id; /* out of memory: without its id the caller could not match the answer */
};

static void read_jsonrpc(json_t *root, struct request *request, struct requester *requester)
{
	const char *version = json_string_value(json_object_get(root, "jsonrpc"));
	json_t *params = json_object_get(root, "params");
	json_t *id = json_object_get(root, "id");

	request->method = json_string_value(json_object_get(root, "method"));
	if (json_is_string(id) || json_is_number(id)) {
		requester->id = json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
		request->no_id = !requester->id;
	} else if (id && !json_is_null(id)) {
		request->code = CBX_CALL_REQUEST;
		request->why = "id: takes a text, a number or null";
		return;
	}
	if (!version || strcmp(version, "2.0") || !request->method) {
		request->code = CBX_CALL_REQUEST;
		request->why = "takes jsonrpc \"2.0\" and a method";
	} else if (params && !json_is_null(params) && !json_is_object(params)) {
		request->code = CBX_CALL_PARAMS;
		request->why = "params: takes an object";
	} else if (json_is_object(params)) {
		request->params = json_incref(params);
	}
}

static void read_bare(json_t *root, const char *type, struct request *request)
{
	request->method = type;
	request->params = json_incref(root);
	if (type && type[0])
		return;
	request->code = CBX_CALL_REQUEST;
	request->why = "a bare request names its method in the property type";
}

static json_t *read_request(const struct cbx_bus_event *event, struct request *request,
			    struct requester *requester)
{
	const struct cbx_bus_message *message = &event->message;
	json_t *root = NULL;
	int result = 0;

	if (event->type == CBX_BUS_DELIVERY)
		result = cbx_json_read(message->body, message->body_len, &root, NULL);
	if (result == -ENOMEM) {
		request->code = CBX_CALL_INTERNAL;
		request->why = "out of memory";
	} else if (!root) {
		request->code = CBX_CALL_PARSE;
		request->why = event->type == CBX_BUS_OVERSIZED ? "the body is too large"
								: "the body is no JSON";
	} else if (!json_is_object(root)) {
		request->code = CBX_CALL_REQUEST;
		request->why = "takes one request, a JSON object";
	} else if (json_object_get(root, "jsonrpc")) {
		read_jsonrpc(root, request, requester);
	} else {
		requester->bare = true;
		read_bare(root, message->type, request);
	}
	return root;
}

/* Acknowledges an order. 1 = it was taken before; a failure: it comes again. */
static int receive_order(struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	struct cbx_bus *bus = listener->bus;
	int result = bus->ops->acknowledge(bus, event->tag, false, true);

	return result < 0 ? result : cbx_orders_was_taken(&listener->orders, event);
}

/* Who gave it has long given it up, and may have given another one since */
static bool refuse_stale(struct cbx_listener *listener, const struct cbx_bus_event *event,
			 struct cbx_call *call)
{
	int64_t most = (int64_t)(listener->settings->rpc_timeout_ns / CBX_SECOND);
	int64_t age = cbx_order_age(&event->message, listener->clock);
	char message[128];

	if (most < ORDER_AGE)
		most = ORDER_AGE;
	if (age <= most)
		return false;
	snprintf(message, sizeof(message),
		 "by its timestamp this order is %lld s old; after %lld s it is not carried out",
		 (long long)age, (long long)most);
	cbx_warn(listener->log, CBX_FIELDS({ "method", call->method->name }), "refused: %s",
		 message);
	cbx_call_fail(call, CBX_CALL_TIMEOUT, message);
	return true;
}

/* Takes @call over, whose user is @requester. A failure: the order comes again. From its
 * acknowledgement on nothing may fail for want of memory but the order itself. */
static int serve_order(struct cbx_listener *listener, const struct cbx_bus_event *event,
		       struct requester *requester, struct cbx_call *call)
{
	int result;

	cbx_text_reserve(&requester->body,
			 ANSWER_ROOM + (requester->id ? strlen(requester->id) : 0));
	result = requester->body.failed ? -ENOMEM : receive_order(listener, event);
	if (result) {
		requester_free(requester);
		cbx_call_free(call);
		return result < 0 ? result : 0;
	}
	requester->answer->acknowledged = true;
	cbx_calls_note(listener->calls, call);
	if (!refuse_stale(listener, event, call))
		cbx_calls_take(listener->calls, call);
	return 0;
}

int cbx_listener_serve(struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	struct requester *requester = requester_new(listener, event);
	struct request request = { 0 };
	const struct cbx_method *method = NULL;
	struct cbx_call *call = NULL;
	json_t *root;

	if (!requester)
		return -ENOMEM;
	root = read_request(event, &request, requester);
	if (!request.code) {
		method = cbx_method_find(listener->calls->methods, request.method);
		if (!method || strncmp(request.method, "nl-ocd.", 7)) {
			request.code = CBX_CALL_METHOD;
			request.why = "there is no such method";
		}
	}
	/* freed before the call goes to another thread: the two must share nothing */
	json_decref(root);
	if (cbx_call_new(method, request.params, answer, requester, &call) < 0 || request.no_id) {
		requester_free(requester);
		cbx_call_free(call);
		return -ENOMEM;
	}
	call->over_amqp = true;
	cbx_asker_of_message(&event->message, listener->settings->app_name, &call->asker);
	if (request.code)
		cbx_call_fail(call, request.code, request.why);
	else if (method->poller)
		return serve_order(listener, event, requester, call);
	else
		cbx_calls_take(listener->calls, call);
	return 0;
}
