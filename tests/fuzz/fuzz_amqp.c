// SPDX-License-Identifier: MIT
/*
 * fuzz_amqp.c - whatever frames come down the line instead of RabbitMQ's
 *
 * The input is what the broker sends on an open connection before it closes. Every event that comes
 * out has the form that port/bus.h promises, and no body is larger than what is allowed.
 */
#include "fuzz.h"

#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#define MOST 65536
#define BODY 1000

static const struct cbx_log quiet;
static struct cbx_bus *bus;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct cbx_amqp_options options = {
		.host = "127.0.0.1", .port = 1, .vhost = "/", .user = "u", .pass = "p"
	};

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	FUZZ_CHECK(!cbx_amqp_bus_new(&options, cbx_system_clock(), &quiet, &bus));
	return 0;
}

/* Past its beginning, as the first frame of a login leaves it */
static amqp_connection_state_t new_state(void)
{
	static char header[] = "AMQP\0\0\x09\x01";
	const amqp_bytes_t bytes = { 8, header };
	amqp_connection_state_t state = amqp_new_connection();
	amqp_frame_t frame;

	FUZZ_CHECK(state && amqp_handle_input(state, bytes, &frame) == 8);
	FUZZ_CHECK(!amqp_tune_connection(state, 3, CBX_FRAME_MAX, 0));
	return state;
}

/* A connection as it is after the login, with one consumer; returns the broker's end */
static int plug_in(const uint8_t *data, size_t size)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(bus);
	struct cbx_amqp_consumer *consumer = calloc(1, sizeof(*consumer));
	amqp_socket_t *socket;
	int ends[2];

	FUZZ_CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	FUZZ_CHECK(send(ends[1], data, size, 0) == (ssize_t)size);
	FUZZ_CHECK(!shutdown(ends[1], SHUT_WR));
	self->state = new_state();
	FUZZ_CHECK(consumer);
	socket = amqp_tcp_socket_new(self->state);
	FUZZ_CHECK(socket);
	amqp_tcp_socket_set_sockfd(socket, ends[0]);
	self->fd = ends[0];
	self->work = CBX_FIRST_WORK;
	self->bus.max_body = BODY;
	*consumer = (struct cbx_amqp_consumer){
		.active = true, .acks = true, .tag = "1", .queue = "app.default.event"
	};
	LIST_INSERT_HEAD(&self->consumers, consumer, link);
	return ends[1];
}

static size_t texts_length(const struct cbx_bus_message *message)
{
	const char *const texts[] = { message->queue,        message->exchange,
				      message->routing_key,  message->app_id,
				      message->content_type, message->correlation_id,
				      message->reply_to,     message->message_id,
				      message->type };
	size_t all = 0;
	size_t i;

	for (i = 0; i < CBX_COUNT(texts); i++)
		all += texts[i] ? strlen(texts[i]) : 0;
	FUZZ_CHECK(message->header_count <= CBX_BUS_HEADERS);
	for (i = 0; i < message->header_count; i++)
		all += strlen(message->headers[i].name) + strlen(message->headers[i].value);
	return all;
}

static void check_event(const struct cbx_bus_event *event)
{
	const struct cbx_bus_message *message = &event->message;
	volatile char last;

	FUZZ_CHECK(message->body_len <= BODY && texts_length(message) <= 2 * CBX_SCRATCH);
	FUZZ_CHECK(event->type != CBX_BUS_OVERSIZED || !message->body_len);
	FUZZ_CHECK(message->expiration_ms >= 0);
	if (message->body_len)
		last = message->body[message->body_len - 1];
	(void)last;
	if (event->type == CBX_BUS_DELIVERY || event->type == CBX_BUS_OVERSIZED ||
	    event->type == CBX_BUS_RETURNED)
		FUZZ_CHECK(message->exchange && message->routing_key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int peer = plug_in(data, size < MOST ? size : MOST);
	unsigned turns;
	int result = 0;

	for (turns = 0; bus->ops->is_up(bus) && turns < MOST; turns++) {
		struct cbx_bus_event event = { .type = CBX_BUS_NOTHING };
		uint64_t now = cbx_now(cbx_system_clock());

		result = bus->ops->take(bus, -1, now + CBX_MS, &event);
		FUZZ_CHECK(result >= 0 || *bus->error);
		FUZZ_CHECK(result >= 0 || result == CHATTERBOX_E_DOWN ||
			   result == CHATTERBOX_E_REFUSED);
		if (result >= 0)
			check_event(&event);
		cbx_bus_event_clear(&event);
	}
	FUZZ_CHECK(result == CHATTERBOX_E_DOWN); /* it ends with the end of what was sent */
	bus->ops->disconnect(bus);
	close(peer);
	return 0;
}
