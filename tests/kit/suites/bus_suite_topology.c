// SPDX-License-Identifier: MIT
/* bus_suite_topology.c - queues, exchanges, bindings, and what the broker refuses */
#include "bus_suite.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

START_TEST(declares_a_queue_and_again)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_bus *other = bus_open(false);
	const char *queue = bus_declared(bus);

	ck_assert_int_eq(bus->ops->declare(bus, queue, bus_in(10)), 0);
	ck_assert_int_eq(other->ops->declare(other, queue, bus_in(10)), 0);
	bus_close(&bus);
	bus_wait_depth(other, queue, 0); /* it outlives its connection */
	bus_close(&other);
}
END_TEST

START_TEST(refuses_a_locked_queue_by_name)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_bus *other = bus_open(false);
	const char *reply_to;
	int64_t depth;

	ck_assert_ptr_null(bus->ops->reply_to(bus));
	ck_assert_int_eq(bus->ops->consume(bus, NULL, 0, bus_in(10)), 0);
	reply_to = bus->ops->reply_to(bus);
	ck_assert_ptr_nonnull(reply_to);
	ck_assert_int_eq(other->ops->declare(other, reply_to, bus_in(10)), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(other->error, reply_to));
	ck_assert_int_eq(other->ops->consume(other, reply_to, 1, bus_in(10)), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(other->error, reply_to));
	ck_assert_int_eq(other->ops->depth(other, reply_to, &depth, bus_in(10)),
			 CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(other->ops->declare(other, "amq.mine", bus_in(10)), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(other->error, "amq.mine"));
	/* and the connection is as good as before */
	ck_assert(other->ops->is_up(other));
	bus_declared(other);
	bus_close(&bus);
	bus_close(&other);
}
END_TEST

START_TEST(tells_depth_and_unknown_queues)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = bus_text(queue, "x");
	int64_t depth = -1;

	ck_assert_int_eq(bus->ops->depth(bus, queue, &depth, bus_in(10)), 0);
	ck_assert_int_eq(depth, 0);
	bus_send(bus, &message);
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 1, 2);
	bus_wait_depth(bus, queue, 2);
	depth = 77;
	ck_assert_int_eq(bus->ops->depth(bus, "cbx-nobody", &depth, bus_in(10)),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(depth, 77);
	ck_assert_ptr_nonnull(strstr(bus->error, "cbx-nobody"));
	/* an unknown queue costs neither the confirms nor their numbers */
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 3, 3);
	bus_close(&bus);
}
END_TEST

struct binding_case {
	const char *pattern;
	const char *key;
	bool reaches;
};

static const struct binding_case binding_cases[] = {
	{ "nl-hdms.event.control.system_online", "nl-hdms.event.control.system_online", true },
	{ "nl-hdms.event.control.system_online", "nl-hdms.event.control.system_offline", false },
	{ "a.*.c", "a.b.c", true },
	{ "a.*.c", "a.c", false },
	{ "a.*.c", "a.b.b.c", false },
	{ "a.#", "a", true },
	{ "a.#", "a.b.c", true },
	{ "a.#", "ab.c", false },
	{ "#", "anything.at.all", true },
	{ "#.c", "a.b.c", true },
	{ "#.c", "c", true },
	{ "#.c", "a.b.c.d", false },
	{ "a.#.c.#.e", "a.b.c.d.c.e", true },
	{ "a.#.c.#.e", "a.b.d.e", false },
	{ "*.#", "", false },
	{ "#", "", true },
};

START_TEST(binds_by_topic)
{
	struct cbx_bus *bus = bus_open(true);
	uint64_t tag = 0;
	size_t i;

	for (i = 0; i < sizeof(binding_cases) / sizeof(binding_cases[0]); i++) {
		const struct binding_case *c = &binding_cases[i];
		const char *queue = bus_declared(bus);
		struct cbx_bus_message message = bus_text(c->key, "x");
		int64_t depth = -1;

		message.exchange = "cbx-suite-topic";
		ck_assert_msg(bus->ops->declare_exchange(bus, message.exchange, bus_in(10)) == 0,
			      "%s", bus->error);
		ck_assert_msg(bus->ops->bind(bus, queue, message.exchange, c->pattern,
					     bus_in(10)) == 0,
			      "%s", bus->error);
		ck_assert_int_eq(
			bus->ops->bind(bus, queue, message.exchange, c->pattern, bus_in(10)), 0);
		bus_send(bus, &message);
		tag++;
		bus_expect_confirmed(bus, tag, tag);
		ck_assert_int_eq(bus->ops->depth(bus, queue, &depth, bus_in(10)), 0);
		ck_assert_msg(depth == c->reaches, "pattern '%s', key '%s': %d", c->pattern, c->key,
			      (int)depth);
		bus_drop_queues();
	}
	bus_close(&bus);
}
END_TEST

START_TEST(gives_a_queue_one_copy)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	const char *second = bus_declared(bus);
	char key[96];
	struct cbx_bus_message message = bus_text(key, "x");

	snprintf(key, sizeof(key), "%s.event.status", queue);
	message.exchange = "amq.topic";
	ck_assert_int_eq(bus->ops->bind(bus, queue, "amq.topic", key, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->bind(bus, queue, "amq.topic", "*.event.status", bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->bind(bus, second, "amq.topic", key, bus_in(10)), 0);
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 1, 1);
	bus_wait_depth(bus, queue, 1);
	bus_wait_depth(bus, second, 1);
	bus_close(&bus);
}
END_TEST

START_TEST(refuses_to_bind_and_consume_what_is_not_there)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);

	ck_assert_int_eq(bus->ops->bind(bus, "cbx-nobody", "amq.topic", "a", bus_in(10)),
			 CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(bus->error, "cbx-nobody"));
	ck_assert_int_eq(bus->ops->bind(bus, queue, "cbx-nowhere", "a", bus_in(10)),
			 CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(bus->error, "cbx-nowhere"));
	ck_assert_int_eq(bus->ops->consume(bus, "cbx-nobody", 1, bus_in(10)), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(bus->error, "cbx-nobody"));
	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	bus_close(&bus);
}
END_TEST

START_TEST(tells_of_a_missing_exchange_and_goes_on)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message good = bus_text(queue, "good");
	struct cbx_bus_message bad = bus_text(queue, "bad");
	struct cbx_bus_event event;
	uint64_t tag = 0;

	ck_assert_int_eq(bus->ops->consume(bus, queue, 10, bus_in(10)), 0);
	bad.exchange = "cbx-nowhere";
	ck_assert_int_eq(bus->ops->publish(bus, &bad, &tag, bus_in(10)), 0);
	ck_assert_uint_eq(tag, 1);
	ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(10), &event), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(bus->error, "cbx-nowhere"));
	bus_expect(bus, CBX_BUS_REFUSED, &event);
	ck_assert(event.multiple);
	ck_assert_uint_eq(event.tag, 1);
	ck_assert(bus->ops->is_up(bus));
	/* confirms and consuming go on */
	ck_assert_int_eq(bus->ops->publish(bus, &good, &tag, bus_in(10)), 0);
	ck_assert_uint_eq(tag, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(10), &event), 0);
		ck_assert(event.type == CBX_BUS_CONFIRMED || event.type == CBX_BUS_DELIVERY);
		if (event.type == CBX_BUS_CONFIRMED)
			ck_assert_uint_eq(event.tag, 2);
		else
			ck_assert_int_eq(bus->ops->acknowledge(bus, event.tag, false, true), 0);
		cbx_bus_event_clear(&event);
	}
	bus_close(&bus);
}
END_TEST

START_TEST(tells_of_a_deleted_queue)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);
	struct cbx_bus_event event;

	ck_assert_int_eq(bus->ops->consume(bus, queue, 10, bus_in(10)), 0);
	bus_world->delete_queue(bus_world->env, queue);
	bus_expect(bus, CBX_BUS_CANCELLED, &event);
	ck_assert_str_eq(event.message.queue, queue);
	cbx_bus_event_clear(&event);
	ck_assert_int_eq(bus->ops->declare(bus, queue, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 10, bus_in(10)), 0);
	bus_close(&bus);
}
END_TEST

void bus_add_topology(Suite *suite)
{
	const TTest *const tests[] = { declares_a_queue_and_again,
				       refuses_a_locked_queue_by_name,
				       tells_depth_and_unknown_queues,
				       binds_by_topic,
				       gives_a_queue_one_copy,
				       refuses_to_bind_and_consume_what_is_not_there,
				       tells_of_a_missing_exchange_and_goes_on,
				       tells_of_a_deleted_queue };

	bus_add_case(suite, "topology", tests, sizeof(tests) / sizeof(tests[0]));
}
