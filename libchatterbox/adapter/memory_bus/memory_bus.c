// SPDX-License-Identifier: MIT
/*
 * memory_bus.c - a connection to the broker in this process; declaring, binding and consuming
 *
 * It refuses what RabbitMQ refuses, with the same texts: names that begin with "amq.", another
 * connection's reply queue, and what does not exist.
 */
#include "adapter/memory_bus/broker.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int refuse(struct cbx_bus *bus, int error, const char *what, const char *name)
{
	snprintf(bus->error, sizeof(bus->error), "memory: %s '%s'", what, name);
	return error;
}

static void memory_disconnect(struct cbx_bus *bus)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);

	pthread_mutex_lock(&self->broker->lock);
	cbx_broker_detach(self);
	pthread_mutex_unlock(&self->broker->lock);
	free(self->reply_queue);
	self->reply_queue = NULL;
}

static int memory_connect(struct cbx_bus *bus, bool confirms, uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	int result = 0;

	(void)deadline;
	memory_disconnect(bus);
	pthread_mutex_lock(&self->broker->lock);
	if (self->broker->running) {
		self->up = true;
		bus->alive_at = cbx_now(self->broker->clock);
		self->confirms = confirms;
		self->published = 0;
		self->delivered = 0;
		LIST_INSERT_HEAD(&self->broker->connections, self, link);
	} else {
		snprintf(bus->error, sizeof(bus->error), "memory: the broker is stopped");
		result = CHATTERBOX_E_DOWN;
	}
	return cbx_memory_leave(self, result);
}

static bool memory_is_up(struct cbx_bus *bus)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	bool up;

	pthread_mutex_lock(&self->broker->lock);
	up = self->up;
	pthread_mutex_unlock(&self->broker->lock);
	return up;
}

/* The queue of that name, if this connection may use it */
static int usable(struct cbx_memory_bus *self, const char *name, struct cbx_queue **out)
{
	struct cbx_queue *queue = cbx_queue_find(self->broker, name);

	if (!queue)
		return refuse(&self->bus, CHATTERBOX_E_UNKNOWN, "NOT_FOUND - no queue", name);
	if (queue->owner && queue->owner != self)
		return refuse(&self->bus, CHATTERBOX_E_REFUSED,
			      "RESOURCE_LOCKED - another connection's exclusive queue", name);
	*out = queue;
	return 0;
}

static int memory_declare(struct cbx_bus *bus, const char *name, uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	struct cbx_queue *queue = NULL;
	int result = cbx_memory_enter(self);

	(void)deadline;
	if (result < 0)
		return result;
	result = usable(self, name, &queue);
	bus->made = result == CHATTERBOX_E_UNKNOWN;
	if (!bus->made)
		return cbx_memory_leave(self, result);
	if (!*name || !strncmp(name, "amq.", 4))
		return cbx_memory_leave(self, refuse(bus, CHATTERBOX_E_REFUSED,
						     "ACCESS_REFUSED - reserved queue name", name));
	return cbx_memory_leave(self, cbx_queue_new(self->broker, name, NULL, &queue));
}

static int memory_find_exchange(struct cbx_bus *bus, const char *name, uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	int result = cbx_memory_enter(self);

	(void)deadline;
	if (result < 0)
		return result;
	return cbx_memory_leave(self,
				cbx_exchange_find(self->broker, name) ? 0 : CHATTERBOX_E_UNKNOWN);
}

static int memory_declare_exchange(struct cbx_bus *bus, const char *name, uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	int result = cbx_memory_enter(self);

	(void)deadline;
	if (result < 0)
		return result;
	bus->made = !cbx_exchange_find(self->broker, name);
	if (!bus->made)
		return cbx_memory_leave(self, 0);
	if (!*name || !strncmp(name, "amq.", 4))
		return cbx_memory_leave(self,
					refuse(bus, CHATTERBOX_E_REFUSED,
					       "ACCESS_REFUSED - reserved exchange name", name));
	return cbx_memory_leave(self, cbx_exchange_new(self->broker, name));
}

static int memory_bind(struct cbx_bus *bus, const char *name, const char *exchange_name,
		       const char *routing_key, uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	struct cbx_exchange *exchange;
	struct cbx_queue *queue = NULL;
	int result = cbx_memory_enter(self);

	(void)deadline;
	if (result < 0)
		return result;
	exchange = cbx_exchange_find(self->broker, exchange_name);
	if (!exchange)
		return cbx_memory_leave(self, refuse(bus, CHATTERBOX_E_REFUSED,
						     "NOT_FOUND - no exchange", exchange_name));
	result = usable(self, name, &queue);
	if (result == CHATTERBOX_E_UNKNOWN)
		result = CHATTERBOX_E_REFUSED;
	if (result == 0)
		result = cbx_exchange_bind(exchange, queue, routing_key);
	return cbx_memory_leave(self, result);
}

static int own_queue(struct cbx_memory_bus *self, struct cbx_queue **out)
{
	char name[32];
	char *copy;
	int result;

	if (self->reply_queue)
		return usable(self, self->reply_queue, out);
	snprintf(name, sizeof(name), "amq.gen-%llu", (unsigned long long)++self->broker->named);
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	result = cbx_queue_new(self->broker, name, self, out);
	if (result < 0)
		free(copy);
	else
		self->reply_queue = copy;
	return result;
}

static int memory_consume(struct cbx_bus *bus, const char *name, uint16_t prefetch,
			  uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	struct cbx_consumer *consumer;
	struct cbx_queue *queue = NULL;
	int result = cbx_memory_enter(self);

	(void)deadline;
	if (result < 0)
		return result;
	result = name ? usable(self, name, &queue) : own_queue(self, &queue);
	if (result < 0)
		return cbx_memory_leave(self, result == CHATTERBOX_E_UNKNOWN ? CHATTERBOX_E_REFUSED
									     : result);
	consumer = calloc(1, sizeof(*consumer));
	if (!consumer)
		return cbx_memory_leave(self, -ENOMEM);
	consumer->queue = queue;
	consumer->connection = self;
	consumer->acks = name != NULL;
	consumer->room = !name ? CBX_AHEAD : prefetch ? prefetch : UINT64_MAX;
	TAILQ_INSERT_TAIL(&queue->consumers, consumer, in_queue);
	LIST_INSERT_HEAD(&self->consumers, consumer, in_connection);
	(void)cbx_queue_pump(self->broker, queue);
	return cbx_memory_leave(self, 0);
}

static int memory_cancel(struct cbx_bus *bus, uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	struct cbx_consumer *consumer;
	int result = cbx_memory_enter(self);

	(void)deadline;
	if (result < 0)
		return result;
	while ((consumer = LIST_FIRST(&self->consumers)))
		cbx_consumer_free(consumer);
	return cbx_memory_leave(self, 0);
}

static const char *memory_reply_to(struct cbx_bus *bus)
{
	return memory_is_up(bus) ? cbx_memory_self(bus)->reply_queue : NULL;
}

static int memory_depth(struct cbx_bus *bus, const char *name, int64_t *messages, uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	struct cbx_consumer *consumer;
	struct cbx_queue *queue = NULL;
	int result = cbx_memory_enter(self);

	(void)deadline;
	if (result < 0)
		return result;
	result = usable(self, name, &queue);
	if (result < 0)
		return cbx_memory_leave(self, result);
	cbx_queue_expire(self->broker, queue);
	*messages = (int64_t)queue->count;
	bus->consumers = 0;
	TAILQ_FOREACH(consumer, &queue->consumers, in_queue)
	bus->consumers++;
	return cbx_memory_leave(self, 0);
}

static void memory_free(struct cbx_bus *bus)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);

	memory_disconnect(bus);
	cbx_memory_broker_unref(self->broker);
	close(self->fd);
	free(self);
}

static const struct cbx_bus_ops memory_ops = {
	.connect = memory_connect,
	.disconnect = memory_disconnect,
	.is_up = memory_is_up,
	.declare = memory_declare,
	.find_exchange = memory_find_exchange,
	.declare_exchange = memory_declare_exchange,
	.bind = memory_bind,
	.consume = memory_consume,
	.reply_to = memory_reply_to,
	.depth = memory_depth,
	.publish = cbx_memory_publish,
	.take = cbx_memory_take,
	.acknowledge = cbx_memory_acknowledge,
	.cancel = memory_cancel,
	.free = memory_free,
};

int cbx_memory_bus_fd(struct cbx_bus *bus)
{
	return cbx_memory_self(bus)->fd;
}

int cbx_memory_bus_new(struct cbx_memory_broker *broker, struct cbx_bus **out)
{
	struct cbx_memory_bus *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (self->fd < 0) {
		int error = -errno;

		free(self);
		return error;
	}
	self->bus.ops = &memory_ops;
	self->bus.max_body = CBX_BUS_MAX_BODY;
	snprintf(self->bus.where, sizeof(self->bus.where), "memory");
	TAILQ_INIT(&self->inbox);
	TAILQ_INIT(&self->unacknowledged);
	LIST_INIT(&self->consumers);
	self->broker = cbx_memory_broker_ref(broker);
	*out = &self->bus;
	return 0;
}
