// SPDX-License-Identifier: MIT
/*
 * frames.c - reads frames, assembles messages, and hands out events
 *
 * librabbitmq hands frames out one by one. Its buffers are released after each, or they would grow
 * with every message. Its own calls for messages are not used: they wait inside a message without a
 * deadline and allocate whatever size the header announces. Here a body larger than max_body is
 * refused at its header; its frames are counted and dropped, and the event comes after the last
 * one.
 *
 * Only take() waits. Meanwhile librabbitmq sends heartbeats and notices a broker that does not
 * answer.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* Heartbeats are due every 3 s */
#define POLL_MS 1000

/* --- a message: its method, header and body frames --- */

/* AMQP's short texts are at most 255 bytes */
static void copy_short(char out[CBX_BUS_SHORT + 1], amqp_bytes_t bytes)
{
	size_t len = bytes.len < CBX_BUS_SHORT ? bytes.len : CBX_BUS_SHORT;

	if (len)
		memcpy(out, bytes.bytes, len);
	out[len] = '\0';
}

static void begin_content(struct cbx_amqp_bus *self, const amqp_method_t *method)
{
	struct cbx_amqp_content *content = &self->content;
	struct cbx_amqp_consumer *consumer;

	cbx_amqp_content_reset(self);
	content->open = true;
	self->bus.receiving = true;
	if (method->id == AMQP_BASIC_DELIVER_METHOD) {
		const amqp_basic_deliver_t *deliver = method->decoded;

		content->event.type = CBX_BUS_DELIVERY;
		content->event.tag = deliver->delivery_tag + self->delivered_before;
		content->event.redelivered = deliver->redelivered;
		self->delivered = content->event.tag;
		consumer = cbx_amqp_find_consumer(self, deliver->consumer_tag);
		content->queue = consumer ? consumer->queue : NULL;
		copy_short(content->exchange, deliver->exchange);
		copy_short(content->routing_key, deliver->routing_key);
	} else {
		const amqp_basic_return_t *returned = method->decoded;

		content->event.type = CBX_BUS_RETURNED;
		copy_short(content->exchange, returned->exchange);
		copy_short(content->routing_key, returned->routing_key);
	}
}

static int finish(struct cbx_amqp_bus *self)
{
	int result = cbx_amqp_push(self, &self->content.event);

	cbx_amqp_content_reset(self);
	return result;
}

static int take_header(struct cbx_amqp_bus *self, const amqp_frame_t *frame)
{
	struct cbx_amqp_content *content = &self->content;
	struct cbx_bus_message message = { .queue = content->queue,
					   .exchange = content->exchange,
					   .routing_key = content->routing_key };

	if (!content->open || content->has_header ||
	    frame->payload.properties.class_id != AMQP_BASIC_CLASS)
		return cbx_amqp_lost(self, "protocol", "a header without its method");
	content->has_header = true;
	content->size = frame->payload.properties.body_size;
	content->drain = content->size > self->bus.max_body;
	if (content->drain && content->event.type == CBX_BUS_DELIVERY)
		content->event.type = CBX_BUS_OVERSIZED;
	cbx_amqp_properties_read(frame->payload.properties.decoded, self->scratch,
				 sizeof(self->scratch), &message);
	message.body_len = content->drain ? 0 : (size_t)content->size;
	if (cbx_bus_event_set(&content->event, &message) < 0) {
		/* what is not acknowledged is delivered again over the next connection */
		cbx_amqp_lost(self, "a delivery", "out of memory");
		return -ENOMEM;
	}
	return content->size ? 0 : finish(self);
}

static int take_body(struct cbx_amqp_bus *self, const amqp_bytes_t *fragment)
{
	struct cbx_amqp_content *content = &self->content;
	char *body = content->event.memory;

	if (!content->has_header || fragment->len > content->size - content->filled)
		return cbx_amqp_lost(self, "protocol", "a body larger than its header said");
	if (!content->drain && fragment->len) {
		/* the body is the end of the event's own memory */
		body += content->event.message.body - (const char *)content->event.memory;
		memcpy(body + content->filled, fragment->bytes, fragment->len);
	}
	content->filled += fragment->len;
	return content->filled == content->size ? finish(self) : 0;
}

/* --- frames --- */

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
	/* who called take() says what it means */
	cbx_debug(self->log, CBX_FIELDS({ "server", "rmq" }, { "error", reason }),
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
		begin_content(self, method);
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
		return take_header(self, frame);
	if (frame->frame_type == AMQP_FRAME_BODY)
		return take_body(self, &frame->payload.body_fragment);
	return 0;
}

/* librabbitmq keeps heartbeats to itself, so any bytes are a sign of life. The end of a connection
 * is none: it may come from whoever stands between us and the broker. */
static void note_life(struct cbx_amqp_bus *self)
{
	int bytes = 0;

	/* what librabbitmq holds was noted before it was read */
	if (amqp_data_in_buffer(self->state) || amqp_frames_enqueued(self->state))
		return;
	if (!ioctl(self->fd, FIONREAD, &bytes) && bytes > 0)
		self->bus.alive_at = cbx_now(self->clock);
}

int cbx_amqp_read(struct cbx_amqp_bus *self, uint64_t deadline)
{
	struct timeval none = { 0, 0 };
	amqp_frame_t frame;
	int status;
	int result;

	note_life(self);
	status = amqp_simple_wait_frame_noblock(self->state, &frame, &none);
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

/* --- events --- */

/* The oldest event: 1 and *event, or an error; 0 = there is none */
static int next_event(struct cbx_amqp_bus *self, struct cbx_bus_event *event)
{
	struct cbx_amqp_event *item = STAILQ_FIRST(&self->events);
	int result = 1;

	if (!item)
		return 0;
	STAILQ_REMOVE_HEAD(&self->events, link);
	self->held -= cbx_amqp_event_size(item);
	if (item->error) {
		result = item->error;
		snprintf(self->bus.error, sizeof(self->bus.error), "%s",
			 item->text ? item->text : "refused");
	} else {
		*event = item->event;
		item->event.memory = NULL;
	}
	cbx_amqp_event_free(item);
	return result;
}

/* Reads frames until they make an event; returns as next_event() */
static int read_event(struct cbx_amqp_bus *self, uint64_t deadline, struct cbx_bus_event *event)
{
	int result;

	do {
		result = next_event(self, event);
		if (result != 0)
			return result;
		result = cbx_amqp_read(self, deadline);
	} while (result > 0);
	return result < 0 ? result : next_event(self, event);
}

int cbx_amqp_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline, struct cbx_bus_event *event)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	bool over = false;
	int result = cbx_amqp_check_up(self);

	if (result < 0)
		return result;
	for (;;) {
		struct pollfd fds[2] = { { .fd = self->fd, .events = POLLIN },
					 { .fd = wake_fd, .events = POLLIN } };

		result = read_event(self, deadline, event);
		if (result != 0)
			return result < 0 ? result : 0;
		if (over) {
			*event = (struct cbx_bus_event){ .type = CBX_BUS_NOTHING };
			return 0;
		}
		result = cbx_amqp_flush(self);
		if (result < 0)
			return result;
		if (poll(fds, 2, cbx_ms_left(self->clock, deadline, POLL_MS)) >= 0)
			over = fds[1].revents || cbx_now(self->clock) >= deadline;
	}
}
