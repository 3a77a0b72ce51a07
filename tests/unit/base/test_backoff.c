// SPDX-License-Identifier: MIT
/* The waits between tries: they double from 0.2 s to 10 s, with jitter, and begin anew. */
#include "base/backoff.h"
#include "unit.h"

#define MS 1000000ULL

/* The longest wait of each try */
static const uint64_t most[] = { 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000 };

START_TEST(it_doubles_to_ten_seconds)
{
	struct cbx_backoff backoff = { .random = (uint64_t)_i };
	size_t i;

	for (i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		uint64_t wait = cbx_backoff_next(&backoff);

		ck_assert_uint_le(wait, most[i] * MS);
		ck_assert_uint_ge(wait, most[i] * MS / 2);
	}
	cbx_backoff_reset(&backoff);
	ck_assert_uint_le(cbx_backoff_next(&backoff), 200 * MS);
}
END_TEST

START_TEST(many_tries_do_not_overflow)
{
	struct cbx_backoff backoff = { .tries = 4000000000U };

	ck_assert_uint_le(cbx_backoff_next(&backoff), 10000 * MS);
}
END_TEST

/* Two that lost the same server do not come back in step */
START_TEST(waits_differ)
{
	struct cbx_backoff one = { .tries = 6, .random = 1 };
	struct cbx_backoff two = { .tries = 6, .random = 1 };
	unsigned same = 0;
	unsigned n;

	for (n = 0; n < 100; n++)
		same += cbx_backoff_next(&one) == cbx_backoff_next(&two);
	ck_assert_uint_lt(same, 2);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("backoff");

	tcase_add_loop_test(tcase, it_doubles_to_ten_seconds, 0, 50);
	tcase_add_test(tcase, many_tries_do_not_overflow);
	tcase_add_test(tcase, waits_differ);
	suite_add_tcase(suite, tcase);
}
