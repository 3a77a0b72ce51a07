// SPDX-License-Identifier: MIT
/*
 * calls.c - orders and questions, by name: each is a promise of the answer's JSON
 *
 * They are made with the library's own callback, so that nothing waits, neither JavaScript's thread
 * nor one of Node's pool. The answer comes while the engine dispatches.
 */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IDS 1000

/* What a call was given: what is missing is NULL, 0 or none */
struct arguments {
	char *text;
	int64_t number;
	int64_t *ids;
	size_t id_count;
};

typedef int (*make_fn)(struct chatterbox *box, const struct arguments *with,
		       chatterbox_done_fn done, void *user, struct chatterbox_error *error);

#define CALL(name, expression)                                                       \
	static int call_##name(struct chatterbox *box, const struct arguments *with, \
			       chatterbox_done_fn done, void *user,                  \
			       struct chatterbox_error *error)                       \
	{                                                                            \
		(void)with;                                                          \
		return (expression);                                                 \
	}
#define QUERY(name, topic) \
	CALL(name, chatterbox_query(box, topic, with->text, done, user, NULL, error))

QUERY(job, CHATTERBOX_TOPIC_JOB)
QUERY(jobs, CHATTERBOX_TOPIC_JOBS)
QUERY(system, CHATTERBOX_TOPIC_SYSTEM)
QUERY(would_clean_up, CHATTERBOX_TOPIC_CLEAN_UP)
QUERY(would_clean_up_incident, CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP)
QUERY(history, CHATTERBOX_TOPIC_HISTORY)
QUERY(outlook, CHATTERBOX_TOPIC_OUTLOOK)
QUERY(incidents, CHATTERBOX_TOPIC_INCIDENTS)
QUERY(incident, CHATTERBOX_TOPIC_INCIDENT)
QUERY(explain, CHATTERBOX_TOPIC_EXPLAIN)
QUERY(systems, CHATTERBOX_TOPIC_SYSTEMS)
QUERY(summary, CHATTERBOX_TOPIC_SUMMARY)
QUERY(errors_get, CHATTERBOX_TOPIC_ERRORS)
QUERY(internal_list, CHATTERBOX_TOPIC_INTERNAL_SYSTEMS)
QUERY(events, CHATTERBOX_TOPIC_EVENTS)
CALL(pause, chatterbox_pause_job(box, with->text, with->number, done, user, error))
CALL(resume, chatterbox_resume_job(box, with->text, with->number, done, user, error))
CALL(kill, chatterbox_kill_job(box, with->text, with->number, done, user, error))
CALL(pause_all, chatterbox_pause_jobs(box, with->text, done, user, error))
CALL(resume_all, chatterbox_resume_jobs(box, with->text, done, user, error))
CALL(clean_up, chatterbox_errors_clean_up(box, with->text, with->number, done, user, error))
CALL(clean_up_incident, chatterbox_incidents_clean_up(box, with->number, done, user, error))
CALL(poll, chatterbox_poll_jobs(box, done, user, error))
CALL(pause_tasks, chatterbox_pause_tasks(box, with->number, done, user, error))
CALL(resume_tasks, chatterbox_resume_tasks(box, done, user, error))
CALL(set_interval, chatterbox_set_interval(box, with->number, done, user, error))
CALL(update_database, chatterbox_update_database(box, done, user, error))
CALL(errors_store, chatterbox_errors_store(box, with->text, done, user, error))
CALL(errors_remove,
     chatterbox_errors_remove(box, with->text, with->ids, with->id_count, done, user, error))
CALL(online_set,
     chatterbox_online_systems_set(box, with->text, with->number != 0, done, user, error))
CALL(internal_put, chatterbox_internal_systems_put(box, with->text, done, user, error))
CALL(internal_remove, chatterbox_internal_systems_remove(box, with->text, done, user, error))

static const struct {
	const char *name;
	make_fn make;
	bool text; /* it needs one */
} calls[] = {
	{ "job", call_job, true },
	{ "jobs", call_jobs, false },
	{ "system", call_system, true },
	{ "would_clean_up", call_would_clean_up, false },
	{ "would_clean_up_incident", call_would_clean_up_incident, true },
	{ "history", call_history, true },
	{ "outlook", call_outlook, false },
	{ "incidents", call_incidents, false },
	{ "incident", call_incident, true },
	{ "explain", call_explain, true },
	{ "systems", call_systems, false },
	{ "summary", call_summary, false },
	{ "errors_get", call_errors_get, false },
	{ "internal_list", call_internal_list, false },
	{ "events", call_events, false },
	{ "pause", call_pause, true },
	{ "resume", call_resume, true },
	{ "kill", call_kill, true },
	{ "pause_all", call_pause_all, false },
	{ "resume_all", call_resume_all, false },
	{ "clean_up", call_clean_up, false },
	{ "clean_up_incident", call_clean_up_incident, false },
	{ "poll", call_poll, false },
	{ "pause_tasks", call_pause_tasks, false },
	{ "resume_tasks", call_resume_tasks, false },
	{ "set_interval", call_set_interval, false },
	{ "update_database", call_update_database, false },
	{ "errors_store", call_errors_store, true },
	{ "errors_remove", call_errors_remove, false },
	{ "online_set", call_online_set, true },
	{ "internal_put", call_internal_put, true },
	{ "internal_remove", call_internal_remove, true },
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* In JavaScript's thread, inside chatterbox_dispatch() or chatterbox_unref() */
static void done(void *user, const struct chatterbox_answer *answer)
{
	struct addon_promise *promise = user;
	napi_env env = promise->engine->env;
	napi_handle_scope scope = NULL;

	if (promise->engine->ended || napi_open_handle_scope(env, &scope) != napi_ok) {
		free(promise);
		return;
	}
	addon_promise_end(promise, answer->error ? NULL : addon_string(env, answer->json),
			  answer->error);
	napi_close_handle_scope(env, scope);
	free(promise);
}

static bool take_ids(napi_env env, napi_value list, struct arguments *with)
{
	uint32_t count = 0;
	uint32_t i;

	if (napi_get_array_length(env, list, &count) != napi_ok || count > IDS)
		return false;
	with->ids = calloc((size_t)count + 1, sizeof(*with->ids));
	for (i = 0; with->ids && i < count; i++) {
		napi_value number = NULL;

		if (napi_get_element(env, list, i, &number) != napi_ok ||
		    napi_get_value_int64(env, number, &with->ids[i]) != napi_ok)
			return false;
	}
	with->id_count = count;
	return with->ids != NULL;
}

/* @number: a number, true or false, an array of numbers, or undefined */
static bool take_arguments(napi_env env, napi_value text, napi_value number, struct arguments *with)
{
	bool flag = false;
	bool array = false;

	with->text = addon_text(env, text);
	if (addon_is(env, text, napi_string) && !with->text)
		return false;
	if (addon_is(env, number, napi_number))
		return napi_get_value_int64(env, number, &with->number) == napi_ok;
	if (addon_is(env, number, napi_boolean) &&
	    napi_get_value_bool(env, number, &flag) == napi_ok) {
		with->number = flag;
		return true;
	}
	if (napi_is_array(env, number, &array) == napi_ok && array)
		return take_ids(env, number, with);
	return addon_is(env, number, napi_undefined);
}

static make_fn find(napi_env env, napi_value name, bool has_text)
{
	char *text = addon_text(env, name);
	make_fn make = NULL;
	size_t i;

	for (i = 0; text && i < CALLS; i++)
		if (!strcmp(calls[i].name, text) && (has_text || !calls[i].text))
			make = calls[i].make;
	free(text);
	return make;
}

static napi_value begin(napi_env env, napi_callback_info info, struct addon_engine *engine,
			make_fn make, const struct arguments *with)
{
	struct addon_promise *promise = calloc(1, sizeof(*promise));
	struct chatterbox_error error;
	napi_value value = NULL;
	int result;

	if (!promise || !addon_promise_begin(env, info, engine, promise, &value)) {
		free(promise);
		return addon_fail(env, -ENOMEM, "out of memory");
	}
	result = make(engine->box, with, done, promise, &error);
	if (result < 0) {
		addon_promise_end(promise, NULL, &error);
		free(promise);
	}
	return value;
}

napi_value addon_engine_call(napi_env env, napi_callback_info info)
{
	napi_value given[3] = { NULL };
	struct addon_engine *engine = addon_unwrap(env, info, &addon_engine_tag, 3, given);
	struct arguments with = { 0 };
	napi_value value = NULL;
	make_fn make;

	if (!engine)
		return NULL;
	if (!engine->box || engine->closing)
		return addon_fail(env, CHATTERBOX_E_DOWN, "it is closed");
	if (!take_arguments(env, given[1], given[2], &with))
		addon_fail(env, -EINVAL, "an argument is not what it should be");
	else if ((make = find(env, given[0], with.text != NULL)) == NULL)
		addon_fail(env, -EINVAL, "there is no such call");
	else
		value = begin(env, info, engine, make, &with);
	free(with.text);
	free(with.ids);
	return value;
}
