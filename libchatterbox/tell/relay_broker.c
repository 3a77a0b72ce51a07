// SPDX-License-Identifier: MIT
/*
 * relay_broker.c - publishes one batch of the outbox, and finds a message that the broker will
 * never take
 *
 * The broker answers a message larger than its max_message_size by closing the channel. All open
 * messages are refused then, and the broker does not say which was too large. So the open ones are
 * sent again one at a time, the largest first, since that one is too large if any is; after the
 * first that is accepted, all others together. A message is given up only if it was refused while
 * it was the only one under way: it would be refused for ever, and hold up everything behind it.
 */
#include "base/read.h"
#include "common/array.h"
#include "runtime/envelope.h"
#include "tell/relay.h"
#include "tell/tell.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIRM_TIME (5 * CBX_SECOND)

/* --- the rows, and what the broker has said about each --- */

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
	at = malloc(1 + size_of(row->key) + size_of(row->name) + size_of(row->message_id) +
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

static void note_sent(struct cbx_outbox_items *items, struct cbx_outbox_item *item)
{
	size_t index = (size_t)(item - items->all);

	item->refused = item->by_queue = false;
	items->open++;
	if (index < items->first_open)
		items->first_open = index;
}

static bool is_open(const struct cbx_outbox_item *item)
{
	return item->tag && !item->confirmed && !item->refused && !item->given_up;
}

/* In a batch the confirm is nearly always for the first open one. @closed: the broker closed the
 * channel, which says nothing about a single message. */
static void note_confirm(struct cbx_outbox_items *items, const struct cbx_bus_event *event,
			 bool closed)
{
	struct cbx_outbox_item *item;
	size_t i;

	for (i = items->first_open; i < items->count; i++) {
		item = &items->all[i];
		if (!is_open(item) || item->tag > event->tag ||
		    (item->tag < event->tag && !event->multiple))
			continue;
		item->refused = event->type == CBX_BUS_REFUSED;
		item->by_queue = item->refused && !closed;
		item->confirmed = !item->refused;
		items->open--;
		if (!event->multiple)
			break;
	}
	while (items->first_open < items->count && !is_open(&items->all[items->first_open]))
		items->first_open++;
}

static void note_return(struct cbx_outbox_items *items, const char *message_id)
{
	size_t i;

	for (i = 0; message_id && i < items->count; i++)
		if (!strcmp(items->all[i].row.message_id, message_id))
			items->all[i].unrouted = true;
}

/* --- to the broker --- */

/* The state of one batch */
struct delivery {
	struct cbx_teller *teller;
	struct cbx_outbox_items *items;
	struct cbx_text body;
	bool too_large; /* the broker said so about one of the open messages */
	bool refused;   /* the exchange takes nothing */
	char why[512];
};

static void give_up(struct delivery *delivery, struct cbx_outbox_item *item, const char *why,
		    const char *advice)
{
	const struct cbx_outbox_row *row = &item->row;

	item->given_up = true;
	cbx_error(
		delivery->teller->log,
		CBX_FIELDS({ "server", "rmq" }, { "message_id", row->message_id },
			   { "event", row->name }, { "error", why }),
		"event %s %s of %zu bytes is only in the Redis stream, the broker will never take "
		"it: %s%s",
		row->name, row->message_id, item->size, why, advice);
}

static int publish(struct delivery *delivery, struct cbx_outbox_item *item)
{
	struct cbx_teller *teller = delivery->teller;
	const struct cbx_settings *settings = teller->settings;
	const struct cbx_outbox_row *row = &item->row;
	struct cbx_text *body = &delivery->body;
	struct cbx_bus_message message = { .exchange = settings->event_exchange,
					   .message_id = row->message_id,
					   .persistent = true,
					   .mandatory = true,
					   .more = true }; /* await_confirms() follows */
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
	message.body_len = item->size = body->len;
	message.routing_key = message.type = key;
	cbx_uuid(trace);
	cbx_envelope_properties(settings, teller->clock, trace, &message);
	if (row->previous_status)
		cbx_bus_add_header(&message,
				   strcmp(row->name, "outlook") ? "previous_status"
								: "previous_state",
				   row->previous_status);
	if (row->origin)
		cbx_bus_add_header(&message, "origin", row->origin);
	return teller->bus->ops->publish(teller->bus, &message, &item->tag,
					 cbx_now(teller->clock) + CONFIRM_TIME);
}

static int send_item(struct delivery *delivery, struct cbx_outbox_item *item)
{
	int result = publish(delivery, item);

	if (result == CHATTERBOX_E_LIMIT) {
		/* its texts are longer than AMQP allows */
		give_up(delivery, item, delivery->teller->bus->error, "");
		return 0;
	}
	if (result < 0)
		return result;
	note_sent(delivery->items, item);
	return 0;
}

static int await_confirms(struct delivery *delivery)
{
	struct cbx_teller *teller = delivery->teller;
	struct cbx_outbox_items *items = delivery->items;
	uint64_t deadline = cbx_now(teller->clock) + CONFIRM_TIME;

	while (items->open) {
		struct cbx_bus_event event = { 0 };
		int result = teller->bus->ops->take(teller->bus, -1, deadline, &event);

		if (result == CHATTERBOX_E_LIMIT) {
			/* events that refuse all open messages come next */
			delivery->too_large = true;
			snprintf(delivery->why, sizeof(delivery->why), "%s", teller->bus->error);
		} else if (result == CHATTERBOX_E_REFUSED) {
			delivery->refused = true; /* by events that come next, too */
			snprintf(delivery->why, sizeof(delivery->why), "%s", teller->bus->error);
		} else if (result < 0) {
			return result;
		}
		cbx_teller_note(teller, &event);
		if (event.type == CBX_BUS_CONFIRMED)
			delivery->refused = false;
		if (event.type == CBX_BUS_CONFIRMED || event.type == CBX_BUS_REFUSED)
			note_confirm(items, &event, delivery->too_large || delivery->refused);
		else if (event.type == CBX_BUS_RETURNED)
			note_return(items, event.message.message_id);
		cbx_bus_event_clear(&event);
		if (items->open && cbx_now(teller->clock) >= deadline)
			return CHATTERBOX_E_TIMEOUT;
	}
	return 0;
}

/* Sends everything that is not done, together */
static int send_all(struct delivery *delivery)
{
	struct cbx_outbox_items *items = delivery->items;
	int result = 0;
	size_t i;

	delivery->too_large = false;
	for (i = 0; !result && i < items->count; i++)
		if (!cbx_outbox_item_is_done(&items->all[i]))
			result = send_item(delivery, &items->all[i]);
	if (!result || result == CHATTERBOX_E_TIMEOUT)
		result = await_confirms(delivery) ?: result;
	return result;
}

/* Sends one alone to find out whether it is the one. If another was still under way before it,
 * nobody knows: try later. */
static int send_alone(struct delivery *delivery, struct cbx_outbox_item *item)
{
	struct cbx_teller *teller = delivery->teller;
	uint64_t processed = teller->processed;
	int result;

	teller->last_turn = cbx_now(teller->clock);
	item->weighed = true;
	delivery->too_large = false;
	result = send_item(delivery, item);
	if (!result)
		result = await_confirms(delivery);
	if (!result && delivery->too_large && item->refused && item->tag == processed + 1)
		give_up(delivery, item, delivery->why,
			"; if subscribers need such events, raise max_message_size in "
			"rabbitmq.conf");
	return result;
}

static struct cbx_outbox_item *largest(const struct cbx_outbox_items *items)
{
	struct cbx_outbox_item *found = NULL;
	size_t i;

	for (i = 0; i < items->count; i++) {
		struct cbx_outbox_item *item = &items->all[i];

		if (!cbx_outbox_item_is_done(item) && !item->weighed &&
		    (!found || item->size > found->size))
			found = item;
	}
	return found;
}

static int one_by_one(struct delivery *delivery)
{
	struct cbx_outbox_item *item;
	bool rest_sent = false;
	int result = 0;

	while (!result && !delivery->refused && (item = largest(delivery->items))) {
		result = send_alone(delivery, item);
		if (result < 0 || item->given_up || rest_sent)
			continue;
		rest_sent = true;
		result = send_all(delivery);
		if (!result && !delivery->too_large)
			break;
	}
	return result;
}

int cbx_relay_to_broker(struct cbx_teller *teller, struct cbx_outbox_items *items)
{
	struct delivery delivery = { .teller = teller, .items = items };
	int result = send_all(&delivery);

	if (!result && delivery.too_large)
		result = one_by_one(&delivery);
	if (delivery.refused)
		cbx_refusals_add_exchange(teller, items->all->row.name, items->all->row.message_id,
					  delivery.why);
	cbx_text_free(&delivery.body);
	/* an alarm: the broker keeps what we sent and will confirm it; over a new connection we
	 * would send it all again and again */
	if (result == CHATTERBOX_E_TIMEOUT && teller->bus->blocked)
		return result;
	if (result == CHATTERBOX_E_TIMEOUT) {
		/* nobody knows what became of the open ones: send them once more, over a new
		 * connection */
		teller->bus->ops->disconnect(teller->bus);
		result = CHATTERBOX_E_DOWN;
	}
	if (result < 0)
		cbx_link_lost(&teller->bus_link, result);
	return result;
}
