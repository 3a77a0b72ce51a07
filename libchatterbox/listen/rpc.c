// SPDX-License-Identifier: MIT
/*
 * rpc.c - serves RPC over AMQP (contract 3.5): a message of queue APP.request becomes a call, and
 * its outcome the answer to reply_to
 *
 * A request is JSON-RPC 2.0, or bare: the method in the property `type`, the params as body. The
 * answer has the form of its request. A request that is not understood is answered with one of
 * JSON-RPC's own errors, so that it does not block the queue.
 */
#include "listen/listen.h"

#include "common/json.h"
#include "runtime/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who asked, and in which form to answer */
struct requester {
	struct cbx_listener *listener;
	uint64_t tag, connection;
	char *reply_to, *correlation_id, *trace_id;
	json_t *id; /* of the JSON-RPC request; NULL = null */
	bool bare;
};

static void requester_free(struct requester *requester)
{
	if (!requester)
		return;
	free(requester->reply_to);
	free(requester->correlation_id);
	free(requester->trace_id);
	json_decref(requester->id);
	free(requester);
}

static char *copy(const char *text, bool *failed)
{
	char *copied = text ? strdup(text) : NULL;

	*failed = *failed || (text && !copied);
	return copied;
}

static struct requester *requester_new(struct cbx_listener *listener,
				       const struct cbx_bus_event *event)
{
	struct requester *requester = calloc(1, sizeof(*requester));
	const char *trace = cbx_bus_header(&event->message, "trace_id");
	bool failed = false;

	if (!requester)
		return NULL;
	requester->listener = listener;
	requester->tag = event->tag;
	requester->connection = listener->connection;
	requester->reply_to = copy(event->message.reply_to, &failed);
	requester->correlation_id = copy(event->message.correlation_id, &failed);
	/* the answer continues its request's trace; an unusable trace id is ignored */
	if (trace && trace[0] && strlen(trace) <= CBX_BUS_SHORT)
		requester->trace_id = copy(trace, &failed);
	if (!failed)
		return requester;
	requester_free(requester);
	return NULL;
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

static void write_answer(const struct requester *requester, const struct cbx_call *call,
			 struct cbx_text *out)
{
	cbx_auto(cbx_freep) char *id = NULL;

	if (requester->bare) {
		if (!call->code) {
			cbx_text_puts(out, call->result);
			return;
		}
		cbx_text_putc(out, '{');
		write_error(call, out);
		cbx_text_putc(out, '}');
		return;
	}
	id = requester->id ? json_dumps(requester->id, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	/* without its id the caller could not match the answer */
	out->failed = requester->id && !id;
	cbx_text_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%s,", id ? id : "null");
	if (call->code) {
		write_error(call, out);
	} else {
		cbx_text_puts(out, "\"result\":");
		cbx_text_puts(out, call->result);
	}
	cbx_text_putc(out, '}');
}

/* Puts the answer into the listener's inbox; false: no memory, or no room */
static bool hand_over(struct requester *requester, struct cbx_text *body)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;

	if (cbx_inbound_new(CBX_IN_ANSWER, &inbound) < 0 ||
	    cbx_text_take(body, &inbound->response.body, &inbound->response.len) < 0)
		return false;
	inbound->response.reply_to = cbx_steal(requester->reply_to);
	inbound->response.correlation_id = cbx_steal(requester->correlation_id);
	inbound->response.trace_id = cbx_steal(requester->trace_id);
	inbound->tag = requester->tag;
	inbound->connection = requester->connection;
	inbound->ok = true;
	if (cbx_mailbox_put(requester->listener->inbox, inbound) < 0)
		return false;
	cbx_steal(inbound);
	return true;
}

/* Called when the call has ended, in any thread: hands the answer to the listener, which sends it
 * and acknowledges the request */
static void answer(struct cbx_call *call)
{
	struct requester *requester = call->user;
	struct cbx_text body = { 0 };

	write_answer(requester, call, &body);
	if (!hand_over(requester, &body)) {
		/* the broker has to deliver the request again */
		requester->listener->unanswered = requester->connection;
		cbx_mailbox_wake(requester->listener->inbox);
	}
	cbx_text_free(&body);
	requester_free(requester);
	cbx_call_free(call);
}

/* What a message asks for, or what is wrong with it */
struct request {
	const char *method;
	json_t *params; /* owned */
	enum cbx_call_code code;
	const char *why;
};

static void read_jsonrpc(json_t *root, struct request *request, struct requester *requester)
{
	const char *version = json_string_value(json_object_get(root, "jsonrpc"));
	json_t *params = json_object_get(root, "params");
	json_t *id = json_object_get(root, "id");

	request->method = json_string_value(json_object_get(root, "method"));
	if (json_is_string(id) || json_is_number(id))
		requester->id = json_incref(id);
	if (id && !json_is_null(id) && !requester->id) {
		request->code = CBX_CALL_REQUEST;
		request->why = "id: takes a text, a number or null";
	} else if (!version || strcmp(version, "2.0") || !request->method) {
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
	if (cbx_call_new(method, request.params, answer, requester, &call) < 0) {
		requester_free(requester);
		return -ENOMEM;
	}
	if (request.code)
		cbx_call_fail(call, request.code, request.why);
	else
		cbx_calls_take(listener->calls, call);
	return 0;
}
