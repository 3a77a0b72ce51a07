/* SPDX-License-Identifier: MIT */
/* agenda.h - timers in a heap: which thing is due next */
#ifndef CBX_FLEET_AGENDA_H
#define CBX_FLEET_AGENDA_H

#include <stddef.h>
#include <stdint.h>

#define CBX_NEVER INT64_MAX

/* The first member of a thing that becomes due. Of two at the same time the one with the lower
 * order comes first, so that results don't depend on the heap's history. */
struct cbx_due {
	int64_t at;
	uint64_t order;
	size_t place; /* index in the heap */
};

struct cbx_agenda {
	struct cbx_due **items;
	size_t count;
	size_t capacity;
};

int cbx_agenda_add(struct cbx_agenda *agenda, struct cbx_due *due); /* -ENOMEM */
/* Call it after due->at was changed */
void cbx_agenda_move(struct cbx_agenda *agenda, struct cbx_due *due);
void cbx_agenda_remove(struct cbx_agenda *agenda, struct cbx_due *due);
/* The one that is due first; NULL when empty */
struct cbx_due *cbx_agenda_first(const struct cbx_agenda *agenda);
void cbx_agenda_clear(struct cbx_agenda *agenda); /* frees the heap, but not the things in it */

#endif
