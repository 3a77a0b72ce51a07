// SPDX-License-Identifier: MIT
/* bulk.c - the routes that concern many jobs or errors at once; each is the call of the same name
 */
#include "calls.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "exchange.h"
#include "problem.h"

#include <errno.h>
#include <string.h>

/* Of the body; NULL = all systems */
static const char *system_of(const struct cbd_request *request)
{
	return json_string_value(json_object_get(request->params, "system"));
}

static int start_pause_all(struct cbd_request *request, chatterbox_done_fn done, void *user,
			   struct chatterbox_error *error)
{
	return chatterbox_pause_jobs(request->box, system_of(request), done, user, error);
}

void cbd_order_pause_all(struct cbd_request *request)
{
	cbd_call(request, start_pause_all, NULL);
}

static int start_resume_all(struct cbd_request *request, chatterbox_done_fn done, void *user,
			    struct chatterbox_error *error)
{
	return chatterbox_resume_jobs(request->box, system_of(request), done, user, error);
}

void cbd_order_resume_all(struct cbd_request *request)
{
	cbd_call(request, start_resume_all, NULL);
}

static int start_clean_up(struct cbd_request *request, chatterbox_done_fn done, void *user,
			  struct chatterbox_error *error)
{
	const json_t *older_than = json_object_get(request->params, "older_than");

	return chatterbox_errors_clean_up(request->box, system_of(request),
					  json_integer_value(older_than), done, user, error);
}

static int start_dry_run(struct cbd_request *request, chatterbox_done_fn done, void *user,
			 struct chatterbox_error *error)
{
	cbx_auto(cbx_freep) char *params = cbx_json_text(request->params);

	if (!params) {
		*error = (struct chatterbox_error){ .code = -ENOMEM, .text = "out of memory" };
		return -ENOMEM;
	}
	return chatterbox_query(request->box, CHATTERBOX_TOPIC_CLEAN_UP, params, done, user, NULL,
				error);
}

void cbd_order_clean_up(struct cbd_request *request)
{
	bool dry = json_is_true(json_object_get(request->params, "dry_run"));

	cbd_call(request, dry ? start_dry_run : start_clean_up, NULL);
}

static int start_remove_errors(struct cbd_request *request, chatterbox_done_fn done, void *user,
			       struct chatterbox_error *error)
{
	json_t *query = NULL;
	const char *system;
	int result;

	cbx_json_read(request->query, strlen(request->query), &query, NULL);
	system = json_string_value(json_object_get(query, "system"));
	if (system) {
		result = chatterbox_errors_remove(request->box, system, NULL, 0, done, user, error);
	} else {
		result = query ? -EINVAL : -ENOMEM;
		*error = (struct chatterbox_error){ .code = result, .text = "system: is missing" };
	}
	json_decref(query);
	return result;
}

void cbd_order_remove_errors(struct cbd_request *request)
{
	cbd_call(request, start_remove_errors, NULL);
}
