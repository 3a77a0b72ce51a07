/* SPDX-License-Identifier: MIT */
/*
 * clock.h - time as a port, so that tests can move it
 *
 * Deadlines are absolute nanoseconds of `now`, which never goes back. `wall` is for display.
 */
#ifndef CBX_PORT_CLOCK_H
#define CBX_PORT_CLOCK_H

#include <stdint.h>

struct cbx_clock;

struct cbx_clock_ops {
	uint64_t (*now)(struct cbx_clock *clock); /* monotonic, ns, never 0 */
	int64_t (*wall)(struct cbx_clock *clock); /* ms since the epoch, UTC */
};

struct cbx_clock {
	const struct cbx_clock_ops *ops;
};

#define CBX_SECOND 1000000000ULL
#define CBX_MS 1000000ULL

static inline uint64_t cbx_now(struct cbx_clock *clock)
{
	return clock->ops->now(clock);
}

static inline int64_t cbx_wall(struct cbx_clock *clock)
{
	return clock->ops->wall(clock);
}

/* Seconds, as other programs write them, to ns; negative ones become 0, absurd ones for ever */
static inline double cbx_seconds(uint64_t ns)
{
	return (double)ns / (double)CBX_SECOND;
}

static inline uint64_t cbx_ns(double seconds)
{
	if (!(seconds > 0))
		return 0;
	return seconds < 1e10 ? (uint64_t)(seconds * (double)CBX_SECOND + 0.5) : UINT64_MAX;
}

/* Milliseconds left until @deadline for poll(2), rounded up, 0..@most */
static inline int cbx_ms_left(struct cbx_clock *clock, uint64_t deadline, int most)
{
	uint64_t now = cbx_now(clock);
	uint64_t left = deadline > now ? (deadline - now + CBX_MS - 1) / CBX_MS : 0;

	return left > (uint64_t)most ? most : (int)left;
}

/* The machine's clocks (adapter/system_clock.c); static, needs no freeing */
struct cbx_clock *cbx_system_clock(void);

#endif
