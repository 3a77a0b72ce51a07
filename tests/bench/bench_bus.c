// SPDX-License-Identifier: MIT
/*
 * bench_bus.c - messages per second of the bus: publishes with confirms, and questions with replies
 *
 *	bench_bus memory
 *	tests/kit/servers/servers.sh run bench_bus rmq
 *
 * Both keep WINDOW messages of 500 bytes in flight, as the teller and the poller do. The responder
 * is a thread with a connection of its own.
 */
#include "adapter/amqp_bus/amqp_bus.h"
#include "adapter/memory_bus/memory_bus.h"
#include "base/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 256
#define BODY 500

static struct cbx_memory_broker *broker;
static char queue[64] = "cbx-bench";
static char body[BODY];
static _Atomic int stop;

static uint64_t in(unsigned seconds)
{
	return cbx_now(cbx_system_clock()) + seconds * CBX_SECOND;
}

static void check(struct cbx_bus *bus, const char *what, int result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "%s: %d %s\n", what, result, bus ? bus->error : "");
	exit(EXIT_FAILURE);
}

static struct cbx_bus *open_bus(bool confirms)
{
	struct cbx_amqp_options options = { .host = "127.0.0.1", .name = "bench" };
	const char *port = getenv("CBX_TEST_RMQ_PORT");
	struct cbx_bus *bus = NULL;
	int result;

	options.port = port ? atoi(port) : 5672;
	result = broker ? cbx_memory_bus_new(broker, &bus)
			: cbx_amqp_bus_new(&options, cbx_system_clock(), NULL, &bus);
	check(NULL, "new", result);
	check(bus, "connect", bus->ops->connect(bus, confirms, in(10)));
	check(bus, "declare", bus->ops->declare(bus, queue, in(10)));
	return bus;
}

static struct cbx_bus_message message(void)
{
	return (struct cbx_bus_message){ .exchange = "",
					 .routing_key = queue,
					 .content_type = "application/json",
					 .app_id = "nl-ocd-chatterbox",
					 .timestamp = 1764000000,
					 .body = body,
					 .body_len = sizeof(body),
					 .headers = { { "trace_id", "5f1c" } },
					 .header_count = 1 };
}

static double publish_and_confirm(uint64_t count)
{
	struct cbx_bus *bus = open_bus(true);
	struct cbx_bus_message m = message();
	uint64_t start = cbx_now(cbx_system_clock());
	uint64_t sent = 0;
	uint64_t confirmed = 0;
	struct cbx_bus_event event;

	m.persistent = true;
	m.mandatory = true;
	while (confirmed < count) {
		while (sent < count && sent - confirmed < WINDOW)
			check(bus, "publish", bus->ops->publish(bus, &m, &sent, in(10)));
		check(bus, "take", bus->ops->take(bus, -1, in(10), &event));
		if (event.type == CBX_BUS_CONFIRMED)
			confirmed += event.multiple ? event.tag - confirmed : 1;
		cbx_bus_event_clear(&event);
	}
	start = cbx_now(cbx_system_clock()) - start;
	cbx_bus_free(bus);
	return (double)count / ((double)start / 1e9);
}

static void *respond(void *arg)
{
	struct cbx_bus *bus = open_bus(false);
	struct cbx_bus_event event;

	(void)arg;
	check(bus, "consume", bus->ops->consume(bus, queue, WINDOW, in(10)));
	while (!stop) {
		struct cbx_bus_message reply = message();

		check(bus, "take", bus->ops->take(bus, -1, in(1), &event));
		if (event.type != CBX_BUS_DELIVERY)
			continue;
		if (event.message.reply_to) {
			reply.routing_key = event.message.reply_to;
			reply.correlation_id = event.message.correlation_id;
			check(bus, "reply", bus->ops->publish(bus, &reply, NULL, in(10)));
		}
		check(bus, "acknowledge", bus->ops->acknowledge(bus, event.tag, false, true));
		cbx_bus_event_clear(&event);
	}
	cbx_bus_free(bus);
	return NULL;
}

static void drain(struct cbx_bus *bus)
{
	int64_t depth = 1;

	while (depth)
		check(bus, "depth", bus->ops->depth(bus, queue, &depth, in(10)));
}

static double ask(uint64_t count)
{
	struct cbx_bus *bus = open_bus(false);
	struct cbx_thread thread = { .running = false };
	struct cbx_bus_message m = message();
	uint64_t sent = 0;
	uint64_t answered = 0;
	uint64_t start;
	struct cbx_bus_event event;
	char id[24];

	check(bus, "thread", cbx_thread_start(&thread, "respond", respond, NULL));
	drain(bus);
	check(bus, "consume", bus->ops->consume(bus, NULL, 0, in(10)));
	m.reply_to = bus->ops->reply_to(bus);
	m.correlation_id = id;
	m.mandatory = true;
	m.expiration_ms = 10000;
	start = cbx_now(cbx_system_clock());
	while (answered < count) {
		for (; sent < count && sent - answered < WINDOW; sent++) {
			snprintf(id, sizeof(id), "%llu", (unsigned long long)sent);
			check(bus, "publish", bus->ops->publish(bus, &m, NULL, in(10)));
		}
		check(bus, "take", bus->ops->take(bus, -1, in(10), &event));
		answered += event.type == CBX_BUS_DELIVERY;
		cbx_bus_event_clear(&event);
	}
	start = cbx_now(cbx_system_clock()) - start;
	stop = 1;
	cbx_thread_join(&thread);
	cbx_bus_free(bus);
	return (double)count / ((double)start / 1e9);
}

int main(int argc, char **argv)
{
	uint64_t count;

	if (argc < 2 || (strcmp(argv[1], "memory") && strcmp(argv[1], "rmq"))) {
		fprintf(stderr, "usage: bench_bus memory|rmq [MESSAGES]\n");
		return 64;
	}
	count = argc > 2 ? strtoull(argv[2], NULL, 10) : 50000;
	memset(body, 'x', sizeof(body));
	if (!strcmp(argv[1], "memory"))
		check(NULL, "broker", cbx_memory_broker_new(cbx_system_clock(), &broker));
	printf("%s: publish+confirm %.0f/s\n", argv[1], publish_and_confirm(count));
	printf("%s: question+reply %.0f/s\n", argv[1], ask(count));
	cbx_memory_broker_unref(broker);
	return 0;
}
