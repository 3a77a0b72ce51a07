// SPDX-License-Identifier: MIT
/* methods.c - the class Engine: what JavaScript asks of an engine, and how it is closed */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>

struct closing {
	struct addon_promise promise;
	napi_async_work work;
};

static void finalize(napi_env env, void *data, void *hint)
{
	struct addon_engine *engine = data;

	(void)hint;
	if (engine->handlers)
		napi_delete_reference(env, engine->handlers);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

/* --- its methods --- */

/* new Engine(handlers) */
static napi_value construct(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine;
	napi_value this = NULL;
	napi_value handlers = NULL;

	if (!addon_constructs(env, info, 1, &handlers, &this))
		return NULL;
	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return addon_fail(env, -ENOMEM, "out of memory");
	engine->env = env;
	pthread_mutex_init(&engine->lock, NULL);
	if (napi_create_reference(env, handlers, 1, &engine->handlers) != napi_ok ||
	    !addon_wrap(env, this, &addon_engine_tag, engine, finalize)) {
		free(engine);
		napi_throw_type_error(env, NULL, "new Engine(handlers)");
	}
	return this;
}

static struct addon_engine *running(napi_env env, napi_callback_info info, size_t count,
				    napi_value *arguments)
{
	struct addon_engine *engine = addon_unwrap(env, info, &addon_engine_tag, count, arguments);

	if (!engine || (engine->box && !engine->closing))
		return engine;
	addon_fail(env, CHATTERBOX_E_DOWN, "it is closed");
	return NULL;
}

/* jobs(system) -> Buffer */
static napi_value get_jobs(napi_env env, napi_callback_info info)
{
	napi_value name = NULL;
	struct addon_engine *engine = running(env, info, 1, &name);
	struct chatterbox_jobs *jobs = NULL;
	napi_value buffer = NULL;
	char *system, *text = NULL;
	size_t len = 0;
	int result;

	if (!engine)
		return NULL;
	system = addon_text(env, name);
	result = chatterbox_get_jobs(engine->box, system, &jobs);
	if (!result)
		result = chatterbox_jobs_to_json(jobs, &text, &len);
	if (!result && napi_create_buffer_copy(env, len, text, NULL, &buffer) != napi_ok)
		result = -ENOMEM;
	free(text);
	free(system);
	chatterbox_jobs_unref(jobs);
	return result < 0 ? addon_fail(env, result, "") : buffer;
}

/* health() -> {ready, alive, text} */
static napi_value get_health(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine = running(env, info, 0, NULL);
	napi_value object = NULL;
	napi_value flag = NULL;
	char *text = NULL;
	bool ready, alive;

	if (!engine)
		return NULL;
	if (chatterbox_get_health(engine->box, &ready, &alive, &text) < 0)
		return addon_fail(env, -ENOMEM, "out of memory");
	napi_create_object(env, &object);
	napi_get_boolean(env, ready, &flag);
	addon_set(env, object, "ready", flag);
	napi_get_boolean(env, alive, &flag);
	addon_set(env, object, "alive", flag);
	addon_set(env, object, "text", addon_string(env, text));
	free(text);
	return object;
}

/* metrics() -> text */
static napi_value get_metrics(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine = running(env, info, 0, NULL);
	napi_value value;
	char *text = NULL;

	if (!engine)
		return NULL;
	if (chatterbox_get_metrics(engine->box, false, &text) < 0)
		return addon_fail(env, -ENOMEM, "out of memory");
	value = addon_string(env, text);
	free(text);
	return value;
}

/* role() -> text */
static napi_value get_role(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine = running(env, info, 0, NULL);

	return engine ? addon_string(env,
				     chatterbox_role_to_string(chatterbox_get_role(engine->box)))
		      : NULL;
}

/* interval() -> seconds */
static napi_value get_interval(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine = running(env, info, 0, NULL);
	napi_value seconds = NULL;

	if (engine)
		napi_create_double(env, chatterbox_get_interval(engine->box, NULL), &seconds);
	return seconds;
}

/* keep(running): whether it keeps the process running */
static napi_value keep(napi_env env, napi_callback_info info)
{
	napi_value value = NULL;
	struct addon_engine *engine = addon_unwrap(env, info, &addon_engine_tag, 1, &value);
	bool on = true;

	if (engine && napi_get_value_bool(env, value, &on) == napi_ok)
		addon_watch_keep(env, engine->watch, on);
	return NULL;
}

/* resume(): what the handler `later` calls, in a later turn of the loop */
static napi_value resume(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine = addon_unwrap(env, info, &addon_engine_tag, 0, NULL);

	if (engine && engine->watch)
		addon_watch_resume(engine->watch);
	return NULL;
}

/* stop(): at once, in this thread; the process is about to exit */
static napi_value stop(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine = addon_unwrap(env, info, &addon_engine_tag, 0, NULL);

	if (engine && engine->box && !engine->closing)
		chatterbox_stop(engine->box);
	if (!engine || engine->box)
		return NULL;
	/* it may be on its way: Node waits for its pool, not for an engine's threads */
	pthread_mutex_lock(&engine->lock);
	engine->leaving = true;
	if (engine->starting)
		chatterbox_stop(engine->starting);
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}

/* In a thread of Node's pool */
static void execute_close(napi_env env, void *user)
{
	struct closing *closing = user;

	(void)env;
	chatterbox_stop(closing->promise.engine->box);
}

static void complete_close(napi_env env, napi_status status, void *user)
{
	struct closing *closing = user;

	(void)status;
	napi_delete_async_work(env, closing->work);
	addon_engine_destroy(closing->promise.engine);
	addon_promise_end(&closing->promise, addon_undefined(env), NULL);
	free(closing);
}

/* close() -> Promise; not while it dispatches */
static napi_value close_engine(napi_env env, napi_callback_info info)
{
	struct addon_engine *engine = running(env, info, 0, NULL);
	struct closing *closing = engine ? calloc(1, sizeof(*closing)) : NULL;
	napi_value promise = NULL;

	if (!engine)
		return NULL;
	if (!closing || !addon_promise_begin(env, info, engine, &closing->promise, &promise) ||
	    napi_create_async_work(env, NULL, addon_string(env, "chatterbox close"), execute_close,
				   complete_close, closing, &closing->work) != napi_ok) {
		free(closing);
		return addon_fail(env, -ENOMEM, "out of memory");
	}
	engine->closing = true;
	addon_peers_close(engine);
	addon_watch_stop(engine->watch);
	engine->watch = NULL;
	napi_queue_async_work(env, closing->work);
	return promise;
}

void addon_engine_define(napi_env env, napi_value exports)
{
	static const napi_property_descriptor members[] = {
		ADDON_METHOD("open", addon_engine_open), ADDON_METHOD("call", addon_engine_call),
		ADDON_METHOD("jobs", get_jobs),          ADDON_METHOD("health", get_health),
		ADDON_METHOD("metrics", get_metrics),    ADDON_METHOD("role", get_role),
		ADDON_METHOD("interval", get_interval),  ADDON_METHOD("keep", keep),
		ADDON_METHOD("resume", resume),          ADDON_METHOD("stop", stop),
		ADDON_METHOD("close", close_engine),
	};

	addon_class(env, exports, "Engine", construct, sizeof(members) / sizeof(members[0]),
		    members);
}
