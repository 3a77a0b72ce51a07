// SPDX-License-Identifier: MIT
/*
 * task.c - the classes Task and Scheduler: the library's, with OCD's constructor and names
 *
 * A task runs in JavaScript's thread, inside the scheduler's tick(). What it throws is reported as
 * an uncaught exception, and the tasks behind it run nevertheless. lib/tasks.cjs keeps the objects
 * of a scheduler's tasks, so that none is collected while it may run.
 */
#include "addon.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const napi_type_tag task_tag = { 0x6368617474657262, 0x6f78207461736b21 };
static const napi_type_tag scheduler_tag = { 0x6368617474657262, 0x6f78207469636b21 };

#define SECOND 1000000000

struct addon_task {
	napi_env env;
	napi_ref perform; /* a function */
	napi_ref self;    /* weak */
	struct chatterbox_task *task;
};

static void perform(void *user)
{
	struct addon_task *task = user;
	napi_handle_scope scope = NULL;
	napi_value this = NULL;
	napi_value function = NULL;

	if (napi_open_handle_scope(task->env, &scope) != napi_ok)
		return;
	napi_get_reference_value(task->env, task->self, &this);
	napi_get_reference_value(task->env, task->perform, &function);
	addon_call(task->env, this ? this : addon_undefined(task->env), function, 0, NULL);
	napi_close_handle_scope(task->env, scope);
}

static void finalize_task(napi_env env, void *data, void *hint)
{
	struct addon_task *task = data;

	(void)hint;
	if (task->perform)
		napi_delete_reference(env, task->perform);
	if (task->self)
		napi_delete_reference(env, task->self);
	chatterbox_task_unref(task->task);
	free(task);
}

static napi_value refuse(napi_env env, const char *text)
{
	return addon_fail(env, -EINVAL, text);
}

static napi_value make_task(napi_env env, napi_value this, double interval, napi_value function,
			    const char *name)
{
	struct addon_task *task = calloc(1, sizeof(*task));
	int result =
		task ? chatterbox_task_new(interval, perform, task, name, &task->task) : -ENOMEM;

	if (result < 0) {
		free(task);
		return result == -EINVAL ? refuse(env, "interval: takes seconds, 0 to 1e9")
					 : addon_fail(env, result, "out of memory");
	}
	task->env = env;
	napi_create_reference(env, function, 1, &task->perform);
	napi_create_reference(env, this, 0, &task->self);
	if (!addon_wrap(env, this, &task_tag, task, finalize_task)) {
		finalize_task(env, task, NULL);
		return addon_fail(env, -ENOMEM, "out of memory");
	}
	return this;
}

/* new Task(interval, performTask, name) */
static napi_value construct_task(napi_env env, napi_callback_info info)
{
	napi_value given[3] = { NULL };
	napi_value this = NULL;
	double interval = NAN;
	char *name;

	if (!addon_constructs(env, info, 3, given, &this))
		return NULL;
	if (napi_get_value_double(env, given[0], &interval) != napi_ok)
		return refuse(env, "interval: takes seconds, 0 to 1e9");
	if (!addon_is(env, given[1], napi_function))
		return refuse(env, "performTask: takes a function");
	if (!addon_is(env, given[2], napi_string))
		return refuse(env, "name: takes a text");
	name = addon_text(env, given[2]);
	this = name ? make_task(env, this, interval, given[1], name)
		    : addon_fail(env, -ENOMEM, "out of memory");
	free(name);
	return this;
}

static napi_value get_interval(napi_env env, napi_callback_info info)
{
	struct addon_task *task = addon_unwrap(env, info, &task_tag, 0, NULL);
	napi_value seconds = NULL;

	if (task)
		napi_create_double(env, chatterbox_task_get_interval(task->task), &seconds);
	return seconds;
}

static napi_value set_interval(napi_env env, napi_callback_info info)
{
	napi_value value = NULL;
	struct addon_task *task = addon_unwrap(env, info, &task_tag, 1, &value);
	double seconds = NAN;

	if (task && (napi_get_value_double(env, value, &seconds) != napi_ok ||
		     chatterbox_task_set_interval(task->task, seconds) < 0))
		return refuse(env, "interval: takes seconds, 0 to 1e9");
	return NULL;
}

/* As process.hrtime(): [seconds, nanoseconds] */
static napi_value get_last_ran(napi_env env, napi_callback_info info)
{
	struct addon_task *task = addon_unwrap(env, info, &task_tag, 0, NULL);
	napi_value pair = NULL;
	napi_value number = NULL;
	uint64_t at;

	if (!task)
		return NULL;
	at = chatterbox_task_get_last_ran(task->task);
	napi_create_array_with_length(env, 2, &pair);
	napi_create_int64(env, (int64_t)(at / SECOND), &number);
	napi_set_element(env, pair, 0, number);
	napi_create_int64(env, (int64_t)(at % SECOND), &number);
	napi_set_element(env, pair, 1, number);
	return pair;
}

static napi_value get_name(napi_env env, napi_callback_info info)
{
	struct addon_task *task = addon_unwrap(env, info, &task_tag, 0, NULL);

	return task ? addon_string(env, chatterbox_task_get_name(task->task)) : NULL;
}

static napi_value get_perform(napi_env env, napi_callback_info info)
{
	struct addon_task *task = addon_unwrap(env, info, &task_tag, 0, NULL);
	napi_value function = NULL;

	if (task)
		napi_get_reference_value(env, task->perform, &function);
	return function;
}

static napi_value set_perform(napi_env env, napi_callback_info info)
{
	napi_value function = NULL;
	struct addon_task *task = addon_unwrap(env, info, &task_tag, 1, &function);

	if (!task)
		return NULL;
	if (!addon_is(env, function, napi_function))
		return refuse(env, "performTask: takes a function");
	napi_delete_reference(env, task->perform);
	napi_create_reference(env, function, 1, &task->perform);
	return NULL;
}

static napi_value run_task(napi_env env, napi_callback_info info)
{
	struct addon_task *task = addon_unwrap(env, info, &task_tag, 0, NULL);

	if (task)
		chatterbox_task_run(task->task);
	return NULL;
}

/* --- Scheduler --- */

static void finalize_scheduler(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	chatterbox_scheduler_unref(data);
}

static napi_value construct_scheduler(napi_env env, napi_callback_info info)
{
	struct chatterbox_scheduler *scheduler = NULL;
	napi_value this = NULL;

	if (!addon_constructs(env, info, 0, NULL, &this))
		return NULL;
	if (chatterbox_scheduler_new(NULL, &scheduler) < 0)
		return addon_fail(env, -ENOMEM, "out of memory");
	if (!addon_wrap(env, this, &scheduler_tag, scheduler, finalize_scheduler)) {
		chatterbox_scheduler_unref(scheduler);
		return addon_fail(env, -ENOMEM, "out of memory");
	}
	return this;
}

static struct chatterbox_scheduler *scheduler_of(napi_env env, napi_callback_info info,
						 size_t count, napi_value *given)
{
	return addon_unwrap(env, info, &scheduler_tag, count, given);
}

static napi_value change(napi_env env, napi_callback_info info, bool adds)
{
	napi_value given = NULL;
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 1, &given);
	struct addon_task *task = NULL;
	bool ours = false;

	if (!scheduler)
		return NULL;
	if (addon_is(env, given, napi_object) &&
	    napi_check_object_type_tag(env, given, &task_tag, &ours) == napi_ok && ours)
		napi_unwrap(env, given, (void **)&task);
	if (!task)
		return refuse(env, "takes a Task");
	if (adds && chatterbox_scheduler_add(scheduler, task->task) < 0)
		return addon_fail(env, -EBUSY, "the task is in a scheduler already");
	if (!adds && chatterbox_scheduler_remove(scheduler, task->task) < 0)
		return addon_fail(env, -ENOENT, "the task is not in this scheduler");
	return NULL;
}

static napi_value add(napi_env env, napi_callback_info info)
{
	return change(env, info, true);
}

static napi_value remove_task(napi_env env, napi_callback_info info)
{
	return change(env, info, false);
}

static napi_value start(napi_env env, napi_callback_info info)
{
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 0, NULL);

	if (scheduler)
		chatterbox_scheduler_start(scheduler);
	return NULL;
}

static napi_value tick(napi_env env, napi_callback_info info)
{
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 0, NULL);

	if (scheduler)
		chatterbox_scheduler_tick(scheduler);
	return NULL;
}

static napi_value pause_scheduler(napi_env env, napi_callback_info info)
{
	napi_value given = NULL;
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 1, &given);
	int64_t ms = 0;

	if (scheduler && (napi_get_value_int64(env, given, &ms) != napi_ok || ms < 1))
		return refuse(env, "pausedTimeOut: takes milliseconds, 1 or more");
	if (scheduler)
		chatterbox_scheduler_pause(scheduler, (uint64_t)ms);
	return NULL;
}

static napi_value resume(napi_env env, napi_callback_info info)
{
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 0, NULL);

	if (scheduler)
		chatterbox_scheduler_resume(scheduler);
	return NULL;
}

/* Milliseconds of the monotonic clock; undefined for 0 */
static napi_value moment(napi_env env, uint64_t ns)
{
	napi_value value = NULL;

	if (!ns)
		return addon_undefined(env);
	napi_create_double(env, (double)ns / 1e6, &value);
	return value;
}

static napi_value next_tick(napi_env env, napi_callback_info info)
{
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 0, NULL);

	return scheduler ? moment(env, chatterbox_scheduler_get_next_tick(scheduler)) : NULL;
}

static napi_value paused_until(napi_env env, napi_callback_info info)
{
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 0, NULL);

	return scheduler ? moment(env, chatterbox_scheduler_get_paused_until(scheduler)) : NULL;
}

static napi_value running(napi_env env, napi_callback_info info)
{
	struct chatterbox_scheduler *scheduler = scheduler_of(env, info, 0, NULL);
	napi_value count = NULL;

	if (scheduler)
		napi_create_uint32(env, chatterbox_scheduler_get_running(scheduler), &count);
	return count;
}

void addon_task_define(napi_env env, napi_value exports)
{
	static const napi_property_descriptor task[] = {
		ADDON_ACCESSOR("interval", get_interval, set_interval),
		ADDON_ACCESSOR("performTask", get_perform, set_perform),
		ADDON_ACCESSOR("lastRan", get_last_ran, NULL),
		ADDON_ACCESSOR("name", get_name, NULL),
		ADDON_METHOD("run", run_task),
	};
	static const napi_property_descriptor scheduler[] = {
		ADDON_METHOD("add", add),
		ADDON_METHOD("remove", remove_task),
		ADDON_METHOD("begin", start),
		ADDON_METHOD("tick", tick),
		ADDON_METHOD("pauseFor", pause_scheduler),
		ADDON_METHOD("resume", resume),
		ADDON_METHOD("nextTick", next_tick),
		ADDON_METHOD("pausedUntil", paused_until),
		ADDON_METHOD("running", running),
	};

	addon_class(env, exports, "Task", construct_task, sizeof(task) / sizeof(task[0]), task);
	addon_class(env, exports, "Scheduler", construct_scheduler,
		    sizeof(scheduler) / sizeof(scheduler[0]), scheduler);
}
