// SPDX-License-Identifier: MIT
/*
 * record.c - records a batch in one transaction, and gives its messages back to the listener
 *
 * If the transaction fails, answers are dropped, since the next round asks again; pushes stay
 * unacknowledged and are merged again. A batch of which nobody knows whether it was committed waits
 * until the ledger knows (contract 5.3).
 */
#include "road/batch.h"
#include "road/flight.h"

#include <chatterbox/error.h>
#include <errno.h>

#define RECORD_TIME (8 * CBX_SECOND)
#define CHECKPOINTS 4000

int cbx_road_measure_db_clock(struct cbx_road *road)
{
	int64_t ms = 0;
	int result = road->sql->ops->now(road->sql, &ms);

	if (result < 0)
		return result;
	road->db_clock_at = cbx_now(road->clock);
	road->db_offset_ms = ms - (int64_t)(road->db_clock_at / CBX_MS);
	return 0;
}

static void finish_inbounds(struct cbx_road *road, void (*finish)(struct cbx_inbound *inbound))
{
	struct cbx_inbound *inbound = road->batch.inbounds;
	struct cbx_inbound *next;

	road->batch.inbounds = NULL;
	road->batch.inbounds_end = &road->batch.inbounds;
	for (; inbound; inbound = next) {
		next = inbound->next;
		finish(inbound);
	}
}

/* To the listener, which acknowledges or rejects its message */
static void give_back(struct cbx_inbound *inbound)
{
	cbx_inbound_finish(inbound, !inbound->refused);
}

void cbx_road_finish_batch(struct cbx_road *road)
{
	cbx_turns_recorded(road, road->batch.record.turn_count);
	cbx_road_outlook_recorded(road);
	cbx_road_clear_merge(road);
	cbx_text_free(&road->pushes.refused);
	cbx_batch_drop(road, false);
	cbx_aside_batch_done(road);
	finish_inbounds(road, give_back);
}

/* A batch whose fate is open may have been committed */
void cbx_road_note_shown(struct cbx_road *road)
{
	if (!road->hanging)
		cbx_shown_end(road->shown, road->share_whole ? 0 : road->epoch);
}

void cbx_road_share_again(struct cbx_road *road)
{
	road->share_whole = true;
	cbx_road_note_shown(road);
}

void cbx_road_discard(struct cbx_road *road)
{
	cbx_flight_break(road, "discarded");
	cbx_road_clear_merge(road);
	cbx_batch_clear(&road->waiting);
	cbx_aside_return(road);
	cbx_aside_clear(road);
	cbx_batch_drop(road, false);
	cbx_pushes_forget(road);
	finish_inbounds(road, cbx_inbound_requeue);
	road->hanging = false;
	cbx_road_note_shown(road);
}

static void log_failure(struct cbx_road *road, int error)
{
	cbx_warn(road->log, CBX_FIELDS({ "server", "sql" }, { "error", road->sql->error }),
		 "a batch of %zu reports was not recorded: %s", road->batch.received_count,
		 chatterbox_strerror(error));
}

/* Nothing of the merge has happened: answers are forgotten, pushes wait */
static void put_off(struct cbx_road *road)
{
	cbx_road_clear_merge(road);
	cbx_batch_drop(road, true);
}

int cbx_road_resolve(struct cbx_road *road)
{
	int outcome = road->sql->ledger->resolve(road->sql, cbx_now(road->clock) + RECORD_TIME);

	if (outcome < 0) {
		cbx_link_lost(&road->sql_link, outcome);
		return outcome;
	}
	road->hanging = false;
	if (outcome != 1)
		put_off(road);
	return outcome == 1;
}

/* Each transaction costs more than some hundred rows, and in each batch of a round the checkpoints
 * of a few jobs are due. These promise nothing that depends on them: so they wait until they are
 * many, the round ends, or something else is recorded. */
static bool may_wait(const struct cbx_road *road)
{
	const struct cbx_batch *record = &road->batch.record;
	size_t i;

	if (!road->gathers || road->batch.inbounds || record->change_count >= CHECKPOINTS ||
	    record->event_count || record->checked_count || record->push_count ||
	    record->turn_count || record->told_count)
		return false;
	for (i = 0; i < record->change_count; i++)
		if (!record->changes[i].checkpoint)
			return false;
	return true;
}

int cbx_road_record(struct cbx_road *road)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int result = cbx_pushes_add_to_record(road);

	road->sql->no_history = !cbx_road_keeps_history(road);
	if (!result)
		result = cbx_road_outlook_add_to_record(road);
	road->batch.record.turns = road->turns;
	road->batch.record.turn_count = road->turn_count;
	cbx_shown_open(road->shown);
	if (!result && may_wait(road)) {
		road->waiting = road->batch.record;
		road->batch.record = (struct cbx_batch){ 0 };
		return 0;
	}
	if (!result && !cbx_batch_is_empty(&road->batch.record))
		result = road->sql->ledger->record(road->sql, &guard, &road->batch.record,
						   cbx_now(road->clock) + RECORD_TIME);
	if (result == CHATTERBOX_E_DOWN)
		road->hanging = true;
	return result;
}

/* They are remembered as recorded ones are, and their messages rejected */
static void drop_refused(struct cbx_road *road)
{
	struct cbx_received *received;

	while ((received = road->batch.refused)) {
		road->batch.refused = received->next;
		cbx_pushes_note_refused(road, received);
		if (received->from)
			received->from->refused = true;
		cbx_received_free(received);
	}
}

int cbx_road_fail_batch(struct cbx_road *road, int error)
{
	int result;

	cbx_flight_break(road, "not_recorded");
	if (error == -EBADMSG && road->sql->fault_count) {
		result = cbx_aside_note_faults(road);
		cbx_road_clear_merge(road);
		if (!result)
			result = cbx_aside_separate(road);
		drop_refused(road);
		return result ? result : 1;
	}
	log_failure(road, error);
	if (error == CHATTERBOX_E_FENCED)
		return error;
	if (!road->hanging)
		put_off(road);
	cbx_link_lost(&road->sql_link, error);
	return CHATTERBOX_E_DOWN;
}
