/* SPDX-License-Identifier: MIT */
/*
 * tell.h - the thread that publishes what has been recorded, to the broker and to the stream
 *
 * It has a connection with publisher confirms of its own, so that a blocked publish delays nobody
 * else. Events of the outbox are published at least once, those of one key in order: only the
 * oldest one of a key is in flight. The periodic events are transient: what can't be published now
 * is dropped.
 */
#ifndef CBX_TELL_TELL_H
#define CBX_TELL_TELL_H

#include "base/mailbox.h"
#include "base/thread.h"
#include "port/bus.h"
#include "port/link.h"
#include "port/outbox.h"
#include "port/state.h"
#include "runtime/counters.h"
#include "runtime/leadership.h"
#include "runtime/settings.h"
#include "runtime/shown.h"
#include "runtime/snapshot.h"
#include "tell/refused.h"

/* Rows that one side has, but SQL has not been told so yet */
struct cbx_told {
	int64_t *ids;
	size_t count, capacity;
};

struct cbx_teller {
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_settings_place *place;
	struct cbx_settings *settings; /* the present ones, taken on every turn */
	struct cbx_counters *counters;
	struct cbx_leadership *leadership;
	struct cbx_shown *shown; /* NULL: the stream need not wait for what readers see */
	uint64_t partial_since;  /* Redis does not hold everything since then; 0 = it does */
	/* Snapshots that the Job Send Status Task wants published. Also woken when something was
	 * recorded. */
	struct cbx_mailbox *inbox;
	struct cbx_bus *bus;
	struct cbx_link bus_link;
	struct cbx_state *state;
	struct cbx_link state_link;
	struct cbx_sql *sql;
	struct cbx_link sql_link;
	_Atomic bool stop;
	uint64_t stop_by; /* set before `stop`: until then, what is in the outbox is published if
			     the broker takes it */
	_Atomic uint64_t last_turn; /* now() of the last turn: livez */
	struct cbx_thread thread;
	uint64_t next_count;
	struct cbx_told told[2]; /* by enum cbx_outbox_side */
	int64_t told_epoch;
	struct cbx_backoff backoff[2];
	uint64_t retry_at[2];
	struct cbx_refusals refusals;
	_Atomic bool hurry; /* see cbx_teller_hurry() */
	uint64_t processed; /* up to this publish number the broker has confirmed or refused
			       everything */
};

void *cbx_teller_run(void *teller);
void cbx_teller_close(struct cbx_teller *teller);

/* relay.c: takes one batch of the outbox to one side. Returns the number of events that it has now
 * (0 also when that side is down), or a failure. */
int cbx_relay(struct cbx_teller *teller, enum cbx_outbox_side side, int64_t epoch);
/* relay_broker.c: 0, whatever became of each item, or a failure that the link has noted */
struct cbx_outbox_items;
int cbx_relay_to_broker(struct cbx_teller *teller, struct cbx_outbox_items *items);
/* Any thread: what was missing in the broker has been made again, so that what waits there because
 * it was refused is sent again at once */
void cbx_teller_hurry(struct cbx_teller *teller);
/* Every event of the bus has to be passed to this */
static inline void cbx_teller_note(struct cbx_teller *teller, const struct cbx_bus_event *event)
{
	if ((event->type == CBX_BUS_CONFIRMED || event->type == CBX_BUS_REFUSED) &&
	    event->tag > teller->processed)
		teller->processed = event->tag;
	if (event->type == CBX_BUS_CONFIRMED)
		cbx_refusals_remove_exchange(teller);
}
/* announce.c */
void cbx_announce(struct cbx_teller *teller, const struct cbx_snapshot *snapshot, int64_t epoch);
/* Writes {"job_count":…,"activte_jobs":…,…}, without the closing brace when @open */
void cbx_jobs_data_json(const struct cbx_totals *totals, bool open, struct cbx_text *out);

#endif
