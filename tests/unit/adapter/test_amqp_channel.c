// SPDX-License-Identifier: MIT
/*
 * A working channel that the broker closes (adapter/amqp_bus/channel.c): what it still sends of it
 * never counts as the next channel's. A real broker does that now and then; here it is scripted.
 */
#include "adapter/amqp_bus/connection.h"

#include "unit.h"

#include <chatterbox/error.h>
#include <string.h>
#include <sys/socket.h>

#define QUEUE "app.default.event"
#define CLOSING 404

static const struct cbx_log quiet;
static struct cbx_bus *bus;
static amqp_connection_state_t broker;

/* Past its beginning, as the first frame of a login leaves it */
static amqp_connection_state_t state_on(int fd, int channel_max)
{
	static char header[] = "AMQP\0\0\x09\x01";
	const amqp_bytes_t bytes = { 8, header };
	amqp_connection_state_t state = amqp_new_connection();
	amqp_socket_t *socket;
	amqp_frame_t frame;

	ck_assert_int_eq(amqp_handle_input(state, bytes, &frame), 8);
	ck_assert_int_eq(amqp_tune_connection(state, channel_max, CBX_FRAME_MAX, 0), 0);
	socket = amqp_tcp_socket_new(state);
	ck_assert_ptr_nonnull(socket);
	amqp_tcp_socket_set_sockfd(socket, fd);
	return state;
}

/* A connection with confirms as it is after the login, with one consumer */
static void plug_in(int channel_max)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	struct cbx_amqp_consumer *consumer = calloc(1, sizeof(*consumer));
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	self->state = state_on(ends[0], channel_max);
	broker = state_on(ends[1], channel_max);
	self->fd = ends[0];
	self->work = CBX_FIRST_WORK;
	self->confirms = true;
	ck_assert_ptr_nonnull(consumer);
	*consumer = (struct cbx_amqp_consumer){
		.active = true, .acks = true, .tag = "c1", .queue = QUEUE
	};
	LIST_INSERT_HEAD(&self->consumers, consumer, link);
}

static void set_up(void)
{
	const struct cbx_amqp_options options = {
		.host = "127.0.0.1", .port = 1, .vhost = "/", .user = "u", .pass = "p"
	};

	ck_assert_int_eq(cbx_amqp_bus_new(&options, cbx_system_clock(), &quiet, &bus), 0);
}

static void tear_down(void)
{
	cbx_bus_free(bus);
	amqp_destroy_connection(broker);
}

static void say(amqp_channel_t channel, amqp_method_number_t id, void *decoded)
{
	ck_assert_int_eq(amqp_send_method(broker, channel, id, decoded), AMQP_STATUS_OK);
}

static void say_delivery(amqp_channel_t channel, uint64_t tag)
{
	amqp_basic_deliver_t deliver = { .consumer_tag = amqp_cstring_bytes("c1"),
					 .delivery_tag = tag,
					 .routing_key = amqp_cstring_bytes(QUEUE) };
	amqp_basic_properties_t properties = { 0 };
	amqp_frame_t frame = { .frame_type = AMQP_FRAME_HEADER, .channel = channel };

	say(channel, AMQP_BASIC_DELIVER_METHOD, &deliver);
	frame.payload.properties.class_id = AMQP_BASIC_CLASS;
	frame.payload.properties.decoded = &properties;
	ck_assert_int_eq(amqp_send_frame(broker, &frame), AMQP_STATUS_OK);
}

static void say_confirm(amqp_channel_t channel, uint64_t tag)
{
	amqp_basic_ack_t ack = { .delivery_tag = tag };

	say(channel, AMQP_BASIC_ACK_METHOD, &ack);
}

static void say_closed(amqp_channel_t channel, uint16_t code)
{
	amqp_channel_close_t closed = { .reply_code = code,
					.reply_text = amqp_cstring_bytes("no") };

	say(channel, AMQP_CHANNEL_CLOSE_METHOD, &closed);
}

static void say_opened(amqp_channel_t channel)
{
	amqp_channel_open_ok_t opened = { 0 };
	amqp_confirm_select_ok_t confirming = { 0 };

	say(channel, AMQP_CHANNEL_OPEN_OK_METHOD, &opened);
	say(channel, AMQP_CONFIRM_SELECT_OK_METHOD, &confirming);
}

static void say_consuming(amqp_channel_t channel)
{
	amqp_basic_qos_ok_t qos = { 0 };
	amqp_basic_consume_ok_t consuming = { .consumer_tag = amqp_cstring_bytes("c1") };

	say(channel, AMQP_BASIC_QOS_OK_METHOD, &qos);
	say(channel, AMQP_BASIC_CONSUME_OK_METHOD, &consuming);
}

static int take(struct cbx_bus_event *event)
{
	*event = (struct cbx_bus_event){ 0 };
	return bus->ops->take(bus, -1, cbx_now(cbx_system_clock()) + CBX_SECOND, event);
}

static void expect(enum cbx_bus_event_type type, uint64_t tag, bool multiple)
{
	struct cbx_bus_event event;

	ck_assert_msg(take(&event) == 0, "%s", bus->error);
	ck_assert_int_eq(event.type, type);
	ck_assert_uint_eq(event.tag, tag);
	ck_assert(event.multiple == multiple);
	cbx_bus_event_clear(&event);
}

static void expect_failure(int error)
{
	struct cbx_bus_event event;

	ck_assert_int_eq(take(&event), error);
}

static void publish(uint64_t number)
{
	struct cbx_bus_message message = { .routing_key = "x" };
	uint64_t tag = 0;

	ck_assert_int_eq(bus->ops->publish(bus, &message, &tag, UINT64_MAX), 0);
	ck_assert_uint_eq(tag, number);
}

/* The broker reads on to the next acknowledgement */
static void expect_acknowledged(amqp_channel_t channel, uint64_t tag)
{
	const struct timeval limit = { 5, 0 };
	const amqp_basic_ack_t *ack;
	amqp_frame_t frame;

	do {
		ck_assert_int_eq(amqp_simple_wait_frame_noblock(broker, &frame, &limit),
				 AMQP_STATUS_OK);
	} while (frame.frame_type != AMQP_FRAME_METHOD ||
		 frame.payload.method.id != AMQP_BASIC_ACK_METHOD);
	ack = frame.payload.method.decoded;
	ck_assert_uint_eq(frame.channel, channel);
	ck_assert_uint_eq(ack->delivery_tag, tag);
}

START_TEST(what_a_closed_channel_sends_late_is_not_the_next_ones)
{
	plug_in(CBX_CHANNEL_MAX);
	publish(1);
	publish(2);
	say_delivery(1, 1);
	say_closed(1, CLOSING);
	say_delivery(1, 2);
	say_confirm(1, 1);
	say_opened(3);
	say_delivery(1, 3);
	say_confirm(1, 2);
	say_consuming(3);
	say_delivery(3, 1);

	expect(CBX_BUS_DELIVERY, 1, false);
	expect_failure(CHATTERBOX_E_REFUSED);
	expect(CBX_BUS_DELIVERY, 2, false);
	expect(CBX_BUS_CONFIRMED, 1, false);
	expect(CBX_BUS_REFUSED, 2, true);
	publish(3);
	expect(CBX_BUS_DELIVERY, 3, false);
	say_confirm(3, 1);
	expect(CBX_BUS_CONFIRMED, 3, false);
	/* of what is settled only the new channel's delivery reaches the broker */
	ck_assert_int_eq(bus->ops->acknowledge(bus, 2, true, true), 0);
	ck_assert_int_eq(bus->ops->acknowledge(bus, 3, false, true), 0);
	expect_acknowledged(3, 1);
}
END_TEST

/* A body that the close broke off is not completed by the next channel's frames, nor by its own */
START_TEST(a_message_that_is_broken_off_never_comes)
{
	amqp_basic_deliver_t deliver = { .consumer_tag = amqp_cstring_bytes("c1"),
					 .delivery_tag = 1 };
	amqp_basic_properties_t properties = { 0 };
	amqp_frame_t frame = { .frame_type = AMQP_FRAME_HEADER, .channel = 1 };

	plug_in(CBX_CHANNEL_MAX);
	say(1, AMQP_BASIC_DELIVER_METHOD, &deliver);
	frame.payload.properties.class_id = AMQP_BASIC_CLASS;
	frame.payload.properties.body_size = 2;
	frame.payload.properties.decoded = &properties;
	ck_assert_int_eq(amqp_send_frame(broker, &frame), AMQP_STATUS_OK);
	say_closed(1, CLOSING);
	say_opened(3);
	say_consuming(3);
	frame.frame_type = AMQP_FRAME_BODY;
	frame.payload.body_fragment = amqp_cstring_bytes("ab");
	ck_assert_int_eq(amqp_send_frame(broker, &frame), AMQP_STATUS_OK);
	say_delivery(3, 1);
	expect_failure(CHATTERBOX_E_REFUSED);
	expect(CBX_BUS_DELIVERY, 2, false);
}
END_TEST

START_TEST(channel_numbers_go_round_and_leave_the_other_one_out)
{
	amqp_channel_t channel = CBX_FIRST_WORK;
	unsigned n;

	plug_in(5);
	for (n = 0; n < 12; n++) {
		amqp_channel_t next = channel == 1 ? 3 : channel == 5 ? 1 : channel + 1;

		say_closed(channel, CLOSING);
		say_opened(next);
		say_consuming(next);
		say_delivery(next, 1);
		expect_failure(CHATTERBOX_E_REFUSED);
		expect(CBX_BUS_DELIVERY, n + 1, false);
		channel = next;
	}
}
END_TEST

START_TEST(without_another_number_the_connection_ends)
{
	plug_in(2);
	say_closed(1, CLOSING);
	expect_failure(CHATTERBOX_E_DOWN);
	ck_assert(!bus->ops->is_up(bus));
	ck_assert_ptr_nonnull(strstr(bus->error, "channel_max"));
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, what_a_closed_channel_sends_late_is_not_the_next_ones,
		a_message_that_is_broken_off_never_comes,
		channel_numbers_go_round_and_leave_the_other_one_out,
		without_another_number_the_connection_ends)
