// SPDX-License-Identifier: MIT
/*
 * relay.c - one batch of the outbox to the broker or to the stream
 *
 * Decides that an event counts as told when the broker has confirmed it (unroutable ones too), and
 * that what was told while SQL was away is remembered, so that it is not told twice when SQL is
 * back.
 */
#include "base/sabotage.h"
#include "flow/envelope.h"
#include "flow/tell.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000
#define CONFIRM_TIME (5 * CBX_SECOND)
#define REFUSED_WAIT CBX_SECOND

struct letter {
	struct cbx_outbox_row row; /* texts owned: one allocation at .memory */
	char *memory;
	uint64_t tag;
	bool confirmed, refused, unrouted;
};

struct letters {
	struct letter *all;
	size_t count, capacity;
	size_t open; /* published, neither confirmed nor refused */
	size_t first_tag_index;
};

static void letters_free(struct letters *letters)
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

static int add_letter(void *user, const struct cbx_outbox_row *row)
{
	struct letters *letters = user;
	struct letter *letter;
	char *at;

	if (letters->count == letters->capacity) {
		size_t capacity = letters->capacity ? letters->capacity * 2 : 64;
		struct letter *all = reallocarray(letters->all, capacity, sizeof(*all));

		if (!all)
			return -ENOMEM;
		letters->all = all;
		letters->capacity = capacity;
	}
	letter = &letters->all[letters->count];
	*letter = (struct letter){ .row.id = row->id };
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

static int publish(struct cbx_teller *teller, struct letter *letter, struct cbx_text *body)
{
	const struct cbx_settings *settings = teller->settings;
	const struct cbx_outbox_row *row = &letter->row;
	struct cbx_bus_message message = { .exchange = settings->event_exchange,
					   .message_id = row->message_id,
					   .persistent = true,
					   .mandatory = true };
	char trace[CBX_UUID_TEXT];
	char key[160];

	snprintf(key, sizeof(key), "%s.event.%s", settings->app_name, row->name);
	cbx_text_clear(body);
	cbx_envelope_open(settings, body, NULL, key);
	cbx_text_puts(body, row->payload);
	cbx_envelope_close(settings, body);
	if (body->failed)
		return -ENOMEM;
	message.body = body->bytes;
	message.body_len = body->len;
	message.routing_key = message.type = key;
	cbx_uuid(trace);
	cbx_envelope_properties(settings, teller->clock, trace, &message);
	if (row->previous_status)
		cbx_bus_add_header(&message, "previous_status", row->previous_status);
	if (row->origin)
		cbx_bus_add_header(&message, "origin", row->origin);
	return teller->bus->ops->publish(teller->bus, &message, &letter->tag,
					 cbx_now(teller->clock) + CONFIRM_TIME);
}

static void settle_letter(struct letters *letters, struct letter *letter, bool refused)
{
	if (letter->confirmed || letter->refused || !letter->tag)
		return;
	letter->confirmed = !refused;
	letter->refused = refused;
	letters->open--;
}

/* Tags grow with the letters: confirms of other tags (periodic events) fall through */
static void note_confirm(struct letters *letters, const struct cbx_bus_event *event)
{
	size_t i;

	for (i = letters->first_tag_index; i < letters->count; i++) {
		struct letter *letter = &letters->all[i];

		if (!letter->tag || letter->tag > event->tag)
			break;
		if (event->multiple || letter->tag == event->tag)
			settle_letter(letters, letter, event->type == CBX_BUS_REFUSED);
	}
	while (letters->first_tag_index < letters->count &&
	       (letters->all[letters->first_tag_index].confirmed ||
		letters->all[letters->first_tag_index].refused))
		letters->first_tag_index++;
}

static void note_return(struct letters *letters, const char *message_id)
{
	size_t i;

	for (i = 0; message_id && i < letters->count; i++)
		if (!strcmp(letters->all[i].row.message_id, message_id))
			letters->all[i].unrouted = true;
}

static int await_confirms(struct cbx_teller *teller, struct letters *letters)
{
	uint64_t deadline = cbx_now(teller->clock) + CONFIRM_TIME;
	int result = 0;

	while (letters->open) {
		struct cbx_bus_event event = { 0 };

		result = teller->bus->ops->take(teller->bus, -1, deadline, &event);
		if (result < 0)
			return result;
		if (event.type == CBX_BUS_CONFIRMED || event.type == CBX_BUS_REFUSED)
			note_confirm(letters, &event);
		else if (event.type == CBX_BUS_RETURNED)
			note_return(letters, event.message.message_id);
		cbx_bus_event_clear(&event);
		if (letters->open && cbx_now(teller->clock) >= deadline)
			return CHATTERBOX_E_TIMEOUT;
	}
	return 0;
}

static int to_broker(struct cbx_teller *teller, struct letters *letters)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	size_t i;
	int result = 0;

	for (i = 0; !result && i < letters->count; i++) {
		result = publish(teller, &letters->all[i], &body);
		letters->all[i].confirmed = !result && cbx_sabotage("no-confirms");
		if (!result && !letters->all[i].confirmed)
			letters->open++;
	}
	if (!result || result == CHATTERBOX_E_TIMEOUT)
		result = await_confirms(teller, letters) ?: result;
	/* an alarm: it keeps what we sent and will confirm it; a new connection would send it all
	 * again and again */
	if (result == CHATTERBOX_E_TIMEOUT && teller->bus->blocked)
		return result;
	if (result == CHATTERBOX_E_TIMEOUT) {
		/* nobody knows what became of the open ones: a new connection, and once more */
		teller->bus->ops->disconnect(teller->bus);
		result = CHATTERBOX_E_DOWN;
	}
	if (result < 0)
		cbx_link_lost(&teller->bus_link, result);
	return result;
}

static int to_stream(struct cbx_teller *teller, struct letters *letters)
{
	cbx_auto(cbx_freep) struct cbx_stream_entry *entries =
		calloc(letters->count + 1, sizeof(*entries));
	size_t i;
	int result;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < letters->count; i++)
		entries[i] = (struct cbx_stream_entry){
			.name = letters->all[i].row.name,
			.id = letters->all[i].row.message_id,
			.params = letters->all[i].row.payload,
			.params_len = strlen(letters->all[i].row.payload),
			.previous_status = letters->all[i].row.previous_status,
		};
	result = teller->state->ops->append_events(teller->state, entries, letters->count,
						   teller->settings->stream_max_length);
	if (result < 0) {
		cbx_link_lost(&teller->state_link, result);
		return result;
	}
	for (i = 0; i < letters->count; i++)
		letters->all[i].confirmed = true;
	return 0;
}

static int remember(struct cbx_told *told, int64_t id)
{
	if (told->count == told->capacity) {
		size_t capacity = told->capacity ? told->capacity * 2 : 64;
		int64_t *ids = reallocarray(told->ids, capacity, sizeof(*ids));

		if (!ids)
			return -ENOMEM;
		told->ids = ids;
		told->capacity = capacity;
	}
	told->ids[told->count++] = id;
	return 0;
}

static void count_letter(struct cbx_teller *teller, const struct letter *letter)
{
	const char *outcome = letter->unrouted ? "unrouted" : "ok";

	if (!letter->confirmed)
		outcome = letter->refused ? "refused" : "error";
	cbx_metric_add(teller->observe->events_published, letter->row.name, outcome, 1);
}

/* Tells SQL which rows this side has got */
static int write_told(struct cbx_teller *teller, enum cbx_outbox_side side, int64_t epoch)
{
	struct cbx_told *told = &teller->told[side];
	struct cbx_guard guard = cbx_leadership_guard(teller->leadership, epoch);
	int result;

	if (!told->count)
		return 0;
	result = teller->sql->outbox->told(teller->sql, &guard, side, told->ids, told->count);
	if (!result || result == CHATTERBOX_E_FENCED)
		told->count = 0;
	if (result < 0)
		cbx_link_lost(&teller->sql_link, result);
	return result;
}

static int relay_batch(struct cbx_teller *teller, enum cbx_outbox_side side, int64_t epoch,
		       struct letters *letters)
{
	size_t told = 0;
	int64_t id;
	size_t i;
	int result;
	int written;

	result = teller->sql->outbox->heads(teller->sql, side, BATCH, add_letter, letters);
	if (result < 0) {
		cbx_link_lost(&teller->sql_link, result);
		return result;
	}
	if (!letters->count || cbx_leadership_epoch(teller->leadership) != epoch)
		return 0;
	result = side == CBX_TO_BROKER ? to_broker(teller, letters) : to_stream(teller, letters);
	for (i = 0; i < letters->count; i++) {
		if (side == CBX_TO_BROKER)
			count_letter(teller, &letters->all[i]);
		if (letters->all[i].confirmed &&
		    !remember(&teller->told[side], letters->all[i].row.id))
			told++;
	}
	/* a cursor takes what has a smaller id than the last one told for told */
	if (told && cbx_sabotage("relay-cursor"))
		for (id = letters->all[told - 1].row.id - 1; id > 0; id--)
			remember(&teller->told[side], id);
	if (told < letters->count)
		teller->retry_at[side] = cbx_now(teller->clock) + REFUSED_WAIT;
	written = write_told(teller, side, epoch);
	if (result < 0 || written < 0)
		return result < 0 ? result : written;
	return (int)told;
}

int cbx_relay(struct cbx_teller *teller, enum cbx_outbox_side side, int64_t epoch)
{
	const struct cbx_link *link =
		side == CBX_TO_BROKER ? &teller->bus_link : &teller->state_link;
	struct letters letters = { 0 };
	int result;

	if (!teller->sql_link.up || cbx_now(teller->clock) < teller->retry_at[side])
		return 0;
	result = write_told(teller, side, epoch);
	if (result < 0 || !link->up)
		return result;
	if (side == CBX_TO_BROKER && teller->bus->blocked)
		return 0;
	result = relay_batch(teller, side, epoch, &letters);
	letters_free(&letters);
	return result;
}
