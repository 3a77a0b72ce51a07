// SPDX-License-Identifier: MIT
/* The listener (contract 3.4): bound, handed over, acknowledged after the commit, caught
 * up. */
#include "listener_world.h"
#include "memory_servers.h"

#include <string.h>

START_TEST(it_declares_and_binds)
{
	listen_for(2);
	ck_assert(listener.bound && listener.caught_up);
	ck_assert_int_eq(waiting(), 0);
	say_status("1", "Running");
	say("nl-hdms.event.control.system_online", "\"XYZ\"");
	say("nl-hdms.event.content.something", "{}");
	listen_for(3);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 2);
}
END_TEST

START_TEST(acknowledged_only_after_the_commit)
{
	listen_for(2);
	say_status("1", "Running");
	listen_for(2);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_lt(cbx_road_commit(road), 0);
	listen_for(2);
	ck_assert_double_eq(consumed("job_status", "ok"), 0);
	/* nothing was acknowledged: after losing the connection it comes again */
	listener_lose();
	ck_assert_int_eq(waiting(), 1);
	poll_once();
	world_expect_outbox("ABC1/1/1");
	/* an acknowledgement for a lost connection means nothing */
	world_pass(1);
	listen_for(3);
	ck_assert_double_eq(consumed("job_status", "ok"), 0);
	poll_once(); /* received again: an equal status */
	listen_for(1);
	ck_assert_double_eq(consumed("job_status", "ok"), 1);
	world_expect_outbox("ABC1/1/1");
	listener_lose();
	ck_assert_int_eq(waiting(), 0);
}
END_TEST

START_TEST(what_can_not_be_understood_is_rejected_without_requeue)
{
	static const struct {
		const char *key, *body;
	} rows[] = {
		{ "nl-hdms.event.content.job_status", "what" },
		{ "nl-hdms.event.content.job_status", "" },
		{ "nl-hdms.event.content.job_status", "[]" },
		{ "nl-hdms.event.content.job_status", "[{\"system\":\"ABC1\",\"status\":\"x\"}]" },
		{ "nl-hdms.event.control.system_online", "{}" },
		{ "nl-hdms.event.control.system_online", "[\"a/b\"]" },
		{ "nl-hdms.event.control.unheard_of", "\"ABC1\"" },
	};

	listen_for(2);
	say(rows[_i].key, rows[_i].body);
	say_status("1", "Running");
	listen_for(3);
	ck_assert_double_eq(consumed("unknown", "rejected"), 1);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
	poll_once();
	listen_for(1);
	ck_assert_double_eq(consumed("job_status", "ok"), 1);
	listener_lose();
	ck_assert_int_eq(waiting(), 0);
}
END_TEST

START_TEST(what_we_published_ourselves_is_ignored)
{
	static const char *const keys[] = { "nl-ocd-chatterbox.event.job_status",
					    "nl-ocd-chatterbox.event.status",
					    "nl-ocd-chatterbox.event.update_database" };
	static char everything[] = "#";

	listener_bindings[0] = everything;
	listen_for(2);
	say(keys[_i], "[{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"Running\"}]");
	listen_for(3);
	ck_assert_double_eq(consumed("own", "ignored"), 1);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 0);
	listener_lose();
	ck_assert_int_eq(waiting(), 0);
}
END_TEST

START_TEST(an_oversized_one_is_rejected)
{
	char body[400];

	listener.bus->max_body = 200;
	listen_for(2);
	memset(body, ' ', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	say("nl-hdms.event.content.job_status", body);
	listen_for(2);
	ck_assert_double_eq(consumed("unknown", "rejected"), 1);
	ck_assert_int_eq(waiting(), 0);
}
END_TEST

START_TEST(a_bad_member_is_counted_and_the_rest_is_taken)
{
	listen_for(2);
	say("nl-hdms.event.content.job_status",
	    "[{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"Running\",\"downloaded\":-1},"
	    "{\"system\":\"ABC1\",\"job_id\":\"x\",\"status\":\"Running\"}]");
	listen_for(2);
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "downloaded", NULL), 1);
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "job_id", NULL), 1);
	poll_once();
	world_expect_jobs("ABC1/1 Running r1 live user\n");
}
END_TEST

/* What waited in the queue is with the poller before the first question */
START_TEST(it_has_caught_up_when_what_waited_is_handed_over)
{
	int n;

	listen_for(1);
	listener_lose();
	for (n = 0; n < 3; n++)
		say_status("1", n % 2 ? "Running" : "Queued");
	world_pass(1);
	listener.caught_up = false;
	listen_for(1);
	ck_assert(!listener.caught_up);
	ck_assert_int_eq(listener.backlog, 2);
	listen_for(1);
	ck_assert(!listener.caught_up);
	listen_for(1);
	ck_assert(listener.caught_up);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 3);
	poll_once();
	world_expect_jobs("ABC1/1 Queued r3 live user\n");
}
END_TEST

START_TEST(what_waited_and_has_expired_is_not_waited_for)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-ocd-chatterbox.default.event",
					   .body = "x",
					   .body_len = 1,
					   .expiration_ms = 500 };

	listen_for(1);
	listener_lose();
	listener_publish(&message);
	listener.backlog = 1;
	listen_for(1);
	world_pass(1);
	listen_for(2);
	ck_assert(listener.caught_up);
}
END_TEST

/* An answer to what we asked since wins over it, should it be handed over late */
START_TEST(what_waited_before_we_led_counts_from_when_we_began)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	uint64_t began;

	listen_for(1);
	began = listener.arrivals.since;
	world_pass(5);
	listener.backlog = 1;
	say_status("1", "Queued");
	listen_for(1);
	inbound = cbx_mailbox_take(road->inbox);
	ck_assert(inbound && !inbound->redelivered);
	ck_assert_uint_eq(inbound->at, began);
	ck_assert_uint_ge(inbound->until, began + 5 * CBX_SECOND);
}
END_TEST

/* Another one, who consumes the queue of events as a leader before us did, and has taken a message
 */
static struct cbx_bus *another(void)
{
	const char *queue = "nl-ocd-chatterbox.default.event";
	struct cbx_bus_event event = { 0 };
	struct cbx_bus *other = NULL;

	listen_for(1);
	listener_lose();
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &other), 0);
	ck_assert_int_eq(other->ops->connect(other, false, UINT64_MAX), 0);
	ck_assert_int_eq(other->ops->consume(other, queue, 10, UINT64_MAX), 0);
	say_status("1", "Queued");
	ck_assert_int_eq(other->ops->take(other, -1, UINT64_MAX, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_DELIVERY);
	cbx_bus_event_clear(&event);
	return other;
}

START_TEST(what_another_consumer_holds_comes_before_the_first_question)
{
	struct cbx_bus *other = another();
	int n;

	listen_for(5);
	ck_assert(listener.consuming && !listener.caught_up);
	cbx_bus_free(other);
	for (n = 0; n < 20 && !listener.caught_up; n++)
		listen_for(1);
	ck_assert(listener.caught_up);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
}
END_TEST

START_TEST(another_consumer_is_not_waited_for_for_ever)
{
	struct cbx_bus *other = another();
	uint64_t began = cbx_now(road->clock);
	int n;

	listen_for(1);
	for (n = 0; n < 40 && !listener.caught_up; n++)
		listen_for(1);
	ck_assert(listener.caught_up);
	ck_assert_uint_ge(cbx_now(road->clock) - began, 3 * CBX_SECOND);
	ck_assert_uint_le(cbx_now(road->clock) - began, 6 * CBX_SECOND);
	cbx_bus_free(other);
}
END_TEST

START_TEST(a_deleted_queue_is_declared_again)
{
	listen_for(2);
	cbx_memory_broker_delete_queue(world.broker, "nl-ocd-chatterbox.default.event");
	ck_assert_int_eq(waiting(), -1);
	listen_for(2);
	world_pass(1);
	listen_for(2);
	ck_assert(listener.bound);
	say_status("1", "Running");
	listen_for(2);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
}
END_TEST

START_TEST(a_refused_queue_is_told_and_stops_no_round)
{
	faults_add(&world.bus_faults, "declare", CHATTERBOX_E_REFUSED);
	listen_for(1);
	ck_assert(!listener.bound && listener.caught_up);
	ck_assert_uint_gt(world.warnings, 0);
	world_pass(7);
	listen_for(1);
	ck_assert(!listener.bound);
	world_pass(1);
	listen_for(1);
	ck_assert(listener.bound);
}
END_TEST

START_TEST(an_event_that_comes_back_again_is_delivered_again)
{
	listen_for(2);
	say_status("1", "Running");
	listen_for(2);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	cbx_road_discard(road); /* the poller could not apply it */
	listen_for(1);
	world_pass(1);
	listen_for(3);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
	poll_once();
	world_expect_jobs("ABC1/1 Running r1 live user\n");
}
END_TEST

START_TEST(a_refused_interval_is_rejected)
{
	listener_bindings[0] = (char *)(uintptr_t) "nl-ocd.event.#";
	listen_for(2);
	say("nl-ocd.event.update_time_till_next_check", "{\"info\":\"0\"}");
	say("nl-ocd.event.update_time_till_next_check", "{\"info\":\"20\"}");
	say("nl-ocd.event.update_database", "whatever");
	listen_for(4);
	poll_once();
	listen_for(1);
	ck_assert_double_eq(consumed("update_time_till_next_check", "rejected"), 1);
	ck_assert_double_eq(consumed("update_time_till_next_check", "ok"), 1);
	ck_assert_double_eq(consumed("update_database", "ok"), 1);
	ck_assert(world.poller.status.update_database_task.wanted);
	listener_bindings[0] = (char *)(uintptr_t) "nl-hdms.event.control.#";
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		it_declares_and_binds,
		acknowledged_only_after_the_commit,
		an_oversized_one_is_rejected,
		a_bad_member_is_counted_and_the_rest_is_taken,
		it_has_caught_up_when_what_waited_is_handed_over,
		what_waited_and_has_expired_is_not_waited_for,
		what_waited_before_we_led_counts_from_when_we_began,
		what_another_consumer_holds_comes_before_the_first_question,
		another_consumer_is_not_waited_for_for_ever,
		a_deleted_queue_is_declared_again,
		a_refused_queue_is_told_and_stops_no_round,
		an_event_that_comes_back_again_is_delivered_again,
		a_refused_interval_is_rejected,
	};
	TCase *tcase = tcase_create("listen");

	tcase_add_checked_fixture(tcase, listener_set_up, listener_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, what_can_not_be_understood_is_rejected_without_requeue, 0, 7);
	tcase_add_loop_test(tcase, what_we_published_ourselves_is_ignored, 0, 3);
	suite_add_tcase(suite, tcase);
}
