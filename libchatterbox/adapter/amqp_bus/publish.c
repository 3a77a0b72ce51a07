// SPDX-License-Identifier: MIT
/*
 * publish.c - publishes and acknowledges without ever blocking in a write
 *
 * librabbitmq writes without a deadline, so nothing is written unless the socket takes it at once.
 * When a broker stops reading (an alarm, a frozen process), the socket's queue grows (SIOCOUTQ).
 * Above QUEUE_LIMIT we wait, read meanwhile, and give up at the deadline. This holds inside a large
 * message, too, which goes out in pieces; giving up there costs the connection, since half a
 * message can't be taken back. That a message has arrived is known by its confirm, not by the
 * return of a write.
 *
 * The queue is measured again when what was written since may have filled it, not for each message.
 * Messages that follow each other at once leave together: a packet for each costs the broker and us
 * more than the message itself, and librabbitmq writes each frame by itself. So frames are gathered
 * here and written at once; over TLS, which only librabbitmq can write, in shared packets
 * (TCP_CORK).
 */
#include "adapter/amqp_bus/connection.h"

#include <arpa/inet.h>
#include <chatterbox/error.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Half of what the socket takes for sure (login.c); a frame is small against it */
#define QUEUE_LIMIT (128 * 1024)
/* A frame's header, and its end, too */
#define FRAME_HEAD 7
#define FRAME_EXTRA 8
/* What a message's properties may take: six short texts, and its headers */
#define PROPERTIES_MOST (CBX_BUS_HEADER_BYTES + 6 * (CBX_BUS_SHORT + 1) + 512)
/* What any method may take */
#define METHOD_MOST 1024
/* How long one write may take that has to wait */
#define WRITE_MS 1000

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

/* The queue was measured, so that a write which has to wait is rare */
static bool may_write(struct cbx_amqp_bus *self)
{
	struct pollfd fd = { .fd = self->fd, .events = POLLOUT };

	return errno == EINTR || (errno == EAGAIN && poll(&fd, 1, WRITE_MS) == 1);
}

int cbx_amqp_flush(struct cbx_amqp_bus *self)
{
	const char *at = self->outgoing;
	const char *end = at + self->outgoing_len;

	self->outgoing_len = 0;
	while (at < end) {
		ssize_t written =
			send(self->fd, at, (size_t)(end - at), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (written < 0 && !may_write(self))
			return cbx_amqp_lost_status(self, "sending", AMQP_STATUS_SOCKET_ERROR);
		at += written > 0 ? written : 0;
	}
	cork(self, 0);
	return 0;
}

static int wait_and_read(struct cbx_amqp_bus *self, uint64_t deadline)
{
	struct pollfd fd = { .fd = self->fd };
	int result = cbx_amqp_flush(self);

	while (result >= 0 && !has_room(self)) {
		bool reads = !cbx_amqp_holds_enough(self);

		result = reads ? cbx_amqp_read(self, deadline) : 0;
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
	return result < 0 ? result : 0;
}

int cbx_amqp_wait_for_room(struct cbx_amqp_bus *self, uint64_t deadline)
{
	int result = has_room(self) ? 0 : wait_and_read(self, deadline);

	self->room -= METHOD_MOST;
	return result;
}

/* The payload of @frame; its length, or a negative status */
static int write_payload(const amqp_frame_t *frame, char *to, size_t size)
{
	const amqp_bytes_t *body = &frame->payload.body_fragment;
	uint64_t body_size = frame->payload.properties.body_size;
	uint32_t words[3] = { htonl(frame->payload.method.id) };
	size_t head = sizeof(words[0]);
	int len;

	if (frame->frame_type == AMQP_FRAME_BODY) {
		memcpy(to, body->bytes, body->len);
		return (int)body->len;
	}
	if (frame->frame_type == AMQP_FRAME_METHOD) {
		len = amqp_encode_method(frame->payload.method.id, frame->payload.method.decoded,
					 (amqp_bytes_t){ size - head, to + head });
	} else {
		words[0] = htonl((uint32_t)frame->payload.properties.class_id << 16);
		words[1] = htonl((uint32_t)(body_size >> 32));
		words[2] = htonl((uint32_t)body_size);
		head = sizeof(words);
		len = amqp_encode_properties(frame->payload.properties.class_id,
					     frame->payload.properties.decoded,
					     (amqp_bytes_t){ size - head, to + head });
	}
	memcpy(to, words, head);
	return len < 0 ? len : (int)head + len;
}

/* Puts a frame behind what is gathered, which has room for it */
static int gather(struct cbx_amqp_bus *self, const amqp_frame_t *frame)
{
	char *to = self->outgoing + self->outgoing_len;
	int len = write_payload(frame, to + FRAME_HEAD,
				sizeof(self->outgoing) - self->outgoing_len - FRAME_EXTRA);
	uint16_t channel = htons(frame->channel);
	uint32_t size = htonl((uint32_t)len);

	if (len < 0)
		return len;
	to[0] = (char)frame->frame_type;
	memcpy(to + 1, &channel, sizeof(channel));
	memcpy(to + 3, &size, sizeof(size));
	to[FRAME_HEAD + len] = (char)AMQP_FRAME_END;
	self->outgoing_len += (size_t)len + FRAME_EXTRA;
	return AMQP_STATUS_OK;
}

/* @size: at least the bytes that it takes */
static int send_frame(struct cbx_amqp_bus *self, const amqp_frame_t *frame, size_t size)
{
	int status;

	if (sizeof(self->outgoing) - self->outgoing_len < size + FRAME_EXTRA &&
	    cbx_amqp_flush(self) < 0)
		return CHATTERBOX_E_DOWN;
	status = self->options.tls ? amqp_send_frame(self->state, frame) : gather(self, frame);
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
	result = send_frame(self, &frame, METHOD_MOST);
	if (result < 0)
		return result;
	cbx_amqp_properties_write(message, &properties, entries, expiration, sizeof(expiration));
	frame.frame_type = AMQP_FRAME_HEADER;
	frame.payload.properties.class_id = AMQP_BASIC_CLASS;
	frame.payload.properties.body_size = message->body_len;
	frame.payload.properties.decoded = &properties;
	return send_frame(self, &frame, PROPERTIES_MOST);
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
	if (self->options.tls)
		cork(self, small);
	result = send_head(self, message);
	if (result == 0)
		result = send_body(self, message, deadline);
	if (result == 0 && !message->more)
		result = cbx_amqp_flush(self);
	if (result == 0 && tag)
		*tag = number;
	return result;
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
