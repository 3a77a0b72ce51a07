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
/* So long the stream waits for what is being shown now; and for a Redis that takes everything: it
 * may refuse a hash for ever */
#define SHOWN_MS 100
#define PARTIAL (10 * CBX_SECOND)

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

/* Whoever refuses it may go on doing so for hours */
static void put_off(struct cbx_teller *teller, enum cbx_outbox_side side)
{
	teller->retry_at[side] = cbx_now(teller->clock) + cbx_backoff_next(&teller->backoff[side]);
}

/* What became of each: what is done is remembered, what a queue refused waits with its key. True:
 * something else is not done. */
static bool note_outcomes(struct cbx_teller *teller, enum cbx_outbox_side side,
			  const struct cbx_outbox_items *items, size_t *done)
{
	bool open = false;
	size_t i;

	for (i = 0; i < items->count; i++) {
		const struct cbx_outbox_item *item = &items->all[i];

		if (side == CBX_TO_BROKER)
			count_item(teller, item);
		if (side == CBX_TO_BROKER && cbx_outbox_item_is_done(item))
			cbx_refusals_remove(teller, &item->row);
		if (cbx_outbox_item_is_done(item) && !remember(&teller->told[side], item->row.id))
			++*done;
		else if (item->by_queue)
			cbx_refusals_add(teller, &item->row);
		else
			open = true;
	}
	return open;
}

/* May the stream tell of what is committed? Not before readers see it. */
static bool is_shown(struct cbx_teller *teller, int64_t epoch)
{
	int64_t whole = 0;

	if (!teller->shown)
		return true;
	if (!cbx_shown_wait(teller->shown, SHOWN_MS, &whole))
		return false;
	if (whole == epoch) {
		teller->partial_since = 0;
		return true;
	}
	if (!teller->partial_since)
		teller->partial_since = cbx_now(teller->clock);
	return cbx_now(teller->clock) - teller->partial_since > PARTIAL;
}

static int relay_batch(struct cbx_teller *teller, const struct cbx_outbox_wish *wish, int64_t epoch,
		       struct cbx_outbox_items *items)
{
	enum cbx_outbox_side side = wish->side;
	size_t done = 0;
	bool open;
	int result;
	int written;

	result = teller->sql->outbox->heads(teller->sql, wish, cbx_outbox_items_add, items);
	if (result < 0) {
		cbx_link_lost(&teller->sql_link, result);
		return result;
	}
	if (!items->count || cbx_leadership_epoch(teller->leadership) != epoch)
		return 0;
	if (side == CBX_TO_STREAM && !is_shown(teller, epoch))
		return 0;
	result = side == CBX_TO_BROKER ? cbx_relay_to_broker(teller, items)
				       : to_stream(teller, items, epoch);
	open = note_outcomes(teller, side, items, &done);
	written = write_told(teller, side, epoch);
	if (result < 0 || written < 0)
		return result < 0 ? result : written;
	if (open)
		put_off(teller, side);
	else
		cbx_backoff_reset(&teller->backoff[side]);
	return (int)done;
}

static int relay(struct cbx_teller *teller, enum cbx_outbox_side side, int64_t epoch)
{
	struct cbx_outbox_wish wish = { .side = side, .limit = BATCH };
	struct cbx_outbox_items items = { 0 };
	int result = write_told(teller, side, epoch);

	if (!result && side == CBX_TO_BROKER)
		result = cbx_refusals_apply(&teller->refusals, cbx_now(teller->clock), &wish);
	if (!result)
		result = relay_batch(teller, &wish, epoch, &items);
	cbx_outbox_items_free(&items);
	return result;
}

int cbx_relay(struct cbx_teller *teller, enum cbx_outbox_side side, int64_t epoch)
{
	bool to_broker = side == CBX_TO_BROKER;
	const struct cbx_link *link = to_broker ? &teller->bus_link : &teller->state_link;
	uint64_t now = cbx_now(teller->clock);
	int result;

	if (!teller->sql_link.up || now < teller->retry_at[side])
		return 0;
	if (!link->up ||
	    (to_broker && (teller->bus->blocked || now < teller->refusals.exchange_next_try)))
		return write_told(teller, side, epoch);
	result = relay(teller, side, epoch);
	if (result < 0 && link->up && teller->sql_link.up)
		put_off(teller, side);
	return result;
}
