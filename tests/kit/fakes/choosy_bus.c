// SPDX-License-Identifier: MIT
/* choosy_bus.c - intercepts a connection's publish and take, and numbers what it does not pass on
 */
#include "choosy_bus.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

/* One connection per program: the tests of the outbox relay need no more */
static struct cbx_bus_ops ops;
static const struct cbx_bus_ops *inner;
static struct choosy *choosy;

static int choosy_connect(struct cbx_bus *bus, bool confirms, uint64_t deadline)
{
	choosy->number = choosy->over = choosy->behind = 0;
	choosy->state = CHOOSY_OPEN;
	return inner->connect(bus, confirms, deadline);
}

static bool refuses(const struct cbx_bus_message *message)
{
	return message->body_len > choosy->most || (choosy->hated && message->message_id &&
						    !strcmp(message->message_id, choosy->hated));
}

static int choosy_publish(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
			  uint64_t deadline)
{
	int result = 0;

	if (++choosy->publishes == choosy->intruder) {
		choosy->number++;
		choosy->behind++;
		choosy->state = CHOOSY_CLOSED;
	}
	if (choosy->state != CHOOSY_CLOSED && refuses(message))
		choosy->state = CHOOSY_CLOSED;
	if (choosy->state != CHOOSY_CLOSED)
		result = inner->publish(bus, message, NULL, deadline);
	else
		choosy->behind++;
	if (result < 0)
		return result;
	choosy->number++;
	if (tag)
		*tag = choosy->number;
	return 0;
}

static int choosy_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		       struct cbx_bus_event *event)
{
	int result;

	if (choosy->state == CHOOSY_CLOSED) {
		choosy->state = CHOOSY_TOLD;
		choosy->over = choosy->number;
		choosy->closed++;
		if (choosy->told)
			choosy->told();
		snprintf(bus->error, sizeof(bus->error), "406 a message is over %zu", choosy->most);
		return CHATTERBOX_E_LIMIT;
	}
	if (choosy->state == CHOOSY_TOLD) {
		choosy->state = CHOOSY_OPEN;
		*event = (struct cbx_bus_event){ .type = CBX_BUS_REFUSED,
						 .tag = choosy->over,
						 .multiple = true };
		return 0;
	}
	for (;;) {
		result = inner->take(bus, wake_fd, deadline, event);
		if (result < 0 || event->type != CBX_BUS_CONFIRMED)
			return result;
		event->tag += choosy->behind;
		if (event->tag > choosy->over)
			return 0;
		cbx_bus_event_clear(event);
	}
}

void choosy_bus(struct cbx_bus *bus, struct choosy *plan)
{
	choosy = plan;
	inner = bus->ops;
	ops = *inner;
	ops.connect = choosy_connect;
	ops.publish = choosy_publish;
	ops.take = choosy_take;
	bus->ops = &ops;
}
