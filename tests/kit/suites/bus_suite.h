/* SPDX-License-Identifier: MIT */
/*
 * bus_suite.h - the conformance suite of port/bus.h, for every adapter
 *
 * A test program describes its broker in `struct bus_world` and runs bus_suite(). Queues are named
 * anew by each test, so that a broker may be shared.
 */
#ifndef CBX_TESTS_BUS_SUITE_H
#define CBX_TESTS_BUS_SUITE_H

#include "port/bus.h"
#include "unit.h"

struct bus_world {
	const char *name;
	void *env;
	/* A bus that is not connected */
	struct cbx_bus *(*make)(void *env);
	void (*delete_queue)(void *env, const char *queue);
	/* The broker dies, and comes back */
	void (*lose)(void *env);
	void (*restore)(void *env);
};

/* One world a program */
Suite *bus_suite(const struct bus_world *world);

/* For the suite's files and a program's own tests; they end the test when something fails. */
extern const struct bus_world *bus_world;
uint64_t bus_in(unsigned seconds); /* a deadline */
struct cbx_bus *bus_open(bool confirms);
void bus_close(struct cbx_bus **bus);
/* A name that no other test used, in one of four buffers; deleted with bus_drop_queues() */
const char *bus_queue_name(void);
const char *bus_declared(struct cbx_bus *bus);
void bus_drop_queues(void);
/* Text to a queue */
struct cbx_bus_message bus_text(const char *queue, const char *text);
void bus_send(struct cbx_bus *bus, const struct cbx_bus_message *message);
/* The next event within 10 s, which must be of that type */
void bus_expect(struct cbx_bus *bus, enum cbx_bus_event_type type, struct cbx_bus_event *event);
/* The next event is a delivery with that text; returns its tag */
uint64_t bus_expect_text(struct cbx_bus *bus, const char *text, bool redelivered);
void bus_expect_nothing(struct cbx_bus *bus, unsigned ms);
/* Waits until confirms cover 1..@count */
void bus_expect_confirmed(struct cbx_bus *bus, uint64_t first, uint64_t last);
void bus_wait_depth(struct cbx_bus *bus, const char *queue, int64_t depth);

/* Adds a case whose queues are dropped after each test */
void bus_add_case(Suite *suite, const char *name, const TTest *const *tests, size_t count);
void bus_add_topology(Suite *suite);
void bus_add_messages(Suite *suite);
void bus_add_flow(Suite *suite);
void bus_add_loss(Suite *suite);

#endif
