/* SPDX-License-Identifier: MIT */
/*
 * orders.h - requests that change something are carried out at most once, and not late (contract
 * 3.5)
 *
 * They are acknowledged on receipt: a broker delivers again what waits for its answer for too long,
 * and nl-hdms would be asked once more each time.
 */
#ifndef CBX_LISTEN_ORDERS_H
#define CBX_LISTEN_ORDERS_H

#include "port/bus.h"
#include "runtime/order_book.h"

#include <stdint.h>

/* More than can come again: those whose acknowledgement was lost with its connection */
#define CBX_ORDERS_KEPT 1024

struct cbx_orders {
	uint64_t kept[CBX_ORDERS_KEPT]; /* hashes of the last ones, the oldest at next */
	size_t next;
};

/* Is this delivery an order that was taken before? If not, it is now. */
bool cbx_orders_was_taken(struct cbx_orders *orders, const struct cbx_bus_event *event);
/* Who gave it: the names that its message carries, or, if another instance of @app passes it on,
 * whom that names */
void cbx_asker_of_message(const struct cbx_bus_message *message, const char *app,
			  struct cbx_asker *out);
/* How many seconds ago it was given by its timestamp; 0: it has none */
int64_t cbx_order_age(const struct cbx_bus_message *message, struct cbx_clock *clock);

#endif
