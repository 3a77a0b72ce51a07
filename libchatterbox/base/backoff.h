/* SPDX-License-Identifier: MIT */
/* backoff.h - how long to wait before the next try: doubling with jitter, 0.2 s to 10 s */
#ifndef CBX_BASE_BACKOFF_H
#define CBX_BASE_BACKOFF_H

#include <stdint.h>

struct cbx_backoff {
	unsigned tries;
	uint64_t random; /* of the jitter; any value */
};

/* Nanoseconds until the next try; every call counts as a failed try */
uint64_t cbx_backoff_next(struct cbx_backoff *backoff);
void cbx_backoff_reset(struct cbx_backoff *backoff);

#endif
