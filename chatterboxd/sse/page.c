// SPDX-License-Identifier: MIT
/* page.c - walks through the members of a JSON text without reading what is in their values */
#include "sse/page.h"

#include "common/json.h"

#include <string.h>

struct walk {
	const char *at; /* ends with a NUL */
	int (*each)(void *user, const struct cbd_page_event *event);
	void *user;
	struct cbd_page_end end;
	bool has_next, has_lost;
};

static void skip_space(struct walk *walk)
{
	walk->at += strspn(walk->at, " \t\r\n");
}

static bool take(struct walk *walk, char wanted)
{
	skip_space(walk);
	if (*walk->at != wanted)
		return false;
	walk->at++;
	return true;
}

static bool skip_string(struct walk *walk)
{
	if (*walk->at++ != '"')
		return false;
	while (*walk->at && *walk->at != '"')
		walk->at += walk->at[0] == '\\' && walk->at[1] ? 2 : 1;
	return *walk->at && *walk->at++;
}

/* A whole value, whose brackets need not be of matching kinds: the library has written it */
static bool skip_value(struct walk *walk, struct cbd_slice *out)
{
	size_t depth = 0;

	skip_space(walk);
	out->at = walk->at;
	do {
		skip_space(walk);
		if (*walk->at == '"') {
			if (!skip_string(walk))
				return false;
		} else if (strchr("[{", *walk->at) && *walk->at) {
			walk->at++;
			depth++;
		} else if (strchr("]}", *walk->at) && *walk->at) {
			if (!depth)
				return false;
			walk->at++;
			depth--;
		} else if (depth && (*walk->at == ',' || *walk->at == ':')) {
			walk->at++;
		} else {
			size_t len = strcspn(walk->at, ",:]}[{\" \t\r\n");

			if (!len)
				return false;
			walk->at += len;
		}
	} while (depth);
	out->len = (size_t)(walk->at - out->at);
	return true;
}

/* Without its quotes. Fails for one with escapes. */
static bool plain_string(struct cbd_slice value, struct cbd_slice *out)
{
	if (value.len < 2 || value.at[0] != '"' || memchr(value.at, '\\', value.len))
		return false;
	*out = cbd_slice_of(value.at + 1, value.len - 2);
	return true;
}

static int for_members(struct walk *walk,
		       int (*take_member)(struct walk *walk, struct cbd_slice name, void *user),
		       void *user)
{
	struct cbd_slice name;
	int result;

	if (!take(walk, '{'))
		return CHATTERBOX_E_DECODE;
	if (take(walk, '}'))
		return 0;
	do {
		skip_space(walk);
		name.at = walk->at;
		if (!skip_string(walk))
			return CHATTERBOX_E_DECODE;
		name.len = (size_t)(walk->at - name.at);
		if (!take(walk, ':'))
			return CHATTERBOX_E_DECODE;
		result = take_member(walk, name, user);
		if (result < 0)
			return result;
	} while (take(walk, ','));
	return take(walk, '}') ? 0 : CHATTERBOX_E_DECODE;
}

static bool is(struct cbd_slice name, const char *wanted)
{
	return name.len == strlen(wanted) + 2 && !memcmp(name.at + 1, wanted, name.len - 2);
}

struct reading {
	struct cbd_page_event event;
	struct cbd_slice message_id; /* with quotes */
	bool has_id, has_name, has_params;
};

static int take_event_member(struct walk *walk, struct cbd_slice name, void *user)
{
	struct reading *reading = user;
	struct cbd_slice value;
	struct cbd_slice id;

	if (!skip_value(walk, &value))
		return CHATTERBOX_E_DECODE;
	if (is(name, "stream_id"))
		reading->has_id = plain_string(value, &id) &&
				  cbd_position_read(id.at, id.len, &reading->event.id);
	else if (is(name, "name"))
		reading->has_name = plain_string(value, &reading->event.name);
	else if (is(name, "message_id"))
		reading->message_id = value;
	else if (is(name, "params"))
		reading->event.params = value, reading->has_params = true;
	return 0;
}

static bool is_incident(struct cbd_slice name)
{
	return name.len == strlen("incident") && !memcmp(name.at, "incident", name.len);
}

/* The system is what a message_id begins with; an incident is of none */
static int give_event(struct walk *walk, struct reading *reading)
{
	json_t *string = NULL;
	const char *id = "";
	int result = 0;

	if (!reading->has_id || !reading->has_name || !reading->has_params)
		return CHATTERBOX_E_DECODE;
	if (reading->message_id.len)
		result = cbx_json_read(reading->message_id.at, reading->message_id.len, &string,
				       NULL);
	if (result < 0)
		return result;
	if (json_is_string(string))
		id = json_string_value(string);
	if (!is_incident(reading->event.name))
		reading->event.system = cbd_slice_of(id, strcspn(id, "/"));
	result = walk->each(walk->user, &reading->event);
	json_decref(string);
	return result;
}

static int read_events(struct walk *walk)
{
	int result = 0;

	if (!take(walk, '['))
		return CHATTERBOX_E_DECODE;
	if (take(walk, ']'))
		return 0;
	do {
		struct reading reading = { 0 };

		result = for_members(walk, take_event_member, &reading);
		if (!result)
			result = give_event(walk, &reading);
		if (result < 0)
			return result;
	} while (take(walk, ','));
	return take(walk, ']') ? 0 : CHATTERBOX_E_DECODE;
}

static int take_page_member(struct walk *walk, struct cbd_slice name, void *user)
{
	struct cbd_slice value;
	struct cbd_slice id;

	(void)user;
	if (is(name, "events"))
		return read_events(walk);
	if (!skip_value(walk, &value))
		return CHATTERBOX_E_DECODE;
	if (is(name, "next"))
		walk->has_next = plain_string(value, &id) &&
				 cbd_position_read(id.at, id.len, &walk->end.next);
	if (is(name, "lost")) {
		walk->has_lost = true;
		walk->end.lost = value.len == 4 && !memcmp(value.at, "true", 4);
	}
	return 0;
}

int cbd_page_read(const char *json, int (*each)(void *user, const struct cbd_page_event *event),
		  void *user, struct cbd_page_end *end)
{
	struct walk walk = { .at = json, .each = each, .user = user };
	int result = for_members(&walk, take_page_member, NULL);

	if (!result && (!walk.has_next || !walk.has_lost))
		result = CHATTERBOX_E_DECODE;
	if (!result)
		*end = walk.end;
	return result;
}
