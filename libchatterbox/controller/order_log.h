/* SPDX-License-Identifier: MIT */
/*
 * order_log.h - writes the table orders, and removes what is older than history_retention
 *
 * The poller's thread only, while it leads. An order never waits for its row: while SQL is down it
 * is kept in memory, and what is lost there is told in the log.
 */
#ifndef CBX_CONTROLLER_ORDER_LOG_H
#define CBX_CONTROLLER_ORDER_LOG_H

#include "road/road.h"
#include "runtime/inbound.h"
#include "runtime/order_book.h"

/* More events than can wait for their acknowledgement, and so be delivered again */
#define CBX_ORDER_EVENTS_KEPT 1024

struct cbx_order_log {
	struct cbx_order_book *book; /* borrowed; NULL: nothing is noted */
	uint64_t told_lost;          /* how many were told to be lost */
	uint64_t next_at;            /* after a failure */
	/* By which the last events are known again, the oldest at next_event */
	uint64_t events[CBX_ORDER_EVENTS_KEPT];
	size_t next_event;
};

/* An event that tells us to do something is an order, too; others are ignored. @ok: it was done.
 * One that is delivered again is the same order. */
void cbx_order_log_event(struct cbx_order_log *orders, const struct cbx_inbound *inbound, bool ok);
void cbx_order_log_turn(struct cbx_order_log *orders, struct cbx_road *road);
/* At a stop, while it still leads: writes all that waits */
void cbx_order_log_flush(struct cbx_order_log *orders, struct cbx_road *road);
/* When all calls have ended: tells the log of what could not be written */
void cbx_order_log_end(struct cbx_order_log *orders, struct cbx_road *road);

#endif
