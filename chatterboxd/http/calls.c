// SPDX-License-Identifier: MIT
/*
 * calls.c - the calls under way, each with the request that waits for it
 *
 * A call and its request are separated under one lock, by the call's answer or by a stop,
 * whichever comes first; the other then finds no request. libmicrohttpd does not watch suspended
 * connections, so a client that has left is noticed only when its answer is sent. Therefore the
 * number of waiting requests is limited: when nl-hdms does not answer, there are connections left
 * for everything else.
 */
#include "calls.h"

#include "common/cleanup.h"
#include "exchange.h"
#include "problem.h"
#include "server.h"

#include <errno.h>

#define MOST 64

/* Belongs to the library until its answer has come */
struct call {
	struct call *next;
	struct call **link; /* what points to this one */
	struct cbd_calls *home;
	struct cbd_request *request; /* NULL = nobody waits any more, and it is in no list */
	void (*finish)(struct cbd_request *request, const struct chatterbox_answer *answer);
};

struct cbd_calls {
	pthread_mutex_t lock; /* of everything below */
	int refs;             /* one of the server and one of each call */
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

/* Call with the lock held. The request, which the caller has to answer, or NULL. */
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

/* Call with the lock still held, so that a stop continues only after the connection was resumed.
 * From then on the request belongs to libmicrohttpd's thread again. */
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

static void make_answer(struct call *call, struct cbd_request *request,
			const struct chatterbox_answer *answer)
{
	if (answer->result < 0)
		cbd_answer_error(request, answer->error);
	else if (call->finish)
		call->finish(request, answer);
	else
		cbd_answer_json(request, 200, answer->json);
}

/* Called in chatterbox_dispatch() by main, or by cbd_call() when the call could not be made */
static void done(void *user, const struct chatterbox_answer *answer)
{
	struct call *call = user;
	struct cbd_calls *home = call->home;
	struct cbd_request *request;

	pthread_mutex_lock(&home->lock);
	request = take_request(call);
	if (request) {
		make_answer(call, request, answer);
		give_back(request);
	}
	pthread_mutex_unlock(&home->lock);
	unref(home);
	free(call);
}

/* Return: NULL when it was refused, with an answer that says so */
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

void cbd_call(struct cbd_request *request, cbd_call_fn start,
	      void (*finish)(struct cbd_request *request, const struct chatterbox_answer *answer))
{
	struct chatterbox_error error;
	struct chatterbox_answer failed = { .error = &error };
	char who[CBD_ASKER];
	struct call *call;

	/* the library decides how long it takes; the answer gets a deadline of its own */
	cbd_connection_allow(request->http, request->connection, -1);
	request->waits = true;
	MHD_suspend_connection(request->connection);
	call = enlist(request->http->calls, request);
	if (!call)
		return;
	call->finish = finish;
	/* a stop may answer the request at any time, but only this thread can end it */
	cbd_asker_write(request, who);
	chatterbox_set_asker(request->box, CHATTERBOX_DOOR_HTTP, who);
	failed.result = start(request, done, call, &error);
	if (failed.result < 0)
		done(call, &failed);
}
