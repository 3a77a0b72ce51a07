// SPDX-License-Identifier: MIT
/* history.c - the routes of history and explain: of a job, and of a system with all its jobs */
#include "calls.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "exchange.h"
#include "problem.h"

#include <errno.h>
#include <string.h>

/* The parameters of the query, with what the path names; a negative number names no job */
static char *params_of(const struct cbd_request *request, int64_t job_id)
{
	json_t *params = NULL;
	char *text = NULL;

	if (cbx_json_read(request->query, strlen(request->query), &params, NULL) < 0)
		return NULL;
	if (json_object_set_new(params, "system", json_string(request->match.params[0])) == 0 &&
	    (job_id < 0 || json_object_set_new(params, "job_id", json_integer(job_id)) == 0))
		text = cbx_json_text(params);
	json_decref(params);
	return text;
}

static int start(struct cbd_request *request, enum chatterbox_topic topic, int64_t job_id,
		 chatterbox_done_fn done, void *user, struct chatterbox_error *error)
{
	cbx_auto(cbx_freep) char *params = params_of(request, job_id);

	if (!params) {
		*error = (struct chatterbox_error){ .code = -ENOMEM, .text = "out of memory" };
		return -ENOMEM;
	}
	return chatterbox_query(request->box, topic, params, done, user, NULL, error);
}

static int start_system(struct cbd_request *request, chatterbox_done_fn done, void *user,
			struct chatterbox_error *error)
{
	return start(request, CHATTERBOX_TOPIC_HISTORY, -1, done, user, error);
}

void cbd_history_of_system(struct cbd_request *request)
{
	cbd_call(request, start_system, NULL);
}

static int start_job(struct cbd_request *request, chatterbox_done_fn done, void *user,
		     struct chatterbox_error *error)
{
	return start(request, CHATTERBOX_TOPIC_HISTORY, cbd_number_of(request->match.params[1]),
		     done, user, error);
}

void cbd_history_of_job(struct cbd_request *request)
{
	if (cbd_number_of(request->match.params[1]) < 0)
		cbd_answer_problem(request, 404, chatterbox_strerror(CHATTERBOX_E_UNKNOWN));
	else
		cbd_call(request, start_job, NULL);
}

static int start_explain_system(struct cbd_request *request, chatterbox_done_fn done, void *user,
				struct chatterbox_error *error)
{
	return start(request, CHATTERBOX_TOPIC_EXPLAIN, -1, done, user, error);
}

void cbd_explain_system(struct cbd_request *request)
{
	cbd_call(request, start_explain_system, NULL);
}

static int start_explain_job(struct cbd_request *request, chatterbox_done_fn done, void *user,
			     struct chatterbox_error *error)
{
	return start(request, CHATTERBOX_TOPIC_EXPLAIN, cbd_number_of(request->match.params[1]),
		     done, user, error);
}

void cbd_explain_job(struct cbd_request *request)
{
	if (cbd_number_of(request->match.params[1]) < 0)
		cbd_answer_problem(request, 404, chatterbox_strerror(CHATTERBOX_E_UNKNOWN));
	else
		cbd_call(request, start_explain_job, NULL);
}
