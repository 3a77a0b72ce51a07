// SPDX-License-Identifier: MIT
/* An observer's requests (contract 2.6, 3): what goes out, and whose answer counts */
#include "courier_world.h"

#include <stdio.h>
#include <string.h>

#define PAUSE "nl-ocd.content.job.pause"
#define JOB "{\"system\":\"ABC1\",\"job_id\":17}"

static void answer(const char *body)
{
	struct cbx_bus_event event;

	courier_take(&event);
	courier_reply(event.message.reply_to, event.message.correlation_id, body);
	cbx_bus_event_clear(&event);
	ck_assert_uint_ge(courier_turn(), 1);
}

START_TEST(a_request_goes_out_whole)
{
	cbx_auto(cbx_freep) char *expected = NULL;
	struct cbx_bus_event event;

	courier_serve();
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	courier_take(&event);
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
	ck_assert_str_eq(courier_outcome, "");
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
	courier_serve();
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	answer(answers[_i].body);
	ck_assert_str_eq(courier_outcome, answers[_i].outcome);
}
END_TEST

START_TEST(bare_requests_name_the_method_in_the_type)
{
	struct cbx_bus_event event;

	courier_serve();
	courier_flow.settings->envelope = CBX_ENVELOPE_BARE;
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	courier_take(&event);
	ck_assert_mem_eq(event.message.body, JOB, strlen(JOB));
	ck_assert_str_eq(event.message.type, PAUSE);
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(nobody_serves_it)
{
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	courier_turn();
	ck_assert_str_eq(courier_outcome, "-32003 nobody serves it: no leader has run yet");
}
END_TEST

START_TEST(an_overdue_answer_counts_for_nothing)
{
	struct cbx_bus_event event;

	courier_serve();
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	courier_take(&event);
	world_pass(301);
	courier_turn();
	ck_assert_str_eq(courier_outcome, "-32002 the leader did not answer in time");
	courier_reply(event.message.reply_to, event.message.correlation_id, "{}");
	cbx_bus_event_clear(&event);
	ck_assert_uint_eq(courier_turn(), 0);
}
END_TEST

START_TEST(answers_of_others_are_nobodys)
{
	struct cbx_bus_event event;
	char id[256];

	courier_serve();
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	courier_turn();
	courier_take(&event);
	courier_reply(event.message.reply_to, "1", "{}");
	courier_reply(event.message.reply_to, "oother:1:2.1", "{}");
	snprintf(id, sizeof(id), "%s9", event.message.correlation_id);
	courier_reply(event.message.reply_to, id, "{}");
	ck_assert_uint_eq(courier_turn(), 0);
	ck_assert_str_eq(courier_outcome, "");
	/* an event has no answer */
	cbx_courier_event(courier, "some.event", "{}", NULL);
	snprintf(id, sizeof(id), "o%s.2", world.leadership.self);
	courier_reply(event.message.reply_to, id, "{}");
	cbx_bus_event_clear(&event);
	courier_turn();
	ck_assert_str_eq(courier_outcome, "");
}
END_TEST

START_TEST(a_lost_connection_ends_what_was_under_way)
{
	courier_serve();
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	cbx_courier_lost(courier, "lost");
	ck_assert_str_eq(courier_outcome, "-32003 lost");
	cbx_link_lost(&courier_flow.bus_link, CHATTERBOX_E_DOWN);
	cbx_courier_rpc(courier, courier_call(PAUSE, JOB));
	ck_assert_str_eq(courier_outcome, "-32003 RabbitMQ is down");
	cbx_courier_event(courier, "some.event", "{}", courier_call(PAUSE, JOB));
	ck_assert_str_eq(courier_outcome, "-32003 RabbitMQ is down");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_request_goes_out_whole,
		bare_requests_name_the_method_in_the_type,
		nobody_serves_it,
		an_overdue_answer_counts_for_nothing,
		answers_of_others_are_nobodys,
		a_lost_connection_ends_what_was_under_way,
	};
	TCase *tcase = tcase_create("courier");

	tcase_add_checked_fixture(tcase, courier_set_up, courier_tear_down);
	unit_add(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, an_answer_is_the_outcome, 0, CBX_COUNT(answers));
	suite_add_tcase(suite, tcase);
}
