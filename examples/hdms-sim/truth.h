/* SPDX-License-Identifier: MIT */
/*
 * truth.h - what really happened to the jobs, as lines of JSON
 *
 *	{"time":"2026-11-23T18:10:20.123Z","system":"NL-HDMS-000001","job_id":1,
 *	 "from":"Running","to":"Completed","origin":"user","job_type":"topup"}
 *
 * `from` null: the job is new; `to` null: it vanished. In the order in which it happened.
 */
#ifndef HDMS_SIM_TRUTH_H
#define HDMS_SIM_TRUTH_H

#include "fleet/world.h"

#include <stdio.h>

struct truth {
	FILE *file;
	int64_t began; /* wall clock at simulated time 0 */
	double factor;
	int64_t last; /* wall clock of the last flush */
};

int truth_open(struct truth *truth, const char *path, int64_t began, double factor); /* -errno */
struct cbx_fleet_watch truth_watch(struct truth *truth);
/* Flushes the lines, at most a few times a second; may be called often */
void truth_flush(struct truth *truth, int64_t wall);
int truth_close(
	struct truth *truth); /* -EIO when a line was lost; may be called on one that is not open */

#endif
