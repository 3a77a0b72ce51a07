// SPDX-License-Identifier: MIT
/* The clock of the tests stands until it is moved, and its two times are moved together. */
#include "fake_clock.h"
#include "unit.h"

START_TEST(it_stands_until_it_is_moved)
{
	struct fake_clock fake;

	fake_clock_init(&fake);
	ck_assert_uint_eq(cbx_now(&fake.clock), FAKE_CLOCK_NOW);
	ck_assert_uint_eq(cbx_now(&fake.clock), FAKE_CLOCK_NOW);
	ck_assert_int_eq(cbx_wall(&fake.clock), FAKE_CLOCK_WALL);
	fake_clock_pass(&fake, CBX_SECOND / 3);
	fake_clock_pass(&fake, CBX_SECOND / 3);
	fake_clock_pass(&fake, CBX_SECOND / 3 + 1);
	ck_assert_uint_eq(cbx_now(&fake.clock), FAKE_CLOCK_NOW + CBX_SECOND);
	ck_assert_int_eq(cbx_wall(&fake.clock), FAKE_CLOCK_WALL + 1000);
}
END_TEST

START_TEST(what_is_left_of_a_deadline)
{
	struct fake_clock fake;
	uint64_t deadline = FAKE_CLOCK_NOW + 1500 * CBX_MS + 1;

	fake_clock_init(&fake);
	ck_assert_int_eq(cbx_ms_left(&fake.clock, deadline, 10000), 1501);
	ck_assert_int_eq(cbx_ms_left(&fake.clock, deadline, 100), 100);
	fake_clock_pass(&fake, 2 * CBX_SECOND);
	ck_assert_int_eq(cbx_ms_left(&fake.clock, deadline, 100), 0);
}
END_TEST

UNIT_TESTS(it_stands_until_it_is_moved, what_is_left_of_a_deadline)
