/* SPDX-License-Identifier: MIT */
/*
 * memory_bus.h - a message broker in this process, for the embedded profile
 *
 * It keeps the promises of port/bus.h as RabbitMQ does: direct and topic exchanges, queues with
 * expiry, prefetch, redelivery in order, returns and confirms. Nothing is written to disk:
 * "durable" means surviving a lost connection, not the process. A queue holds 100 000
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

/* A connection, not yet connected. It holds a reference to the broker and belongs to one thread. */
int cbx_memory_bus_new(struct cbx_memory_broker *broker, struct cbx_bus **out);
/* Readable when there is something to take, once take() has found nothing */
int cbx_memory_bus_fd(struct cbx_bus *bus);

#endif
