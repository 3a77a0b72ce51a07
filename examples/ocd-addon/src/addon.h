/* SPDX-License-Identifier: MIT */
/*
 * addon.h - what the files of the addon share
 *
 * All state belongs to one environment of Node's (the main thread or a worker), so that workers and
 * several copies of the addon work side by side: there are no global variables.
 */
#ifndef ADDON_H
#define ADDON_H

#define NAPI_VERSION 8
#include <chatterbox/chatterbox.h>
#include <node_api.h>
#include <pthread.h>

/* What belongs to one environment */
struct addon {
	napi_ref make_error; /* (text, code, server, reason) => ChatterboxError */
};

/* value.c */

/* A ChatterboxError, made by the function that JavaScript has given; NULL when JavaScript can't run
 * any more */
napi_value addon_error(napi_env env, const struct chatterbox_error *error);
/* Throws one, and returns NULL: for `return addon_fail(...)` in a function that JavaScript calls */
napi_value addon_fail(napi_env env, int code, const char *text);
/* Hands what a callback threw to process 'uncaughtException', as a timer's would be */
void addon_report_exception(napi_env env);
/* Calls @function with @this; what it throws is reported. */
void addon_call(napi_env env, napi_value this, napi_value function, size_t count,
		const napi_value *arguments);
/* In a constructor: its arguments, and the object that is being made; false when it was called
 * without `new` (a TypeError) */
bool addon_constructs(napi_env env, napi_callback_info info, size_t count, napi_value *arguments,
		      napi_value *this);
/* Wraps @native into the object that is being constructed, which will be finalized with it */
bool addon_wrap(napi_env env, napi_value object, const napi_type_tag *tag, void *native,
		napi_finalize finalize);
/* What is wrapped in `this`, NULL (and a TypeError) when it is not of that class. @count of
 * arguments are put into @arguments, undefined where they are missing. */
void *addon_unwrap(napi_env env, napi_callback_info info, const napi_type_tag *tag, size_t count,
		   napi_value *arguments);
napi_value addon_undefined(napi_env env);
bool addon_is(napi_env env, napi_value value, napi_valuetype type);
/* A copy of a string, to be freed; NULL when @value is none, or there is no memory */
char *addon_text(napi_env env, napi_value value);
/* NULL becomes undefined */
napi_value addon_string(napi_env env, const char *text);
void addon_set(napi_env env, napi_value object, const char *name, napi_value value);
napi_value addon_get(napi_env env, napi_value object, const char *name);
/* Adds a class to the module's exports */
void addon_class(napi_env env, napi_value exports, const char *name, napi_callback constructor,
		 size_t count, const napi_property_descriptor *members);

#define ADDON_METHOD(text, function)                                                        \
	{                                                                                   \
		.utf8name = (text), .method = (function), .attributes = napi_default_method \
	}
#define ADDON_ACCESSOR(text, get, set)                                \
	{                                                             \
		.utf8name = (text), .getter = (get), .setter = (set), \
		.attributes = napi_enumerable | napi_configurable     \
	}

/* watch.c */

struct addon_watch;

/*
 * Has @ready called in JavaScript's thread whenever @fd is readable, until addon_watch_stop(). If
 * it returns false it is not called again before addon_watch_resume(). It keeps the process running
 * unless addon_watch_keep(false).
 */
int addon_watch_start(napi_env env, int fd, bool (*ready)(napi_env env, void *user), void *user,
		      struct addon_watch **out);
void addon_watch_resume(struct addon_watch *watch);
/* In JavaScript's thread; also inside @ready. Takes NULL. */
void addon_watch_stop(struct addon_watch *watch);
void addon_watch_keep(napi_env env, struct addon_watch *watch, bool running);

/* engine.c: an engine from its start to its end; methods.c, open.c, calls.c: what JavaScript calls
 */

struct addon_peer;

struct addon_engine {
	napi_env env;
	struct chatterbox *box; /* NULL: not open yet, or closed */
	struct addon_watch *watch;
	napi_ref handlers;           /* an object: ready, failed, event, lost, later */
	struct addon_peer *peers;    /* a list */
	bool opened, closing, ended; /* ended: JavaScript can't be called any more */
	pthread_mutex_t lock;        /* of what follows: the thread that opens it knows it, too */
	struct chatterbox *starting; /* it runs, and JavaScript's thread does not have it yet */
	bool leaving;                /* the process exits: it is not started any more */
};

extern const napi_type_tag addon_engine_tag;

void addon_engine_define(napi_env env, napi_value exports);
/* open({file, text, environment}) -> Promise of warnings */
napi_value addon_engine_open(napi_env env, napi_callback_info info);
/* An open engine gets its descriptor watched, and is stopped when its environment ends */
int addon_engine_watch(struct addon_engine *engine);
/* Gives everything native back, when it has been stopped or was not opened */
void addon_engine_destroy(struct addon_engine *engine);
/* The observer's callbacks, with @user an engine */
extern const struct chatterbox_observer addon_engine_observer;
/* call(name, text, number) -> Promise of the answer's JSON */
napi_value addon_engine_call(napi_env env, napi_callback_info info);
/* A promise that waits, and what keeps its object from being collected meanwhile */
struct addon_promise {
	struct addon_engine *engine;
	napi_deferred deferred;
	napi_ref self;
};

bool addon_promise_begin(napi_env env, napi_callback_info info, struct addon_engine *engine,
			 struct addon_promise *promise, napi_value *out);
void addon_promise_end(struct addon_promise *promise, napi_value value,
		       const struct chatterbox_error *error);

/* peer.c */

void addon_peer_define(napi_env env, napi_value exports);
/* Disconnects all of an engine's */
void addon_peers_close(struct addon_engine *engine);

/* task.c */

void addon_task_define(napi_env env, napi_value exports);

#endif
