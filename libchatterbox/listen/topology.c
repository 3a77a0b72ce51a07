// SPDX-License-Identifier: MIT
/*
 * topology.c - the exchange, queues and bindings that we need (contract 3.1), and who else uses
 * them
 *
 * Others may delete them while we consume, and RabbitMQ tells of a deleted queue only. So all is
 * declared again every 15 s, which changes nothing where it is there. That also shows consumers of
 * others, who get a part of our messages without any sign of it.
 */
#include "listen/listen.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define LOOK_EVERY (15 * CBX_SECOND)
#define CALL_TIME (5 * CBX_SECOND)

void cbx_listener_queue(const struct cbx_listener *listener, const char *kind,
			char name[CBX_LISTENER_QUEUE])
{
	snprintf(name, CBX_LISTENER_QUEUE, "%s.%s", listener->settings->app_name, kind);
}

static void note_made(struct cbx_listener *listener, const char *kind, const char *name)
{
	/* at the first time nothing was lost */
	if (!listener->bus->made || !listener->bus_link.was_up || !listener->look_at)
		return;
	cbx_warn(listener->log, CBX_FIELDS({ "server", "rmq" }, { kind, name }),
		 "%s %s was gone (who deletes it?); it is there again, what was sent meanwhile is "
		 "lost",
		 kind, name);
	if (listener->mended)
		listener->mended(listener->user);
}

static int declare_queue(struct cbx_listener *listener, const char *kind)
{
	uint64_t deadline = cbx_now(listener->clock) + CALL_TIME;
	char name[CBX_LISTENER_QUEUE];
	int result;

	cbx_listener_queue(listener, kind, name);
	result = listener->bus->ops->declare(listener->bus, name, deadline);
	if (!result)
		note_made(listener, "queue", name);
	return result;
}

static int bind_events(struct cbx_listener *listener)
{
	const struct cbx_settings *settings = listener->settings;
	uint64_t deadline = cbx_now(listener->clock) + CALL_TIME;
	struct cbx_bus *bus = listener->bus;
	char name[CBX_LISTENER_QUEUE];
	size_t i;
	int result = bus->ops->declare_exchange(bus, settings->event_exchange, deadline);

	if (!result)
		note_made(listener, "exchange", settings->event_exchange);
	cbx_listener_queue(listener, "default.event", name);
	for (i = 0; !result && i < settings->bindings.count; i++)
		result = bus->ops->bind(bus, name, settings->event_exchange,
					settings->bindings.items[i], deadline);
	return result;
}

int cbx_listener_declare(struct cbx_listener *listener)
{
	int result = declare_queue(listener, "default.event");

	if (!result)
		result = bind_events(listener);
	if (!result)
		result = declare_queue(listener, "request");
	if (!result)
		listener->look_at = cbx_now(listener->clock) + LOOK_EVERY;
	return result;
}

/* How many others consume a queue of which we are one consumer */
static int count_others(struct cbx_listener *listener, const char *kind, unsigned *others)
{
	uint64_t deadline = cbx_now(listener->clock) + CALL_TIME;
	struct cbx_bus *bus = listener->bus;
	char name[CBX_LISTENER_QUEUE];
	int64_t messages;
	int result;

	cbx_listener_queue(listener, kind, name);
	result = bus->ops->depth(bus, name, &messages, deadline);
	if (!result && bus->consumers > 1)
		*others += (unsigned)(bus->consumers - 1);
	return result;
}

int cbx_listener_has_others(struct cbx_listener *listener)
{
	unsigned others = 0;
	int result = count_others(listener, "default.event", &others);

	return result < 0 ? result : others > 0;
}

static void note_others(struct cbx_listener *listener, unsigned others)
{
	if (others && !listener->strangers)
		cbx_warn(listener->log, CBX_FIELDS({ "server", "rmq" }),
			 "%u consumers of others on %s.default.event or %s.request take a part of "
			 "what is meant for us: rabbitmqctl list_consumers names them",
			 others, listener->settings->app_name, listener->settings->app_name);
	if (!others && listener->strangers)
		cbx_info(listener->log, CBX_FIELDS({ "server", "rmq" }),
			 "nobody else consumes our queues any more");
	listener->strangers = others;
	cbx_metric_set(listener->counters->foreign_consumers, NULL, NULL, others);
}

int cbx_listener_look(struct cbx_listener *listener)
{
	unsigned others = 0;
	int result;

	if (cbx_now(listener->clock) < listener->look_at)
		return 0;
	listener->look_at = cbx_now(listener->clock) + LOOK_EVERY;
	result = count_others(listener, "default.event", &others);
	if (!result)
		result = count_others(listener, "request", &others);
	if (!result)
		note_others(listener, others);
	/* a queue of ours is gone: it is declared again over a new connection; a late answer may
	 * come */
	if (result)
		return result == CHATTERBOX_E_TIMEOUT ? 0 : result;
	result = bind_events(listener);
	if (!result)
		cbx_link_works(&listener->bus_link);
	if (result == CHATTERBOX_E_REFUSED)
		cbx_listener_refused(listener);
	return result == CHATTERBOX_E_TIMEOUT || result == CHATTERBOX_E_REFUSED ? 0 : result;
}

void cbx_listener_refused(struct cbx_listener *listener)
{
	const char *why = listener->bus->error;

	cbx_link_refused(&listener->bus_link, why);
	if (strstr(why, "ACCESS_REFUSED"))
		cbx_health_refused(listener->bus_link.entry, CHATTERBOX_E_CONFIG);
}
