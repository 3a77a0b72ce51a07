/* SPDX-License-Identifier: MIT */
/*
 * unit.h - the frame of a test file on check
 *
 *	UNIT_TESTS(test_one, test_two)
 *	UNIT_TESTS_WITH(set_up, tear_down, test_one, test_two)
 *
 * and for what is driven by a table, or has several cases:
 *
 *	UNIT_SUITE(suite)
 *	{
 *		TCase *tcase = tcase_create("ends");
 *
 *		tcase_add_loop_test(tcase, end, 0, (int)CBX_COUNT(cases));
 *		suite_add_tcase(suite, tcase);
 *	}
 *
 * The files of a room are one program (its main() is in unit_main.c), and each of them a suite of
 * it, called by the file: test_ends.c is `unit-merge ends`. A program that has something to do
 * before or after its tests has a main() of its own, which calls unit_run().
 */
#ifndef CBX_TESTS_UNIT_H
#define CBX_TESTS_UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

struct unit_file {
	const char *path;
	void (*fill)(Suite *suite);
	struct unit_file *next;
};

/* Before main(): @file is one more of the program */
void unit_add_file(struct unit_file *file);

/* Runs @suite; the program's exit code */
int unit_run(Suite *suite);

void unit_add(TCase *tcase, const TTest *const *tests, size_t count);
/* Each test as a case of its own name, with @set_up and @tear_down (or NULL) around it */
void unit_add_cases(Suite *suite, SFun set_up, SFun tear_down, const TTest *const *tests,
		    size_t count);

#define UNIT_SUITE(suite)                                                            \
	static void unit_fill(Suite *suite);                                         \
	static struct unit_file unit_file = { .path = __FILE__, .fill = unit_fill }; \
	static void __attribute__((constructor)) unit_know(void)                     \
	{                                                                            \
		unit_add_file(&unit_file);                                           \
	}                                                                            \
	static void unit_fill(Suite *suite)

#define UNIT_TESTS_WITH(set_up, tear_down, ...)                                                    \
	UNIT_SUITE(suite)                                                                          \
	{                                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                                      \
                                                                                                   \
		unit_add_cases(suite, set_up, tear_down, tests, sizeof(tests) / sizeof(tests[0])); \
	}

#define UNIT_TESTS(...) UNIT_TESTS_WITH(NULL, NULL, __VA_ARGS__)

#endif
