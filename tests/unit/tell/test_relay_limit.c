// SPDX-License-Identifier: MIT
/*
 * An event that is larger than the broker takes (tell/relay_broker.c): it alone is given up, the
 * stream has it, and all that stands beside and behind it is told.
 */
#include "choosy_bus.h"
#include "teller_world.h"

#include <chatterbox/error.h>
#include <string.h>

#define MOST 400

static struct choosy broker;

static void set_up(void)
{
	teller_set_up();
	broker = (struct choosy){ .most = MOST };
	choosy_bus(teller.bus, &broker);
	teller_subscribe();
}

static int to_broker(void)
{
	return cbx_relay(&teller, CBX_TO_BROKER, world.epoch);
}

static double told(const char *name, const char *outcome)
{
	return world_count(world.counters.events_published, name, outcome);
}

/* "17 Running", with a member that makes its event larger than MOST by @more */
static void record_large(int job, unsigned more)
{
	char words[MOST + 200];
	size_t at = (size_t)sprintf(words, "%d Running x=\"", job);

	memset(words + at, 'a', MOST - 100 + more);
	strcpy(words + at + MOST - 100 + more, "\"");
	teller_record("ABC1", words);
}

START_TEST(one_that_is_too_large_is_given_up_alone)
{
	teller_record("ABC1", "16 Running");
	record_large(17, 50);
	teller_record("ABC1", "17 Queued; 18 Running");
	ck_assert_int_eq(to_broker(), 3);
	/* the first was taken before the channel was closed, and nobody could know */
	teller_expect_received("update_job_status ABC1/16/1\nupdate_job_status ABC1/16/1\n"
			       "update_job_status ABC1/18/1\n");
	ck_assert_double_eq(told("update_job_status", "too_large"), 1);
	ck_assert_double_eq(told("update_job_status", "ok"), 2);
	ck_assert(teller.bus_link.up);
	ck_assert_uint_eq(broker.closed, 2);
	world_expect("select group_concat(message_id) from outbox where confirmed_at is null",
		     "ABC1/17/2");
	/* what stands behind it is next, at once */
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/2\n");
	ck_assert_int_eq(cbx_relay(&teller, CBX_TO_STREAM, world.epoch), 3);
	ck_assert_int_eq(cbx_relay(&teller, CBX_TO_STREAM, world.epoch), 1);
	teller_expect_stream("ABC1/16/1 ABC1/17/1 ABC1/18/1 ABC1/17/2");
	world_expect_outbox("");
}
END_TEST

START_TEST(of_several_each_is_found_and_no_other)
{
	record_large(1, 20);
	teller_record("ABC1", "2 Running");
	record_large(3, 90);
	record_large(4, 55);
	teller_record("ABC1", "5 Running; 6 Running");
	ck_assert_int_eq(to_broker(), 6);
	teller_expect_received("update_job_status ABC1/2/1\nupdate_job_status ABC1/5/1\n"
			       "update_job_status ABC1/6/1\n");
	ck_assert_double_eq(told("update_job_status", "too_large"), 3);
	ck_assert_uint_eq(broker.closed, 4);
	/* six at once, three alone, one more that is taken, and the two that are left */
	ck_assert_uint_eq(broker.publishes, 12);
}
END_TEST

/* A chunk of job_status was under way before the batch */
START_TEST(the_largest_is_innocent_when_it_fits)
{
	teller_record("ABC1", "17 Running x=\"larger\"; 18 Running");
	broker.intruder = 1;
	ck_assert_int_eq(to_broker(), 2);
	ck_assert_double_eq(told("update_job_status", "too_large"), 0);
	ck_assert_uint_eq(broker.closed, 1);
	teller_expect_received("update_job_status ABC1/17/1\nupdate_job_status ABC1/18/1\n");
}
END_TEST

/* And one more before the letter that is sent alone: nobody knows whose fault it is */
START_TEST(one_that_was_not_alone_is_not_given_up)
{
	record_large(17, 50);
	broker.intruder = 2;
	ck_assert_int_eq(to_broker(), 0);
	ck_assert_double_eq(told("update_job_status", "too_large"), 0);
	world_expect_outbox("ABC1/17/1");
	broker.most = 1000;
	world_pass(1);
	ck_assert_int_eq(to_broker(), 1);
	teller_expect_received("update_job_status ABC1/17/1\n");
}
END_TEST

/* Refused for another reason: then every one is sent alone, after the rest was tried once */
START_TEST(a_small_one_is_found_as_well)
{
	teller_record("ABC1", "1 Running; 2 Running; 3 Running x=1; 4 Running; 5 Running x=12");
	broker.hated = "ABC1/4/1";
	ck_assert_int_eq(to_broker(), 5);
	ck_assert_double_eq(told("update_job_status", "too_large"), 1);
	ck_assert_double_eq(told("update_job_status", "ok"), 4);
	ck_assert_uint_eq(broker.closed, 3); /* all, the rest, alone */
	world_expect("select count(*) from outbox where confirmed_at is null", "0");
}
END_TEST

static void stop(void)
{
	teller.stop = true;
}

/* It is transient: counted, said, and the connection stays */
START_TEST(a_chunk_that_is_too_large_is_lost_alone)
{
	char large[2 * MOST] = "";
	struct cbx_bus_message message = { .exchange = "amq.topic",
					   .routing_key = "chunk",
					   .body = large,
					   .body_len = sizeof(large) };

	broker.told = stop;
	ck_assert_int_eq(teller.bus->ops->publish(teller.bus, &message, NULL, UINT64_MAX), 0);
	cbx_teller_run(&teller);
	ck_assert_double_eq(told("job_status", "too_large"), 1);
	ck_assert(teller.bus_link.up);
	teller_record("ABC1", "17 Running");
	ck_assert_int_eq(to_broker(), 1);
	ck_assert_double_eq(told("update_job_status", "ok"), 1);
}
END_TEST

START_TEST(a_given_up_one_is_remembered_while_sql_is_away)
{
	record_large(17, 50);
	faults_add(&world.sql_faults, "told", CHATTERBOX_E_DOWN);
	ck_assert_int_lt(to_broker(), 0);
	teller_connect();
	world_pass(1);
	ck_assert_int_eq(to_broker(), 0);
	ck_assert_uint_eq(broker.closed, 2);
	world_expect("select count(*) from outbox where confirmed_at is null", "0");
}
END_TEST

START_TEST(a_refused_one_is_no_large_one)
{
	faults_add(&world.bus_faults, "take", CHATTERBOX_E_REFUSED);
	teller_record("ABC1", "17 Running");
	ck_assert_int_eq(to_broker(), 1);
	ck_assert_double_eq(told("update_job_status", "too_large"), 0);
	ck_assert_double_eq(told("update_job_status", "ok"), 1);
}
END_TEST

START_TEST(one_that_amqp_can_not_carry_is_given_up)
{
	teller_record("ABC1", "17 Running; 18 Running");
	faults_add(&world.bus_faults, "publish", CHATTERBOX_E_LIMIT);
	ck_assert_int_eq(to_broker(), 2);
	ck_assert_double_eq(told("update_job_status", "too_large"), 1);
	teller_expect_received("update_job_status ABC1/18/1\n");
}
END_TEST

UNIT_TESTS_WITH(set_up, teller_tear_down, one_that_is_too_large_is_given_up_alone,
		of_several_each_is_found_and_no_other, a_small_one_is_found_as_well,
		the_largest_is_innocent_when_it_fits, one_that_was_not_alone_is_not_given_up,
		a_chunk_that_is_too_large_is_lost_alone,
		a_given_up_one_is_remembered_while_sql_is_away, a_refused_one_is_no_large_one,
		one_that_amqp_can_not_carry_is_given_up)
