/* SPDX-License-Identifier: MIT */
/*
 * bus.h - the port to a message broker: exchanges, queues and confirms as in AMQP 0-9-1
 *
 * A `struct cbx_bus` is one connection and belongs to one thread. There are three: questions with
 * their replies, the outbox with confirms, and the listener. Adapters: amqp_bus (RabbitMQ by
 * librabbitmq) and memory_bus (in this process). Both pass tests/kit/suites/bus_suite.c.
 *
 * Errors: CHATTERBOX_E_DOWN = the connection is gone, and the adapter has closed it: connect,
 * declare, bind and consume again; whatever was unconfirmed or unacknowledged is open.
 * CHATTERBOX_E_REFUSED = the broker refused this one thing (404, 405, 406: the error text names the
 * queue), and the connection can be used. CHATTERBOX_E_LIMIT = a text or the headers are larger
 * than AMQP allows, and nothing was sent. -ENOMEM. Calls that may block take an absolute deadline
 * and exceed it by a second at most. A broker that does not answer a question (everything but
 * publish, take and acknowledge) by its deadline is lost: CHATTERBOX_E_DOWN. While a call waits, no
 * more memory is used for take() than one body may have, and one message; a declare, bind, consume
 * or cancel that waits may hold as much as consumers may have unacknowledged.
 *
 * Some things AMQP reports late, such as a publish to an exchange that does not exist. take() then
 * returns CHATTERBOX_E_REFUSED once, and, if anything was published, CBX_BUS_REFUSED with
 * `multiple` for all that was open. With confirms it returns CHATTERBOX_E_LIMIT if one of those is
 * larger than the broker will ever take; nobody says which one, but all before it were taken,
 * confirmed or not. Consuming goes on; unacknowledged deliveries may come again, and acknowledging
 * their old tags does nothing.
 */
#ifndef CBX_PORT_BUS_H
#define CBX_PORT_BUS_H

#include "port/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* A header: text; a received number is its decimal text */
struct cbx_bus_header {
	const char *name;
	const char *value;
	bool integer; /* sent as an integer, not as text */
};

#define CBX_BUS_HEADERS 8
#define CBX_BUS_MAX_BODY 1048576
#define CBX_BUS_SHORT 255         /* bytes of a name, key or other short text */
#define CBX_BUS_HEADER_BYTES 8192 /* all headers of a message: they must fit one frame */

/* Texts are NUL-terminated, bytes are not. Absent texts are NULL, absent numbers 0. */
struct cbx_bus_message {
	const char *queue;    /* of a delivery: where it came from; ignored by publish */
	const char *exchange; /* "" is the default exchange */
	const char *routing_key;
	const char *body;
	size_t body_len;
	const char *app_id;
	const char
		*user_id; /* of a delivery: the user whom the broker has found to be the sender */
	const char *content_type;
	const char *correlation_id;
	const char *reply_to;
	const char *message_id;
	const char *type;
	int64_t expiration_ms; /* 0 = never */
	int64_t timestamp;     /* seconds since the epoch; 0 = absent */
	bool persistent;
	bool mandatory;
	bool more; /* may wait for the next one, which is published at once, until take() waits */
	struct cbx_bus_header headers[CBX_BUS_HEADERS];
	size_t header_count;
};

enum cbx_bus_event_type {
	CBX_BUS_NOTHING,   /* the deadline passed or the wake descriptor became readable */
	CBX_BUS_DELIVERY,  /* message, tag, redelivered */
	CBX_BUS_CONFIRMED, /* tag, multiple: the broker has taken it (or it was unroutable) */
	CBX_BUS_REFUSED,   /* tag, multiple: the broker refused it; publish it again later */
	CBX_BUS_RETURNED,  /* message: mandatory and unroutable; comes before its confirm. Without a
			      body if that is larger than max_body */
	CBX_BUS_OVERSIZED, /* a delivery larger than max_body, drained: tag, message without a body
			    */
	CBX_BUS_CANCELLED, /* message.queue is gone: declare and consume it again */
	CBX_BUS_BLOCKED,   /* the broker takes no publishes for now (alarm) */
	CBX_BUS_UNBLOCKED,
};

/* What take() gives; it owns the message's memory until cbx_bus_event_clear() */
struct cbx_bus_event {
	enum cbx_bus_event_type type;
	uint64_t tag;
	bool multiple;
	bool redelivered;
	struct cbx_bus_message message;
	void *memory; /* of the adapter */
};

struct cbx_bus;

struct cbx_bus_ops {
	/* Opens the connection and its channel, in confirm mode if @confirms. */
	int (*connect)(struct cbx_bus *bus, bool confirms, uint64_t deadline);
	/* Drops the connection at once, without closing it politely; in any state. */
	void (*disconnect)(struct cbx_bus *bus);
	bool (*is_up)(struct cbx_bus *bus);
	/* Passively first, else as a durable classic queue without arguments. */
	int (*declare)(struct cbx_bus *bus, const char *queue, uint64_t deadline);
	/* Is it there? Makes nothing. 0; CHATTERBOX_E_UNKNOWN when it is not */
	int (*find_exchange)(struct cbx_bus *bus, const char *exchange, uint64_t deadline);
	/* A durable topic exchange, passively first; amq.* exist already. */
	int (*declare_exchange)(struct cbx_bus *bus, const char *exchange, uint64_t deadline);
	int (*bind)(struct cbx_bus *bus, const char *queue, const char *exchange,
		    const char *routing_key, uint64_t deadline);
	/* @queue NULL: a reply queue of our own, without acknowledgements; reply_to() returns its
	 * name, NULL before. Several queues may be consumed; @prefetch (0: no limit) is per queue.
	 */
	int (*consume)(struct cbx_bus *bus, const char *queue, uint16_t prefetch,
		       uint64_t deadline);
	const char *(*reply_to)(struct cbx_bus *bus);
	/* Messages ready in @queue: ≥ 0; CHATTERBOX_E_UNKNOWN when there is no such queue;
	 * CHATTERBOX_E_TIMEOUT when more comes before the answer than may be held, or the answer is
	 * late: take() what has come, and ask again. */
	int (*depth)(struct cbx_bus *bus, const char *queue, int64_t *messages, uint64_t deadline);
	/* Waits while the broker blocks or the socket is full. CHATTERBOX_E_TIMEOUT if the deadline
	 * passes before anything was written; if it passes inside a message the connection is
	 * dropped (CHATTERBOX_E_DOWN). What arrives meanwhile is kept for take(). @tag (may be
	 * NULL): the number that a confirm will carry, 1 for the first message after connect; what
	 * was not written is not counted. */
	int (*publish)(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
		       uint64_t deadline);
	/* The next event; waits until @deadline, or until @wake_fd (-1: none) is readable. Keeps
	 * heartbeats going, so the owner must call it at least every second. */
	int (*take)(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		    struct cbx_bus_event *event);
	/* Acknowledges a delivery (with @multiple also all before it), or, if not @ok, rejects it
	 * without requeue. */
	int (*acknowledge)(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok);
	/* Stops consuming everything that consume() began. Unacknowledged deliveries stay open, and
	 * take() still gives what had arrived. */
	int (*cancel)(struct cbx_bus *bus, uint64_t deadline);
	void (*free)(struct cbx_bus *bus);
};

struct cbx_bus {
	const struct cbx_bus_ops *ops;
	char error[512];   /* why the last call failed: names the server; never a secret */
	char where[128];   /* "host:port/vhost", for logs */
	bool blocked;      /* the broker takes no publishes: between CBX_BUS_BLOCKED and
			      CBX_BUS_UNBLOCKED */
	bool made;         /* the last declare() or declare_exchange() made what was not there */
	int64_t consumers; /* of the queue that the last successful depth() was about */
	uint64_t alive_at; /* when the broker last gave a sign of life, be it a heartbeat; kept when
			      the connection is lost. 0: none yet */
	bool receiving;    /* a part of a message has arrived, and the rest is on its way */
	int64_t certificate_ends; /* of which ends first; seconds, 0: there is none */
	size_t max_body; /* limits.reply_bytes (CBX_BUS_MAX_BODY at first); a larger delivery
			    becomes CBX_BUS_OVERSIZED */
};

void cbx_bus_event_clear(struct cbx_bus_event *event);
void cbx_bus_free(struct cbx_bus *bus); /* takes NULL */
/* Why the broker may have refused a publish, from the text of that error: a question to whoever
 * reads the log, or "" */
const char *cbx_bus_guess(const char *error);
/* The value of a header, NULL when absent */
const char *cbx_bus_header(const struct cbx_bus_message *message, const char *name);
/* Adds one; the texts are borrowed. More than CBX_BUS_HEADERS fail an assertion. */
void cbx_bus_add_header(struct cbx_bus_message *message, const char *name, const char *value);
/* @value is the decimal text of an int64_t */
void cbx_bus_add_integer(struct cbx_bus_message *message, const char *name, const char *value);
/* For adapters: CHATTERBOX_E_LIMIT and bus->error when AMQP can't carry these texts */
int cbx_bus_message_check(struct cbx_bus *bus, const struct cbx_bus_message *message);
/* For adapters: copies a message into one allocation that event->memory owns. If the body is NULL
 * and has a length, room is made for it, to be filled through event->message.body. */
int cbx_bus_event_set(struct cbx_bus_event *event, const struct cbx_bus_message *message);

#endif
