// SPDX-License-Identifier: MIT
/*
 * orders.c - the routes that wait for the engine's threads, and what they make of the answer
 *
 * The library refuses what is not allowed, and says why. Here is only what HTTP alone knows: what a
 * body may contain, and that removing an error that does not exist is a 404.
 */
#include "calls.h"
#include "exchange.h"
#include "problem.h"

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
const struct cbd_member cbd_order_all_body[] = {
	{ .name = "system", .kind = CBD_MEMBER_TEXT },
	{ .name = NULL },
};
const struct cbd_member cbd_order_clean_up_body[] = {
	{ .name = "system", .kind = CBD_MEMBER_TEXT },
	{ .name = "older_than", .kind = CBD_MEMBER_INTEGER },
	{ .name = "dry_run", .kind = CBD_MEMBER_BOOLEAN },
	{ .name = NULL },
};
const struct cbd_member cbd_order_no_body[] = { { .name = NULL } };

static int start_interval(struct cbd_request *request, chatterbox_done_fn done, void *user,
			  struct chatterbox_error *error)
{
	const json_t *seconds = json_object_get(request->params, "seconds");

	return chatterbox_set_interval(request->box, json_integer_value(seconds), done, user,
				       error);
}

void cbd_order_interval(struct cbd_request *request)
{
	cbd_call(request, start_interval, NULL);
}

static int start_pause(struct cbd_request *request, chatterbox_done_fn done, void *user,
		       struct chatterbox_error *error)
{
	const json_t *seconds = json_object_get(request->params, "seconds");

	return chatterbox_pause_tasks(request->box, json_integer_value(seconds), done, user, error);
}

/* Without a number it lasts as long as the configuration says; 0 is no number of seconds */
void cbd_order_pause(struct cbd_request *request)
{
	const json_t *seconds = json_object_get(request->params, "seconds");

	if (json_is_integer(seconds) && !json_integer_value(seconds))
		cbd_answer_problem(request, 400, "seconds: takes an integer 1..86400");
	else
		cbd_call(request, start_pause, NULL);
}

static int start_resume(struct cbd_request *request, chatterbox_done_fn done, void *user,
			struct chatterbox_error *error)
{
	return chatterbox_resume_tasks(request->box, done, user, error);
}

void cbd_order_resume(struct cbd_request *request)
{
	cbd_call(request, start_resume, NULL);
}

static int start_poll(struct cbd_request *request, chatterbox_done_fn done, void *user,
		      struct chatterbox_error *error)
{
	return json_is_true(json_object_get(request->params, "discovery"))
		       ? chatterbox_update_database(request->box, done, user, error)
		       : chatterbox_poll_jobs(request->box, done, user, error);
}

/* The round has been ordered, not run */
static void ordered(struct cbd_request *request, const struct chatterbox_answer *answer)
{
	cbd_answer_json(request, 202, answer->json);
}

void cbd_order_poll(struct cbd_request *request)
{
	cbd_call(request, start_poll, ordered);
}

static int start_job_pause(struct cbd_request *request, chatterbox_done_fn done, void *user,
			   struct chatterbox_error *error)
{
	return chatterbox_pause_job(request->box, request->match.params[0],
				    cbd_number_of(request->match.params[1]), done, user, error);
}

static int start_job_resume(struct cbd_request *request, chatterbox_done_fn done, void *user,
			    struct chatterbox_error *error)
{
	return chatterbox_resume_job(request->box, request->match.params[0],
				     cbd_number_of(request->match.params[1]), done, user, error);
}

static int start_job_kill(struct cbd_request *request, chatterbox_done_fn done, void *user,
			  struct chatterbox_error *error)
{
	return chatterbox_kill_job(request->box, request->match.params[0],
				   cbd_number_of(request->match.params[1]), done, user, error);
}

static void order_job(struct cbd_request *request, cbd_call_fn start)
{
	if (cbd_number_of(request->match.params[1]) < 0)
		cbd_answer_problem(request, 404, chatterbox_strerror(CHATTERBOX_E_UNKNOWN));
	else
		cbd_call(request, start, NULL);
}

void cbd_order_job_pause(struct cbd_request *request)
{
	order_job(request, start_job_pause);
}

void cbd_order_job_resume(struct cbd_request *request)
{
	order_job(request, start_job_resume);
}

void cbd_order_job_kill(struct cbd_request *request)
{
	order_job(request, start_job_kill);
}

static int start_errors(struct cbd_request *request, chatterbox_done_fn done, void *user,
			struct chatterbox_error *error)
{
	return chatterbox_query(request->box, CHATTERBOX_TOPIC_ERRORS, request->query, done, user,
				NULL, error);
}

void cbd_order_errors(struct cbd_request *request)
{
	cbd_call(request, start_errors, NULL);
}

#define NO_SUCH_ERROR "there is no error with this id"

static int start_remove(struct cbd_request *request, chatterbox_done_fn done, void *user,
			struct chatterbox_error *error)
{
	int64_t id = cbd_number_of(request->match.params[0]);

	return chatterbox_errors_remove(request->box, NULL, &id, 1, done, user, error);
}

static void removed(struct cbd_request *request, const struct chatterbox_answer *answer)
{
	if (answer->result > 0)
		cbd_answer_json(request, 200, answer->json);
	else
		cbd_answer_problem(request, 404, NO_SUCH_ERROR);
}

void cbd_order_remove_error(struct cbd_request *request)
{
	if (cbd_number_of(request->match.params[0]) < 0)
		cbd_answer_problem(request, 404, NO_SUCH_ERROR);
	else
		cbd_call(request, start_remove, removed);
}
