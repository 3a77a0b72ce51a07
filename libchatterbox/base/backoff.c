// SPDX-License-Identifier: MIT
/* backoff.c - the time to wait between tries: it doubles, half of it is jitter, and it is 10 s at
 * most, so that a server that is back is noticed within a usual round */
#include "base/backoff.h"

#define FIRST_NS 200000000ULL
#define LAST_NS 10000000000ULL

uint64_t cbx_backoff_next(struct cbx_backoff *backoff)
{
	uint64_t wait = FIRST_NS << (backoff->tries < 6 ? backoff->tries : 6);

	if (wait > LAST_NS)
		wait = LAST_NS;
	backoff->tries++;
	/* splitmix64, which works with any seed */
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
