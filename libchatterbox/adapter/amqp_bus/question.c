// SPDX-License-Identifier: MIT
/*
 * question.c - asks the broker something, and reads until the answer is there
 *
 * What the broker sends before the answer is read as usual: a message is assembled, or drained, so
 * that waiting takes no memory beyond that of the events. An optional question stops waiting rather
 * than collect more events than allowed. Its answer is then read when it comes, before anything
 * else is asked on that channel, so that it is not taken for another's.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define POLL_MS 1000

/* ---- answers */

/* In AMQP the number of an answer follows that of its question */
static amqp_method_number_t answer_to(const struct cbx_amqp_question *question)
{
	return question->method + 1;
}

static bool waits(const struct cbx_amqp_question *question, amqp_channel_t channel)
{
	return question->channel == channel && !question->answered;
}

/* The open question on @channel, of which there is one at most */
static struct cbx_amqp_question *find(struct cbx_amqp_bus *self, amqp_channel_t channel)
{
	struct cbx_amqp_question *question;

	for (question = self->question; question; question = question->outer)
		if (waits(question, channel))
			return question;
	return waits(&self->overdue, channel) ? &self->overdue : NULL;
}

static void read_declared(struct cbx_amqp_question *question,
			  const amqp_queue_declare_ok_t *declared)
{
	question->messages = declared->message_count;
	question->consumers = declared->consumer_count;
	snprintf(question->queue, sizeof(question->queue), "%.*s", (int)declared->queue.len,
		 declared->queue.len ? (const char *)declared->queue.bytes : "");
}

static void read_close(struct cbx_amqp_bus *self, struct cbx_amqp_question *question,
		       const amqp_method_t *method)
{
	char reason[CBX_BUS_SHORT + 16];

	cbx_amqp_close_text(method, reason, sizeof(reason), &question->code);
	if (question != &self->overdue)
		cbx_amqp_say(self, question->what, reason);
}

bool cbx_amqp_is_answer(struct cbx_amqp_bus *self, const amqp_frame_t *frame)
{
	struct cbx_amqp_question *question = frame->channel ? find(self, frame->channel) : NULL;
	const amqp_method_t *method = &frame->payload.method;

	if (!question || frame->frame_type != AMQP_FRAME_METHOD)
		return false;
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD)
		read_close(self, question, method);
	else if (method->id != answer_to(question))
		return false;
	else if (method->id == AMQP_QUEUE_DECLARE_OK_METHOD)
		read_declared(question, method->decoded);
	question->answered = true;
	return true;
}

/* ---- questions */

static int late(struct cbx_amqp_bus *self, const struct cbx_amqp_question *question, bool alive)
{
	if (question->optional && alive) {
		cbx_amqp_say(self, question->what, "other messages come before the answer");
		return CHATTERBOX_E_TIMEOUT;
	}
	return cbx_amqp_lost(self, question->what, "no answer in time");
}

/* Reads until @question is answered; returns as cbx_amqp_ask() */
static int read_answer(struct cbx_amqp_bus *self, struct cbx_amqp_question *question,
		       uint64_t deadline)
{
	struct pollfd fd = { .fd = self->fd, .events = POLLIN };
	bool alive = false;

	while (!question->answered) {
		int result = cbx_amqp_read(self, deadline);

		if (result < 0)
			return result;
		alive |= result > 0;
		if (question->answered)
			break;
		if (cbx_now(self->clock) >= deadline ||
		    (question->optional && cbx_amqp_holds_enough(self)))
			return late(self, question, alive);
		if (!result)
			poll(&fd, 1, cbx_ms_left(self->clock, deadline, POLL_MS));
	}
	return 0;
}

/* Waits for the overdue question, before another one on its channel */
static int finish_overdue(struct cbx_amqp_bus *self, bool optional, uint64_t deadline)
{
	int result;
	int code;

	if (!self->overdue.channel)
		return 0;
	self->overdue.optional = optional;
	result = read_answer(self, &self->overdue, deadline);
	if (result < 0)
		return result;
	code = self->overdue.code;
	self->overdue = (struct cbx_amqp_question){ 0 };
	return code ? cbx_amqp_reopen(self, CBX_ASK, deadline) : 0;
}

static int send(struct cbx_amqp_bus *self, const struct cbx_amqp_question *question,
		uint64_t deadline)
{
	int result = cbx_amqp_wait_for_room(self, deadline);
	int status;

	if (result < 0)
		return result;
	status = amqp_send_method(self->state, question->channel, question->method,
				  question->arguments);
	return status == AMQP_STATUS_OK ? 0 : cbx_amqp_lost_status(self, question->what, status);
}

/* Nobody waits any more: the caller's texts will be gone when the answer comes */
static void give_up(struct cbx_amqp_bus *self, const struct cbx_amqp_question *question)
{
	self->overdue = *question;
	self->overdue.outer = NULL;
	self->overdue.arguments = NULL;
	self->overdue.what = "an overdue answer";
}

int cbx_amqp_ask(struct cbx_amqp_bus *self, struct cbx_amqp_question *question, uint64_t deadline)
{
	int result = cbx_amqp_flush(self);

	if (result == 0 && question->channel == CBX_ASK)
		result = finish_overdue(self, question->optional, deadline);
	if (result == 0)
		result = send(self, question, deadline);
	if (result < 0)
		return result;
	question->outer = self->question;
	self->question = question;
	result = read_answer(self, question, deadline);
	self->question = question->outer;
	if (result == CHATTERBOX_E_TIMEOUT)
		give_up(self, question);
	return result < 0 ? result : question->code;
}

int cbx_amqp_outcome(struct cbx_amqp_bus *self, amqp_channel_t channel, int code, uint64_t deadline)
{
	int result;

	if (code <= 0)
		return code;
	result = cbx_amqp_reopen(self, channel, deadline);
	if (result < 0)
		return result;
	return code == AMQP_NOT_FOUND ? CHATTERBOX_E_UNKNOWN : CHATTERBOX_E_REFUSED;
}
