// SPDX-License-Identifier: MIT
/*
 * engine/threads.c - gives each thread its own connections, wires them to each other, starts and
 * stops them
 *
 * Decides that an observer has neither a teller nor a listener, and that it does without SQL. And
 * the order of a stop: poller, teller and listener first; the keeper last, since it holds the lease
 * under which the others write.
 */
#include "engine/internal.h"

#include "road/command.h"

#include <errno.h>
#include <stdio.h>

#define INBOX 4096
#define WORDS 64
#define LEASE_TIME CBX_SECOND /* the keeper needs a moment to give the lease back */

/* --- what the threads say to each other --- */

static void wake_teller(void *user)
{
	struct chatterbox *box = user;

	cbx_mailbox_wake(box->teller.inbox);
}

static bool listener_caught_up(void *user)
{
	struct chatterbox *box = user;

	return box->listener.caught_up;
}

static void announce(void *user)
{
	struct chatterbox *box = user;
	struct cbx_view *view = cbx_window_look(&box->window);

	if (!view)
		return;
	engine_tell_figures(box, view);
	/* a full mailbox means that the teller is behind: the next announcement is a better one */
	if (cbx_mailbox_put(box->teller.inbox, view) < 0)
		cbx_view_unref(view);
}

void engine_wake_threads(struct chatterbox *box)
{
	cbx_mailbox_wake(box->poller.flow.inbox);
	cbx_mailbox_wake(box->teller.inbox);
	cbx_mailbox_wake(box->listener.inbox);
}

static void leadership_changed(void *user)
{
	engine_wake_threads(user);
}

static void keeper_failed(void *user, int error, const char *text)
{
	engine_tell_failed(user, error, text);
}

/* The engine's start-up is looked at on every turn of the keeper, until it is ready or has failed
 */
static void look_at_start(void *user)
{
	struct chatterbox *box = user;
	char down[512];

	cbx_metric_set(box->observe.server_up, "redis", NULL,
		       cbx_health_is_up(box->health, "redis"));
	cbx_metric_set(box->observe.server_up, "rmq", NULL, cbx_health_is_up(box->health, "rmq"));
	cbx_metric_set(box->observe.server_up, "sql", NULL, cbx_health_is_up(box->health, "sql"));
	if (box->settled)
		return;
	if (engine_is_ready(box)) {
		engine_tell_ready(box);
		return;
	}
	if (cbx_now(box->clock) - box->started_at < box->startup_timeout)
		return;
	cbx_health_first_down(box->health, down, sizeof(down));
	if (down[0])
		engine_tell_failed(box, CHATTERBOX_E_DOWN, down);
}

/* --- building --- */

static int build_keeper(struct chatterbox *box)
{
	struct cbx_keeper *keeper = &box->keeper;
	int result = cbx_mailbox_new(WORDS, &keeper->inbox);

	keeper->clock = box->clock;
	keeper->log = &box->log;
	keeper->leadership = &box->leadership;
	keeper->ttl = (int)(box->settings.present->lease_ttl_ns / CBX_SECOND);
	keeper->observer = box->settings.present->role == CBX_ROLE_OBSERVER;
	keeper->on_failed = keeper_failed;
	keeper->on_turn = look_at_start;
	keeper->on_change = leadership_changed;
	keeper->user = box;
	if (!result)
		result = engine_sql(box, "lease", &keeper->sql, &keeper->sql_link);
	return result;
}

static int build_poller(struct chatterbox *box)
{
	struct cbx_poller *poller = &box->poller;
	struct cbx_flow *flow = &poller->flow;
	int result = cbx_mailbox_new(INBOX, &flow->inbox);

	flow->clock = box->clock;
	flow->log = &box->log;
	poller->settings = &box->settings;
	flow->observe = &box->observe;
	flow->leadership = &box->leadership;
	flow->window = &box->window;
	flow->wake_teller = wake_teller;
	flow->wake_user = box;
	poller->observer = box->keeper.observer;
	poller->announce = announce;
	poller->recorded = engine_tell_batch;
	poller->caught_up = listener_caught_up;
	poller->user = box;
	if (!result)
		/* a courier wants to know that its events have arrived */
		result = engine_bus(box, poller->observer ? "commands" : "questions",
				    poller->observer, &flow->bus, &flow->bus_link);
	if (!result)
		result = engine_state(box, "state", &flow->state, &flow->state_link);
	if (!result)
		result = engine_sql(box, "ledger", &flow->sql, &flow->sql_link);
	if (!result)
		result = engine_connections(box, &poller->online.connections,
					    &poller->connections_link);
	poller->online.connections_link = &poller->connections_link;
	return result < 0 ? result : cbx_poller_init(poller);
}

static int build_teller(struct chatterbox *box)
{
	struct cbx_teller *teller = &box->teller;
	int result = cbx_mailbox_new(WORDS, &teller->inbox);

	teller->clock = box->clock;
	teller->log = &box->log;
	teller->place = &box->settings;
	cbx_settings_take(teller->place, &teller->settings);
	teller->observe = &box->observe;
	teller->leadership = &box->leadership;
	if (!result)
		result = engine_bus(box, "events out", true, &teller->bus, &teller->bus_link);
	if (!result)
		result = engine_state(box, "stream", &teller->state, &teller->state_link);
	if (!result)
		result = engine_sql(box, "outbox", &teller->sql, &teller->sql_link);
	return result;
}

static int build_listener(struct chatterbox *box)
{
	struct cbx_listener *listener = &box->listener;
	int result = cbx_mailbox_new(INBOX, &listener->inbox);

	listener->clock = box->clock;
	listener->log = &box->log;
	listener->place = &box->settings;
	cbx_settings_take(listener->place, &listener->settings);
	listener->observe = &box->observe;
	listener->leadership = &box->leadership;
	listener->poller = box->poller.flow.inbox;
	listener->calls = &box->calls;
	if (!result)
		result = engine_bus(box, "events in", false, &listener->bus, &listener->bus_link);
	return result;
}

static int build_desk(struct chatterbox *box)
{
	struct cbx_desk *desk = &box->desk;
	int result = cbx_mailbox_new(INBOX, &desk->inbox);

	desk->window = &box->window;
	desk->calls = &box->calls;
	box->calls = (struct cbx_calls){ .methods = cbx_methods,
					 .desk = desk->inbox,
					 .poller = box->poller.flow.inbox,
					 .leadership = &box->leadership,
					 .observer = box->keeper.observer };
	if (!result)
		result = engine_sql(box, "desk", &desk->sql, &desk->link);
	/* it is connected when somebody asks */
	if (desk->link.entry)
		cbx_health_want(desk->link.entry, false);
	return result;
}

/* An observer tells nothing and consumes nothing, and does without SQL while that is down */
static void want_little(struct chatterbox *box)
{
	struct cbx_health_entry *const entries[] = {
		box->keeper.sql_link.entry,         box->poller.flow.sql_link.entry,
		box->teller.bus_link.entry,         box->teller.state_link.entry,
		box->teller.sql_link.entry,         box->listener.bus_link.entry,
		box->poller.connections_link.entry,
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(entries); i++)
		if (entries[i])
			cbx_health_want(entries[i], false);
}

int engine_build_threads(struct chatterbox *box)
{
	int result = build_keeper(box);

	if (!result)
		result = build_poller(box);
	if (!result)
		result = build_teller(box);
	if (!result)
		result = build_listener(box);
	if (!result)
		result = build_desk(box);
	if (!result && box->keeper.observer)
		want_little(box);
	return result;
}

int engine_start_threads(struct chatterbox *box)
{
	int result =
		cbx_thread_start(&box->keeper.thread, "cbx-keeper", cbx_keeper_run, &box->keeper);

	if (!result && !box->keeper.observer)
		result = cbx_thread_start(&box->teller.thread, "cbx-teller", cbx_teller_run,
					  &box->teller);
	if (!result)
		result = cbx_thread_start(&box->poller.thread, "cbx-poller", cbx_poller_run,
					  &box->poller);
	if (!result && !box->keeper.observer)
		result = cbx_thread_start(&box->listener.thread, "cbx-listener", cbx_listener_run,
					  &box->listener);
	if (!result)
		result = cbx_thread_start(&box->desk.thread, "cbx-desk", cbx_desk_run, &box->desk);
	return result;
}

/* --- the end --- */

static void drop_view(void *item)
{
	cbx_view_unref(item);
}

static void drop_inbound(void *item)
{
	struct cbx_inbound *inbound = item;

	if (inbound->call)
		cbx_call_fail(inbound->call, CBX_CALL_DOWN, "chatterbox is stopping");
	inbound->answer = NULL;
	cbx_inbound_free(inbound);
}

/* Nobody carries them out any more: whoever waits for a call is told so */
static void end_calls(struct chatterbox *box)
{
	struct cbx_inbound *inbound;

	cbx_desk_close(&box->desk);
	while ((inbound = cbx_mailbox_take(box->poller.flow.inbox)))
		drop_inbound(inbound);
	cbx_command_end(&box->poller.flow, CHATTERBOX_E_DOWN);
	cbx_courier_lost(&box->poller.courier, "chatterbox is stopping");
}

void engine_stop_threads(struct chatterbox *box)
{
	box->teller.stop_by = cbx_now(box->clock) + box->shutdown_timeout - LEASE_TIME;
	box->calls.closed = true;
	box->desk.stop = true;
	cbx_mailbox_wake(box->desk.inbox);
	cbx_thread_join(&box->desk.thread);
	box->poller.stop = true;
	cbx_mailbox_wake(box->poller.flow.inbox);
	cbx_thread_join(&box->poller.thread);
	box->teller.stop = true;
	box->listener.stop = true;
	cbx_mailbox_wake(box->teller.inbox);
	cbx_mailbox_wake(box->listener.inbox);
	cbx_thread_join(&box->teller.thread);
	cbx_thread_join(&box->listener.thread);
	box->keeper.stop = true;
	cbx_mailbox_wake(box->keeper.inbox);
	cbx_thread_join(&box->keeper.thread);
	cbx_keeper_close(&box->keeper);
	end_calls(box);
}

void engine_close_threads(struct chatterbox *box)
{
	struct cbx_flow *flow = &box->poller.flow;

	if (flow->clock)
		cbx_poller_close(&box->poller);
	cbx_teller_close(&box->teller);
	cbx_listener_close(&box->listener);
	cbx_desk_close(&box->desk);
	cbx_bus_free(flow->bus);
	cbx_state_free(flow->state);
	cbx_sql_free(flow->sql);
	cbx_sql_free(box->poller.online.connections);
	cbx_bus_free(box->teller.bus);
	cbx_state_free(box->teller.state);
	cbx_sql_free(box->teller.sql);
	cbx_bus_free(box->listener.bus);
	cbx_sql_free(box->keeper.sql);
	cbx_sql_free(box->desk.sql);
	if (flow->inbox)
		cbx_mailbox_free(cbx_steal(flow->inbox), drop_inbound);
	cbx_mailbox_free(box->listener.inbox, drop_inbound);
	cbx_mailbox_free(box->teller.inbox, drop_view);
	cbx_mailbox_free(box->keeper.inbox, NULL);
	cbx_mailbox_free(box->desk.inbox, NULL);
}
