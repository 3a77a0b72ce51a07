/* SPDX-License-Identifier: MIT */
/* random.h - reproducible random numbers: xoshiro256**, seeded by splitmix64 */
#ifndef CBX_FLEET_RANDOM_H
#define CBX_FLEET_RANDOM_H

#include <stdint.h>

struct cbx_random {
	uint64_t state[4];
};

/* @stream: each one is an independent sequence of the same seed */
void cbx_random_seed(struct cbx_random *random, uint64_t seed, uint64_t stream);
uint64_t cbx_random_next(struct cbx_random *random);
double cbx_random_unit(struct cbx_random *random); /* [0, 1) */
/* low..high, both included */
uint64_t cbx_random_between(struct cbx_random *random, uint64_t low, uint64_t high);
/* Milliseconds until the next of events that come @rate times a second; at least 1, INT64_MAX when
 * they never come */
int64_t cbx_random_wait(struct cbx_random *random, double rate);

#endif
