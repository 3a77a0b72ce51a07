// SPDX-License-Identifier: MIT
/*
 * request.c - parses a request to nl-hdms
 *
 * What is wrong with a request is reported by a code in the answer, as a real nl-hdms does. Systems
 * are objects, as contract 3.2 has them, or plain names; without any, the target is asked.
 */
#include "fleet/request.h"
#include "base/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const event_names[CBX_FLEET_EVENTS] = {
	[CBX_FLEET_JOB_STATUS] = "job_status", [CBX_FLEET_JOB_LIST] = "job_list",
	[CBX_FLEET_JOB_PAUSE] = "job_pause",   [CBX_FLEET_JOB_RESUME] = "job_resume",
	[CBX_FLEET_JOB_KILL] = "job_kill",
};

const char *cbx_fleet_event_name(enum cbx_fleet_event event)
{
	return event_names[event];
}

static int refuse(struct cbx_fleet_request *request, const char *code, const char *message)
{
	request->code = code;
	request->message = message;
	return 0;
}

static bool read_job_id(const json_t *value, int64_t *out)
{
	if (json_is_integer(value)) {
		*out = json_integer_value(value);
		return *out >= 0;
	}
	return json_is_string(value) &&
	       cbx_parse_count(json_string_value(value), json_string_length(value), out);
}

static int read_jobs(struct cbx_fleet_request *request, struct cbx_fleet_ask *ask,
		     const json_t *jobs)
{
	size_t i;

	if (!json_is_array(jobs))
		return refuse(request, "bad_request", "jobs is no array");
	ask->job_count = json_array_size(jobs);
	ask->jobs = calloc(ask->job_count + 1, sizeof(*ask->jobs));
	if (!ask->jobs)
		return -ENOMEM;
	for (i = 0; i < ask->job_count; i++)
		if (!read_job_id(json_array_get(jobs, i), &ask->jobs[i]))
			return refuse(request, "bad_request", "a job id is no number");
	return 0;
}

static int read_ask(struct cbx_fleet_request *request, const struct cbx_fleet_world *world,
		    const json_t *value)
{
	const json_t *name = json_is_object(value) ? json_object_get(value, "system") : value;
	const json_t *jobs = json_object_get(value, "jobs");
	struct cbx_fleet_ask *ask = &request->asks[request->count];
	const char *text = json_string_value(name);
	size_t len = json_string_length(name);

	if (!text || !cbx_system_name(&text, &len))
		return refuse(request, "bad_request", "a system has no name");
	ask->system = cbx_fleet_world_find(world, text, len);
	if (!ask->system)
		return refuse(request, "unknown_system", "there is no such system");
	request->count++;
	/* a list is always about all jobs */
	if (!jobs || json_is_null(jobs) || request->event == CBX_FLEET_JOB_LIST)
		return 0;
	return read_jobs(request, ask, jobs);
}

static int read_systems(struct cbx_fleet_request *request, const struct cbx_fleet_world *world,
			const json_t *params)
{
	const json_t *systems = json_object_get(json_object_get(params, "object"), "systems");
	const json_t *target = json_object_get(json_object_get(params, "target"), "system");
	size_t count = systems ? json_array_size(systems) : 1;
	size_t i;
	int error = 0;

	if ((systems && !json_is_array(systems)) || !count)
		return refuse(request, "bad_request", "no system is asked");
	request->asks = calloc(count, sizeof(*request->asks));
	if (!request->asks)
		return -ENOMEM;
	for (i = 0; i < count && !error && !request->code; i++)
		error = read_ask(request, world, systems ? json_array_get(systems, i) : target);
	return error;
}

static bool read_event(struct cbx_fleet_request *request, const char *name)
{
	int event;

	for (event = 0; event < CBX_FLEET_EVENTS; event++) {
		if (strcmp(event_names[event], name))
			continue;
		request->event = (enum cbx_fleet_event)event;
		return true;
	}
	return false;
}

int cbx_fleet_request_read(struct cbx_fleet_request *request, const struct cbx_fleet_world *world,
			   const char *body, size_t len, enum cbx_fleet_envelope envelope)
{
	const json_t *params;
	const json_t *event;

	*request = (struct cbx_fleet_request){ .envelope = envelope };
	request->root = json_loadb(body, len, 0, NULL);
	if (!json_is_object(request->root))
		return refuse(request, "bad_request", "not a JSON object");
	params = request->root;
	request->envelope = CBX_FLEET_BARE;
	if (json_object_get(params, "jsonrpc")) {
		request->envelope = CBX_FLEET_JSONRPC;
		request->id = json_object_get(params, "id");
		params = json_object_get(params, "params");
	}
	event = json_object_get(json_object_get(params, "verb"), "event");
	if (!json_is_string(event))
		return refuse(request, "bad_request", "verb.event is missing");
	if (!read_event(request, json_string_value(event)))
		return refuse(request, "unknown_event", "nl-hdms has no such event");
	return read_systems(request, world, params);
}

void cbx_fleet_request_clear(struct cbx_fleet_request *request)
{
	size_t i;

	for (i = 0; request->asks && i < request->count; i++)
		free(request->asks[i].jobs);
	free(request->asks);
	json_decref(request->root);
	*request = (struct cbx_fleet_request){ 0 };
}
