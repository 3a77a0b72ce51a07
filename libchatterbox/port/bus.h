/* SPDX-License-Identifier: MIT */
/*
 * bus.h - the message broker as chatterbox needs it: AMQP 0-9-1's exchanges, queues and confirms
 *
 * One `struct cbx_bus` is one connection, and belongs to one thread. chatterbox
 * opens three: questions with their replies, the outbox with confirms, the listener. Adapters:
 * amqp_bus (RabbitMQ by librabbitmq) and memory_bus (in this process). Both pass the same suite,
 * tests/kit/suites/bus_suite.c.
 *
 * Errors: CHATTERBOX_E_DOWN = the connection is gone (the adapter has closed it; connect again, and
 * declare, bind and consume again; everything unconfirmed or unsettled is open);
 * CHATTERBOX_E_REFUSED = the broker refused this one thing (404, 405, 406: the error text names the
 * queue) and the connection is usable; CHATTERBOX_E_LIMIT = a text or the headers are larger than
 * AMQP carries, and nothing was sent; -ENOMEM. Calls take an absolute deadline where they may
 * block; none blocks longer than that by more than a second. A broker that does not answer a
 * question (all but publish, take and settle) by its deadline is lost: CHATTERBOX_E_DOWN. While a
 * call waits, no more is held for take() than one body may have, and one message beyond it; a
 * declare, bind, consume or cancel that waits may hold what consumers may have unsettled.
 *
 * What AMQP tells late (a publish to an exchange that is not there): take() returns
 * CHATTERBOX_E_REFUSED once, and then, if anything was published, CBX_BUS_REFUSED with `multiple`
 * for all that was still open. With confirms it is CHATTERBOX_E_LIMIT when one of those is larger
 * than the broker will ever take; which one is not told, but all before it were taken, confirmed or
 * not. Consuming goes on; unsettled deliveries may come again, and settling their old tags does
 * nothing.
 */
#ifndef CBX_PORT_BUS_H
#define CBX_PORT_BUS_H

#include "port/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* A header of a message: text; a number is received as its decimal text */
struct cbx_bus_header {
	const char *name;
	const char *value;
	bool integer; /* sent as such, not as its text */
};

#define CBX_BUS_HEADERS 8
#define CBX_BUS_MAX_BODY 1048576
#define CBX_BUS_SHORT 255         /* bytes of a name, key or other short text */
#define CBX_BUS_HEADER_BYTES 8192 /* all headers of a message: they must fit one frame */

/* Bytes are never NULL-terminated by contract; texts are. Absent texts are NULL, absent numbers 0.
 */
struct cbx_bus_message {
	const char *queue;    /* of a delivery: where it was consumed from; publish ignores it */
	const char *exchange; /* "" is the default exchange */
	const char *routing_key;
	const char *body;
	size_t body_len;
	const char *app_id;
	const char *content_type;
	const char *correlation_id;
	const char *reply_to;
	const char *message_id;
	const char *type;
	int64_t expiration_ms; /* 0 = never */
	int64_t timestamp;     /* seconds since the epoch; 0 = absent */
	bool persistent;
	bool mandatory;
	struct cbx_bus_header headers[CBX_BUS_HEADERS];
	size_t header_count;
};

enum cbx_bus_event_type {
	CBX_BUS_NOTHING,   /* the deadline passed or the wake descriptor became readable */
	CBX_BUS_DELIVERY,  /* message, tag, redelivered */
	CBX_BUS_CONFIRMED, /* tag, multiple: the broker has taken it (unroutable ones too) */
	CBX_BUS_REFUSED,   /* tag, multiple: the broker nacked it; publish it again later */
	CBX_BUS_RETURNED,  /* message: mandatory and unroutable; comes before its confirm. It has no
			    * body when that is over max_body */
	CBX_BUS_OVERSIZED, /* a delivery over max_body: drained, not held; message without body, tag
			    */
	CBX_BUS_CANCELLED, /* message.queue is gone: declare and consume it again */
	CBX_BUS_BLOCKED,   /* the broker takes no publishes for now (alarm) */
	CBX_BUS_UNBLOCKED,
};

/* What cbx_bus_take() gives; the message's memory is the event's, until cbx_bus_event_clear() */
struct cbx_bus_event {
	enum cbx_bus_event_type type;
	uint64_t tag;
	bool multiple;
	bool redelivered;
	struct cbx_bus_message message;
	void *memory; /* the adapter's */
};

struct cbx_bus;

struct cbx_bus_ops {
	/* Open the connection and its channel; with @confirms the channel is in confirm mode. */
	int (*connect)(struct cbx_bus *bus, bool confirms, uint64_t deadline);
	/* Drop the connection at once, without politeness; may be called in any state. */
	void (*disconnect)(struct cbx_bus *bus);
	bool (*is_up)(struct cbx_bus *bus);
	/* Passive first, else a durable classic queue without arguments. */
	int (*declare)(struct cbx_bus *bus, const char *queue, uint64_t deadline);
	/* Durable topic exchange, passive first; amq.* exist already. */
	int (*declare_exchange)(struct cbx_bus *bus, const char *exchange, uint64_t deadline);
	int (*bind)(struct cbx_bus *bus, const char *queue, const char *exchange,
		    const char *routing_key, uint64_t deadline);
	/* @queue NULL: an own reply queue, no acks; its name comes by reply_to(), which is NULL
	 * before. Several queues may be consumed; @prefetch (0: no bound) is of each. */
	int (*consume)(struct cbx_bus *bus, const char *queue, uint16_t prefetch,
		       uint64_t deadline);
	const char *(*reply_to)(struct cbx_bus *bus);
	/* Messages ready in @queue: ≥ 0, CHATTERBOX_E_UNKNOWN when there is no such queue,
	 * CHATTERBOX_E_TIMEOUT when more comes before the answer than may be held, or the answer
	 * too late: take() what has come, and ask again. */
	int (*depth)(struct cbx_bus *bus, const char *queue, int64_t *messages, uint64_t deadline);
	/* Waits while the broker blocks or the socket is full: CHATTERBOX_E_TIMEOUT when the
	 * deadline passes before anything was written; the connection is dropped
	 * (CHATTERBOX_E_DOWN) when it passes inside a message. What arrives meanwhile is kept for
	 * take(). @tag (may be NULL): the publish number that a confirm will carry, 1 for the first
	 * after connect; it does not count what was not written. */
	int (*publish)(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
		       uint64_t deadline);
	/* The next event; waits until @deadline, or until @wake_fd (-1: none) is readable. Keeps
	 * heartbeats going, so the owner must call it at least every second. */
	int (*take)(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		    struct cbx_bus_event *event);
	/* Acknowledge a delivery (and, with @multiple, all before it), or reject it without
	 * requeue. */
	int (*acknowledge)(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok);
	/* Stop consuming all that consume() began; unsettled deliveries stay open, and what had
	 * arrived is still given by take(). */
	int (*cancel)(struct cbx_bus *bus, uint64_t deadline);
	void (*free)(struct cbx_bus *bus);
};

struct cbx_bus {
	const struct cbx_bus_ops *ops;
	char error[512]; /* why the last call failed: names the server; never a secret */
	char where[128]; /* "host:port/vhost", for logs */
	bool blocked;    /* the broker takes no publishes for now: since CBX_BUS_BLOCKED was read,
			  * until CBX_BUS_UNBLOCKED or the end of the connection */
	size_t max_body; /* limits.reply_bytes (CBX_BUS_MAX_BODY at first); larger deliveries
			  * become CBX_BUS_OVERSIZED */
};

void cbx_bus_event_clear(struct cbx_bus_event *event);
void cbx_bus_free(struct cbx_bus *bus); /* takes NULL */
/* The value of a header, NULL when absent */
const char *cbx_bus_header(const struct cbx_bus_message *message, const char *name);
/* Adds one; the texts are borrowed. Beyond CBX_BUS_HEADERS it is an assertion. */
void cbx_bus_add_header(struct cbx_bus_message *message, const char *name, const char *value);
/* @value is the decimal text of an int64_t */
void cbx_bus_add_integer(struct cbx_bus_message *message, const char *name, const char *value);
/* For adapters: CHATTERBOX_E_LIMIT and bus->error when AMQP could not carry these texts */
int cbx_bus_message_check(struct cbx_bus *bus, const struct cbx_bus_message *message);
/* Copies a message into one allocation that event->memory owns: for adapters. A NULL body with a
 * length makes the room for it, to be filled through event->message.body. */
int cbx_bus_event_set(struct cbx_bus_event *event, const struct cbx_bus_message *message);

#endif
