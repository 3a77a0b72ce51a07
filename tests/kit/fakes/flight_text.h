/* SPDX-License-Identifier: MIT */
/* flight_text.h - a flight recorder that keeps its recording in memory, for a test to look at and
 * to change */
#ifndef CBX_TESTS_FLIGHT_TEXT_H
#define CBX_TESTS_FLIGHT_TEXT_H

#include "port/flight.h"

struct flight_text {
	struct cbx_flight flight;
	struct cbx_text text; /* as the file would be, with its header */
	unsigned states;
};

/* It asks for a state, as a new recorder does */
void flight_text_open(struct flight_text *recorder);
void flight_text_close(struct flight_text *recorder);
/* How often @part stands in it */
unsigned flight_text_count(const struct flight_text *recorder, const char *part);

#endif
