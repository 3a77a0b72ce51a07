/* SPDX-License-Identifier: MIT */
/*
 * connection.h - one connection with its two channels; shared by the files of amqp_bus
 *
 * The working channel publishes, consumes and acknowledges. CBX_ASK declares, binds and measures
 * queues: there it is common that a queue is missing, which in AMQP closes the channel. On a
 * channel of its own that costs no consumers or confirms.
 *
 * Frames become events in `events` one by one, whoever reads them: take(), a publish that waits, or
 * a question. librabbitmq's own calls that ask something (amqp_queue_declare() and the like) are
 * not used: they keep every frame that comes before the answer, even a body of 100 MiB.
 *
 * After closing a channel, the broker may still send deliveries and confirms of it that were on
 * their way. With the next channel under the same number they would name other messages, and one
 * that nobody handled would be acknowledged. So the working channel is opened again under another
 * number. What the closed one sends until then is read as its own. What comes later is dropped: it
 * was already reported as refused, or will be delivered again.
 */
#ifndef CBX_ADAPTER_AMQP_BUS_CONNECTION_H
#define CBX_ADAPTER_AMQP_BUS_CONNECTION_H

#include "adapter/amqp_bus/amqp_bus.h"
#include "adapter/amqp_bus/rabbitmq.h"
#include "port/dial.h"

#include <sys/queue.h>
#include <sys/time.h>

#define CBX_ASK 2
/* The numbers of the working channel are 1, 3, 4 ... CBX_CHANNEL_MAX, and 1 again. By then, fifteen
 * round trips later, nothing of the first one is under way. librabbitmq keeps up to CBX_FRAME_MAX
 * of memory for each. */
#define CBX_FIRST_WORK 1
#define CBX_CHANNEL_MAX 17

/* The size of a frame, as negotiated at login: the largest that RabbitMQ accepts. It passes the
 * headers of a message on in one frame however large they are, and a frame above our limit would
 * cost the connection, again and again. librabbitmq reads nested headers recursively, so this also
 * bounds its stack (26 000 levels, see base/thread.h). */
#define CBX_FRAME_MAX 131072
/* How much of a body is written at once; the socket's queue is checked in between */
#define CBX_SEND_MAX 16384
/* How much is written together */
#define CBX_GATHER 65536

/* Memory for a message's texts with their NULs: all fit one frame, where each has a length byte.
 * Only numbers grow when they become text. */
#define CBX_SCRATCH (CBX_FRAME_MAX + CBX_BUS_HEADERS * 32)

struct cbx_amqp_event {
	STAILQ_ENTRY(cbx_amqp_event) link;
	int error; /* instead of an event: a refusal that was reported late */
	char *text;
	struct cbx_bus_event event;
};

/* Kept until the connection ends, since deliveries may be on their way after a consumer's end */
struct cbx_amqp_consumer {
	LIST_ENTRY(cbx_amqp_consumer) link;
	bool active;
	bool acks;
	uint16_t prefetch;
	unsigned number;
	char tag[16];
	char queue[CBX_BUS_SHORT + 1];
};

/* A delivery or returned message that has not arrived completely */
struct cbx_amqp_content {
	bool open; /* its method frame has come */
	bool has_header;
	struct cbx_bus_event event;
	uint64_t size;
	uint64_t filled;
	bool drain; /* larger than max_body: counted, not kept */
	char exchange[CBX_BUS_SHORT + 1];
	char routing_key[CBX_BUS_SHORT + 1];
	const char *queue; /* the consumer's */
};

/* A question and its answer; on the stack of the caller that waits for it */
struct cbx_amqp_question {
	amqp_channel_t channel;
	amqp_method_number_t method;
	void *arguments;                 /* of the method, as in amqp_framing.h */
	const char *what;                /* for the error text */
	bool optional;                   /* see cbx_amqp_ask() */
	struct cbx_amqp_question *outer; /* an earlier question that is waiting, too */
	bool answered;
	int code;         /* of a channel.close that came instead of an answer */
	int64_t messages; /* of a queue.declare-ok, as are the next two */
	int64_t consumers;
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
	int room;   /* so many bytes may be written before the socket's queue is measured again */
	int corked; /* small packets are held back */
	char outgoing[CBX_GATHER]; /* frames that leave together */
	size_t outgoing_len;
	amqp_channel_t work;
	bool confirms;
	unsigned opened; /* how often the working channel has been opened */
	uint64_t published;
	uint64_t published_before; /* on channels that have been closed */
	uint64_t delivered;
	uint64_t delivered_before;
	unsigned consumers_named;
	LIST_HEAD(, cbx_amqp_consumer) consumers;
	char reply_queue[CBX_BUS_SHORT + 1];
	STAILQ_HEAD(, cbx_amqp_event) events;
	size_t held;                        /* bytes of memory that the events take */
	struct cbx_amqp_question *question; /* the one that is waiting */
	struct cbx_amqp_question
		overdue; /* a question on CBX_ASK that nobody waits for any more; channel 0: none */
	bool changing;   /* the working channel is being opened again */
	struct cbx_amqp_content content;
	char scratch[CBX_SCRATCH];
};

static inline struct cbx_amqp_bus *cbx_amqp_self(struct cbx_bus *bus)
{
	return (struct cbx_amqp_bus *)bus;
}

/* connection.c */
/* Destroys the connection and all that belongs to it */
void cbx_amqp_drop(struct cbx_amqp_bus *self);
/* Sets the error text "host:port/vhost: what: reason" and drops the connection; CHATTERBOX_E_DOWN
 */
int cbx_amqp_lost(struct cbx_amqp_bus *self, const char *what, const char *reason);
int cbx_amqp_lost_status(struct cbx_amqp_bus *self, const char *what, int status);
void cbx_amqp_say(struct cbx_amqp_bus *self, const char *what, const char *reason);
/* 0, or CHATTERBOX_E_DOWN with an error text */
int cbx_amqp_check_up(struct cbx_amqp_bus *self);
/* The time until @deadline, at least a millisecond, since 0 means something else to librabbitmq */
struct timeval cbx_amqp_left(struct cbx_amqp_bus *self, uint64_t deadline);
struct cbx_amqp_consumer *cbx_amqp_find_consumer(struct cbx_amqp_bus *self, amqp_bytes_t tag);
/* Do the events that wait for take() use as much memory as they may? Then a caller that can should
 * stop reading. */
bool cbx_amqp_holds_enough(const struct cbx_amqp_bus *self);
/* Appends an event and moves @event's memory into it */
int cbx_amqp_push(struct cbx_amqp_bus *self, struct cbx_bus_event *event);
void cbx_amqp_event_free(struct cbx_amqp_event *event);
size_t cbx_amqp_event_size(const struct cbx_amqp_event *event);
/* take() will fail with this error */
int cbx_amqp_push_error(struct cbx_amqp_bus *self, int error, const char *text);
void cbx_amqp_content_reset(struct cbx_amqp_bus *self);

/* login.c: opens a socket and logs in over it. Leaves self->state and fd, or cleans up:
 * CHATTERBOX_E_DOWN, CHATTERBOX_E_REFUSED (login or vhost), CHATTERBOX_E_CONFIG (the CA file) */
int cbx_amqp_login(struct cbx_amqp_bus *self, uint64_t deadline);

/* tls.c: a socket that will verify the target's certificate: 0, E_DOWN, E_CONFIG (the CA file) */
int cbx_amqp_tls_socket(struct cbx_amqp_bus *self, amqp_socket_t **out);
/* After it could not be opened: says why; E_DOWN */
int cbx_amqp_tls_lost(struct cbx_amqp_bus *self);

/* channel.c */
int cbx_amqp_open_channels(struct cbx_amqp_bus *self, uint64_t deadline);
/* The broker has closed @channel: answers, and opens it again with everything on it. May take a
 * second longer than @deadline. */
int cbx_amqp_reopen(struct cbx_amqp_bus *self, amqp_channel_t channel, uint64_t deadline);
/* Starts consuming as @consumer says; returns as cbx_amqp_ask() */
int cbx_amqp_start_consumer(struct cbx_amqp_bus *self, const struct cbx_amqp_consumer *consumer,
			    uint64_t deadline);
/* Reports with CBX_BUS_CANCELLED that this consumer has ended */
int cbx_amqp_end_consumer(struct cbx_amqp_bus *self, struct cbx_amqp_consumer *consumer);

/* question.c */
/* Asks, and reads until the answer is there; what comes before it becomes events. 0; a positive
 * AMQP code when the broker closed the channel instead, with an error text; CHATTERBOX_E_DOWN;
 * CHATTERBOX_E_TIMEOUT when the broker blocks and would not read the question. An optional question
 * (on CBX_ASK) also returns CHATTERBOX_E_TIMEOUT when as many events as a body may be large came
 * before the answer, or when it does not come in time though the broker is sending. */
int cbx_amqp_ask(struct cbx_amqp_bus *self, struct cbx_amqp_question *question, uint64_t deadline);
/* Turns @code, which an ask on @channel returned, into an error: itself unless it is positive; then
 * CHATTERBOX_E_REFUSED, or CHATTERBOX_E_UNKNOWN for 404, and the channel has been opened again; or
 * CHATTERBOX_E_DOWN */
int cbx_amqp_outcome(struct cbx_amqp_bus *self, amqp_channel_t channel, int code,
		     uint64_t deadline);
/* Is @frame the answer to a question? Then it is handed to it. */
bool cbx_amqp_is_answer(struct cbx_amqp_bus *self, const amqp_frame_t *frame);

/* topology.c: port/bus.h's calls */
int cbx_amqp_declare(struct cbx_bus *bus, const char *queue, uint64_t deadline);
int cbx_amqp_find_exchange(struct cbx_bus *bus, const char *exchange, uint64_t deadline);
int cbx_amqp_declare_exchange(struct cbx_bus *bus, const char *exchange, uint64_t deadline);
int cbx_amqp_bind(struct cbx_bus *bus, const char *queue, const char *exchange,
		  const char *routing_key, uint64_t deadline);
int cbx_amqp_consume(struct cbx_bus *bus, const char *queue, uint16_t prefetch, uint64_t deadline);
int cbx_amqp_depth(struct cbx_bus *bus, const char *queue, int64_t *messages, uint64_t deadline);
int cbx_amqp_cancel(struct cbx_bus *bus, uint64_t deadline);

/* frames.c */
/* Reads one frame that has already arrived: 1 = read, 0 = there was none, or negative */
int cbx_amqp_read(struct cbx_amqp_bus *self, uint64_t deadline);
/* port/bus.h's call */
int cbx_amqp_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline, struct cbx_bus_event *event);
/* "404 NOT_FOUND - ..." of a channel.close or connection.close */
void cbx_amqp_close_text(const amqp_method_t *method, char *out, size_t size, int *code);

/* properties.c */
/* The texts of @message point into @scratch or into @properties */
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
/* Sends what publish() has held back: before anybody waits, and before anything else is sent. 0, or
 * E_DOWN */
int cbx_amqp_flush(struct cbx_amqp_bus *self);

#endif
