// SPDX-License-Identifier: MIT
/*
 * shared.c - documents that are read from the shared state while their caller waits
 *
 * Nothing keeps them in memory: internal systems are written by OCD, too, and the stream of events
 * is as long as its limit allows. The poller reads them, which has the connection. Of events it
 * gives those alone that its lists hold: while it follows, up to where it has followed.
 */
#include "controller/orders.h"

#include "base/read.h"
#include "common/json.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void finish(struct cbx_poller *poller, struct cbx_call *call, int result,
		   struct cbx_text *text, const char *error)
{
	if (result != -EINVAL && result < 0)
		cbx_link_lost(&poller->road.state_link, result);
	cbx_call_end(call, result, text, error);
}

static bool is_away(struct cbx_poller *poller, struct cbx_call *call)
{
	if (poller->road.state_link.up)
		return false;
	cbx_call_fail_by(call, CHATTERBOX_E_DOWN, "Redis is down");
	return true;
}

static void write_member(struct cbx_text *out, const char *name, const json_t *value)
{
	cbx_text_printf(out, ",\"%s\":", name);
	if (json_is_string(value))
		cbx_text_json(out, json_string_value(value), json_string_length(value));
	else
		cbx_text_puts(out, "null");
}

/* What others wrote need not be JSON; its name is what counts */
static int write_system(void *user, const char *key, const struct cbx_field *field)
{
	struct cbx_text *out = user;
	json_t *value = NULL;
	const char *name = field->name;
	size_t len = strlen(name);

	(void)key;
	if (!cbx_system_name(&name, &len) || len != strlen(field->name))
		return 0;
	if (cbx_json_read(field->value, field->value_len, &value, NULL) == -ENOMEM)
		return -ENOMEM;
	cbx_text_puts(out, out->bytes[out->len - 1] == '[' ? "{\"systemID\":" : ",{\"systemID\":");
	cbx_text_json_string(out, field->name);
	write_member(out, "lastCheck", json_object_get(value, "lastCheck"));
	write_member(out, "status", json_object_get(value, "status"));
	cbx_text_putc(out, '}');
	json_decref(value);
	return out->failed ? -ENOMEM : 0;
}

void cbx_document_internal_systems(struct cbx_poller *poller, struct cbx_call *call)
{
	struct cbx_text text = { 0 };
	struct cbx_state *state = poller->road.state;
	int result;

	if (is_away(poller, call))
		return;
	cbx_text_puts(&text, "{\"systems\":[");
	result = text.failed ? -ENOMEM
			     : state->ops->read_systems(state, CBX_INTERNAL_SYSTEMS, write_system,
							&text);
	cbx_text_puts(&text, "]}");
	finish(poller, call, result, &text, state->error);
}

struct events {
	struct cbx_text *out;
	const char *limit;              /* nothing after it is given; NULL = there is no limit */
	char next[CBX_STREAM_POSITION]; /* of the last one that was given or passed over */
};

static int write_event(void *user, const struct cbx_stream_entry *entry)
{
	struct events *events = user;
	struct cbx_text *out = events->out;
	const char *name = NULL;
	int result;

	if (events->limit && cbx_stream_position_compare(entry->at, events->limit) > 0)
		return 0;
	snprintf(events->next, sizeof(events->next), "%s", entry->at);
	result = cbx_follow_is_event(entry, &name);
	if (result <= 0)
		return result;
	cbx_text_printf(out, "%s{\"stream_id\":\"%s\",\"name\":\"%s\",\"message_id\":",
			out->bytes[out->len - 1] == '[' ? "" : ",", entry->at, name);
	cbx_text_json_string(out, entry->id);
	if (entry->previous_status) {
		cbx_text_puts(out, ",\"previous_status\":");
		cbx_text_json_string(out, entry->previous_status);
	}
	cbx_text_puts(out, ",\"params\":");
	cbx_text_add(out, entry->params, entry->params_len);
	cbx_text_putc(out, '}');
	return out->failed ? -ENOMEM : 0;
}

/* "<ms>-<n>", both in decimal */
static bool is_position(const char *text)
{
	size_t ms = strspn(text, "0123456789");
	size_t n = text[ms] == '-' ? strspn(text + ms + 1, "0123456789") : 0;

	return ms && n && !text[ms + 1 + n] && ms + 1 + n < CBX_STREAM_POSITION;
}

static int take_since(const struct cbx_call *call, char position[CBX_STREAM_POSITION],
		      char error[CBX_API_ERROR])
{
	const char *since = NULL;
	int result = cbx_param_text(call, "since", false, &since, error);

	if (since && !is_position(since)) {
		snprintf(error, CBX_API_ERROR, "since: takes a stream id, as \"1526919030474-55\"");
		return -EINVAL;
	}
	snprintf(position, CBX_STREAM_POSITION, "%s", since ? since : "");
	return result;
}

static int ignore_event(void *user, const struct cbx_stream_entry *entry)
{
	(void)user;
	(void)entry;
	return 0;
}

/* Where the stream is, for who asks for no event: the newest entry, or up to where we follow */
static int find_end(struct cbx_state *state, const char *limit, char position[CBX_STREAM_POSITION])
{
	char scratch[CBX_STREAM_POSITION] = "";
	int result;

	if (limit)
		snprintf(scratch, sizeof(scratch), "%s", limit);
	result = state->ops->read_events(state, scratch, 1, ignore_event, NULL);
	if (!result)
		snprintf(position, CBX_STREAM_POSITION, "%s", limit ? limit : scratch);
	/* our own place in it is lost, too: all is about to be read again */
	return result == 1 ? CHATTERBOX_E_DOWN : result;
}

/* After a gap it goes on with the newest: what is between is in the list of live jobs anyway */
static int read_events(struct cbx_state *state, char position[CBX_STREAM_POSITION], size_t most,
		       const char *limit, struct cbx_text *out)
{
	struct events events = { .out = out, .limit = limit };
	bool asks_end = !*position;
	bool lost;
	int result;

	if (out->failed)
		return -ENOMEM;
	memcpy(events.next, position, sizeof(events.next));
	result = asks_end ? find_end(state, limit, events.next)
			  : state->ops->read_events(state, position, most, write_event, &events);
	lost = result == 1;
	if (lost)
		result = find_end(state, limit, events.next);
	memcpy(position, events.next, sizeof(events.next));
	cbx_text_printf(out, "],\"next\":\"%s\",\"lost\":%s}", position, lost ? "true" : "false");
	return result;
}

void cbx_document_events(struct cbx_poller *poller, struct cbx_call *call)
{
	struct cbx_text text = { 0 };
	struct cbx_state *state = poller->road.state;
	char position[CBX_STREAM_POSITION];
	char error[CBX_API_ERROR] = "";
	struct cbx_page page = { 0 };
	const char *limit = NULL;
	int result = cbx_page_parse(call->params, &page, error);

	if (!result)
		result = take_since(call, position, error);
	if (result < 0) {
		cbx_call_fail_by(call, result, error);
		return;
	}
	if (is_away(poller, call))
		return;
	if (poller->road.following)
		limit = poller->follow.covered;
	if (limit && !*limit) {
		cbx_call_fail_by(call, CHATTERBOX_E_DOWN, "Redis has not been read yet");
		return;
	}
	cbx_text_puts(&text, "{\"events\":[");
	result = read_events(state, position, page.limit, limit, &text);
	if (result == CHATTERBOX_E_DOWN && state->ops->is_up(state)) {
		cbx_text_free(&text);
		cbx_call_fail_by(call, CHATTERBOX_E_DOWN, "Redis is being read again");
		return;
	}
	finish(poller, call, result, &text, state->error);
}
