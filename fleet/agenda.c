// SPDX-License-Identifier: MIT
/* agenda.c - a binary heap of timers; each knows its index, so that changing its time costs log n
 */
#include "fleet/agenda.h"
#include "common/array.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_before(const struct cbx_due *a, const struct cbx_due *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct cbx_agenda *agenda, size_t place, struct cbx_due *due)
{
	agenda->items[place] = due;
	due->place = place;
}

static void rise(struct cbx_agenda *agenda, size_t place, struct cbx_due *due)
{
	while (place > 0 && is_before(due, agenda->items[(place - 1) / 2])) {
		put(agenda, place, agenda->items[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(agenda, place, due);
}

static void sink(struct cbx_agenda *agenda, size_t place, struct cbx_due *due)
{
	size_t child;

	while ((child = 2 * place + 1) < agenda->count) {
		if (child + 1 < agenda->count &&
		    is_before(agenda->items[child + 1], agenda->items[child]))
			child++;
		if (!is_before(agenda->items[child], due))
			break;
		put(agenda, place, agenda->items[child]);
		place = child;
	}
	put(agenda, place, due);
}

int cbx_agenda_add(struct cbx_agenda *agenda, struct cbx_due *due)
{
	if (cbx_grow(agenda->items, agenda->capacity, agenda->count + 1) < 0)
		return -ENOMEM;
	rise(agenda, agenda->count++, due);
	return 0;
}

void cbx_agenda_move(struct cbx_agenda *agenda, struct cbx_due *due)
{
	rise(agenda, due->place, due);
	sink(agenda, due->place, due);
}

void cbx_agenda_remove(struct cbx_agenda *agenda, struct cbx_due *due)
{
	struct cbx_due *last = agenda->items[--agenda->count];

	if (last == due)
		return;
	put(agenda, due->place, last);
	cbx_agenda_move(agenda, last);
}

struct cbx_due *cbx_agenda_first(const struct cbx_agenda *agenda)
{
	return agenda->count ? agenda->items[0] : NULL;
}

void cbx_agenda_clear(struct cbx_agenda *agenda)
{
	free(agenda->items);
	*agenda = (struct cbx_agenda){ 0 };
}
