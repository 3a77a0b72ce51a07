/* SPDX-License-Identifier: MIT */
/* fake_clock.h - a clock that stands still until a test moves it; any thread may read it */
#ifndef CBX_TESTS_FAKE_CLOCK_H
#define CBX_TESTS_FAKE_CLOCK_H

#include "port/clock.h"

struct fake_clock {
	struct cbx_clock clock;
	_Atomic uint64_t now; /* ns */
	_Atomic int64_t wall; /* ms */
};

/* 1000 s after the machine's start, at 2026-11-23T18:00:00.000Z */
#define FAKE_CLOCK_NOW (1000 * CBX_SECOND)
#define FAKE_CLOCK_WALL 1795456800000LL

void fake_clock_init(struct fake_clock *fake);
/* Moves both clocks forward */
void fake_clock_pass(struct fake_clock *fake, uint64_t ns);

#endif
