// SPDX-License-Identifier: MIT
/* faults_bus.c - a plan of failures before the calls of a bus, which waits by a test's clock */
#include "fake_clock.h"
#include "faults.h"

#include <chatterbox/error.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

struct wrapped {
	struct faults *plan;
	const struct cbx_bus_ops *ops;
	struct fake_clock *clock;
	uint64_t step;
	void (*pump)(void *user);
	void *user;
};

static const struct cbx_bus_ops *inner(struct cbx_bus *bus)
{
	return ((struct wrapped *)faults_find(bus))->ops;
}

static int hit(struct cbx_bus *bus, const char *call)
{
	struct wrapped *self = faults_find(bus);
	int error = faults_hit(self->plan, call);

	if (error) {
		snprintf(bus->error, sizeof(bus->error), "%s was planned to fail", call);
		if (error == CHATTERBOX_E_DOWN)
			self->ops->disconnect(bus);
	}
	return error;
}

#define CALL(name, params, args)                              \
	static int call_##name params                         \
	{                                                     \
		int error = hit(bus, #name);                  \
                                                              \
		return error ? error : inner(bus)->name args; \
	}

CALL(connect, (struct cbx_bus * bus, bool confirms, uint64_t deadline), (bus, confirms, deadline))
CALL(declare, (struct cbx_bus * bus, const char *queue, uint64_t deadline), (bus, queue, deadline))
CALL(find_exchange, (struct cbx_bus * bus, const char *exchange, uint64_t deadline),
     (bus, exchange, deadline))
CALL(declare_exchange, (struct cbx_bus * bus, const char *exchange, uint64_t deadline),
     (bus, exchange, deadline))
CALL(bind,
     (struct cbx_bus * bus, const char *queue, const char *exchange, const char *key,
      uint64_t deadline),
     (bus, queue, exchange, key, deadline))
CALL(consume, (struct cbx_bus * bus, const char *queue, uint16_t prefetch, uint64_t deadline),
     (bus, queue, prefetch, deadline))
CALL(depth, (struct cbx_bus * bus, const char *queue, int64_t *messages, uint64_t deadline),
     (bus, queue, messages, deadline))
CALL(publish,
     (struct cbx_bus * bus, const struct cbx_bus_message *message, uint64_t *tag,
      uint64_t deadline),
     (bus, message, tag, deadline))
CALL(acknowledge, (struct cbx_bus * bus, uint64_t tag, bool multiple, bool ok),
     (bus, tag, multiple, ok))
CALL(cancel, (struct cbx_bus * bus, uint64_t deadline), (bus, deadline))

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

static int call_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		     struct cbx_bus_event *event)
{
	struct wrapped *self = faults_find(bus);
	int error = hit(bus, "take");

	while (!error) {
		uint64_t now = cbx_now(&self->clock->clock);

		if (self->pump)
			self->pump(self->user);
		error = self->ops->take(bus, wake_fd, now, event);
		if (error || event->type != CBX_BUS_NOTHING || is_readable(wake_fd) ||
		    now >= deadline)
			return error;
		fake_clock_pass(self->clock,
				deadline - now < self->step ? deadline - now : self->step);
	}
	return error;
}

static void call_disconnect(struct cbx_bus *bus)
{
	inner(bus)->disconnect(bus);
}

static bool call_is_up(struct cbx_bus *bus)
{
	return inner(bus)->is_up(bus);
}

static const char *call_reply_to(struct cbx_bus *bus)
{
	return inner(bus)->reply_to(bus);
}

static void call_free(struct cbx_bus *bus)
{
	struct wrapped *self = faults_forget(bus);

	self->ops->free(bus);
	free(self);
}

static const struct cbx_bus_ops all = {
	.connect = call_connect,
	.disconnect = call_disconnect,
	.is_up = call_is_up,
	.declare = call_declare,
	.find_exchange = call_find_exchange,
	.declare_exchange = call_declare_exchange,
	.bind = call_bind,
	.consume = call_consume,
	.reply_to = call_reply_to,
	.depth = call_depth,
	.publish = call_publish,
	.take = call_take,
	.acknowledge = call_acknowledge,
	.cancel = call_cancel,
	.free = call_free,
};

void faults_of_bus(struct cbx_bus *bus, struct faults *plan, struct fake_clock *clock,
		   uint64_t step, void (*pump)(void *user), void *user)
{
	struct wrapped *self = calloc(1, sizeof(*self));

	*self = (struct wrapped){ plan, bus->ops, clock, step, pump, user };
	faults_keep(bus, self);
	bus->ops = &all;
}
