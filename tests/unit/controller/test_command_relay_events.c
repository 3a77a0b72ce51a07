// SPDX-License-Identifier: MIT
/* An observer's commands that are events (contract 3.4) */
#include "command_relay_world.h"

#include <string.h>

#define PAUSE "nl-ocd.content.job.pause"
#define JOB "{\"system\":\"ABC1\",\"job_id\":17}"

START_TEST(an_event_is_done_when_the_broker_has_it_for_somebody)
{
	struct cbx_bus_event event;
	static const char body[] =
		"{\"jsonrpc\":\"2.0\",\"method\":\"nl-ocd.event.update_time_till_next_check\","
		"\"params\":{\"info\":\"\\\"600\\\"\"}}";

	relay_listen("nl-ocd.event.update_time_till_next_check");
	cbx_observer_set_interval(&world.poller,
				  relay_call("chatterbox.set_interval", "{\"seconds\":600}"));
	relay_turn();
	ck_assert_str_eq(relay_outcome, "0 {\"ok\":true}");
	relay_take(&event);
	ck_assert_uint_eq(event.message.body_len, strlen(body));
	ck_assert_mem_eq(event.message.body, body, strlen(body));
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(an_event_that_nobody_is_bound_to_is_none)
{
	cbx_command_relay_event(relay, "some.event", "{}", relay_call(PAUSE, JOB));
	relay_turn();
	ck_assert_str_eq(relay_outcome, "-32003 nobody serves it: no leader has run yet");
}
END_TEST

START_TEST(an_interval_is_checked_before_it_goes)
{
	static const char *const params[] = { "{}", "{\"seconds\":0}", "{\"seconds\":86401}",
					      "{\"seconds\":\"x\"}" };
	size_t i;

	relay_listen("#");
	for (i = 0; i < CBX_COUNT(params); i++) {
		cbx_observer_set_interval(&world.poller,
					  relay_call("chatterbox.set_interval", params[i]));
		ck_assert_int_eq(strncmp(relay_outcome, "-32602 ", 7), 0);
	}
	ck_assert_uint_eq(relay_turn(), 0);
}
END_TEST

static void inbound(enum cbx_inbound_type type, const char *key, const char *body)
{
	struct cbx_decode_limits limits = { 1000, 10 };
	struct cbx_inbound *made = NULL;

	if (body)
		ck_assert_int_eq(cbx_inbound_decode(key, body, strlen(body), &limits, &made), 0);
	else
		ck_assert_int_eq(cbx_inbound_new(type, &made), 0);
	ck_assert(cbx_observer_inbound(&world.poller, made));
}

static void expect_event(const char *key)
{
	struct cbx_bus_event event;

	relay_take(&event);
	ck_assert_str_eq(event.message.routing_key, key);
	cbx_bus_event_clear(&event);
}

START_TEST(what_a_host_says_without_waiting_becomes_an_event)
{
	struct cbx_inbound *waits = NULL;

	relay_listen("#");
	inbound(CBX_IN_DISCOVER, NULL, NULL);
	expect_event("nl-ocd.event.update_database");
	inbound(CBX_IN_POLL, NULL, NULL);
	expect_event("nl-ocd.event.update_database");
	inbound(CBX_IN_ONLINE, "a.system_online", "[\"ABC1\",\"ABC2\"]");
	expect_event("nl-hdms.event.control.system_online");
	expect_event("nl-hdms.event.control.system_online");
	inbound(CBX_IN_OFFLINE, "a.system_offline", "\"ABC1\"");
	expect_event("nl-hdms.event.control.system_offline");
	/* without a broker it waits */
	cbx_link_lost(&relay_road.bus_link, CHATTERBOX_E_DOWN);
	ck_assert_int_eq(cbx_inbound_new(CBX_IN_POLL, &waits), 0);
	ck_assert(!cbx_observer_inbound(&world.poller, waits));
	cbx_inbound_free(waits);
}
END_TEST

UNIT_TESTS_WITH(relay_set_up, relay_tear_down, an_event_is_done_when_the_broker_has_it_for_somebody,
		an_event_that_nobody_is_bound_to_is_none, an_interval_is_checked_before_it_goes,
		what_a_host_says_without_waiting_becomes_an_event)
