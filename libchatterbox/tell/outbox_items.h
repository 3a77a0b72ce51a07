/* SPDX-License-Identifier: MIT */
/*
 * letters.h - the rows of one batch of the outbox, and what became of each
 */
#ifndef CBX_TELL_OUTBOX_ITEMS_H
#define CBX_TELL_OUTBOX_ITEMS_H

#include "port/bus.h"
#include "port/outbox.h"

struct cbx_outbox_item {
	struct cbx_outbox_row row; /* texts owned: one allocation at .memory */
	char *memory;
	size_t size;  /* of the message to the broker */
	uint64_t tag; /* of its last publish; 0 = none */
	/* confirmed: this side has it. refused: not now. given_up: the broker will never take it.
	 * weighed: it was sent alone. */
	bool confirmed, refused, given_up, unrouted, weighed;
};

struct cbx_outbox_items {
	struct cbx_outbox_item *all;
	size_t count, capacity;
	size_t open;       /* published, neither confirmed nor refused */
	size_t first_open; /* none before it is open */
};

/* For heads(): copies @row; @user are the letters */
int cbx_outbox_items_add(void *user, const struct cbx_outbox_row *row);
void cbx_outbox_items_free(struct cbx_outbox_items *items);
/* Takes note of a publish, whose number is in @item->tag */
void cbx_outbox_items_sent(struct cbx_outbox_items *items, struct cbx_outbox_item *item);
/* Takes note of a confirm or a refusal; of other messages' it does nothing */
void cbx_outbox_items_note_confirm(struct cbx_outbox_items *items,
				   const struct cbx_bus_event *event);
void cbx_outbox_items_note_return(struct cbx_outbox_items *items, const char *message_id);

/* Nothing more is to be done about it on this side */
static inline bool cbx_outbox_item_is_done(const struct cbx_outbox_item *item)
{
	return item->confirmed || item->given_up;
}

#endif
