// SPDX-License-Identifier: MIT
/* Requests that change something (contract 3.5): at most once, and not late */
#include "controller/orders.h"
#include "listener_world.h"
#include "runtime/call.h"

#include <stdio.h>
#include <string.h>

static struct cbx_calls calls;
static struct cbx_bus *caller;
static char reply_to[CBX_BUS_SHORT + 1];

static void set_up(void)
{
	listener_set_up();
	calls = (struct cbx_calls){ .methods = cbx_methods,
				    .poller = road->inbox,
				    .leadership = &world.leadership };
	ck_assert_int_eq(cbx_mailbox_new(16, &calls.worker), 0);
	listener.calls = &calls;
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &caller), 0);
	ck_assert_int_eq(caller->ops->connect(caller, false, UINT64_MAX), 0);
	ck_assert_int_eq(caller->ops->consume(caller, NULL, 0, UINT64_MAX), 0);
	snprintf(reply_to, sizeof(reply_to), "%s", caller->ops->reply_to(caller));
	listen_for(2);
}

static void tear_down(void)
{
	struct cbx_call *call;

	while ((call = cbx_mailbox_take(calls.worker)))
		cbx_call_fail(call, CBX_CALL_DOWN, "the end");
	cbx_bus_free(caller);
	cbx_mailbox_free(calls.worker, NULL);
	listener_tear_down();
}

/* A request for @method, given @age seconds ago; negative: without a timestamp */
static void request(const char *method, int64_t age)
{
	char body[200];
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-ocd-chatterbox.request",
					   .reply_to = reply_to,
					   .correlation_id = "c1",
					   .body = body };

	snprintf(body, sizeof(body),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nl-ocd.content.job.%s\","
		 "\"params\":{\"system\":\"ABC1\",\"job_id\":1}}",
		 method);
	message.body_len = strlen(body);
	if (age >= 0)
		message.timestamp = cbx_wall(road->clock) / 1000 - age;
	listener_publish(&message);
}

static int64_t requests_waiting(void)
{
	int64_t messages = -1;

	caller->ops->depth(caller, "nl-ocd-chatterbox.request", &messages, UINT64_MAX);
	return messages;
}

/* The order that the poller got; NULL: none */
static struct cbx_call *take_order(void)
{
	struct cbx_inbound *inbound = cbx_mailbox_take(road->inbox);
	struct cbx_call *call = inbound ? inbound->call : NULL;

	ck_assert(!inbound || inbound->type == CBX_IN_CALL);
	cbx_inbound_free(inbound);
	return call;
}

static void finish(struct cbx_call *call)
{
	struct cbx_text text = { 0 };

	cbx_text_puts(&text, "{\"ok\":true}");
	cbx_call_done(call, &text);
}

/* The caller's next answer has this in it; NULL: there is none */
static void expect_answer(const char *part)
{
	struct cbx_bus_event event = { 0 };
	int result = caller->ops->take(caller, -1, cbx_now(road->clock), &event);

	ck_assert_int_eq(result, 0);
	if (!part)
		ck_assert_int_eq(event.type, CBX_BUS_NOTHING);
	else
		ck_assert_msg(event.type == CBX_BUS_DELIVERY && strstr(event.message.body, part),
			      "%s", event.type == CBX_BUS_DELIVERY ? event.message.body : "none");
	cbx_bus_event_clear(&event);
}

static void lose(void)
{
	listener_lose();
	listen_for(2);
}

START_TEST(an_order_is_acknowledged_on_receipt)
{
	static const char *const orders[] = { "pause",    "resume",    "kill",
					      "pauseAll", "resumeAll", "cleanUpErrored" };
	struct cbx_call *call;

	request(orders[_i], -1);
	listen_for(1);
	call = take_order();
	ck_assert_ptr_nonnull(call);
	/* the connection is lost while nl-hdms is asked: it does not come again */
	lose();
	ck_assert_int_eq(requests_waiting(), 0);
	ck_assert_ptr_null(take_order());
	finish(call);
	listen_for(1);
	expect_answer("{\"ok\":true}");
	expect_answer(NULL);
}
END_TEST

START_TEST(a_question_is_acknowledged_with_its_answer)
{
	struct cbx_call *call;

	request("status", -1);
	listen_for(1);
	call = cbx_mailbox_take(calls.worker);
	ck_assert_ptr_nonnull(call);
	lose();
	/* its answer goes nowhere, and it is asked again */
	finish(call);
	listen_for(1);
	expect_answer(NULL);
	call = cbx_mailbox_take(calls.worker);
	ck_assert_ptr_nonnull(call);
	finish(call);
	listen_for(1);
	expect_answer("{\"ok\":true}");
}
END_TEST

START_TEST(an_order_that_comes_again_is_carried_out_once)
{
	struct cbx_call *call;

	/* the acknowledgement is written, and gets lost */
	faults_add(&world.bus_faults, "acknowledge", 1);
	request("pause", -1);
	listen_for(1);
	call = take_order();
	ck_assert_ptr_nonnull(call);
	lose();
	ck_assert_int_eq(requests_waiting(), 0);
	ck_assert_ptr_null(take_order());
	finish(call);
	listen_for(1);
	expect_answer("{\"ok\":true}");
	expect_answer(NULL);
}
END_TEST

/* Two orders are two, however much they are alike */
START_TEST(the_same_order_twice_is_carried_out_twice)
{
	struct cbx_call *call;
	int i;

	request("pause", 0);
	request("pause", 0);
	listen_for(2);
	for (i = 0; i < 2; i++) {
		call = take_order();
		ck_assert_ptr_nonnull(call);
		finish(call);
	}
	listen_for(1);
	expect_answer("{\"ok\":true}");
	expect_answer("{\"ok\":true}");
}
END_TEST

START_TEST(what_can_not_be_acknowledged_is_not_carried_out)
{
	struct cbx_call *call;

	faults_add(&world.bus_faults, "acknowledge", CHATTERBOX_E_DOWN);
	request("kill", -1);
	listen_for(1);
	ck_assert_ptr_null(take_order());
	world_pass(1);
	listen_for(2);
	call = take_order();
	ck_assert_ptr_nonnull(call);
	finish(call);
	listen_for(1);
	expect_answer("{\"ok\":true}");
}
END_TEST

static const struct {
	uint64_t rpc_timeout; /* s */
	int64_t age;
	bool refused;
} ages[] = {
	{ 5, -1, false },    { 5, 0, false },    { 5, 60, false },    { 5, 61, true },
	{ 5, 3600, true },   { 300, 61, false }, { 300, 300, false }, { 300, 301, true },
	{ 5, -7200, false }, /* from a clock that goes before ours */
};

START_TEST(an_old_order_is_refused)
{
	uint64_t kept = world.settings->rpc_timeout_ns;
	struct cbx_call *call;

	world.settings->rpc_timeout_ns = ages[_i].rpc_timeout * CBX_SECOND;
	request("kill", ages[_i].age);
	listen_for(1);
	call = take_order();
	ck_assert_int_eq(!call, ages[_i].refused);
	if (call)
		finish(call);
	listen_for(1);
	expect_answer(call ? "{\"ok\":true}" : "\"code\":-32002");
	lose();
	ck_assert_int_eq(requests_waiting(), 0);
	world.settings->rpc_timeout_ns = kept;
}
END_TEST

START_TEST(a_question_may_be_old)
{
	request("status", 3600);
	listen_for(1);
	ck_assert_uint_eq(cbx_mailbox_count(calls.worker), 1);
}
END_TEST

START_TEST(who_stands_by_answers_no_order)
{
	struct cbx_call *call;

	request("pause", -1);
	listen_for(1);
	call = take_order();
	listener_lose();
	finish(call);
	cbx_leadership_lose(&world.leadership, "other");
	listen_at_most(1);
	ck_assert_ptr_null(listener.answers);
	expect_answer(NULL);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_question_is_acknowledged_with_its_answer,
		an_order_that_comes_again_is_carried_out_once,
		the_same_order_twice_is_carried_out_twice,
		what_can_not_be_acknowledged_is_not_carried_out,
		a_question_may_be_old,
		who_stands_by_answers_no_order,
	};
	TCase *tcase = tcase_create("orders");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, an_order_is_acknowledged_on_receipt, 0, 6);
	tcase_add_loop_test(tcase, an_old_order_is_refused, 0, (int)CBX_COUNT(ages));
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
