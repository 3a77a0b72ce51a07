// SPDX-License-Identifier: MIT
/*
 * queue.c - queues: decides who gets a message, and where one goes that comes back
 *
 * Consumers take turns. A message that nobody settled returns to its old place, before all that
 * came later, so that a consumer that lost its connection sees the order again.
 */
#include "adapter/memory_bus/broker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cbx_queue_new(struct cbx_memory_broker *broker, const char *name, struct cbx_memory_bus *owner,
		  struct cbx_queue **out)
{
	struct cbx_queue *queue = calloc(1, sizeof(*queue));
	bool cbx_hash_failed = false;

	if (!queue)
		return -ENOMEM;
	queue->name = strdup(name);
	if (queue->name)
		HASH_ADD_KEYPTR(hh, broker->queues, queue->name, strlen(queue->name), queue);
	if (!queue->name || cbx_hash_failed) {
		free(queue->name);
		free(queue);
		return -ENOMEM;
	}
	queue->owner = owner;
	queue->next_place = 1;
	TAILQ_INIT(&queue->parcels);
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

void cbx_parcel_free(struct cbx_parcel *parcel)
{
	cbx_content_unref(parcel->content);
	free(parcel);
}

/* What it had out knows it no more */
void cbx_consumer_free(struct cbx_consumer *consumer)
{
	struct cbx_letter *letter;
	struct cbx_parcel *parcel;

	TAILQ_FOREACH(letter, &consumer->connection->inbox, link)
	if (letter->consumer == consumer)
		letter->consumer = NULL;
	TAILQ_FOREACH(parcel, &consumer->connection->unsettled, link)
	if (parcel->consumer == consumer)
		parcel->consumer = NULL;
	TAILQ_REMOVE(&consumer->queue->consumers, consumer, in_queue);
	LIST_REMOVE(consumer, in_connection);
	free(consumer);
}

/* Best effort as in AMQP: without memory for it the consumer merely hears no more */
static void tell_cancelled(struct cbx_consumer *consumer)
{
	struct cbx_letter *letter = calloc(1, sizeof(*letter));

	if (!letter)
		return;
	letter->type = CBX_BUS_CANCELLED;
	letter->text = strdup(consumer->queue->name);
	cbx_letter_send(consumer->connection, letter);
}

/* Unsettled parcels stay with their connection, to be settled into nothing */
static void forget_unsettled(struct cbx_memory_broker *broker, const struct cbx_queue *queue)
{
	struct cbx_memory_bus *connection;
	struct cbx_parcel *parcel;

	LIST_FOREACH(connection, &broker->connections, link)
	TAILQ_FOREACH(parcel, &connection->unsettled, link)
	if (parcel->queue == queue)
		parcel->queue = NULL;
}

void cbx_queue_delete(struct cbx_memory_broker *broker, struct cbx_queue *queue)
{
	struct cbx_consumer *consumer;
	struct cbx_parcel *parcel;

	while ((consumer = TAILQ_FIRST(&queue->consumers))) {
		tell_cancelled(consumer);
		cbx_consumer_free(consumer);
	}
	while ((parcel = TAILQ_FIRST(&queue->parcels))) {
		TAILQ_REMOVE(&queue->parcels, parcel, link);
		cbx_parcel_free(parcel);
	}
	forget_unsettled(broker, queue);
	cbx_exchange_forget(broker, queue);
	HASH_DELETE(hh, broker->queues, queue);
	free(queue->name);
	free(queue);
}

void cbx_queue_expire(struct cbx_memory_broker *broker, struct cbx_queue *queue)
{
	struct cbx_parcel *parcel;

	while ((parcel = TAILQ_FIRST(&queue->parcels)) && parcel->expires &&
	       parcel->expires <= cbx_now(broker->clock)) {
		TAILQ_REMOVE(&queue->parcels, parcel, link);
		queue->count--;
		cbx_parcel_free(parcel);
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

static int hand_over(struct cbx_parcel *parcel, struct cbx_consumer *consumer)
{
	struct cbx_memory_bus *connection = consumer->connection;
	struct cbx_letter *letter = calloc(1, sizeof(*letter));
	char *name = strdup(parcel->queue->name);

	if (!letter || !name) {
		free(letter);
		free(name);
		return -ENOMEM;
	}
	*letter = (struct cbx_letter){ .type = CBX_BUS_DELIVERY,
				       .tag = ++connection->delivered,
				       .redelivered = parcel->redelivered,
				       .content = cbx_content_ref(parcel->content),
				       .text = name };
	TAILQ_REMOVE(&parcel->queue->parcels, parcel, link);
	parcel->queue->count--;
	consumer->out++;
	if (consumer->acks) {
		parcel->consumer = consumer;
		parcel->tag = letter->tag;
		TAILQ_INSERT_TAIL(&connection->unsettled, parcel, link);
	} else {
		letter->consumer = consumer;
		cbx_parcel_free(parcel);
	}
	cbx_letter_send(connection, letter);
	return 0;
}

int cbx_queue_pump(struct cbx_memory_broker *broker, struct cbx_queue *queue)
{
	struct cbx_consumer *consumer;
	struct cbx_parcel *parcel;
	int result = 0;

	for (;;) {
		cbx_queue_expire(broker, queue);
		parcel = TAILQ_FIRST(&queue->parcels);
		if (!parcel || result < 0)
			return result;
		consumer = next_consumer(queue);
		if (!consumer)
			return 0;
		result = hand_over(parcel, consumer);
	}
}

void cbx_queue_return(struct cbx_parcel *parcel)
{
	struct cbx_queue *queue = parcel->queue;
	struct cbx_parcel *after;

	parcel->consumer = NULL;
	parcel->redelivered = true;
	TAILQ_FOREACH(after, &queue->parcels, link)
	if (after->place > parcel->place)
		break;
	if (after)
		TAILQ_INSERT_BEFORE(after, parcel, link);
	else
		TAILQ_INSERT_TAIL(&queue->parcels, parcel, link);
	queue->count++;
}
