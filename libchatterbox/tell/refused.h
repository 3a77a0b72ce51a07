/* SPDX-License-Identifier: MIT */
/*
 * refused.h - events that the broker refuses, and when each is sent again (contract 3.3)
 *
 * A queue may refuse an event (reject-publish): the key of that event waits, and no other. Where
 * the exchange is missing, or may not be written to, the broker closes the channel instead: then
 * everything waits, and one event at a time finds out whether it is over.
 */
#ifndef CBX_TELL_REFUSED_H
#define CBX_TELL_REFUSED_H

#include "port/outbox.h"

#include <stdbool.h>

struct cbx_teller;
struct cbx_refused_key;

struct cbx_refusals {
	struct cbx_refused_key *keys;
	const char **waiting; /* what cbx_refusals_apply() gave last */
	size_t waiting_capacity;
	uint64_t complained_at; /* when a refused key was last logged */
	uint64_t exchange_wait; /* 0 = the exchange takes events */
	uint64_t exchange_next_try;
};

/* Leaves the keys that are not due out of @wish, which borrows them until the next call; and asks
 * for one event only, while it is not known whether the exchange takes any. -ENOMEM. */
int cbx_refusals_apply(struct cbx_refusals *refusals, uint64_t now, struct cbx_outbox_wish *wish);
/* A queue refused this event */
void cbx_refusals_add(struct cbx_teller *teller, const struct cbx_outbox_row *row);
/* The broker has it, or will never take it */
void cbx_refusals_remove(struct cbx_teller *teller, const struct cbx_outbox_row *row);
/* The exchange refused an event; @id may be "" */
void cbx_refusals_add_exchange(struct cbx_teller *teller, const char *event, const char *id,
			       const char *why);
/* The exchange took something */
void cbx_refusals_remove_exchange(struct cbx_teller *teller);
/* Everything is due now: the broker was lost, or what was missing there has been made again */
void cbx_refusals_hurry(struct cbx_refusals *refusals);
void cbx_refusals_clear(struct cbx_refusals *refusals);

#endif
