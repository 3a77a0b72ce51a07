// SPDX-License-Identifier: MIT
/*
 * test_alloc_calls.c - memory runs out between a request and its answer
 *
 * Over AMQP: each request is answered once and in full, or the broker has to deliver it again (and
 * is made to); then it is answered. By the events: what was not handed to the poller, either. And
 * what the teller tells reaches both sides in the end, in order.
 */
#include "adapter/sqlite/sqlite.h"
#include "alloc_faults.h"
#include "controller/orders.h"
#include "listener_world.h"
#include "teller_world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MOST 3000

static struct cbx_request_worker worker;
static struct cbx_calls calls;
static struct cbx_settings_place place;
static struct cbx_bus *asker;

static void set_up(void)
{
	listener_set_up();
	world_push("ABC1", "1 Running t=Music; 2 Errored c=disk");
	poll_once();
	world_expect_acknowledged("ok");
	cbx_task_scheduler_init(&world.poller.scheduler, road->clock);
	cbx_cleanup_init(&world.poller.cleanup, road, &world.poller.errors);
	cbx_settings_place_init(&place);
	cbx_settings_put(&place, cbx_settings_ref(world.settings));
	worker = (struct cbx_request_worker){
		.slot = &world.slot, .clock = road->clock, .settings = &place, .calls = &calls
	};
	pthread_mutex_init(&worker.lock, NULL);
	ck_assert_int_eq(cbx_mailbox_new(16, &worker.inbox), 0);
	ck_assert_int_eq(cbx_sqlite_new(world.path, road->clock, &worker.sql), 0);
	world_link(&worker.link, WORLD_SQL, worker.sql);
	calls = (struct cbx_calls){ .methods = cbx_methods,
				    .worker = worker.inbox,
				    .poller = road->inbox,
				    .leadership = &world.leadership };
	listener.calls = &calls;
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &asker), 0);
	ck_assert_int_eq(asker->ops->connect(asker, false, UINT64_MAX), 0);
	ck_assert_int_eq(asker->ops->consume(asker, NULL, 0, UINT64_MAX), 0);
	listen_for(2);
}

static void tear_down(void)
{
	cbx_request_worker_close(&worker);
	cbx_settings_place_close(&place);
	cbx_sql_free(worker.sql);
	cbx_mailbox_free(worker.inbox, NULL);
	pthread_mutex_destroy(&worker.lock);
	cbx_bus_free(asker);
	listener_tear_down();
}

static void ask(const char *body)
{
	const struct cbx_bus_message message = { .exchange = "",
						 .routing_key = "nl-ocd-chatterbox.request",
						 .reply_to = asker->ops->reply_to(asker),
						 .correlation_id = "7",
						 .body = body,
						 .body_len = strlen(body) };

	listener_publish(&message);
}

/* What the listener's, the desk's and the poller's thread do with one request */
static void serve(void)
{
	struct cbx_inbound *inbound;
	struct cbx_call *call;

	listen_at_most(1);
	call = cbx_mailbox_take(worker.inbox);
	inbound = cbx_mailbox_take(road->inbox);
	if (call)
		call->method->worker(&worker, call);
	if (inbound)
		inbound->call->method->poller(&world.poller, inbound->call);
	cbx_inbound_free(inbound);
	listen_at_most(1);
}

/* The answers that came, as many as there are; each is whole */
static unsigned receive_answers(unsigned n, bool *ok)
{
	struct cbx_bus_event event = { 0 };
	unsigned count = 0;
	json_t *answer;

	*ok = false;
	for (; !asker->ops->take(asker, -1, 0, &event) && event.type == CBX_BUS_DELIVERY; count++) {
		ck_assert_str_eq(event.message.correlation_id, "7");
		answer = json_loadb(event.message.body, event.message.body_len, 0, NULL);
		*ok = json_object_get(answer, "result") != NULL;
		/* without memory it could not even be read: the correlation_id must do */
		if (!json_is_null(json_object_get(answer, "id")))
			ck_assert_int_eq(json_integer_value(json_object_get(answer, "id")), n);
		else
			ck_assert(!*ok);
		if (!*ok)
			ck_assert_int_eq(json_integer_value(json_object_get(
						 json_object_get(answer, "error"), "code")),
					 CBX_CALL_INTERNAL);
		json_decref(answer);
		cbx_bus_event_clear(&event);
	}
	cbx_bus_event_clear(&event);
	return count;
}

static const char *const requests[] = {
	"nl-ocd.content.job.find\",\"params\":{\"status\":\"running\",\"limit\":5}",
	"nl-ocd.content.job.status\",\"params\":{\"system\":\"ABC1\",\"job_id\":1}",
	"nl-ocd.server.errors.get\",\"params\":{\"system\":\"ABC1\"}",
	"nl-ocd.content.job.cleanUpErrored\",\"params\":{\"system\":\"OTHER\"}",
};

/* One request whose @nth allocation fails; false when it makes fewer than that */
static bool play_request(const char *request, unsigned long nth, bool persistent)
{
	unsigned long failed;
	char body[256];
	unsigned answers;
	int tries;
	bool ok;

	snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%lu,\"method\":\"%s}", nth,
		 request);
	ask(body);
	alloc_faults_arm(nth, persistent);
	serve();
	failed = alloc_faults_disarm();
	answers = receive_answers((unsigned)nth, &ok);
	for (tries = 0; !answers && tries < 4; tries++) {
		world_pass(60);
		world_connect();
		serve();
		answers = receive_answers((unsigned)nth, &ok);
		/* an order does not come again: it says later that it could not be carried out */
		ck_assert(ok || !answers || strstr(request, "cleanUp"));
	}
	ck_assert_msg(answers == 1, "%s, allocation %lu: %u answers", body, nth, answers);
	ck_assert(ok || failed);
	/* nothing of it waits anywhere */
	listener_lose();
	world_pass(60);
	listen_at_most(2);
	ck_assert_uint_eq(receive_answers((unsigned)nth, &ok), 0);
	ck_assert_uint_eq(cbx_mailbox_count(worker.inbox), 0);
	return failed > 0;
}

START_TEST(each_request_is_answered_once)
{
	unsigned long n = 1;

	alloc_faults_begin();
	set_up();
	while (n < MOST && play_request(requests[_i / 2], n, _i % 2))
		n++;
	ck_assert_uint_lt(n, MOST);
	ck_assert_uint_gt(n, 10);
	/* whom the clean-up did not mean is still there */
	world_expect("select status from status_monitor where job_id = 2", "Errored");
	tear_down();
	ck_assert_uint_eq(alloc_faults_end(), 0);
}
END_TEST

/* The broker's own memory is not ours */
static bool play_event(unsigned long n, bool persistent)
{
	const char *status = n % 2 ? "Running" : "Paused";
	unsigned long failed;
	int tries;

	say_status("1", status);
	alloc_faults_arm(n, persistent);
	listen_at_most(1);
	failed = alloc_faults_disarm();
	for (tries = 0; tries < 4; tries++) {
		poll_once();
		world_pass(60);
		world_connect();
		listen_at_most(2);
	}
	ck_assert_int_eq(waiting(), 0);
	world_expect("select status from status_monitor where job_id = 1", status);
	return failed > 0;
}

START_TEST(each_event_is_received)
{
	unsigned long n = 1;

	alloc_faults_begin();
	listener_set_up();
	listen_for(2);
	while (n < MOST && play_event(n, _i))
		n++;
	ck_assert_uint_lt(n, MOST);
	ck_assert_uint_gt(n, 5);
	listener_tear_down();
	ck_assert_uint_eq(alloc_faults_end(), 0);
}
END_TEST

/* Both sides have it, whatever failed; a revision may be told twice, never out of order */
static void expect_told(unsigned long n)
{
	struct cbx_bus_event event = { 0 };
	char wanted[32];
	char last[32] = "";

	snprintf(wanted, sizeof(wanted), "ABC1/1/%lu", n);
	for (;;) {
		teller_receive(&event);
		ck_assert(!last[0] || strcmp(event.message.message_id, last) >= 0);
		snprintf(last, sizeof(last), "%s", event.message.message_id);
		cbx_bus_event_clear(&event);
		if (!strcmp(last, wanted))
			return;
	}
}

static bool play_telling(unsigned long n, bool persistent)
{
	unsigned long failed;
	int tries;
	int result;

	teller_record("ABC1", n % 2 ? "1 Running t=1" : "1 Queued t=1");
	alloc_faults_arm(n, persistent);
	result = cbx_relay(&teller, CBX_TO_BROKER, world.epoch);
	if (result >= 0)
		result = cbx_relay(&teller, CBX_TO_STREAM, world.epoch);
	failed = alloc_faults_disarm();
	ck_assert(result >= 0 || failed);
	for (tries = 0; tries < 4; tries++) {
		world_pass(60);
		teller_connect();
		cbx_relay(&teller, CBX_TO_BROKER, world.epoch);
		cbx_relay(&teller, CBX_TO_STREAM, world.epoch);
	}
	world_expect("select count(*) from outbox", "0");
	expect_told(n);
	return failed > 0;
}

START_TEST(each_event_is_told)
{
	unsigned long n = 1;

	alloc_faults_begin();
	teller_set_up();
	teller_subscribe();
	while (n < MOST && play_telling(n, _i))
		n++;
	ck_assert_uint_lt(n, MOST);
	ck_assert_uint_gt(n, 5);
	teller_tear_down();
	ck_assert_uint_eq(alloc_faults_end(), 0);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_calls");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, each_request_is_answered_once, 0, 2 * CBX_COUNT(requests));
	tcase_add_loop_test(tcase, each_event_is_received, 0, 2);
	tcase_add_loop_test(tcase, each_event_is_told, 0, 2);
	suite_add_tcase(suite, tcase);
}
