// SPDX-License-Identifier: MIT
/*
 * bench_fleet.c - how many questions a second the simulated fleet answers, so that nobody takes
 * the simulator's limit for chatterbox's
 *
 *	bench_fleet [SYSTEMS [SECONDS]]
 *
 * Two figures: the answering alone, and a whole fleet over the memory bus with the client in the
 * same thread (asking and reading cost their share of it).
 */
#include "adapter/memory_bus/memory_bus.h"
#include "common/cleanup.h"
#include "fleet/fleet.h"

#include <stdio.h>
#include <string.h>

#define WINDOW 256

struct bench {
	struct cbx_clock *clock;
	struct cbx_fleet_options options;
	uint64_t ns;
	size_t asked;
	size_t bytes;
};

static size_t question(char *body, size_t size, size_t system)
{
	return (size_t)snprintf(
		body, size,
		"{\"jsonrpc\":\"2.0\",\"method\":\"nl-hdms.request\",\"id\":\"%zu\",\"params\":"
		"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"job_status\"},"
		"\"object\":{\"systems\":[{\"system\":\"NL-HDMS-%06zu\",\"jobs\":[1,2,3,4]}]},"
		"\"target\":{\"system\":\"NL-HDMS-%06zu\"}}}",
		system, system, system);
}

static void say(const struct bench *bench, const char *what, uint64_t began)
{
	double seconds = (double)(cbx_now(bench->clock) - began) / 1e9;

	printf("%s: %zu systems x 4 jobs, %.0f answers/s, %.0f MB/s\n", what,
	       (size_t)bench->options.rules.systems, (double)bench->asked / seconds,
	       (double)bench->bytes / seconds / 1e6);
}

static int answers_alone(struct bench *bench)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	uint64_t began;
	struct cbx_text reply = { 0 };
	char body[512];
	int error;

	error = cbx_fleet_world_new(&bench->options.rules, &world);
	if (error)
		return error;
	began = cbx_now(bench->clock);
	while (!error && cbx_now(bench->clock) < began + bench->ns) {
		size_t system = bench->asked++ % bench->options.rules.systems + 1;

		cbx_text_clear(&reply);
		error = cbx_fleet_answer(world, body, question(body, sizeof(body), system),
					 CBX_FLEET_BARE, &reply);
		bench->bytes += reply.len;
	}
	cbx_text_free(&reply);
	say(bench, "answer", began);
	return error;
}

static int ask(struct bench *bench, struct cbx_bus *client)
{
	char body[512];
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-hdms.request",
					   .correlation_id = "c",
					   .reply_to = client->ops->reply_to(client),
					   .body = body };

	message.body_len =
		question(body, sizeof(body), bench->asked++ % bench->options.rules.systems + 1);
	return client->ops->publish(client, &message, NULL, cbx_now(bench->clock) + CBX_SECOND);
}

/* A window of questions, and all their answers */
static int round_trip(struct bench *bench, struct cbx_bus *client, struct cbx_fleet *fleet)
{
	struct cbx_bus_event event = { .type = CBX_BUS_NOTHING };
	int error = 0;
	int left;
	int i;

	for (i = 0; i < WINDOW && !error; i++)
		error = ask(bench, client);
	for (left = WINDOW; left && !error;) {
		error = cbx_fleet_run_once(fleet, -1, 1);
		while (left && !error) {
			error = client->ops->take(client, -1, 1, &event);
			if (error || event.type == CBX_BUS_NOTHING)
				break;
			bench->bytes += event.message.body_len;
			cbx_bus_event_clear(&event);
			left--;
		}
	}
	return error;
}

static int over_the_bus(struct bench *bench, struct cbx_bus *client, struct cbx_bus *bus)
{
	cbx_auto(cbx_fleet_freep) struct cbx_fleet *fleet = NULL;
	uint64_t deadline = cbx_now(bench->clock) + 5 * CBX_SECOND;
	uint64_t began;
	int error;

	error = cbx_fleet_new(&bench->options, bus, bench->clock, NULL, &fleet);
	if (!error)
		error = cbx_fleet_run_once(fleet, -1, 1);
	if (!error)
		error = client->ops->connect(client, false, deadline);
	if (!error)
		error = client->ops->consume(client, NULL, 0, deadline);
	began = cbx_now(bench->clock);
	bench->asked = bench->bytes = 0;
	while (!error && cbx_now(bench->clock) < began + bench->ns)
		error = round_trip(bench, client, fleet);
	say(bench, "fleet over memory_bus", began);
	return error;
}

int main(int argc, char **argv)
{
	struct bench bench = { .clock = cbx_system_clock() };
	struct cbx_memory_broker *broker = NULL;
	struct cbx_bus *client = NULL;
	struct cbx_bus *bus = NULL;
	int error;

	cbx_fleet_options_init(&bench.options);
	bench.options.rules.systems = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	bench.options.rules.mode = CBX_FLEET_STEP;
	bench.ns = (argc > 2 ? strtoul(argv[2], NULL, 10) : 3) * CBX_SECOND;
	error = answers_alone(&bench);
	if (!error)
		error = cbx_memory_broker_new(bench.clock, &broker);
	if (!error)
		error = cbx_memory_bus_new(broker, &client);
	if (!error)
		error = cbx_memory_bus_new(broker, &bus);
	if (!error)
		error = over_the_bus(&bench, client, bus);
	cbx_bus_free(client);
	cbx_bus_free(bus);
	cbx_memory_broker_unref(broker);
	if (error)
		fprintf(stderr, "bench_fleet: error %d\n", error);
	return error ? 1 : 0;
}
