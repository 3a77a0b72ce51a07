// SPDX-License-Identifier: MIT
/* broker.c - creates and stops the broker, and ends connections: what survives the loss of each */
#include "adapter/memory_bus/broker.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void broker_free(struct cbx_memory_broker *broker)
{
	struct cbx_exchange *exchange;

	while (broker->queues)
		cbx_queue_delete(broker, broker->queues);
	while ((exchange = LIST_FIRST(&broker->exchanges))) {
		LIST_REMOVE(exchange, link);
		cbx_exchange_free(exchange);
	}
	pthread_mutex_destroy(&broker->lock);
	free(broker);
}

int cbx_memory_broker_new(struct cbx_clock *clock, struct cbx_memory_broker **out)
{
	struct cbx_memory_broker *broker = calloc(1, sizeof(*broker));
	int result;

	if (!broker)
		return -ENOMEM;
	pthread_mutex_init(&broker->lock, NULL);
	broker->refs = 1;
	broker->clock = clock;
	broker->running = true;
	LIST_INIT(&broker->exchanges);
	LIST_INIT(&broker->connections);
	result = cbx_exchange_new(broker, "amq.topic");
	if (result < 0) {
		broker_free(broker);
		return result;
	}
	*out = broker;
	return 0;
}

struct cbx_memory_broker *cbx_memory_broker_ref(struct cbx_memory_broker *broker)
{
	pthread_mutex_lock(&broker->lock);
	broker->refs++;
	pthread_mutex_unlock(&broker->lock);
	return broker;
}

void cbx_memory_broker_unref(struct cbx_memory_broker *broker)
{
	unsigned left;

	if (!broker)
		return;
	pthread_mutex_lock(&broker->lock);
	left = --broker->refs;
	pthread_mutex_unlock(&broker->lock);
	if (!left)
		broker_free(broker);
}

/* The last one first: each then goes to the head of its queue, without a search */
static void return_unacknowledged(struct cbx_memory_bus *connection)
{
	struct cbx_queued *queued;

	while ((queued = TAILQ_LAST(&connection->unacknowledged, cbx_queued_list))) {
		TAILQ_REMOVE(&connection->unacknowledged, queued, link);
		if (queued->queue)
			cbx_queue_return(queued);
		else
			cbx_queued_free(queued);
	}
}

static void drop_own_queues(struct cbx_memory_bus *connection)
{
	struct cbx_queue *queue = NULL;
	struct cbx_queue *next = NULL;

	HASH_ITER (hh, connection->broker->queues, queue, next)
		if (queue->owner == connection)
			cbx_queue_delete(connection->broker, queue);
}

void cbx_broker_detach(struct cbx_memory_bus *connection)
{
	struct cbx_memory_broker *broker = connection->broker;
	struct cbx_consumer *consumer;
	struct cbx_inbox_entry *entry;
	struct cbx_queue *queue = NULL;
	struct cbx_queue *next = NULL;
	uint64_t one = 1;
	ssize_t written;

	if (!connection->up)
		return;
	while ((consumer = LIST_FIRST(&connection->consumers)))
		cbx_consumer_free(consumer);
	return_unacknowledged(connection);
	drop_own_queues(connection);
	while ((entry = TAILQ_FIRST(&connection->inbox))) {
		TAILQ_REMOVE(&connection->inbox, entry, link);
		cbx_inbox_entry_free(entry);
	}
	connection->entries = 0;
	connection->up = false;
	LIST_REMOVE(connection, link);
	written = write(connection->fd, &one, sizeof(one));
	(void)written;
	HASH_ITER (hh, broker->queues, queue, next)
		(void)cbx_queue_pump(broker, queue);
}

int cbx_memory_enter(struct cbx_memory_bus *self)
{
	pthread_mutex_lock(&self->broker->lock);
	if (self->up)
		return 0;
	pthread_mutex_unlock(&self->broker->lock);
	snprintf(self->bus.error, sizeof(self->bus.error), "memory: not connected");
	return CHATTERBOX_E_DOWN;
}

int cbx_memory_leave(struct cbx_memory_bus *self, int result)
{
	pthread_mutex_unlock(&self->broker->lock);
	return result;
}
