// SPDX-License-Identifier: MIT
/* unit.c - runs suites of check, with all tests in this process */
#include "unit.h"

/* The limit of one test; meson's limit is for the whole file */
#define TEST_SECONDS 120

int unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	/* one process per program, so that sanitizers and valgrind see everything */
	if (getenv("CK_FORK") == NULL)
		srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

void unit_add(TCase *tcase, const TTest *const *tests, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
}

void unit_add_cases(Suite *suite, SFun set_up, SFun tear_down, const TTest *const *tests,
		    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		TCase *tcase = tcase_create(tests[i]->name);

		tcase_set_timeout(tcase, TEST_SECONDS);
		tcase_add_checked_fixture(tcase, set_up, tear_down);
		tcase_add_test(tcase, tests[i]);
		suite_add_tcase(suite, tcase);
	}
}
