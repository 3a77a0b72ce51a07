/* SPDX-License-Identifier: MIT */
/*
 * calls.h - requests that wait for the answer of a call to the library
 *
 * A waiting connection is suspended. The answer may come after the server has stopped: then nobody
 * is there for it, since a call and its request are held apart.
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

/* Makes the call of the library that a request is for; as that returns. In MHD's thread. */
typedef int (*cbd_call_fn)(struct cbd_request *request, chatterbox_done_fn done, void *user,
			   struct chatterbox_error *error);

/* MHD's thread only. @finish makes the answer of a call that succeeded, in main's thread; NULL =
 * 200 and the library's JSON as it is. Failures become problems. */
void cbd_call(struct cbd_request *request, cbd_call_fn start,
	      void (*finish)(struct cbd_request *request, const struct chatterbox_answer *answer));

#endif
