// SPDX-License-Identifier: MIT
/*
 * backoff.c - decides the waits between tries: full doubling, half of it jitter, at most 10 s so
 * that a server which is back is noticed within one usual round
 */
#include "base/backoff.h"

#define FIRST_NS 200000000ULL
#define LAST_NS 10000000000ULL

uint64_t cbx_backoff_next(struct cbx_backoff *backoff)
{
	uint64_t wait = FIRST_NS << (backoff->tries < 6 ? backoff->tries : 6);

	if (wait > LAST_NS)
		wait = LAST_NS;
	backoff->tries++;
	/* splitmix64: needs no seed of quality */
	backoff->random += 0x9e3779b97f4a7c15ULL + (uint64_t)(uintptr_t)backoff;
	uint64_t z = backoff->random;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return wait / 2 + z % (wait / 2 + 1);
}

void cbx_backoff_reset(struct cbx_backoff *backoff)
{
	backoff->tries = 0;
}
