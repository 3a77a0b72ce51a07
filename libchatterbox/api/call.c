// SPDX-License-Identifier: MIT
/*
 * api/call.c - makes a call and brings its answer back to the host
 *
 * A host's thread waits at most 30 s, and for nl-hdms as long as that may take; an answer that
 * comes later is discarded. For a call with a callback the memory of the answer is allocated first,
 * so that it always ends.
 */
#include "api/api.h"

#include "base/error.h"
#include "common/json.h"
#include "common/utf8.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE 30 /* s */

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

/* No server has failed if the caller made a mistake or asked the wrong instance */
static bool blames(int code)
{
	return code != -EINVAL && code != -ENOMEM && code != CHATTERBOX_E_UNKNOWN &&
	       code != CHATTERBOX_E_STANDBY && code != CHATTERBOX_E_FULL;
}

static int fail_of(const struct cbx_call *call, struct chatterbox_error *error)
{
	bool known = call->error && call->error != CHATTERBOX_E_FENCED;
	int code = known ? call->error : error_of(call->code);

	cbx_fail(error, code, blames(code) ? call->server : CHATTERBOX_SERVER_NONE, "%s",
		 call->message);
	if (error)
		snprintf(error->reason, sizeof(error->reason), "%s", call->data);
	return code;
}

/* What the public function returns for a call that has ended */
static int result_of(const struct cbx_call *call, const char *number,
		     struct chatterbox_error *error)
{
	json_t *answer = NULL;
	json_int_t value;
	int result;

	if (call->code)
		return fail_of(call, error);
	if (!number)
		return 0;
	result = cbx_json_read(call->result, strlen(call->result), &answer, NULL);
	if (result < 0)
		return cbx_fail(error, result, CHATTERBOX_SERVER_NONE, "%s", "");
	value = json_integer_value(json_object_get(answer, number));
	json_decref(answer);
	return value > INT_MAX ? INT_MAX : (int)value;
}

/* --- calls with a callback --- */

static void deliver(struct cbx_api_ended *ended)
{
	struct chatterbox_error error;
	struct chatterbox_answer answer = { .json = ended->call->result };

	answer.result = result_of(ended->call, ended->number, &error);
	if (answer.result < 0) {
		answer.error = &error;
		answer.json = NULL;
	}
	ended->done(ended->user, &answer);
	cbx_call_free(ended->call);
	free(ended);
}

static void keep_answer(struct cbx_call *call)
{
	struct cbx_api_ended *ended = call->user;

	ended->call = call;
	cbx_engine_tell_ended(ended->box, ended);
}

static int call_later(struct chatterbox *box, const char *method, json_t *params,
		      const struct cbx_api_reply *reply)
{
	struct cbx_api_ended *ended = malloc(sizeof(*ended));
	struct cbx_call *call = NULL;

	if (!ended) {
		json_decref(params);
		return cbx_fail(reply->error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	}
	*ended = (struct cbx_api_ended){ .deliver = deliver,
					 .done = reply->done,
					 .user = reply->user,
					 .number = reply->number,
					 .box = box };
	if (cbx_call_new(cbx_method_find(cbx_methods, method), params, keep_answer, ended, &call) <
	    0) {
		free(ended);
		return cbx_fail(reply->error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	}
	cbx_api_asker(box, &call->asker);
	cbx_calls_take(&box->calls, call);
	return 0;
}

/* --- calls that wait --- */

/* Shared by the one who waits and the one who answers; the last one frees it */
struct wait {
	pthread_mutex_t lock;
	pthread_cond_t told;
	unsigned refs;
	struct cbx_call *call; /* ended */
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
	cbx_call_free(wait->call);
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

static void end_wait(struct cbx_call *call)
{
	struct wait *wait = call->user;

	pthread_mutex_lock(&wait->lock);
	wait->call = call;
	pthread_cond_signal(&wait->told);
	pthread_mutex_unlock(&wait->lock);
	wait_unref(wait);
}

/* An order to a job takes as long as nl-hdms may take */
static time_t patience(struct chatterbox *box, const struct cbx_method *method)
{
	cbx_auto(cbx_settings_unrefp) struct cbx_settings *settings = NULL;
	time_t longest;

	if (method->server != CHATTERBOX_SERVER_NL_HDMS)
		return PATIENCE;
	cbx_settings_take(&box->settings, &settings);
	longest = (time_t)(settings->rpc_timeout_ns / CBX_SECOND) + 1;
	return longest > PATIENCE ? longest : PATIENCE;
}

static int wait_for(struct wait *wait, time_t seconds, const struct cbx_api_reply *reply)
{
	struct timespec until;
	int timed_out = 0;
	int result;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&wait->lock);
	while (!wait->call && !timed_out)
		timed_out = pthread_cond_timedwait(&wait->told, &wait->lock, &until);
	if (wait->call)
		result = result_of(wait->call, reply->number, reply->error);
	else
		result = cbx_fail(reply->error, CHATTERBOX_E_TIMEOUT, CHATTERBOX_SERVER_NONE,
				  "no answer came within %lld s", (long long)seconds);
	if (result >= 0 && reply->json)
		*reply->json = cbx_steal(wait->call->result);
	pthread_mutex_unlock(&wait->lock);
	return result;
}

static int call_now(struct chatterbox *box, const char *name, json_t *params,
		    const struct cbx_api_reply *reply)
{
	const struct cbx_method *method = cbx_method_find(cbx_methods, name);
	struct cbx_call *call = NULL;
	struct wait *wait = wait_new();
	int result;

	if (!wait) {
		json_decref(params);
		return cbx_fail(reply->error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	}
	if (cbx_call_new(method, params, end_wait, wait, &call) < 0) {
		wait->refs = 1;
		wait_unref(wait);
		return cbx_fail(reply->error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	}
	cbx_api_asker(box, &call->asker);
	/* what only reads is read in this thread */
	cbx_request_worker_answer(&box->worker, call);
	result = wait_for(wait, patience(box, method), reply);
	wait_unref(wait);
	return result;
}

int cbx_api_call(struct chatterbox *box, const char *method, json_t *params,
		 const struct cbx_api_reply *reply)
{
	if (!params)
		return cbx_fail(reply->error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	if (!cbx_method_find(cbx_methods, method)->reads && (!box->started || box->stopped)) {
		json_decref(params);
		return cbx_fail(reply->error, CHATTERBOX_E_DOWN, CHATTERBOX_SERVER_NONE,
				"the engine is not running");
	}
	return reply->done ? call_later(box, method, params, reply)
			   : call_now(box, method, params, reply);
}

int cbx_api_call_system(struct chatterbox *box, const char *method, const char *system,
			const struct cbx_api_reply *reply)
{
	json_t *params;

	if (system && !cbx_utf8_valid(system, strlen(system)))
		return cbx_fail(reply->error, -EINVAL, CHATTERBOX_SERVER_NONE,
				"system: is not UTF-8");
	params = system ? json_pack("{s:s}", "system", system) : json_object();
	return cbx_api_call(box, method, params, reply);
}
