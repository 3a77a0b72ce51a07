// SPDX-License-Identifier: MIT
/* What the listener declared is looked at again, and who else consumes its queues. */
#include "listener_world.h"
#include "memory_servers.h"
#include "metric_value.h"

static unsigned mended;

static void note_mended(void *user)
{
	(void)user;
	mended++;
}

static void set_up(void)
{
	listener_set_up();
	mended = 0;
	listener.mended = note_mended;
	listen_for(2);
	ck_assert(listener.bound);
	world.warnings = 0;
}

START_TEST(what_others_delete_is_made_again)
{
	ck_assert_uint_eq(mended, 0); /* at first nothing was gone */
	cbx_memory_broker_delete_queue(world.broker, "nl-ocd-chatterbox.default.event");
	listen_for(2);
	world_pass(1);
	listen_for(2);
	ck_assert(listener.bound);
	ck_assert_int_eq(waiting(), 0);
	ck_assert_uint_eq(mended, 1);
	ck_assert_uint_gt(world.warnings, 0);
	say_status("1", "Running");
	listen_for(2);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
}
END_TEST

START_TEST(a_stranger_is_counted_and_warned_of_once)
{
	struct cbx_bus *stranger = NULL;

	listen_for(20);
	ck_assert_uint_eq(listener.strangers, 0);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &stranger), 0);
	ck_assert_int_eq(stranger->ops->connect(stranger, false, UINT64_MAX), 0);
	ck_assert_int_eq(
		stranger->ops->consume(stranger, "nl-ocd-chatterbox.request", 1, UINT64_MAX), 0);
	listen_for(50);
	ck_assert_uint_eq(listener.strangers, 1);
	ck_assert_double_eq(metric_value(world.counters.foreign_consumers, NULL, NULL), 1);
	ck_assert_uint_eq(world.warnings, 1);
	ck_assert(listener.bound);
	cbx_bus_free(stranger);
	listen_for(20);
	ck_assert_uint_eq(listener.strangers, 0);
	ck_assert_double_eq(metric_value(world.counters.foreign_consumers, NULL, NULL), 0);
}
END_TEST

START_TEST(a_refused_right_is_said_and_ends)
{
	faults_add(&world.bus_faults, "bind", CHATTERBOX_E_REFUSED);
	world_pass(15);
	listen_for(2);
	ck_assert(!cbx_health_is_up(world.health, "rmq"));
	ck_assert_uint_eq(world.warnings, 1);
	ck_assert(listener.consuming); /* what is bound by others still comes */
	world_pass(15);
	listen_for(2);
	ck_assert(cbx_health_is_up(world.health, "rmq"));
}
END_TEST

UNIT_TESTS_WITH(set_up, listener_tear_down, what_others_delete_is_made_again,
		a_stranger_is_counted_and_warned_of_once, a_refused_right_is_said_and_ends)
