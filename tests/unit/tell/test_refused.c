// SPDX-License-Identifier: MIT
/* What the broker refuses is sent again ever more rarely, and holds up its own key only (contract
 * 3.3, fault 46). */
#include "memory_servers.h"
#include "teller_world.h"

#include <stdio.h>
#include <string.h>

static struct cbx_bus *others; /* whose queues they are */

static void set_up(void)
{
	teller_set_up();
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &others), 0);
	ck_assert_int_eq(others->ops->connect(others, false, UINT64_MAX), 0);
}

static void tear_down(void)
{
	cbx_bus_free(others);
	teller_tear_down();
}

static int to_broker(void)
{
	return cbx_relay(&teller, CBX_TO_BROKER, world.epoch);
}

/* A queue that is full refuses what its key leads there */
static void fill_a_queue(const char *key)
{
	struct cbx_bus_message message = { .exchange = "", .routing_key = "full", .body = "" };
	unsigned n;

	ck_assert_int_eq(others->ops->declare(others, "full", UINT64_MAX), 0);
	ck_assert_int_eq(others->ops->bind(others, "full", "amq.topic", key, UINT64_MAX), 0);
	for (n = 0; n < CBX_MEMORY_QUEUE_LIMIT; n++)
		ck_assert_int_eq(others->ops->publish(others, &message, NULL, UINT64_MAX), 0);
}

static double outcomes(const char *name, const char *outcome)
{
	return world_count(world.counters.events_published, name, outcome);
}

/* Lets @seconds pass in tenths, publishing all the time as the loop does */
static void turns(unsigned seconds)
{
	unsigned n;

	for (n = 0; n < 10 * seconds; n++) {
		ck_assert_int_ge(to_broker(), 0);
		world_pass(0.1);
	}
}

static unsigned received(const char *id)
{
	struct cbx_bus_event event;
	unsigned count = 0;

	while (teller_receive_any(&event)) {
		count += event.message.message_id && !strcmp(event.message.message_id, id);
		cbx_bus_event_clear(&event);
	}
	return count;
}

/* After 0, 1, 3, 7, 15, 31 and 63 s, and one warning */
START_TEST(a_good_queue_gets_few_copies)
{
	teller_subscribe();
	fill_a_queue("#");
	teller_record("ABC1", "17 Running");
	world.warnings = 0;
	turns(62);
	ck_assert_uint_eq(received("ABC1/17/1"), 6);
	ck_assert_double_eq(outcomes("update_job_status", "refused"), 6);
	ck_assert_uint_eq(world.warnings, 1);
	ck_assert(teller.bus_link.up && cbx_health_is_up(world.health, "rmq"));
	turns(600);
	/* twice as long each time, and five minutes at most: 63, 127, 255, 511 s */
	ck_assert_uint_eq(received("ABC1/17/1"), 4);
	ck_assert_uint_le(world.warnings, 3);
}
END_TEST

START_TEST(others_go_on)
{
	teller_subscribe();
	fill_a_queue("nl-ocd-chatterbox.event.status");
	/* the pause of ABC1 is refused, whose key is the system */
	teller_record("ABC1", "17 Running");
	teller_record("ABC1", "17 Paused");
	turns(1);
	teller_record("ABC1", "17 Running");
	teller_record("ABC2", "1 Running");
	turns(1);
	teller_expect_received("update_job_status ABC1/17/1\nstatus ABC1/status/3\n"
			       "update_job_status ABC1/17/2\nstatus ABC1/status/3\n"
			       "update_job_status ABC1/17/3\nupdate_job_status ABC2/1/1\n");
	cbx_memory_broker_delete_queue(world.broker, "full");
	turns(3);
	teller_expect_received("status ABC1/status/3\nstatus ABC1/status/5\n");
	world_expect("select count(*) from outbox where confirmed_at is null", "0");
	ck_assert_ptr_null(teller.refusals.keys);
}
END_TEST

START_TEST(when_it_works_again_the_waits_begin_anew)
{
	fill_a_queue("#");
	teller_record("ABC1", "17 Running");
	turns(40);
	cbx_memory_broker_delete_queue(world.broker, "full");
	turns(30);
	world_expect("select count(*) from outbox where confirmed_at is null", "0");
	fill_a_queue("#");
	world.warnings = 0;
	teller_record("ABC1", "17 Queued");
	turns(1);
	ck_assert_uint_eq(world.warnings, 1);
	cbx_memory_broker_delete_queue(world.broker, "full");
	turns(1);
	world_expect("select count(*) from outbox where confirmed_at is null", "0");
}
END_TEST

static void set_exchange(const char *name)
{
	world_reload("rmq_rpc.event_exchange", name);
	ck_assert_int_eq(cbx_settings_take(&world.place, &teller.settings), 1);
}

START_TEST(a_missing_exchange_is_asked_for_rarely)
{
	cbx_auto(cbx_text_free) struct cbx_text page = { 0 };

	set_exchange("theirs");
	teller_record("ABC1", "1 Running; 2 Running; 3 Running");
	world.warnings = 0;
	turns(62);
	/* all three at first, then one at a time */
	ck_assert_double_eq(outcomes("update_job_status", "refused"), 3 + 5);
	ck_assert_uint_eq(world.warnings, 1);
	ck_assert(teller.bus_link.up && !cbx_health_is_up(world.health, "rmq"));
	cbx_health_print(world.health, &page);
	ck_assert_ptr_nonnull(strstr(page.bytes, "exchange theirs takes no event"));
	ck_assert_ptr_nonnull(strstr(page.bytes, "deleted"));
	/* somebody else makes it */
	ck_assert_int_eq(others->ops->declare_exchange(others, "theirs", UINT64_MAX), 0);
	turns(2);
	world_expect("select count(*) from outbox where confirmed_at is null", "0");
	ck_assert(cbx_health_is_up(world.health, "rmq"));
}
END_TEST

START_TEST(what_was_made_again_is_used_at_once)
{
	set_exchange("theirs");
	teller_record("ABC1", "1 Running; 2 Running");
	turns(40);
	ck_assert_int_eq(others->ops->declare_exchange(others, "theirs", UINT64_MAX), 0);
	turns(1);
	world_expect("select count(*) from outbox where confirmed_at is null", "2");
	cbx_teller_hurry(&teller);
	teller.stop_by = UINT64_MAX;
	teller.stop = true;
	cbx_teller_run(&teller);
	world_expect("select count(*) from outbox where confirmed_at is null", "0");
}
END_TEST

/* Otherwise a standby would not be ready, and nobody would find out that the exchange is back */
START_TEST(who_leads_no_more_is_refused_nothing)
{
	set_exchange("theirs");
	teller_record("ABC1", "1 Running");
	turns(1);
	ck_assert(!cbx_health_is_up(world.health, "rmq"));
	cbx_leadership_lose(&world.leadership, "other");
	teller.stop = true;
	cbx_teller_run(&teller);
	ck_assert(cbx_health_is_up(world.health, "rmq"));
}
END_TEST

/* Redis or SQL that answers and refuses: tried ever more rarely, up to ten seconds */
START_TEST(a_refusing_server_is_not_pestered)
{
	static const struct {
		const char *call;
		enum cbx_outbox_side side;
	} cases[] = { { "append_events", CBX_TO_STREAM },
		      { "told", CBX_TO_BROKER },
		      { "heads", CBX_TO_STREAM } };
	bool redis = !strcmp(cases[_i].call, "append_events");
	struct faults *plan = redis ? &world.state_faults : &world.sql_faults;
	unsigned n;

	teller_record("ABC1", "17 Running");
	plan->watched = cases[_i].call;
	faults_add_nth(plan, cases[_i].call, CHATTERBOX_E_REFUSED, 1, 1000000);
	world.warnings = 0;
	for (n = 0; n < 600; n++) {
		cbx_relay(&teller, cases[_i].side, world.epoch);
		world_pass(0.1);
	}
	ck_assert_uint_le(plan->calls, 20);
	ck_assert_uint_ge(plan->calls, 9);
	ck_assert_uint_eq(world.warnings, 1);
	faults_clear(plan);
	for (n = 0; n < 110; n++) {
		cbx_relay(&teller, cases[_i].side, world.epoch);
		world_pass(0.1);
	}
	world_expect(cases[_i].side == CBX_TO_BROKER
			     ? "select count(*) from outbox where confirmed_at is null"
			     : "select count(*) from outbox where streamed_at is null",
		     "0");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_good_queue_gets_few_copies,
		others_go_on,
		when_it_works_again_the_waits_begin_anew,
		a_missing_exchange_is_asked_for_rarely,
		what_was_made_again_is_used_at_once,
		who_leads_no_more_is_refused_nothing,
	};
	TCase *tcase = tcase_create("refused");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_refusing_server_is_not_pestered, 0, 3);
	suite_add_tcase(suite, tcase);
}
