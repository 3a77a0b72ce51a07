// SPDX-License-Identifier: MIT
/* amqp_script.c - two librabbitmq connections over a socketpair: ours, and the broker's */
#include "amqp_script.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct cbx_bus *script_bus;
amqp_connection_state_t script_broker;

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

void script_set_up(void)
{
	static const struct cbx_log quiet;
	const struct cbx_amqp_options options = {
		.host = "127.0.0.1", .port = 1, .vhost = "/", .user = "u", .pass = "p"
	};

	ck_assert_int_eq(cbx_amqp_bus_new(&options, cbx_system_clock(), &quiet, &script_bus), 0);
}

void script_tear_down(void)
{
	cbx_bus_free(script_bus);
	amqp_destroy_connection(script_broker);
}

void script_plug_in(int channel_max)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(script_bus);
	struct cbx_amqp_consumer *consumer = calloc(1, sizeof(*consumer));
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	self->state = state_on(ends[0], channel_max);
	script_broker = state_on(ends[1], channel_max);
	self->fd = ends[0];
	self->work = CBX_FIRST_WORK;
	self->confirms = true;
	ck_assert_ptr_nonnull(consumer);
	*consumer = (struct cbx_amqp_consumer){
		.active = true, .acks = true, .tag = "c1", .queue = SCRIPT_QUEUE
	};
	LIST_INSERT_HEAD(&self->consumers, consumer, link);
}

/* ---- what the broker sends */

void broker_say(amqp_channel_t channel, amqp_method_number_t id, void *decoded)
{
	ck_assert_int_eq(amqp_send_method(script_broker, channel, id, decoded), AMQP_STATUS_OK);
}

void broker_begin_delivery(amqp_channel_t channel, uint64_t tag, size_t size)
{
	amqp_basic_deliver_t deliver = { .consumer_tag = amqp_cstring_bytes("c1"),
					 .delivery_tag = tag,
					 .routing_key = amqp_cstring_bytes(SCRIPT_QUEUE) };
	amqp_basic_properties_t properties = { 0 };
	amqp_frame_t frame = { .frame_type = AMQP_FRAME_HEADER, .channel = channel };

	broker_say(channel, AMQP_BASIC_DELIVER_METHOD, &deliver);
	frame.payload.properties.class_id = AMQP_BASIC_CLASS;
	frame.payload.properties.body_size = size;
	frame.payload.properties.decoded = &properties;
	ck_assert_int_eq(amqp_send_frame(script_broker, &frame), AMQP_STATUS_OK);
}

void broker_send_body(amqp_channel_t channel, const char *bytes, size_t len)
{
	amqp_frame_t frame = { .frame_type = AMQP_FRAME_BODY, .channel = channel };

	frame.payload.body_fragment.bytes = (void *)(uintptr_t)bytes;
	frame.payload.body_fragment.len = len;
	ck_assert_int_eq(amqp_send_frame(script_broker, &frame), AMQP_STATUS_OK);
}

void broker_deliver(amqp_channel_t channel, uint64_t tag, size_t size)
{
	static const char bytes[CBX_FRAME_MAX - 8];

	broker_begin_delivery(channel, tag, size);
	while (size) {
		size_t len = size < sizeof(bytes) ? size : sizeof(bytes);

		broker_send_body(channel, bytes, len);
		size -= len;
	}
}

void broker_confirm(amqp_channel_t channel, uint64_t tag)
{
	amqp_basic_ack_t ack = { .delivery_tag = tag };

	broker_say(channel, AMQP_BASIC_ACK_METHOD, &ack);
}

void broker_close(amqp_channel_t channel, uint16_t code)
{
	amqp_channel_close_t closed = { .reply_code = code,
					.reply_text = amqp_cstring_bytes("no") };

	broker_say(channel, AMQP_CHANNEL_CLOSE_METHOD, &closed);
}

void broker_open_ok(amqp_channel_t channel)
{
	amqp_channel_open_ok_t opened = { 0 };
	amqp_confirm_select_ok_t confirming = { 0 };

	broker_say(channel, AMQP_CHANNEL_OPEN_OK_METHOD, &opened);
	if (channel != CBX_ASK)
		broker_say(channel, AMQP_CONFIRM_SELECT_OK_METHOD, &confirming);
}

void broker_consume_ok(amqp_channel_t channel)
{
	amqp_basic_qos_ok_t qos = { 0 };
	amqp_basic_consume_ok_t consuming = { .consumer_tag = amqp_cstring_bytes("c1") };

	broker_say(channel, AMQP_BASIC_QOS_OK_METHOD, &qos);
	broker_say(channel, AMQP_BASIC_CONSUME_OK_METHOD, &consuming);
}

void broker_declare_ok(uint32_t messages)
{
	amqp_queue_declare_ok_t declared = { .queue = amqp_cstring_bytes("q"),
					     .message_count = messages };

	broker_say(CBX_ASK, AMQP_QUEUE_DECLARE_OK_METHOD, &declared);
}

void broker_block(bool on)
{
	amqp_connection_blocked_t blocked = { .reason = amqp_cstring_bytes("memory") };
	amqp_connection_unblocked_t unblocked = { 0 };

	if (on)
		broker_say(0, AMQP_CONNECTION_BLOCKED_METHOD, &blocked);
	else
		broker_say(0, AMQP_CONNECTION_UNBLOCKED_METHOD, &unblocked);
}

const void *broker_expect(amqp_channel_t channel, amqp_method_number_t id)
{
	const struct timeval limit = { 5, 0 };
	amqp_frame_t frame;

	do {
		ck_assert_int_eq(amqp_simple_wait_frame_noblock(script_broker, &frame, &limit),
				 AMQP_STATUS_OK);
	} while (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != id);
	ck_assert_uint_eq(frame.channel, channel);
	return frame.payload.method.decoded;
}

/* ---- what the bus returns */

static int take(struct cbx_bus_event *event)
{
	*event = (struct cbx_bus_event){ 0 };
	return script_bus->ops->take(script_bus, -1, cbx_now(cbx_system_clock()) + 5 * CBX_SECOND,
				     event);
}

void script_expect(enum cbx_bus_event_type type, uint64_t tag, bool multiple)
{
	struct cbx_bus_event event;

	ck_assert_msg(take(&event) == 0, "%s", script_bus->error);
	ck_assert_int_eq(event.type, type);
	ck_assert_uint_eq(event.tag, tag);
	ck_assert(event.multiple == multiple);
	cbx_bus_event_clear(&event);
}

void script_expect_failure(int error)
{
	struct cbx_bus_event event;

	ck_assert_int_eq(take(&event), error);
}

void script_publish(uint64_t number)
{
	struct cbx_bus_message message = { .routing_key = "x" };
	uint64_t tag = 0;

	ck_assert_int_eq(script_bus->ops->publish(script_bus, &message, &tag, UINT64_MAX), 0);
	ck_assert_uint_eq(tag, number);
}
