// SPDX-License-Identifier: MIT
/* amqp_bus.c - puts the parts of the adapter together */
#include "adapter/amqp_bus/connection.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	if (result == 0)
		bus->alive_at = cbx_now(self->clock);
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

static void free_options(struct cbx_amqp_options *options)
{
	const char *texts[] = {
		options->host,   options->vhost,    options->user,    options->pass,
		options->tls_ca, options->tls_cert, options->tls_key, options->name
	};
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
	cbx_dial_free(self->dial);
	free_options(&self->options);
	free(self);
}

static const struct cbx_bus_ops amqp_ops = {
	.connect = amqp_connect,
	.disconnect = amqp_disconnect,
	.is_up = amqp_is_up,
	.declare = cbx_amqp_declare,
	.find_exchange = cbx_amqp_find_exchange,
	.declare_exchange = cbx_amqp_declare_exchange,
	.bind = cbx_amqp_bind,
	.consume = cbx_amqp_consume,
	.reply_to = amqp_reply_to,
	.depth = cbx_amqp_depth,
	.publish = cbx_amqp_publish,
	.take = cbx_amqp_take,
	.acknowledge = cbx_amqp_acknowledge,
	.cancel = cbx_amqp_cancel,
	.free = amqp_free,
};

/* 0, or -ENOMEM; NULL stays NULL */
static int copy(const char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int copy_options(const struct cbx_amqp_options *from, struct cbx_amqp_options *to)
{
	const struct {
		const char **to;
		const char *from;
	} texts[] = {
		{ &to->host, from->host ? from->host : "127.0.0.1" },
		{ &to->vhost, from->vhost ? from->vhost : "/" },
		{ &to->user, from->user ? from->user : "guest" },
		{ &to->pass, from->pass ? from->pass : "guest" },
		{ &to->name, from->name ? from->name : "chatterbox" },
		{ &to->tls_ca, from->tls_ca },
		{ &to->tls_cert, from->tls_cert },
		{ &to->tls_key, from->tls_key },
	};
	size_t i;
	int result = 0;

	to->port = from->port;
	to->tls = from->tls;
	for (i = 0; i < CBX_COUNT(texts) && !result; i++)
		result = copy(texts[i].to, texts[i].from);
	return result;
}

int cbx_amqp_bus_new(const struct cbx_amqp_options *options, struct cbx_clock *clock,
		     const struct cbx_log *log, struct cbx_bus **out)
{
	struct cbx_amqp_bus *self = calloc(1, sizeof(*self));
	char address[80];
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
	cbx_dial_text(self->options.host, self->options.port, address, sizeof(address));
	snprintf(self->bus.where, sizeof(self->bus.where), "%s%s%.40s", address,
		 *self->options.vhost == '/' ? "" : "/", self->options.vhost);
	*out = &self->bus;
	return 0;
}
