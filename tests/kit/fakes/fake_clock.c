// SPDX-License-Identifier: MIT
/* fake_clock.c - a clock that a test moves */
#include "fake_clock.h"

static uint64_t now(struct cbx_clock *clock)
{
	return ((struct fake_clock *)(void *)clock)->now;
}

static int64_t wall(struct cbx_clock *clock)
{
	return ((struct fake_clock *)(void *)clock)->wall;
}

static const struct cbx_clock_ops ops = { now, wall };

void fake_clock_init(struct fake_clock *fake)
{
	fake->clock.ops = &ops;
	fake->now = FAKE_CLOCK_NOW;
	fake->wall = FAKE_CLOCK_WALL;
}

void fake_clock_pass(struct fake_clock *fake, uint64_t ns)
{
	fake->now += ns;
	fake->wall = FAKE_CLOCK_WALL + (int64_t)((fake->now - FAKE_CLOCK_NOW) / CBX_MS);
}
