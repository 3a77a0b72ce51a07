// SPDX-License-Identifier: MIT
/* api/query.c - what hosts read: documents by topic, and the values that have a type */
#include "api/api.h"

#include "base/error.h"
#include "base/read.h"
#include "common/json.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *method_of(enum chatterbox_topic topic)
{
	switch (topic) {
	case CHATTERBOX_TOPIC_JOBS:
		return "chatterbox.jobs";
	case CHATTERBOX_TOPIC_JOB:
		return "chatterbox.job";
	case CHATTERBOX_TOPIC_SYSTEMS:
		return "chatterbox.systems";
	case CHATTERBOX_TOPIC_SYSTEM:
		return "chatterbox.system";
	case CHATTERBOX_TOPIC_SUMMARY:
		return "chatterbox.summary";
	case CHATTERBOX_TOPIC_ERRORS:
		return "nl-ocd.server.errors.get";
	case CHATTERBOX_TOPIC_INTERNAL_SYSTEMS:
		return "chatterbox.internal_systems";
	case CHATTERBOX_TOPIC_EVENTS:
		return "chatterbox.events";
	case CHATTERBOX_TOPIC_CLEAN_UP:
		return "nl-ocd.content.job.cleanUpErrored";
	case CHATTERBOX_TOPIC_HISTORY:
		return "nl-ocd.content.job.history";
	case CHATTERBOX_TOPIC_INCIDENTS:
		return "nl-ocd.server.incidents.get";
	case CHATTERBOX_TOPIC_INCIDENT:
		return "nl-ocd.server.incidents.find";
	case CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP:
		return "nl-ocd.server.incidents.cleanUp";
	case CHATTERBOX_TOPIC_OUTLOOK:
		return "nl-ocd.content.outlook";
	case CHATTERBOX_TOPIC_EXPLAIN:
		return "nl-ocd.content.job.explain";
	}
	return NULL;
}

static int read_params(const char *text, json_t **out, struct chatterbox_error *error)
{
	json_error_t why = { 0 };
	json_t *params = NULL;
	int result = cbx_json_read(text ? text : "{}", text ? strlen(text) : 2, &params, &why);

	if (result == -ENOMEM)
		return cbx_fail(error, result, CHATTERBOX_SERVER_NONE, "%s", "");
	if (!json_is_object(params)) {
		json_decref(params);
		return cbx_fail(error, -EINVAL, CHATTERBOX_SERVER_NONE,
				"parameters: takes a JSON object%s%s", *why.text ? ": " : "",
				why.text);
	}
	*out = params;
	return 0;
}

int chatterbox_query(struct chatterbox *box, enum chatterbox_topic topic, const char *params,
		     chatterbox_done_fn done, void *user, char **json,
		     struct chatterbox_error *error)
{
	const struct cbx_api_reply reply = { done, user, error, NULL, json };
	const char *method = method_of(topic);
	json_t *parsed = NULL;
	int result;

	if (!method)
		return cbx_fail(error, -EINVAL, CHATTERBOX_SERVER_NONE, "there is no such topic");
	result = read_params(params, &parsed, error);
	/* a query changes nothing */
	if (!result &&
	    (topic == CHATTERBOX_TOPIC_CLEAN_UP || topic == CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP) &&
	    json_object_set_new(parsed, "dry_run", json_true()) < 0) {
		json_decref(parsed);
		return cbx_fail(error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	}
	return result < 0 ? result : cbx_api_call(box, method, parsed, &reply);
}

enum chatterbox_role chatterbox_get_role(struct chatterbox *box)
{
	if (box->lease_keeper.observer)
		return CHATTERBOX_ROLE_OBSERVER;
	return cbx_leadership_epoch(&box->leadership) ? CHATTERBOX_ROLE_LEADER
						      : CHATTERBOX_ROLE_STANDBY;
}

enum chatterbox_load chatterbox_get_load(struct chatterbox *box)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&box->slot);
	enum chatterbox_load load;

	for (load = CHATTERBOX_LOAD_CYCLE;
	     snapshot->load_reason && load <= CHATTERBOX_LOAD_REPLY_TIME; load++)
		if (!strcmp(snapshot->load_reason, chatterbox_load_to_string(load)))
			return load;
	return CHATTERBOX_LOAD_CALM;
}

double chatterbox_get_interval(struct chatterbox *box, double *current)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&box->slot);

	if (current)
		*current = (double)snapshot->interval_current_ns / CBX_SECOND;
	return (double)snapshot->interval_base_ns / CBX_SECOND;
}

enum chatterbox_system_state chatterbox_get_system_state(struct chatterbox *box, const char *name)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&box->slot);
	char trimmed[80];
	const struct cbx_system *system =
		cbx_system_list_find(snapshot->systems, cbx_system_trim(name, trimmed));

	return system ? (enum chatterbox_system_state)system->state : CHATTERBOX_SYSTEM_UNKNOWN;
}
