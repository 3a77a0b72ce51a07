// SPDX-License-Identifier: MIT
/* outlook.c - the route of outlooks; the leader answers, so another instance waits for it */
#include "calls.h"
#include "exchange.h"

static int start(struct cbd_request *request, chatterbox_done_fn done, void *user,
		 struct chatterbox_error *error)
{
	return chatterbox_query(request->box, CHATTERBOX_TOPIC_OUTLOOK, request->query, done, user,
				NULL, error);
}

void cbd_answer_outlook(struct cbd_request *request)
{
	cbd_call(request, start, NULL);
}
