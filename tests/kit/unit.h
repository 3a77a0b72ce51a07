/* SPDX-License-Identifier: MIT */
/*
 * unit.h - the frame of a test program on check
 *
 *	UNIT_MAIN("name", test_one, test_two)
 *	UNIT_MAIN_FIXTURE("name", set_up, tear_down, test_one, test_two)
 *
 * For table-driven tests use UNIT_SUITE and tcase_add_loop_test by hand.
 */
#ifndef CBX_TESTS_UNIT_H
#define CBX_TESTS_UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

/* Runs @suite; the program's exit code */
static inline int unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	/* one process a program: sanitizers see everything, and valgrind too */
	if (getenv("CK_FORK") == NULL)
		srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline void unit_add(TCase *tcase, const TTest *const *tests, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
}

#define UNIT_MAIN(name, ...) UNIT_MAIN_FIXTURE(name, NULL, NULL, __VA_ARGS__)

/* @set_up and @tear_down run around each test */
#define UNIT_MAIN_FIXTURE(name, set_up, tear_down, ...)                   \
	int main(void)                                                    \
	{                                                                 \
		const TTest *const tests[] = { __VA_ARGS__ };             \
		Suite *suite = suite_create(name);                        \
		TCase *tcase = tcase_create(name);                        \
                                                                          \
		tcase_set_timeout(tcase, 120);                            \
		tcase_add_checked_fixture(tcase, set_up, tear_down);      \
		unit_add(tcase, tests, sizeof(tests) / sizeof(tests[0])); \
		suite_add_tcase(suite, tcase);                            \
		return unit_run(suite);                                   \
	}

#endif
