// SPDX-License-Identifier: MIT
/* listener_world.c - gives a listener its connection, and lets a test publish to it */
#include "listener_world.h"

#include <stdio.h>
#include <string.h>

struct cbx_listener listener;
static struct cbx_bus *mouth;
static unsigned turns; /* how many takes until it stops */
static struct cbx_texts kept;
char *listener_bindings[] = { (char *)(uintptr_t) "nl-hdms.event.control.#",
			      (char *)(uintptr_t) "nl-hdms.event.content.job_status" };

/* Called in each take(), between two turns */
static void count_turn(void *user)
{
	(void)user;
	if (--turns == 0)
		listener.stop = true;
}

void listener_set_up(void)
{
	world_set_up();
	world_lead();
	kept = world.settings->bindings;
	world.settings->bindings =
		(struct cbx_texts){ listener_bindings, CBX_COUNT(listener_bindings) };
	listener = (struct cbx_listener){ .clock = road->clock,
					  .log = &world.log,
					  .place = &world.place,
					  .counters = &world.counters,
					  .leadership = &world.leadership,
					  .poller = road->inbox };
	cbx_settings_take(listener.place, &listener.settings);
	ck_assert_int_eq(cbx_mailbox_new(16, &listener.inbox), 0);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &listener.bus), 0);
	faults_of_bus(listener.bus, &world.bus_faults, &world.clock, CBX_SECOND, count_turn, NULL);
	world_link(&listener.bus_link, WORLD_BUS, listener.bus);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &mouth), 0);
	ck_assert_int_eq(mouth->ops->connect(mouth, false, UINT64_MAX), 0);
}

static void drop(void *item)
{
	struct cbx_inbound *inbound = item;

	inbound->answer = NULL;
	cbx_inbound_free(inbound);
}

void listener_tear_down(void)
{
	cbx_road_discard(road);
	cbx_mailbox_free(road->inbox, drop);
	ck_assert_int_eq(cbx_mailbox_new(16, &road->inbox), 0);
	cbx_listener_close(&listener);
	cbx_bus_free(listener.bus);
	cbx_mailbox_free(listener.inbox, drop);
	cbx_bus_free(mouth);
	world.settings->bindings = kept;
	world_tear_down();
}

void listen_for(unsigned n)
{
	turns = n;
	listener.stop = false;
	cbx_listener_run(&listener);
}

static const struct cbx_clock_ops *true_clock;
static unsigned patience; /* how often the clock may be read before the listener has to stop */

/* Without memory a listener never gets to wait for the bus, and the world's clock stands still, so
 * it would try for ever */
static uint64_t impatient_now(struct cbx_clock *clock)
{
	if (patience && !--patience)
		listener.stop = true;
	else
		cbx_mailbox_wake(listener.inbox);
	return true_clock->now(clock);
}

static int64_t true_wall(struct cbx_clock *clock)
{
	return true_clock->wall(clock);
}

static const struct cbx_clock_ops impatient = { .now = impatient_now, .wall = true_wall };

void listen_at_most(unsigned n)
{
	true_clock = world.clock.clock.ops;
	world.clock.clock.ops = &impatient;
	patience = 40;
	listen_for(n);
	world.clock.clock.ops = true_clock;
}

void listener_lose(void)
{
	listener.bus->ops->disconnect(listener.bus);
	cbx_link_lost(&listener.bus_link, CHATTERBOX_E_DOWN);
	world_pass(1);
}

void listener_publish(const struct cbx_bus_message *message)
{
	ck_assert_int_eq(mouth->ops->publish(mouth, message, NULL, UINT64_MAX), 0);
}

void say(const char *key, const char *body)
{
	struct cbx_bus_message message = {
		.exchange = "amq.topic", .routing_key = key, .body = body, .body_len = strlen(body)
	};

	listener_publish(&message);
}

void say_status(const char *job_id, const char *status)
{
	char body[160];

	snprintf(body, sizeof(body),
		 "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"system\":\"ABC1\","
		 "\"job_id\":%s,\"status\":\"%s\"}}",
		 job_id, status);
	say("nl-hdms.event.content.job_status", body);
}

void poll_once(void)
{
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_ge(cbx_road_commit(road), 0);
}

int64_t waiting(void)
{
	int64_t messages = -1;

	mouth->ops->depth(mouth, "nl-ocd-chatterbox.default.event", &messages, UINT64_MAX);
	return messages;
}

double consumed(const char *event, const char *outcome)
{
	return world_count(world.counters.events_consumed, event, outcome);
}
