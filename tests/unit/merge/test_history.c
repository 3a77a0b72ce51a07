// SPDX-License-Identifier: MIT
/* What a change says of itself for job_history (contract 5.2): who said so, and why */
#include "merge_script.h"
#include "unit.h"

static const struct merge_case cases[] = {
	/* who said so; progress alone is no change, even where it is written */
	MERGE_CASE({ "~list@10 17 Running 1%", "17 Running r1 answer/-" },
		   { "~status@20 17: 17 Paused", "17 Paused r2 answer/-" },
		   { "~push@30 17 Running 2%", "17 Running r3 push/-" },
		   { "~list@5440 17 Running 3%", "17 Running r3 -/-" },
		   { "~push@5441 17 Completed", "17 Completed r4 push/-" }),
	/* an error's code, or that it has none */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "row 18 Running r1", NULL },
		   { "~push@10 17 Errored c=disk_full; 18 Failed",
		     "17 Errored r2 push/disk_full\n18 Failed r2 push/errored" }),
	/* vanished, whatever became of it, and an end that corrects it */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "row 18 Running r1", NULL },
		   { "~list@10 17 Running 100%", NULL },
		   { "~list@20 ", "18 Killed r2 inferred/vanished" },
		   { "~list@30 ", "17 Completed r2 inferred/vanished" },
		   { "~push@40 17 Errored c=late", "17 Errored r3 push/late" }),
	/* offline for too long */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "~silence@90 80", "17 Errored r2 inferred/system_offline" }),
	/* it lives again: after an end in completed_jobs, after an error that waits for clean-up */
	MERGE_CASE({ "past 17 Completed r2", NULL },
		   { "~list@10 17 Running", "17 Running r3 answer/returned" }),
	MERGE_CASE({ "row 17 Errored r2 user", NULL },
		   { "~list@10 17 Running", "17 Running r3 answer/returned" }),
	/* an inferred end that another end corrects did not return */
	MERGE_CASE({ "past 17 Killed r2 inferred", NULL },
		   { "~push@10 17 Completed", "17 Completed r3 push/-" }),
};

START_TEST(change)
{
	merge_script_run(cases[_i].steps, cases[_i].count);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *changes = tcase_create("history");

	tcase_add_loop_test(changes, change, 0, (int)CBX_COUNT(cases));
	suite_add_tcase(suite, changes);
}
