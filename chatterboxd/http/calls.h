/* SPDX-License-Identifier: MIT */
/*
 * calls.h - requests that wait for the outcome of a chatterbox_call()
 *
 * A waiting connection is suspended. The outcome may come after the server has stopped, so a call
 * and its request can be separated.
 */
#ifndef CBD_CALLS_H
#define CBD_CALLS_H

#include <chatterbox/call.h>

struct cbd_calls;
struct cbd_request;

int cbd_calls_new(struct cbd_calls **out);
/* Answers all waiting requests with 503, and from now on every new one. Before MHD_stop_daemon().
 */
void cbd_calls_stop(struct cbd_calls *calls);
/* Calls still under way keep what they need */
void cbd_calls_freep(struct cbd_calls **calls);

/* libmicrohttpd's thread only. @params: a JSON object, or NULL. @finish makes the answer of a
 * successful outcome, in any thread; NULL = 200 with the result as it is. Failures become problems.
 */
void cbd_call(struct cbd_request *request, const char *method, const char *params,
	      void (*finish)(struct cbd_request *request, const char *result));

#endif
