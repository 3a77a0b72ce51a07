/* SPDX-License-Identifier: MIT */
/*
 * demo.h - a fleet behind an embedded engine, in a thread of its own
 *
 * For --demo and tests. It knows the engine by its public calls alone; what OCD would write into
 * SQL it writes into the engine's SQLite file, when it is told where that is.
 */
#ifndef CBX_FLEET_DEMO_H
#define CBX_FLEET_DEMO_H

#include <chatterbox/engine.h>

struct cbx_demo;

/* Texts are copied. @log is called in the fleet's thread. */
struct cbx_demo_options {
	unsigned systems; /* 1..100000 */
	uint64_t seed;    /* the same one plays the same fleet */
	/* With it OCD writes, and the fleet plays story.h; NULL: all jobs are users', and the rules
	 * those of cbx_fleet_rules_init() */
	const char *sqlite_path;
	const char *request_exchange;
	const char *event_exchange;
	chatterbox_log_fn log;
	void *log_user;
};

/*
 * @box: its chatterbox.bus is "memory"; started or not. It has to outlive the demo, and is stopped
 * first, so that its last round has somebody to ask.
 * Return: 0, -EINVAL (an option is out of range, or the bus another one), -ENOMEM, -errno.
 */
int cbx_demo_start(struct chatterbox *box, const struct cbx_demo_options *options,
		   struct cbx_demo **out);
void cbx_demo_stopp(struct cbx_demo **demo); /* leaves NULL */

#endif
