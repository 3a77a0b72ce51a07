// SPDX-License-Identifier: MIT
/* An array grows by doubling, keeps what it holds, and refuses what no memory can hold. */
#include "common/array.h"
#include "unit.h"

#include <errno.h>
#include <stdint.h>

START_TEST(it_keeps_what_it_holds)
{
	size_t capacity = 0;
	size_t last = 0;
	int *all = NULL;
	int steps = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		ck_assert_int_eq(cbx_grow(all, capacity, (size_t)i + 1), 0);
		ck_assert_uint_gt(capacity, (size_t)i);
		steps += capacity != last;
		last = capacity;
		all[i] = i;
	}
	ck_assert_int_eq(steps, 8); /* 8, 16, ... 1024 */
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(all[i], i);
	free(all);
}
END_TEST

START_TEST(it_takes_many_at_once)
{
	size_t capacity = 0;
	char *all = NULL;

	ck_assert_int_eq(cbx_grow(all, capacity, 257), 0);
	ck_assert_uint_eq(capacity, 512);
	ck_assert_int_eq(cbx_grow(all, capacity, 0), 0);
	ck_assert_uint_eq(capacity, 512);
	free(all);
}
END_TEST

START_TEST(it_refuses_what_overflows)
{
	static const size_t wanted[] = { SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 16, SIZE_MAX / 32 };
	size_t capacity = 0;
	double *all = NULL;

	ck_assert_int_eq(cbx_grow(all, capacity, wanted[_i]), -ENOMEM);
	ck_assert_ptr_null(all);
	ck_assert_uint_eq(capacity, 0);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("array");

	tcase_add_test(tcase, it_keeps_what_it_holds);
	tcase_add_test(tcase, it_takes_many_at_once);
	tcase_add_loop_test(tcase, it_refuses_what_overflows, 0, 4);
	suite_add_tcase(suite, tcase);
}
