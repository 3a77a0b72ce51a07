/* SPDX-License-Identifier: MIT */
/*
 * order_book.h - orders until they are rows of the table orders: who gave each, and what came of it
 *
 * An order is noted when it comes in and ended when it is answered, in any thread; neither waits
 * for SQL. The poller of who leads writes it (controller/order_log.h). Until then it is here, with
 * CBX_ORDERS_WAIT others at most.
 */
#ifndef CBX_RUNTIME_ORDER_BOOK_H
#define CBX_RUNTIME_ORDER_BOOK_H

#include "base/read.h"
#include "port/clock.h"
#include "port/orders.h"

#include <jansson.h>
#include <pthread.h>

/* Headers of a request that another instance passes on: contract 3.5 */
#define CBX_HEADER_DOOR "door"
#define CBX_HEADER_WHO "who"
#define CBX_HEADER_ORDER "order"

#define CBX_ORDERS_WAIT 4096
#define CBX_ORDER_WHO 129 /* bytes of who gave it, with the NUL */
#define CBX_ORDER_DETAIL 256

/* On whose behalf a call is made */
struct cbx_asker {
	const char *door; /* "http", "amqp", "c"; NULL: nobody said */
	char who[CBX_ORDER_WHO];
	/* The order's key, when another instance has noted it already; else "" */
	char key[CBX_UUID_TEXT];
};

/* What an order is about */
struct cbx_order_about {
	const char *event; /* static */
	const char *system;
	int64_t job_id;
	const char *detail; /* JSON, or "" */
};

struct cbx_order; /* of the book, until it is written or dropped */

struct cbx_order_book {
	pthread_mutex_t lock; /* of all below */
	struct cbx_clock *clock;
	bool closed; /* nothing is noted: this instance never writes */
	struct cbx_order *first, **end;
	size_t count;
	uint64_t lost; /* that had no room, or no memory */
};

/* A copy of an order, for who writes it */
struct cbx_order_copy {
	bool ended;
	char system[80];
	char who[CBX_ORDER_WHO];
	char key[CBX_UUID_TEXT];
	char outcome[320];
	char detail[CBX_ORDER_DETAIL];
	struct cbx_order_row row; /* points into this copy */
};

void cbx_order_book_init(struct cbx_order_book *book, struct cbx_clock *clock);
void cbx_order_book_close(struct cbx_order_book *book);
/* NULL when it is not noted */
struct cbx_order *cbx_order_note(struct cbx_order_book *book, const struct cbx_asker *asker,
				 const struct cbx_order_about *about);
/* Its key, by which another instance notes it, too */
const char *cbx_order_key(const struct cbx_order *order);
/* It has ended. @result: JSON that says more than that it went well, or NULL. Takes NULL. */
void cbx_order_end(struct cbx_order_book *book, struct cbx_order *order, const char *outcome,
		   const char *result);
/* Another instance writes it. Takes NULL. */
void cbx_order_forget(struct cbx_order_book *book, struct cbx_order *order);
/* Copies those that are to be written now, @most at most: new ones when they have ended or have
 * waited for a second, and those that ended since they were written. @at_once: every one that is
 * not written as it is. */
size_t cbx_order_book_copy(struct cbx_order_book *book, struct cbx_order_copy *copies, size_t most,
			   bool at_once);
/* They are written, or, for those that have ended, never will be */
void cbx_order_book_written(struct cbx_order_book *book, const struct cbx_order_copy *copies,
			    size_t count);

/* Who gave it, as far as it is text: cut to its room, other bytes replaced by ? */
void cbx_asker_name(struct cbx_asker *asker, const char *who);
/* What of an order's parameters is kept: numbers and flags that we know, never a text */
void cbx_order_detail(const json_t *params, char out[CBX_ORDER_DETAIL]);

#endif
