/* SPDX-License-Identifier: MIT */
/*
 * alloc_faults.h - memory that runs out when a test says so
 *
 * The linker's --wrap puts this between the program's own objects (the core among them) and libc's
 * malloc, calloc, realloc, reallocarray, strdup, strndup, asprintf, vasprintf and free; jansson is
 * given the same functions. Libraries that are linked shared keep their own. Only the thread that
 * arms it meets failures, and only between begin and end is its memory followed.
 *
 * A sweep runs one operation again and again, with its first allocation failing, its second, ...
 * until it runs without meeting a failure; once with that allocation alone failing, once with all
 * that follow. Each time a failure must be -ENOMEM, with nothing changed and nothing leaked, and
 * the operation must succeed when it is tried again; a success must be a whole one.
 */
#ifndef CBX_TESTS_ALLOC_FAULTS_H
#define CBX_TESTS_ALLOC_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* The @nth allocation of this thread from now on fails, with @persistent all later ones too */
void alloc_faults_arm(unsigned long nth, bool persistent);
/* Memory is there again; how many allocations failed */
unsigned long alloc_faults_disarm(void);
/* Between these the world around the tested code has memory; they do not nest */
void alloc_faults_pause(void);
void alloc_faults_resume(void);

/* From now on this thread's allocations are followed */
void alloc_faults_begin(void);
/* How many of them were not given back */
size_t alloc_faults_end(void);

struct alloc_case {
	const char *name;
	void *(*set_up)(void); /* never fails; NULL = there is no fixture */
	int (*run)(void *fixture);
	void (*unchanged)(void *fixture); /* asserts that a failed run left no trace; may be NULL */
	void (*done)(void *fixture);      /* asserts what a run has done; may be NULL */
	void (*tear_down)(void *fixture);
	bool (*accepts)(int error); /* failures besides -ENOMEM that are documented; may be NULL */
};

/* How many allocations the operation makes */
unsigned long alloc_faults_sweep(const struct alloc_case *operation);

#endif
