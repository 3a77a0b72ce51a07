// SPDX-License-Identifier: MIT
/* A question that fails for the broker's sake blames no system (contract 3.2, fault 47). */
#include "memory_servers.h"
#include "road/command.h"
#include "road_world.h"

#include <stdio.h>
#include <string.h>

#define SYSTEMS 20

static struct cbx_round_result result;
static struct cbx_bus *others;

static void set_up(void)
{
	char name[16];
	unsigned n;

	world_set_up();
	world_lead();
	for (n = 0; n < SYSTEMS; n++) {
		snprintf(name, sizeof(name), "S%02u", n);
		ck_assert_ptr_nonnull(cbx_systems_get(road->systems, name));
		hdms_system(&world.hdms, name, "1 Running");
	}
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &others), 0);
	ck_assert_int_eq(others->ops->connect(others, false, UINT64_MAX), 0);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	world.warnings = 0;
}

static void tear_down(void)
{
	cbx_bus_free(others);
	world_tear_down();
}

/* A round after @seconds; does it begin? */
static bool round_after(double seconds)
{
	result = (struct cbx_round_result){ 0 };
	world_pass(seconds);
	return !world_round(CBX_STATUS_ROUND, &result);
}

static double outcomes(const char *outcome)
{
	return world_count(world.counters.rpc_requests, "job_status", outcome);
}

static void expect_nobody_blamed(void)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t i;

	for (i = 0; i < SYSTEMS; i++) {
		ck_assert_uint_eq(entries[i]->timeouts, 0);
		ck_assert_uint_eq(entries[i]->ask_again_at, 0);
		ck_assert_int_eq(entries[i]->system->state, CBX_ONLINE);
	}
	ck_assert_double_eq(outcomes("timeout"), 0);
	ck_assert_uint_eq(result.figures.timeouts, 0);
	ck_assert_uint_eq(result.figures.unanswered, 0);
}

static void set_exchange(const char *name)
{
	world_reload("rmq_rpc.request_exchange", name);
	ck_assert_int_eq(cbx_settings_take(&world.place, &road->settings), 1);
}

static void make_exchange(const char *name)
{
	ck_assert_int_eq(others->ops->declare_exchange(others, name, UINT64_MAX), 0);
	ck_assert_int_eq(others->ops->bind(others, "nl-hdms.request", name, "nl-hdms.request",
					   UINT64_MAX),
			 0);
}

START_TEST(a_missing_exchange)
{
	cbx_auto(cbx_text_free) struct cbx_text page = { 0 };
	unsigned n;

	set_exchange("theirs");
	ck_assert(round_after(10));
	ck_assert(result.figures.cut);
	ck_assert_double_eq(outcomes("error"), SYSTEMS);
	expect_nobody_blamed();
	ck_assert(road->bus_link.up && !cbx_health_is_up(world.health, "rmq"));
	cbx_health_print(world.health, &page);
	ck_assert_ptr_nonnull(
		strstr(page.bytes, "exchange theirs takes no questions: was it deleted?"));
	/* for a minute, asked as often as the loop likes: one question at a time */
	for (n = 0; n < 590; n++)
		round_after(0.1);
	ck_assert_double_le(outcomes("error"), SYSTEMS + 20);
	ck_assert_double_ge(outcomes("error"), SYSTEMS + 8);
	expect_nobody_blamed();
	ck_assert_uint_eq(world.warnings, 1);
	make_exchange("theirs");
	ck_assert(round_after(10));
	ck_assert(!result.figures.cut);
	ck_assert_uint_eq(result.figures.answers, SYSTEMS);
	ck_assert(cbx_health_is_up(world.health, "rmq"));
}
END_TEST

/* Those that came before the refusal count */
START_TEST(an_exchange_that_goes_in_the_middle_of_a_round)
{
	world.settings->in_flight = 5;
	faults_add_nth(&world.bus_faults, "take", CHATTERBOX_E_REFUSED, 8, 1);
	ck_assert(round_after(10));
	ck_assert(result.figures.cut);
	ck_assert_uint_gt(result.figures.answers, 0);
	ck_assert_double_gt(outcomes("error"), 0);
	ck_assert_double_eq(outcomes("error"),
			    (double)(result.figures.questions - result.figures.answers));
	expect_nobody_blamed();
}
END_TEST

static int outcome_of_command;

static void note_outcome(void *user, int outcome, const char *code, const char *message)
{
	(void)user;
	(void)code;
	(void)message;
	outcome_of_command = outcome;
}

/* It does not wait for rpc_timeout */
START_TEST(an_order_fails_at_once)
{
	outcome_of_command = 1;
	set_exchange("theirs");
	ck_assert_int_eq(cbx_command_send(road, "job_pause", "S01", 1, note_outcome, NULL), 0);
	ck_assert(round_after(10));
	ck_assert_int_eq(outcome_of_command, CHATTERBOX_E_DOWN);
	expect_nobody_blamed();
}
END_TEST

START_TEST(questions_that_lead_nowhere)
{
	unsigned n;

	cbx_memory_broker_delete_queue(world.broker, "nl-hdms.request");
	for (n = 0; n < 3; n++) {
		ck_assert(round_after(10));
		ck_assert(!result.figures.cut);
	}
	ck_assert_double_eq(outcomes("error"), 3 * SYSTEMS);
	expect_nobody_blamed();
	ck_assert_uint_eq(world.warnings, 1);
	ck_assert(cbx_health_is_up(world.health, "rmq"));
}
END_TEST

static void block(void)
{
	road->bus->blocked = true;
}

START_TEST(a_broker_that_takes_no_messages_any_more)
{
	world.hdms.hold = true;
	world.tick = block;
	ck_assert(round_after(10));
	ck_assert(result.figures.cut);
	ck_assert_double_eq(outcomes("error"), SYSTEMS);
	expect_nobody_blamed();
}
END_TEST

/* The answers are kept back, of which our own connection is not told */
START_TEST(another_connection_is_stopped)
{
	struct cbx_health_entry *entry = cbx_health_add(world.health, "rmq", "events", "here");

	cbx_health_set(entry, false, "the broker takes no messages for now");
	world.hdms.hold = true;
	ck_assert(round_after(10));
	ck_assert_double_eq(outcomes("error"), SYSTEMS);
	expect_nobody_blamed();
	cbx_health_set(entry, true, NULL);
	ck_assert(round_after(10));
	ck_assert_double_eq(outcomes("timeout"), SYSTEMS);
}
END_TEST

START_TEST(our_own_queue_of_answers_is_gone)
{
	world.hdms.hold = true;
	cbx_memory_broker_delete_queue(world.broker, road->bus->ops->reply_to(road->bus));
	ck_assert(round_after(10));
	ck_assert(result.figures.cut);
	ck_assert_double_eq(outcomes("error"), SYSTEMS);
	expect_nobody_blamed();
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, a_missing_exchange,
		an_exchange_that_goes_in_the_middle_of_a_round, an_order_fails_at_once,
		questions_that_lead_nowhere, a_broker_that_takes_no_messages_any_more,
		another_connection_is_stopped, our_own_queue_of_answers_is_gone)
