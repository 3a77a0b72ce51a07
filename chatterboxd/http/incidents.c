// SPDX-License-Identifier: MIT
/* incidents.c - the routes of incidents: the list, one with its systems and jobs, and its clean-up
 */
#include "calls.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "exchange.h"
#include "problem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int start_list(struct cbd_request *request, chatterbox_done_fn done, void *user,
		      struct chatterbox_error *error)
{
	return chatterbox_query(request->box, CHATTERBOX_TOPIC_INCIDENTS, request->query, done,
				user, NULL, error);
}

void cbd_incidents(struct cbd_request *request)
{
	cbd_call(request, start_list, NULL);
}

/* The parameters of the query, with the id that the path names */
static char *params_of(const struct cbd_request *request)
{
	json_t *params = NULL;
	char *text = NULL;

	if (cbx_json_read(request->query, strlen(request->query), &params, NULL) < 0)
		return NULL;
	if (json_object_set_new(params, "id",
				json_integer(cbd_number_of(request->match.params[0]))) == 0)
		text = cbx_json_text(params);
	json_decref(params);
	return text;
}

static int start_one(struct cbd_request *request, chatterbox_done_fn done, void *user,
		     struct chatterbox_error *error)
{
	cbx_auto(cbx_freep) char *params = params_of(request);

	if (!params) {
		*error = (struct chatterbox_error){ .code = -ENOMEM, .text = "out of memory" };
		return -ENOMEM;
	}
	return chatterbox_query(request->box, CHATTERBOX_TOPIC_INCIDENT, params, done, user, NULL,
				error);
}

#define NO_SUCH_INCIDENT "there is no incident with this id"

void cbd_incident(struct cbd_request *request)
{
	if (cbd_number_of(request->match.params[0]) < 0)
		cbd_answer_problem(request, 404, NO_SUCH_INCIDENT);
	else
		cbd_call(request, start_one, NULL);
}

const struct cbd_member cbd_incident_clean_up_body[] = {
	{ .name = "dry_run", .kind = CBD_MEMBER_BOOLEAN },
	{ .name = NULL },
};

static int start_clean_up(struct cbd_request *request, chatterbox_done_fn done, void *user,
			  struct chatterbox_error *error)
{
	return chatterbox_incidents_clean_up(request->box, cbd_number_of(request->match.params[0]),
					     done, user, error);
}

static int start_dry_run(struct cbd_request *request, chatterbox_done_fn done, void *user,
			 struct chatterbox_error *error)
{
	char params[48];

	snprintf(params, sizeof(params), "{\"id\":%lld}",
		 (long long)cbd_number_of(request->match.params[0]));
	return chatterbox_query(request->box, CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP, params, done,
				user, NULL, error);
}

void cbd_incident_clean_up(struct cbd_request *request)
{
	bool dry = json_is_true(json_object_get(request->params, "dry_run"));

	if (cbd_number_of(request->match.params[0]) < 0)
		cbd_answer_problem(request, 404, NO_SUCH_INCIDENT);
	else
		cbd_call(request, dry ? start_dry_run : start_clean_up, NULL);
}
