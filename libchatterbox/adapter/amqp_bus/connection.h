/* SPDX-License-Identifier: MIT */
/*
 * connection.h - what the files of amqp_bus share: one connection, two channels
 *
 * The working channel publishes, consumes and settles. CBX_ASK declares, binds and measures: there
 * a missing queue is an everyday answer, which in AMQP closes the channel, and on a channel of its
 * own that costs neither consumers nor confirms nor their numbers.
 *
 * Frames become events in `events`, one by one and whoever reads them: take(), a publish that
 * waits, or a question. librabbitmq's own questions (amqp_queue_declare() and the like) are not
 * used: they put every frame aside that comes before the answer, a body of 100 MiB whole.
 *
 * The broker may send deliveries and confirms of a channel after it has closed it: they were on
 * their way within the broker. By the numbers of the next channel they would name other messages,
 * and one that nobody handled would be acknowledged. So the working channel is opened again under
 * another channel number. What the closed one sends until then is read as its own; what comes later
 * still is dropped: it is told as refused already, or comes again.
 */
#ifndef CBX_ADAPTER_AMQP_BUS_CONNECTION_H
#define CBX_ADAPTER_AMQP_BUS_CONNECTION_H

#include "adapter/amqp_bus/amqp_bus.h"
#include "adapter/amqp_bus/rabbitmq.h"
#include "port/dial.h"

#include <sys/queue.h>
#include <sys/time.h>

#define CBX_ASK 2
/* The working channel's numbers are 1, 3, 4 ... CBX_CHANNEL_MAX, and 1 again: by then, fifteen
 * round trips later, nothing of the first is under way. librabbitmq keeps up to CBX_FRAME_MAX of
 * memory for each. */
#define CBX_FIRST_WORK 1
#define CBX_CHANNEL_MAX 17

/* Of a frame, asked for at login: as large as RabbitMQ takes from anybody, since a message's
 * headers are handed on in one frame however large they are, and a frame over our limit costs the
 * connection: such a message would come again for ever. librabbitmq reads nested headers by
 * recursion, so that this bounds the stack too (26 000 levels, see base/thread.h). */
#define CBX_FRAME_MAX 131072
/* What we send at once of a body: the socket's queue is looked at between two of them */
#define CBX_SEND_MAX 16384

/* Room to give a message's texts their NULs: all fit one frame, and each has a length byte there;
 * only numbers grow, when they become text */
#define CBX_SCRATCH (CBX_FRAME_MAX + CBX_BUS_HEADERS * 32)

struct cbx_amqp_event {
	STAILQ_ENTRY(cbx_amqp_event) link;
	int error; /* instead of an event: a refusal that came late */
	char *text;
	struct cbx_bus_event event;
};

/* They stay until the connection ends: deliveries may still be on the way after the end */
struct cbx_amqp_consumer {
	LIST_ENTRY(cbx_amqp_consumer) link;
	bool active;
	bool acks;
	uint16_t prefetch;
	unsigned number;
	char tag[16];
	char queue[CBX_BUS_SHORT + 1];
};

/* A delivery or a returned message whose header or body has not come in full */
struct cbx_amqp_content {
	bool open; /* its method was seen */
	bool has_header;
	struct cbx_bus_event event;
	uint64_t size;
	uint64_t filled;
	bool drain; /* over max_body: counted, not kept */
	char exchange[CBX_BUS_SHORT + 1];
	char routing_key[CBX_BUS_SHORT + 1];
	const char *queue; /* the consumer's */
};

/* A question, on its asker's stack while it waits, and what it is answered */
struct cbx_amqp_question {
	amqp_channel_t channel;
	amqp_method_number_t method;
	void *arguments;                 /* the method's, as in amqp_framing.h */
	const char *what;                /* for the error text */
	bool optional;                   /* see cbx_amqp_ask() */
	struct cbx_amqp_question *outer; /* that was asked before it, and waits, too */
	bool answered;
	int code;         /* of a channel.close in place of an answer */
	int64_t messages; /* of a queue.declare-ok, as is the name */
	char queue[CBX_BUS_SHORT + 1];
};

struct cbx_amqp_bus {
	struct cbx_bus bus;
	struct cbx_amqp_options options; /* own copies */
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_dial *dial;
	const struct cbx_target *target; /* while it connects: who is tried */
	int verdict;                     /* OpenSSL's, about its certificate */
	amqp_connection_state_t state;   /* NULL: not connected */
	int fd;
	amqp_channel_t work;
	bool confirms;
	unsigned opened; /* how often the working channel was opened */
	uint64_t published;
	uint64_t published_before; /* on channels that were closed: their numbers are over */
	uint64_t delivered;
	uint64_t delivered_before;
	unsigned consumers_named;
	LIST_HEAD(, cbx_amqp_consumer) consumers;
	char reply_queue[CBX_BUS_SHORT + 1];
	STAILQ_HEAD(, cbx_amqp_event) events;
	size_t held;                        /* bytes that the events take */
	struct cbx_amqp_question *question; /* the one that waits */
	struct cbx_amqp_question overdue;   /* one on CBX_ASK that waits no more; channel 0: none */
	bool changing;                      /* the working channel is being opened again */
	struct cbx_amqp_content content;
	char scratch[CBX_SCRATCH];
};

static inline struct cbx_amqp_bus *cbx_amqp_self(struct cbx_bus *bus)
{
	return (struct cbx_amqp_bus *)bus;
}

/* amqp_bus.c */
/* Sets the error text "host:port/vhost: what: reason" and drops the connection; E_DOWN */
int cbx_amqp_lost(struct cbx_amqp_bus *self, const char *what, const char *reason);
int cbx_amqp_lost_status(struct cbx_amqp_bus *self, const char *what, int status);
void cbx_amqp_say(struct cbx_amqp_bus *self, const char *what, const char *reason);
/* 0, or E_DOWN with its text */
int cbx_amqp_check_up(struct cbx_amqp_bus *self);
/* What is left until @deadline, at least a millisecond: 0 would mean something else to the library
 */
struct timeval cbx_amqp_left(struct cbx_amqp_bus *self, uint64_t deadline);

/* login.c: a socket with its time-outs, and the login over it. Leaves self->state and fd, or cleans
 * up: E_DOWN, E_REFUSED (login or vhost), E_CONFIG (the CA file) */
int cbx_amqp_login(struct cbx_amqp_bus *self, uint64_t deadline);

/* tls.c: a socket that will verify the target's certificate: 0, E_DOWN, E_CONFIG (the CA file) */
int cbx_amqp_tls_socket(struct cbx_amqp_bus *self, amqp_socket_t **out);
/* After it could not be opened: says why; E_DOWN */
int cbx_amqp_tls_lost(struct cbx_amqp_bus *self);

/* channel.c */
int cbx_amqp_open_channels(struct cbx_amqp_bus *self, uint64_t deadline);
/* The broker has closed @channel: answers, and opens it again with all that was on it. It may take
 * a second longer than @deadline. */
int cbx_amqp_reopen(struct cbx_amqp_bus *self, amqp_channel_t channel, uint64_t deadline);
/* Asks for what @consumer stands for: as cbx_amqp_ask() */
int cbx_amqp_start_consumer(struct cbx_amqp_bus *self, const struct cbx_amqp_consumer *consumer,
			    uint64_t deadline);
/* Its consumer is no more: CBX_BUS_CANCELLED */
int cbx_amqp_end_consumer(struct cbx_amqp_bus *self, struct cbx_amqp_consumer *consumer);
struct cbx_amqp_consumer *cbx_amqp_find_consumer(struct cbx_amqp_bus *self, amqp_bytes_t tag);

/* question.c */
/* Asks and reads until the answer is there; what comes before it becomes events. 0; a positive AMQP
 * code when the broker has closed the channel instead, with the error text set; E_DOWN; E_TIMEOUT
 * when the broker blocks and would not read the question. Of an optional one (on CBX_ASK) E_TIMEOUT
 * too when a body's worth of events has come before the answer, or when it does not come in time
 * though the broker sends. */
int cbx_amqp_ask(struct cbx_amqp_bus *self, struct cbx_amqp_question *question, uint64_t deadline);
/* What @code, which an ask on @channel returned, comes to: itself unless it is positive; then
 * E_REFUSED, or E_UNKNOWN for a 404, and the channel has been opened again; or E_DOWN */
int cbx_amqp_outcome(struct cbx_amqp_bus *self, amqp_channel_t channel, int code,
		     uint64_t deadline);
/* Whether @frame answers a question, whose it is then */
bool cbx_amqp_is_answer(struct cbx_amqp_bus *self, const amqp_frame_t *frame);

/* topology.c: port/bus.h's calls */
int cbx_amqp_declare(struct cbx_bus *bus, const char *queue, uint64_t deadline);
int cbx_amqp_declare_exchange(struct cbx_bus *bus, const char *exchange, uint64_t deadline);
int cbx_amqp_bind(struct cbx_bus *bus, const char *queue, const char *exchange,
		  const char *routing_key, uint64_t deadline);
int cbx_amqp_consume(struct cbx_bus *bus, const char *queue, uint16_t prefetch, uint64_t deadline);
int cbx_amqp_depth(struct cbx_bus *bus, const char *queue, int64_t *messages, uint64_t deadline);
int cbx_amqp_cancel(struct cbx_bus *bus, uint64_t deadline);

/* frames.c */
/* Reads one frame that is there already: 1 = one was read, 0 = none, or negative */
int cbx_amqp_read(struct cbx_amqp_bus *self, uint64_t deadline);
/* Whether the events that wait for take() take as much memory as one may: who waits and can do so
 * reads no more then */
bool cbx_amqp_holds_enough(const struct cbx_amqp_bus *self);
/* Appends an event and moves @event's memory into it */
int cbx_amqp_push(struct cbx_amqp_bus *self, struct cbx_bus_event *event);
void cbx_amqp_event_free(struct cbx_amqp_event *event);
size_t cbx_amqp_event_size(const struct cbx_amqp_event *event);
/* "404 NOT_FOUND - ..." of a channel.close or connection.close */
void cbx_amqp_close_text(const amqp_method_t *method, char *out, size_t size, int *code);

/* content.c: messages in pieces. Negative: the connection is lost, or -ENOMEM */
void cbx_amqp_content_begin(struct cbx_amqp_bus *self, const amqp_method_t *method);
int cbx_amqp_content_header(struct cbx_amqp_bus *self, const amqp_frame_t *frame);
int cbx_amqp_content_body(struct cbx_amqp_bus *self, const amqp_bytes_t *fragment);
void cbx_amqp_content_reset(struct cbx_amqp_bus *self);

/* properties.c */
/* The texts of @message are in @scratch, or in @properties' own memory */
void cbx_amqp_properties_read(const amqp_basic_properties_t *properties, char *scratch, size_t size,
			      struct cbx_bus_message *message);
/* Borrows from @message, @entries (CBX_BUS_HEADERS of them) and @expiration */
void cbx_amqp_properties_write(const struct cbx_bus_message *message,
			       amqp_basic_properties_t *properties, amqp_table_entry_t *entries,
			       char *expiration, size_t size);
amqp_bytes_t cbx_amqp_text(const char *text); /* NULL is empty */

/* publish.c: port/bus.h's calls */
int cbx_amqp_publish(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
		     uint64_t deadline);
int cbx_amqp_acknowledge(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok);
/* Waits until a frame may be written: 0, E_TIMEOUT, E_DOWN */
int cbx_amqp_wait_for_room(struct cbx_amqp_bus *self, uint64_t deadline);

#endif
