// SPDX-License-Identifier: MIT
/*
 * round.c - one round: poll, decode, merge, record, share, tell, observe
 *
 * This page holds the order of all of it. Pushes and batches are handled between answers, so that a
 * large fleet does not delay events; on every turn the stop flag and the lease are checked; and
 * nobody sees anything, or is told of it, before it is committed.
 */
#include "road/round.h"

#include "road/batch.h"
#include "road/command.h"
#include "road/flight.h"
#include "road/poll.h"

#include <chatterbox/error.h>

/* --- merge, record, share, tell, observe: what was received --- */

static void tell(struct cbx_road *road)
{
	if (road->batch.record.event_count)
		road->wake_teller(road->wake_user);
	road->recorded(road->recorded_user, &road->batch.record);
}

/* The transaction is committed: makes the changes visible */
static int show_batch(struct cbx_road *road)
{
	int result = cbx_road_keep(road);

	cbx_road_outlook_note_batch(road);
	cbx_road_share(road);
	tell(road);
	cbx_road_observe(road);
	cbx_flight_commit(road);
	cbx_road_finish_batch(road);
	return result ? result : cbx_road_update_snapshot(road);
}

/* 1: a part of it can't be written now, and the rest is to be tried */
static int commit_batch(struct cbx_road *road)
{
	int result = cbx_road_merge(road);

	if (!result)
		result = cbx_road_record(road);
	result = result ? cbx_road_fail_batch(road, result) : show_batch(road);
	cbx_road_note_shown(road);
	return result;
}

static int commit_what_can_be(struct cbx_road *road)
{
	int result;

	do {
		result = commit_batch(road);
		if (!result && cbx_aside_is_due(road)) {
			cbx_aside_return(road);
			result = 1;
		}
	} while (result == 1 && !road->on_turn(road->on_turn_user));
	return result == 1 ? 0 : result;
}

static int commit(struct cbx_road *road)
{
	int result = 0;

	if (!cbx_road_leads(road))
		return CHATTERBOX_E_FENCED;
	if (road->hanging)
		result = cbx_road_resolve(road);
	if (result == 1)
		result = show_batch(road);
	cbx_road_note_shown(road);
	if (result < 0)
		return result;
	if (cbx_aside_is_due(road))
		cbx_aside_return(road);
	if (!road->batch.received_count && !road->batch.inbounds && !road->turn_count &&
	    (road->gathers || !road->waiting.change_count) && !cbx_road_outlook_waits(road)) {
		if (!road->systems_dirty)
			return 0;
		cbx_road_share(road);
		return cbx_road_update_snapshot(road);
	}
	result = cbx_aside_separate(road);
	return result < 0 ? result : commit_what_can_be(road);
}

int cbx_road_commit(struct cbx_road *road)
{
	int result = commit(road);

	if (!result)
		cbx_flight_turn(road);
	return result;
}

/* --- what others sent to the poller: pushes, and what the controllers carry out --- */

int cbx_road_drain_inbox(struct cbx_road *road)
{
	struct cbx_inbound *inbound;
	int result;

	if (road->hanging)
		return 0; /* what is received now must not mix with a batch whose fate is open */
	cbx_mailbox_clear(road->inbox);
	result = cbx_pushes_resolve_run(road);
	while (!result && (inbound = cbx_mailbox_take(road->inbox))) {
		if (inbound->answer)
			cbx_pushes_note_connection(road, inbound->connection);
		if (inbound->redelivered) {
			cbx_pushes_add_to_run(road, inbound);
			result = cbx_pushes_resolve_run(road);
		} else {
			result = cbx_road_apply(road, inbound, false);
		}
	}
	return result;
}

/* --- poll, decode: until nobody is left to be asked --- */

static bool must_stop(struct cbx_road *road)
{
	return road->on_turn(road->on_turn_user) || !road->bus_link.up || road->bus->blocked ||
	       road->hanging || !cbx_road_leads(road);
}

/* 1 = nobody is left to be asked */
static int turn(struct cbx_poll *poll)
{
	struct cbx_road *road = poll->road;
	int result;

	cbx_poll_add_ask_now(poll);
	if (must_stop(road) || poll->refused)
		return CHATTERBOX_E_DOWN;
	result = cbx_poll_ask(poll);
	if (result < 0 || !poll->in_flight)
		return result < 0 ? result : 1;
	cbx_poll_receive(poll);
	cbx_road_drain_inbox(road);
	cbx_command_turn(road);
	return cbx_road_commit_is_due(road) ? cbx_road_commit(road) : 0;
}

void cbx_poll_run(struct cbx_poll *poll)
{
	int result;

	poll->road->gathers = true;
	do
		result = turn(poll);
	while (!result);
	poll->road->gathers = false;
	if (result == 1)
		result = cbx_road_commit(poll->road);
	if (result < 0)
		cbx_poll_cut(poll);
	cbx_metric_set(poll->road->counters->rpc_in_flight, NULL, NULL, 0);
}

int cbx_round_run(struct cbx_road *road, enum cbx_round_kind kind, struct cbx_round_result *out)
{
	uint64_t began = cbx_now(road->clock);
	bool discovery = kind == CBX_DISCOVERY_ROUND;
	bool whole = kind != CBX_ASK_NOW_ROUND; /* else only those that turn() adds */
	cbx_auto(cbx_poll_freep) struct cbx_poll *poll = NULL;
	int result = whole ? cbx_road_look_around(road, discovery) : 0;

	if (!result)
		result = cbx_poll_new(road, &poll);
	if (!result && whole)
		result = cbx_poll_add_all(poll, discovery);
	if (result < 0)
		return result;
	cbx_poll_run(poll);
	cbx_poll_figures(poll, &out->figures);
	out->queue_depth = whole && !out->figures.cut ? cbx_poll_depth(road) : -1;
	out->duration_ns = cbx_now(road->clock) - began;
	return 0;
}
