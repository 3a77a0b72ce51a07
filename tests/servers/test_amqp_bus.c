// SPDX-License-Identifier: MIT
/*
 * The RabbitMQ adapter keeps the bus's contract over a real broker; and what is AMQP's alone:
 * logins, TLS, other programs' headers and queues.
 */
#include "adapter/amqp_bus/amqp_bus.h"
#include "bus_suite.h"
#include "raw_amqp.h"
#include "servers.h"

#include <arpa/inet.h>
#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct cbx_amqp_options options(void)
{
	return (struct cbx_amqp_options){ .host = "127.0.0.1",
					  .port = cbx_test_port("RMQ"),
					  .vhost = "/",
					  .user = cbx_test_env("RMQ_USER"),
					  .pass = cbx_test_env("RMQ_PASSWORD"),
					  .name = "bus suite" };
}

static struct cbx_bus *make_with(const struct cbx_amqp_options *with)
{
	struct cbx_bus *bus = NULL;

	ck_assert_int_eq(cbx_amqp_bus_new(with, cbx_system_clock(), NULL, &bus), 0);
	return bus;
}

static struct cbx_bus *make(void *env)
{
	const struct cbx_amqp_options with = options();

	(void)env;
	return make_with(&with);
}

static void delete_queue(void *env, const char *queue)
{
	(void)env;
	raw_delete_queue(queue);
}

/* RabbitMQ may lose a durable queue that it has confirmed when it is killed right after (seen with
 * 3.10: 1 of 30): its log of declarations is written out first, since that is not what is tested */
static void lose(void *env)
{
	(void)env;
	free(servers_rabbitmqctl("eval", "catch mnesia:sync_log().", NULL));
	servers_kill("rmq");
}

static void restore(void *env)
{
	(void)env;
	servers_up("rmq");
}

START_TEST(tells_why_it_cannot_log_in)
{
	struct cbx_amqp_options with = options();
	struct cbx_bus *bus;

	with.pass = "canary-secret";
	bus = make_with(&with);
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(10)), CHATTERBOX_E_REFUSED);
	ck_assert(!bus->ops->is_up(bus));
	ck_assert_ptr_nonnull(strstr(bus->error, "ACCESS_REFUSED"));
	ck_assert_ptr_nonnull(strstr(bus->error, bus->where));
	ck_assert_ptr_null(strstr(bus->error, "canary-secret"));
	bus_close(&bus);

	with = options();
	with.vhost = "nowhere";
	bus = make_with(&with);
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(10)), CHATTERBOX_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(bus->error, "nowhere"));
	bus_close(&bus);
}
END_TEST

START_TEST(gives_up_on_a_server_that_does_not_answer)
{
	struct cbx_amqp_options with = options();
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t start = cbx_now(cbx_system_clock());
	struct cbx_bus *bus;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	with.port = ntohs(address.sin_port);
	bus = make_with(&with);
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 15 * CBX_SECOND);
	close(fd);
	/* and now nobody is there at all */
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(1)), CHATTERBOX_E_DOWN);
	ck_assert_ptr_nonnull(strstr(bus->error, "refused or unreachable"));
	bus_close(&bus);
}
END_TEST

START_TEST(refuses_tls_that_it_cannot_verify)
{
	struct cbx_amqp_options with = options();
	struct cbx_bus *bus;

	with.tls = true;
	with.tls_ca = "/nowhere/ca.pem";
	bus = make_with(&with);
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(5)), CHATTERBOX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(bus->error, "/nowhere/ca.pem"));
	bus_close(&bus);
	with.tls_ca = NULL;
	bus = make_with(&with); /* a plain port is no TLS server */
	ck_assert_int_lt(bus->ops->connect(bus, false, bus_in(5)), 0);
	ck_assert(!bus->ops->is_up(bus));
	bus_close(&bus);
}
END_TEST

START_TEST(reads_headers_of_other_kinds)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);
	struct cbx_bus_event event;

	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	raw_publish_headers(queue);
	bus_expect(bus, CBX_BUS_DELIVERY, &event);
	ck_assert_pstr_eq(cbx_bus_header(&event.message, "i64"), "-1234567890123");
	ck_assert_pstr_eq(cbx_bus_header(&event.message, "u8"), "200");
	ck_assert_pstr_eq(cbx_bus_header(&event.message, "yes"), "1");
	ck_assert_pstr_eq(cbx_bus_header(&event.message, "half"), "0.5");
	ck_assert_pstr_eq(cbx_bus_header(&event.message, "bytes"), "a long string");
	ck_assert_pstr_eq(cbx_bus_header(&event.message, "text"), "text");
	ck_assert_uint_eq(event.message.header_count, 6);
	cbx_bus_event_clear(&event);
	bus_close(&bus);
}
END_TEST

START_TEST(uses_a_queue_that_others_declared_differently)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_queue_name();

	raw_declare_bounded(queue);
	ck_assert_msg(bus->ops->declare(bus, queue, bus_in(10)) == 0, "%s", bus->error);
	bus_close(&bus);
}
END_TEST

/* Notes which of the messages up to @most are confirmed, in whatever order; how many are new */
static int note_confirmed(bool *noted, uint64_t most, const struct cbx_bus_event *event)
{
	int fresh = 0;

	for (uint64_t tag = event->multiple ? 1 : event->tag; tag <= event->tag; tag++) {
		ck_assert_uint_le(tag, most);
		fresh += !noted[tag];
		noted[tag] = true;
	}
	return fresh;
}

/* Deliveries, confirms and returns that arrive while a question waits are not lost */
START_TEST(keeps_events_that_arrive_during_questions)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_event event;
	int delivered = 0;
	int returned = 0;
	bool noted[101] = { false };
	int confirmed = 0;
	int64_t depth;

	ck_assert_int_eq(bus->ops->consume(bus, queue, 0, bus_in(10)), 0);
	for (int i = 0; i < 100; i++) {
		struct cbx_bus_message message = bus_text(i % 2 ? queue : "cbx-nobody", "x");

		message.mandatory = true;
		bus_send(bus, &message);
		bus->ops->depth(bus, i % 3 ? queue : "cbx-nobody", &depth, bus_in(10));
	}
	while (delivered < 50 || returned < 50 || confirmed < 100) {
		ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(10), &event), 0);
		ck_assert_int_ne(event.type, CBX_BUS_NOTHING);
		delivered += event.type == CBX_BUS_DELIVERY;
		returned += event.type == CBX_BUS_RETURNED;
		if (event.type == CBX_BUS_CONFIRMED)
			confirmed += note_confirmed(noted, 100, &event);
		cbx_bus_event_clear(&event);
	}
	bus_close(&bus);
}
END_TEST

/* What the closed channel had sent comes first, by its own numbers; then its numbers are over */
START_TEST(reads_a_closed_channel_to_its_end)
{
	struct cbx_bus *bus = bus_open(true);
	struct cbx_bus *watcher = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = bus_text(queue, "x");
	struct cbx_bus_event event;
	bool over = false;
	uint64_t delivered = 0;

	for (int i = 0; i < 5; i++)
		bus_send(watcher, &message);
	bus_expect_confirmed(watcher, 1, 5);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 10, bus_in(10)), 0);
	for (int i = 0; i < 5; i++)
		bus_send(bus, &message);
	ck_assert_int_eq(bus->ops->consume(bus, "cbx-nobody", 1, bus_in(10)), CHATTERBOX_E_REFUSED);
	while (!over) {
		ck_assert_int_eq(bus->ops->take(bus, -1, bus_in(10), &event), 0);
		ck_assert_int_ne(event.type, CBX_BUS_NOTHING);
		if (event.type == CBX_BUS_DELIVERY)
			ck_assert_uint_eq(event.tag, ++delivered);
		over = event.type == CBX_BUS_REFUSED;
		cbx_bus_event_clear(&event);
	}
	ck_assert_uint_ge(delivered, 5);
	/* an old tag settles nothing, and all come again under new ones */
	ck_assert_int_eq(bus->ops->acknowledge(bus, delivered, true, true), 0);
	for (uint64_t i = 1; i <= 10; i++) {
		bus_expect(bus, CBX_BUS_DELIVERY, &event);
		ck_assert_uint_eq(event.tag, delivered + i);
		cbx_bus_event_clear(&event);
	}
	bus->ops->disconnect(bus);
	bus_wait_depth(watcher, queue, 10);
	bus_close(&bus);
	bus_close(&watcher);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { tells_why_it_cannot_log_in,
				       gives_up_on_a_server_that_does_not_answer,
				       refuses_tls_that_it_cannot_verify,
				       reads_headers_of_other_kinds,
				       uses_a_queue_that_others_declared_differently,
				       keeps_events_that_arrive_during_questions,
				       reads_a_closed_channel_to_its_end };
	const struct bus_world world = { .name = "amqp_bus",
					 .make = make,
					 .delete_queue = delete_queue,
					 .lose = lose,
					 .restore = restore };
	Suite *suite = bus_suite(&world);

	bus_add_case(suite, "amqp", tests, sizeof(tests) / sizeof(tests[0]));
	amqp_add_outages(suite);
	return unit_run(suite);
}
