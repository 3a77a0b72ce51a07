/* SPDX-License-Identifier: MIT */
/*
 * alloc_faults.h - allocations that fail when a test wants them to
 *
 * The linker's --wrap puts this between the program's own objects (the core among them) and libc's
 * malloc, calloc, realloc, reallocarray, strdup, strndup, asprintf, vasprintf and free; jansson is
 * given the same functions. Shared libraries keep their own. Only the thread that arms it sees
 * failures, and its memory is followed only between begin and end.
 *
 * A sweep runs one operation again and again, with its first allocation failing, its second, ...
 * until it runs without a failure; once with that allocation alone failing, once with all that
 * follow. Each time a failure must be -ENOMEM, with nothing changed and nothing leaked, and the
 * operation must succeed when it is tried again; a success must be complete.
 */
#ifndef CBX_TESTS_ALLOC_FAULTS_H
#define CBX_TESTS_ALLOC_FAULTS_H

#include "common/cleanup.h"
#include "unit.h"

#include <stdbool.h>
#include <stddef.h>

/* The @nth allocation of this thread from now on fails, with @persistent all later ones too */
void alloc_faults_arm(unsigned long nth, bool persistent);
/* Ends the failures; returns how many allocations failed */
unsigned long alloc_faults_disarm(void);
/* Between these two no allocation fails, for code around the tested one; they do not nest */
void alloc_faults_pause(void);
void alloc_faults_resume(void);

/* From now on allocations of this thread are followed */
void alloc_faults_begin(void);
/* How many of them were not freed */
size_t alloc_faults_end(void);

struct alloc_case {
	const char *name;
	void *(*set_up)(void); /* must not fail; NULL = there is no fixture */
	int (*run)(void *fixture);
	void (*unchanged)(void *fixture); /* asserts that a failed run left no trace; may be NULL */
	void (*done)(void *fixture);      /* asserts what a successful run has done; may be NULL */
	void (*tear_down)(void *fixture);
	bool (*accepts)(int error); /* failures besides -ENOMEM that are documented; may be NULL */
};

/* How many allocations the operation makes */
unsigned long alloc_faults_sweep(const struct alloc_case *operation);

/* A test file whose one test is a sweep of each of @cases */
#define ALLOC_SWEEPS(test, cases)                                           \
	START_TEST(test)                                                    \
	{                                                                   \
		ck_assert_uint_gt(alloc_faults_sweep(&(cases)[_i]), 0);     \
	}                                                                   \
	END_TEST                                                            \
                                                                            \
	UNIT_SUITE(suite)                                                   \
	{                                                                   \
		TCase *tcase = tcase_create(#test);                         \
                                                                            \
		tcase_add_loop_test(tcase, test, 0, (int)CBX_COUNT(cases)); \
		suite_add_tcase(suite, tcase);                              \
	}

#endif
