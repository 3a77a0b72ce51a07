/* SPDX-License-Identifier: MIT */
/*
 * broker.h - the tables of the broker, all under one lock; shared by the files of memory_bus
 *
 * A published message is one immutable, reference counted content. It has an entry in each queue
 * that it reached (struct cbx_queued). When a consumer has room, the entry moves to the consumer's
 * connection, where it waits to be acknowledged, and the connection's inbox gets an entry about it.
 * A consumer without acknowledgements only gets the entry in its inbox.
 */
#ifndef CBX_ADAPTER_MEMORY_BUS_BROKER_H
#define CBX_ADAPTER_MEMORY_BUS_BROKER_H

#include "adapter/memory_bus/memory_bus.h"
#include "base/hash.h"

#include <pthread.h>
#include <sys/queue.h>

/* How many messages without acknowledgements a connection is given before it takes them */
#define CBX_AHEAD 1024

struct cbx_memory_bus;

struct cbx_content {
	_Atomic unsigned refs;
	struct cbx_bus_event event; /* only message and memory are used */
};

struct cbx_queued {
	TAILQ_ENTRY(cbx_queued) link; /* in queue->messages or connection->unacknowledged */
	struct cbx_queue *queue;
	struct cbx_consumer *consumer; /* NULL when it has been cancelled */
	struct cbx_content *content;
	uint64_t place;   /* in the queue, for its return */
	uint64_t expires; /* 0 = never */
	uint64_t tag;
	bool redelivered;
};
TAILQ_HEAD(cbx_queued_list, cbx_queued);

/* What take() gives next; @error: a failure instead of an event */
struct cbx_inbox_entry {
	TAILQ_ENTRY(cbx_inbox_entry) link;
	enum cbx_bus_event_type type;
	int error;
	uint64_t tag;
	bool multiple;
	bool redelivered;
	struct cbx_content *content; /* or NULL */
	struct cbx_consumer
		*consumer; /* without acknowledgements: it gets its room back when this is taken */
	char *text;        /* the queue's name, or the error's text */
};
TAILQ_HEAD(cbx_inbox_entries, cbx_inbox_entry);

struct cbx_consumer {
	TAILQ_ENTRY(cbx_consumer) in_queue;
	LIST_ENTRY(cbx_consumer) in_connection;
	struct cbx_queue *queue;
	struct cbx_memory_bus *connection;
	bool acks;
	uint64_t room; /* how many messages it may hold; UINT64_MAX = any number */
	uint64_t out;
};

struct cbx_queue {
	UT_hash_handle hh;
	char *name;
	struct cbx_memory_bus *owner; /* exclusive to it; NULL = durable */
	struct cbx_queued_list messages;
	size_t count;
	uint64_t next_place;
	uint64_t seen_by; /* number of the last publish that reached it: one copy per queue */
	TAILQ_HEAD(, cbx_consumer) consumers;
};

struct cbx_binding {
	LIST_ENTRY(cbx_binding) link;
	struct cbx_queue *queue;
	char *pattern;
};

struct cbx_exchange {
	LIST_ENTRY(cbx_exchange) link;
	LIST_HEAD(, cbx_binding) bindings;
	char *name;
};

struct cbx_memory_broker {
	pthread_mutex_t lock;
	unsigned refs;
	struct cbx_clock *clock;
	bool running;
	uint64_t published;
	uint64_t named; /* reply queues created so far */
	struct cbx_queue *queues;
	LIST_HEAD(, cbx_exchange) exchanges;
	LIST_HEAD(, cbx_memory_bus) connections;
};

/* A connection. `bus` and `reply_queue` belong to its owner, the rest is under the broker's lock.
 */
struct cbx_memory_bus {
	struct cbx_bus bus;
	LIST_ENTRY(cbx_memory_bus) link; /* while up */
	struct cbx_memory_broker *broker;
	char *reply_queue;
	int fd;       /* readable when something came while `waiting` */
	bool waiting; /* in take() */
	bool up;
	bool confirms;
	uint64_t published;
	uint64_t delivered;
	size_t entries;
	struct cbx_inbox_entries inbox;
	struct cbx_queued_list unacknowledged;
	LIST_HEAD(, cbx_consumer) consumers;
};

/* content.c */
int cbx_content_new(const struct cbx_bus_message *message, struct cbx_content **out);
struct cbx_content *cbx_content_ref(struct cbx_content *content);
void cbx_content_unref(struct cbx_content *content);
void cbx_inbox_entry_free(struct cbx_inbox_entry *entry);
/* Puts it into the inbox and wakes the owner */
void cbx_inbox_entry_send(struct cbx_memory_bus *to, struct cbx_inbox_entry *entry);

/* queue.c: all under the lock */
int cbx_queue_new(struct cbx_memory_broker *broker, const char *name, struct cbx_memory_bus *owner,
		  struct cbx_queue **out);
struct cbx_queue *cbx_queue_find(struct cbx_memory_broker *broker, const char *name);
/* Its consumers are told; its unacknowledged messages are forgotten. */
void cbx_queue_delete(struct cbx_memory_broker *broker, struct cbx_queue *queue);
/* Hands messages to consumers with room. -ENOMEM leaves the rest in the queue. */
int cbx_queue_pump(struct cbx_memory_broker *broker, struct cbx_queue *queue);
/* Drops what has expired at the head */
void cbx_queue_expire(struct cbx_memory_broker *broker, struct cbx_queue *queue);
/* Puts it back to its old place, marked as redelivered */
void cbx_queue_return(struct cbx_queued *queued);
void cbx_queued_free(struct cbx_queued *queued);
void cbx_consumer_free(struct cbx_consumer *consumer);

/* route.c: all under the lock */
int cbx_exchange_new(struct cbx_memory_broker *broker, const char *name);
struct cbx_exchange *cbx_exchange_find(struct cbx_memory_broker *broker, const char *name);
int cbx_exchange_bind(struct cbx_exchange *exchange, struct cbx_queue *queue, const char *pattern);
void cbx_exchange_free(struct cbx_exchange *exchange);
/* 0; 1 = no queue is bound to that; 2 = a queue was full; CHATTERBOX_E_REFUSED = no such exchange
 */
int cbx_route(struct cbx_memory_broker *broker, struct cbx_content *content);

/* queue.c: under the lock. Removes the bindings of @queue, NULL = all. */
void cbx_exchange_unbind(struct cbx_exchange *exchange, const struct cbx_queue *queue);
/* broker.c: under the lock. Ends a connection: its messages go back, its reply queue goes. */
void cbx_broker_detach(struct cbx_memory_bus *connection);

/* Locks the broker. CHATTERBOX_E_DOWN when the connection is gone; then it is not
 * locked. */
int cbx_memory_enter(struct cbx_memory_bus *self);
int cbx_memory_leave(struct cbx_memory_bus *self, int result);

static inline struct cbx_memory_bus *cbx_memory_self(struct cbx_bus *bus)
{
	return (struct cbx_memory_bus *)bus;
}

/* memory_flow.c: publish, take and acknowledge of port/bus.h */
int cbx_memory_publish(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
		       uint64_t deadline);
int cbx_memory_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		    struct cbx_bus_event *event);
int cbx_memory_acknowledge(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok);

#endif
