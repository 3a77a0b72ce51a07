// SPDX-License-Identifier: MIT
/* bus_suite_messages.c - what a message carries, and what its publisher gets back */
#include "bus_suite.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static struct cbx_bus_message full_message(const char *key)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = key,
					   .body = "{\"a\":\0\xff}",
					   .body_len = 8,
					   .app_id = "nl-ocd-chatterbox",
					   .content_type = "application/json",
					   .correlation_id = "7.3.ABC1.1",
					   .reply_to = "someone",
					   .message_id = "ABC1/17/3",
					   .type = "nl-ocd.content.job.status",
					   .expiration_ms = 60000,
					   .timestamp = 1764000000,
					   .persistent = true };

	cbx_bus_add_header(&message, "trace_id", "5f1c");
	cbx_bus_add_header(&message, "previous_status", "Läuft ⏳");
	cbx_bus_add_header(&message, "empty", "");
	cbx_bus_add_integer(&message, "chunk", "12");
	return message;
}

static void check_full(const struct cbx_bus_message *got, const struct cbx_bus_message *sent)
{
	ck_assert_str_eq(got->exchange, sent->exchange);
	ck_assert_str_eq(got->routing_key, sent->routing_key);
	ck_assert_uint_eq(got->body_len, sent->body_len);
	ck_assert_mem_eq(got->body, sent->body, sent->body_len);
	ck_assert_str_eq(got->app_id, sent->app_id);
	ck_assert_str_eq(got->content_type, sent->content_type);
	ck_assert_str_eq(got->correlation_id, sent->correlation_id);
	ck_assert_str_eq(got->reply_to, sent->reply_to);
	ck_assert_str_eq(got->message_id, sent->message_id);
	ck_assert_str_eq(got->type, sent->type);
	ck_assert_int_eq(got->expiration_ms, sent->expiration_ms);
	ck_assert_int_eq(got->timestamp, sent->timestamp);
	ck_assert(got->persistent);
	ck_assert(!got->mandatory);
	ck_assert_uint_eq(got->header_count, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_pstr_eq(cbx_bus_header(got, sent->headers[i].name),
				  sent->headers[i].value);
	ck_assert_ptr_null(cbx_bus_header(got, "absent"));
}

START_TEST(carries_every_field)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = full_message(queue);
	struct cbx_bus_event event;

	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	bus_send(bus, &message);
	bus_expect(bus, CBX_BUS_DELIVERY, &event);
	ck_assert_str_eq(event.message.queue, queue);
	ck_assert_uint_eq(event.tag, 1);
	check_full(&event.message, &message);
	cbx_bus_event_clear(&event);
	bus_close(&bus);
}
END_TEST

START_TEST(carries_a_bare_message)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = { .routing_key = queue };
	struct cbx_bus_event event;

	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	bus_send(bus, &message);
	bus_expect(bus, CBX_BUS_DELIVERY, &event);
	ck_assert_uint_eq(event.message.body_len, 0);
	ck_assert_ptr_null(event.message.app_id);
	ck_assert_ptr_null(event.message.content_type);
	ck_assert_ptr_null(event.message.correlation_id);
	ck_assert_ptr_null(event.message.reply_to);
	ck_assert_ptr_null(event.message.message_id);
	ck_assert_ptr_null(event.message.type);
	ck_assert_int_eq(event.message.expiration_ms, 0);
	ck_assert_int_eq(event.message.timestamp, 0);
	ck_assert(!event.message.persistent);
	ck_assert_uint_eq(event.message.header_count, 0);
	cbx_bus_event_clear(&event);
	bus_close(&bus);
}
END_TEST

START_TEST(carries_a_large_body)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	size_t size = 900000; /* many frames */
	char *body = malloc(size);
	struct cbx_bus_message message = bus_text(queue, "");
	struct cbx_bus_event event;

	for (size_t i = 0; i < size; i++)
		body[i] = (char)(i * 31 + i / 251);
	message.body = body;
	message.body_len = size;
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 1, 1);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	bus_expect(bus, CBX_BUS_DELIVERY, &event);
	ck_assert_uint_eq(event.message.body_len, size);
	ck_assert(!memcmp(event.message.body, body, size));
	cbx_bus_event_clear(&event);
	free(body);
	bus_close(&bus);
}
END_TEST

START_TEST(refuses_what_amqp_cannot_carry)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = bus_text(queue, "x");
	char long_text[9000];
	uint64_t tag = 0;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	cbx_bus_add_header(&message, "h", long_text);
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(10)), CHATTERBOX_E_LIMIT);
	message.header_count = 0;
	long_text[256] = '\0';
	message.correlation_id = long_text;
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(10)), CHATTERBOX_E_LIMIT);
	long_text[255] = '\0';
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(10)), 0);
	ck_assert_uint_eq(tag, 1);
	bus_expect_confirmed(bus, 1, 1);
	bus_close(&bus);
}
END_TEST

START_TEST(returns_before_it_confirms)
{
	struct cbx_bus *bus = bus_open(true);
	struct cbx_bus_message message = full_message("cbx-nobody");
	struct cbx_bus_event event;
	uint64_t tag = 0;

	message.mandatory = true;
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(10)), 0);
	ck_assert_uint_eq(tag, 1);
	bus_expect(bus, CBX_BUS_RETURNED, &event);
	check_full(&event.message, &message);
	cbx_bus_event_clear(&event);
	bus_expect_confirmed(bus, 1, 1);
	/* not mandatory: taken, and gone */
	message.mandatory = false;
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 2, 2);
	bus_close(&bus);
}
END_TEST

START_TEST(returns_a_large_message_without_its_body)
{
	struct cbx_bus *bus = bus_open(true);
	char body[3000];
	struct cbx_bus_message message = bus_text("cbx-nobody", "");
	struct cbx_bus_event event;

	memset(body, 'x', sizeof(body));
	message.body = body;
	message.body_len = sizeof(body);
	message.message_id = "the one";
	message.mandatory = true;
	bus->max_body = 1000;
	bus_send(bus, &message);
	bus_expect(bus, CBX_BUS_RETURNED, &event);
	ck_assert_str_eq(event.message.message_id, "the one");
	ck_assert_uint_eq(event.message.body_len, 0);
	cbx_bus_event_clear(&event);
	bus_expect_confirmed(bus, 1, 1);
	bus_close(&bus);
}
END_TEST

START_TEST(confirms_every_publish)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = bus_text(queue, "x");
	uint64_t tag = 0;

	for (uint64_t i = 1; i <= 500; i++) {
		ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(10)), 0);
		ck_assert_uint_eq(tag, i);
	}
	bus_expect_confirmed(bus, 1, 500);
	bus_wait_depth(bus, queue, 500);
	/* numbers start anew with the connection */
	ck_assert_int_eq(bus->ops->connect(bus, true, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(10)), 0);
	ck_assert_uint_eq(tag, 1);
	bus_expect_confirmed(bus, 1, 1);
	bus_close(&bus);
}
END_TEST

START_TEST(expires_messages)
{
	struct cbx_bus *bus = bus_open(true);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = bus_text(queue, "short-lived");

	message.expiration_ms = 20;
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 1, 1);
	bus_wait_depth(bus, queue, 0);
	message = bus_text(queue, "kept");
	bus_send(bus, &message);
	bus_expect_confirmed(bus, 2, 2);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 1, bus_in(10)), 0);
	bus_expect_text(bus, "kept", false);
	bus_close(&bus);
}
END_TEST

START_TEST(drains_an_oversized_body)
{
	struct cbx_bus *bus = bus_open(false);
	const char *queue = bus_declared(bus);
	size_t size = 300000;
	char *body = calloc(1, size);
	struct cbx_bus_message message = bus_text(queue, "");
	struct cbx_bus_message small = bus_text(queue, "small");
	struct cbx_bus_event event;

	message.body = body;
	message.body_len = size;
	message.message_id = "large";
	bus->max_body = 4096;
	ck_assert_int_eq(bus->ops->consume(bus, queue, 10, bus_in(10)), 0);
	bus_send(bus, &message);
	bus_send(bus, &small);
	bus_expect(bus, CBX_BUS_OVERSIZED, &event);
	ck_assert_uint_eq(event.message.body_len, 0);
	ck_assert_str_eq(event.message.message_id, "large");
	ck_assert_str_eq(event.message.queue, queue);
	ck_assert_int_eq(bus->ops->acknowledge(bus, event.tag, false, false), 0);
	cbx_bus_event_clear(&event);
	ck_assert_int_eq(
		bus->ops->acknowledge(bus, bus_expect_text(bus, "small", false), false, true), 0);
	/* both are acknowledged: nothing comes back */
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(10)), 0);
	ck_assert_int_eq(bus->ops->consume(bus, queue, 10, bus_in(10)), 0);
	bus_expect_nothing(bus, 100);
	free(body);
	bus_close(&bus);
}
END_TEST

void bus_add_messages(Suite *suite)
{
	const TTest *const tests[] = {
		carries_every_field,        carries_a_bare_message,
		carries_a_large_body,       refuses_what_amqp_cannot_carry,
		returns_before_it_confirms, returns_a_large_message_without_its_body,
		confirms_every_publish,     expires_messages,
		drains_an_oversized_body
	};

	bus_add_case(suite, "messages", tests, sizeof(tests) / sizeof(tests[0]));
}
