// SPDX-License-Identifier: MIT
/*
 * bench_sim.c - how many questions a second a running hdms-sim answers over RabbitMQ
 *
 *	hdms-sim --port=PORT --systems=N --step --quiet &
 *	bench_sim PORT [SYSTEMS [WINDOW [SECONDS]]]
 *
 * One connection with WINDOW (256) questions in flight, job_status of 4 jobs of a single system
 * each: the upper bound of what a round can reach with systems_per_request = 1.
 */
#include "adapter/amqp_bus/amqp_bus.h"
#include "common/cleanup.h"

#include <stdio.h>
#include <string.h>

struct bench {
	struct cbx_bus *bus;
	struct cbx_clock *clock;
	unsigned systems;
	unsigned window;
	size_t asked;
	size_t answered;
	size_t bytes;
};

static int ask(struct bench *bench)
{
	unsigned system = (unsigned)(bench->asked++ % bench->systems) + 1;
	char body[512];
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-hdms.request",
					   .correlation_id = "c",
					   .reply_to = bench->bus->ops->reply_to(bench->bus),
					   .mandatory = true,
					   .expiration_ms = 10000,
					   .body = body };

	message.body_len = (size_t)snprintf(
		body, sizeof(body),
		"{\"jsonrpc\":\"2.0\",\"method\":\"nl-hdms.request\",\"id\":1,\"params\":{\"verb\":"
		"{\"event_category\":\"request_system\",\"event\":\"job_status\"},\"object\":"
		"{\"systems\":[{\"system\":\"NL-HDMS-%06u\",\"jobs\":[1,2,3,4]}]},\"target\":"
		"{\"system\":\"NL-HDMS-%06u\"}}}",
		system, system);
	return bench->bus->ops->publish(bench->bus, &message, NULL,
					cbx_now(bench->clock) + 5 * CBX_SECOND);
}

/* Keeps the window full until @end, then takes what is still out; -1 when answers stay away */
static int run(struct bench *bench, uint64_t end)
{
	struct cbx_bus_event event = { .type = CBX_BUS_NOTHING };
	int error = 0;

	while (!error) {
		bool more = cbx_now(bench->clock) < end;

		while (!error && more && bench->asked - bench->answered < bench->window)
			error = ask(bench);
		if (error || (!more && bench->asked == bench->answered))
			break;
		error = bench->bus->ops->take(bench->bus, -1,
					      cbx_now(bench->clock) + 5 * CBX_SECOND, &event);
		if (!error && event.type == CBX_BUS_NOTHING)
			return -1;
		if (!error && event.type == CBX_BUS_DELIVERY) {
			bench->answered++;
			bench->bytes += event.message.body_len;
		}
		cbx_bus_event_clear(&event);
	}
	return error;
}

int main(int argc, char **argv)
{
	const struct cbx_amqp_options options = { .host = "127.0.0.1",
						  .port = argc > 1 ? atoi(argv[1]) : 5672,
						  .vhost = "/",
						  .user = "guest",
						  .pass = "guest",
						  .name = "bench_sim" };
	struct bench bench = { .clock = cbx_system_clock() };
	uint64_t length = (argc > 4 ? strtoul(argv[4], NULL, 10) : 5) * CBX_SECOND;
	uint64_t began;
	int error;

	bench.systems = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 500;
	bench.window = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 256;
	error = cbx_amqp_bus_new(&options, bench.clock, NULL, &bench.bus);
	if (error)
		return 1;
	bench.bus->max_body = 1 << 20;
	began = cbx_now(bench.clock);
	error = bench.bus->ops->connect(bench.bus, false, began + 5 * CBX_SECOND);
	if (!error)
		error = bench.bus->ops->consume(bench.bus, NULL, 0, began + 5 * CBX_SECOND);
	began = cbx_now(bench.clock);
	if (!error)
		error = run(&bench, began + length);
	printf("sim over RabbitMQ: %u systems x 4 jobs, window %u: %.0f answers/s, %.1f MB/s\n",
	       bench.systems, bench.window,
	       (double)bench.answered * 1e9 / (double)(cbx_now(bench.clock) - began),
	       (double)bench.bytes * 1e3 / (double)(cbx_now(bench.clock) - began));
	if (error)
		fprintf(stderr, "bench_sim: error %d: %s\n", error, bench.bus->error);
	cbx_bus_free(bench.bus);
	return error ? 1 : 0;
}
