// SPDX-License-Identifier: MIT
/*
 * listen.c - the loop of the listener, over its two queues (contract 3.1)
 *
 * Messages that waited in the queue when consuming began are counted, so that it is known when all
 * of them have been handed to the poller ("caught up"). Whatever fails ends the connection, so that
 * the broker delivers again what was not acknowledged.
 */
#include "listen/listen.h"

#include <chatterbox/error.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>

#define LOOK_FOR_OTHERS (200 * CBX_MS)

static void acknowledge(struct cbx_listener *listener, struct cbx_inbound *inbound)
{
	int result;

	if (inbound->connection != listener->connection || !listener->consuming)
		return;
	if (inbound->type == CBX_IN_ANSWER) {
		cbx_listener_send_answer(listener, inbound);
		return;
	}
	listener->outstanding--;
	if (!inbound->again)
		cbx_arrivals_acknowledge(&listener->arrivals, inbound->tag);
	if (inbound->again) {
		cbx_listener_drop_connection(listener);
		return;
	}
	result = listener->bus->ops->acknowledge(listener->bus, inbound->tag, false, inbound->ok);
	if (result < 0)
		cbx_listener_lost(listener, result);
	else
		cbx_metric_add(listener->counters->events_consumed, inbound->event,
			       inbound->ok ? "ok" : "rejected", 1);
}

static void acknowledge_all(struct cbx_listener *listener)
{
	struct cbx_inbound *inbound;

	cbx_mailbox_clear(listener->inbox);
	while ((inbound = cbx_mailbox_take(listener->inbox))) {
		if (inbound->acknowledged) {
			cbx_listener_keep_answer(listener, inbound);
			continue;
		}
		acknowledge(listener, inbound);
		inbound->answer = NULL;
		cbx_inbound_free(inbound);
	}
	cbx_listener_send_answers(listener);
}

static bool is_request(const struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	size_t len = strlen(listener->settings->app_name);

	return (event->type == CBX_BUS_DELIVERY || event->type == CBX_BUS_OVERSIZED) &&
	       event->message.queue &&
	       !strncmp(event->message.queue, listener->settings->app_name, len) &&
	       !strcmp(event->message.queue + len, ".request");
}

/* What we publish ourselves, and a queue that is bound to everything brings back */
static bool is_echo(const struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	const char *key = event->message.routing_key;
	size_t len = strlen(listener->settings->app_name);

	return (event->type == CBX_BUS_DELIVERY || event->type == CBX_BUS_OVERSIZED) && key &&
	       !strncmp(key, listener->settings->app_name, len) &&
	       !strncmp(key + len, ".event.", strlen(".event."));
}

static void ignore(struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	int result = listener->bus->ops->acknowledge(listener->bus, event->tag, false, true);

	if (result < 0)
		cbx_listener_lost(listener, result);
	else
		cbx_metric_add(listener->counters->events_consumed, "own", "ignored", 1);
}

/* Is there somebody else still whose messages come to us when it is gone, or are they on their way?
 */
static bool waits_for_others(struct cbx_listener *listener)
{
	uint64_t now = cbx_now(listener->clock);
	int result;

	if (now >= listener->others_until)
		listener->others_until = 0;
	if (!listener->others_until || listener->others_left)
		return listener->others_until;
	result = cbx_listener_has_others(listener);
	if (result < 0 && result != CHATTERBOX_E_TIMEOUT)
		cbx_listener_lost(listener, result);
	listener->others_left = !result;
	if (!result)
		listener->others_until = now + CBX_SECOND;
	return true;
}

/* Another message is with the poller, or none came: has what waited been handed over? */
static void note_progress(struct cbx_listener *listener, bool idle)
{
	bool handed = !listener->backlog && !listener->arrivals.lost_count;

	if (!listener->consuming || listener->caught_up || listener->run)
		return;
	/* the rest of what waited has expired, or another consumer got it */
	if ((handed || (idle && !listener->outstanding)) && !waits_for_others(listener))
		listener->caught_up = true;
}

static void take_request(struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	if (cbx_listener_serve(listener, event) < 0)
		cbx_listener_drop_connection(listener);
}

static void take_event(struct cbx_listener *listener, const struct cbx_bus_event *event)
{
	if (is_echo(listener, event))
		ignore(listener, event);
	else
		cbx_listener_hand_over(listener, event);
	if (listener->backlog > 0)
		listener->backlog--;
	note_progress(listener, false);
}

static void take_one(struct cbx_listener *listener)
{
	uint64_t deadline =
		cbx_now(listener->clock) +
		(listener->others_until && !listener->backlog ? LOOK_FOR_OTHERS : CBX_SECOND);
	struct cbx_bus_event event = { 0 };
	int result = listener->bus->ops->take(listener->bus, cbx_mailbox_fd(listener->inbox),
					      deadline, &event);

	if (result < 0) {
		cbx_listener_lost(listener, result);
		return;
	}
	if (is_request(listener, &event) && !is_echo(listener, &event)) {
		take_request(listener, &event);
	} else if (event.type == CBX_BUS_DELIVERY || event.type == CBX_BUS_OVERSIZED) {
		take_event(listener, &event);
	} else if (event.type == CBX_BUS_NOTHING) {
		cbx_listener_end_idle_run(listener);
		note_progress(listener, cbx_now(listener->clock) >= deadline);
	} else if (event.type == CBX_BUS_CANCELLED) {
		cbx_warn(listener->log, CBX_NO_FIELDS,
			 "the queue of incoming events was deleted; declaring it again");
		cbx_listener_drop_connection(listener);
	}
	cbx_bus_event_clear(&event);
}

static void turn(struct cbx_listener *listener)
{
	struct pollfd p = { .fd = cbx_mailbox_fd(listener->inbox), .events = POLLIN };
	bool leads = cbx_leadership_epoch(listener->leadership) > 0;

	if (cbx_settings_take(listener->place, &listener->settings))
		listener->bus->max_body = listener->settings->limits.bytes;
	cbx_health_want(listener->bus_link.entry, leads);
	acknowledge_all(listener);
	if (listener->consuming && listener->unanswered == listener->connection)
		cbx_listener_drop_connection(listener);
	if (!leads && listener->bus_link.up)
		cbx_listener_drop_connection(listener);
	if (!leads) {
		cbx_arrivals_stand_by(&listener->arrivals);
		cbx_listener_drop_answers(listener);
	}
	if (leads && cbx_listener_ensure(listener)) {
		cbx_listener_send_answers(listener);
		take_one(listener);
		return;
	}
	poll(&p, 1, 200);
}

/* The numbers of connections are kept with the pushes that came by them, in a database that other
 * lives of ours and other instances share */
static void number_connections(struct cbx_listener *listener)
{
	uint64_t first = 0;

	if (listener->connection)
		return;
	if (getrandom(&first, sizeof(first), 0) != sizeof(first))
		first = cbx_now(listener->clock);
	listener->connection = (first >> 2) | 1;
}

void *cbx_listener_run(void *user)
{
	struct cbx_listener *listener = user;

	number_connections(listener);
	while (!listener->stop) {
		listener->last_turn = cbx_now(listener->clock);
		turn(listener);
	}
	acknowledge_all(listener);
	return NULL;
}

void cbx_listener_close(struct cbx_listener *listener)
{
	cbx_listener_drop_run(listener);
	cbx_listener_drop_answers(listener);
	cbx_link_close(&listener->bus_link);
	cbx_settings_unref(listener->settings);
	listener->settings = NULL;
}
