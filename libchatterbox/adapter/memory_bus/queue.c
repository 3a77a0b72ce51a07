// SPDX-License-Identifier: MIT
/*
 * queue.c - hands the messages of a queue to its consumers, and takes them back
 *
 * Consumers take turns. A message that was not acknowledged returns to its old place, before all
 * later ones, so a consumer that lost its connection sees them in order again.
 */
#include "adapter/memory_bus/broker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cbx_queue_new(struct cbx_memory_broker *broker, const char *name, struct cbx_memory_bus *owner,
		  struct cbx_queue **out)
{
	struct cbx_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return -ENOMEM;
	queue->name = strdup(name);
	if (!queue->name ||
	    cbx_hash_add(broker->queues, queue->name, strlen(queue->name), queue) < 0) {
		free(queue->name);
		free(queue);
		return -ENOMEM;
	}
	queue->owner = owner;
	queue->next_place = 1;
	TAILQ_INIT(&queue->messages);
	TAILQ_INIT(&queue->consumers);
	*out = queue;
	return 0;
}

struct cbx_queue *cbx_queue_find(struct cbx_memory_broker *broker, const char *name)
{
	struct cbx_queue *queue = NULL;

	HASH_FIND_STR(broker->queues, name, queue);
	return queue;
}

void cbx_queued_free(struct cbx_queued *queued)
{
	cbx_content_unref(queued->content);
	free(queued);
}

/* Messages that it has not acknowledged must not point to it any more */
void cbx_consumer_free(struct cbx_consumer *consumer)
{
	struct cbx_inbox_entry *entry;
	struct cbx_queued *queued;

	TAILQ_FOREACH(entry, &consumer->connection->inbox, link)
	if (entry->consumer == consumer)
		entry->consumer = NULL;
	TAILQ_FOREACH(queued, &consumer->connection->unacknowledged, link)
	if (queued->consumer == consumer)
		queued->consumer = NULL;
	TAILQ_REMOVE(&consumer->queue->consumers, consumer, in_queue);
	LIST_REMOVE(consumer, in_connection);
	free(consumer);
}

/* Best effort, as in AMQP: without memory the consumer just gets nothing any more */
static void tell_cancelled(struct cbx_consumer *consumer)
{
	struct cbx_inbox_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return;
	entry->type = CBX_BUS_CANCELLED;
	entry->text = strdup(consumer->queue->name);
	cbx_inbox_entry_send(consumer->connection, entry);
}

/* Its unacknowledged messages stay with their connection; acknowledging them does nothing */
static void forget_unacknowledged(struct cbx_memory_broker *broker, const struct cbx_queue *queue)
{
	struct cbx_memory_bus *connection;
	struct cbx_queued *queued;

	LIST_FOREACH(connection, &broker->connections, link)
	TAILQ_FOREACH(queued, &connection->unacknowledged, link)
	if (queued->queue == queue)
		queued->queue = NULL;
}

void cbx_exchange_unbind(struct cbx_exchange *exchange, const struct cbx_queue *queue)
{
	struct cbx_binding *binding = LIST_FIRST(&exchange->bindings);

	while (binding) {
		struct cbx_binding *next = LIST_NEXT(binding, link);

		if (!queue || binding->queue == queue) {
			LIST_REMOVE(binding, link);
			free(binding->pattern);
			free(binding);
		}
		binding = next;
	}
}

static void unbind(struct cbx_memory_broker *broker, const struct cbx_queue *queue)
{
	struct cbx_exchange *exchange;

	LIST_FOREACH(exchange, &broker->exchanges, link)
	cbx_exchange_unbind(exchange, queue);
}

void cbx_queue_delete(struct cbx_memory_broker *broker, struct cbx_queue *queue)
{
	struct cbx_consumer *consumer;
	struct cbx_queued *queued;

	while ((consumer = TAILQ_FIRST(&queue->consumers))) {
		tell_cancelled(consumer);
		cbx_consumer_free(consumer);
	}
	while ((queued = TAILQ_FIRST(&queue->messages))) {
		TAILQ_REMOVE(&queue->messages, queued, link);
		cbx_queued_free(queued);
	}
	forget_unacknowledged(broker, queue);
	unbind(broker, queue);
	HASH_DELETE(hh, broker->queues, queue);
	free(queue->name);
	free(queue);
}

void cbx_queue_expire(struct cbx_memory_broker *broker, struct cbx_queue *queue)
{
	struct cbx_queued *queued;

	while ((queued = TAILQ_FIRST(&queue->messages)) && queued->expires &&
	       queued->expires <= cbx_now(broker->clock)) {
		TAILQ_REMOVE(&queue->messages, queued, link);
		queue->count--;
		cbx_queued_free(queued);
	}
}

static struct cbx_consumer *next_consumer(struct cbx_queue *queue)
{
	struct cbx_consumer *consumer;

	TAILQ_FOREACH(consumer, &queue->consumers, in_queue)
	if (consumer->out < consumer->room)
		break;
	if (consumer) {
		TAILQ_REMOVE(&queue->consumers, consumer, in_queue);
		TAILQ_INSERT_TAIL(&queue->consumers, consumer, in_queue);
	}
	return consumer;
}

static int hand_over(struct cbx_queued *queued, struct cbx_consumer *consumer)
{
	struct cbx_memory_bus *connection = consumer->connection;
	struct cbx_inbox_entry *entry = calloc(1, sizeof(*entry));
	char *name = strdup(queued->queue->name);

	if (!entry || !name) {
		free(entry);
		free(name);
		return -ENOMEM;
	}
	*entry = (struct cbx_inbox_entry){ .type = CBX_BUS_DELIVERY,
					   .tag = ++connection->delivered,
					   .redelivered = queued->redelivered,
					   .content = cbx_content_ref(queued->content),
					   .text = name };
	TAILQ_REMOVE(&queued->queue->messages, queued, link);
	queued->queue->count--;
	consumer->out++;
	if (consumer->acks) {
		queued->consumer = consumer;
		queued->tag = entry->tag;
		TAILQ_INSERT_TAIL(&connection->unacknowledged, queued, link);
	} else {
		entry->consumer = consumer;
		cbx_queued_free(queued);
	}
	cbx_inbox_entry_send(connection, entry);
	return 0;
}

int cbx_queue_pump(struct cbx_memory_broker *broker, struct cbx_queue *queue)
{
	struct cbx_consumer *consumer;
	struct cbx_queued *queued;
	int result = 0;

	for (;;) {
		cbx_queue_expire(broker, queue);
		queued = TAILQ_FIRST(&queue->messages);
		if (!queued || result < 0)
			return result;
		consumer = next_consumer(queue);
		if (!consumer)
			return 0;
		result = hand_over(queued, consumer);
	}
}

void cbx_queue_return(struct cbx_queued *queued)
{
	struct cbx_queue *queue = queued->queue;
	struct cbx_queued *after;

	queued->consumer = NULL;
	queued->redelivered = true;
	TAILQ_FOREACH(after, &queue->messages, link)
	if (after->place > queued->place)
		break;
	if (after)
		TAILQ_INSERT_BEFORE(after, queued, link);
	else
		TAILQ_INSERT_TAIL(&queue->messages, queued, link);
	queue->count++;
}
