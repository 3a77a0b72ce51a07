/* SPDX-License-Identifier: MIT */
/*
 * calls.h - requests that wait for the outcome of a chatterbox_call()
 *
 * A waiting connection is suspended. The outcome may come after the server has stopped: then it
 * meets an empty chair, since a call and its request are held apart.
 */
#ifndef CBD_CALLS_H
#define CBD_CALLS_H

#include <chatterbox/call.h>

struct cbd_calls;
struct cbd_request;

int cbd_calls_new(struct cbd_calls **out);
/* Answers whoever waits with 503; from now on all are answered so. Before MHD_stop_daemon(). */
void cbd_calls_stop(struct cbd_calls *calls);
/* What is still under way keeps what it needs */
void cbd_calls_freep(struct cbd_calls **calls);

/* MHD's thread only. @params: a JSON object, or NULL. @finish makes the answer of an outcome that
 * succeeded, in any thread; NULL = 200 and the result as it is. Failures become problems. */
void cbd_call(struct cbd_request *request, const char *method, const char *params,
	      void (*finish)(struct cbd_request *request, const char *result));

#endif
