/* SPDX-License-Identifier: MIT */
/*
 * letters.h - the rows of one batch of the outbox, and what became of each
 */
#ifndef CBX_FLOW_LETTERS_H
#define CBX_FLOW_LETTERS_H

#include "port/bus.h"
#include "port/outbox.h"

struct cbx_relay_letter {
	struct cbx_outbox_row row; /* texts owned: one allocation at .memory */
	char *memory;
	size_t size;  /* of the message to the broker */
	uint64_t tag; /* of its last publish; 0 = none */
	/* confirmed: this side has it. refused: not now. given_up: the broker will never take it.
	 * weighed: it was sent alone. */
	bool confirmed, refused, given_up, unrouted, weighed;
};

struct cbx_relay_letters {
	struct cbx_relay_letter *all;
	size_t count, capacity;
	size_t open;       /* published, neither confirmed nor refused */
	size_t first_open; /* none before it is open */
};

/* For heads(): copies @row; @user are the letters */
int cbx_letters_add(void *user, const struct cbx_outbox_row *row);
void cbx_letters_free(struct cbx_relay_letters *letters);
/* Takes note of a publish, whose number is in @letter->tag */
void cbx_letters_sent(struct cbx_relay_letters *letters, struct cbx_relay_letter *letter);
/* Takes note of a confirm or a refusal; of other messages' it does nothing */
void cbx_letters_note_confirm(struct cbx_relay_letters *letters, const struct cbx_bus_event *event);
void cbx_letters_note_return(struct cbx_relay_letters *letters, const char *message_id);

/* Nothing more is to be done about it on this side */
static inline bool cbx_letter_done(const struct cbx_relay_letter *letter)
{
	return letter->confirmed || letter->given_up;
}

#endif
