// SPDX-License-Identifier: MIT
/*
 * engine/threads.c - gives each thread its connections, connects the threads by mailboxes, starts
 * and stops them
 *
 * An observer has no teller and no listener, and can do without SQL. At a stop the poller, teller
 * and listener end first, and the lease keeper last, since the others write under its lease.
 */
#include "engine/internal.h"

#include "road/command.h"

#include <errno.h>
#include <stdio.h>

#define INBOX 4096
#define NOTICES 64
#define LEASE_TIME CBX_SECOND /* for the lease keeper to give the lease back */

/* --- how the threads wake each other --- */

static void wake_teller(void *user)
{
	struct chatterbox *box = user;

	cbx_mailbox_wake(box->teller.inbox);
}

static void broker_mended(void *user)
{
	struct chatterbox *box = user;

	cbx_teller_hurry(&box->teller);
}

static bool listener_caught_up(void *user)
{
	struct chatterbox *box = user;

	return box->listener.caught_up;
}

static void announce(void *user)
{
	struct chatterbox *box = user;
	struct cbx_snapshot *snapshot = cbx_snapshot_slot_get(&box->slot);

	if (!snapshot)
		return;
	cbx_engine_tell_figures(box, snapshot);
	/* if the mailbox is full the teller is behind, and a later announcement is better */
	if (cbx_mailbox_put(box->teller.inbox, snapshot) < 0)
		cbx_snapshot_unref(snapshot);
}

void cbx_engine_wake_threads(struct chatterbox *box)
{
	cbx_mailbox_wake(box->poller.road.inbox);
	cbx_mailbox_wake(box->teller.inbox);
	cbx_mailbox_wake(box->listener.inbox);
}

static void leadership_changed(void *user)
{
	cbx_engine_wake_threads(user);
}

static void lease_keeper_failed(void *user, int error, const char *text)
{
	cbx_engine_tell_failed(user, error, CHATTERBOX_SERVER_SQL, text);
}

/* The start fails at once when a server answers but will not let us work before somebody changes
 * something, and after startup_timeout when one is down or refuses us for now */
static void look_at_trouble(struct chatterbox *box)
{
	char why[CBX_HEALTH_WHY + 256];
	enum chatterbox_server server;

	server = cbx_health_first_refused(box->health, CHATTERBOX_E_CONFIG, why, sizeof(why));
	if (server) {
		cbx_engine_tell_failed(box, CHATTERBOX_E_CONFIG, server, why);
		return;
	}
	if (cbx_now(box->clock) - box->started_at < box->startup_timeout)
		return;
	server = cbx_health_first_refused(box->health, CHATTERBOX_E_REFUSED, why, sizeof(why));
	if (server) {
		cbx_engine_tell_failed(box, CHATTERBOX_E_CONFIG, server, why);
		return;
	}
	server = cbx_health_first_down(box->health, why, sizeof(why));
	if (server)
		cbx_engine_tell_failed(box, CHATTERBOX_E_DOWN, server, why);
}

static void measure_servers(struct chatterbox *box)
{
	static const char *const servers[] = { "redis", "rmq", "sql" };
	size_t i;

	for (i = 0; i < CBX_COUNT(servers); i++) {
		int64_t ends = cbx_health_certificate_ends(box->health, servers[i]);

		cbx_metric_set(box->counters.server_up, servers[i], NULL,
			       cbx_health_is_up(box->health, servers[i]));
		if (ends)
			cbx_metric_set(box->counters.certificate_ends, servers[i], NULL,
				       (double)ends);
	}
}

/* Called on every turn of the lease keeper; does the engine still start? */
static bool look_at_start(void *user)
{
	struct chatterbox *box = user;

	measure_servers(box);
	if (box->start_reported)
		return false;
	/* who stands by for a twin has started as who stands by for an instance of ours */
	if (cbx_engine_is_ready(box) || cbx_engine_waits_for_twin(box))
		cbx_engine_tell_ready(box);
	else
		look_at_trouble(box);
	return !box->start_reported;
}

/* --- building --- */

static int build_lease_keeper(struct chatterbox *box)
{
	struct cbx_lease_keeper *keeper = &box->lease_keeper;
	int result = cbx_mailbox_new(NOTICES, &keeper->inbox);

	keeper->clock = box->clock;
	keeper->log = &box->log;
	keeper->leadership = &box->leadership;
	keeper->ttl = (int)(box->settings.present->lease_ttl_ns / CBX_SECOND);
	keeper->looks = true;
	keeper->observer = box->settings.present->role == CBX_ROLE_OBSERVER;
	keeper->on_failed = lease_keeper_failed;
	keeper->on_turn = look_at_start;
	keeper->on_change = leadership_changed;
	keeper->hindrance = cbx_engine_is_hindered;
	keeper->user = box;
	if (!result)
		result = cbx_engine_sql(box, "lease", &keeper->sql, &keeper->sql_link);
	return result;
}

static int build_poller(struct chatterbox *box)
{
	struct cbx_poller *poller = &box->poller;
	struct cbx_road *road = &poller->road;
	int result = cbx_mailbox_new(INBOX, &road->inbox);

	road->clock = box->clock;
	road->log = &box->log;
	poller->settings = &box->settings;
	road->counters = &box->counters;
	road->leadership = &box->leadership;
	road->slot = &box->slot;
	road->shown = &box->shown;
	road->wake_teller = wake_teller;
	road->wake_user = box;
	poller->announce = announce;
	poller->recorded = cbx_engine_tell_batch;
	poller->caught_up = listener_caught_up;
	poller->user = box;
	poller->orders.book = &box->orders;
	if (!result)
		result = cbx_engine_flight(box, &box->flight);
	road->flight = box->flight;
	if (!result)
		result = cbx_engine_bus(box, box->lease_keeper.observer ? "commands" : "questions",
					false, &road->bus, &road->bus_link);
	if (!result)
		result = cbx_engine_state(box, "jobs", &road->state, &road->state_link);
	if (!result)
		box->lease_keeper.redis = road->state->where;
	if (!result)
		result = cbx_engine_sql(box, "records", &road->sql, &road->sql_link);
	if (!result)
		result = cbx_engine_connections(box, &poller->online.connections,
						&poller->connections_link);
	poller->online.connections_link = &poller->connections_link;
	return result < 0 ? result : cbx_poller_init(poller);
}

static int build_teller(struct chatterbox *box)
{
	struct cbx_teller *teller = &box->teller;
	int result = cbx_mailbox_new(NOTICES, &teller->inbox);

	teller->clock = box->clock;
	teller->log = &box->log;
	teller->place = &box->settings;
	cbx_settings_take(teller->place, &teller->settings);
	teller->counters = &box->counters;
	teller->leadership = &box->leadership;
	teller->shown = &box->shown;
	if (!result)
		result = cbx_engine_bus(box, "events out", true, &teller->bus, &teller->bus_link);
	if (!result)
		result = cbx_engine_state(box, "stream", &teller->state, &teller->state_link);
	if (!result)
		result = cbx_engine_sql(box, "outbox", &teller->sql, &teller->sql_link);
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
	listener->counters = &box->counters;
	listener->leadership = &box->leadership;
	listener->poller = box->poller.road.inbox;
	listener->calls = &box->calls;
	listener->keeps_raw = box->flight;
	listener->mended = broker_mended;
	listener->user = box;
	if (!result)
		result = cbx_engine_bus(box, "events in", false, &listener->bus,
					&listener->bus_link);
	return result;
}

static int build_worker(struct chatterbox *box)
{
	struct cbx_request_worker *worker = &box->worker;
	int result = cbx_mailbox_new(INBOX, &worker->inbox);

	worker->slot = &box->slot;
	worker->clock = box->clock;
	worker->settings = &box->settings;
	worker->calls = &box->calls;
	box->calls = (struct cbx_calls){ .methods = cbx_methods,
					 .worker = worker->inbox,
					 .poller = box->poller.road.inbox,
					 .leadership = &box->leadership,
					 .book = &box->orders,
					 .observer = box->lease_keeper.observer };
	if (!result)
		result = cbx_engine_sql(box, "queries", &worker->sql, &worker->link);
	if (!result)
		result = cbx_engine_state(box, "explain", &worker->state, &worker->state_link);
	/* they connect when somebody asks */
	if (worker->link.entry)
		cbx_health_want(worker->link.entry, false);
	if (worker->state_link.entry)
		cbx_health_want(worker->state_link.entry, false);
	return result;
}

/* An observer publishes and consumes nothing, and works without SQL while that is down */
static void want_little(struct chatterbox *box)
{
	struct cbx_health_entry *const entries[] = {
		box->lease_keeper.sql_link.entry,   box->poller.road.sql_link.entry,
		box->teller.bus_link.entry,         box->teller.state_link.entry,
		box->teller.sql_link.entry,         box->listener.bus_link.entry,
		box->poller.connections_link.entry,
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(entries); i++)
		if (entries[i])
			cbx_health_want(entries[i], false);
}

int cbx_engine_build_threads(struct chatterbox *box)
{
	int result = build_lease_keeper(box);

	if (!result)
		result = build_poller(box);
	if (!result)
		result = build_teller(box);
	if (!result)
		result = build_listener(box);
	if (!result)
		result = build_worker(box);
	/* it will never write them */
	box->orders.closed = box->lease_keeper.observer;
	if (!result && box->lease_keeper.observer)
		want_little(box);
	return result;
}

int cbx_engine_start_threads(struct chatterbox *box)
{
	int result = cbx_thread_start(&box->lease_keeper.thread, "cbx-lease", cbx_lease_keeper_run,
				      &box->lease_keeper);

	if (!result && !box->lease_keeper.observer)
		result = cbx_thread_start(&box->teller.thread, "cbx-teller", cbx_teller_run,
					  &box->teller);
	if (!result)
		result = cbx_thread_start(&box->poller.thread, "cbx-poller", cbx_poller_run,
					  &box->poller);
	if (!result && !box->lease_keeper.observer)
		result = cbx_thread_start(&box->listener.thread, "cbx-listener", cbx_listener_run,
					  &box->listener);
	if (!result)
		result = cbx_thread_start(&box->worker.thread, "cbx-requests",
					  cbx_request_worker_run, &box->worker);
	return result;
}

/* --- the end --- */

static void drop_snapshot(void *item)
{
	cbx_snapshot_unref(item);
}

static void drop_inbound(void *item)
{
	struct cbx_inbound *inbound = item;

	if (inbound->call)
		cbx_call_fail(inbound->call, CBX_CALL_DOWN, "chatterbox is stopping");
	inbound->answer = NULL;
	cbx_inbound_free(inbound);
}

/* Nobody will carry out these calls any more: they end with an error */
static void end_calls(struct chatterbox *box)
{
	struct cbx_inbound *inbound;

	cbx_request_worker_close(&box->worker);
	while ((inbound = cbx_mailbox_take(box->poller.road.inbox)))
		drop_inbound(inbound);
	cbx_command_end(&box->poller.road, CHATTERBOX_E_DOWN);
	cbx_command_relay_lost(&box->poller.relay, "chatterbox is stopping");
	cbx_order_log_end(&box->poller.orders, &box->poller.road);
}

void cbx_engine_stop_threads(struct chatterbox *box)
{
	box->teller.stop_by = cbx_now(box->clock) + box->shutdown_timeout - LEASE_TIME;
	box->calls.closed = true;
	box->worker.stop = true;
	cbx_mailbox_wake(box->worker.inbox);
	cbx_thread_join(&box->worker.thread);
	box->poller.stop = true;
	cbx_mailbox_wake(box->poller.road.inbox);
	cbx_thread_join(&box->poller.thread);
	box->teller.stop = true;
	box->listener.stop = true;
	cbx_mailbox_wake(box->teller.inbox);
	cbx_mailbox_wake(box->listener.inbox);
	cbx_thread_join(&box->teller.thread);
	cbx_thread_join(&box->listener.thread);
	box->lease_keeper.stop = true;
	cbx_mailbox_wake(box->lease_keeper.inbox);
	cbx_thread_join(&box->lease_keeper.thread);
	cbx_lease_keeper_close(&box->lease_keeper);
	end_calls(box);
}

void cbx_engine_close_threads(struct chatterbox *box)
{
	struct cbx_road *road = &box->poller.road;

	road->flight = NULL; /* what is dropped at the end breaks nothing */
	if (road->clock)
		cbx_poller_close(&box->poller);
	cbx_teller_close(&box->teller);
	cbx_listener_close(&box->listener);
	cbx_request_worker_close(&box->worker);
	cbx_bus_free(road->bus);
	cbx_state_free(road->state);
	cbx_sql_free(road->sql);
	cbx_sql_free(box->poller.online.connections);
	cbx_bus_free(box->teller.bus);
	cbx_state_free(box->teller.state);
	cbx_sql_free(box->teller.sql);
	cbx_bus_free(box->listener.bus);
	cbx_sql_free(box->lease_keeper.sql);
	cbx_sql_free(box->worker.sql);
	cbx_flight_free(box->flight);
	cbx_state_free(box->worker.state);
	if (road->inbox)
		cbx_mailbox_free(cbx_steal(road->inbox), drop_inbound);
	cbx_mailbox_free(box->listener.inbox, drop_inbound);
	cbx_mailbox_free(box->teller.inbox, drop_snapshot);
	cbx_mailbox_free(box->lease_keeper.inbox, NULL);
	cbx_mailbox_free(box->worker.inbox, NULL);
}
