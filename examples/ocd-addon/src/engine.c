// SPDX-License-Identifier: MIT
/*
 * engine.c - one engine of the library: what it says to JavaScript, and its end
 *
 * Its callbacks run in JavaScript's thread, since that dispatches. It is closed in three steps:
 * nobody watches it any more; it is stopped, beside JavaScript's thread; what it still has to say
 * is said, and it is given back. When the environment ends first (a worker was terminated, the
 * process exits) nothing is said any more.
 */
#include "addon.h"

#include <errno.h>

/* --- promises --- */

bool addon_promise_begin(napi_env env, napi_callback_info info, struct addon_engine *engine,
			 struct addon_promise *promise, napi_value *out)
{
	napi_value this = NULL;

	*promise = (struct addon_promise){ .engine = engine };
	return napi_get_cb_info(env, info, NULL, NULL, &this, NULL) == napi_ok &&
	       napi_create_reference(env, this, 1, &promise->self) == napi_ok &&
	       napi_create_promise(env, &promise->deferred, out) == napi_ok;
}

void addon_promise_end(struct addon_promise *promise, napi_value value,
		       const struct chatterbox_error *error)
{
	napi_env env = promise->engine->env;
	napi_ref self = promise->self;

	if (!promise->engine->ended && error)
		napi_reject_deferred(env, promise->deferred, addon_error(env, error));
	else if (!promise->engine->ended)
		napi_resolve_deferred(env, promise->deferred, value);
	/* the last: the engine's object may go with it */
	napi_delete_reference(env, self);
}

/* --- what the engine says --- */

static void say(struct addon_engine *engine, const char *name, size_t count,
		const napi_value *arguments)
{
	napi_value handlers = NULL;
	napi_value function;

	if (engine->ended || !engine->handlers ||
	    napi_get_reference_value(engine->env, engine->handlers, &handlers) != napi_ok)
		return;
	function = addon_get(engine->env, handlers, name);
	if (addon_is(engine->env, function, napi_function))
		addon_call(engine->env, handlers, function, count, arguments);
}

static void on_ready(void *user)
{
	say(user, "ready", 0, NULL);
}

static void on_failed(void *user, const struct chatterbox_error *error)
{
	struct addon_engine *engine = user;
	napi_value made = engine->ended ? NULL : addon_error(engine->env, error);

	if (made)
		say(engine, "failed", 1, &made);
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	struct addon_engine *engine = user;
	napi_env env = engine->env;
	napi_handle_scope scope = NULL;
	napi_value arguments[6];
	bool known = event->origin != CHATTERBOX_ORIGIN_UNKNOWN;

	/* of each its own, since thousands may come in one turn */
	if (engine->ended || napi_open_handle_scope(env, &scope) != napi_ok)
		return;
	arguments[0] = addon_string(env, chatterbox_event_type_to_string(event->type));
	arguments[1] = addon_string(env, event->params);
	arguments[2] = addon_string(env, event->id);
	arguments[3] = addon_string(env, event->stream_id);
	arguments[4] = addon_string(env, event->previous_status);
	arguments[5] = addon_string(env, known ? chatterbox_origin_to_string(event->origin) : NULL);
	say(engine, "event", 6, arguments);
	napi_close_handle_scope(env, scope);
}

static void on_lost(void *user, uint64_t count)
{
	struct addon_engine *engine = user;
	napi_value number = NULL;

	if (engine->ended || napi_create_double(engine->env, (double)count, &number) != napi_ok)
		return;
	say(engine, "lost", 1, &number);
}

const struct chatterbox_observer addon_engine_observer = { .version = CHATTERBOX_OBSERVER_VERSION,
							   .on_ready = on_ready,
							   .on_failed = on_failed,
							   .on_event = on_event,
							   .on_lost = on_lost };

/* Where something was said JavaScript has its other work done before more comes: it resumes us */
static bool turn(napi_env env, void *user)
{
	struct addon_engine *engine = user;

	(void)env;
	if (!engine->box || !chatterbox_dispatch(engine->box))
		return true;
	say(engine, "later", 0, NULL);
	return false;
}

/* --- its end --- */

/* The environment ends: a hook, so it runs before the watch's own is torn down */
static void abandon(void *user)
{
	struct addon_engine *engine = user;

	engine->ended = true;
	addon_peers_close(engine);
	addon_watch_stop(engine->watch);
	engine->watch = NULL;
	/* a close that is under way has stopped it, or will have when Node waits for its pool */
	if (engine->box && !engine->closing) {
		chatterbox_stop(engine->box);
		engine->box = chatterbox_unref(engine->box);
	}
}

int addon_engine_watch(struct addon_engine *engine)
{
	int result = addon_watch_start(engine->env, chatterbox_get_fd(engine->box), turn, engine,
				       &engine->watch);

	if (!result && napi_add_env_cleanup_hook(engine->env, abandon, engine) == napi_ok)
		return 0;
	addon_watch_stop(engine->watch);
	engine->watch = NULL;
	engine->box = chatterbox_unref(engine->box);
	return result < 0 ? result : -ENOMEM;
}

void addon_engine_destroy(struct addon_engine *engine)
{
	if (engine->box) {
		napi_remove_env_cleanup_hook(engine->env, abandon, engine);
		while (chatterbox_dispatch(engine->box))
			; /* what it still has to say comes in portions */
		engine->box = chatterbox_unref(engine->box);
	}
	/* they know the object that holds this one: neither could be collected */
	if (engine->handlers)
		napi_delete_reference(engine->env, engine->handlers);
	engine->handlers = NULL;
}
