/* SPDX-License-Identifier: MIT */
/*
 * flight.h - the port to the flight recorder: lines that say what came and what was told
 * (docs/recording.md)
 *
 * The poller's thread gives it lines, whole ones of JSON, in the order in which things happened. A
 * recorder may lose some of them. What follows a loss can't be understood without a new state, so
 * it then asks for one.
 */
#ifndef CBX_PORT_FLIGHT_H
#define CBX_PORT_FLIGHT_H

#include "common/text.h"

struct cbx_flight;

struct cbx_flight_ops {
	/* Takes the text, one line or several, each with its newline; leaves it empty. Never
	 * waits. @state: it is a whole state, with which a file can begin. */
	void (*put)(struct cbx_flight *flight, struct cbx_text *lines, bool state);
	/* Writes what it was given, and ends */
	void (*free)(struct cbx_flight *flight);
};

struct cbx_flight {
	const struct cbx_flight_ops *ops;
	_Atomic bool wants_state; /* as soon as there can be one; who gives it clears this first */
};

static inline void cbx_flight_free(struct cbx_flight *flight) /* takes NULL */
{
	if (flight)
		flight->ops->free(flight);
}

#endif
