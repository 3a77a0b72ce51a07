// SPDX-License-Identifier: MIT
/*
 * relay.c - one batch of the outbox to the broker or to the stream
 *
 * Decides that an event counts as told when the broker has confirmed it (unroutable ones too) or
 * will never take it, and that what was told while SQL was away is remembered, so that it is not
 * told twice when SQL is back.
 */
#include "tell/letters.h"
#include "tell/tell.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000
#define REFUSED_WAIT CBX_SECOND

static int to_stream(struct cbx_teller *teller, struct cbx_relay_letters *letters, int64_t epoch)
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
	result = teller->state->ops->append_events(teller->state, epoch, entries, letters->count,
						   teller->settings->events_max_length);
	if (result > 0) {
		cbx_leadership_note_newer(teller->leadership, epoch, teller->state->newer);
		return CHATTERBOX_E_FENCED;
	}
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

static void count_letter(struct cbx_teller *teller, const struct cbx_relay_letter *letter)
{
	const char *outcome = letter->unrouted ? "unrouted" : "ok";

	if (letter->given_up)
		outcome = "too_large";
	else if (!letter->confirmed)
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
		       struct cbx_relay_letters *letters)
{
	size_t told = 0;
	size_t i;
	int result;
	int written;

	result = teller->sql->outbox->heads(teller->sql, side, BATCH, cbx_letters_add, letters);
	if (result < 0) {
		cbx_link_lost(&teller->sql_link, result);
		return result;
	}
	if (!letters->count || cbx_leadership_epoch(teller->leadership) != epoch)
		return 0;
	result = side == CBX_TO_BROKER ? cbx_relay_to_broker(teller, letters)
				       : to_stream(teller, letters, epoch);
	for (i = 0; i < letters->count; i++) {
		if (side == CBX_TO_BROKER)
			count_letter(teller, &letters->all[i]);
		if (cbx_letter_done(&letters->all[i]) &&
		    !remember(&teller->told[side], letters->all[i].row.id))
			told++;
	}
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
	struct cbx_relay_letters letters = { 0 };
	int result;

	if (!teller->sql_link.up || cbx_now(teller->clock) < teller->retry_at[side])
		return 0;
	result = write_told(teller, side, epoch);
	if (result < 0 || !link->up)
		return result;
	if (side == CBX_TO_BROKER && teller->bus->blocked)
		return 0;
	result = relay_batch(teller, side, epoch, &letters);
	cbx_letters_free(&letters);
	return result;
}
