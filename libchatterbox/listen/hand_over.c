// SPDX-License-Identifier: MIT
/*
 * hand_over.c - hands a received message to the poller
 *
 * A message that is not understood is rejected without requeue, and counted. Messages that the
 * broker may have delivered before are held until the last of them has come: only all of them
 * together show which were recorded (merge/redelivery.h), and they go before all others.
 */
#include "listen/listen.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <string.h>

#define RUN_IDLE CBX_SECOND
/* The same while more is known to wait: a link that stalls for longer than that loses its
 * heartbeats */
#define RUN_STALLED (15 * CBX_SECOND)

static void reject(struct cbx_listener *listener, const struct cbx_bus_event *event, int error)
{
	cbx_metric_add(listener->counters->events_consumed, "unknown", "rejected", 1);
	cbx_warn(listener->log, CBX_FIELDS({ "routing_key", event->message.routing_key }),
		 "an event of %zu bytes is rejected: %s", event->message.body_len,
		 chatterbox_strerror(error));
	error = listener->bus->ops->acknowledge(listener->bus, event->tag, false, false);
	if (error < 0)
		cbx_listener_lost(listener, error);
}

/* Is there nothing usable in it? Then it counts as not understood. */
static bool is_empty(const struct cbx_inbound *inbound)
{
	const struct cbx_reply *reply = inbound->reply;

	return reply && !reply->count && !reply->system_count;
}

static int decode(struct cbx_listener *listener, const struct cbx_bus_event *event,
		  struct cbx_inbound **out)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	int result = CHATTERBOX_E_LIMIT;

	if (event->type == CBX_BUS_DELIVERY)
		result = cbx_inbound_decode(event->message.routing_key, event->message.body,
					    event->message.body_len, &listener->settings->limits,
					    &inbound);
	if (result < 0)
		return result;
	if (inbound->reply)
		cbx_counters_add_rejects(listener->counters, inbound->reply);
	if (is_empty(inbound))
		return CHATTERBOX_E_DECODE;
	if (listener->keeps_raw)
		cbx_text_add(&inbound->raw, event->message.body, event->message.body_len);
	*out = cbx_steal(inbound);
	return 0;
}

/* When it arrived, at the earliest and at the latest. What waited in the queue while there was no
 * connection came at some time since the loss; what waited before we led, or a leader before us
 * had, at any time: it counts from when we began to consume, so that no answer of ours is older. */
static void date(struct cbx_listener *listener, bool redelivered, uint64_t identity,
		 struct cbx_inbound *inbound)
{
	uint64_t now = cbx_now(listener->clock);
	uint64_t at = now;
	bool known = false;

	if (redelivered)
		known = cbx_arrivals_first(&listener->arrivals, identity, now, &at);
	else if (listener->backlog > 0)
		at = listener->waits_since ?: listener->arrivals.since;
	inbound->at = at;
	inbound->until = known ? at : now;
}

static void note_sender(const struct cbx_listener *listener, const struct cbx_bus_event *event,
			struct cbx_inbound *inbound)
{
	struct cbx_asker asker;

	cbx_asker_of_message(&event->message, listener->settings->app_name, &asker);
	memcpy(inbound->who, asker.who, sizeof(inbound->who));
}

/* Where it comes from, what it is known by and when it arrived */
static void note_arrival(struct cbx_listener *listener, const struct cbx_bus_event *event,
			 struct cbx_inbound *inbound)
{
	struct cbx_arrival arrival = { .tag = event->tag,
				       .identity = cbx_inbound_identify(inbound, &event->message) };

	date(listener, event->redelivered, arrival.identity, inbound);
	arrival.at = inbound->at;
	cbx_arrivals_add(&listener->arrivals, &arrival);
	inbound->answer = listener->inbox;
	inbound->tag = event->tag;
	inbound->connection = listener->connection;
	inbound->redelivered = event->redelivered;
	if (inbound->type == CBX_IN_INTERVAL || inbound->type == CBX_IN_DISCOVER)
		note_sender(listener, event, inbound);
	listener->outstanding++;
}

/* Takes @inbound over */
static bool put(struct cbx_listener *listener, struct cbx_inbound *inbound)
{
	if (!cbx_mailbox_put(listener->poller, inbound))
		return true;
	/* more than the prefetch can't wait there: the broker delivers it again */
	cbx_inbound_free(inbound);
	cbx_listener_drop_connection(listener);
	return false;
}

static bool end_run(struct cbx_listener *listener)
{
	struct cbx_inbound *inbound;
	bool handed = true;

	if (listener->run)
		listener->run_last->run_ends = true;
	while (handed && (inbound = cbx_listener_take_from_run(listener)))
		handed = put(listener, inbound);
	return handed;
}

void cbx_listener_end_idle_run(struct cbx_listener *listener)
{
	uint64_t idle = listener->backlog > 0 ? RUN_STALLED : RUN_IDLE;

	if (listener->run && !listener->bus->receiving &&
	    cbx_now(listener->clock) - listener->run_at >= idle)
		end_run(listener);
}

static void add_to_run(struct cbx_listener *listener, struct cbx_inbound *inbound)
{
	if (listener->run)
		listener->run_last->next = inbound;
	else
		listener->run = inbound;
	listener->run_last = inbound;
	listener->run_at = cbx_now(listener->clock);
	if (++listener->run_count == CBX_PREFETCH)
		end_run(listener);
}

void cbx_listener_hand_over(struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	struct cbx_inbound *inbound = NULL;
	int result = decode(listener, event, &inbound);

	if (result == -ENOMEM) {
		cbx_listener_drop_connection(listener);
		return;
	}
	if (result < 0) {
		reject(listener, event, result);
		return;
	}
	note_arrival(listener, event, inbound);
	if (inbound->redelivered)
		add_to_run(listener, inbound);
	else if (end_run(listener))
		put(listener, inbound);
	else
		cbx_inbound_free(inbound);
}
