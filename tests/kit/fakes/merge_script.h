/* SPDX-License-Identifier: MIT */
// clang-format off
/*
 * merge_script.h - tests of the merge as tables: what is reported of system ABC1, and what comes of it
 *
 * Inputs, times in seconds:
 *	row 17 Running r3 user		status_monitor as loaded (r0: unreported; ocd unless user)
 *	past 17 Completed r4 user inferred	a row of completed_jobs
 *	past 17 ocd			scheduled_jobs or status_monitor say so
 *	list@20 17 Running; 18 Paused	an answer to a job_list that was asked at 20
 *	status@20 17,18: 17 Running	an answer to a job_status about 17 and 18
 *	push@20 17 Running
 *	push@20-30 17 Running		one that waited: it came at some time from 20 to 30
 *	silence@90 60			nothing reported since 60, by the database's clock
 *	now 25				the next inputs are merged at 25; else when they were asked
 *	show				the list
 *
 * An input is merged into the list at once, as after a commit. With + in front of it the batch goes
 * on, and its output comes with the next one. An answer may end with statuses that were rejected:
 * `| 17 ?` is one of job 17, and one whose job_id can't be read.
 *
 * Outputs, one line each:
 *	17 Completed r2 completed was=Running error=code:message returned
 *	17 Running r1 progress
 *	! ABC1/17/2 was=Running ocd	update_job_status
 *	! status {...}			! user_job_errors [...]
 *	late 1				ask
 */
// clang-format on
#ifndef CBX_TESTS_MERGE_SCRIPT_H
#define CBX_TESTS_MERGE_SCRIPT_H

#include "merge/merge.h"

struct merge_step {
	const char *input;
	const char *output; /* NULL: nothing is expected of this input; lines by \n */
};

/* Plays the steps and compares; the rules may be changed between two plays, see script_rules */
void merge_script_run(const struct merge_step *steps, size_t count);
/* After a run: the counts of all its merges */
extern struct cbx_merge_counts merge_script_counts;

#define MERGE_CASE(...)                                                      \
	{                                                                    \
		(const struct merge_step[]){ __VA_ARGS__ },                  \
			sizeof((const struct merge_step[]){ __VA_ARGS__ }) / \
				sizeof(struct merge_step)                    \
	}

struct merge_case {
	const struct merge_step *steps;
	size_t count;
};

#endif
