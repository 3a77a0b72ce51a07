/* SPDX-License-Identifier: MIT */
/* outbox_items.h - the rows of one batch of the outbox, and what became of each */
#ifndef CBX_TELL_OUTBOX_ITEMS_H
#define CBX_TELL_OUTBOX_ITEMS_H

#include "port/bus.h"
#include "port/outbox.h"

struct cbx_outbox_item {
	struct cbx_outbox_row row; /* its texts are in one allocation at .memory */
	char *memory;
	size_t size;  /* of the message to the broker */
	uint64_t tag; /* of its last publish; 0 = none */
	/* confirmed: this side has it. refused: not now, try again. given_up: the broker will never
	 * take it. weighed: it was sent alone to find out whether it is too large. */
	bool confirmed, refused, given_up, unrouted, weighed;
};

struct cbx_outbox_items {
	struct cbx_outbox_item *all;
	size_t count, capacity;
	size_t open;       /* published, neither confirmed nor refused */
	size_t first_open; /* index of the first open one, or less */
};

/* Callback of heads(): copies @row; @user are the items */
int cbx_outbox_items_add(void *user, const struct cbx_outbox_row *row);
void cbx_outbox_items_free(struct cbx_outbox_items *items);
/* Notes that @item was published under the number in @item->tag */
void cbx_outbox_items_sent(struct cbx_outbox_items *items, struct cbx_outbox_item *item);
/* Notes a confirm or a refusal; ignores those of other messages */
void cbx_outbox_items_note_confirm(struct cbx_outbox_items *items,
				   const struct cbx_bus_event *event);
void cbx_outbox_items_note_return(struct cbx_outbox_items *items, const char *message_id);

/* Nothing more has to be done about it on this side */
static inline bool cbx_outbox_item_is_done(const struct cbx_outbox_item *item)
{
	return item->confirmed || item->given_up;
}

#endif
