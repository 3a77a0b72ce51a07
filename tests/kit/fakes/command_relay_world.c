// SPDX-License-Identifier: MIT
/* command_relay_world.c - two connections to one memory broker: of the leader and of one that asks it */
#include "command_relay_world.h"

#include "controller/orders.h"

#include <stdio.h>
#include <string.h>

#define QUEUE "nl-ocd-chatterbox.request"

struct cbx_road relay_road;
struct cbx_command_relay *relay;
struct cbx_bus *relay_peer;

char relay_outcome[512];

static void done(struct cbx_call *call)
{
	snprintf(relay_outcome, sizeof(relay_outcome), "%d %s%s%s", (int)call->code,
		 call->code ? call->message : call->result, call->data[0] ? " " : "", call->data);
	cbx_call_free(call);
}

struct cbx_call *relay_call(const char *method, const char *params)
{
	struct cbx_call *call = NULL;

	relay_outcome[0] = '\0';
	ck_assert_int_eq(cbx_call_new(cbx_method_find(cbx_methods, method),
				      json_loads(params, 0, NULL), done, NULL, &call),
			 0);
	return call;
}

void relay_serve(void)
{
	ck_assert_int_eq(relay_peer->ops->declare(relay_peer, QUEUE, UINT64_MAX), 0);
	ck_assert_int_eq(relay_peer->ops->consume(relay_peer, QUEUE, 10, UINT64_MAX), 0);
}

void relay_listen(const char *key)
{
	ck_assert_int_eq(relay_peer->ops->declare(relay_peer, "events", UINT64_MAX), 0);
	ck_assert_int_eq(relay_peer->ops->bind(relay_peer, "events", "amq.topic", key, UINT64_MAX),
			 0);
	ck_assert_int_eq(relay_peer->ops->consume(relay_peer, "events", 10, UINT64_MAX), 0);
}

void relay_connect(void)
{
	relay_road.bus_link.next_try = 0;
	if (cbx_link_ensure(&relay_road.bus_link) == 1)
		ck_assert_int_eq(relay_road.bus->ops->consume(relay_road.bus, NULL, 0, UINT64_MAX),
				 0);
}

void relay_set_up(void)
{
	world_set_up();
	relay = &world.poller.relay;
	relay_road = (struct cbx_road){ .clock = road->clock,
					.log = road->log,
					.settings = cbx_settings_ref(world.settings),
					.leadership = &world.leadership };
	relay->road = &relay_road;
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &relay_road.bus), 0);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &relay_peer), 0);
	world_link(&relay_road.bus_link, WORLD_BUS, relay_road.bus);
	ck_assert_int_eq(relay_peer->ops->connect(relay_peer, false, UINT64_MAX), 0);
	relay_connect();
}

void relay_tear_down(void)
{
	cbx_command_relay_lost(relay, "the end");
	ck_assert_ptr_null(relay->under_way);
	cbx_bus_free(relay_road.bus);
	cbx_bus_free(relay_peer);
	cbx_settings_unref(relay_road.settings);
	world_tear_down();
}

unsigned relay_turn(void)
{
	struct cbx_bus_event event = { 0 };
	unsigned ends = 0;

	do {
		cbx_bus_event_clear(&event);
		ck_assert_int_eq(relay_road.bus->ops->take(relay_road.bus, -1,
							   cbx_now(relay_road.clock), &event),
				 0);
		if (event.type != CBX_BUS_NOTHING)
			ends += cbx_command_relay_receive(relay, &event);
	} while (event.type != CBX_BUS_NOTHING);
	cbx_command_relay_turn(relay);
	return ends;
}

bool relay_has_message(void)
{
	struct cbx_bus_event event = { 0 };
	bool has;

	ck_assert_int_eq(
		relay_peer->ops->take(relay_peer, -1, cbx_now(relay_road.clock), &event), 0);
	has = event.type != CBX_BUS_NOTHING;
	cbx_bus_event_clear(&event);
	return has;
}

void relay_take(struct cbx_bus_event *event)
{
	*event = (struct cbx_bus_event){ 0 };
	ck_assert_int_eq(relay_peer->ops->take(relay_peer, -1, cbx_now(relay_road.clock), event),
			 0);
	ck_assert_int_eq(event->type, CBX_BUS_DELIVERY);
}

void relay_reply(const char *to, const char *id, const char *body)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = to,
					   .correlation_id = id,
					   .body = body,
					   .body_len = strlen(body) };

	ck_assert_int_eq(relay_peer->ops->publish(relay_peer, &message, NULL, UINT64_MAX), 0);
}
