// SPDX-License-Identifier: MIT
/*
 * api/peer.c - the host's connection to the embedded bus
 *
 * A delivery is acknowledged when it is received: the bus is gone with the process, so there is
 * nobody to deliver it again to.
 */
#include "api/api.h"

#include "base/error.h"
#include "common/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFETCH 256
#define NOW 1 /* a deadline that has passed */

struct chatterbox_peer {
	_Atomic unsigned refs;
	struct chatterbox *box;
	struct cbx_bus *bus;
	struct cbx_bus_event event; /* the last one, which owns the texts of @received */
	struct chatterbox_message received;
};

static void peer_free(struct chatterbox_peer *peer)
{
	if (!peer)
		return;
	cbx_bus_event_clear(&peer->event);
	cbx_bus_free(peer->bus);
	chatterbox_unref(peer->box);
	free(peer);
}
CBX_DEFINE_CLEANUP(struct chatterbox_peer *, peer_free)

static int open_queue(struct cbx_bus *bus, const char *queue, const char *exchange)
{
	int result = bus->ops->declare(bus, queue, UINT64_MAX);

	if (!result && exchange)
		result = bus->ops->declare_exchange(bus, exchange, UINT64_MAX);
	if (!result && exchange)
		result = bus->ops->bind(bus, queue, exchange, queue, UINT64_MAX);
	if (!result)
		result = bus->ops->consume(bus, queue, PREFETCH, UINT64_MAX);
	return result;
}

int chatterbox_peer_new(struct chatterbox *box, const char *queue, const char *exchange,
			struct chatterbox_peer **out, struct chatterbox_error *error)
{
	cbx_auto(cbx_settings_unrefp) struct cbx_settings *settings = NULL;
	cbx_auto(peer_freep) struct chatterbox_peer *peer = NULL;
	int result;

	cbx_settings_take(&box->settings, &settings);
	if (settings->bus != CBX_BUS_MEMORY)
		return cbx_fail(error, -EINVAL, CHATTERBOX_SERVER_NONE,
				"chatterbox.bus is not \"memory\": its broker is reached by AMQP");
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return cbx_fail(error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	peer->refs = 1;
	peer->box = chatterbox_ref(box);
	result = cbx_memory_bus_new(box->broker, &peer->bus);
	if (result < 0)
		return cbx_fail(error, result, CHATTERBOX_SERVER_NONE, "%s", "");
	result = peer->bus->ops->connect(peer->bus, false, UINT64_MAX);
	if (!result && queue)
		result = open_queue(peer->bus, queue, exchange);
	if (result < 0)
		return cbx_fail(error, result, CHATTERBOX_SERVER_RMQ, "%s", peer->bus->error);
	*out = cbx_steal(peer);
	return 0;
}

struct chatterbox_peer *chatterbox_peer_ref(struct chatterbox_peer *peer)
{
	peer->refs++;
	return peer;
}

struct chatterbox_peer *chatterbox_peer_unref(struct chatterbox_peer *peer)
{
	if (peer && --peer->refs == 0)
		peer_free(peer);
	return NULL;
}

int chatterbox_peer_get_fd(struct chatterbox_peer *peer)
{
	return cbx_memory_bus_fd(peer->bus);
}

int chatterbox_peer_receive(struct chatterbox_peer *peer, const struct chatterbox_message **out)
{
	struct cbx_bus *bus = peer->bus;
	struct cbx_bus_event *event = &peer->event;
	int result;

	do {
		cbx_bus_event_clear(event);
		result = bus->ops->take(bus, -1, NOW, event);
		if (result == CHATTERBOX_E_REFUSED)
			continue; /* of a publish to what is not there, which is no delivery */
		if (result < 0 || event->type == CBX_BUS_NOTHING)
			return result;
		if (event->type == CBX_BUS_DELIVERY || event->type == CBX_BUS_OVERSIZED)
			bus->ops->acknowledge(bus, event->tag, false, true);
	} while (result < 0 || event->type != CBX_BUS_DELIVERY);
	peer->received =
		(struct chatterbox_message){ .version = CHATTERBOX_MESSAGE_VERSION,
					     .exchange = event->message.exchange,
					     .routing_key = event->message.routing_key,
					     .body = event->message.body,
					     .len = event->message.body_len,
					     .reply_to = event->message.reply_to,
					     .correlation_id = event->message.correlation_id,
					     .message_id = event->message.message_id,
					     .type = event->message.type };
	*out = &peer->received;
	return 1;
}

static bool is_own_exchange(const char *exchange)
{
	return exchange && *exchange && strncmp(exchange, "amq.", 4) != 0;
}

int chatterbox_peer_publish(struct chatterbox_peer *peer, const struct chatterbox_message *message,
			    struct chatterbox_error *error)
{
	const struct cbx_bus_message sent = { .exchange = message->exchange ?: "",
					      .routing_key = message->routing_key,
					      .body = message->body,
					      .body_len = message->len,
					      .content_type = "application/json",
					      .reply_to = message->reply_to,
					      .correlation_id = message->correlation_id,
					      .message_id = message->message_id,
					      .type = message->type,
					      .timestamp = cbx_wall(peer->box->clock) / 1000 };
	struct cbx_bus *bus = peer->bus;
	int result = 0;

	if (message->version != CHATTERBOX_MESSAGE_VERSION)
		return cbx_fail(error, -EINVAL, CHATTERBOX_SERVER_NONE,
				"this library knows version %d of struct chatterbox_message, "
				"not %u",
				CHATTERBOX_MESSAGE_VERSION, message->version);
	assert(message->routing_key && (message->body || !message->len));
	if (is_own_exchange(message->exchange))
		result = bus->ops->declare_exchange(bus, message->exchange, UINT64_MAX);
	if (!result)
		result = bus->ops->publish(bus, &sent, NULL, UINT64_MAX);
	return result < 0 ? cbx_fail(error, result, CHATTERBOX_SERVER_RMQ, "%s", bus->error) : 0;
}
