/* SPDX-License-Identifier: MIT */
/*
 * calls.h - requests that wait for the answer of a call to the library
 *
 * A waiting connection is suspended. The answer may come after the server has stopped, so a call
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

/* Makes the library's call for a request, in libmicrohttpd's thread; returns what that returns */
typedef int (*cbd_call_fn)(struct cbd_request *request, chatterbox_done_fn done, void *user,
			   struct chatterbox_error *error);

/* libmicrohttpd's thread only. @finish makes the answer of a successful call, in main's thread;
 * NULL = 200 with the library's JSON as it is. Failures become problems. */
void cbd_call(struct cbd_request *request, cbd_call_fn start,
	      void (*finish)(struct cbd_request *request, const struct chatterbox_answer *answer));

#endif
