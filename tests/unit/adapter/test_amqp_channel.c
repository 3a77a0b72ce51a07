// SPDX-License-Identifier: MIT
/*
 * A working channel that the broker closes (adapter/amqp_bus/channel.c): what it still sends of it
 * never counts as the next channel's. A real broker does that now and then; here it is scripted.
 */
#include "amqp_script.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <string.h>

#define CLOSING 404

START_TEST(what_a_closed_channel_sends_late_is_not_the_next_ones)
{
	const amqp_basic_ack_t *ack;

	script_plug_in(CBX_CHANNEL_MAX);
	script_publish(1);
	script_publish(2);
	broker_deliver(1, 1, 0);
	broker_close(1, CLOSING);
	broker_deliver(1, 2, 0);
	broker_confirm(1, 1);
	broker_open_ok(3);
	broker_deliver(1, 3, 0);
	broker_confirm(1, 2);
	broker_consume_ok(3);
	broker_deliver(3, 1, 0);

	script_expect(CBX_BUS_DELIVERY, 1, false);
	script_expect_failure(CHATTERBOX_E_REFUSED);
	script_expect(CBX_BUS_DELIVERY, 2, false);
	script_expect(CBX_BUS_CONFIRMED, 1, false);
	script_expect(CBX_BUS_REFUSED, 2, true);
	script_publish(3);
	script_expect(CBX_BUS_DELIVERY, 3, false);
	broker_confirm(3, 1);
	script_expect(CBX_BUS_CONFIRMED, 3, false);
	/* of what is settled only the new channel's delivery reaches the broker */
	ck_assert_int_eq(script_bus->ops->acknowledge(script_bus, 2, true, true), 0);
	ck_assert_int_eq(script_bus->ops->acknowledge(script_bus, 3, false, true), 0);
	ack = broker_expect(3, AMQP_BASIC_ACK_METHOD);
	ck_assert_uint_eq(ack->delivery_tag, 1);
}
END_TEST

/* After the answer to its close a channel is unknown to the broker, which ends a connection for
 * what comes on it */
START_TEST(what_was_held_back_leaves_before_its_channel_ends)
{
	const struct cbx_bus_message message = { .routing_key = "x", .more = true };
	amqp_frame_t frame;

	script_plug_in(CBX_CHANNEL_MAX);
	broker_close(1, CLOSING);
	broker_open_ok(3);
	broker_consume_ok(3);
	ck_assert_int_eq(script_bus->ops->publish(script_bus, &message, NULL, UINT64_MAX), 0);
	script_expect_failure(CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(amqp_simple_wait_frame(script_broker, &frame), AMQP_STATUS_OK);
	ck_assert_uint_eq(frame.payload.method.id, AMQP_BASIC_PUBLISH_METHOD);
	(void)broker_expect(1, AMQP_CHANNEL_CLOSE_OK_METHOD);
}
END_TEST

/* A body that the close broke off is not completed by the next channel's frames, nor by its own */
START_TEST(a_message_that_is_broken_off_never_comes)
{
	script_plug_in(CBX_CHANNEL_MAX);
	broker_begin_delivery(1, 1, 2);
	broker_close(1, CLOSING);
	broker_open_ok(3);
	broker_consume_ok(3);
	broker_send_body(1, "ab", 2);
	broker_deliver(3, 1, 0);
	script_expect_failure(CHATTERBOX_E_REFUSED);
	script_expect(CBX_BUS_DELIVERY, 2, false);
}
END_TEST

START_TEST(channel_numbers_go_round_and_leave_the_other_one_out)
{
	amqp_channel_t channel = CBX_FIRST_WORK;
	unsigned n;

	script_plug_in(5);
	for (n = 0; n < 12; n++) {
		amqp_channel_t next = channel == 1 ? 3 : channel == 5 ? 1 : channel + 1;

		broker_close(channel, CLOSING);
		broker_open_ok(next);
		broker_consume_ok(next);
		broker_deliver(next, 1, 0);
		script_expect_failure(CHATTERBOX_E_REFUSED);
		script_expect(CBX_BUS_DELIVERY, n + 1, false);
		channel = next;
	}
}
END_TEST

START_TEST(without_another_number_the_connection_ends)
{
	script_plug_in(2);
	broker_close(1, CLOSING);
	script_expect_failure(CHATTERBOX_E_DOWN);
	ck_assert(!script_bus->ops->is_up(script_bus));
	ck_assert_ptr_nonnull(strstr(script_bus->error, "channel_max"));
}
END_TEST

UNIT_TESTS_WITH(script_set_up, script_tear_down,
		what_a_closed_channel_sends_late_is_not_the_next_ones,
		what_was_held_back_leaves_before_its_channel_ends,
		a_message_that_is_broken_off_never_comes,
		channel_numbers_go_round_and_leave_the_other_one_out,
		without_another_number_the_connection_ends)
