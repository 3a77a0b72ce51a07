/* SPDX-License-Identifier: MIT */
/* relay.h - the rows of one batch of the outbox, and what became of each; for the files of relay */
#ifndef CBX_TELL_RELAY_H
#define CBX_TELL_RELAY_H

#include "port/bus.h"
#include "port/outbox.h"

struct cbx_outbox_item {
	struct cbx_outbox_row row; /* its texts are in one allocation at .memory */
	char *memory;
	size_t size;  /* of the message to the broker */
	uint64_t tag; /* of its last publish; 0 = none */
	/* confirmed: this side has it. refused: not now, try again; by_queue: a queue did that.
	 * given_up: the broker will never take it. weighed: it was sent alone to find out whether
	 * it is too large. */
	bool confirmed, refused, by_queue, given_up, unrouted, weighed;
};

struct cbx_outbox_items {
	struct cbx_outbox_item *all;
	size_t count, capacity;
	size_t open;       /* published, neither confirmed nor refused */
	size_t first_open; /* index of the first open one, or less */
};

/* relay_broker.c */
/* Callback of heads(): copies @row; @user are the items */
int cbx_outbox_items_add(void *user, const struct cbx_outbox_row *row);
void cbx_outbox_items_free(struct cbx_outbox_items *items);

/* Nothing more has to be done about it on this side */
static inline bool cbx_outbox_item_is_done(const struct cbx_outbox_item *item)
{
	return item->confirmed || item->given_up;
}

#endif
