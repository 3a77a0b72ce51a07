// SPDX-License-Identifier: MIT
/* The requests of who does not lead (contract 2.5, 2.6): what goes out, and whose answer counts */
#include "command_relay_world.h"

#include <stdio.h>
#include <string.h>

#define PAUSE "nl-ocd.content.job.pause"
#define JOB "{\"system\":\"ABC1\",\"job_id\":17}"

static void answer(const char *body)
{
	struct cbx_bus_event event;

	relay_take(&event);
	relay_reply(event.message.reply_to, event.message.correlation_id, body);
	cbx_bus_event_clear(&event);
	ck_assert_uint_ge(relay_turn(), 1);
}

START_TEST(a_request_goes_out_whole)
{
	cbx_auto(cbx_freep) char *expected = NULL;
	struct cbx_bus_event event;

	relay_serve();
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	relay_take(&event);
	ck_assert_int_ge(asprintf(&expected,
				  "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"" PAUSE
				  "\",\"params\":" JOB "}",
				  event.message.correlation_id),
			 0);
	ck_assert_uint_eq(event.message.body_len, strlen(expected));
	ck_assert_mem_eq(event.message.body, expected, strlen(expected));
	ck_assert_str_eq(event.message.app_id, "nl-ocd-chatterbox");
	ck_assert_str_eq(event.message.content_type, "application/json");
	ck_assert_ptr_nonnull(cbx_bus_header(&event.message, "trace_id"));
	/* an order that nobody took in time is carried out by nobody later */
	ck_assert_int_eq(event.message.expiration_ms, 300001);
	cbx_bus_event_clear(&event);
	ck_assert_str_eq(relay_outcome, "");
}
END_TEST

static const struct {
	const char *body, *outcome;
} answers[] = {
	{ "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{\"ok\":true}}", "0 {\"ok\":true}" },
	{ "{\"ok\":true}", "0 {\"ok\":true}" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32001,\"message\":\"no job\"}}",
	  "-32001 no job" },
	{ "{\"error\":{\"code\":-32004,\"message\":\"no\",\"data\":\"busy\"}}", "-32004 no busy" },
	{ "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":5,\"message\":\"odd\"}}", "-32603 odd" },
	{ "{\"jsonrpc\":\"2.0\",\"error\":{}}", "-32603 the leader refused" },
	{ "{\"jsonrpc\":\"2.0\",\"result\":7}", "-32603 the leader's answer can't be understood" },
	{ "[]", "-32603 the leader's answer can't be understood" },
	{ "what", "-32603 the leader's answer can't be understood" },
	{ "", "-32603 the leader's answer can't be understood" },
};

START_TEST(an_answer_is_the_outcome)
{
	relay_serve();
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	answer(answers[_i].body);
	ck_assert_str_eq(relay_outcome, answers[_i].outcome);
}
END_TEST

START_TEST(bare_requests_name_the_method_in_the_type)
{
	struct cbx_bus_event event;

	relay_serve();
	relay_road.settings->envelope = CBX_ENVELOPE_BARE;
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	relay_take(&event);
	ck_assert_mem_eq(event.message.body, JOB, strlen(JOB));
	ck_assert_str_eq(event.message.type, PAUSE);
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(nobody_serves_it)
{
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	ck_assert_str_eq(relay_outcome, "-32005 nobody takes requests on behalf of the leader now; "
					"the leader is not known");
	/* a leader has run, and another one is known to hold the lease */
	relay_serve();
	ck_assert_int_eq(relay_peer->ops->cancel(relay_peer, UINT64_MAX), 0);
	cbx_leadership_lose(&world.leadership, "host:1:abc");
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	ck_assert_str_eq(relay_outcome, "-32005 nobody takes requests on behalf of the leader now; "
					"the leader is host:1:abc");
	relay_serve();
	ck_assert(!relay_has_message());
}
END_TEST

START_TEST(nobody_waits_long_for_what_nl_hdms_is_not_asked)
{
	relay_serve();
	cbx_command_relay_rpc(relay, relay_call("nl-ocd.chatterbox.poll", "{}"));
	world_pass(24);
	relay_turn();
	ck_assert_str_eq(relay_outcome, "");
	world_pass(2);
	relay_turn();
	ck_assert_str_eq(relay_outcome, "-32002 the leader did not answer in time");
}
END_TEST

START_TEST(an_overdue_answer_counts_for_nothing)
{
	struct cbx_bus_event event;

	relay_serve();
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	relay_take(&event);
	world_pass(301);
	relay_turn();
	ck_assert_str_eq(relay_outcome, "-32002 the leader did not answer in time");
	relay_reply(event.message.reply_to, event.message.correlation_id, "{}");
	cbx_bus_event_clear(&event);
	ck_assert_uint_eq(relay_turn(), 0);
}
END_TEST

START_TEST(answers_of_others_are_nobodys)
{
	struct cbx_bus_event event;
	char id[256];

	relay_serve();
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	relay_turn();
	relay_take(&event);
	relay_reply(event.message.reply_to, "1", "{}");
	relay_reply(event.message.reply_to, "oother:1:2.1", "{}");
	snprintf(id, sizeof(id), "%s9", event.message.correlation_id);
	relay_reply(event.message.reply_to, id, "{}");
	ck_assert_uint_eq(relay_turn(), 0);
	ck_assert_str_eq(relay_outcome, "");
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(a_lost_connection_ends_what_was_under_way)
{
	relay_serve();
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	cbx_command_relay_lost(relay, "lost");
	ck_assert_str_eq(relay_outcome, "-32003 lost");
	cbx_link_lost(&relay_road.bus_link, CHATTERBOX_E_DOWN);
	cbx_command_relay_rpc(relay, relay_call(PAUSE, JOB));
	ck_assert_str_eq(relay_outcome, "-32003 RabbitMQ is down");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_request_goes_out_whole,
		bare_requests_name_the_method_in_the_type,
		nobody_serves_it,
		nobody_waits_long_for_what_nl_hdms_is_not_asked,
		an_overdue_answer_counts_for_nothing,
		answers_of_others_are_nobodys,
		a_lost_connection_ends_what_was_under_way,
	};
	TCase *tcase = tcase_create("command_relay");

	tcase_add_checked_fixture(tcase, relay_set_up, relay_tear_down);
	unit_add(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, an_answer_is_the_outcome, 0, CBX_COUNT(answers));
	suite_add_tcase(suite, tcase);
}
