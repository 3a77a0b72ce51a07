// SPDX-License-Identifier: MIT
/*
 * answer.c - answers a request as nl-hdms would
 *
 * A single system that is offline is an error; in a batch it is named, and the others are answered.
 * A command is checked as a whole before it changes anything.
 */
#include "fleet/answer.h"
#include "fleet/request.h"
#include "fleet/status.h"

#include <errno.h>

static size_t chosen(const struct cbx_fleet_ask *ask)
{
	return ask->jobs ? ask->job_count : ask->system->job_count;
}

/* The index of the i-th chosen job; -1 when the system does not have it */
static ptrdiff_t choice(const struct cbx_fleet_ask *ask, size_t i)
{
	return ask->jobs ? cbx_fleet_find_job(ask->system, ask->jobs[i]) : (ptrdiff_t)i;
}

static bool is_live(const struct cbx_fleet_ask *ask, ptrdiff_t place)
{
	return cbx_fleet_phase_is_live(ask->system->jobs[place].phase);
}

static bool is_command(const struct cbx_fleet_request *request)
{
	return request->event >= CBX_FLEET_JOB_PAUSE;
}

static void refuse(struct cbx_fleet_request *request, const char *code, const char *message)
{
	request->code = code;
	request->message = message;
}

static void check_command(struct cbx_fleet_request *request, const struct cbx_fleet_ask *ask)
{
	size_t i;

	/* without `jobs` it is about the live ones, of which there may be none */
	for (i = 0; ask->jobs && i < ask->job_count; i++) {
		ptrdiff_t place = choice(ask, i);

		if (place < 0)
			refuse(request, "unknown_job", "the system has no such job");
		else if (!is_live(ask, place))
			refuse(request, "job_ended", "the job has ended");
	}
}

static void check(struct cbx_fleet_request *request)
{
	size_t i;

	if (request->count == 1 && !request->asks[0].system->is_online)
		refuse(request, "system_offline", "the system is offline");
	for (i = 0; is_command(request) && !request->code && i < request->count; i++)
		if (request->asks[i].system->is_online)
			check_command(request, &request->asks[i]);
}

static enum cbx_fleet_command command_of(enum cbx_fleet_event event)
{
	if (event == CBX_FLEET_JOB_PAUSE)
		return CBX_FLEET_PAUSE;
	return event == CBX_FLEET_JOB_RESUME ? CBX_FLEET_RESUME : CBX_FLEET_KILL;
}

static void do_job(struct cbx_fleet_world *world, const struct cbx_fleet_request *request,
		   const struct cbx_fleet_ask *ask, ptrdiff_t place)
{
	if (!is_command(request))
		cbx_fleet_world_ask(world, ask->system, (size_t)place);
	else if (is_live(ask, place)) /* named twice, and killed by the first */
		cbx_fleet_world_command(world, ask->system, (size_t)place,
					command_of(request->event));
}

static void add_jobs(struct cbx_text *reply, struct cbx_fleet_world *world,
		     const struct cbx_fleet_request *request, const struct cbx_fleet_ask *ask,
		     bool *first)
{
	size_t count = chosen(ask);
	size_t i;

	for (i = 0; i < count; i++) {
		ptrdiff_t place = choice(ask, i);

		/* a command does not apply to ended jobs unless they are named */
		if (place < 0 || (is_command(request) && !ask->jobs && !is_live(ask, place)))
			continue;
		do_job(world, request, ask, place);
		if (!*first)
			cbx_text_putc(reply, ',');
		*first = false;
		cbx_fleet_status_write(reply, ask->system, &ask->system->jobs[place],
				       cbx_fleet_world_now(world));
	}
}

static void add_systems(struct cbx_text *reply, const struct cbx_fleet_request *request,
			bool online)
{
	bool first = true;
	size_t i;

	cbx_text_puts(reply, online ? ",\"systems\":[" : ",\"offline\":[");
	for (i = 0; i < request->count; i++) {
		if (request->asks[i].system->is_online != online)
			continue;
		if (!first)
			cbx_text_putc(reply, ',');
		first = false;
		cbx_text_json_string(reply, request->asks[i].system->name);
	}
	cbx_text_putc(reply, ']');
}

static void add_result(struct cbx_text *reply, struct cbx_fleet_world *world,
		       const struct cbx_fleet_request *request)
{
	bool first = true;
	size_t i;

	cbx_text_puts(reply, "{\"verb\":{\"event_category\":\"request_system\",\"event\":\"");
	cbx_text_puts(reply, cbx_fleet_event_name(request->event));
	cbx_text_puts(reply, "\"},\"object\":{\"jobs\":[");
	for (i = 0; i < request->count; i++)
		if (request->asks[i].system->is_online)
			add_jobs(reply, world, request, &request->asks[i], &first);
	cbx_text_putc(reply, ']');
	add_systems(reply, request, true);
	add_systems(reply, request, false);
	cbx_text_puts(reply, "}}");
}

static void add_error(struct cbx_text *reply, const struct cbx_fleet_request *request)
{
	cbx_text_puts(reply, "{\"verb\":{\"event\":\"error\"},\"object\":{\"code\":");
	cbx_text_json_string(reply, request->code);
	cbx_text_puts(reply, ",\"message\":");
	cbx_text_json_string(reply, request->message);
	cbx_text_puts(reply, "}}");
}

static void open_envelope(struct cbx_text *reply, const json_t *id)
{
	cbx_text_puts(reply, "{\"jsonrpc\":\"2.0\",\"id\":");
	if (json_is_string(id))
		cbx_text_json(reply, json_string_value(id), json_string_length(id));
	else if (json_is_integer(id))
		cbx_text_printf(reply, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
	else
		cbx_text_puts(reply, "null");
	cbx_text_puts(reply, ",\"result\":");
}

int cbx_fleet_answer(struct cbx_fleet_world *world, const char *body, size_t len,
		     enum cbx_fleet_envelope envelope, struct cbx_text *reply)
{
	cbx_auto(cbx_fleet_request_clear) struct cbx_fleet_request request;
	int error;

	error = cbx_fleet_request_read(&request, world, body, len, envelope);
	if (error)
		return error;
	if (!request.code)
		check(&request);
	if (request.envelope == CBX_FLEET_JSONRPC)
		open_envelope(reply, request.id);
	if (request.code)
		add_error(reply, &request);
	else
		add_result(reply, world, &request);
	if (request.envelope == CBX_FLEET_JSONRPC)
		cbx_text_putc(reply, '}');
	if (reply->failed)
		return -ENOMEM;
	return request.code ? 1 : 0;
}
