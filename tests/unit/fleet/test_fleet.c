// SPDX-License-Identifier: MIT
/*
 * The fleet on a bus: it answers, pushes, delays its answers, sends malformed ones, and survives
 * the loss of the broker.
 */
#include "adapter/memory_bus/memory_bus.h"
#include "common/cleanup.h"
#include "fleet/fleet.h"
#include "memory_servers.h"
#include "unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define LIST(system)                                                                           \
	"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"job_list\"},\"object\":" \
	"{\"systems\":[{\"system\":\"" system "\"}]},\"target\":{\"system\":\"" system "\"}}"

/* A clock that a test moves, which is long past for the bus: it never waits then. Without `stopped`
 * it is the machine's. */
static struct test_clock {
	struct cbx_clock clock;
	bool stopped;
	uint64_t now;
} test_clock;

static uint64_t test_now(struct cbx_clock *clock)
{
	struct test_clock *own = (struct test_clock *)clock;

	return own->stopped ? own->now : cbx_now(cbx_system_clock());
}

static int64_t test_wall(struct cbx_clock *clock)
{
	(void)clock;
	return 1700000000123;
}

static const struct cbx_clock_ops test_clock_ops = { test_now, test_wall };

static struct cbx_memory_broker *broker;
static struct cbx_bus *fleet_bus;
static struct cbx_bus *client;
static struct cbx_fleet *fleet;
static struct cbx_fleet_options options;

static uint64_t soon(void)
{
	return cbx_now(cbx_system_clock()) + 5 * CBX_SECOND;
}

static void setup(void)
{
	test_clock = (struct test_clock){ .clock = { &test_clock_ops } };
	ck_assert_int_eq(cbx_memory_broker_new(cbx_system_clock(), &broker), 0);
	ck_assert_int_eq(cbx_memory_bus_new(broker, &fleet_bus), 0);
	ck_assert_int_eq(cbx_memory_bus_new(broker, &client), 0);
	cbx_fleet_options_init(&options);
	options.rules.systems = 3;
	options.rules.name = "S%u";
	options.rules.mode = CBX_FLEET_FROZEN;
}

static void teardown(void)
{
	cbx_fleet_free(fleet);
	fleet = NULL;
	cbx_bus_free(fleet_bus);
	cbx_bus_free(client);
	cbx_memory_broker_unref(broker);
}

/* One turn of the fleet, which waits for nothing */
static void turn(void)
{
	ck_assert_int_eq(cbx_fleet_run_once(fleet, -1, 1), 0);
}

/* The same, until @done or for a few seconds */
static void turn_until(bool (*done)(void))
{
	uint64_t limit = soon();

	while (!done() && cbx_now(cbx_system_clock()) < limit)
		ck_assert_int_eq(cbx_fleet_run_once(fleet, -1, cbx_now(&test_clock.clock) + CBX_MS),
				 0);
	ck_assert(done());
}

static bool is_down(void)
{
	return !cbx_fleet_is_up(fleet);
}

static bool is_connected_again(void)
{
	return cbx_fleet_counts(fleet)->connects == 2;
}

static void open_fleet(void)
{
	ck_assert_int_eq(cbx_fleet_new(&options, fleet_bus, &test_clock.clock, NULL, &fleet), 0);
	turn();
	ck_assert(cbx_fleet_is_up(fleet));
}

static void open_client(void)
{
	ck_assert_int_eq(client->ops->connect(client, false, soon()), 0);
	ck_assert_int_eq(client->ops->consume(client, NULL, 0, soon()), 0);
}

static void ask(const char *body, const char *correlation)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-hdms.request",
					   .body = body,
					   .body_len = strlen(body),
					   .correlation_id = correlation,
					   .reply_to = client->ops->reply_to(client) };

	cbx_bus_add_header(&message, "trace_id", "t-1");
	ck_assert_int_eq(client->ops->publish(client, &message, NULL, soon()), 0);
}

/* The next thing that the client hears within a few turns of the fleet; its type */
static enum cbx_bus_event_type receive(struct cbx_bus_event *event)
{
	int i;

	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(client->ops->take(client, -1, 1, event), 0);
		if (event->type != CBX_BUS_NOTHING)
			break;
		turn();
	}
	return event->type;
}

static json_t *body_of(const struct cbx_bus_event *event)
{
	return json_loadb(event->message.body, event->message.body_len, 0, NULL);
}

START_TEST(answers_to_reply_to_with_the_correlation)
{
	struct cbx_bus_event event = { 0 };
	json_t *answer;

	open_fleet();
	open_client();
	ask(LIST("S2"), "c-7");
	ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
	ck_assert_str_eq(event.message.correlation_id, "c-7");
	ck_assert_str_eq(event.message.app_id, "nl-hdms");
	ck_assert_str_eq(event.message.content_type, "application/json");
	ck_assert_str_eq(cbx_bus_header(&event.message, "trace_id"), "t-1");
	ck_assert_int_eq(event.message.timestamp, 1700000000);
	answer = body_of(&event);
	ck_assert_uint_eq(
		json_array_size(json_object_get(json_object_get(answer, "object"), "jobs")), 4);
	json_decref(answer);
	cbx_bus_event_clear(&event);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->requests, 1);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->answers, 1);
}
END_TEST

START_TEST(everything_taken_is_acknowledged)
{
	struct cbx_bus_event event = { 0 };
	char correlation[16];
	int i;

	open_fleet();
	open_client();
	for (i = 0; i < 600; i++) {
		snprintf(correlation, sizeof(correlation), "%d", i);
		ask(LIST("S1"), correlation);
	}
	for (i = 0; i < 600; i++) {
		snprintf(correlation, sizeof(correlation), "%d", i);
		ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
		ck_assert_str_eq(event.message.correlation_id, correlation);
		cbx_bus_event_clear(&event);
	}
	/* what was not acknowledged would come again to the next consumer */
	turn();
	cbx_fleet_free(cbx_steal(fleet));
	open_fleet();
	ck_assert_int_eq(receive(&event), CBX_BUS_NOTHING);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->requests, 0);
}
END_TEST

START_TEST(garbage_and_requests_without_an_address_are_survived)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-hdms.request",
					   .body = LIST("S1"),
					   .body_len = strlen(LIST("S1")) };
	struct cbx_bus_event event = { 0 };
	json_t *answer;

	open_fleet();
	open_client();
	ck_assert_int_eq(client->ops->publish(client, &message, NULL, soon()), 0);
	ask("\x01\x02", "c");
	ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
	answer = body_of(&event);
	ck_assert_str_eq(
		json_string_value(json_object_get(
			json_object_get(json_object_get(answer, "result"), "object"), "code")),
		"bad_request");
	json_decref(answer);
	cbx_bus_event_clear(&event);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->unsent, 1);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->errors, 1);
}
END_TEST

START_TEST(replies_are_dropped_and_malformed_by_their_shares)
{
	struct cbx_bus_event event = { 0 };
	unsigned bad = 0;
	unsigned got = 0;
	int i;

	options.drop_share = 0.25;
	options.malformed_share = 0.5;
	open_fleet();
	open_client();
	for (i = 0; i < 400; i++)
		ask(LIST("S1"), "c");
	while (receive(&event) == CBX_BUS_DELIVERY) {
		json_error_t error;
		json_t *answer = json_loadb(event.message.body, event.message.body_len, 0, &error);
		const json_t *jobs = json_object_get(json_object_get(answer, "object"), "jobs");

		bad += json_array_size(jobs) != 4;
		got++;
		json_decref(answer);
		cbx_bus_event_clear(&event);
	}
	ck_assert_uint_eq(got + cbx_fleet_counts(fleet)->dropped, 400);
	ck_assert_uint_eq(bad, cbx_fleet_counts(fleet)->malformed);
	ck_assert_uint_gt(cbx_fleet_counts(fleet)->dropped, 70);
	ck_assert_uint_lt(cbx_fleet_counts(fleet)->dropped, 130);
	ck_assert_uint_gt(bad, 110);
	ck_assert_uint_lt(bad, 190);
}
END_TEST

START_TEST(a_reply_held_back_tells_what_was_true_when_asked)
{
	struct cbx_bus_event event = { 0 };
	struct cbx_fleet_system *system;

	test_clock.stopped = true;
	test_clock.now = CBX_SECOND;
	options.delay_min_ms = 2000;
	options.delay_max_ms = 2000;
	open_fleet();
	open_client();
	ask("{\"verb\":{\"event\":\"job_status\"},\"object\":{\"systems\":[{\"system\":\"S1\","
	    "\"jobs\":[1]}]}}",
	    "c");
	ck_assert_int_eq(receive(&event), CBX_BUS_NOTHING);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->requests, 1);
	system = cbx_fleet_world_find(cbx_fleet_world(fleet), "S1", 2);
	cbx_fleet_world_command(cbx_fleet_world(fleet), system, 0, CBX_FLEET_KILL);
	test_clock.now += 1999 * CBX_MS;
	ck_assert_int_eq(receive(&event), CBX_BUS_NOTHING);
	test_clock.now += 1 * CBX_MS;
	ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
	ck_assert_ptr_nonnull(strstr(event.message.body, "\"Running\""));
	cbx_bus_event_clear(&event);
}
END_TEST

static void listen_to(const char *key)
{
	ck_assert_int_eq(client->ops->connect(client, false, soon()), 0);
	ck_assert_int_eq(client->ops->declare(client, "ears", soon()), 0);
	ck_assert_int_eq(client->ops->bind(client, "ears", "amq.topic", key, soon()), 0);
	ck_assert_int_eq(client->ops->consume(client, "ears", 256, soon()), 0);
}

static const struct {
	enum cbx_fleet_envelope envelope;
	bool online;
	const char *key;
	const char *body;
} tellings[] = {
	{ CBX_FLEET_BARE, false, "nl-hdms.event.control.system_offline", "{\"system\":\"S2\"}" },
	{ CBX_FLEET_BARE, true, "nl-hdms.event.control.system_online", "{\"system\":\"S2\"}" },
	{ CBX_FLEET_JSONRPC, false, "nl-hdms.event.control.system_offline",
	  "{\"jsonrpc\":\"2.0\",\"method\":\"nl-hdms.event.control.system_offline\","
	  "\"params\":{\"system\":\"S2\"}}" },
};

START_TEST(systems_that_come_and_go_are_told)
{
	struct cbx_bus_event event = { 0 };
	struct cbx_fleet_system *system;

	options.envelope = tellings[_i].envelope;
	options.rules.offline_share = tellings[_i].online ? 1 : 0;
	open_fleet();
	listen_to("nl-hdms.event.control.*");
	system = cbx_fleet_world_find(cbx_fleet_world(fleet), "S2", 2);
	cbx_fleet_world_set_online(cbx_fleet_world(fleet), system, tellings[_i].online);
	ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
	ck_assert_str_eq(event.message.routing_key, tellings[_i].key);
	ck_assert_uint_eq(event.message.body_len, strlen(tellings[_i].body));
	ck_assert_mem_eq(event.message.body, tellings[_i].body, event.message.body_len);
	cbx_bus_event_clear(&event);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->events, 1);
}
END_TEST

struct truth {
	unsigned turns;
	char last[32];
};

static void on_status(void *user, const struct cbx_fleet_system *system,
		      const struct cbx_fleet_job *job, const char *from, const char *to,
		      int64_t when)
{
	struct truth *truth = user;

	(void)when;
	(void)system;
	(void)job;
	truth->turns += from != NULL;
	snprintf(truth->last, sizeof(truth->last), "%s", to ? to : "vanished");
}

START_TEST(changes_are_pushed_and_the_truth_is_watched)
{
	struct cbx_bus_event event = { 0 };
	struct truth truth = { 0 };

	options.push_share = _i;
	options.rules.watch = (struct cbx_fleet_watch){ &truth, on_status, NULL };
	options.envelope = CBX_FLEET_BARE;
	open_fleet();
	listen_to("nl-hdms.event.content.job_status");
	cbx_fleet_world_command(cbx_fleet_world(fleet),
				cbx_fleet_world_find(cbx_fleet_world(fleet), "S3", 2), 1,
				CBX_FLEET_PAUSE);
	ck_assert_uint_eq(truth.turns, 1);
	ck_assert_str_eq(truth.last, "Paused");
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->pushes, (unsigned)_i);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->changes, 1);
	if (!_i) {
		ck_assert_int_eq(receive(&event), CBX_BUS_NOTHING);
		return;
	}
	ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
	ck_assert_ptr_nonnull(strstr(event.message.body, "\"status\":\"Paused\""));
	ck_assert_ptr_nonnull(strstr(event.message.body, "\"system\":\"S3\",\"job_id\":2"));
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(a_lost_broker_is_found_again)
{
	struct cbx_bus_event event = { 0 };

	open_fleet();
	cbx_memory_broker_stop(broker);
	turn_until(is_down);
	/* the world goes on, and nobody hears of it */
	cbx_fleet_world_set_online(cbx_fleet_world(fleet),
				   cbx_fleet_world_find(cbx_fleet_world(fleet), "S2", 2), false);
	ck_assert_uint_eq(cbx_fleet_counts(fleet)->events, 0);
	cbx_memory_broker_start(broker);
	turn_until(is_connected_again);
	open_client();
	ask(LIST("S1"), "c");
	ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(a_deleted_queue_is_declared_again)
{
	struct cbx_bus_event event = { 0 };

	open_fleet();
	cbx_memory_broker_delete_queue(broker, "nl-hdms.request");
	turn_until(is_connected_again);
	open_client();
	ask(LIST("S1"), "c");
	ck_assert_int_eq(receive(&event), CBX_BUS_DELIVERY);
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(time_runs_by_the_factor)
{
	test_clock.stopped = true;
	test_clock.now = CBX_SECOND;
	options.time_factor = 10;
	open_fleet();
	test_clock.now += 3 * CBX_SECOND;
	turn();
	ck_assert_int_eq(cbx_fleet_world_now(cbx_fleet_world(fleet)), 30000);
	/* but an ended job is told for a real minute */
	cbx_fleet_world_command(cbx_fleet_world(fleet),
				cbx_fleet_world_find(cbx_fleet_world(fleet), "S1", 2), 0,
				CBX_FLEET_KILL);
	ck_assert_int_eq(cbx_fleet_world_next(cbx_fleet_world(fleet)), 30000 + 600000);
	cbx_fleet_hold(fleet);
	test_clock.now += CBX_SECOND;
	turn();
	ck_assert_int_eq(cbx_fleet_world_now(cbx_fleet_world(fleet)), 30000);
}
END_TEST

START_TEST(bad_options_are_refused)
{
	if (_i == 0)
		options.drop_share = 1.1;
	else if (_i == 1)
		options.delay_min_ms = 1;
	else if (_i == 2)
		options.time_factor = -1;
	else
		options.rules.systems = 0;
	ck_assert_int_eq(cbx_fleet_new(&options, fleet_bus, &test_clock.clock, NULL, &fleet),
			 -EINVAL);
	ck_assert_ptr_null(fleet);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("fleet");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, answers_to_reply_to_with_the_correlation);
	tcase_add_test(tcase, everything_taken_is_acknowledged);
	tcase_add_test(tcase, garbage_and_requests_without_an_address_are_survived);
	tcase_add_test(tcase, replies_are_dropped_and_malformed_by_their_shares);
	tcase_add_test(tcase, a_reply_held_back_tells_what_was_true_when_asked);
	tcase_add_loop_test(tcase, systems_that_come_and_go_are_told, 0, CBX_COUNT(tellings));
	tcase_add_loop_test(tcase, changes_are_pushed_and_the_truth_is_watched, 0, 2);
	tcase_add_test(tcase, a_lost_broker_is_found_again);
	tcase_add_test(tcase, a_deleted_queue_is_declared_again);
	tcase_add_test(tcase, time_runs_by_the_factor);
	tcase_add_loop_test(tcase, bad_options_are_refused, 0, 4);
	suite_add_tcase(suite, tcase);
}
