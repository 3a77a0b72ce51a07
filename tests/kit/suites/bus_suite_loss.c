// SPDX-License-Identifier: MIT
/* bus_suite_loss.c - the broker dies and comes back: who notices, and what is left */
#include "bus_suite.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/poll.h>

static void expect_down(struct cbx_bus *bus)
{
	uint64_t deadline = bus_in(15);
	struct cbx_bus_event event;
	int result;

	do {
		result = bus->ops->take(bus, -1, bus_in(1), &event);
		if (result == 0)
			cbx_bus_event_clear(&event);
	} while (result == 0 && cbx_now(cbx_system_clock()) < deadline);
	ck_assert_int_eq(result, CHATTERBOX_E_DOWN);
	ck_assert(!bus->ops->is_up(bus));
	ck_assert_ptr_nonnull(strstr(bus->error, bus->where));
}

static void reconnect(struct cbx_bus *bus)
{
	uint64_t deadline = bus_in(60);

	while (bus->ops->connect(bus, true, bus_in(5)) < 0) {
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "%s", bus->error);
		poll(NULL, 0, 20);
	}
}

START_TEST(says_not_connected)
{
	struct cbx_bus *bus = bus_world->make(bus_world->env);
	struct cbx_bus_message message = bus_text("cbx-nobody", "x");
	struct cbx_bus_event event;
	int64_t depth;

	ck_assert(!bus->ops->is_up(bus));
	ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(1), &event), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->publish(bus, &message, NULL, bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->acknowledge(bus, 1, false, true), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->declare(bus, "x", bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->declare_exchange(bus, "x", bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->bind(bus, "x", "amq.topic", "x", bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->consume(bus, NULL, 0, bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->depth(bus, "x", &depth, bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->cancel(bus, bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_ptr_null(bus->ops->reply_to(bus));
	ck_assert_ptr_nonnull(strstr(bus->error, bus->where));
	bus->ops->disconnect(bus);
	bus_close(&bus);
}
END_TEST

/* Without any message, too */
START_TEST(its_broker_gives_signs_of_life)
{
	struct cbx_bus *bus = bus_open(false);
	uint64_t deadline = bus_in(15);
	uint64_t first = bus->alive_at;
	struct cbx_bus_event event;

	ck_assert_uint_ne(first, 0);
	while (bus->alive_at == first && cbx_now(cbx_system_clock()) < deadline)
		ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(1), &event), 0);
	ck_assert_uint_gt(bus->alive_at, first);
	first = bus->alive_at;
	bus->ops->disconnect(bus);
	ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(1), &event), CHATTERBOX_E_DOWN);
	ck_assert_uint_eq(bus->alive_at, first);
	bus_close(&bus);
}
END_TEST

START_TEST(survives_the_loss_of_the_broker)
{
	struct cbx_bus *bus = bus_open(true);
	struct cbx_bus *consumer = bus_open(false);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message kept = bus_text(queue, "kept");
	struct cbx_bus_message lost = bus_text(queue, "lost");
	struct cbx_bus_event event;
	uint64_t tag = 0;

	bus_send(bus, &kept);
	bus_expect_confirmed(bus, 1, 1);
	lost.persistent = false;
	bus_send(bus, &lost);
	bus_expect_confirmed(bus, 2, 2);
	ck_assert_int_eq(consumer->ops->consume(consumer, queue, 1, bus_in(10)), 0);
	bus_expect_text(consumer, "kept", false); /* and is never settled */

	bus_world->lose(bus_world->env);
	expect_down(bus);
	expect_down(consumer);
	ck_assert_int_eq(bus->ops->publish(bus, &kept, NULL, bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(consumer->ops->acknowledge(consumer, 1, false, true), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(bus->ops->connect(bus, true, bus_in(2)), CHATTERBOX_E_DOWN);
	ck_assert_ptr_nonnull(strstr(bus->error, bus->where));

	bus_world->restore(bus_world->env);
	reconnect(bus);
	reconnect(consumer);
	bus_wait_depth(bus, queue, 1);
	ck_assert_int_eq(consumer->ops->consume(consumer, queue, 10, bus_in(10)), 0);
	bus_expect(consumer, CBX_BUS_DELIVERY, &event);
	ck_assert_str_eq(event.message.body, "kept");
	ck_assert_uint_eq(event.tag, 1);
	cbx_bus_event_clear(&event);
	ck_assert_int_eq(bus->ops->publish(bus, &kept, &tag, bus_in(10)), 0);
	ck_assert_uint_eq(tag, 1); /* numbers start anew */
	bus_expect_confirmed(bus, 1, 1);
	bus_close(&bus);
	bus_close(&consumer);
}
END_TEST

START_TEST(drops_the_reply_queue_with_its_connection)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_bus *asker = bus_open(true);
	char name[128];
	struct cbx_bus_event event;
	struct cbx_bus_message message;
	bool returned = false;
	uint64_t deadline = bus_in(10);

	ck_assert_int_eq(bus->ops->consume(bus, NULL, 0, bus_in(10)), 0);
	snprintf(name, sizeof(name), "%s", bus->ops->reply_to(bus));
	message = bus_text(name, "x");
	message.mandatory = true;
	bus->ops->disconnect(bus);
	ck_assert_ptr_null(bus->ops->reply_to(bus));
	while (!returned && cbx_now(cbx_system_clock()) < deadline) {
		bus_send(asker, &message);
		ck_assert_int_eq(asker->ops->take(asker, -1, bus_in(10), &event), 0);
		returned = event.type == CBX_BUS_RETURNED;
		cbx_bus_event_clear(&event);
	}
	ck_assert(returned);
	bus_close(&bus);
	bus_close(&asker);
}
END_TEST

void bus_add_loss(Suite *suite)
{
	const TTest *const tests[] = { says_not_connected, its_broker_gives_signs_of_life,
				       survives_the_loss_of_the_broker,
				       drops_the_reply_queue_with_its_connection };

	bus_add_case(suite, "loss", tests, sizeof(tests) / sizeof(tests[0]));
}
