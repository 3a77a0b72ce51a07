// SPDX-License-Identifier: MIT
/*
 * api/call.c - public calls: with a callback, or waited for by the host's thread
 *
 * A host's thread waits at most 30 s; an answer that comes later is discarded.
 */
#include "engine/internal.h"

#include "common/json.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE 30 /* s */

struct waiter {
	chatterbox_call_fn done;
	void *user;
};

static void hand_on(struct cbx_call *call)
{
	struct waiter *waiter = call->user;
	struct chatterbox_outcome outcome = { .code = (enum chatterbox_call_code)call->code,
					      .result = call->result,
					      .message = call->message,
					      .data = call->data };

	waiter->done(waiter->user, &outcome);
	free(waiter);
	cbx_call_free(call);
}

int chatterbox_call(struct chatterbox *box, const char *method, const char *params,
		    chatterbox_call_fn done, void *user)
{
	json_t *parsed = NULL;
	const struct cbx_method *known = cbx_method_find(cbx_methods, method);
	struct waiter *waiter;
	struct cbx_call *call;
	int result = engine_params(params, &parsed, NULL);

	if (result < 0)
		return result;
	waiter = malloc(sizeof(*waiter));
	if (!waiter) {
		json_decref(parsed);
		return -ENOMEM;
	}
	*waiter = (struct waiter){ .done = done, .user = user };
	if (cbx_call_new(known, parsed, hand_on, waiter, &call) < 0) {
		free(waiter);
		return -ENOMEM;
	}
	if (known)
		cbx_calls_take(&box->calls, call);
	else
		cbx_call_fail(call, CBX_CALL_METHOD, "there is no such method");
	return 0;
}

/* Shared by the waiting thread and the answering one; the last of them frees it */
struct wait {
	pthread_mutex_t lock;
	pthread_cond_t told;
	unsigned refs;
	bool done;
	enum cbx_call_code code;
	char *result;
};

static void wait_unref(struct wait *wait)
{
	bool last;

	pthread_mutex_lock(&wait->lock);
	last = --wait->refs == 0;
	pthread_mutex_unlock(&wait->lock);
	if (!last)
		return;
	pthread_cond_destroy(&wait->told);
	pthread_mutex_destroy(&wait->lock);
	free(wait->result);
	free(wait);
}

static struct wait *wait_new(void)
{
	struct wait *wait = calloc(1, sizeof(*wait));
	pthread_condattr_t attributes;

	if (!wait)
		return NULL;
	wait->refs = 2;
	pthread_mutex_init(&wait->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&wait->told, &attributes);
	pthread_condattr_destroy(&attributes);
	return wait;
}

static void finished(struct cbx_call *call)
{
	struct wait *wait = call->user;

	pthread_mutex_lock(&wait->lock);
	wait->code = call->code;
	wait->result = cbx_steal(call->result);
	wait->done = true;
	pthread_cond_signal(&wait->told);
	pthread_mutex_unlock(&wait->lock);
	wait_unref(wait);
	cbx_call_free(call);
}

static int error_of(enum cbx_call_code code)
{
	switch (code) {
	case CBX_CALL_OK:
		return 0;
	case CBX_CALL_PARSE:
	case CBX_CALL_REQUEST:
	case CBX_CALL_METHOD:
	case CBX_CALL_PARAMS:
		return -EINVAL;
	case CBX_CALL_UNKNOWN:
		return CHATTERBOX_E_UNKNOWN;
	case CBX_CALL_TIMEOUT:
		return CHATTERBOX_E_TIMEOUT;
	case CBX_CALL_DOWN:
		return CHATTERBOX_E_DOWN;
	case CBX_CALL_HDMS:
		return CHATTERBOX_E_REFUSED;
	case CBX_CALL_STANDBY:
		return CHATTERBOX_E_STANDBY;
	case CBX_CALL_INTERNAL:
		break;
	}
	return -EIO;
}

static int wait_for(struct wait *wait, char **result)
{
	struct timespec until;
	int timed_out = 0;
	int error;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&wait->lock);
	while (!wait->done && !timed_out)
		timed_out = pthread_cond_timedwait(&wait->told, &wait->lock, &until);
	error = wait->done ? error_of(wait->code) : CHATTERBOX_E_TIMEOUT;
	if (!error && result)
		*result = cbx_steal(wait->result);
	pthread_mutex_unlock(&wait->lock);
	return error;
}

int engine_params(const char *text, json_t **out, json_error_t *why)
{
	int result = cbx_json_read(text ? text : "{}", text ? strlen(text) : 2, out, why);

	if (result == CHATTERBOX_E_DECODE)
		return -EINVAL;
	if (result < 0 || json_is_object(*out))
		return result;
	json_decref(*out);
	*out = NULL;
	return -EINVAL;
}

/* Submits a call and waits. Takes @params over; NULL means that they could not be made, and the
 * call fails, since without its parameters it would mean something else. @result may be NULL, else
 * it becomes an allocated JSON text. */
int engine_call(struct chatterbox *box, const char *method, json_t *params, char **result)
{
	struct cbx_call *made = NULL;
	struct wait *wait;
	int error;

	if (!params)
		return -ENOMEM;
	if (!box->started || box->stopped) {
		json_decref(params);
		return CHATTERBOX_E_DOWN;
	}
	wait = wait_new();
	if (!wait || cbx_call_new(cbx_method_find(cbx_methods, method), cbx_steal(params), finished,
				  wait, &made) < 0) {
		json_decref(params);
		if (wait) {
			wait->refs = 1;
			wait_unref(wait);
		}
		return -ENOMEM;
	}
	cbx_calls_take(&box->calls, made);
	error = wait_for(wait, result);
	wait_unref(wait);
	return error;
}

int engine_call_system(struct chatterbox *box, const char *method, const char *system)
{
	if (!cbx_utf8_valid(system, strlen(system)))
		return -EINVAL;
	return engine_call(box, method, json_pack("{s:s}", "system", system), NULL);
}

/* For calls whose result holds one number */
int engine_call_number(struct chatterbox *box, const char *method, json_t *params, const char *name,
		       int64_t *number)
{
	cbx_auto(cbx_freep) char *result = NULL;
	json_t *answer = NULL;
	int error = engine_call(box, method, params, &result);

	if (error < 0 || !number)
		return error;
	error = cbx_json_read(result, strlen(result), &answer, NULL);
	if (error < 0)
		return error;
	*number = json_integer_value(json_object_get(answer, name));
	json_decref(answer);
	return 0;
}

int engine_call_errors(struct chatterbox *box, const char *method, const char *errors)
{
	json_t *list = NULL;

	if (cbx_json_read(errors, strlen(errors), &list, NULL) == -ENOMEM)
		return -ENOMEM;
	if (!json_is_array(list)) {
		json_decref(list);
		return -EINVAL;
	}
	return engine_call(box, method, json_pack("{s:o}", "errors", list), NULL);
}
