// SPDX-License-Identifier: MIT
/* amqp_outages.c - what may become of a broker: frozen, killed, out of memory, set to small
 * messages
 */
#include "bus_suite.h"
#include "raw_amqp.h"
#include "servers.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

/* One more message, and a look at what came: is it noticed that the broker is gone? */
static bool is_down(struct cbx_bus *bus, const struct cbx_bus_message *message)
{
	struct cbx_bus_event event;

	if (message && bus->ops->publish(bus, message, NULL, bus_in(1)) == CHATTERBOX_E_DOWN)
		return true;
	return bus->ops->take(bus, -1, message ? 1 : bus_in(1), &event) == CHATTERBOX_E_DOWN;
}

START_TEST(notices_a_frozen_broker)
{
	struct cbx_bus *bus = bus_open(false);
	struct cbx_bus *sender = bus_open(true);
	struct cbx_bus_message message = bus_text("cbx-nobody", "x");
	bool bus_down = false;
	bool sender_down = false;
	uint64_t start;
	uint64_t took;

	servers_pause("rmq");
	start = cbx_now(cbx_system_clock());
	while ((!bus_down || !sender_down) &&
	       cbx_now(cbx_system_clock()) - start < 90 * CBX_SECOND) {
		bus_down = bus_down || is_down(bus, NULL);
		sender_down = sender_down || is_down(sender, &message);
	}
	took = cbx_now(cbx_system_clock()) - start;
	servers_cont("rmq");
	ck_assert(bus_down && sender_down);
	/* by the heartbeat of 6 s: TCP alone would wait for many minutes */
	ck_assert_uint_lt(took, 60 * CBX_SECOND);
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
		ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 10 * CBX_SECOND);
	}
	return result;
}

/* The broker blocks a connection when it publishes, once it knows of the alarm there; the number of
 * the publish that it holds back */
static uint64_t publish_until_blocked(struct cbx_bus *bus, const struct cbx_bus_message *message)
{
	uint64_t deadline = bus_in(20);
	struct cbx_bus_event event = { .type = CBX_BUS_NOTHING };
	uint64_t tag = 0;

	while (event.type != CBX_BUS_BLOCKED) {
		ck_assert(cbx_now(cbx_system_clock()) < deadline);
		if (event.type == CBX_BUS_CONFIRMED || !tag)
			bus->ops->publish(bus, message, &tag, bus_in(1));
		ck_assert_msg(bus->ops->take(bus, -1, bus_in(1), &event) == 0, "%s", bus->error);
	}
	return tag;
}

START_TEST(waits_for_a_blocked_broker_by_the_deadline)
{
	struct cbx_bus_message message;
	struct cbx_bus_event event;
	struct cbx_bus *unaware;
	struct cbx_bus *bus;
	const char *queue;
	uint64_t held;
	uint64_t tag = 0;
	uint64_t start;
	int64_t depth;
	size_t sent = 0;

	set_watermark("0.00000001");
	bus = bus_open(true);
	queue = bus_declared(bus);
	message = bus_text(queue, "x");
	held = publish_until_blocked(bus, &message);
	start = cbx_now(cbx_system_clock());
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(1)), CHATTERBOX_E_TIMEOUT);
	ck_assert_uint_ge(cbx_now(cbx_system_clock()) - start, CBX_SECOND * 9 / 10);
	ck_assert_uint_lt(cbx_now(cbx_system_clock()) - start, 10 * CBX_SECOND);
	ck_assert_int_eq(bus->ops->depth(bus, queue, &depth, bus_in(1)), CHATTERBOX_E_TIMEOUT);
	ck_assert(bus->ops->is_up(bus));
	/* a flood that does not look at events is held up as well */
	unaware = bus_open(false);
	ck_assert_int_eq(flood(unaware, queue, &sent), CHATTERBOX_E_TIMEOUT);
	bus_close(&unaware);
	set_watermark("0.8"); /* from a connection that it blocks the broker wants no heartbeat */
	bus_expect(bus, CBX_BUS_UNBLOCKED, &event);
	bus_expect_confirmed(bus, held, held);
	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, bus_in(5)), 0);
	ck_assert_uint_eq(tag, held + 1); /* the one that was not written has no number */
	bus_expect_confirmed(bus, tag, tag);
	bus_close(&bus);
}
END_TEST

static void lift_alarm(void)
{
	set_watermark("0.8");
	bus_drop_queues();
}

/* A channel keeps the limit that it was opened with */
static void set_message_size(const char *bytes)
{
	char call[96];

	snprintf(call, sizeof(call), "application:set_env(rabbit, max_message_size, %s).", bytes);
	free(servers_rabbitmqctl("eval", call, NULL));
}

static void restore_message_size(void)
{
	set_message_size("134217728");
	bus_drop_queues();
}

START_TEST(a_message_over_the_brokers_limit_is_told_apart)
{
	static char body[20001];
	struct cbx_bus_message small;
	struct cbx_bus_message large;
	struct cbx_bus_event event = { 0 };
	struct cbx_bus *bus;
	struct cbx_bus *asker;
	int result;

	set_message_size("20000");
	bus = bus_open(true);
	asker = bus_open(false);
	small = large = bus_text(bus_declared(bus), "x");
	large.body = body;
	large.body_len = sizeof(body);
	bus_send(bus, &small);
	bus_send(bus, &large);
	bus_send(bus, &small);
	while ((result = bus->ops->take(bus, -1, bus_in(10), &event)) == 0)
		ck_assert_int_eq(event.type, CBX_BUS_CONFIRMED); /* the first, or nothing */
	ck_assert_int_eq(result, CHATTERBOX_E_LIMIT);
	ck_assert_ptr_nonnull(strstr(bus->error, "20000"));
	bus_expect(bus, CBX_BUS_REFUSED, &event);
	ck_assert_uint_eq(event.tag, 3);
	ck_assert(event.multiple);
	bus_send(bus, &small);
	bus_expect_confirmed(bus, 4, 4);
	/* without confirms nothing is open that could be it */
	bus_send(asker, &large);
	ck_assert_int_eq(asker->ops->take(asker, -1, bus_in(10), &event), CHATTERBOX_E_REFUSED);
	bus_close(&asker);
	bus_close(&bus);
}
END_TEST

/* @restore: whatever became of the test, the next one finds the broker as it was */
static void add_case(Suite *suite, const char *name, const TTest *test, void (*restore)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, NULL, restore);
	tcase_add_test(tcase, test);
	suite_add_tcase(suite, tcase);
}

void amqp_add_outages(Suite *suite)
{
	const TTest *const tests[] = { notices_a_frozen_broker, publishes_into_a_dead_broker };

	bus_add_case(suite, "outages", tests, sizeof(tests) / sizeof(tests[0]));
	add_case(suite, "alarm", waits_for_a_blocked_broker_by_the_deadline, lift_alarm);
	add_case(suite, "limit", a_message_over_the_brokers_limit_is_told_apart,
		 restore_message_size);
}
