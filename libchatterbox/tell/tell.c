// SPDX-License-Identifier: MIT
/* tell.c - the loop of the thread that publishes: the outbox to both sides, periodic events,
 * figures of the outbox */
#include "tell/tell.h"

#include <chatterbox/error.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

#define COUNT_EVERY (5 * CBX_SECOND)

/* The refused message can only be a chunk: the outbox has nothing under way now, and jobs_data is
 * small */
static void lose_chunk(struct cbx_teller *teller)
{
	const char *why = teller->bus->error;

	cbx_metric_add(teller->counters->events_published, "job_status", "too_large", 1);
	cbx_error(teller->log,
		  CBX_FIELDS({ "server", "rmq" }, { "event", "job_status" }, { "error", why }),
		  "a chunk of job_status is lost, the broker will never take it: %s; lower "
		  "max_jobs_per_event, or raise max_message_size in rabbitmq.conf",
		  why);
}

static void wait_for_work(struct cbx_teller *teller)
{
	uint64_t deadline = cbx_now(teller->clock) + CBX_SECOND;
	struct cbx_bus_event event = { 0 };
	struct pollfd p = { .fd = cbx_mailbox_fd(teller->inbox), .events = POLLIN };
	int result;

	if (!teller->bus_link.up) {
		poll(&p, 1, 200);
		return;
	}
	result = teller->bus->ops->take(teller->bus, p.fd, deadline, &event);
	cbx_teller_note(teller, &event);
	cbx_bus_event_clear(&event);
	if (result == CHATTERBOX_E_LIMIT)
		lose_chunk(teller);
	else if (result == CHATTERBOX_E_REFUSED) /* nothing of the outbox is under way now */
		cbx_refusals_add_exchange(teller, "jobs_data", "", teller->bus->error);
	else if (result < 0)
		cbx_link_lost(&teller->bus_link, result);
}

static void count_outbox(struct cbx_teller *teller)
{
	uint64_t now = cbx_now(teller->clock);
	int64_t rows = 0;
	double oldest = 0;
	int result;

	if (now < teller->next_count || !teller->sql_link.up)
		return;
	teller->next_count = now + COUNT_EVERY;
	result = teller->sql->outbox->pending(teller->sql, &rows, &oldest);
	if (result < 0) {
		cbx_link_lost(&teller->sql_link, result);
		return;
	}
	cbx_metric_set(teller->counters->outbox_pending, NULL, NULL, (double)rows);
	cbx_metric_set(teller->counters->outbox_oldest, NULL, NULL, oldest);
}

static void announce_waiting(struct cbx_teller *teller, int64_t epoch)
{
	struct cbx_snapshot *snapshot = cbx_mailbox_take(teller->inbox);
	struct cbx_snapshot *newer;

	while (snapshot && (newer = cbx_mailbox_take(teller->inbox))) {
		cbx_snapshot_unref(snapshot);
		snapshot = newer;
	}
	if (snapshot)
		cbx_announce(teller, snapshot, epoch);
	cbx_snapshot_unref(snapshot);
}

/* What was remembered under another epoch must not be written under this one */
static void take_epoch(struct cbx_teller *teller, int64_t epoch)
{
	if (teller->told_epoch == epoch)
		return;
	teller->told_epoch = epoch;
	teller->told[CBX_TO_BROKER].count = 0;
	teller->told[CBX_TO_STREAM].count = 0;
	cbx_refusals_hurry(&teller->refusals);
}

/* This instance does not lead: it no longer exports figures of the outbox, and nothing of it is
 * refused */
static void forget_outbox(struct cbx_teller *teller)
{
	cbx_refusals_remove_exchange(teller);
	cbx_refusals_clear(&teller->refusals);
	cbx_metric_clear(teller->counters->outbox_pending);
	cbx_metric_clear(teller->counters->outbox_oldest);
	teller->next_count = 0;
}

/* One turn. Was anything published? */
static bool turn(struct cbx_teller *teller)
{
	int64_t epoch = cbx_leadership_epoch(teller->leadership);
	int to_broker;
	int to_stream;

	cbx_settings_take(teller->place, &teller->settings);
	cbx_link_ensure(&teller->sql_link);
	cbx_link_ensure(&teller->state_link);
	if (cbx_link_ensure(&teller->bus_link) == 1)
		teller->processed = 0, teller->hurry = true;
	if (atomic_exchange(&teller->hurry, false))
		cbx_refusals_hurry(&teller->refusals);
	cbx_mailbox_clear(teller->inbox);
	if (epoch) {
		take_epoch(teller, epoch);
		announce_waiting(teller, epoch);
		/* the stream first: a blocked broker must not delay it */
		to_stream = cbx_relay(teller, CBX_TO_STREAM, epoch);
		to_broker = cbx_relay(teller, CBX_TO_BROKER, epoch);
		count_outbox(teller);
		if (to_broker > 0 || to_stream > 0)
			return true;
	} else {
		forget_outbox(teller);
	}
	if (!teller->stop)
		wait_for_work(teller);
	return false;
}

void cbx_teller_hurry(struct cbx_teller *teller)
{
	teller->hurry = true;
	cbx_mailbox_wake(teller->inbox);
}

void *cbx_teller_run(void *user)
{
	struct cbx_teller *teller = user;

	while (!teller->stop) {
		teller->last_turn = cbx_now(teller->clock);
		turn(teller);
	}
	/* the last turns, at a stop: publish what the broker takes */
	while (turn(teller) && cbx_now(teller->clock) < teller->stop_by)
		teller->last_turn = cbx_now(teller->clock);
	return NULL;
}

void cbx_teller_close(struct cbx_teller *teller)
{
	cbx_link_close(&teller->bus_link);
	cbx_link_close(&teller->state_link);
	cbx_link_close(&teller->sql_link);
	free(teller->told[CBX_TO_BROKER].ids);
	free(teller->told[CBX_TO_STREAM].ids);
	cbx_refusals_clear(&teller->refusals);
	cbx_settings_unref(teller->settings);
	teller->settings = NULL;
}
