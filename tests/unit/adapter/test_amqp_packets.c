// SPDX-License-Identifier: MIT
/*
 * Messages that follow each other at once leave in shared packets, and none is left behind
 * (adapter/amqp_bus/publish.c): gathered, or, as over TLS, held back by the kernel. The socketpair
 * of the script is replaced by a connection of the loopback, since only TCP counts its packets.
 */
#include "amqp_script.h"
#include "unit.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES 64

static void connect_pair(int ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	const int on = 1;
	int listening = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
	ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &size), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(ends[0], (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0); /* as librabbitmq opens it */
	ends[1] = accept(listening, NULL, NULL);
	ck_assert_int_ge(ends[1], 0);
	close(listening);
}

static void plug_in(void)
{
	int ends[2];

	script_set_up();
	script_plug_in(CBX_CHANNEL_MAX);
	connect_pair(ends);
	ck_assert_int_ge(dup2(ends[0], cbx_amqp_self(script_bus)->fd), 0);
	ck_assert_int_ge(dup2(ends[1], amqp_get_sockfd(script_broker)), 0);
	close(ends[0]);
	close(ends[1]);
}

static unsigned packets(void)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	ck_assert_int_eq(
		getsockopt(cbx_amqp_self(script_bus)->fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	return info.tcpi_data_segs_out;
}

static void publish(bool more)
{
	const struct cbx_bus_message message = {
		.routing_key = "x", .body = "{\"n\":1}", .body_len = 7, .more = more
	};

	ck_assert_int_eq(script_bus->ops->publish(script_bus, &message, NULL,
						  cbx_now(cbx_system_clock()) + 20 * CBX_SECOND),
			 0);
}

static unsigned packets_of(bool shared)
{
	unsigned before = packets();
	int i;

	for (i = 1; i <= MESSAGES; i++)
		publish(shared && i < MESSAGES);
	for (i = 1; i <= MESSAGES; i++)
		(void)broker_expect(CBX_FIRST_WORK, AMQP_BASIC_PUBLISH_METHOD);
	return packets() - before;
}

START_TEST(messages_that_follow_share_packets)
{
	cbx_amqp_self(script_bus)->options.tls = _i;
	/* the kernel puts some of them together, too, while nobody acknowledges */
	ck_assert_uint_ge(packets_of(false), MESSAGES / 5);
	ck_assert_uint_le(packets_of(true), MESSAGES / 16);
}
END_TEST

/* Bytes that are not on their way: gathered, or kept by the cork */
static int held_back(void)
{
	int bytes = -1;

	ck_assert_int_eq(ioctl(cbx_amqp_self(script_bus)->fd, SIOCOUTQNSD, &bytes), 0);
	return bytes + (int)cbx_amqp_self(script_bus)->outgoing_len;
}

/* More was announced and does not come: who waits for answers lets go what was asked */
START_TEST(a_wait_sends_what_was_held_back)
{
	struct cbx_bus_event event = { 0 };

	cbx_amqp_self(script_bus)->options.tls = _i;
	publish(true);
	publish(true);
	ck_assert_int_gt(held_back(), 0);
	ck_assert_int_ge(
		script_bus->ops->take(script_bus, -1, cbx_now(cbx_system_clock()) + 1, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_NOTHING);
	ck_assert_int_eq(held_back(), 0);
	(void)broker_expect(CBX_FIRST_WORK, AMQP_BASIC_PUBLISH_METHOD);
	(void)broker_expect(CBX_FIRST_WORK, AMQP_BASIC_PUBLISH_METHOD);
}
END_TEST

/* More than is gathered at most, behind another one */
START_TEST(a_large_message_leaves_in_pieces)
{
	enum { LARGE = 3 * CBX_GATHER / 2 };
	char *body = memset(malloc(LARGE), 'x', LARGE);
	const struct cbx_bus_message message = {
		.routing_key = "x", .body = body, .body_len = LARGE, .more = true
	};
	size_t got = 0;

	publish(true);
	ck_assert_int_eq(script_bus->ops->publish(script_bus, &message, NULL,
						  cbx_now(cbx_system_clock()) + 20 * CBX_SECOND),
			 0);
	ck_assert_int_eq(cbx_amqp_flush(cbx_amqp_self(script_bus)), 0);
	(void)broker_expect(CBX_FIRST_WORK, AMQP_BASIC_PUBLISH_METHOD);
	(void)broker_expect(CBX_FIRST_WORK, AMQP_BASIC_PUBLISH_METHOD);
	while (got < LARGE) {
		amqp_frame_t frame;

		ck_assert_int_eq(amqp_simple_wait_frame(script_broker, &frame), AMQP_STATUS_OK);
		if (frame.frame_type == AMQP_FRAME_HEADER)
			ck_assert_uint_eq(frame.payload.properties.body_size, LARGE);
		if (frame.frame_type == AMQP_FRAME_BODY)
			got += frame.payload.body_fragment.len;
	}
	ck_assert_uint_eq(got, LARGE);
	free(body);
}
END_TEST

/* 0: as without TLS, 1: as with it */
UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("packets");

	tcase_add_checked_fixture(tcase, plug_in, script_tear_down);
	tcase_add_loop_test(tcase, messages_that_follow_share_packets, 0, 2);
	tcase_add_loop_test(tcase, a_wait_sends_what_was_held_back, 0, 2);
	tcase_add_test(tcase, a_large_message_leaves_in_pieces);
	suite_add_tcase(suite, tcase);
}
