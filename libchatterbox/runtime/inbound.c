// SPDX-License-Identifier: MIT
/*
 * inbound.c - finds out from its routing key what an event means (contract 3.4)
 *
 * Bindings can be configured, so only the last part of the key counts:
 * nl-hdms.event.control.system_online and my.event.system_online mean the same.
 */
#include "runtime/inbound.h"

#include "base/number.h"
#include "common/json.h"
#include "merge/redelivery.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cbx_inbound_new(enum cbx_inbound_type type, struct cbx_inbound **out)
{
	struct cbx_inbound *inbound = calloc(1, sizeof(*inbound));

	if (!inbound)
		return -ENOMEM;
	inbound->type = type;
	*out = inbound;
	return 0;
}

void cbx_inbound_free(struct cbx_inbound *inbound)
{
	if (!inbound)
		return;
	cbx_reply_free(inbound->reply);
	free(inbound->response.reply_to);
	free(inbound->response.correlation_id);
	free(inbound->response.trace_id);
	free(inbound->response.body);
	cbx_text_free(&inbound->raw);
	free(inbound);
}

void cbx_inbound_finish(struct cbx_inbound *inbound, bool ok)
{
	inbound->ok = ok;
	if (!inbound->answer || cbx_mailbox_put(inbound->answer, inbound) < 0)
		cbx_inbound_free(inbound);
}

void cbx_inbound_requeue(struct cbx_inbound *inbound)
{
	inbound->again = true;
	cbx_inbound_finish(inbound, false);
}

static const struct route {
	const char *end;
	const char *event;
	enum cbx_inbound_type type;
} routes[] = {
	{ "system_online", "system_online", CBX_IN_ONLINE },
	{ "system_offline", "system_offline", CBX_IN_OFFLINE },
	{ "job_status", "job_status", CBX_IN_REPORT },
	{ "update_time_till_next_check", "update_time_till_next_check", CBX_IN_INTERVAL },
	{ "update_database", "update_database", CBX_IN_DISCOVER },
};

static const struct route *find_route(const char *routing_key)
{
	const char *end = strrchr(routing_key, '.');
	size_t i;

	end = end ? end + 1 : routing_key;
	for (i = 0; i < CBX_COUNT(routes); i++)
		if (!strcmp(routes[i].end, end))
			return &routes[i];
	return NULL;
}

/* Reads {"info":"\"600\""}, a text or a number, in either envelope; "" when there is no info */
static int decode_interval(const char *body, size_t len, char out[CBX_NUMBER_TEXT])
{
	json_t *root = NULL;
	json_t *params;
	json_t *info;
	int result;

	out[0] = '\0';
	if (!len)
		return 0;
	result = cbx_json_read(body, len, &root, NULL);
	if (result < 0)
		return result;
	params = root;
	if (json_object_get(root, "jsonrpc"))
		params = json_object_get(root, "params");
	info = json_object_get(params, "info");
	if (json_is_number(info))
		cbx_number_format(json_number_value(info), out);
	else if (json_is_string(info) && json_string_length(info) < CBX_NUMBER_TEXT)
		snprintf(out, CBX_NUMBER_TEXT, "%s", json_string_value(info));
	else if (info && !json_is_null(info))
		result = CHATTERBOX_E_DECODE;
	json_decref(root);
	return result;
}

int cbx_inbound_decode(const char *routing_key, const char *body, size_t len,
		       const struct cbx_decode_limits *limits, struct cbx_inbound **out)
{
	const struct route *route = find_route(routing_key);
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	int result;

	if (!route)
		return CHATTERBOX_E_DECODE;
	result = cbx_inbound_new(route->type, &inbound);
	if (result < 0)
		return result;
	inbound->event = route->event;
	if (len > limits->bytes)
		return CHATTERBOX_E_LIMIT;
	if (route->type == CBX_IN_REPORT)
		result = cbx_decode_report(body, len, limits, &inbound->reply);
	else if (route->type == CBX_IN_ONLINE || route->type == CBX_IN_OFFLINE)
		result = cbx_decode_systems(body, len, limits, &inbound->reply);
	else if (route->type == CBX_IN_INTERVAL)
		result = decode_interval(body, len, inbound->text);
	if (result < 0)
		return result;
	*out = cbx_steal(inbound);
	return 0;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return cbx_push_hash(hash, text, text ? strlen(text) : 0);
}

uint64_t cbx_inbound_identify(struct cbx_inbound *inbound, const struct cbx_bus_message *message)
{
	uint64_t hash = hash_text(0, message->routing_key);

	hash = hash_text(hash, message->app_id);
	hash = hash_text(hash, message->message_id);
	hash = hash_text(hash, cbx_bus_header(message, "trace_id"));
	hash = cbx_push_hash(hash, &message->timestamp, sizeof(message->timestamp));
	inbound->properties = hash;
	inbound->message = message->message_id ? hash_text(0, message->message_id) : 0;
	inbound->identity = cbx_push_hash(hash, message->body, message->body_len);
	return inbound->identity;
}
