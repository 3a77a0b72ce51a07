// SPDX-License-Identifier: MIT
/*
 * open.c - from a configuration to a running engine, beside JavaScript's thread
 *
 * Reading a file and connecting may take their time. An engine inside Node is an observer unless
 * its configuration says otherwise: it follows what chatterboxd does, and never competes with it.
 */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVER "{\"chatterbox\":{\"role\":\"observer\"}}"

struct opening {
	struct addon_promise promise;
	napi_async_work work;
	char *file, *text;  /* one of them, or none */
	char **environment; /* as environ(7) */
	struct chatterbox_config *config;
	struct chatterbox *box;
	struct chatterbox_error error;
	int result;
};

static void opening_free(struct opening *opening)
{
	size_t i;

	for (i = 0; opening->environment && opening->environment[i]; i++)
		free(opening->environment[i]);
	free(opening->environment);
	free(opening->file);
	free(opening->text);
	chatterbox_config_unref(opening->config);
	free(opening);
}

static int configure(struct opening *opening)
{
	int result = chatterbox_config_new(&opening->config);

	if (!result)
		result = chatterbox_config_load_text(opening->config, OBSERVER, "of the addon");
	if (!result && opening->file)
		result = chatterbox_config_load_file(opening->config, opening->file);
	if (!result && opening->text)
		result = chatterbox_config_load_text(opening->config, opening->text,
						     "handed to open()");
	if (!result && opening->environment)
		result = chatterbox_config_load_environment(opening->config, opening->environment);
	return result;
}

/* Unless the process exits meanwhile: see stop() in methods.c */
static int start(struct opening *opening)
{
	struct addon_engine *engine = opening->promise.engine;
	struct chatterbox_observer observer = addon_engine_observer;
	int result = CHATTERBOX_E_DOWN;

	observer.user = engine;
	pthread_mutex_lock(&engine->lock);
	if (!engine->leaving)
		result = chatterbox_start(opening->box, &observer, &opening->error);
	if (!result)
		engine->starting = opening->box;
	pthread_mutex_unlock(&engine->lock);
	return result;
}

/* In a thread of Node's pool */
static void execute(napi_env env, void *user)
{
	struct opening *opening = user;
	int result = configure(opening);

	(void)env;
	if (result == -ENOMEM)
		opening->error = (struct chatterbox_error){ .code = result };
	else /* also what is no JSON at all is a problem that it knows */
		result = chatterbox_config_check(opening->config, &opening->error);
	if (!result)
		result =
			chatterbox_new(opening->config, NULL, NULL, &opening->box, &opening->error);
	if (!result)
		result = start(opening);
	opening->result = result;
	if (result < 0)
		opening->box = chatterbox_unref(opening->box);
}

static napi_value warnings_of(napi_env env, const struct chatterbox_config *config)
{
	size_t count = chatterbox_config_problem_count(config);
	napi_value list = NULL;
	size_t i;

	napi_create_array(env, &list);
	for (i = 0; i < count; i++)
		napi_set_element(env, list, (uint32_t)i,
				 addon_string(env, chatterbox_config_problem_at(config, i, NULL)));
	return list;
}

/* In JavaScript's thread again, if it still runs */
static void complete(napi_env env, napi_status status, void *user)
{
	struct opening *opening = user;
	struct addon_engine *engine = opening->promise.engine;

	pthread_mutex_lock(&engine->lock);
	engine->starting = NULL;
	pthread_mutex_unlock(&engine->lock);
	if (status != napi_ok && !opening->result) {
		opening->error = (struct chatterbox_error){ .code = CHATTERBOX_E_DOWN };
		opening->result = CHATTERBOX_E_DOWN;
		opening->box = chatterbox_unref(opening->box);
	}
	engine->box = opening->box;
	if (!opening->result) {
		opening->result = addon_engine_watch(engine);
		opening->error.code = opening->result;
	}
	napi_delete_async_work(env, opening->work);
	if (opening->result < 0) {
		addon_engine_destroy(engine);
		addon_promise_end(&opening->promise, NULL, &opening->error);
	} else {
		addon_promise_end(&opening->promise, warnings_of(env, opening->config), NULL);
	}
	opening_free(opening);
}

static char **take_environment(napi_env env, napi_value list)
{
	uint32_t count = 0;
	char **environment;
	uint32_t i;

	if (napi_get_array_length(env, list, &count) != napi_ok)
		return NULL;
	environment = calloc((size_t)count + 1, sizeof(*environment));
	for (i = 0; environment && i < count; i++) {
		napi_value text = NULL;

		napi_get_element(env, list, i, &text);
		environment[i] = addon_text(env, text);
		if (!environment[i])
			break;
	}
	return environment;
}

napi_value addon_engine_open(napi_env env, napi_callback_info info)
{
	napi_value options = NULL;
	struct addon_engine *engine = addon_unwrap(env, info, &addon_engine_tag, 1, &options);
	struct opening *opening;
	napi_value promise = NULL;

	if (!engine)
		return NULL;
	if (engine->opened)
		return addon_fail(env, -EBUSY, "it is open already");
	opening = calloc(1, sizeof(*opening));
	if (!opening)
		return addon_fail(env, -ENOMEM, "out of memory");
	opening->file = addon_text(env, addon_get(env, options, "file"));
	opening->text = addon_text(env, addon_get(env, options, "text"));
	opening->environment = take_environment(env, addon_get(env, options, "environment"));
	if (!addon_promise_begin(env, info, engine, &opening->promise, &promise) ||
	    napi_create_async_work(env, NULL, addon_string(env, "chatterbox open"), execute,
				   complete, opening, &opening->work) != napi_ok) {
		opening_free(opening);
		return addon_fail(env, -ENOMEM, "out of memory");
	}
	engine->opened = true;
	napi_queue_async_work(env, opening->work);
	return promise;
}
