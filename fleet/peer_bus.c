// SPDX-License-Identifier: MIT
/*
 * peer_bus.c - port/bus.h over a peer
 *
 * A peer knows one queue from the beginning, so the connection is made when that is consumed.
 * Acknowledging is the peer's own business.
 */
#include "fleet/peer_bus.h"

#include "common/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer_bus {
	struct cbx_bus bus;
	struct chatterbox *box;
	struct cbx_clock *clock;
	struct chatterbox_peer *peer; /* NULL = not connected */
	char *exchange;               /* to which the queue is to be bound; NULL = none */
	uint64_t received;
};

static struct peer_bus *self_of(struct cbx_bus *bus)
{
	return (struct peer_bus *)bus;
}

static int peer_connect(struct cbx_bus *bus, bool confirms, uint64_t deadline)
{
	(void)bus;
	(void)confirms;
	(void)deadline;
	return 0;
}

static void peer_disconnect(struct cbx_bus *bus)
{
	struct peer_bus *self = self_of(bus);

	self->peer = chatterbox_peer_unref(self->peer);
	free(self->exchange);
	self->exchange = NULL;
}

static bool peer_is_up(struct cbx_bus *bus)
{
	return self_of(bus)->peer;
}

static int peer_declare(struct cbx_bus *bus, const char *name, uint64_t deadline)
{
	(void)bus;
	(void)name;
	(void)deadline;
	return 0;
}

static int peer_bind(struct cbx_bus *bus, const char *queue, const char *exchange,
		     const char *routing_key, uint64_t deadline)
{
	struct peer_bus *self = self_of(bus);

	(void)queue;
	(void)routing_key;
	(void)deadline;
	free(self->exchange);
	self->exchange = strdup(exchange);
	return self->exchange ? 0 : -ENOMEM;
}

static int keep_error(struct peer_bus *self, int result, const struct chatterbox_error *error)
{
	if (result < 0)
		snprintf(self->bus.error, sizeof(self->bus.error), "%s", error->text);
	return result;
}

static int peer_consume(struct cbx_bus *bus, const char *queue, uint16_t prefetch,
			uint64_t deadline)
{
	struct peer_bus *self = self_of(bus);
	struct chatterbox_error error;

	(void)prefetch;
	(void)deadline;
	return keep_error(
		self, chatterbox_peer_new(self->box, queue, self->exchange, &self->peer, &error),
		&error);
}

static const char *peer_reply_to(struct cbx_bus *bus)
{
	(void)bus;
	return NULL;
}

static int peer_depth(struct cbx_bus *bus, const char *queue, int64_t *messages, uint64_t deadline)
{
	(void)bus;
	(void)queue;
	(void)messages;
	(void)deadline;
	return CHATTERBOX_E_UNKNOWN;
}

static int peer_publish(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
			uint64_t deadline)
{
	const struct chatterbox_message sent = { .version = CHATTERBOX_MESSAGE_VERSION,
						 .exchange = message->exchange,
						 .routing_key = message->routing_key,
						 .body = message->body,
						 .len = message->body_len,
						 .reply_to = message->reply_to,
						 .correlation_id = message->correlation_id,
						 .message_id = message->message_id,
						 .type = message->type };
	struct peer_bus *self = self_of(bus);
	struct chatterbox_error error;

	(void)tag;
	(void)deadline;
	return keep_error(self, chatterbox_peer_publish(self->peer, &sent, &error), &error);
}

static int to_event(struct peer_bus *self, const struct chatterbox_message *received,
		    struct cbx_bus_event *event)
{
	const struct cbx_bus_message message = { .exchange = received->exchange,
						 .routing_key = received->routing_key,
						 .body = received->body,
						 .body_len = received->len,
						 .reply_to = received->reply_to,
						 .correlation_id = received->correlation_id,
						 .message_id = received->message_id,
						 .type = received->type };
	struct cbx_bus_event made = { .type = CBX_BUS_DELIVERY, .tag = ++self->received };
	int result = cbx_bus_event_set(&made, &message);

	if (!result)
		*event = made;
	return result;
}

/* Until there may be something, or the time is over; false = it is over */
static bool wait_until(struct peer_bus *self, int wake_fd, uint64_t deadline)
{
	struct pollfd fds[] = { { .fd = chatterbox_peer_get_fd(self->peer), .events = POLLIN },
				{ .fd = wake_fd, .events = POLLIN } };

	return poll(fds, 2, cbx_ms_left(self->clock, deadline, 1000)) > 0 && !fds[1].revents;
}

static int peer_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		     struct cbx_bus_event *event)
{
	struct peer_bus *self = self_of(bus);
	const struct chatterbox_message *message = NULL;
	int result;

	do {
		result = chatterbox_peer_receive(self->peer, &message);
		if (result)
			return result < 0 ? result : to_event(self, message, event);
	} while (wait_until(self, wake_fd, deadline));
	*event = (struct cbx_bus_event){ .type = CBX_BUS_NOTHING };
	return 0;
}

static int peer_acknowledge(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok)
{
	(void)bus;
	(void)tag;
	(void)multiple;
	(void)ok;
	return 0;
}

static int peer_cancel(struct cbx_bus *bus, uint64_t deadline)
{
	(void)deadline;
	peer_disconnect(bus);
	return 0;
}

static void peer_free(struct cbx_bus *bus)
{
	peer_disconnect(bus);
	free(bus);
}

static const struct cbx_bus_ops peer_ops = {
	.connect = peer_connect,
	.disconnect = peer_disconnect,
	.is_up = peer_is_up,
	.declare = peer_declare,
	.declare_exchange = peer_declare,
	.bind = peer_bind,
	.consume = peer_consume,
	.reply_to = peer_reply_to,
	.depth = peer_depth,
	.publish = peer_publish,
	.take = peer_take,
	.acknowledge = peer_acknowledge,
	.cancel = peer_cancel,
	.free = peer_free,
};

int cbx_peer_bus_new(struct chatterbox *box, struct cbx_clock *clock, struct cbx_bus **out)
{
	struct peer_bus *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->bus.ops = &peer_ops;
	self->bus.max_body = CBX_BUS_MAX_BODY;
	snprintf(self->bus.where, sizeof(self->bus.where), "memory");
	self->box = box;
	self->clock = clock;
	*out = &self->bus;
	return 0;
}
