// SPDX-License-Identifier: MIT
/* system_clock.c - the machine's clocks: monotonic for deadlines, real time for display */
#include "port/clock.h"

#include <time.h>

static uint64_t system_now(struct cbx_clock *clock)
{
	struct timespec t;

	(void)clock;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * CBX_SECOND + (uint64_t)t.tv_nsec + 1;
}

static int64_t system_wall(struct cbx_clock *clock)
{
	struct timespec t;

	(void)clock;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const struct cbx_clock_ops system_clock_ops = { .now = system_now, .wall = system_wall };

struct cbx_clock *cbx_system_clock(void)
{
	static struct cbx_clock clock = { .ops = &system_clock_ops };

	return &clock;
}
