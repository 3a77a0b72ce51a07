// SPDX-License-Identifier: MIT
/* letters.c - copies of outbox rows, and which of them a confirm is about */
#include "tell/letters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cbx_letters_free(struct cbx_relay_letters *letters)
{
	size_t i;

	for (i = 0; i < letters->count; i++)
		free(letters->all[i].memory);
	free(letters->all);
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

int cbx_letters_add(void *user, const struct cbx_outbox_row *row)
{
	struct cbx_relay_letters *letters = user;
	struct cbx_relay_letter *letter;
	char *at;

	if (letters->count == letters->capacity) {
		size_t capacity = letters->capacity ? letters->capacity * 2 : 64;
		struct cbx_relay_letter *all = reallocarray(letters->all, capacity, sizeof(*all));

		if (!all)
			return -ENOMEM;
		letters->all = all;
		letters->capacity = capacity;
	}
	letter = &letters->all[letters->count];
	*letter = (struct cbx_relay_letter){ .row.id = row->id };
	at = malloc(size_of(row->key) + size_of(row->name) + size_of(row->message_id) +
		    size_of(row->previous_status) + size_of(row->origin) + size_of(row->payload));
	if (!at)
		return -ENOMEM;
	letter->memory = at;
	letter->row.key = keep(&at, row->key);
	letter->row.name = keep(&at, row->name);
	letter->row.message_id = keep(&at, row->message_id);
	letter->row.previous_status = keep(&at, row->previous_status);
	letter->row.origin = keep(&at, row->origin);
	letter->row.payload = keep(&at, row->payload);
	letters->count++;
	return 0;
}

void cbx_letters_sent(struct cbx_relay_letters *letters, struct cbx_relay_letter *letter)
{
	size_t index = (size_t)(letter - letters->all);

	letter->refused = false;
	letters->open++;
	if (index < letters->first_open)
		letters->first_open = index;
}

static bool is_open(const struct cbx_relay_letter *letter)
{
	return letter->tag && !letter->confirmed && !letter->refused && !letter->given_up;
}

/* In a batch the first open one is nearly always the one that is looked for */
void cbx_letters_note_confirm(struct cbx_relay_letters *letters, const struct cbx_bus_event *event)
{
	struct cbx_relay_letter *letter;
	size_t i;

	for (i = letters->first_open; i < letters->count; i++) {
		letter = &letters->all[i];
		if (!is_open(letter) || letter->tag > event->tag ||
		    (letter->tag < event->tag && !event->multiple))
			continue;
		letter->refused = event->type == CBX_BUS_REFUSED;
		letter->confirmed = !letter->refused;
		letters->open--;
		if (!event->multiple)
			break;
	}
	while (letters->first_open < letters->count && !is_open(&letters->all[letters->first_open]))
		letters->first_open++;
}

void cbx_letters_note_return(struct cbx_relay_letters *letters, const char *message_id)
{
	size_t i;

	for (i = 0; message_id && i < letters->count; i++)
		if (!strcmp(letters->all[i].row.message_id, message_id))
			letters->all[i].unrouted = true;
}
