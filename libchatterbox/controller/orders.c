// SPDX-License-Identifier: MIT
/*
 * orders.c - calls that the poller carries out: pause, resume and kill, the scheduler, the
 * interval, errors, online and internal systems
 *
 * pauseAll concerns live jobs that are not paused, resumeAll those that are. Both are answered at
 * once; nl-hdms is asked in the background.
 */
#include "controller/orders.h"

#include "base/read.h"
#include "road/command.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finish(struct cbx_call *call, int result, const char *error)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	if (result < 0) {
		cbx_call_fail_by(call, result, error);
		return;
	}
	cbx_text_puts(&text, "{\"ok\":true}");
	cbx_call_done(call, &text);
}

static void finish_number(struct cbx_call *call, int result, const char *name, int64_t number)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	if (result < 0) {
		cbx_call_fail_by(call, result, "");
		return;
	}
	cbx_text_printf(&text, "{\"%s\":%lld}", name, (long long)number);
	cbx_call_done(call, &text);
}

/* nl-hdms has answered, or has not */
static void answered(void *user, int outcome, const char *code, const char *message)
{
	struct cbx_call *call = user;

	if (!outcome) {
		finish(call, 0, "");
		return;
	}
	if (outcome == CHATTERBOX_E_REFUSED || outcome == CHATTERBOX_E_DECODE) {
		snprintf(call->data, sizeof(call->data), "%s", code);
		call->server = CHATTERBOX_SERVER_NL_HDMS;
		cbx_call_fail(call, CBX_CALL_HDMS, message[0] ? message : code);
		return;
	}
	cbx_call_fail_by(call, outcome, message);
}

static int need_broker(const struct cbx_road *road, struct cbx_call *call, char error[256])
{
	if (road->bus_link.up)
		return 0;
	snprintf(error, 256, "RabbitMQ is down");
	call->server = CHATTERBOX_SERVER_RMQ;
	return CHATTERBOX_E_DOWN;
}

static void order(struct cbx_poller *poller, struct cbx_call *call, const char *event)
{
	struct cbx_road *road = &poller->road;
	const struct cbx_job *job;
	char error[256] = "";
	char system[80];
	int64_t job_id = -1;
	int result = cbx_param_system(call, true, system, error);

	if (!result)
		result = cbx_param_count(call, "job_id", true, &job_id, error);
	if (!result) {
		job = cbx_job_list_find(cbx_active_jobs_get(road->jobs, system), job_id);
		if (!job || job->phase == CBX_ENDED) {
			snprintf(error, sizeof(error), "no live job %lld of system %.64s is known",
				 (long long)job_id, system);
			result = CHATTERBOX_E_UNKNOWN;
		}
	}
	if (!result)
		result = need_broker(road, call, error);
	if (!result)
		result = cbx_command_send(road, event, system, job_id, answered, call);
	if (result < 0)
		cbx_call_fail_by(call, result, error);
}

void cbx_order_pause(struct cbx_poller *poller, struct cbx_call *call)
{
	order(poller, call, "job_pause");
}

void cbx_order_resume(struct cbx_poller *poller, struct cbx_call *call)
{
	order(poller, call, "job_resume");
}

void cbx_order_kill(struct cbx_poller *poller, struct cbx_call *call)
{
	order(poller, call, "job_kill");
}

static int order_list(struct cbx_road *road, const struct cbx_job_list *list, bool pause,
		      size_t *count)
{
	size_t i;
	int result = 0;

	for (i = 0; !result && i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];

		if (job->phase != CBX_LIVE || (job->kind == CBX_PAUSED) == pause)
			continue;
		result = cbx_command_send(road, pause ? "job_pause" : "job_resume",
					  job->status->system, job->status->job_id, NULL, NULL);
		*count += !result;
	}
	return result;
}

static int order_all(struct cbx_road *road, const char *system, bool pause, size_t *count)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	size_t i;
	int result = cbx_active_jobs_freeze(road->jobs, &frozen);

	for (i = 0; !result && i < frozen->count; i++)
		if (!system[0] ||
		    !strcmp(system, cbx_job_list_system(cbx_frozen_jobs_at(frozen, i))))
			result = order_list(road, cbx_frozen_jobs_at(frozen, i), pause, count);
	return result;
}

static void all(struct cbx_poller *poller, struct cbx_call *call, bool pause)
{
	struct cbx_road *road = &poller->road;
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	char error[256] = "";
	char system[80];
	size_t count = 0;
	int result = cbx_param_system(call, false, system, error);

	if (!result && system[0] && !cbx_systems_find(road->systems, system)) {
		snprintf(error, sizeof(error), "no system %.64s is known", system);
		result = CHATTERBOX_E_UNKNOWN;
	}
	if (!result)
		result = need_broker(road, call, error);
	if (!result)
		result = order_all(road, system, pause, &count);
	if (result < 0) {
		cbx_call_fail_by(call, result, error);
		return;
	}
	cbx_text_printf(&text, "{\"jobs\":%zu}", count);
	cbx_call_done(call, &text);
}

void cbx_order_pause_all(struct cbx_poller *poller, struct cbx_call *call)
{
	all(poller, call, true);
}

void cbx_order_resume_all(struct cbx_poller *poller, struct cbx_call *call)
{
	all(poller, call, false);
}

void cbx_order_poll(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	bool discovery;

	if (cbx_param_flag(call, "discovery", &discovery, error) < 0) {
		cbx_call_fail(call, CBX_CALL_PARAMS, error);
		return;
	}
	if (discovery)
		poller->status.update_database_task.wanted = true;
	else
		poller->status.check_status_task.wanted = true;
	finish(call, 0, "");
}

void cbx_order_set_interval(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	int64_t seconds;

	if (cbx_param_count(call, "seconds", true, &seconds, error) < 0 ||
	    cbx_job_status_set_time_till_next_check(&poller->status, cbx_ns((double)seconds)) < 0) {
		cbx_call_fail(call, CBX_CALL_PARAMS, "seconds: takes an integer 1..86400");
		return;
	}
	cbx_road_update_snapshot(&poller->road);
	finish(call, 0, "");
}

void cbx_order_delete_entry(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	char system[80];
	int64_t job_id = -1;
	int result = cbx_param_system(call, true, system, error);

	if (!result)
		result = cbx_param_count(call, "job_id", true, &job_id, error);
	if (!result)
		result = cbx_cleanup_delete_entry(&poller->cleanup, system, job_id);
	if (result == 1) {
		snprintf(error, sizeof(error), "no errored job %lld of system %.64s is known",
			 (long long)job_id, system);
		result = CHATTERBOX_E_UNKNOWN;
	}
	finish(call, result, error);
}

void cbx_order_send_status(struct cbx_poller *poller, struct cbx_call *call)
{
	poller->status.send_status_task.perform(poller->status.send_status_task.user);
	finish(call, 0, "");
}

/* One error of the array, borrowed from the JSON */
static int read_error(const json_t *value, struct cbx_error_row *row, char system[80],
		      char error[256])
{
	const json_t *id = json_object_get(value, "job_id");
	const char *name = json_string_value(json_object_get(value, "system"));
	size_t len = name ? strlen(name) : 0;

	*row = (struct cbx_error_row){
		.job_id = json_is_integer(id) ? json_integer_value(id) : CBX_NO_COUNT,
		.job_type = json_string_value(json_object_get(value, "job_type")),
		.code = json_string_value(json_object_get(value, "code")),
		.message = json_string_value(json_object_get(value, "message")),
		.origin = json_string_value(json_object_get(value, "origin")),
	};
	if (!name || !cbx_system_name(&name, &len) || !row->code || !row->code[0] ||
	    strlen(row->code) > 64 || row->job_id < CBX_NO_COUNT) {
		snprintf(error, 256,
			 "errors: each takes a system, a code of 1..64 bytes and, if "
			 "it is of a job, a job_id");
		return -EINVAL;
	}
	memcpy(system, name, len);
	system[len] = '\0';
	row->system = system;
	if (!row->message)
		row->message = row->code;
	return 0;
}

static int store_all(struct cbx_poller *poller, const json_t *list, bool note, char error[256])
{
	size_t count = json_array_size(list);
	cbx_auto(cbx_freep) struct cbx_error_row *rows = calloc(count + 1, sizeof(*rows));
	cbx_auto(cbx_freep) char(*names)[80] = calloc(count + 1, sizeof(*names));
	size_t i;
	int result = rows && names ? 0 : -ENOMEM;

	for (i = 0; !result && i < count; i++)
		result = read_error(json_array_get(list, i), &rows[i], names[i], error);
	if (!result && count)
		result = cbx_errors_store(&poller->errors, rows, count);
	if (!result)
		cbx_incident_keeper_note_errors(&poller->incidents, rows, count);
	for (i = 0; !result && note && i < count; i++)
		if (!strncmp(rows[i].code, "content_server", strlen("content_server")))
			result = cbx_errors_note_access(&poller->errors, rows[i].system, "denied",
							rows[i].message);
	return result;
}

static void store(struct cbx_poller *poller, struct cbx_call *call, bool note)
{
	const json_t *list = json_object_get(call->params, "errors");
	char error[256] = "errors: takes an array";
	int result = json_is_array(list) ? 0 : -EINVAL;

	if (!result) {
		error[0] = '\0';
		result = store_all(poller, list, note, error);
	}
	finish(call, result, error);
}

void cbx_order_report_errors(struct cbx_poller *poller, struct cbx_call *call)
{
	store(poller, call, true);
}

void cbx_order_store_errors(struct cbx_poller *poller, struct cbx_call *call)
{
	store(poller, call, false);
}

void cbx_order_add_syncing(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	char system[80];
	int result = cbx_param_system(call, true, system, error);

	if (!result)
		result = cbx_errors_add_syncing(&poller->errors, system);
	finish(call, result, error);
}

void cbx_order_remove_syncing(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	char system[80];
	int result = cbx_param_system(call, true, system, error);

	if (!result)
		cbx_errors_remove_syncing(&poller->errors, system);
	finish(call, result, error);
}

void cbx_order_is_syncing(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	char system[80];

	if (cbx_param_system(call, true, system, error) < 0) {
		cbx_call_fail(call, CBX_CALL_PARAMS, error);
		return;
	}
	finish_number(call, 0, "syncing", cbx_errors_is_syncing(&poller->errors, system));
}

void cbx_order_populate_online(struct cbx_poller *poller, struct cbx_call *call)
{
	int result = cbx_online_systems_populate(&poller->online);

	finish(call, result < 0 ? result : 0, "");
}

void cbx_order_update_configuration(struct cbx_poller *poller, struct cbx_call *call)
{
	if (!poller->road.sql_link.up) {
		finish(call, CHATTERBOX_E_DOWN, "");
		return;
	}
	cbx_job_status_reread(&poller->status);
	finish(call, cbx_road_update_snapshot(&poller->road), "");
}

void cbx_order_populate_internal(struct cbx_poller *poller, struct cbx_call *call)
{
	finish(call, cbx_internal_systems_populate(&poller->internal), "");
}

void cbx_order_clean_internal(struct cbx_poller *poller, struct cbx_call *call)
{
	size_t removed = 0;
	int result = cbx_internal_systems_clean_up(&poller->internal, &removed);

	finish_number(call, result, "removed", (int64_t)removed);
}

static void one_internal(struct cbx_poller *poller, struct cbx_call *call,
			 int (*act)(struct cbx_internal_systems *internal, const char *system))
{
	char error[256] = "";
	char system[80];
	int result = cbx_param_system(call, true, system, error);

	if (!result)
		result = act(&poller->internal, system);
	finish(call, result, error);
}

void cbx_order_put_internal(struct cbx_poller *poller, struct cbx_call *call)
{
	one_internal(poller, call, cbx_internal_systems_put);
}

void cbx_order_remove_internal(struct cbx_poller *poller, struct cbx_call *call)
{
	one_internal(poller, call, cbx_internal_systems_remove);
}
