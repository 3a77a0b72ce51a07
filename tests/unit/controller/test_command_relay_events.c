// SPDX-License-Identifier: MIT
/* What a host wants of an instance that does not lead: what goes out, what is refused (contract 2.5)
 */
#include "command_relay_world.h"

#include <string.h>

#define JOB "{\"system\":\"ABC1\",\"job_id\":17}"

static void inbound(const char *key, const char *body, struct cbx_inbound **out)
{
	struct cbx_decode_limits limits = { 1000, 10 };

	ck_assert_int_eq(cbx_inbound_decode(key, body, strlen(body), &limits, out), 0);
}

static void say(const char *key, const char *body)
{
	struct cbx_inbound *made = NULL;

	inbound(key, body, &made);
	ck_assert(cbx_follower_inbound(&world.poller, made));
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
	say("a.system_online", "[\"ABC1\",\"ABC2\"]");
	expect_event("nl-hdms.event.control.system_online");
	expect_event("nl-hdms.event.control.system_online");
	say("a.system_offline", "\"ABC1\"");
	expect_event("nl-hdms.event.control.system_offline");
	/* without a broker it waits */
	cbx_link_lost(&relay_road.bus_link, CHATTERBOX_E_DOWN);
	inbound("a.system_offline", "\"ABC1\"", &waits);
	ck_assert(!cbx_follower_inbound(&world.poller, waits));
	cbx_inbound_free(waits);
}
END_TEST

static void call(const char *method, const char *params, bool over_amqp)
{
	struct cbx_inbound *made = NULL;

	ck_assert_int_eq(cbx_inbound_new(CBX_IN_CALL, &made), 0);
	made->call = relay_call(method, params);
	made->call->over_amqp = over_amqp;
	ck_assert(cbx_follower_inbound(&world.poller, made));
}

static const struct {
	const char *method, *params;
} carried[] = {
	{ "nl-ocd.content.job.pause", JOB },
	{ "nl-ocd.content.job.resume", JOB },
	{ "nl-ocd.content.job.kill", JOB },
	{ "nl-ocd.content.job.pauseAll", "{}" },
	{ "nl-ocd.content.job.resumeAll", "{}" },
	{ "nl-ocd.content.job.cleanUpErrored", "{}" },
	{ "nl-ocd.server.errors.get", "{}" },
	{ "nl-ocd.server.errors.remove", "{\"ids\":[1]}" },
	{ "nl-ocd.chatterbox.poll", "{\"discovery\":true}" },
	{ "nl-ocd.chatterbox.interval", "{\"seconds\":600}" },
	{ "nl-ocd.chatterbox.pause", "{}" },
	{ "nl-ocd.chatterbox.resume", "{}" },
};

START_TEST(each_rpc_is_carried_to_the_leader)
{
	struct cbx_bus_event event;
	cbx_auto(cbx_freep) char *member = NULL;

	relay_serve();
	call(carried[_i].method, carried[_i].params, false);
	relay_take(&event);
	ck_assert_int_ge(asprintf(&member, "\"method\":\"%s\",\"params\":%s", carried[_i].method,
				  carried[_i].params),
			 0);
	ck_assert_ptr_nonnull(
		memmem(event.message.body, event.message.body_len, member, strlen(member)));
	relay_reply(event.message.reply_to, event.message.correlation_id, "{\"ok\":true}");
	cbx_bus_event_clear(&event);
	ck_assert_uint_eq(relay_turn(), 1);
	ck_assert_str_eq(relay_outcome, "0 {\"ok\":true}");
}
END_TEST

START_TEST(what_came_over_amqp_is_not_sent_round_again)
{
	relay_serve();
	call(carried[_i].method, carried[_i].params, true);
	ck_assert_str_eq(relay_outcome,
			 "-32005 this instance does not lead; the leader is not known");
	ck_assert(!relay_has_message());
}
END_TEST

START_TEST(what_has_no_rpc_is_refused)
{
	relay_serve();
	call("chatterbox.send_status", "{}", false);
	ck_assert_str_eq(relay_outcome,
			 "-32005 this instance does not lead; the leader is not known");
	call("chatterbox.syncing.has", "{\"system\":\"ABC1\"}", false);
	ck_assert_str_eq(relay_outcome, "0 {\"syncing\":0}");
	ck_assert(!relay_has_message());
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = { what_a_host_says_without_waiting_becomes_an_event,
				       what_has_no_rpc_is_refused };
	TCase *tcase = tcase_create("command_relay_events");

	tcase_add_checked_fixture(tcase, relay_set_up, relay_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, each_rpc_is_carried_to_the_leader, 0, CBX_COUNT(carried));
	tcase_add_loop_test(tcase, what_came_over_amqp_is_not_sent_round_again, 0,
			    CBX_COUNT(carried));
	suite_add_tcase(suite, tcase);
}
