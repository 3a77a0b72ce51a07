/* SPDX-License-Identifier: MIT */
/* values.h - parses the values of options; a wrong one ends the process with 64 */
#ifndef HDMS_SIM_VALUES_H
#define HDMS_SIM_VALUES_H

#include "options.h"

#include <argp.h>

double value_number(struct argp_state *state, const char *name, const char *text, double low,
		    double high);
unsigned value_whole(struct argp_state *state, const char *name, const char *text, unsigned low,
		     unsigned high);
uint64_t value_seed(struct argp_state *state, const char *text);
/* MIN[-MAX] */
void value_delay(struct argp_state *state, struct cbx_fleet_options *fleet, const char *text);
/* NAME=RATE */
void value_chance(struct argp_state *state, struct cbx_fleet_rates *rates, const char *text);
void value_pass_file(struct argp_state *state, struct options *options, const char *path);
void value_envelope(struct argp_state *state, struct cbx_fleet_options *fleet, const char *text);

#endif
