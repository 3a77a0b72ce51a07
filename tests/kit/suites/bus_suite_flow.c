// SPDX-License-Identifier: MIT
/* bus_suite_flow.c - consuming: order, prefetch, settling, waiting, replies */
#include "bus_suite.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define REQUESTS 1000

static void send_numbers(struct cbx_bus *bus, const char *queue, int first, int last)
{
	char text[16];

	for (int i = first; i <= last; i++) {
		struct cbx_bus_message message;

		snprintf(text, sizeof(text), "%d", i);
		message = bus_text(queue, text);
		bus_send(bus, &message);
	}
}

START_TEST(honours_prefetch)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);
	uint64_t first;

	send_numbers(bus, queue, 1, 5);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 3, bus_in(10)), 0);
	first = bus_expect_text(bus, "1", false);
	ck_assert_uint_eq(first, 1);
	bus_expect_text(bus, "2", false);
	bus_expect_text(bus, "3", false);
	bus_expect_nothing(bus, 100);
	ck_assert_int_eq(bus->ops->acknowledge(bus, first, false, true), 0);
	bus_expect_text(bus, "4", false);
	bus_expect_nothing(bus, 100);
	bus_close(&bus);
}
END_TEST

START_TEST(acknowledges_many_at_once)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_bus *watcher = bus_open(false);
	const char *queue = bus_declared(bus);
	uint64_t tag = 0;

	send_numbers(bus, queue, 1, 5);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 10, bus_in(10)), 0);
	for (int i = 1; i <= 5; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		tag = bus_expect_text(bus, text, false);
	}
	ck_assert_int_eq(bus->ops->acknowledge(bus, tag - 1, true, true), 0);
	/* a question makes sure that the broker has read it */
	bus_wait_depth(bus, queue, 0);
	bus->ops->disconnect(bus);
	ck_assert(!bus->ops->is_up(bus));
	bus_wait_depth(watcher, queue, 1);
	bus_close(&bus);
	bus_close(&watcher);
}
END_TEST

START_TEST(rejects_for_good)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);

	send_numbers(bus, queue, 1, 2);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->acknowledge(bus, bus_expect_text(bus, "1", false), false, false),
			 0);
	ck_assert_int_eq(bus->ops->acknowledge(bus, bus_expect_text(bus, "2", false), false, false),
			 0);
	bus_expect_nothing(bus, 50);
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	bus_expect_nothing(bus, 100);
	bus_close(&bus);
}
END_TEST

START_TEST(redelivers_in_order)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_bus *next = bus_open(false);
	const char *queue = bus_declared(bus);
	uint64_t second;

	send_numbers(bus, queue, 1, 6);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 4, bus_in(10)), 0);
	bus_expect_text(bus, "1", false);
	second = bus_expect_text(bus, "2", false);
	bus_expect_text(bus, "3", false);
	bus_expect_text(bus, "4", false);
	ck_assert_int_eq(bus->ops->acknowledge(bus, second, false, true), 0);
	bus_expect_text(bus, "5", false);
	bus->ops->disconnect(bus);
	bus_wait_depth(next, queue, 5);
	ck_assert_int_eq(next->ops->consume(next, queue, 10, bus_in(10)), 0);
	bus_expect_text(next, "1", true);
	bus_expect_text(next, "3", true);
	bus_expect_text(next, "4", true);
	bus_expect_text(next, "5", true);
	bus_expect_text(next, "6", false);
	bus_close(&bus);
	bus_close(&next);
}
END_TEST

START_TEST(consumes_two_queues_and_cancels)
{
	struct cbx_bus *bus = bus_open(true);
	const char *one = bus_declared(bus);
	const char *two = bus_declared(bus);
	struct cbx_bus_event event;
	uint64_t open = 0;

	ck_assert_int_eq(bus->ops->consume(bus, one, 10, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->consume(bus, two, 10, bus_in(10)), 0);
	send_numbers(bus, one, 1, 1);
	for (int i = 0; i < 2; i++) { /* its delivery and its confirm, in any order */
		ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(10), &event), 0);
		if (event.type == CBX_BUS_DELIVERY) {
			open = event.tag;
			ck_assert_str_eq(event.message.queue, one);
		}
		cbx_bus_event_clear(&event);
	}
	ck_assert_int_eq(bus->ops->cancel(bus, bus_in(10)), 0);
	send_numbers(bus, two, 1, 1);
	bus_expect_confirmed(bus, 2, 2);
	bus_wait_depth(bus, two, 1);
	ck_assert_int_eq(bus->ops->acknowledge(bus, open, false, true), 0);
	ck_assert_int_eq(bus->ops->consume(bus, two, 10, bus_in(10)), 0);
	bus_expect_text(bus, "1", false);
	bus_wait_depth(bus, one, 0);
	bus_close(&bus);
}
END_TEST

START_TEST(wakes_by_descriptor)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);
	int fd = eventfd(1, EFD_CLOEXEC);
	uint64_t start = cbx_now(cbx_system_clock());
	struct cbx_bus_event event;

	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->take(bus, fd, bus_in(30), &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_NOTHING);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 20 * CBX_SECOND);
	/* an event that is there comes first, however loudly somebody wakes */
	send_numbers(bus, queue, 1, 1);
	while (event.type == CBX_BUS_NOTHING)
		ck_assert_int_eq(bus->ops->take(bus, fd, bus_in(30), &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_DELIVERY);
	cbx_bus_event_clear(&event);
	close(fd);
	bus_close(&bus);
}
END_TEST

START_TEST(honours_the_deadline)
{
	struct cbx_bus *bus = bus_open(false);
	uint64_t start = cbx_now(cbx_system_clock());
	struct cbx_bus_event event;

	bus_expect_nothing(bus, 150);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 10 * CBX_SECOND);
	/* a deadline in the past looks once and does not wait */
	start = cbx_now(cbx_system_clock());
	ck_assert_int_eq(bus->ops->take(bus, -1, 1, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_NOTHING);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 10 * CBX_SECOND);
	bus_close(&bus);
}
END_TEST

static void answer_all(struct cbx_bus *server, const char *queue)
{
	struct cbx_bus_event event;

	ck_assert_int_eq(server->ops->consume(server, queue, 64, bus_in(10)), 0);
	for (int i = 0; i < REQUESTS; i++) {
		struct cbx_bus_message reply = { .exchange = "" };

		bus_expect(server, CBX_BUS_DELIVERY, &event);
		reply.routing_key = event.message.reply_to;
		reply.correlation_id = event.message.correlation_id;
		reply.body = event.message.body;
		reply.body_len = event.message.body_len;
		bus_send(server, &reply);
		ck_assert_int_eq(server->ops->acknowledge(server, event.tag, false, true), 0);
		cbx_bus_event_clear(&event);
	}
}

START_TEST(answers_a_thousand_requests_in_flight)
{
	struct cbx_bus *client = bus_open(false);
	struct cbx_bus *server = bus_open(false);
	const char *queue = bus_declared(client);
	static bool seen[REQUESTS];
	char id[16];
	struct cbx_bus_event event;

	memset(seen, 0, sizeof(seen));
	ck_assert_int_eq(client->ops->consume(client, NULL, 0, bus_in(10)), 0);
	for (int i = 0; i < REQUESTS; i++) {
		struct cbx_bus_message request;

		snprintf(id, sizeof(id), "%d", i);
		request = bus_text(queue, id);
		request.correlation_id = id;
		request.reply_to = client->ops->reply_to(client);
		request.mandatory = true;
		bus_send(client, &request);
	}
	answer_all(server, queue);
	for (int i = 0; i < REQUESTS; i++) {
		int number;

		bus_expect(client, CBX_BUS_DELIVERY, &event);
		number = atoi(event.message.correlation_id);
		ck_assert_str_eq(event.message.body, event.message.correlation_id);
		ck_assert_str_eq(event.message.queue, client->ops->reply_to(client));
		ck_assert(!seen[number]);
		seen[number] = true;
		cbx_bus_event_clear(&event);
	}
	bus_expect_nothing(client, 20);
	bus_close(&client);
	bus_close(&server);
}
END_TEST

void bus_add_flow(Suite *suite)
{
	const TTest *const tests[] = { honours_prefetch,
				       acknowledges_many_at_once,
				       rejects_for_good,
				       redelivers_in_order,
				       consumes_two_queues_and_cancels,
				       wakes_by_descriptor,
				       honours_the_deadline,
				       answers_a_thousand_requests_in_flight };

	bus_add_case(suite, "flow", tests, sizeof(tests) / sizeof(tests[0]));
}
