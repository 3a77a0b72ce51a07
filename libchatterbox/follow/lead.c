// SPDX-License-Identifier: MIT
/*
 * lead.c - how a host that gets the stream misses no event when its instance begins or ends to lead
 *
 * At a take-over the host gets the rest of the stream, then what the predecessor recorded but did
 * not append. While we lead, the position moves on to an entry that was already the newest one
 * before a successful renewal of the lease was sent: the database has then confirmed that nobody
 * else led until that moment. So nothing of a successor comes before the position; of our own
 * events, those of the last seconds are delivered once more.
 */
#include "follow/follow.h"

#include "port/outbox.h"

#include <chatterbox/error.h>
#include <string.h>

#define MOST 10000
#define NOTE_EVERY CBX_SECOND

static int keep(void *user, const struct cbx_outbox_row *row)
{
	const struct cbx_stream_entry entry = { .name = row->name,
						.id = row->message_id,
						.params = row->payload,
						.params_len = strlen(row->payload),
						.previous_status = row->previous_status };
	struct cbx_follow *follow = user;
	int result = cbx_follow_keep(follow, &entry);

	if (result > 0)
		follow->pending.events[follow->pending.event_count - 1].origin =
			row->origin
				? cbx_origin_name(strcmp(row->origin, "ocd") ? CBX_USER : CBX_OCD)
				: NULL;
	return result < 0 ? result : 0;
}

/* Reads what was recorded and is not in the stream */
static int read_unstreamed(struct cbx_follow *follow, struct cbx_batch *out)
{
	struct cbx_road *road = follow->road;
	int result = road->sql->outbox->unstreamed(road->sql, MOST, keep, follow);

	*out = follow->pending;
	follow->pending = (struct cbx_batch){ 0 };
	follow->pending_bytes = 0;
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

/* Reads the rest of the stream; if that fails, nobody knows what was missed */
static void read_rest(struct cbx_follow *follow)
{
	struct cbx_link *link = &follow->road->state_link;
	char before[CBX_STREAM_POSITION];
	int result = 0;

	if (!link->up)
		result = CHATTERBOX_E_DOWN;
	while (!result) {
		memcpy(before, follow->position, sizeof(before));
		result = cbx_follow_read_events(follow);
		if (result >= 0)
			cbx_follow_deliver(follow);
		if (!result && !strcmp(before, follow->position))
			return;
	}
	if (result == 1)
		return;
	cbx_follow_unread_events(follow);
	follow->position[0] = '\0';
	follow->gap = follow->gap || follow->positioned;
	if (link->up)
		cbx_link_lost(link, result);
}

int cbx_follow_take_over(struct cbx_follow *follow, int64_t epoch)
{
	struct cbx_batch untold = { 0 };
	int result;

	if (!follow->host || follow->taken_over == epoch)
		return 0;
	follow->epoch = 0;
	follow->whole = false;
	/* read first, delivered last: our own teller may already be appending them */
	result = read_unstreamed(follow, &untold);
	if (result >= 0) {
		read_rest(follow);
		follow->gap = follow->gap || result == 1;
		follow->host->events(follow->host->user, &untold);
		follow->taken_over = epoch;
	}
	cbx_batch_clear(&untold);
	follow->newest[0] = '\0';
	follow->next_note = 0;
	return result < 0 ? result : 0;
}

static void note_newest(struct cbx_follow *follow)
{
	struct cbx_road *road = follow->road;
	int result;

	follow->newest[0] = '\0';
	result = road->state->ops->read_events(road->state, follow->newest, 0, NULL, NULL);
	if (result < 0) {
		cbx_link_lost(&road->state_link, result);
		return;
	}
	follow->positioned = true;
	follow->newest_until = cbx_now(road->clock) + road->settings->lease_ttl_ns;
}

void cbx_follow_note_position(struct cbx_follow *follow)
{
	struct cbx_road *road = follow->road;
	uint64_t now = cbx_now(road->clock);

	if (!follow->host)
		return;
	if (follow->gap) {
		follow->gap = false;
		follow->host->lost(follow->host->user);
	}
	/* a batch whose commit is uncertain may be in the stream without the host having got it */
	if (now < follow->next_note || road->hanging || !road->state_link.up)
		return;
	follow->next_note = now + NOTE_EVERY;
	if (!follow->newest[0]) {
		note_newest(follow);
	} else if (cbx_leadership_until(road->leadership, road->epoch) > follow->newest_until) {
		memcpy(follow->position, follow->newest, sizeof(follow->position));
		note_newest(follow);
	}
}
