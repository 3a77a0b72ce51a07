// SPDX-License-Identifier: MIT
/*
 * call.c - hands a call to the thread that answers it, reads its parameters, and ends it
 *
 * A call that changes something is refused unless this instance leads, or can have it done by the
 * leader.
 */
#include "runtime/call.h"

#include "base/read.h"
#include "runtime/inbound.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cbx_call_new(const struct cbx_method *method, json_t *params,
		 void (*done)(struct cbx_call *call), void *user, struct cbx_call **out)
{
	struct cbx_call *call = calloc(1, sizeof(*call));

	if (!params)
		params = json_object();
	if (!call || !params) {
		json_decref(params);
		free(call);
		return -ENOMEM;
	}
	call->method = method;
	call->params = params;
	call->done = done;
	call->user = user;
	*out = call;
	return 0;
}

void cbx_call_free(struct cbx_call *call)
{
	if (!call)
		return;
	if (call->order) /* it was never answered */
		cbx_order_end(call->book, call->order, "not carried out", NULL);
	json_decref(call->params);
	free(call->result);
	free(call);
}

/* A text that SQL can hold; a name that no system can have is none, and false then */
static bool about(const struct cbx_call *call, char system[80], int64_t *job_id)
{
	const json_t *name = json_object_get(call->params, "system");
	char error[256];

	if (cbx_param_system(call, name && !json_is_null(name), system, error) < 0)
		return false;
	if (cbx_param_count(call, "job_id", false, job_id, error) < 0)
		return false;
	return true;
}

/* A dry run changes nothing: it is a question */
static bool is_order(const struct cbx_call *call)
{
	return call->method && call->method->order &&
	       !json_is_true(json_object_get(call->params, "dry_run"));
}

void cbx_calls_note(struct cbx_calls *calls, struct cbx_call *call)
{
	char detail[CBX_ORDER_DETAIL];
	char system[80];
	struct cbx_order_about what = { .system = system, .detail = detail };

	if (!calls->book || call->order || !is_order(call) || !about(call, system, &what.job_id))
		return;
	what.event = call->method->name;
	cbx_order_detail(call->params, detail);
	call->book = calls->book;
	call->order = cbx_order_note(calls->book, &call->asker, &what);
}

/* What it says besides that it went well is short */
static void end_order(struct cbx_call *call)
{
	struct cbx_order *order = cbx_steal(call->order);
	char outcome[sizeof(call->data) + sizeof(call->message) + 2];
	const char *result = call->code ? NULL : call->result;

	if (!order)
		return;
	if (call->carried) {
		cbx_order_forget(call->book, order);
		return;
	}
	snprintf(outcome, sizeof(outcome), "%s%s%s", call->code ? call->data : "",
		 call->code && call->data[0] ? ": " : "", call->code ? call->message : "ok");
	if (result && !strcmp(result, "{\"ok\":true}"))
		result = NULL;
	cbx_order_end(call->book, order, outcome, result);
}

void cbx_call_done(struct cbx_call *call, struct cbx_text *result)
{
	if (cbx_text_take(result, &call->result, NULL) < 0) {
		cbx_call_fail(call, CBX_CALL_INTERNAL, "out of memory");
		return;
	}
	end_order(call);
	call->done(call);
}

void cbx_call_fail(struct cbx_call *call, enum cbx_call_code code, const char *message)
{
	call->code = code;
	snprintf(call->message, sizeof(call->message), "%s", message);
	end_order(call);
	call->done(call);
}

static enum cbx_call_code code_of(int error)
{
	switch (error) {
	case -EINVAL:
		return CBX_CALL_PARAMS;
	case CHATTERBOX_E_UNKNOWN:
		return CBX_CALL_UNKNOWN;
	case CHATTERBOX_E_TIMEOUT:
		return CBX_CALL_TIMEOUT;
	case CHATTERBOX_E_DOWN:
	case CHATTERBOX_E_FULL:
		return CBX_CALL_DOWN;
	case CHATTERBOX_E_STANDBY:
	case CHATTERBOX_E_FENCED:
		return CBX_CALL_STANDBY;
	default:
		return CBX_CALL_INTERNAL;
	}
}

void cbx_call_fail_by(struct cbx_call *call, int error, const char *message)
{
	call->error = error;
	if (!call->server && call->method)
		call->server = call->method->server;
	cbx_call_fail(call, code_of(error), message[0] ? message : chatterbox_strerror(error));
}

void cbx_call_end(struct cbx_call *call, int result, struct cbx_text *text, const char *message)
{
	if (!result)
		cbx_call_done(call, text);
	else
		cbx_call_fail_by(call, result, message);
	cbx_text_free(text);
}

const struct cbx_method *cbx_method_find(const struct cbx_method *methods, const char *name)
{
	for (; methods->name; methods++)
		if (!strcmp(methods->name, name))
			return methods;
	return NULL;
}

void cbx_call_refuse(struct cbx_call *call, struct cbx_leadership *leadership, const char *why)
{
	char leader[CBX_HOLDER_TEXT];
	char message[256];

	cbx_leadership_leader(leadership, leader);
	snprintf(message, sizeof(message), "%.80s; the leader is %s", why,
		 leader[0] ? leader : "not known");
	cbx_call_fail(call, CBX_CALL_STANDBY, message);
}

bool cbx_calls_refuse(struct cbx_calls *calls, struct cbx_call *call)
{
	const struct cbx_method *method = call->method;

	/* of what the request worker takes in, an observer's goes out as an event, unanswered */
	if (!call->over_amqp &&
	    (method->relayed || method->follower || (method->worker && calls->observer)))
		return false;
	if (cbx_leadership_epoch(calls->leadership))
		return false;
	cbx_call_refuse(call, calls->leadership, "this instance does not lead");
	return true;
}

static void fail_full(struct cbx_call *call)
{
	cbx_call_fail_by(call, CHATTERBOX_E_FULL, "too many calls wait already: try again later");
}

void cbx_calls_to_poller(struct cbx_calls *calls, struct cbx_call *call)
{
	struct cbx_inbound *inbound = NULL;
	int result;

	cbx_calls_note(calls, call);
	if (cbx_calls_refuse(calls, call))
		return;
	result = cbx_inbound_new(CBX_IN_CALL, &inbound);
	if (!result) {
		inbound->call = call;
		result = cbx_mailbox_put(calls->poller, inbound);
	}
	if (result == CHATTERBOX_E_FULL)
		fail_full(call);
	else if (result < 0)
		cbx_call_fail_by(call, result, "");
	if (result < 0 && inbound)
		inbound->call = NULL;
	if (result < 0)
		cbx_inbound_free(inbound);
}

void cbx_calls_take(struct cbx_calls *calls, struct cbx_call *call)
{
	cbx_calls_note(calls, call);
	if (calls->closed)
		cbx_call_fail(call, CBX_CALL_DOWN, "chatterbox is stopping");
	else if (!call->method->worker)
		cbx_calls_to_poller(calls, call);
	else if (cbx_mailbox_put(calls->worker, call) < 0)
		fail_full(call);
}

int cbx_param_text(const struct cbx_call *call, const char *name, bool needed, const char **out,
		   char error[256])
{
	const json_t *value = json_object_get(call->params, name);

	*out = NULL;
	if ((!value || json_is_null(value)) && !needed)
		return 0;
	*out = json_string_value(value);
	if (*out)
		return 0;
	snprintf(error, 256, "%s: takes a text", name);
	return -EINVAL;
}

int cbx_param_count(const struct cbx_call *call, const char *name, bool needed, int64_t *out,
		    char error[256])
{
	const json_t *value = json_object_get(call->params, name);

	*out = -1;
	if ((!value || json_is_null(value)) && !needed)
		return 0;
	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
	    json_integer_value(value) < (int64_t)1 << 53) {
		*out = json_integer_value(value);
		return 0;
	}
	if (json_is_string(value) &&
	    cbx_parse_count(json_string_value(value), json_string_length(value), out))
		return 0;
	*out = -1;
	snprintf(error, 256, "%s: takes an integer 0..2^53-1", name);
	return -EINVAL;
}

int cbx_param_flag(const struct cbx_call *call, const char *name, bool *out, char error[256])
{
	const json_t *value = json_object_get(call->params, name);

	*out = json_is_true(value);
	if (!value || json_is_null(value) || json_is_boolean(value))
		return 0;
	snprintf(error, 256, "%s: takes true or false", name);
	return -EINVAL;
}

int cbx_param_system(const struct cbx_call *call, bool needed, char out[80], char error[256])
{
	const char *text;
	size_t len;
	int result = cbx_param_text(call, "system", needed, &text, error);

	out[0] = '\0';
	if (result < 0 || !text)
		return result;
	len = strlen(text);
	if (!cbx_system_name(&text, &len)) {
		snprintf(error, 256, "system: takes 1..64 bytes without / and control characters");
		return -EINVAL;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return 0;
}
