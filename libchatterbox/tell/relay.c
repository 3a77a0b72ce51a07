// SPDX-License-Identifier: MIT
/*
 * relay.c - takes a batch from the outbox to the broker or to the stream
 *
 * An event is done when the broker has confirmed it, even as unroutable, or will never take it.
 * What was sent while SQL was away is remembered, so that it is not sent again when SQL is back.
 */
#include "tell/relay.h"
#include "common/array.h"
#include "tell/tell.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000
#define REFUSED_WAIT CBX_SECOND

static int to_stream(struct cbx_teller *teller, struct cbx_outbox_items *items, int64_t epoch)
{
	cbx_auto(cbx_freep) struct cbx_stream_entry *entries =
		calloc(items->count + 1, sizeof(*entries));
	size_t i;
	int result;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < items->count; i++)
		entries[i] = (struct cbx_stream_entry){
			.name = items->all[i].row.name,
			.id = items->all[i].row.message_id,
			.params = items->all[i].row.payload,
			.params_len = strlen(items->all[i].row.payload),
			.previous_status = items->all[i].row.previous_status,
		};
	result = teller->state->ops->append_events(teller->state, epoch, entries, items->count,
						   teller->settings->events_max_length);
	if (result > 0) {
		cbx_leadership_note_newer(teller->leadership, epoch, teller->state->newer);
		return CHATTERBOX_E_FENCED;
	}
	if (result < 0) {
		cbx_link_lost(&teller->state_link, result);
		return result;
	}
	for (i = 0; i < items->count; i++)
		items->all[i].confirmed = true;
	return 0;
}

static int remember(struct cbx_told *told, int64_t id)
{
	if (cbx_grow(told->ids, told->capacity, told->count + 1) < 0)
		return -ENOMEM;
	told->ids[told->count++] = id;
	return 0;
}

static void count_item(struct cbx_teller *teller, const struct cbx_outbox_item *item)
{
	const char *outcome = item->unrouted ? "unrouted" : "ok";

	if (item->given_up)
		outcome = "too_large";
	else if (!item->confirmed)
		outcome = item->refused ? "refused" : "error";
	cbx_metric_add(teller->counters->events_published, item->row.name, outcome, 1);
}

/* Writes down in SQL which rows this side has */
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
		       struct cbx_outbox_items *items)
{
	size_t told = 0;
	size_t i;
	int result;
	int written;

	result = teller->sql->outbox->heads(teller->sql, side, BATCH, cbx_outbox_items_add, items);
	if (result < 0) {
		cbx_link_lost(&teller->sql_link, result);
		return result;
	}
	if (!items->count || cbx_leadership_epoch(teller->leadership) != epoch)
		return 0;
	result = side == CBX_TO_BROKER ? cbx_relay_to_broker(teller, items)
				       : to_stream(teller, items, epoch);
	for (i = 0; i < items->count; i++) {
		if (side == CBX_TO_BROKER)
			count_item(teller, &items->all[i]);
		if (cbx_outbox_item_is_done(&items->all[i]) &&
		    !remember(&teller->told[side], items->all[i].row.id))
			told++;
	}
	if (told < items->count)
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
	struct cbx_outbox_items items = { 0 };
	int result;

	if (!teller->sql_link.up || cbx_now(teller->clock) < teller->retry_at[side])
		return 0;
	result = write_told(teller, side, epoch);
	if (result < 0 || !link->up)
		return result;
	if (side == CBX_TO_BROKER && teller->bus->blocked)
		return 0;
	result = relay_batch(teller, side, epoch, &items);
	cbx_outbox_items_free(&items);
	return result;
}
