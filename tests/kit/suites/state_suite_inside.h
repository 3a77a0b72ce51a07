/* SPDX-License-Identifier: MIT */
/* state_suite_inside.h - what the files of the state suite share */
#ifndef CBX_TESTS_STATE_SUITE_INSIDE_H
#define CBX_TESTS_STATE_SUITE_INSIDE_H

#include "common/cleanup.h"
#include "state_rows.h"
#include "state_suite.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define FIELD(name, value) ((struct cbx_field){ name, value, sizeof(value) - 1 })
#define GONE(name) ((struct cbx_field){ name, NULL, 0 })

/* The world under test, and a connection to it: connected and empty when a test begins */
extern const struct state_world *world;
extern struct cbx_state *state;

uint64_t in_2_s(void);
/* Writes one system, with the score 5; true = applied */
bool put(uint64_t number, bool whole, const char *system, const struct cbx_field *fields,
	 size_t count);
/* Each reads, and compares with state_rows_text() */
void expect_jobs(const char *system, const char *expected);
void expect_systems(const char *expected);
void expect_hash(enum cbx_state_hash hash, const char *expected);

void state_suite_add_jobs(TCase *tcase);
void state_suite_add_figures(TCase *tcase);
void state_suite_add_rest(TCase *tcase);
void state_suite_add_follow(TCase *tcase);
void state_suite_add_guard(TCase *tcase);

#endif
