/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/call.h - the job API: every RPC of contract 3.5, and orders of our own, from C
 *
 * The same methods, parameters and results as over AMQP; the proposal's JobAPI. Besides those:
 *
 *	chatterbox.scheduler.pause {seconds?}, chatterbox.scheduler.resume {}	-> {ok:true}
 *	chatterbox.job_status.set_time_till_next_check {seconds}		-> {ok:true}
 */
#ifndef CHATTERBOX_CALL_H
#define CHATTERBOX_CALL_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended: JSON-RPC's codes, and those of contract 3.5 */
enum chatterbox_call_code {
	CHATTERBOX_CALL_OK = 0,
	CHATTERBOX_CALL_PARSE_ERROR = -32700,
	CHATTERBOX_CALL_INVALID_REQUEST = -32600,
	CHATTERBOX_CALL_UNKNOWN_METHOD = -32601,
	CHATTERBOX_CALL_INVALID_PARAMS = -32602,
	CHATTERBOX_CALL_INTERNAL_ERROR = -32603,
	CHATTERBOX_CALL_UNKNOWN_JOB = -32001, /* or system */
	CHATTERBOX_CALL_TIMED_OUT = -32002,
	CHATTERBOX_CALL_SERVER_DOWN = -32003,
	CHATTERBOX_CALL_HDMS_ERROR = -32004, /* @data is the code that nl-hdms answered */
	CHATTERBOX_CALL_STANDBY = -32005, /* this instance does not lead; @message names who does */
};

/** struct chatterbox_outcome - what came of a call; texts are valid during the callback */
struct chatterbox_outcome {
	enum chatterbox_call_code code; /* how it ended */
	const char *result;             /* JSON when code is CHATTERBOX_CALL_OK, else NULL */
	const char *message;            /* one line when it failed, else "" */
	const char *data;               /* the code of nl-hdms, else "" */
};

/**
 * chatterbox_call_fn - receives the outcome, once
 *
 * Runs in one of the library's threads, possibly before chatterbox_call() has returned. It must not
 * block, and must not stop the engine; other calls are fine.
 */
typedef void (*chatterbox_call_fn)(void *user, const struct chatterbox_outcome *outcome);

/**
 * chatterbox_call() - ask for @method, hear of the outcome later
 * @box: engine, started
 * @method: "nl-ocd.content.job.status", ...
 * @params: a JSON object, or NULL for {}
 * @done: receives the outcome; it is called exactly once when this returns 0, else never
 * @user: handed to @done
 *
 * Any thread; never blocks on a server. An order to a job (pause, resume, kill) ends at the latest
 * after rmq_rpc.rpc_timeout. Return: 0, -EINVAL when @params is no JSON object, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_call(struct chatterbox *box, const char *method, const char *params,
				   chatterbox_call_fn done, void *user);

#ifdef __cplusplus
}
#endif
#endif
