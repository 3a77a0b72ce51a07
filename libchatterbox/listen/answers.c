// SPDX-License-Identifier: MIT
/*
 * answers.c - sends what calls were answered with
 *
 * The answer to an order waits for a connection while this instance leads: nobody asks for it
 * again. That to a question is dropped with the connection by which its request came.
 */
#include "listen/listen.h"

#include "base/read.h"
#include "runtime/envelope.h"

#include <chatterbox/error.h>

#define ANSWERS_KEPT 1024

static int publish_answer(struct cbx_listener *listener, const struct cbx_inbound *inbound)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = inbound->response.reply_to,
					   .body = inbound->response.body,
					   .body_len = inbound->response.len,
					   .correlation_id = inbound->response.correlation_id };
	char trace[CBX_UUID_TEXT];
	int result;

	if (!inbound->response.reply_to)
		return 0;
	cbx_uuid(trace);
	cbx_envelope_properties(listener->settings, listener->clock,
				inbound->response.trace_id ?: trace, &message);
	result = listener->bus->ops->publish(listener->bus, &message, NULL,
					     cbx_now(listener->clock) + 2 * CBX_SECOND);
	return result == CHATTERBOX_E_LIMIT ? 0 : result;
}

void cbx_listener_send_answer(struct cbx_listener *listener, struct cbx_inbound *inbound)
{
	int result = publish_answer(listener, inbound);

	if (!result)
		result = listener->bus->ops->acknowledge(listener->bus, inbound->tag, false, true);
	if (result < 0)
		cbx_listener_lost(listener, CHATTERBOX_E_DOWN);
}

static struct cbx_inbound *take_answer(struct cbx_listener *listener)
{
	struct cbx_inbound *inbound = listener->answers;

	if (!inbound)
		return NULL;
	listener->answers = inbound->next;
	listener->answer_count--;
	return inbound;
}

void cbx_listener_drop_answers(struct cbx_listener *listener)
{
	struct cbx_inbound *inbound;

	while ((inbound = take_answer(listener)))
		cbx_inbound_free(inbound);
}

void cbx_listener_keep_answer(struct cbx_listener *listener, struct cbx_inbound *inbound)
{
	if (listener->answer_count == ANSWERS_KEPT)
		cbx_inbound_free(take_answer(listener));
	if (!listener->answers)
		listener->answers_end = &listener->answers;
	inbound->next = NULL;
	*listener->answers_end = inbound;
	listener->answers_end = &inbound->next;
	listener->answer_count++;
}

void cbx_listener_send_answers(struct cbx_listener *listener)
{
	while (listener->consuming && listener->answers) {
		if (publish_answer(listener, listener->answers) < 0)
			cbx_listener_lost(listener, CHATTERBOX_E_DOWN);
		else
			cbx_inbound_free(take_answer(listener));
	}
}
