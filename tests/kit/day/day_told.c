// SPDX-License-Identifier: MIT
/*
 * day_told.c - what was published: a queue bound to APP.event.#, compared with the stream
 *
 * Each event at the broker must be in the stream as well, with the same id, params and previous
 * status. A marker of our own in the queue shows that everything confirmed before it has come.
 */
#include "day.h"

#include "base/number.h"
#include "base/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARKER "day.marker"

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void message_clear(struct day_message *found)
{
	free(found->name);
	free(found->id);
	free(found->previous);
	free(found->origin);
	json_decref(found->params);
	*found = (struct day_message){ 0 };
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* --- the two places --- */

void day_note_streamed(struct day *day, const struct cbx_stream_entry *entry)
{
	ck_assert(day->streaming < DAY_MESSAGES);
	day->streamed[day->streaming++] = (struct day_message){
		.name = copy(entry->name),
		.id = copy(entry->id),
		.previous = copy(entry->previous_status),
		.params = json_loadb(entry->params, entry->params_len, 0, NULL),
	};
	day->streamed_count++;
}

static void find_in_stream(struct day *day, const struct day_message *found)
{
	size_t i;

	for (i = 0; i < day->streaming; i++) {
		struct day_message *streamed = &day->streamed[i];

		if (strcmp(streamed->id, found->id) != 0)
			continue;
		ck_assert_str_eq(streamed->name, found->name);
		ck_assert_msg(same(streamed->previous, found->previous),
			      "%s: previous_status %s on the broker, %s in the stream", found->id,
			      found->previous, streamed->previous);
		ck_assert_msg(json_equal(streamed->params, found->params),
			      "%s: broker and stream differ", found->id);
		message_clear(streamed);
		*streamed = day->streamed[--day->streaming];
		return;
	}
	ck_abort_msg("%s was told on the broker and is not in the stream", found->id);
}

static void keep(struct day *day, struct day_message *found, const struct cbx_bus_message *message)
{
	if (!strcmp(found->name, "jobs_data")) {
		free(day->jobs_data);
		day->jobs_data = json_dumps(found->params, JSON_COMPACT);
	} else if (!strcmp(found->name, "job_status")) {
		day->job_status_chunks =
			(unsigned)strtoul(cbx_bus_header(message, "chunks") ?: "0", NULL, 10);
		json_decref(day->job_status);
		day->job_status = json_incref(found->params);
	} else {
		find_in_stream(day, found);
		ck_assert(day->told_count < DAY_MESSAGES);
		day->told[day->told_count++] = *found;
		return;
	}
	message_clear(found);
}

/* An event out: every promise of contract 3.3 about its envelope, and then its params */
static void take_message(struct day *day, const struct cbx_bus_message *message)
{
	json_t *root = json_loadb(message->body, message->body_len, 0, NULL);
	const char *previous = cbx_bus_header(message, "previous_status");
	/* that of an outlook */
	const char *state = cbx_bus_header(message, "previous_state");
	struct day_message found = { .id = copy(message->message_id),
				     .previous = copy(previous ?: state),
				     .origin = copy(cbx_bus_header(message, "origin")) };
	size_t len = strlen(day->app);

	ck_assert_str_eq(message->app_id, day->app);
	ck_assert_str_eq(message->content_type, "application/json");
	ck_assert(message->timestamp > 0 && cbx_bus_header(message, "trace_id"));
	ck_assert(!strncmp(message->routing_key, day->app, len) &&
		  !strncmp(message->routing_key + len, ".event.", 7));
	found.name = copy(message->routing_key + len + 7);
	ck_assert_str_eq(json_string_value(json_object_get(root, "jsonrpc")), "2.0");
	ck_assert_str_eq(json_string_value(json_object_get(root, "method")), message->routing_key);
	found.params = json_incref(json_object_get(root, "params"));
	json_decref(root);
	keep(day, &found, message);
}

void day_told_open(struct day *day)
{
	struct cbx_bus *bus = day->bus;
	uint64_t deadline = cbx_now(day->box->clock) + 10 * CBX_SECOND;
	char keys[96];

	snprintf(day->queue, sizeof(day->queue), "%s.told", day->app);
	snprintf(keys, sizeof(keys), "%s.event.#", day->app);
	ck_assert_msg(!bus->ops->connect(bus, false, deadline), "%s", bus->error);
	ck_assert_int_eq(bus->ops->declare(bus, day->queue, deadline), 0);
	ck_assert_int_eq(bus->ops->bind(bus, day->queue, "amq.topic", keys, deadline), 0);
	ck_assert_int_eq(bus->ops->consume(bus, day->queue, 0, deadline), 0);
}

static void mark(struct day *day, char id[32])
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = day->queue,
					   .body = "{}",
					   .body_len = 2,
					   .type = MARKER,
					   .message_id = id };

	snprintf(id, 32, "%llu", (unsigned long long)++day->marker);
	ck_assert_int_eq(day->bus->ops->publish(day->bus, &message, NULL,
						cbx_now(day->box->clock) + 5 * CBX_SECOND),
			 0);
}

void day_gather(struct day *day)
{
	uint64_t patience = day_deadline();
	bool marked = false;
	char id[32];

	day->world->read_stream(day);
	mark(day, id);
	while (!marked) {
		struct cbx_bus_event event = { 0 };
		uint64_t deadline = cbx_now(day->box->clock) + CBX_SECOND;

		ck_assert_msg(cbx_now(cbx_system_clock()) < patience, "the marker is lost");
		ck_assert_msg(!day->bus->ops->take(day->bus, -1, deadline, &event), "%s",
			      day->bus->error);
		if (event.type == CBX_BUS_DELIVERY) {
			day->bus->ops->acknowledge(day->bus, event.tag, false, true);
			marked = same(event.message.type, MARKER) &&
				 same(event.message.message_id, id);
			if (!same(event.message.type, MARKER))
				take_message(day, &event.message);
		}
		cbx_bus_event_clear(&event);
	}
}

void day_told_close(struct day *day)
{
	while (day->told_count)
		message_clear(&day->told[--day->told_count]);
	while (day->streaming)
		message_clear(&day->streamed[--day->streaming]);
	free(day->jobs_data);
	json_decref(day->job_status);
}

/* --- what a story says of it --- */

static const char *member(const struct day_message *found, const char *name)
{
	const json_t *params =
		json_is_array(found->params) ? json_array_get(found->params, 0) : found->params;

	return json_string_value(json_object_get(params, name));
}

static void drop(struct day *day, size_t i)
{
	message_clear(&day->told[i]);
	day->told_count--;
	memmove(&day->told[i], &day->told[i + 1], (day->told_count - i) * sizeof(*day->told));
}

static void list_told(const struct day *day, char out[DAY_TEXT])
{
	size_t i;

	out[0] = '\0';
	for (i = 0; i < day->told_count; i++)
		snprintf(out + strlen(out), DAY_TEXT - strlen(out), "\n\t%s %s (%s after %s)",
			 day->told[i].name, day->told[i].id, member(&day->told[i], "status") ?: "-",
			 day->told[i].previous ?: "-");
}

/* The oldest event of that name whose id begins so: it alone may be looked at next */
static size_t oldest(const struct day *day, const char *name, const char *start)
{
	char told[DAY_TEXT];
	size_t i;

	for (i = 0; i < day->told_count; i++)
		if (!strcmp(day->told[i].name, name) &&
		    !strncmp(day->told[i].id, start, strlen(start)))
			return i;
	list_told(day, told);
	ck_abort_msg("%s of %s was not told, but:%s", name, start, told);
	return 0;
}

void day_told(struct day *day, const char *system, int64_t job, int64_t revision,
	      const char *status, const char *previous, const char *origin)
{
	const struct day_message *found;
	char start[64];
	char id[96];
	size_t i;

	snprintf(start, sizeof(start), "%s/%lld/", system, (long long)job);
	snprintf(id, sizeof(id), "%s%lld", start, (long long)revision);
	i = oldest(day, "update_job_status", start);
	found = &day->told[i];
	ck_assert_str_eq(found->id, id);
	ck_assert_str_eq(member(found, "status"), status);
	ck_assert_str_eq(member(found, "system"), system);
	ck_assert_int_eq(json_integer_value(json_object_get(found->params, "job_id")), job);
	ck_assert_str_eq(found->previous ?: "(none)", previous ?: "(none)");
	ck_assert_str_eq(found->origin, origin);
	drop(day, i);
}

void day_told_paused(struct day *day, const char *system, const char *job_type, bool paused)
{
	const struct day_message *found;
	char start[64];
	size_t i;

	snprintf(start, sizeof(start), "%s/status/", system);
	i = oldest(day, "status", start);
	found = &day->told[i];
	ck_assert_str_eq(member(found, "system_id"), system);
	ck_assert_str_eq(member(found, "job_type") ?: "(none)", job_type);
	ck_assert_int_eq(json_is_true(json_object_get(found->params, "paused")), paused);
	drop(day, i);
}

void day_told_error(struct day *day, const char *system, int64_t job, const char *code,
		    const char *message)
{
	const struct day_message *found;
	char start[64];
	int64_t ms;
	size_t i;

	snprintf(start, sizeof(start), "%s/errors/", system);
	i = oldest(day, "user_job_errors", start);
	found = &day->told[i];
	ck_assert_uint_eq(json_array_size(found->params), 1);
	ck_assert_str_eq(member(found, "system"), system);
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_array_get(found->params, 0), "job_id")),
		job);
	ck_assert_str_eq(member(found, "code"), code);
	ck_assert_str_eq(member(found, "message"), message);
	ck_assert(cbx_time_parse(member(found, "time"), &ms));
	ck_assert_msg(llabs(ms - cbx_wall(day->box->clock)) < 60000, "an error's time is %s",
		      member(found, "time"));
	drop(day, i);
}

void day_told_nothing_more(struct day *day)
{
	char told[DAY_TEXT];

	list_told(day, told);
	ck_assert_msg(!day->told_count, "told beyond what was to be:%s", told);
	ck_assert_msg(!day->streaming, "%s is in the stream and was not told on the broker",
		      day->streamed[0].id);
}
