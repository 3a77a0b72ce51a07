// SPDX-License-Identifier: MIT
/* The in-process broker keeps the bus's contract; and its own promises: bounds, fairness, threads.
 */
#include "adapter/memory_bus/memory_bus.h"
#include "base/thread.h"
#include "bus_suite.h"
#include "memory_servers.h"

#include <chatterbox/error.h>
#include <stdio.h>

static struct cbx_memory_broker *broker;

static struct cbx_bus *make(void *env)
{
	struct cbx_bus *bus = NULL;

	(void)env;
	ck_assert_int_eq(cbx_memory_bus_new(broker, &bus), 0);
	return bus;
}

static void delete_queue(void *env, const char *queue)
{
	(void)env;
	cbx_memory_broker_delete_queue(broker, queue);
}

static void lose(void *env)
{
	(void)env;
	cbx_memory_broker_stop(broker);
}

static void restore(void *env)
{
	(void)env;
	cbx_memory_broker_start(broker);
}

START_TEST(nacks_into_a_full_queue)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = bus_text(queue, "x");
	struct cbx_bus_event event;

	for (int i = 0; i < CBX_MEMORY_QUEUE_LIMIT; i++)
		bus_send(bus, &message);
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 1, CBX_MEMORY_QUEUE_LIMIT);
	bus_expect(bus, CBX_BUS_REFUSED, &event);
	ck_assert_uint_eq(event.tag, CBX_MEMORY_QUEUE_LIMIT + 1);
	bus_wait_depth(bus, queue, CBX_MEMORY_QUEUE_LIMIT);
	bus_close(&bus);
}
END_TEST

START_TEST(serves_consumers_in_turn)
{
	struct cbx_bus *one = bus_open(false);
	struct cbx_bus *two = bus_open(false);
	const char *queue = bus_declared(one);
	struct cbx_bus_message message = bus_text(queue, "x");

	ck_assert_int_eq(one->ops->consume(one, queue, 10, bus_in(10)), 0);
	ck_assert_int_eq(two->ops->consume(two, queue, 10, bus_in(10)), 0);
	for (int i = 0; i < 4; i++)
		bus_send(one, &message);
	for (int i = 0; i < 2; i++) {
		bus_expect_text(one, "x", false);
		bus_expect_text(two, "x", false);
	}
	bus_expect_nothing(one, 1);
	bus_expect_nothing(two, 1);
	bus_close(&one);
	bus_close(&two);
}
END_TEST

#define LOAD 20000

static void *publish_load(void *arg)
{
	struct cbx_bus *bus = bus_open(false);
	char text[16];
	struct cbx_bus_message message;

	for (int i = 0; i < LOAD; i++) {
		snprintf(text, sizeof(text), "%d", i);
		message = bus_text(arg, text);
		bus_send(bus, &message);
	}
	bus_close(&bus);
	return NULL;
}

START_TEST(carries_between_threads_in_order)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_thread thread = { .running = false };
	struct cbx_bus_event event;
	char queue[128];

	/* without acks: more than CBX_AHEAD waits in the queue */
	ck_assert_int_eq(bus->ops->consume(bus, NULL, 0, bus_in(10)), 0);
	snprintf(queue, sizeof(queue), "%s", bus->ops->reply_to(bus));
	ck_assert_int_eq(cbx_thread_start(&thread, "load", publish_load, queue), 0);
	for (int i = 0; i < LOAD; i++) {
		bus_expect(bus, CBX_BUS_DELIVERY, &event);
		ck_assert_int_eq(atoi(event.message.body), i);
		cbx_bus_event_clear(&event);
	}
	cbx_thread_join(&thread);
	bus_close(&bus);
}
END_TEST

static void *stop_broker(void *arg)
{
	cbx_memory_broker_stop(arg);
	return NULL;
}

START_TEST(wakes_a_waiting_take_when_it_stops)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_thread thread = { .running = false };
	uint64_t start = cbx_now(cbx_system_clock());
	struct cbx_bus_event event;

	ck_assert_int_eq(cbx_thread_start(&thread, "stop", stop_broker, broker), 0);
	ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(30), &event), CHATTERBOX_E_DOWN);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 20 * CBX_SECOND);
	cbx_thread_join(&thread);
	cbx_memory_broker_start(broker);
	bus_close(&bus);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { nacks_into_a_full_queue, serves_consumers_in_turn,
				       carries_between_threads_in_order,
				       wakes_a_waiting_take_when_it_stops };
	const struct bus_world world = { .name = "memory_bus",
					 .make = make,
					 .delete_queue = delete_queue,
					 .lose = lose,
					 .restore = restore };
	Suite *suite;
	int failed;

	if (cbx_memory_broker_new(cbx_system_clock(), &broker) < 0)
		return EXIT_FAILURE;
	suite = bus_suite(&world);
	bus_add_case(suite, "memory", tests, sizeof(tests) / sizeof(tests[0]));
	failed = unit_run(suite);
	cbx_memory_broker_unref(broker);
	return failed;
}
