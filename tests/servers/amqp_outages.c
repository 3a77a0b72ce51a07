// SPDX-License-Identifier: MIT
/* amqp_outages.c - what may become of a broker: frozen, killed, out of memory */
#include "bus_suite.h"
#include "raw_amqp.h"
#include "servers.h"

#include <chatterbox/error.h>
#include <string.h>

START_TEST(notices_a_frozen_broker)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_bus *sender = bus_open(true);
	struct cbx_bus_message message = bus_text("cbx-nobody", "x");
	struct cbx_bus_event event;
	uint64_t start = cbx_now(cbx_system_clock());
	bool bus_down = false;
	bool sender_down = false;
	uint64_t took;

	servers_pause("rmq");
	while ((!bus_down || !sender_down) &&
	       cbx_now(cbx_system_clock()) - start < 30 * CBX_SECOND) {
		if (!bus_down)
			bus_down = bus->ops->take(bus, -1, bus_in(1), &event) == CHATTERBOX_E_DOWN;
		if (!sender_down) {
			bus_send(sender, &message);
			sender_down = sender->ops->take(sender, -1, 1, &event) == CHATTERBOX_E_DOWN;
		}
	}
	took = cbx_now(cbx_system_clock()) - start;
	servers_cont("rmq");
	ck_assert(bus_down && sender_down);
	ck_assert_uint_lt(took, 15 * CBX_SECOND);
	ck_assert_ptr_nonnull(strstr(bus->error, bus->where));
	ck_assert_int_eq(bus->ops->connect(bus, false, bus_in(10)), 0);
	bus_close(&bus);
	bus_close(&sender);
}
END_TEST

/* A dead socket raises no SIGPIPE: this program would be gone */
START_TEST(publishes_into_a_dead_broker)
{
	struct cbx_bus *bus = bus_open(true);
	struct cbx_bus_message message = bus_text("cbx-nobody", "x");
	uint64_t deadline = bus_in(20);
	int result = 0;

	servers_kill("rmq");
	while (result == 0 && cbx_now(cbx_system_clock()) < deadline)
		result = bus->ops->publish(bus, &message, NULL, bus_in(1));
	ck_assert_int_eq(result, CHATTERBOX_E_DOWN);
	ck_assert(!bus->ops->is_up(bus));
	servers_up("rmq");
	ck_assert_int_eq(bus->ops->connect(bus, true, bus_in(10)), 0);
	bus_close(&bus);
}
END_TEST

static void set_watermark(const char *value)
{
	free(servers_rabbitmqctl("set_vm_memory_high_watermark", value, NULL));
}

/* Publishes until it waits in vain: the broker reads no more, whatever it says */
static int flood(struct cbx_bus *bus, const char *queue, size_t *sent)
{
	static char body[15000]; /* one frame: half a message would cost the connection */
	struct cbx_bus_message message = bus_text(queue, "");
	int result = 0;

	message.body = body;
	message.body_len = sizeof(body);
	for (*sent = 0; result == 0 && *sent < 10000; ++*sent) {
		uint64_t start = cbx_now(cbx_system_clock());

		result = bus->ops->publish(bus, &message, NULL, bus_in(1));
		ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 2 * CBX_SECOND);
	}
	return result;
}

START_TEST(waits_for_a_blocked_broker_by_the_deadline)
{
	struct cbx_bus *bus = bus_open(true);
	struct cbx_bus *unaware = bus_open(false);
	const char *queue = bus_declared(bus);
	struct cbx_bus_message message = bus_text(queue, "x");
	struct cbx_bus_event event;
	uint64_t tag = 0;
	uint64_t start;
	int64_t depth;
	size_t sent = 0;

	set_watermark("0.00000001");
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(1)), 0);
	bus_expect(bus, CBX_BUS_BLOCKED, &event);
	start = cbx_now(cbx_system_clock());
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(1)), CHATTERBOX_E_TIMEOUT);
	ck_assert_uint_ge(cbx_now(cbx_system_clock()) - start, CBX_SECOND * 9 / 10);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 2 * CBX_SECOND);
	ck_assert_int_eq(bus->ops->depth(bus, queue, &depth, bus_in(1)), CHATTERBOX_E_TIMEOUT);
	ck_assert(bus->ops->is_up(bus));
	/* a flood that does not look at events is held up as well */
	ck_assert_int_eq(flood(unaware, queue, &sent), CHATTERBOX_E_TIMEOUT);
	set_watermark("0.8");
	bus_expect(bus, CBX_BUS_UNBLOCKED, &event);
	bus_expect_confirmed(bus, 1, 1);
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(5)), 0);
	ck_assert_uint_eq(tag, 2); /* the one that was not written has no number */
	bus_expect_confirmed(bus, 2, 2);
	bus_close(&unaware);
	bus_close(&bus);
}
END_TEST

void amqp_add_outages(Suite *suite)
{
	const TTest *const tests[] = { notices_a_frozen_broker, publishes_into_a_dead_broker,
				       waits_for_a_blocked_broker_by_the_deadline };

	bus_add_case(suite, "outages", tests, sizeof(tests) / sizeof(tests[0]));
}
