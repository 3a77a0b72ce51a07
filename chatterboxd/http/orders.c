// SPDX-License-Identifier: MIT
/*
 * orders.c - the routes that use chatterbox_call(), and what they make of its outcome
 *
 * The library decides what is allowed and says why not. Only what HTTP alone knows is decided here:
 * what a body may contain, and that removing an error that does not exist is a 404.
 */
#include "calls.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "exchange.h"
#include "problem.h"

#include <stdio.h>

#define OK "{\"ok\":true}"

const struct cbd_member cbd_order_poll_body[] = {
	{ .name = "discovery", .kind = CBD_MEMBER_BOOLEAN },
	{ .name = NULL },
};
const struct cbd_member cbd_order_interval_body[] = {
	{ .name = "seconds", .kind = CBD_MEMBER_INTEGER, .needed = true },
	{ .name = NULL },
};
const struct cbd_member cbd_order_pause_body[] = {
	{ .name = "seconds", .kind = CBD_MEMBER_INTEGER },
	{ .name = NULL },
};
const struct cbd_member cbd_order_no_body[] = { { .name = NULL } };

/* Makes the call with what the body says */
static void ask(struct cbd_request *request, const char *method)
{
	cbx_auto(cbx_freep) char *params = cbx_json_text(request->params);

	if (params)
		cbd_call(request, method, params, NULL);
	else
		cbd_answer_problem(request, 500, "out of memory");
}

void cbd_order_interval(struct cbd_request *request)
{
	ask(request, "chatterbox.job_status.set_time_till_next_check");
}

void cbd_order_pause(struct cbd_request *request)
{
	ask(request, "chatterbox.scheduler.pause");
}

void cbd_order_resume(struct cbd_request *request)
{
	ask(request, "chatterbox.scheduler.resume");
}

/* "this instance does not lead; the leader is ..." */
static void refuse_standby(struct cbd_request *request)
{
	cbx_auto(cbx_freep) char *text = NULL;
	char error[CHATTERBOX_ERROR_TEXT];
	char detail[CHATTERBOX_ERROR_TEXT];
	json_t *summary = NULL;
	const char *leader;

	if (!chatterbox_summary_query(request->box, &text, error))
		summary = json_loads(text, 0, NULL);
	leader = json_string_value(json_object_get(summary, "leader"));
	snprintf(detail, sizeof(detail), "this instance does not lead; the leader is %.128s",
		 leader && *leader ? leader : "not known");
	json_decref(summary);
	cbd_answer_problem(request, 409, detail);
}

void cbd_order_poll(struct cbd_request *request)
{
	bool discovery = json_is_true(json_object_get(request->params, "discovery"));
	int result = chatterbox_poll_now(request->box, discovery);

	if (result == CHATTERBOX_E_STANDBY)
		refuse_standby(request);
	else if (result < 0)
		cbd_answer_problem(request, cbd_problem_code(result), chatterbox_strerror(result));
	else
		cbd_answer_json(request, 202, OK);
}

static void order_job(struct cbd_request *request, const char *method)
{
	int64_t id = cbd_number_of(request->match.params[1]);
	cbx_auto(cbx_freep) char *params = NULL;
	json_t *object;

	if (id < 0) {
		cbd_answer_problem(request, 404, chatterbox_strerror(CHATTERBOX_E_UNKNOWN));
		return;
	}
	object = json_pack("{s:s, s:I}", "system", request->match.params[0], "job_id",
			   (json_int_t)id);
	params = object ? cbx_json_text(object) : NULL;
	json_decref(object);
	if (params)
		cbd_call(request, method, params, NULL);
	else
		cbd_answer_problem(request, 500, "out of memory");
}

void cbd_order_job_pause(struct cbd_request *request)
{
	order_job(request, "nl-ocd.content.job.pause");
}

void cbd_order_job_resume(struct cbd_request *request)
{
	order_job(request, "nl-ocd.content.job.resume");
}

void cbd_order_job_kill(struct cbd_request *request)
{
	order_job(request, "nl-ocd.content.job.kill");
}

void cbd_order_errors(struct cbd_request *request)
{
	cbd_call(request, "nl-ocd.server.errors.get", request->query, NULL);
}

#define NO_SUCH_ERROR "there is no error with this id"

static void removed(struct cbd_request *request, const char *result)
{
	json_t *answer = json_loads(result, 0, NULL);
	bool any = json_integer_value(json_object_get(answer, "removed")) > 0;

	json_decref(answer);
	if (any)
		cbd_answer_json(request, 200, result);
	else
		cbd_answer_problem(request, 404, NO_SUCH_ERROR);
}

void cbd_order_remove_error(struct cbd_request *request)
{
	int64_t id = cbd_number_of(request->match.params[0]);
	char params[64];

	if (id < 0) {
		cbd_answer_problem(request, 404, NO_SUCH_ERROR);
		return;
	}
	snprintf(params, sizeof(params), "{\"ids\":[%lld]}", (long long)id);
	cbd_call(request, "nl-ocd.server.errors.remove", params, removed);
}
