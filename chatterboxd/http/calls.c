// SPDX-License-Identifier: MIT
/*
 * calls.c - a list of the calls under way, each with the request that waits for it
 *
 * Decides how a call and its request lose each other: under one lock the outcome takes the request
 * off its call, or the stop does; whoever comes second finds none. Libmicrohttpd does not look at a
 * suspended connection, so a client that goes away is noticed when its answer is sent. Therefore
 * only so many may wait: when nl-hdms is silent, connections are left for everything else.
 */
#include "calls.h"

#include "common/cleanup.h"
#include "exchange.h"
#include "problem.h"
#include "server.h"

#include <errno.h>

#define MOST 64

/* Owned by the library until its outcome came */
struct call {
	struct call *next;
	struct call **link; /* what points to this one */
	struct cbd_calls *home;
	struct cbd_request *request; /* NULL = nobody waits any more, and it is in no list */
	void (*finish)(struct cbd_request *request, const char *result);
};

struct cbd_calls {
	pthread_mutex_t lock; /* of everything below */
	int refs;             /* the server's, and one of each call */
	bool stopping;
	size_t count;
	struct call *head;
};

int cbd_calls_new(struct cbd_calls **out)
{
	struct cbd_calls *calls = calloc(1, sizeof(*calls));

	if (!calls)
		return -ENOMEM;
	pthread_mutex_init(&calls->lock, NULL);
	calls->refs = 1;
	*out = calls;
	return 0;
}

static void unref(struct cbd_calls *calls)
{
	int left;

	pthread_mutex_lock(&calls->lock);
	left = --calls->refs;
	pthread_mutex_unlock(&calls->lock);
	if (left)
		return;
	pthread_mutex_destroy(&calls->lock);
	free(calls);
}

void cbd_calls_freep(struct cbd_calls **calls)
{
	if (*calls)
		unref(*calls);
	*calls = NULL;
}

/* With the lock held: the request, which is the caller's to answer, or NULL */
static struct cbd_request *take_request(struct call *call)
{
	struct cbd_request *request = cbx_steal(call->request);

	if (!request)
		return NULL;
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	call->home->count--;
	return request;
}

/* Still with the lock held, so that a stop goes on only after the connection was resumed. From
 * then on the request is libmicrohttpd's thread's again. */
static void give_back(struct cbd_request *request)
{
	MHD_resume_connection(request->connection);
}

void cbd_calls_stop(struct cbd_calls *calls)
{
	pthread_mutex_lock(&calls->lock);
	calls->stopping = true;
	while (calls->head) {
		struct cbd_request *request = take_request(calls->head);

		cbd_answer_problem(request, 503, "chatterboxd is stopping");
		give_back(request);
	}
	pthread_mutex_unlock(&calls->lock);
}

static void answer(struct call *call, struct cbd_request *request,
		   const struct chatterbox_outcome *outcome)
{
	if (outcome->code != CHATTERBOX_CALL_OK)
		cbd_answer_failure(request, cbd_problem_code_of_call(outcome->code),
				   outcome->message, outcome->data);
	else if (call->finish)
		call->finish(request, outcome->result);
	else
		cbd_answer_json(request, 200, outcome->result);
}

/* One of the library's threads, or the one that asks */
static void done(void *user, const struct chatterbox_outcome *outcome)
{
	struct call *call = user;
	struct cbd_calls *home = call->home;
	struct cbd_request *request;

	pthread_mutex_lock(&home->lock);
	request = take_request(call);
	if (request) {
		answer(call, request, outcome);
		give_back(request);
	}
	pthread_mutex_unlock(&home->lock);
	unref(home);
	free(call);
}

/* Return: NULL when it was refused, and answered so */
static struct call *enlist(struct cbd_calls *calls, struct cbd_request *request)
{
	struct call *call = calloc(1, sizeof(*call));
	const char *refusal = !call ? "out of memory" : NULL;

	pthread_mutex_lock(&calls->lock);
	if (calls->stopping)
		refusal = "chatterboxd is stopping";
	else if (calls->count >= MOST)
		refusal = "too many orders wait for their answer";
	if (refusal) {
		cbd_answer_problem(request, call ? 503 : 500, refusal);
		give_back(request);
	} else {
		call->request = request;
		call->home = calls;
		call->next = calls->head;
		call->link = &calls->head;
		if (call->next)
			call->next->link = &call->next;
		calls->head = call;
		calls->count++;
		calls->refs++;
	}
	pthread_mutex_unlock(&calls->lock);
	if (refusal) {
		free(call);
		return NULL;
	}
	return call;
}

void cbd_call(struct cbd_request *request, const char *method, const char *params,
	      void (*finish)(struct cbd_request *request, const char *result))
{
	struct chatterbox_outcome outcome = { .code = CHATTERBOX_CALL_INTERNAL_ERROR, .data = "" };
	struct chatterbox *box = request->box;
	struct call *call;
	int result;

	/* how long it may take is the library's to say; the answer gets a deadline of its own */
	cbd_connection_allow(request->http, request->connection, -1);
	request->waits = true;
	MHD_suspend_connection(request->connection);
	call = enlist(request->http->calls, request);
	if (!call)
		return;
	call->finish = finish;
	/* @params are the request's, and a stop may answer that at once, but only this thread,
	 * which is here, can end it */
	result = chatterbox_call(box, method, params, done, call);
	if (result < 0) {
		outcome.message = chatterbox_strerror(result);
		done(call, &outcome);
	}
}
