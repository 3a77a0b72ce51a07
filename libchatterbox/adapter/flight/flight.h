/* SPDX-License-Identifier: MIT */
/*
 * flight/flight.h - the flight recorder: writes a recording into a file, in a thread of its own
 *
 * Who gives it lines never waits for the disk. The file is bounded: when it has half of the limit
 * it becomes FILE.1, and a new FILE begins with a new state, so that the last hours are there
 * whenever something is noticed, and each of the two files can be played alone. A disk that is full
 * costs lines, which are counted, and nothing else.
 */
#ifndef CBX_ADAPTER_FLIGHT_H
#define CBX_ADAPTER_FLIGHT_H

#include "base/log.h"
#include "base/metrics.h"
#include "port/clock.h"
#include "port/flight.h"

/* Texts are copied; the rest is borrowed */
struct cbx_flight_options {
	const char *path;
	uint64_t limit; /* bytes, of both files together */
	bool anonymous;
	const char *version; /* of chatterbox */
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_metric *lines; /* chatterbox_recorded_lines_total{outcome} */
};

/* The file is opened later, by the recorder's thread: an error is logged, and tried again.
 * Return: 0, -ENOMEM, -errno of the thread. */
int cbx_flight_new(const struct cbx_flight_options *options, struct cbx_flight **out);

#endif
