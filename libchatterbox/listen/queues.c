// SPDX-License-Identifier: MIT
/* listen_queues.c - the two queues of ours (contract 3.1): declared, bound and consumed */
#include "listen/listen.h"

#include <stdio.h>

#define PREFETCH 256
#define CALL_TIME (5 * CBX_SECOND)

static int bind_all(struct cbx_listener *listener, const char *queue)
{
	const struct cbx_settings *settings = listener->settings;
	uint64_t deadline = cbx_now(listener->clock) + CALL_TIME;
	struct cbx_bus *bus = listener->bus;
	size_t i;
	int result = bus->ops->declare(bus, queue, deadline);

	if (!result)
		result = bus->ops->declare_exchange(bus, settings->event_exchange, deadline);
	for (i = 0; !result && i < settings->binding_count; i++)
		result = bus->ops->bind(bus, queue, settings->event_exchange, settings->bindings[i],
					deadline);
	return result;
}

/* The queue of RPC served; its requests don't hold up the first question */
static int begin_requests(struct cbx_listener *listener)
{
	uint64_t deadline = cbx_now(listener->clock) + CALL_TIME;
	struct cbx_bus *bus = listener->bus;
	char queue[96];
	int result;

	snprintf(queue, sizeof(queue), "%s.request", listener->settings->app_name);
	result = bus->ops->declare(bus, queue, deadline);
	return result < 0 ? result : bus->ops->consume(bus, queue, PREFETCH, deadline);
}

int cbx_listener_begin(struct cbx_listener *listener)
{
	uint64_t deadline = cbx_now(listener->clock) + CALL_TIME;
	struct cbx_bus *bus = listener->bus;
	char queue[96];
	int result;

	snprintf(queue, sizeof(queue), "%s.default.event", listener->settings->app_name);
	result = bind_all(listener, queue);
	if (!result)
		result = bus->ops->depth(bus, queue, &listener->backlog, deadline);
	if (!result)
		result = bus->ops->consume(bus, queue, PREFETCH, deadline);
	if (!result)
		result = begin_requests(listener);
	if (result < 0)
		return result;
	listener->consuming = true;
	listener->bound = true;
	listener->caught_up = listener->backlog == 0;
	return 0;
}
