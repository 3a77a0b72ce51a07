// SPDX-License-Identifier: MIT
/*
 * mark.c - claims the state in Redis for our epoch, and marks it as our database's
 * (contract 2.5, 4.1)
 *
 * A leader claims the state before it writes: from then on Redis rejects writes of earlier leaders
 * that are still on their way. If a newer epoch has written there, the lease keeper finds out
 * whether another instance leads, and until then nothing is written.
 *
 * The mark, APP:state, is reserved before anything else is written, names our epoch once everything
 * is, and is renewed with the lease. If it is that of another database, a twin leads there
 * (runtime/leadership.h).
 */
#include "road/road.h"

#include <chatterbox/error.h>
#include <string.h>

/* The mark outlives the leader by so many times the lease */
#define LASTS 3

static uint64_t lasts(const struct cbx_road *road)
{
	return LASTS * road->settings->lease_ttl_ns;
}

bool cbx_road_sees_twin(struct cbx_road *road)
{
	int64_t ms = road->state->database_ms;

	/* one that was deleted meanwhile is there again before it would have expired */
	return cbx_leadership_note_mark(road->leadership, road->state->database,
					ms < 0 ? lasts(road) : (uint64_t)ms * CBX_MS);
}

bool cbx_road_mark_is_ours(struct cbx_road *road)
{
	char ours[CBX_DATABASE_ID];

	cbx_leadership_database(road->leadership, ours);
	return !strcmp(road->state->database, ours);
}

int cbx_road_fenced(struct cbx_road *road, int64_t epoch)
{
	cbx_leadership_note_newer(road->leadership, epoch, road->state->newer);
	road->share_whole = true;
	road->share_retry_at = cbx_now(road->clock) + CBX_SHARE_RETRY;
	return CHATTERBOX_E_FENCED;
}

int cbx_road_write_mark(struct cbx_road *road, int64_t epoch, bool whole)
{
	char ours[CBX_DATABASE_ID];
	const struct cbx_mark mark = { ours, (unsigned)(lasts(road) / CBX_SECOND), whole };
	int result;

	cbx_leadership_database(road->leadership, ours);
	road->mark_at = cbx_now(road->clock) + road->settings->lease_ttl_ns / 3;
	result = road->state->ops->write_mark(road->state, epoch, &mark);
	if (result == 1)
		return cbx_road_fenced(road, epoch);
	if (result != 2)
		return result;
	cbx_road_sees_twin(road);
	road->share_whole = true;
	return CHATTERBOX_E_FENCED;
}

void cbx_road_renew_mark(struct cbx_road *road)
{
	int64_t epoch = cbx_leadership_epoch(road->leadership);
	int result;

	if (!epoch || road->following || !road->state_link.up ||
	    cbx_now(road->clock) < road->mark_at)
		return;
	result = cbx_road_write_mark(road, epoch, false);
	if (result >= 0 || result == CHATTERBOX_E_FENCED)
		return;
	road->share_whole = true;
	road->share_retry_at = cbx_now(road->clock) + CBX_SHARE_RETRY;
	cbx_link_lost(&road->state_link, result);
}

int cbx_road_claim(struct cbx_road *road, int64_t epoch)
{
	int result = cbx_road_write_mark(road, epoch, false);

	/* a full server takes no mark, but the claim */
	if (result && result != CHATTERBOX_E_REFUSED)
		return result;
	result = road->state->ops->claim(road->state, epoch);
	return result == 1 ? cbx_road_fenced(road, epoch) : result;
}

int cbx_road_take_over(struct cbx_road *road, int64_t epoch)
{
	int result = road->state_link.up ? cbx_road_claim(road, epoch) : 0;

	if (result == CHATTERBOX_E_FENCED)
		return road->state->newer < CBX_EPOCH_RAISE_END ||
				       !cbx_leadership_epoch(road->leadership)
			       ? result
			       : 0;
	if (result < 0)
		cbx_link_lost(&road->state_link, result);
	return 0;
}
