// SPDX-License-Identifier: MIT
/* poller.c - the loop of the poller: connections, leadership, inbox, tasks, and a wait */
#include "controller/poller.h"

#include "controller/epoch.h"
#include "controller/orders.h"
#include "controller/pause.h"
#include "road/command.h"
#include "runtime/call.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

/* Passes new settings on to what has copied values out of them */
static void take_settings(struct cbx_poller *poller)
{
	struct cbx_road *road = &poller->road;

	if (!cbx_settings_take(poller->settings, &road->settings))
		return;
	road->bus->max_body = road->settings->limits.bytes;
	cbx_job_status_apply_settings(&poller->status);
	cbx_road_outlook_judge_again(road);
	cbx_road_outlook_read_soon(road);
}

static bool on_turn(void *user)
{
	struct cbx_poller *poller = user;

	poller->last_turn = cbx_now(poller->road.clock);
	take_settings(poller);
	cbx_road_renew_mark(&poller->road);
	cbx_command_relay_turn(&poller->relay);
	return poller->stop;
}

/* The answer to what was passed on before we led may come in the middle of a round */
static bool receive_relayed(void *poller, const struct cbx_bus_event *event)
{
	return cbx_command_relay_receive(&((struct cbx_poller *)poller)->relay, event);
}

static bool caught_up(void *user)
{
	struct cbx_poller *poller = user;

	return !poller->stop && poller->caught_up(poller->user);
}

static void announce(void *user)
{
	struct cbx_poller *poller = user;

	cbx_errors_clean_up_syncing(&poller->errors);
	poller->announce(poller->user);
}

static void recorded(void *user, const struct cbx_batch *batch)
{
	struct cbx_poller *poller = user;

	cbx_errors_note_batch(&poller->errors, batch);
	cbx_incident_keeper_note_batch(&poller->incidents, batch);
	if (poller->recorded)
		poller->recorded(poller->user, batch);
}

static bool take_interval(struct cbx_poller *poller, struct cbx_inbound *inbound)
{
	int result = cbx_job_status_take_interval(&poller->status, inbound->text);

	/* Redis is down: the interval is read when it is back, and this message is done */
	poller->status.interval_waits = result == 1;
	return result >= 0;
}

static void carry_out(struct cbx_poller *poller, struct cbx_call *call)
{
	/* without one it was to go to the leader, which is this instance now */
	if (call->method->poller)
		call->method->poller(poller, call);
	else
		cbx_call_fail_by(call, CHATTERBOX_E_DOWN, "");
}

/* Carries out what the road leaves to the controllers; false: it is refused */
static bool command(void *user, struct cbx_inbound *inbound)
{
	struct cbx_poller *poller = user;
	bool ok = true;

	switch (inbound->type) {
	case CBX_IN_INTERVAL:
		ok = take_interval(poller, inbound);
		break;
	case CBX_IN_DISCOVER:
		poller->status.update_database_task.wanted = true;
		break;
	case CBX_IN_CALL:
		carry_out(poller, inbound->call);
		break;
	case CBX_IN_ANSWER:
	case CBX_IN_REPORT:
	case CBX_IN_ONLINE:
	case CBX_IN_OFFLINE:
		break;
	}
	cbx_order_log_event(&poller->orders, inbound, ok);
	return ok;
}

static bool has_lease(const struct cbx_poller *poller)
{
	return cbx_leadership_epoch(poller->road.leadership);
}

static void put_back(struct cbx_poller *poller, struct cbx_inbound *inbound)
{
	if (cbx_mailbox_put(poller->road.inbox, inbound) >= 0)
		return;
	if (inbound->call)
		cbx_call_fail_by(inbound->call, CHATTERBOX_E_FULL, "");
	cbx_inbound_requeue(inbound);
}

/* While the tasks do not run here: what came from the broker goes back there for who leads next,
 * what the host wants goes to the leader. What is about to be done here waits. */
static void follow_inbox(struct cbx_poller *poller)
{
	struct cbx_mailbox *inbox = poller->road.inbox;
	size_t count = cbx_mailbox_count(inbox);
	bool waits = has_lease(poller); /* not everything has been read yet */
	struct cbx_inbound *inbound;

	if (!waits)
		cbx_mailbox_clear(inbox);
	while (count-- && (inbound = cbx_mailbox_take(inbox))) {
		if (inbound->answer)
			cbx_inbound_requeue(inbound);
		else if (waits || !cbx_follower_inbound(poller, inbound))
			put_back(poller, inbound);
	}
}

int cbx_poller_init(struct cbx_poller *poller)
{
	struct cbx_road *road = &poller->road;
	int result;

	cbx_settings_take(poller->settings, &road->settings);
	road->command = command;
	road->command_user = poller;
	road->recorded = recorded;
	road->recorded_user = poller;
	road->on_turn = on_turn;
	road->on_turn_user = poller;
	road->receive = receive_relayed;
	road->receive_user = poller;
	poller->status.road = road;
	poller->status.scheduler = &poller->scheduler;
	poller->status.caught_up = caught_up;
	poller->status.announce = announce;
	poller->status.user = poller;
	poller->online.road = road;
	poller->online.discovery = &poller->status.update_database_task;
	result = cbx_road_init(road);
	if (result < 0)
		return result;
	poller->follow.interval_ns = cbx_job_status_kept_interval;
	poller->follow.paused_until_ms = cbx_pause_kept;
	result = cbx_follow_init(&poller->follow, road);
	if (result < 0)
		return result;
	cbx_job_status_init(&poller->status);
	cbx_errors_init(&poller->errors, road);
	cbx_incident_keeper_init(&poller->incidents, road);
	cbx_internal_systems_init(&poller->internal, road, &poller->errors);
	poller->relay.road = road;
	return cbx_road_update_snapshot(road);
}

static void ensure_links(struct cbx_poller *poller)
{
	struct cbx_road *road = &poller->road;
	int result;

	cbx_link_ensure(&road->sql_link);
	if (poller->online.connections)
		cbx_link_ensure(&poller->connections_link);
	if (cbx_link_ensure(&road->state_link) == 1) {
		cbx_road_share_again(road);
		cbx_follow_begin(&poller->follow);
	}
	if (cbx_link_ensure(&road->bus_link) != 1)
		return;
	cbx_command_lost(road, "RabbitMQ was lost before the answer came");
	cbx_command_relay_lost(&poller->relay, "RabbitMQ was lost before the answer came");
	/* the reply queue has to be there before the first question */
	result = road->bus->ops->consume(road->bus, NULL, 0, cbx_now(road->clock) + 5 * CBX_SECOND);
	if (result < 0) {
		road->bus->ops->disconnect(road->bus);
		cbx_link_lost(&road->bus_link, CHATTERBOX_E_DOWN);
	}
}

static void commit(struct cbx_poller *poller)
{
	struct cbx_road *road = &poller->road;
	int result = cbx_road_commit(road);

	if (result == CHATTERBOX_E_FENCED && cbx_road_leads(road)) {
		/* SQL says so before the lease keeper knows: until that has asked, write nothing */
		cbx_poller_end_epoch(poller);
		cbx_leadership_lose(road->leadership, "");
	} else if (result == -ENOMEM) {
		cbx_error(road->log, CBX_NO_FIELDS, "out of memory: a batch is put off");
		cbx_road_discard(road);
	}
}

static void lead(struct cbx_poller *poller)
{
	struct cbx_road *road = &poller->road;

	cbx_road_drain_inbox(road);
	cbx_road_outlook_turn(road, poller->status.updated_once);
	if (road->sql_link.up)
		commit(poller);
	if (!poller->begun)
		return;
	cbx_follow_forget(&poller->follow);
	cbx_follow_note_position(&poller->follow);
	if (poller->status.interval_waits && road->state_link.up)
		poller->status.interval_waits =
			cbx_job_status_take_interval(&poller->status, "") == 1;
	if (road->share_whole)
		cbx_road_share_check(road);
	cbx_command_turn(road);
	if (road->ask_now_count)
		cbx_job_status_ask_now(&poller->status);
	cbx_pause_turn(poller);
	cbx_errors_turn(&poller->errors);
	cbx_history_turn(&poller->history, road);
	cbx_incident_keeper_turn(&poller->incidents);
	cbx_order_log_turn(&poller->orders, road);
	cbx_task_tick(&poller->scheduler);
}

static void receive(struct cbx_poller *poller, const struct cbx_bus_event *event)
{
	struct cbx_road *road = &poller->road;

	if (event->type == CBX_BUS_CANCELLED)
		road->bus->ops->disconnect(road->bus);
	else if (!cbx_command_relay_receive(&poller->relay, event) &&
		 !cbx_command_receive(road, event) && event->type == CBX_BUS_DELIVERY)
		cbx_metric_add(road->counters->late_statuses, "answer", NULL, 1);
}

/* @leads: inbox and tasks are being served; otherwise they must not keep us awake */
static void wait_for_work(struct cbx_poller *poller, bool leads)
{
	struct cbx_road *road = &poller->road;
	uint64_t deadline = cbx_now(road->clock) + CBX_SECOND;
	bool serves = leads || (!has_lease(poller) && road->bus_link.up);
	bool ignores_inbox = road->hanging || !serves;
	struct pollfd p = { .fd = cbx_mailbox_fd(road->inbox), .events = POLLIN };
	struct cbx_bus_event event = { 0 };
	int result;

	if (leads && cbx_task_next_tick(&poller->scheduler) < deadline)
		deadline = cbx_task_next_tick(&poller->scheduler);
	if (leads && road->batch.aside_until && road->batch.aside_until < deadline)
		deadline = road->batch.aside_until;
	/* look again soon at connections that are down and at what can't be taken yet */
	if (!road->bus_link.up || !road->sql_link.up || !road->state_link.up || !leads)
		deadline = cbx_now(road->clock) + CBX_SECOND / 10;
	if (!road->bus_link.up)
		return (void)poll(&p, ignores_inbox ? 0 : 1, 100);
	result = road->bus->ops->take(road->bus, ignores_inbox ? -1 : p.fd, deadline, &event);
	receive(poller, &event);
	cbx_bus_event_clear(&event);
	if (result == CHATTERBOX_E_REFUSED && leads) {
		cbx_road_note_refused(road);
		cbx_command_lost(road, CBX_COMMAND_REFUSED);
	} else if (result < 0) {
		cbx_link_lost(&road->bus_link, result);
	}
}

void *cbx_poller_run(void *user)
{
	struct cbx_poller *poller = user;
	bool leads;

	while (!on_turn(poller)) {
		ensure_links(poller);
		leads = cbx_poller_follow_leadership(poller);
		if (leads) {
			lead(poller);
		} else {
			follow_inbox(poller);
			cbx_follow_turn(&poller->follow);
		}
		if (!poller->stop)
			wait_for_work(poller, leads && poller->begun);
	}
	/* at a stop, what was received is recorded if possible; the rest is asked for or delivered
	 * again */
	if (poller->begun && poller->road.sql_link.up)
		commit(poller);
	if (poller->begun && poller->road.sql_link.up)
		cbx_order_log_flush(&poller->orders, &poller->road);
	return NULL;
}

void cbx_poller_close(struct cbx_poller *poller)
{
	cbx_link_close(&poller->road.bus_link);
	cbx_link_close(&poller->road.state_link);
	cbx_link_close(&poller->road.sql_link);
	if (poller->online.connections)
		cbx_link_close(&poller->connections_link);
	cbx_incident_keeper_close(&poller->incidents);
	cbx_follow_close(&poller->follow);
	cbx_road_close(&poller->road);
	cbx_errors_close(&poller->errors);
}
