/* SPDX-License-Identifier: MIT */
/*
 * mailbox.h - a bounded queue of pointers from many threads to one, with an eventfd to wait on
 *
 * Threads hand work to each other by mailboxes and share nothing. If the mailbox is full, putting
 * fails at once with CHATTERBOX_E_FULL and the item stays the caller's.
 */
#ifndef CBX_BASE_MAILBOX_H
#define CBX_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct cbx_mailbox;

int cbx_mailbox_new(size_t capacity, struct cbx_mailbox **out);
/* Calls @drop, if it is not NULL, for every item still inside */
void cbx_mailbox_free(struct cbx_mailbox *box, void (*drop)(void *item));
/* Any thread. 0, or CHATTERBOX_E_FULL; the item stays the caller's when it fails. */
int cbx_mailbox_put(struct cbx_mailbox *box, void *item);
/* Owner only: the oldest item, NULL when empty. */
void *cbx_mailbox_take(struct cbx_mailbox *box);
/* Any thread: makes the descriptor readable without an item. */
void cbx_mailbox_wake(struct cbx_mailbox *box);
/* Readable (POLLIN) when something was put, or wake() called, since the last cbx_mailbox_clear() */
int cbx_mailbox_fd(const struct cbx_mailbox *box);
/* Owner only: makes it unreadable. Call it before taking, so that no item is missed. */
void cbx_mailbox_clear(struct cbx_mailbox *box);
size_t cbx_mailbox_count(struct cbx_mailbox *box);

#endif
