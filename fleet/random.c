// SPDX-License-Identifier: MIT
/* random.c - random numbers without global state: the same seed plays the same fleet in every
 * process, whatever else runs in it */
#include "fleet/random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void cbx_random_seed(struct cbx_random *random, uint64_t seed, uint64_t stream)
{
	uint64_t state = stream;
	int i;

	/* the stream is mixed in, so that neighbouring streams share nothing */
	state = splitmix(&state) ^ seed;
	for (i = 0; i < 4; i++)
		random->state[i] = splitmix(&state);
}

static uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t cbx_random_next(struct cbx_random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double cbx_random_unit(struct cbx_random *random)
{
	return (double)(cbx_random_next(random) >> 11) * 0x1.0p-53;
}

uint64_t cbx_random_between(struct cbx_random *random, uint64_t low, uint64_t high)
{
	return low + cbx_random_next(random) % (high - low + 1);
}

int64_t cbx_random_wait(struct cbx_random *random, double rate)
{
	double ms;

	if (rate <= 0)
		return INT64_MAX;
	ms = -log(1.0 - cbx_random_unit(random)) / rate * 1000;
	return ms > 1e15 ? INT64_MAX : (int64_t)ms + 1;
}
