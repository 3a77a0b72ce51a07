// SPDX-License-Identifier: MIT
/* outbox_items.c - copies of outbox rows, and what the broker has said about each */
#include "tell/outbox_items.h"
#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cbx_outbox_items_free(struct cbx_outbox_items *items)
{
	size_t i;

	for (i = 0; i < items->count; i++)
		free(items->all[i].memory);
	free(items->all);
}

static const char *keep(char **at, const char *text)
{
	char *copy = *at;

	if (!text)
		return NULL;
	*at = stpcpy(copy, text) + 1;
	return copy;
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

int cbx_outbox_items_add(void *user, const struct cbx_outbox_row *row)
{
	struct cbx_outbox_items *items = user;
	struct cbx_outbox_item *item;
	char *at;

	if (cbx_grow(items->all, items->capacity, items->count + 1) < 0)
		return -ENOMEM;
	item = &items->all[items->count];
	*item = (struct cbx_outbox_item){ .row.id = row->id };
	at = malloc(size_of(row->key) + size_of(row->name) + size_of(row->message_id) +
		    size_of(row->previous_status) + size_of(row->origin) + size_of(row->payload));
	if (!at)
		return -ENOMEM;
	item->memory = at;
	item->row.key = keep(&at, row->key);
	item->row.name = keep(&at, row->name);
	item->row.message_id = keep(&at, row->message_id);
	item->row.previous_status = keep(&at, row->previous_status);
	item->row.origin = keep(&at, row->origin);
	item->row.payload = keep(&at, row->payload);
	items->count++;
	return 0;
}

void cbx_outbox_items_sent(struct cbx_outbox_items *items, struct cbx_outbox_item *item)
{
	size_t index = (size_t)(item - items->all);

	item->refused = false;
	items->open++;
	if (index < items->first_open)
		items->first_open = index;
}

static bool is_open(const struct cbx_outbox_item *item)
{
	return item->tag && !item->confirmed && !item->refused && !item->given_up;
}

/* In a batch the confirm is nearly always for the first open one */
void cbx_outbox_items_note_confirm(struct cbx_outbox_items *items,
				   const struct cbx_bus_event *event)
{
	struct cbx_outbox_item *item;
	size_t i;

	for (i = items->first_open; i < items->count; i++) {
		item = &items->all[i];
		if (!is_open(item) || item->tag > event->tag ||
		    (item->tag < event->tag && !event->multiple))
			continue;
		item->refused = event->type == CBX_BUS_REFUSED;
		item->confirmed = !item->refused;
		items->open--;
		if (!event->multiple)
			break;
	}
	while (items->first_open < items->count && !is_open(&items->all[items->first_open]))
		items->first_open++;
}

void cbx_outbox_items_note_return(struct cbx_outbox_items *items, const char *message_id)
{
	size_t i;

	for (i = 0; message_id && i < items->count; i++)
		if (!strcmp(items->all[i].row.message_id, message_id))
			items->all[i].unrouted = true;
}
