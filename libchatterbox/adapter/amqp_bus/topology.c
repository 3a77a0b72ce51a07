// SPDX-License-Identifier: MIT
/*
 * topology.c - declares queues, exchanges and bindings, and starts consumers
 *
 * Our reply queue is exclusive, so it goes with the connection. It is not auto-delete: then a
 * channel that the broker closes would take it away with the replies in it.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before each question: a broker that blocks would not read it */
static int check_asking(struct cbx_amqp_bus *self, const char *kind, const char *name)
{
	int result = cbx_amqp_check_up(self);

	if (result < 0)
		return result;
	if (strlen(name) > CBX_BUS_SHORT) {
		cbx_amqp_say(self, kind, "its name is longer than 255 bytes");
		return CHATTERBOX_E_LIMIT;
	}
	if (self->bus.blocked) {
		cbx_amqp_say(self, kind, "the broker blocks this connection for now");
		return CHATTERBOX_E_TIMEOUT;
	}
	return 0;
}

/* Asks about @name on CBX_ASK; @kind is for the error text: "queue 'x'" */
static int ask(struct cbx_amqp_bus *self, const char *kind, const char *name,
	       struct cbx_amqp_question *question, uint64_t deadline)
{
	char what[CBX_BUS_SHORT + 32];
	int result = check_asking(self, kind, name);

	if (result < 0)
		return result;
	snprintf(what, sizeof(what), "%s '%s'", kind, name);
	question->channel = CBX_ASK;
	question->what = what;
	result = cbx_amqp_ask(self, question, deadline);
	return cbx_amqp_outcome(self, CBX_ASK, result, deadline);
}

/* Declares a queue, or checks that it exists; the answer is in *question */
static int declare_queue(struct cbx_amqp_bus *self, amqp_queue_declare_t *arguments,
			 const char *name, bool optional, struct cbx_amqp_question *question,
			 uint64_t deadline)
{
	arguments->queue = amqp_cstring_bytes(name);
	*question = (struct cbx_amqp_question){ .method = AMQP_QUEUE_DECLARE_METHOD,
						.arguments = arguments,
						.optional = optional };
	return ask(self, *name ? "queue" : "reply queue", name, question, deadline);
}

int cbx_amqp_depth(struct cbx_bus *bus, const char *queue, int64_t *messages, uint64_t deadline)
{
	amqp_queue_declare_t look = { .passive = 1 };
	struct cbx_amqp_question question;
	int result = declare_queue(cbx_amqp_self(bus), &look, queue, true, &question, deadline);

	if (result == 0) {
		*messages = question.messages;
		bus->consumers = question.consumers;
	}
	return result;
}

int cbx_amqp_declare(struct cbx_bus *bus, const char *queue, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	amqp_queue_declare_t look = { .passive = 1 };
	amqp_queue_declare_t make = { .durable = 1 };
	struct cbx_amqp_question question;
	int result = declare_queue(self, &look, queue, false, &question, deadline);

	bus->made = result == CHATTERBOX_E_UNKNOWN;
	if (bus->made)
		result = declare_queue(self, &make, queue, false, &question, deadline);
	/* a 406: somebody else has just made it in his way, which is good enough */
	if (bus->made && result == CHATTERBOX_E_REFUSED) {
		bus->made = false;
		result = declare_queue(self, &look, queue, false, &question, deadline);
	}
	/* in a cluster a queue whose node is down can neither be found nor made */
	return result == CHATTERBOX_E_UNKNOWN ? CHATTERBOX_E_REFUSED : result;
}

static int ask_exchange(struct cbx_amqp_bus *self, const char *exchange,
			amqp_exchange_declare_t arguments, uint64_t deadline)
{
	struct cbx_amqp_question question = { .method = AMQP_EXCHANGE_DECLARE_METHOD,
					      .arguments = &arguments };

	arguments.exchange = amqp_cstring_bytes(exchange);
	arguments.type = amqp_cstring_bytes("topic");
	return ask(self, "exchange", exchange, &question, deadline);
}

int cbx_amqp_find_exchange(struct cbx_bus *bus, const char *exchange, uint64_t deadline)
{
	return ask_exchange(cbx_amqp_self(bus), exchange, (amqp_exchange_declare_t){ .passive = 1 },
			    deadline);
}

int cbx_amqp_declare_exchange(struct cbx_bus *bus, const char *exchange, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	int result =
		ask_exchange(self, exchange, (amqp_exchange_declare_t){ .passive = 1 }, deadline);

	bus->made = result == CHATTERBOX_E_UNKNOWN;
	if (bus->made)
		result = ask_exchange(self, exchange, (amqp_exchange_declare_t){ .durable = 1 },
				      deadline);
	return result == CHATTERBOX_E_UNKNOWN ? CHATTERBOX_E_REFUSED : result;
}

int cbx_amqp_bind(struct cbx_bus *bus, const char *queue, const char *exchange,
		  const char *routing_key, uint64_t deadline)
{
	amqp_queue_bind_t bind = { .queue = amqp_cstring_bytes(queue),
				   .exchange = amqp_cstring_bytes(exchange),
				   .routing_key = amqp_cstring_bytes(routing_key) };
	struct cbx_amqp_question question = { .method = AMQP_QUEUE_BIND_METHOD,
					      .arguments = &bind };
	int result = ask(cbx_amqp_self(bus), "binding queue", queue, &question, deadline);

	return result == CHATTERBOX_E_UNKNOWN ? CHATTERBOX_E_REFUSED : result;
}

static int name_reply_queue(struct cbx_amqp_bus *self, uint64_t deadline)
{
	amqp_queue_declare_t own = { .exclusive = 1 };
	struct cbx_amqp_question question;
	int result;

	if (self->reply_queue[0])
		return 0;
	result = declare_queue(self, &own, "", false, &question, deadline);
	if (result == 0)
		memcpy(self->reply_queue, question.queue, sizeof(self->reply_queue));
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
	int result = queue ? 0 : name_reply_queue(self, deadline);

	if (result == 0)
		result = check_asking(self, "queue", queue ? queue : self->reply_queue);
	if (result < 0)
		return result;
	consumer = make_consumer(self, queue ? queue : self->reply_queue);
	if (!consumer)
		return -ENOMEM;
	consumer->acks = queue != NULL;
	consumer->prefetch = prefetch;
	result = cbx_amqp_start_consumer(self, consumer, deadline);
	result = cbx_amqp_outcome(self, self->work, result, deadline);
	if (result == 0)
		consumer->active = true;
	return result == CHATTERBOX_E_UNKNOWN ? CHATTERBOX_E_REFUSED : result;
}

static int cancel(struct cbx_amqp_bus *self, struct cbx_amqp_consumer *consumer, uint64_t deadline)
{
	amqp_basic_cancel_t arguments = { .consumer_tag = amqp_cstring_bytes(consumer->tag) };
	struct cbx_amqp_question question = { .channel = self->work,
					      .method = AMQP_BASIC_CANCEL_METHOD,
					      .arguments = &arguments,
					      .what = consumer->queue };
	int result = check_asking(self, "cancelling", consumer->queue);

	if (result < 0)
		return result;
	consumer->active = false;
	result = cbx_amqp_ask(self, &question, deadline);
	return cbx_amqp_outcome(self, self->work, result, deadline);
}

int cbx_amqp_cancel(struct cbx_bus *bus, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	int result = cbx_amqp_check_up(self);

	while (result == 0) {
		struct cbx_amqp_consumer *consumer;

		LIST_FOREACH(consumer, &self->consumers, link)
		if (consumer->active)
			break;
		if (!consumer)
			return 0;
		result = cancel(self, consumer, deadline);
	}
	return result;
}
