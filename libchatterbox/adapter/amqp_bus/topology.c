// SPDX-License-Identifier: MIT
/*
 * topology.c - queues, exchanges, bindings and consumers
 *
 * The own reply queue is exclusive, which removes it with the connection; it is not auto-delete,
 * since then a channel that the broker closes would take it away with the replies in flight.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHAT_TEXT (CBX_BUS_SHORT + 32)

/* Before each question: its name, its deadline */
static int begin(struct cbx_amqp_bus *self, const char *kind, const char *name, uint64_t deadline,
		 char what[WHAT_TEXT])
{
	if (strlen(name) > CBX_BUS_SHORT) {
		cbx_amqp_say(self, kind, "its name is longer than 255 bytes");
		return CHATTERBOX_E_LIMIT;
	}
	snprintf(what, WHAT_TEXT, "%s '%s'", kind, name);
	return cbx_amqp_check_asking(self, deadline);
}

static int end(struct cbx_amqp_bus *self, amqp_channel_t channel, const char *what,
	       uint64_t deadline)
{
	int result = cbx_amqp_outcome(self, channel, what, deadline);

	if (result == 0)
		amqp_maybe_release_buffers_on_channel(self->state, channel);
	return result;
}

int cbx_amqp_depth(struct cbx_bus *bus, const char *queue, int64_t *messages, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	amqp_queue_declare_ok_t *answer;
	char what[WHAT_TEXT];
	int64_t count;
	int result = begin(self, "queue", queue, deadline, what);

	if (result < 0)
		return result;
	answer = amqp_queue_declare(self->state, CBX_ASK, amqp_cstring_bytes(queue), 1, 0, 0, 0,
				    amqp_empty_table);
	count = answer ? answer->message_count : 0;
	result = end(self, CBX_ASK, what, deadline);
	if (result == 0)
		*messages = count;
	return result;
}

int cbx_amqp_declare(struct cbx_bus *bus, const char *queue, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	char what[WHAT_TEXT];
	int64_t depth;
	int result = cbx_amqp_depth(bus, queue, &depth, deadline);

	if (result != CHATTERBOX_E_UNKNOWN)
		return result;
	result = begin(self, "queue", queue, deadline, what);
	if (result < 0)
		return result;
	amqp_queue_declare(self->state, CBX_ASK, amqp_cstring_bytes(queue), 0, 1, 0, 0,
			   amqp_empty_table);
	return end(self, CBX_ASK, what, deadline);
}

int cbx_amqp_declare_exchange(struct cbx_bus *bus, const char *exchange, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	amqp_bytes_t name = amqp_cstring_bytes(exchange);
	amqp_bytes_t topic = amqp_cstring_bytes("topic");
	char what[WHAT_TEXT];
	int result = begin(self, "exchange", exchange, deadline, what);

	if (result < 0)
		return result;
	amqp_exchange_declare(self->state, CBX_ASK, name, topic, 1, 0, 0, 0, amqp_empty_table);
	result = end(self, CBX_ASK, what, deadline);
	if (result != CHATTERBOX_E_UNKNOWN)
		return result;
	result = begin(self, "exchange", exchange, deadline, what);
	if (result < 0)
		return result;
	amqp_exchange_declare(self->state, CBX_ASK, name, topic, 0, 1, 0, 0, amqp_empty_table);
	return end(self, CBX_ASK, what, deadline);
}

int cbx_amqp_bind(struct cbx_bus *bus, const char *queue, const char *exchange,
		  const char *routing_key, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	char what[WHAT_TEXT];
	int result = begin(self, "binding queue", queue, deadline, what);

	if (result < 0)
		return result;
	amqp_queue_bind(self->state, CBX_ASK, amqp_cstring_bytes(queue),
			amqp_cstring_bytes(exchange), amqp_cstring_bytes(routing_key),
			amqp_empty_table);
	result = end(self, CBX_ASK, what, deadline);
	return result == CHATTERBOX_E_UNKNOWN ? CHATTERBOX_E_REFUSED : result;
}

static int name_reply_queue(struct cbx_amqp_bus *self, uint64_t deadline)
{
	amqp_queue_declare_ok_t *answer;
	char name[CBX_BUS_SHORT + 1];
	char what[WHAT_TEXT];
	int result = begin(self, "reply queue", "", deadline, what);

	if (result < 0 || self->reply_queue[0])
		return result;
	answer = amqp_queue_declare(self->state, CBX_ASK, amqp_empty_bytes, 0, 0, 1, 0,
				    amqp_empty_table);
	snprintf(name, sizeof(name), "%.*s", answer ? (int)answer->queue.len : 0,
		 answer ? (char *)answer->queue.bytes : "");
	result = end(self, CBX_ASK, what, deadline);
	if (result == 0)
		memcpy(self->reply_queue, name, sizeof(name));
	return result;
}

/* The record of an earlier consumer of this queue, or a new one */
static struct cbx_amqp_consumer *make_consumer(struct cbx_amqp_bus *self, const char *queue)
{
	struct cbx_amqp_consumer *consumer;

	LIST_FOREACH(consumer, &self->consumers, link)
	if (!consumer->active && !strcmp(consumer->queue, queue))
		return consumer;
	consumer = calloc(1, sizeof(*consumer));
	if (!consumer)
		return NULL;
	snprintf(consumer->tag, sizeof(consumer->tag), "c%u", ++self->consumers_named);
	memcpy(consumer->queue, queue, strlen(queue) + 1);
	LIST_INSERT_HEAD(&self->consumers, consumer, link);
	return consumer;
}

int cbx_amqp_consume(struct cbx_bus *bus, const char *queue, uint16_t prefetch, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	struct cbx_amqp_consumer *consumer;
	char what[WHAT_TEXT];
	int result = queue ? 0 : name_reply_queue(self, deadline);

	if (result == 0)
		result = begin(self, "queue", queue ? queue : self->reply_queue, deadline, what);
	if (result < 0)
		return result;
	consumer = make_consumer(self, queue ? queue : self->reply_queue);
	if (!consumer)
		return -ENOMEM;
	consumer->acks = queue != NULL;
	consumer->prefetch = prefetch;
	cbx_amqp_start_consumer(self, consumer);
	result = end(self, self->work, what, deadline);
	if (result == 0)
		consumer->active = true;
	return result == CHATTERBOX_E_UNKNOWN ? CHATTERBOX_E_REFUSED : result;
}

int cbx_amqp_cancel(struct cbx_bus *bus, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	struct cbx_amqp_consumer *consumer;
	int result = cbx_amqp_check_asking(self, deadline);

	while (result == 0) {
		LIST_FOREACH(consumer, &self->consumers, link)
		if (consumer->active)
			break;
		if (!consumer)
			return 0;
		consumer->active = false;
		amqp_basic_cancel(self->state, self->work, amqp_cstring_bytes(consumer->tag));
		result = end(self, self->work, consumer->queue, deadline);
	}
	return result;
}
