/* SPDX-License-Identifier: MIT */
/*
 * choosy_bus.h - a broker that takes no message larger than a limit, and reports it as RabbitMQ
 * does
 *
 * A larger one closes the channel: take() returns CHATTERBOX_E_LIMIT, then refuses everything that
 * is open. What came before it was taken, but its confirm is lost; what came after it is lost.
 */
#ifndef CBX_TESTS_CHOOSY_BUS_H
#define CBX_TESTS_CHOOSY_BUS_H

#include "port/bus.h"

struct choosy {
	size_t most;       /* bytes of a body */
	const char *hated; /* a message_id that is refused whatever its size; may be NULL */
	uint64_t number;   /* of the last publish */
	uint64_t over;     /* numbers up to here are of closed channels */
	uint64_t behind;   /* how many messages never reached the broker */
	unsigned closed;   /* how often the channel was closed */
	unsigned publishes;
	unsigned intruder;  /* before this publish, somebody else publishes a message that is too
			       large */
	void (*told)(void); /* called when take() reports it; may be NULL */
	enum { CHOOSY_OPEN, CHOOSY_CLOSED, CHOOSY_TOLD } state;
};

/* @plan must outlive the connection, which must be a memory bus or stand on one */
void choosy_bus(struct cbx_bus *bus, struct choosy *plan);

#endif
