// SPDX-License-Identifier: MIT
/*
 * publish.c - publishes and acknowledges without ever blocking in a write
 *
 * librabbitmq writes without a deadline, so nothing is written unless the socket takes it at once.
 * When a broker stops reading (an alarm, a frozen process), the socket's queue grows (SIOCOUTQ).
 * Above QUEUE_LIMIT we wait, read meanwhile, and give up at the deadline. Frames are sent one by
 * one, so this holds inside a large message, too; giving up there costs the connection, since half
 * a message can't be taken back. That a message has arrived is known by its confirm, not by the
 * return of a write.
 *
 * The queue is measured again when what was written since may have filled it, not for each message;
 * and the frames of messages that follow each other at once leave in shared packets (TCP_CORK): a
 * packet for each message costs the broker and us more than the message itself.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Half of what the socket takes for sure (login.c); a frame is small against it */
#define QUEUE_LIMIT (128 * 1024)
/* A frame's header and end */
#define FRAME_EXTRA 8
/* What a message may take besides its body: eight short texts, and its headers */
#define HEAD_MOST (CBX_BUS_HEADER_BYTES + 8 * (CBX_BUS_SHORT + 1) + 512)
/* What any other method may take */
#define METHOD_MOST 1024

static bool has_room(struct cbx_amqp_bus *self)
{
	int queued = 0;

	if (self->bus.blocked)
		return false;
	if (self->room > 0)
		return true;
	if (ioctl(self->fd, SIOCOUTQ, &queued) != 0)
		return false;
	self->room = QUEUE_LIMIT - queued;
	return self->room > 0;
}

/* Holds small packets back until it is off again */
static void cork(struct cbx_amqp_bus *self, int on)
{
	if (self->corked == on)
		return;
	self->corked = on;
	(void)setsockopt(self->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

void cbx_amqp_uncork(struct cbx_amqp_bus *self)
{
	cork(self, 0);
}

static int wait_and_read(struct cbx_amqp_bus *self, uint64_t deadline)
{
	struct pollfd fd = { .fd = self->fd };

	cork(self, 0);
	while (!has_room(self)) {
		bool reads = !cbx_amqp_holds_enough(self);
		int result = reads ? cbx_amqp_read(self, deadline) : 0;

		if (result < 0)
			return result;
		if (cbx_now(self->clock) >= deadline) {
			cbx_amqp_say(self, "sending",
				     self->bus.blocked ? "the broker takes no messages for now"
						       : "the broker does not read");
			return CHATTERBOX_E_TIMEOUT;
		}
		/* nothing becomes readable when the queue shrinks: check every few ms */
		fd.events = reads ? POLLIN : 0;
		if (!result)
			poll(&fd, 1,
			     cbx_ms_left(self->clock, deadline, self->bus.blocked ? 200 : 5));
	}
	return 0;
}

int cbx_amqp_wait_for_room(struct cbx_amqp_bus *self, uint64_t deadline)
{
	int result = has_room(self) ? 0 : wait_and_read(self, deadline);

	self->room -= METHOD_MOST;
	return result;
}

/* @size: at least the bytes that it takes */
static int send_frame(struct cbx_amqp_bus *self, const amqp_frame_t *frame, size_t size)
{
	int status = amqp_send_frame(self->state, frame);

	self->room -= (int)size;
	return status == AMQP_STATUS_OK ? 0 : cbx_amqp_lost_status(self, "sending", status);
}

static int send_head(struct cbx_amqp_bus *self, const struct cbx_bus_message *message)
{
	amqp_basic_publish_t publish = { .exchange = cbx_amqp_text(message->exchange),
					 .routing_key = cbx_amqp_text(message->routing_key),
					 .mandatory = message->mandatory };
	amqp_table_entry_t entries[CBX_BUS_HEADERS];
	amqp_basic_properties_t properties;
	char expiration[24];
	amqp_frame_t frame = { .frame_type = AMQP_FRAME_METHOD, .channel = self->work };
	int result;

	frame.payload.method.id = AMQP_BASIC_PUBLISH_METHOD;
	frame.payload.method.decoded = &publish;
	result = send_frame(self, &frame, 0); /* HEAD_MOST is of both frames */
	if (result < 0)
		return result;
	cbx_amqp_properties_write(message, &properties, entries, expiration, sizeof(expiration));
	frame.frame_type = AMQP_FRAME_HEADER;
	frame.payload.properties.class_id = AMQP_BASIC_CLASS;
	frame.payload.properties.body_size = message->body_len;
	frame.payload.properties.decoded = &properties;
	return send_frame(self, &frame, HEAD_MOST);
}

static int send_body(struct cbx_amqp_bus *self, const struct cbx_bus_message *message,
		     uint64_t deadline)
{
	size_t limit = (size_t)amqp_get_frame_max(self->state);
	size_t most = (limit < CBX_SEND_MAX ? limit : CBX_SEND_MAX) - FRAME_EXTRA;
	amqp_frame_t frame = { .frame_type = AMQP_FRAME_BODY, .channel = self->work };
	unsigned opened = self->opened;
	size_t at = 0;
	int result = 0;

	while (result == 0 && at < message->body_len) {
		size_t len = message->body_len - at < most ? message->body_len - at : most;

		result = at ? cbx_amqp_wait_for_room(self, deadline) : 0;
		if (result == CHATTERBOX_E_TIMEOUT)
			return cbx_amqp_lost(self, "sending", "the broker stopped reading");
		if (self->opened != opened)
			return 0; /* its channel is gone: it was reported as refused */
		if (result < 0)
			return result;
		frame.payload.body_fragment.len = len;
		frame.payload.body_fragment.bytes = (void *)(uintptr_t)(message->body + at);
		result = send_frame(self, &frame, len + FRAME_EXTRA);
		at += len;
	}
	return result;
}

int cbx_amqp_publish(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
		     uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	bool small = message->body_len <= CBX_SEND_MAX / 2;
	uint64_t number;
	int result = cbx_amqp_check_up(self);

	if (result == 0)
		result = cbx_bus_message_check(bus, message);
	if (result == 0)
		result = cbx_amqp_wait_for_room(self, deadline);
	if (result < 0)
		return result;
	number = ++self->published;
	cork(self, small);
	result = send_head(self, message);
	if (result == 0)
		result = send_body(self, message, deadline);
	if (result < 0)
		return result;
	if (!message->more)
		cork(self, 0);
	if (tag)
		*tag = number;
	return 0;
}

int cbx_amqp_acknowledge(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	int result = cbx_amqp_check_up(self);
	int status;

	if (result < 0)
		return result;
	result = cbx_amqp_wait_for_room(self, cbx_now(self->clock) + CBX_SECOND);
	if (result == CHATTERBOX_E_TIMEOUT)
		return cbx_amqp_lost(self, "settling", "the broker does not read");
	if (result < 0)
		return result;
	if (tag <= self->delivered_before)
		return 0; /* its channel is gone: it will be delivered again */
	tag -= self->delivered_before;
	if (ok)
		status = amqp_basic_ack(self->state, self->work, tag, multiple);
	else
		status = amqp_basic_nack(self->state, self->work, tag, multiple, 0);
	return status == AMQP_STATUS_OK ? 0 : cbx_amqp_lost_status(self, "settling", status);
}
