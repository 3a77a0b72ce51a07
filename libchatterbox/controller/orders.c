// SPDX-License-Identifier: MIT
/*
 * orders.c - orders to jobs and to the scheduler
 *
 * Decides whom pauseAll and resumeAll concern: live jobs that are not paused, and live jobs that
 * are. Both are answered at once and asked in the background.
 */
#include "controller/orders.h"

#include "road/command.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static void finish_ok(struct cbx_call *call)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	cbx_text_puts(&text, "{\"ok\":true}");
	cbx_call_done(call, &text);
}

/* nl-hdms has answered, or nobody has */
static void answered(void *user, int outcome, const char *code, const char *message)
{
	struct cbx_call *call = user;

	if (!outcome) {
		finish_ok(call);
		return;
	}
	if (outcome == CHATTERBOX_E_REFUSED || outcome == CHATTERBOX_E_DECODE) {
		snprintf(call->data, sizeof(call->data), "%s", code);
		cbx_call_fail(call, CBX_CALL_HDMS, message[0] ? message : code);
		return;
	}
	cbx_call_fail_by(call, outcome, message);
}

static void order(struct cbx_poller *poller, struct cbx_call *call, const char *event)
{
	struct cbx_flow *flow = &poller->flow;
	const struct cbx_job *job;
	char error[256] = "";
	char system[80];
	int64_t job_id = -1;
	int result = cbx_param_system(call, true, system, error);

	if (!result)
		result = cbx_param_count(call, "job_id", true, &job_id, error);
	if (!result) {
		job = cbx_job_list_find(cbx_active_jobs_get(flow->jobs, system), job_id);
		if (!job || job->phase == CBX_ENDED) {
			snprintf(error, sizeof(error), "no live job %lld of system %.64s is known",
				 (long long)job_id, system);
			result = CHATTERBOX_E_UNKNOWN;
		}
	}
	if (!result && !flow->bus_link.up) {
		snprintf(error, sizeof(error), "RabbitMQ is down");
		result = CHATTERBOX_E_DOWN;
	}
	if (!result)
		result = cbx_command_send(flow, event, system, job_id, answered, call);
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

static int order_list(struct cbx_flow *flow, const struct cbx_job_list *list, bool pause,
		      size_t *count)
{
	size_t i;
	int result = 0;

	for (i = 0; !result && i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];

		if (job->phase != CBX_LIVE || (job->kind == CBX_PAUSED) == pause)
			continue;
		result = cbx_command_send(flow, pause ? "job_pause" : "job_resume",
					  job->status->system, job->status->job_id, NULL, NULL);
		*count += !result;
	}
	return result;
}

static int order_all(struct cbx_flow *flow, const char *system, bool pause, size_t *count)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	size_t i;
	int result = cbx_active_jobs_freeze(flow->jobs, &snapshot);

	for (i = 0; !result && i < snapshot->count; i++)
		if (!system[0] || !strcmp(system, snapshot->entries[i].system))
			result = order_list(flow, snapshot->entries[i].list, pause, count);
	return result;
}

static void all(struct cbx_poller *poller, struct cbx_call *call, bool pause)
{
	struct cbx_flow *flow = &poller->flow;
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	char error[256] = "";
	char system[80];
	size_t count = 0;
	int result = cbx_param_system(call, false, system, error);

	if (!result && system[0] && !cbx_systems_find(flow->systems, system)) {
		snprintf(error, sizeof(error), "no system %.64s is known", system);
		result = CHATTERBOX_E_UNKNOWN;
	}
	if (!result && !flow->bus_link.up) {
		snprintf(error, sizeof(error), "RabbitMQ is down");
		result = CHATTERBOX_E_DOWN;
	}
	if (!result)
		result = order_all(flow, system, pause, &count);
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

void cbx_order_pause_scheduler(struct cbx_poller *poller, struct cbx_call *call)
{
	uint64_t ms = poller->flow.settings->paused_timeout_ms;
	char error[256] = "";
	int64_t seconds;

	if (cbx_param_count(call, "seconds", false, &seconds, error) < 0 || !seconds ||
	    seconds > 86400) {
		cbx_call_fail(call, CBX_CALL_PARAMS, "seconds: takes an integer 1..86400");
		return;
	}
	if (seconds > 0)
		ms = (uint64_t)seconds * 1000;
	cbx_task_pause(&poller->scheduler, ms);
	cbx_poller_show_pause(poller);
	finish_ok(call);
}

void cbx_order_resume_scheduler(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_task_resume(&poller->scheduler);
	cbx_poller_show_pause(poller);
	finish_ok(call);
}

void cbx_order_set_interval(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	int64_t seconds;

	if (cbx_param_count(call, "seconds", true, &seconds, error) < 0 ||
	    cbx_job_status_set_time_till_next_check(&poller->status, (double)seconds) < 0) {
		cbx_call_fail(call, CBX_CALL_PARAMS, "seconds: takes an integer 1..86400");
		return;
	}
	cbx_flow_show(&poller->flow);
	finish_ok(call);
}
