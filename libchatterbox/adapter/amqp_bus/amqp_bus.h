/* SPDX-License-Identifier: MIT */
/* amqp_bus.h - the bus port over RabbitMQ, by librabbitmq */
#ifndef CBX_ADAPTER_AMQP_BUS_AMQP_BUS_H
#define CBX_ADAPTER_AMQP_BUS_AMQP_BUS_H

#include "base/log.h"
#include "port/bus.h"

struct cbx_amqp_options {
	const char *host; /* several by comma */
	int port;
	const char *vhost;
	const char *user;
	const char *pass;
	bool tls;             /* peer and host name are verified, TLS 1.2 at least */
	const char *tls_ca;   /* a PEM file; NULL: the system's */
	const char *tls_cert; /* what we show, with its key; PEM files; NULL: nothing */
	const char *tls_key;
	const char *name; /* of the connection, as RabbitMQ's management shows it; may be NULL */
};

/* Copies @options and does not connect yet. @clock and @log (may be NULL) must outlive the bus.
 * connect() returns CHATTERBOX_E_REFUSED when the broker refuses the login or the vhost, and
 * CHATTERBOX_E_CONFIG when tls_ca can't be read: trying again soon won't help. */
int cbx_amqp_bus_new(const struct cbx_amqp_options *options, struct cbx_clock *clock,
		     const struct cbx_log *log, struct cbx_bus **out);

#endif
