// SPDX-License-Identifier: MIT
/*
 * frames.c - reads frames that have arrived and makes events of them; it never waits
 *
 * librabbitmq hands frames out one by one. Its buffers are released after each, or they would grow
 * with every message.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cbx_amqp_close_text(const amqp_method_t *method, char *out, size_t size, int *code)
{
	amqp_bytes_t text;

	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		const amqp_channel_close_t *closed = method->decoded;

		*code = closed->reply_code;
		text = closed->reply_text;
	} else {
		const amqp_connection_close_t *closed = method->decoded;

		*code = closed->reply_code;
		text = closed->reply_text;
	}
	snprintf(out, size, "%d %.*s", *code, (int)text.len, text.len ? (char *)text.bytes : "");
}

/* Nothing else that a publisher does has a precondition: one of its messages is larger than the
 * broker's max_message_size */
static int refusal(const struct cbx_amqp_bus *self, amqp_channel_t channel, int code)
{
	if (code == AMQP_PRECONDITION_FAILED && channel == self->work && self->confirms &&
	    self->published > self->published_before)
		return CHATTERBOX_E_LIMIT;
	return CHATTERBOX_E_REFUSED;
}

static int closed_channel(struct cbx_amqp_bus *self, const amqp_frame_t *frame, uint64_t deadline)
{
	char reason[CBX_BUS_SHORT + 16];
	int code;
	int result;

	if (self->changing && frame->channel == self->work)
		return cbx_amqp_lost(self, "protocol", "a channel is closed twice");
	cbx_amqp_close_text(&frame->payload.method, reason, sizeof(reason), &code);
	cbx_warn(self->log, CBX_FIELDS({ "server", "rmq" }, { "error", reason }),
		 "%s closed a channel", self->bus.where);
	cbx_amqp_say(self, "refused", reason);
	result = cbx_amqp_push_error(self, refusal(self, frame->channel, code), self->bus.error);
	if (result == 0)
		result = cbx_amqp_reopen(self, frame->channel, deadline);
	return result;
}

static int cancelled(struct cbx_amqp_bus *self, const amqp_basic_cancel_t *cancel)
{
	struct cbx_amqp_consumer *consumer = cbx_amqp_find_consumer(self, cancel->consumer_tag);

	return consumer && consumer->active ? cbx_amqp_end_consumer(self, consumer) : 0;
}

static int confirmed(struct cbx_amqp_bus *self, enum cbx_bus_event_type type, uint64_t tag,
		     bool multiple)
{
	struct cbx_bus_event event = { .type = type,
				       .tag = tag + self->published_before,
				       .multiple = multiple };

	return cbx_amqp_push(self, &event);
}

static int block(struct cbx_amqp_bus *self, const amqp_method_t *method)
{
	struct cbx_bus_event event = { .type = CBX_BUS_UNBLOCKED };

	self->bus.blocked = method->id == AMQP_CONNECTION_BLOCKED_METHOD;
	if (self->bus.blocked) {
		const amqp_connection_blocked_t *blocked = method->decoded;

		event.type = CBX_BUS_BLOCKED;
		cbx_warn(self->log, CBX_FIELDS({ "server", "rmq" }),
			 "%s takes no messages for now: %.*s", self->bus.where,
			 (int)blocked->reason.len,
			 blocked->reason.len ? (char *)blocked->reason.bytes : "");
	} else {
		cbx_info(self->log, CBX_FIELDS({ "server", "rmq" }), "%s takes messages again",
			 self->bus.where);
	}
	return cbx_amqp_push(self, &event);
}

static int on_method(struct cbx_amqp_bus *self, const amqp_frame_t *frame, uint64_t deadline)
{
	const amqp_method_t *method = &frame->payload.method;
	const amqp_basic_ack_t *ack = method->decoded;
	const amqp_basic_nack_t *nack = method->decoded;
	char reason[CBX_BUS_SHORT + 16];
	int code;

	switch (method->id) {
	case AMQP_BASIC_DELIVER_METHOD:
	case AMQP_BASIC_RETURN_METHOD:
		cbx_amqp_content_begin(self, method);
		return 0;
	case AMQP_BASIC_ACK_METHOD:
		return confirmed(self, CBX_BUS_CONFIRMED, ack->delivery_tag, ack->multiple);
	case AMQP_BASIC_NACK_METHOD:
		return confirmed(self, CBX_BUS_REFUSED, nack->delivery_tag, nack->multiple);
	case AMQP_BASIC_CANCEL_METHOD:
		return cancelled(self, method->decoded);
	case AMQP_CHANNEL_CLOSE_METHOD:
		return closed_channel(self, frame, deadline);
	case AMQP_CONNECTION_CLOSE_METHOD:
		cbx_amqp_close_text(method, reason, sizeof(reason), &code);
		return cbx_amqp_lost(self, "closed by the broker", reason);
	case AMQP_CONNECTION_BLOCKED_METHOD:
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		return block(self, method);
	default:
		return 0;
	}
}

/* Was it the working channel before it was last opened again? See connection.h */
static bool is_over(const struct cbx_amqp_bus *self, amqp_channel_t channel)
{
	return channel != 0 && channel != CBX_ASK && channel != self->work;
}

static int on_frame(struct cbx_amqp_bus *self, const amqp_frame_t *frame, uint64_t deadline)
{
	if (cbx_amqp_is_answer(self, frame) || is_over(self, frame->channel))
		return 0;
	if (frame->frame_type == AMQP_FRAME_METHOD)
		return on_method(self, frame, deadline);
	if (frame->channel != self->work)
		return 0;
	if (frame->frame_type == AMQP_FRAME_HEADER)
		return cbx_amqp_content_header(self, frame);
	if (frame->frame_type == AMQP_FRAME_BODY)
		return cbx_amqp_content_body(self, &frame->payload.body_fragment);
	return 0;
}

int cbx_amqp_read(struct cbx_amqp_bus *self, uint64_t deadline)
{
	struct timeval none = { 0, 0 };
	amqp_frame_t frame;
	int status = amqp_simple_wait_frame_noblock(self->state, &frame, &none);
	int result;

	if (status == AMQP_STATUS_TIMEOUT)
		return 0;
	if (status != AMQP_STATUS_OK)
		return cbx_amqp_lost_status(self, "reading", status);
	result = on_frame(self, &frame, deadline);
	if (result < 0)
		return result;
	amqp_maybe_release_buffers_on_channel(self->state, frame.channel);
	return 1;
}
