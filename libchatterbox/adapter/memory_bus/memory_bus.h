/* SPDX-License-Identifier: MIT */
/*
 * memory_bus.h - a message broker in this process, for the embedded profile
 *
 * It keeps the promises of port/bus.h as RabbitMQ does: direct and topic exchanges, queues with
 * expiry, prefetch, redelivery in order, returns and confirms. Nothing reaches the disk: what is
 * "durable" here survives cbx_memory_broker_stop(), not the process. A queue holds 100 000 messages
 * at most; a publish that finds it full is nacked.
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
/* The broker goes away: every connection is lost, and with it reply queues and messages that are
 * not persistent. Declared queues, exchanges, bindings and persistent messages stay. */
void cbx_memory_broker_stop(struct cbx_memory_broker *broker);
void cbx_memory_broker_start(struct cbx_memory_broker *broker);
/* Its consumers hear CBX_BUS_CANCELLED. Nothing happens when there is no such queue. */
void cbx_memory_broker_delete_queue(struct cbx_memory_broker *broker, const char *queue);

/* One connection to be, not yet connected. It holds the broker; each belongs to one thread. */
int cbx_memory_bus_new(struct cbx_memory_broker *broker, struct cbx_bus **out);

#endif
