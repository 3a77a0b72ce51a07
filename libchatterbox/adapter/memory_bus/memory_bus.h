/* SPDX-License-Identifier: MIT */
/*
 * memory_bus.h - a message broker in this process, for the embedded profile
 *
 * It keeps the promises of port/bus.h as RabbitMQ does: direct and topic exchanges, queues with
 * expiry, prefetch, redelivery in order, returns and confirms. Nothing is written to disk:
 * "durable" means surviving cbx_memory_broker_stop(), not the process. A queue holds 100 000
 * messages at most; a publish that finds it full is refused.
 */
#ifndef CBX_ADAPTER_MEMORY_BUS_MEMORY_BUS_H
#define CBX_ADAPTER_MEMORY_BUS_MEMORY_BUS_H

#include "port/bus.h"

#define CBX_MEMORY_QUEUE_LIMIT 100000

struct cbx_memory_broker;

/* Any thread may call these. @clock decides expiry; it must outlive the broker. */
int cbx_memory_broker_new(struct cbx_clock *clock, struct cbx_memory_broker **out);
struct cbx_memory_broker *cbx_memory_broker_ref(struct cbx_memory_broker *broker);
void cbx_memory_broker_unref(struct cbx_memory_broker *broker); /* takes NULL */
/* Stops the broker: every connection is lost, with reply queues and messages that are not
 * persistent. Declared queues, exchanges, bindings and persistent messages are kept. */
void cbx_memory_broker_stop(struct cbx_memory_broker *broker);
void cbx_memory_broker_start(struct cbx_memory_broker *broker);
/* Its consumers get CBX_BUS_CANCELLED. Does nothing when there is no such queue. */
void cbx_memory_broker_delete_queue(struct cbx_memory_broker *broker, const char *queue);

/* A connection, not yet connected. It holds a reference to the broker and belongs to one thread. */
int cbx_memory_bus_new(struct cbx_memory_broker *broker, struct cbx_bus **out);
/* Readable when there is something to take, once take() has found nothing */
int cbx_memory_bus_fd(struct cbx_bus *bus);

#endif
