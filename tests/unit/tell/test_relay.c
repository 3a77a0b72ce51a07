// SPDX-License-Identifier: MIT
/* The outbox (contract 3.3): at least once, once while nothing fails, in order per key.
 */
#include "memory_servers.h"
#include "teller_world.h"

#include <string.h>

static int to_broker(void)
{
	return cbx_relay(&teller, CBX_TO_BROKER, world.epoch);
}

static int to_stream(void)
{
	return cbx_relay(&teller, CBX_TO_STREAM, world.epoch);
}

static double told(const char *name, const char *outcome)
{
	return world_count(world.counters.events_published, name, outcome);
}

START_TEST(a_row_goes_when_both_sides_have_it)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/1\n");
	world_expect_outbox("ABC1/17/1");
	ck_assert_int_eq(to_broker(), 0);
	ck_assert_int_eq(to_stream(), 1);
	teller_expect_stream("ABC1/17/1");
	world_expect_outbox("");
	ck_assert_int_eq(to_stream(), 0);
	ck_assert_double_eq(told("update_job_status", "ok"), 1);
}
END_TEST

/* Readers of the stream must find in the lists what it tells: contract 6.3 */
START_TEST(the_stream_waits_for_what_is_shown)
{
	struct cbx_shown shown;

	cbx_shown_init(&shown);
	teller.shown = &shown;
	teller_subscribe();
	cbx_shown_open(&shown);
	teller_record("ABC1", "17 Running");
	ck_assert_int_eq(to_stream(), 0);
	teller_expect_stream("");
	/* the broker need not wait: who reads that gets the status itself */
	ck_assert_int_eq(to_broker(), 1);
	cbx_shown_end(&shown, 0);
	ck_assert_int_eq(to_stream(), 0);
	cbx_shown_end(&shown, world.epoch);
	ck_assert_int_eq(to_stream(), 1);
	teller_expect_stream("ABC1/17/1");
	teller.shown = NULL;
	cbx_shown_close(&shown);
}
END_TEST

START_TEST(a_redis_that_never_takes_all_does_not_hold_it_up_for_ever)
{
	struct cbx_shown shown;

	cbx_shown_init(&shown);
	teller.shown = &shown;
	teller_record("ABC1", "17 Running");
	ck_assert_int_eq(to_stream(), 0);
	world_pass(11);
	ck_assert_int_eq(to_stream(), 1);
	teller.shown = NULL;
	cbx_shown_close(&shown);
}
END_TEST

START_TEST(the_text_of_an_event)
{
	struct cbx_bus_event event;
	const struct cbx_bus_message *message = &event.message;

	teller_subscribe();
	teller_record("ABC1", "17 Running");
	teller_record("ABC1", "17 Paused 5%");
	to_broker();
	to_broker();
	teller_receive(&event);
	ck_assert_ptr_null(cbx_bus_header(message, "previous_status"));
	ck_assert_str_eq(cbx_bus_header(message, "origin"), "user");
	cbx_bus_event_clear(&event);
	teller_receive(&event); /* ABC1's pause, whose key is the system */
	ck_assert_str_eq(message->routing_key, "nl-ocd-chatterbox.event.status");
	ck_assert_str_eq(message->message_id, "ABC1/status/3");
	cbx_bus_event_clear(&event);
	teller_receive(&event);
	ck_assert_str_eq(message->exchange, "amq.topic");
	ck_assert_str_eq(message->routing_key, "nl-ocd-chatterbox.event.update_job_status");
	ck_assert_str_eq(message->message_id, "ABC1/17/2");
	ck_assert_str_eq(message->app_id, "nl-ocd-chatterbox");
	ck_assert_str_eq(message->content_type, "application/json");
	ck_assert_int_eq(message->timestamp, FAKE_CLOCK_WALL / 1000);
	ck_assert(message->persistent);
	ck_assert_uint_eq(strlen(cbx_bus_header(message, "trace_id")), 36);
	ck_assert_str_eq(cbx_bus_header(message, "previous_status"), "Running");
	ck_assert_str_eq(
		message->body,
		"{\"jsonrpc\":\"2.0\",\"method\":"
		"\"nl-ocd-chatterbox.event.update_job_status\",\"params\":{\"system\":"
		"\"ABC1\",\"job_id\":17,\"status\":\"Paused\",\"percent_completed\":\"5\"}}");
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(of_each_key_the_oldest_alone_is_in_flight)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	teller_record("ABC1", "17 Queued");
	teller_record("ABC1", "18 Running; 17 Running"); /* 18 is told before 17/2, a smaller id */
	ck_assert_int_eq(to_broker(), 2);
	teller_expect_received("update_job_status ABC1/17/1\nupdate_job_status ABC1/18/1\n");
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/2\n");
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/3\n");
	ck_assert_int_eq(to_stream(), 2);
	ck_assert_int_eq(to_stream(), 1);
	ck_assert_int_eq(to_stream(), 1);
	teller_expect_stream("ABC1/17/1 ABC1/18/1 ABC1/17/2 ABC1/17/3");
}
END_TEST

START_TEST(an_unroutable_one_counts_as_told)
{
	teller_record("ABC1", "17 Running");
	ck_assert_int_eq(to_broker(), 1);
	ck_assert_double_eq(told("update_job_status", "unrouted"), 1);
	ck_assert_int_eq(to_stream(), 1);
	world_expect_outbox("");
}
END_TEST

/* A full queue: the broker nacks what goes there */
static struct cbx_bus *fill_a_queue(void)
{
	struct cbx_bus_message message = { .exchange = "", .routing_key = "full", .body = "" };
	struct cbx_bus *bus = NULL;
	unsigned n;

	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &bus), 0);
	ck_assert_int_eq(bus->ops->connect(bus, false, UINT64_MAX), 0);
	ck_assert_int_eq(bus->ops->declare(bus, "full", UINT64_MAX), 0);
	ck_assert_int_eq(bus->ops->bind(bus, "full", "amq.topic", "#", UINT64_MAX), 0);
	for (n = 0; n < CBX_MEMORY_QUEUE_LIMIT; n++)
		ck_assert_int_eq(bus->ops->publish(bus, &message, NULL, UINT64_MAX), 0);
	return bus;
}

START_TEST(a_refused_one_is_told_again_and_nothing_of_its_key_before)
{
	struct cbx_bus *other = fill_a_queue();

	teller_record("ABC1", "17 Running");
	teller_record("ABC1", "17 Queued");
	ck_assert_int_eq(to_broker(), 0);
	ck_assert_double_eq(told("update_job_status", "refused"), 1);
	ck_assert(teller.bus_link.up);
	cbx_memory_broker_delete_queue(world.broker, "full");
	cbx_bus_free(other);
	teller_subscribe();
	ck_assert_int_eq(to_broker(), 0); /* not at once again */
	world_pass(1);
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/1\n");
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/2\n");
}
END_TEST

START_TEST(a_publish_that_fails_is_repeated)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	faults_add(&world.bus_faults, "publish", CHATTERBOX_E_DOWN);
	ck_assert_int_lt(to_broker(), 0);
	ck_assert_double_eq(told("update_job_status", "error"), 1);
	teller_connect();
	world_pass(1);
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/1\n");
}
END_TEST

START_TEST(a_lost_confirm_is_told_again_and_an_old_one_is_no_confirm)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	faults_add(&world.bus_faults, "take", CHATTERBOX_E_DOWN);
	ck_assert_int_lt(to_broker(), 0);
	ck_assert(!teller.bus_link.up);
	world_expect("select count(*) from outbox where confirmed_at is null", "1");
	teller_connect();
	world_pass(1);
	ck_assert_int_eq(to_broker(), 1);
	/* at least once: the same id twice */
	teller_expect_received("update_job_status ABC1/17/1\nupdate_job_status ABC1/17/1\n");
}
END_TEST

START_TEST(a_broker_that_takes_no_publish_in_time_is_lost)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running; 18 Running");
	faults_add_nth(&world.bus_faults, "publish", CHATTERBOX_E_TIMEOUT, 2, 1);
	ck_assert_int_eq(to_broker(), CHATTERBOX_E_DOWN);
	ck_assert(!teller.bus_link.up);
	/* the first one was confirmed all the same */
	world_expect("select group_concat(message_id) from outbox where confirmed_at is null",
		     "ABC1/18/1");
}
END_TEST

START_TEST(a_broker_that_takes_no_messages_is_waited_for)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	teller.bus->blocked = true;
	ck_assert_int_eq(to_broker(), 0);
	teller_expect_received("");
	ck_assert_int_eq(to_stream(), 1);
	ck_assert(teller.bus_link.up);
	teller.bus->blocked = false;
	ck_assert_int_eq(to_broker(), 1);
}
END_TEST

START_TEST(what_was_told_while_sql_was_away_is_not_told_twice)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	faults_add(&world.sql_faults, "told", CHATTERBOX_E_DOWN);
	ck_assert_int_lt(to_broker(), 0);
	teller_expect_received("update_job_status ABC1/17/1\n");
	ck_assert_int_eq(to_stream(), 0); /* nothing can be read now */
	teller_connect();
	faults_add(&world.sql_faults, "told", CHATTERBOX_E_DOWN);
	ck_assert_int_lt(to_stream(), 0);
	teller_connect();
	world_pass(5);
	ck_assert_int_eq(to_broker(), 0);
	ck_assert_int_eq(to_stream(), 0);
	teller_expect_received("");
	teller_expect_stream("ABC1/17/1");
	world_expect_outbox("");
}
END_TEST

START_TEST(the_stream_goes_on_whatever_the_broker_does_and_the_reverse)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	cbx_memory_broker_stop(world.broker);
	ck_assert_int_lt(to_broker(), 0);
	ck_assert_int_eq(to_stream(), 1);
	teller_expect_stream("ABC1/17/1");
	ck_assert_int_eq(to_broker(), 0); /* it is down: nothing to do */
	cbx_memory_store_stop(world.store);
	cbx_memory_broker_start(world.broker);
	world_pass(1);
	teller.bus_link.next_try = 0;
	ck_assert_int_eq(cbx_link_ensure(&teller.bus_link), 1);
	teller_record("ABC1", "18 Running");
	ck_assert_int_eq(to_broker(), 2);
	ck_assert_int_lt(to_stream(), 0);
	world_expect_outbox("ABC1/18/1");
}
END_TEST

START_TEST(a_stream_that_fails_is_appended_again)
{
	teller_record("ABC1", "17 Running");
	faults_add(&world.state_faults, "append_events", CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(to_stream(), CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(to_stream(), 0);
	world_pass(1);
	ck_assert_int_eq(to_stream(), 1);
	teller_expect_stream("ABC1/17/1");
}
END_TEST

START_TEST(who_does_not_lead_tells_nothing)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	cbx_leadership_lose(&world.leadership, "other");
	ck_assert_int_eq(to_broker(), 0);
	ck_assert_int_eq(to_stream(), 0);
	teller_expect_received("");
	teller_expect_stream("");
}
END_TEST

START_TEST(a_fenced_one_forgets_what_it_told)
{
	teller_subscribe();
	teller_record("ABC1", "17 Running");
	world_run("update lease set epoch = epoch + 1, holder = 'other'");
	ck_assert_int_eq(to_broker(), CHATTERBOX_E_FENCED);
	teller_expect_received("update_job_status ABC1/17/1\n");
	ck_assert_uint_eq(teller.told[CBX_TO_BROKER].count, 0);
	world_expect_outbox("ABC1/17/1");
}
END_TEST

START_TEST(heads_that_can_not_be_read_are_read_later)
{
	teller_record("ABC1", "17 Running");
	faults_add(&world.sql_faults, "heads", CHATTERBOX_E_DOWN);
	ck_assert_int_lt(to_broker(), 0);
	ck_assert(!teller.sql_link.up);
	ck_assert_int_eq(to_broker(), 0);
	teller_connect();
	ck_assert_int_eq(to_broker(), 1);
}
END_TEST

UNIT_TESTS_WITH(teller_set_up, teller_tear_down, a_row_goes_when_both_sides_have_it,
		the_stream_waits_for_what_is_shown,
		a_redis_that_never_takes_all_does_not_hold_it_up_for_ever, the_text_of_an_event,
		of_each_key_the_oldest_alone_is_in_flight, an_unroutable_one_counts_as_told,
		a_refused_one_is_told_again_and_nothing_of_its_key_before,
		a_publish_that_fails_is_repeated,
		a_lost_confirm_is_told_again_and_an_old_one_is_no_confirm,
		a_broker_that_takes_no_publish_in_time_is_lost,
		a_broker_that_takes_no_messages_is_waited_for,
		what_was_told_while_sql_was_away_is_not_told_twice,
		the_stream_goes_on_whatever_the_broker_does_and_the_reverse,
		a_stream_that_fails_is_appended_again, who_does_not_lead_tells_nothing,
		a_fenced_one_forgets_what_it_told, heads_that_can_not_be_read_are_read_later)
