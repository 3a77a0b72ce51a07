// SPDX-License-Identifier: MIT
/* courier_world.c - an observer's connection and a leader's, on one memory broker */
#include "courier_world.h"

#include "controller/orders.h"

#include <stdio.h>
#include <string.h>

#define QUEUE "nl-ocd-chatterbox.request"

struct cbx_flow courier_flow;
struct cbx_courier *courier;
struct cbx_bus *courier_peer;

char courier_outcome[512];

static void done(struct cbx_call *call)
{
	snprintf(courier_outcome, sizeof(courier_outcome), "%d %s%s%s", (int)call->code,
		 call->code ? call->message : call->result, call->data[0] ? " " : "", call->data);
	cbx_call_free(call);
}

struct cbx_call *courier_call(const char *method, const char *params)
{
	struct cbx_call *call = NULL;

	courier_outcome[0] = '\0';
	ck_assert_int_eq(cbx_call_new(cbx_method_find(cbx_methods, method),
				      json_loads(params, 0, NULL), done, NULL, &call),
			 0);
	return call;
}

void courier_serve(void)
{
	ck_assert_int_eq(courier_peer->ops->declare(courier_peer, QUEUE, UINT64_MAX), 0);
	ck_assert_int_eq(courier_peer->ops->consume(courier_peer, QUEUE, 10, UINT64_MAX), 0);
}

void courier_listen(const char *key)
{
	ck_assert_int_eq(courier_peer->ops->declare(courier_peer, "events", UINT64_MAX), 0);
	ck_assert_int_eq(
		courier_peer->ops->bind(courier_peer, "events", "amq.topic", key, UINT64_MAX), 0);
	ck_assert_int_eq(courier_peer->ops->consume(courier_peer, "events", 10, UINT64_MAX), 0);
}

void courier_connect(void)
{
	courier_flow.bus_link.next_try = 0;
	if (cbx_link_ensure(&courier_flow.bus_link) == 1)
		ck_assert_int_eq(
			courier_flow.bus->ops->consume(courier_flow.bus, NULL, 0, UINT64_MAX), 0);
}

void courier_set_up(void)
{
	world_set_up();
	courier = &world.poller.courier;
	courier_flow = (struct cbx_flow){ .clock = flow->clock,
					  .log = flow->log,
					  .settings = cbx_settings_ref(world.settings),
					  .leadership = &world.leadership };
	courier->flow = &courier_flow;
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &courier_flow.bus), 0);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &courier_peer), 0);
	world_link(&courier_flow.bus_link, WORLD_CONFIRMING_BUS, courier_flow.bus);
	ck_assert_int_eq(courier_peer->ops->connect(courier_peer, false, UINT64_MAX), 0);
	courier_connect();
}

void courier_tear_down(void)
{
	cbx_courier_lost(courier, "the end");
	ck_assert_ptr_null(courier->errands);
	cbx_bus_free(courier_flow.bus);
	cbx_bus_free(courier_peer);
	cbx_settings_unref(courier_flow.settings);
	world_tear_down();
}

unsigned courier_turn(void)
{
	struct cbx_bus_event event = { 0 };
	unsigned ends = 0;

	do {
		cbx_bus_event_clear(&event);
		ck_assert_int_eq(courier_flow.bus->ops->take(courier_flow.bus, -1,
							     cbx_now(courier_flow.clock), &event),
				 0);
		if (event.type != CBX_BUS_NOTHING)
			ends += cbx_courier_hear(courier, &event);
	} while (event.type != CBX_BUS_NOTHING);
	cbx_courier_turn(courier);
	return ends;
}

void courier_take(struct cbx_bus_event *event)
{
	*event = (struct cbx_bus_event){ 0 };
	ck_assert_int_eq(
		courier_peer->ops->take(courier_peer, -1, cbx_now(courier_flow.clock), event), 0);
	ck_assert_int_eq(event->type, CBX_BUS_DELIVERY);
}

void courier_reply(const char *to, const char *id, const char *body)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = to,
					   .correlation_id = id,
					   .body = body,
					   .body_len = strlen(body) };

	ck_assert_int_eq(courier_peer->ops->publish(courier_peer, &message, NULL, UINT64_MAX), 0);
}
