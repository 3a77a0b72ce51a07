// SPDX-License-Identifier: MIT
/* bus_suite.c - the frame of the bus suite: a world, queues of its own, and what tests wait for */
#include "bus_suite.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAMES 64
const struct bus_world *bus_world;
static char names[NAMES][48];
static size_t name_count;

uint64_t bus_in(unsigned seconds)
{
	return cbx_now(cbx_system_clock()) + seconds * CBX_SECOND;
}

struct cbx_bus *bus_open(bool confirms)
{
	struct cbx_bus *bus = bus_world->make(bus_world->env);

	ck_assert_ptr_nonnull(bus);
	ck_assert_msg(bus->ops->connect(bus, confirms, bus_in(10)) == 0, "%s", bus->error);
	ck_assert(bus->ops->is_up(bus));
	return bus;
}

void bus_close(struct cbx_bus **bus)
{
	cbx_bus_free(*bus);
	*bus = NULL;
}

const char *bus_queue_name(void)
{
	static unsigned long number;

	ck_assert_uint_lt(name_count, NAMES);
	snprintf(names[name_count], sizeof(names[0]), "cbx-suite-%ld-%lu", (long)getpid(),
		 ++number);
	return names[name_count++];
}

const char *bus_declared(struct cbx_bus *bus)
{
	const char *name = bus_queue_name();

	ck_assert_msg(bus->ops->declare(bus, name, bus_in(10)) == 0, "%s", bus->error);
	return name;
}

void bus_drop_queues(void)
{
	while (name_count)
		bus_world->delete_queue(bus_world->env, names[--name_count]);
}

struct cbx_bus_message bus_text(const char *queue, const char *text)
{
	return (struct cbx_bus_message){ .exchange = "",
					 .routing_key = queue,
					 .body = text,
					 .body_len = strlen(text),
					 .content_type = "text/plain",
					 .persistent = true };
}

void bus_send(struct cbx_bus *bus, const struct cbx_bus_message *message)
{
	ck_assert_msg(bus->ops->publish(bus, message, NULL, bus_in(10)) == 0, "%s", bus->error);
}

void bus_expect(struct cbx_bus *bus, enum cbx_bus_event_type type, struct cbx_bus_event *event)
{
	int result = bus->ops->take(bus, -1, bus_in(10), event);

	ck_assert_msg(result == 0, "take: %d, %s", result, bus->error);
	ck_assert_msg(event->type == type, "event %d instead of %d (tag %llu, body '%.60s')",
		      (int)event->type, (int)type, (unsigned long long)event->tag,
		      event->message.body ? event->message.body : "");
}

uint64_t bus_expect_text(struct cbx_bus *bus, const char *text, bool redelivered)
{
	struct cbx_bus_event event;
	uint64_t tag;

	bus_expect(bus, CBX_BUS_DELIVERY, &event);
	ck_assert_uint_eq(event.message.body_len, strlen(text));
	ck_assert_mem_eq(event.message.body, text, strlen(text));
	ck_assert_msg(event.redelivered == redelivered, "'%s' redelivered: %d", text,
		      event.redelivered);
	tag = event.tag;
	cbx_bus_event_clear(&event);
	return tag;
}

void bus_expect_nothing(struct cbx_bus *bus, unsigned ms)
{
	uint64_t deadline = cbx_now(cbx_system_clock()) + ms * CBX_MS;
	struct cbx_bus_event event;

	ck_assert_int_eq(bus->ops->take(bus, -1, deadline, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_NOTHING);
	ck_assert_uint_ge(cbx_now(cbx_system_clock()), deadline);
}

void bus_expect_confirmed(struct cbx_bus *bus, uint64_t first, uint64_t last)
{
	uint64_t open = last - first + 1;
	bool *seen = calloc(open, sizeof(*seen));
	struct cbx_bus_event event;

	ck_assert_ptr_nonnull(seen);
	while (open) {
		bus_expect(bus, CBX_BUS_CONFIRMED, &event);
		ck_assert_uint_ge(event.tag, first);
		ck_assert_uint_le(event.tag, last);
		for (uint64_t tag = event.multiple ? first : event.tag; tag <= event.tag; tag++) {
			ck_assert(event.multiple || !seen[tag - first]);
			open -= !seen[tag - first];
			seen[tag - first] = true;
		}
	}
	free(seen);
}

void bus_wait_depth(struct cbx_bus *bus, const char *queue, int64_t depth)
{
	uint64_t deadline = bus_in(10);
	int64_t now = -1;

	while (cbx_now(cbx_system_clock()) < deadline) {
		ck_assert_msg(bus->ops->depth(bus, queue, &now, bus_in(10)) == 0, "%s", bus->error);
		if (now == depth)
			return;
		usleep(2000);
	}
	ck_abort_msg("%s: depth %lld instead of %lld", queue, (long long)now, (long long)depth);
}

void bus_add_case(Suite *suite, const char *name, const TTest *const *tests, size_t count)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, NULL, bus_drop_queues);
	unit_add(tcase, tests, count);
	suite_add_tcase(suite, tcase);
}

Suite *bus_suite(const struct bus_world *world)
{
	Suite *suite = suite_create(world->name);

	bus_world = world;
	bus_add_topology(suite);
	bus_add_messages(suite);
	bus_add_flow(suite);
	bus_add_loss(suite);
	return suite;
}
