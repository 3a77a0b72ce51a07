// SPDX-License-Identifier: MIT
/* hdms.c - takes requests, notes them as lines, and answers as it was told */
#include "hdms.h"

#include "alloc_faults.h"
#include "common/cleanup.h"
#include "status_texts.h"

#include <check.h>
#include <jansson.h>
#include <string.h>

#define QUEUE "nl-hdms.request"

void hdms_open(struct hdms *hdms, struct cbx_bus *bus, struct fake_clock *clock)
{
	uint64_t soon = cbx_now(&clock->clock) + CBX_SECOND;

	*hdms = (struct hdms){ .bus = bus, .clock = clock, .copies = 1 };
	ck_assert_int_eq(bus->ops->connect(bus, false, soon), 0);
	ck_assert_int_eq(bus->ops->declare(bus, QUEUE, soon), 0);
	ck_assert_int_eq(bus->ops->consume(bus, QUEUE, 0, soon), 0);
}

void hdms_close(struct hdms *hdms)
{
	size_t i;

	for (i = 0; i < hdms->request_count; i++) {
		free(hdms->requests[i].event);
		free(hdms->requests[i].correlation_id);
		free(hdms->requests[i].reply_to);
		free(hdms->requests[i].trace_id);
		free(hdms->requests[i].body);
	}
	cbx_text_free(&hdms->asked);
	cbx_bus_free(hdms->bus);
}

static struct hdms_system *find(struct hdms *hdms, const char *name)
{
	size_t i;

	for (i = 0; i < hdms->count; i++)
		if (!strcmp(hdms->systems[i].name, name))
			return &hdms->systems[i];
	return NULL;
}

struct hdms_system *hdms_system(struct hdms *hdms, const char *name, const char *jobs)
{
	struct hdms_system *system = find(hdms, name);

	if (!system) {
		ck_assert_uint_lt(hdms->count, HDMS_SYSTEMS);
		system = &hdms->systems[hdms->count++];
		snprintf(system->name, sizeof(system->name), "%s", name);
	}
	snprintf(system->jobs, sizeof(system->jobs), "%s", jobs);
	return system;
}

/* The params of a request, in either envelope */
static json_t *params_of(json_t *root)
{
	json_t *params = json_object_get(root, "params");

	return params ? params : root;
}

static json_t *systems_of(json_t *root)
{
	return json_object_get(json_object_get(params_of(root), "object"), "systems");
}

/* "job_status ABC1:17,18 ABC2:1" */
static void note_asked(struct hdms *hdms, const char *event, json_t *systems)
{
	json_t *one;
	json_t *id;
	size_t i;
	size_t k;

	cbx_text_puts(&hdms->asked, event);
	json_array_foreach(systems, i, one)
	{
		cbx_text_printf(&hdms->asked, " %s",
				json_string_value(json_object_get(one, "system")));
		json_array_foreach(json_object_get(one, "jobs"), k, id) cbx_text_printf(
			&hdms->asked, "%c%lld", k ? ',' : ':', (long long)json_integer_value(id));
	}
	cbx_text_putc(&hdms->asked, '\n');
}

static bool is_named(json_t *jobs, int64_t id)
{
	json_t *one;
	size_t i;

	json_array_foreach(jobs, i, one)
	{
		if (json_integer_value(one) == id)
			return true;
	}
	return !jobs;
}

static void add_jobs(const struct hdms_system *system, json_t *named, struct cbx_text *body,
		     bool *first)
{
	struct cbx_status *statuses[64];
	size_t count = statuses_of(system->name, system->jobs, statuses, 64);
	size_t i;

	for (i = 0; i < count; i++) {
		if (is_named(named, statuses[i]->job_id)) {
			if (!*first)
				cbx_text_putc(body, ',');
			*first = false;
			cbx_text_add(body, statuses[i]->json, statuses[i]->json_len);
		}
		cbx_status_unref(statuses[i]);
	}
}

static void add_name(struct cbx_text *names, const char *name)
{
	cbx_text_printf(names, "%s\"%s\"", names->len ? "," : "", name);
}

/* Makes the answer to a request about @systems; leaves @body empty if none of them answers */
static void make_answer(struct hdms *hdms, const char *event, json_t *systems,
			struct cbx_text *body)
{
	struct cbx_text jobs = { 0 };
	struct cbx_text names = { 0 };
	struct cbx_text offline = { 0 };
	const struct hdms_system *failing = NULL;
	bool first = true;
	json_t *one;
	size_t i;

	json_array_foreach(systems, i, one)
	{
		struct hdms_system *system =
			find(hdms, json_string_value(json_object_get(one, "system")));

		if (!system || system->mood == HDMS_NO_ANSWER)
			continue;
		if (system->mood == HDMS_FAILS)
			failing = system;
		else if (system->mood == HDMS_OFFLINE)
			add_name(&offline, system->name);
		else
			add_name(&names, system->name);
		if (system->mood == HDMS_ANSWERS)
			add_jobs(system, json_object_get(one, "jobs"), &jobs, &first);
	}
	if (failing)
		cbx_text_printf(body,
				"{\"verb\":{\"event\":\"error\"},\"object\":{\"code\":\"%s\"}}",
				failing->code);
	else if (names.len || offline.len)
		cbx_text_printf(body,
				"{\"verb\":{\"event_category\":\"request_system\",\"event\":"
				"\"%s\"},\"object\":{\"jobs\":[%s],%s%s%s\"offline\":[%s]}}",
				event, jobs.len ? jobs.bytes : "",
				hdms->without_systems ? "" : "\"systems\":[",
				hdms->without_systems || !names.len ? "" : names.bytes,
				hdms->without_systems ? "" : "],",
				offline.len ? offline.bytes : "");
	cbx_text_free(&jobs);
	cbx_text_free(&names);
	cbx_text_free(&offline);
}

void hdms_reply(struct hdms *hdms, size_t n, const char *body)
{
	struct hdms_request *request = &hdms->requests[n];
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = request->reply_to,
					   .correlation_id = request->correlation_id,
					   .body = body,
					   .body_len = strlen(body) };

	ck_assert_uint_lt(n, hdms->request_count);
	if (!request->answered)
		hdms->waiting--;
	request->answered = true;
	ck_assert_int_eq(hdms->bus->ops->publish(hdms->bus, &message, NULL, UINT64_MAX), 0);
}

static void answer(struct hdms *hdms, size_t n)
{
	json_t *root = json_loads(hdms->requests[n].body, 0, NULL);
	json_t *systems = systems_of(root);
	struct cbx_text body = { 0 };
	unsigned copy;

	if (hdms->next[0]) {
		cbx_text_puts(&body, hdms->next);
		hdms->next[0] = '\0';
	} else {
		make_answer(hdms, hdms->requests[n].event, systems, &body);
	}
	for (copy = 0; body.len && copy < hdms->copies; copy++)
		hdms_reply(hdms, n, body.bytes);
	hdms->requests[n].due = 0;
	cbx_text_free(&body);
	json_decref(root);
}

static char *copy_of(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void take_request(struct hdms *hdms, const struct cbx_bus_message *message)
{
	struct hdms_request *request = &hdms->requests[hdms->request_count];
	json_t *root = json_loadb(message->body, message->body_len, 0, NULL);
	json_t *systems = systems_of(root);
	const char *name = json_string_value(json_object_get(json_array_get(systems, 0), "system"));
	struct hdms_system *system = find(hdms, name);

	ck_assert_uint_lt(hdms->request_count++, HDMS_REQUESTS);
	*request = (struct hdms_request){
		.event = copy_of(json_string_value(
			json_object_get(json_object_get(params_of(root), "verb"), "event"))),
		.correlation_id = copy_of(message->correlation_id),
		.reply_to = copy_of(message->reply_to),
		.trace_id = copy_of(cbx_bus_header(message, "trace_id")),
		.body = cbx_strndup(message->body, message->body_len),
		.expiration_ms = message->expiration_ms,
		.due = cbx_now(&hdms->clock->clock) + (system ? system->delay : 0),
	};
	note_asked(hdms, request->event, systems);
	if (++hdms->waiting > hdms->most_waiting)
		hdms->most_waiting = hdms->waiting;
	json_decref(root);
}

/* nl-hdms never lacks memory: it is not part of the tested program */
#pragma weak alloc_faults_pause
#pragma weak alloc_faults_resume

static void pump(struct hdms *hdms)
{
	struct cbx_bus_event event = { 0 };
	size_t i;

	while (hdms->bus->ops->is_up(hdms->bus) &&
	       !hdms->bus->ops->take(hdms->bus, -1, 0, &event) && event.type == CBX_BUS_DELIVERY) {
		take_request(hdms, &event.message);
		hdms->bus->ops->acknowledge(hdms->bus, event.tag, false, true);
		cbx_bus_event_clear(&event);
	}
	cbx_bus_event_clear(&event);
	for (i = 0; !hdms->hold && i < hdms->request_count; i++)
		if (hdms->requests[i].due && hdms->requests[i].due <= cbx_now(&hdms->clock->clock))
			answer(hdms, i);
}

void hdms_pump(void *hdms)
{
	if (alloc_faults_pause)
		alloc_faults_pause();
	pump(hdms);
	if (alloc_faults_resume)
		alloc_faults_resume();
}

void hdms_expect(struct hdms *hdms, const char *asked)
{
	ck_assert_str_eq(hdms->asked.len ? hdms->asked.bytes : "", asked);
	cbx_text_clear(&hdms->asked);
}
