// SPDX-License-Identifier: MIT
/*
 * amqp_bus.c - puts the parts of the adapter together, and takes events
 *
 * While take() waits, librabbitmq sends heartbeats and notices a broker that does not answer.
 */
#include "adapter/amqp_bus/connection.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Heartbeats are due every 3 s */
#define POLL_MS 1000

static void amqp_disconnect(struct cbx_bus *bus)
{
	cbx_amqp_drop(cbx_amqp_self(bus));
}

static int amqp_connect(struct cbx_bus *bus, bool confirms, uint64_t deadline)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	int result;

	cbx_amqp_drop(self);
	self->confirms = confirms;
	result = cbx_amqp_login(self, deadline);
	if (result == 0)
		result = cbx_amqp_open_channels(self, deadline);
	return result;
}

static bool amqp_is_up(struct cbx_bus *bus)
{
	return cbx_amqp_self(bus)->state != NULL;
}

static const char *amqp_reply_to(struct cbx_bus *bus)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);

	return self->reply_queue[0] ? self->reply_queue : NULL;
}

/* The oldest event: 1 and *event, or an error; 0 = there is none */
static int next_event(struct cbx_amqp_bus *self, struct cbx_bus_event *event)
{
	struct cbx_amqp_event *item = STAILQ_FIRST(&self->events);
	int result = 1;

	if (!item)
		return 0;
	STAILQ_REMOVE_HEAD(&self->events, link);
	self->held -= cbx_amqp_event_size(item);
	if (item->error) {
		result = item->error;
		snprintf(self->bus.error, sizeof(self->bus.error), "%s",
			 item->text ? item->text : "refused");
	} else {
		*event = item->event;
		item->event.memory = NULL;
	}
	cbx_amqp_event_free(item);
	return result;
}

/* Reads frames until they make an event; returns as next_event() */
static int read_event(struct cbx_amqp_bus *self, uint64_t deadline, struct cbx_bus_event *event)
{
	int result;

	do {
		result = next_event(self, event);
		if (result != 0)
			return result;
		result = cbx_amqp_read(self, deadline);
	} while (result > 0);
	return result < 0 ? result : next_event(self, event);
}

static int amqp_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		     struct cbx_bus_event *event)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	bool over = false;
	int result = cbx_amqp_check_up(self);

	if (result < 0)
		return result;
	for (;;) {
		struct pollfd fds[2] = { { .fd = self->fd, .events = POLLIN },
					 { .fd = wake_fd, .events = POLLIN } };

		result = read_event(self, deadline, event);
		if (result != 0)
			return result < 0 ? result : 0;
		if (over) {
			*event = (struct cbx_bus_event){ .type = CBX_BUS_NOTHING };
			return 0;
		}
		if (poll(fds, 2, cbx_ms_left(self->clock, deadline, POLL_MS)) >= 0)
			over = fds[1].revents || cbx_now(self->clock) >= deadline;
	}
}

static void free_options(struct cbx_amqp_options *options)
{
	const char *texts[] = { options->host, options->vhost,  options->user,
				options->pass, options->tls_ca, options->name };
	size_t i;

	if (options->pass)
		explicit_bzero((char *)(uintptr_t)options->pass, strlen(options->pass));
	for (i = 0; i < CBX_COUNT(texts); i++)
		free((char *)(uintptr_t)texts[i]);
}

static void amqp_free(struct cbx_bus *bus)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);

	cbx_amqp_drop(self);
	free_options(&self->options);
	free(self);
}

static const struct cbx_bus_ops amqp_ops = {
	.connect = amqp_connect,
	.disconnect = amqp_disconnect,
	.is_up = amqp_is_up,
	.declare = cbx_amqp_declare,
	.declare_exchange = cbx_amqp_declare_exchange,
	.bind = cbx_amqp_bind,
	.consume = cbx_amqp_consume,
	.reply_to = amqp_reply_to,
	.depth = cbx_amqp_depth,
	.publish = cbx_amqp_publish,
	.take = amqp_take,
	.acknowledge = cbx_amqp_acknowledge,
	.cancel = cbx_amqp_cancel,
	.free = amqp_free,
};

/* 0, or -ENOMEM */
static int copy_options(const struct cbx_amqp_options *from, struct cbx_amqp_options *to)
{
	const char *name = from->name ? from->name : "chatterbox";

	to->host = strdup(from->host ? from->host : "127.0.0.1");
	to->port = from->port;
	to->vhost = strdup(from->vhost ? from->vhost : "/");
	to->user = strdup(from->user ? from->user : "guest");
	to->pass = strdup(from->pass ? from->pass : "guest");
	to->tls = from->tls;
	to->tls_ca = from->tls_ca ? strdup(from->tls_ca) : NULL;
	to->name = strdup(name);
	if (!to->host || !to->vhost || !to->user || !to->pass || !to->name)
		return -ENOMEM;
	return from->tls_ca && !to->tls_ca ? -ENOMEM : 0;
}

int cbx_amqp_bus_new(const struct cbx_amqp_options *options, struct cbx_clock *clock,
		     const struct cbx_log *log, struct cbx_bus **out)
{
	struct cbx_amqp_bus *self = calloc(1, sizeof(*self));
	int result;

	if (!self)
		return -ENOMEM;
	self->bus.ops = &amqp_ops;
	self->bus.max_body = CBX_BUS_MAX_BODY;
	self->clock = clock;
	self->log = log;
	self->fd = -1;
	STAILQ_INIT(&self->events);
	LIST_INIT(&self->consumers);
	result = copy_options(options, &self->options);
	if (!result)
		result = cbx_dial_new(self->options.host, options->port, clock, &self->dial);
	if (result < 0) {
		amqp_free(&self->bus);
		return result;
	}
	snprintf(self->bus.where, sizeof(self->bus.where), "%.64s:%d%s%.40s", self->options.host,
		 self->options.port, *self->options.vhost == '/' ? "" : "/", self->options.vhost);
	*out = &self->bus;
	return 0;
}
