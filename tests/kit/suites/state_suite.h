/* SPDX-License-Identifier: MIT */
/*
 * state_suite.h - what every state adapter must do: one suite, run over memory and over Redis
 *
 * It acts through the port. What the port only writes (active_systems, the stream, jobs_data) it
 * sees through the world's own eyes.
 */
#ifndef CBX_TESTS_STATE_SUITE_H
#define CBX_TESTS_STATE_SUITE_H

#include "port/state.h"

#include <check.h>

struct state_event {
	char name[64];
	char id[64];
	char params[64];
	char previous_status[64];
	bool has_previous_status;
};

struct state_world {
	const char *name;
	struct cbx_state *(*open)(void); /* a new one, not connected */
	void (*flush)(void);             /* everything is forgotten */
	void (*lose)(void);              /* every connection is lost */
	void (*back)(void);              /* and can be had again */
	bool (*score)(const char *system, int64_t *ms);
	void (*jobs_data)(char *out, size_t size);
	void (*set_interval)(const char *text);
	size_t (*count_events)(void);
	/* The @index-th oldest that is still there */
	void (*event)(size_t index, struct state_event *out);
};

/* Adds the conformance tests over @world, which must outlive the run */
void state_suite_add(Suite *suite, const struct state_world *world);

#endif
