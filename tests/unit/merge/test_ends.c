// SPDX-License-Identifier: MIT
/* Ends (contract 1.7): reported, reported again, never seen, returned, corrected. */
#include "merge_script.h"
#include "unit.h"

#define TOLD(status, table) "17 " status " r2 " table " was=Running\n! ABC1/17/2 was=Running ocd"
#define VANISHED " error=vanished:the system no longer knows the job"

static const struct merge_case cases[] = {
	/* completed and killed jobs move to completed_jobs, by any of their names */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Completed", TOLD("Completed", "completed") },
		   { "show", "17 Completed r2 ended completed ocd" }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "push@10 17 finished", TOLD("finished", "completed") }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Killed", TOLD("Killed", "completed") }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Cancelled", TOLD("Cancelled", "completed") }),
	/* errored ones stay, with a row in errors: code and message, or what stands for them */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Errored c=disk_full m=no_room_left",
		     "17 Errored r2 monitor was=Running error=disk_full:no room left\n"
		     "! ABC1/17/2 was=Running ocd" },
		   { "show", "17 Errored r2 ended errored ocd" }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Failed", "17 Failed r2 monitor was=Running error=errored:Failed\n"
					  "! ABC1/17/2 was=Running ocd" }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Error m=why", "17 Error r2 monitor was=Running error=errored:why\n"
					       "! ABC1/17/2 was=Running ocd" }),
	/* an end reported again changes nothing: in the list, after it was forgotten, or another
	 * text */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Completed", TOLD("Completed", "completed") },
		   { "list@20 17 Completed", NULL }, { "push@21 17 Completed 100%", NULL }),
	MERGE_CASE({ "past 17 Completed r4", NULL }, { "list@20 17 Completed", NULL },
		   { "push@21 17 Completed", NULL }, { "show", NULL }),
	MERGE_CASE({ "row 17 Errored r4", NULL }, { "list@20 17 Errored c=x", NULL },
		   { "show", "17 Errored r4 ended errored ocd" }),
	/* never seen and already ended: recorded once, as ended, revision 1, one event */
	MERGE_CASE({ "list@10 17 Completed 100%", "17 Completed r1 completed\n! ABC1/17/1 user" },
		   { "list@20 17 Completed 100%", NULL }, { "push@30 17 Completed", NULL }),
	MERGE_CASE({ "push@10 17 Killed", "17 Killed r1 completed\n! ABC1/17/1 user" }),
	MERGE_CASE({ "past 17 ocd", NULL },
		   { "push@10 17 Errored c=x", "17 Errored r1 monitor error=x:Errored\n"
					       "! ABC1/17/1 ocd" },
		   { "push@11 17 Errored c=x", NULL }),
	MERGE_CASE({ "row 17 Started r0", NULL },
		   { "list@10 17 Done", "17 Done r1 completed\n! ABC1/17/1 ocd" },
		   { "list@20 17 Done", NULL }),
	/* an answer asked after the end shows it live: back, and its completed row goes */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Completed", TOLD("Completed", "completed") },
		   { "list@20 17 Running", "17 Running r3 monitor was=Completed returned\n"
					   "! ABC1/17/3 was=Completed ocd" },
		   { "show", "17 Running r3 live running ocd" }),
	MERGE_CASE({ "past 17 Killed r4 user", NULL },
		   { "status@20 17: 17 Running",
		     "17 Running r5 monitor was=Killed returned\n! ABC1/17/5 was=Killed user" },
		   { "show", "17 Running r5 live running user" }),
	/* an errored one is still in status_monitor: no completed row to go */
	MERGE_CASE({ "row 17 Errored r4", NULL },
		   { "list@20 17 Running",
		     "17 Running r5 monitor was=Errored\n! ABC1/17/5 was=Errored ocd" }),
	/* unless it was moved there meanwhile: then its revision goes on from there */
	MERGE_CASE({ "past 17 Errored r4", NULL },
		   { "list@20 17 Running", "17 Running r5 monitor was=Errored returned\n"
					   "! ABC1/17/5 was=Errored ocd" }),
	/* a push that shows it live only makes us ask */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "list@10 17 Completed", TOLD("Completed", "completed") },
		   { "push@20 17 Running", "ask" },
		   { "show", "17 Completed r2 ended completed ocd" }),
	MERGE_CASE({ "past 17 Completed r4", NULL }, { "push@20 17 Running", "ask" },
		   { "show", NULL }),
	MERGE_CASE({ "row 17 Errored r4", NULL }, { "push@20 17 Paused", "ask" }),
	/* OCD starts a job again under its old number: the revision goes on */
	MERGE_CASE({ "past 17 Completed r4", NULL }, { "row 17 Started r0", NULL },
		   { "list@20 17 Running", "17 Running r5 monitor was=Completed returned\n"
					   "! ABC1/17/5 was=Completed ocd" }),
	/* an inferred end is corrected by a reported one: next revision, one event */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@10 ", NULL },
		   { "list@20 ", "17 Killed r2 completed was=Running" VANISHED "\n"
				 "! ABC1/17/2 was=Running ocd" },
		   { "list@30 17 Completed", "17 Completed r3 completed was=Killed\n"
					     "! ABC1/17/3 was=Killed ocd" },
		   { "list@40 17 Completed", NULL }, { "push@41 17 Killed", NULL }),
	/* by a push too, and after a restart; its completed row goes when it was an error */
	MERGE_CASE({ "past 17 Killed r4 inferred", NULL },
		   { "push@30 17 Completed", "17 Completed r5 completed was=Killed\n"
					     "! ABC1/17/5 was=Killed ocd" },
		   { "push@31 17 Completed", NULL }),
	MERGE_CASE({ "past 17 Killed r4 inferred", NULL },
		   { "list@30 17 Errored c=x",
		     "17 Errored r5 monitor was=Killed error=x:Errored returned\n"
		     "! ABC1/17/5 was=Killed ocd" }),
	/* the same end reported after it was inferred: nothing changes */
	MERGE_CASE({ "past 17 Killed r4 inferred", NULL }, { "list@30 17 Killed", NULL }),
	/* and an answer that shows it live brings it back */
	MERGE_CASE({ "past 17 Killed r4 inferred", NULL },
		   { "list@30 17 Running", "17 Running r5 monitor was=Killed returned\n"
					   "! ABC1/17/5 was=Killed ocd" }),
	/* long offline, then its end is reported after all */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "silence@90 80",
		     "17 Errored r2 monitor was=Running error=system_offline:the "
		     "system is offline and the job was not reported for too long\n"
		     "! ABC1/17/2 was=Running ocd" },
		   { "push@95 17 Running", "ask" },
		   { "list@99 17 Completed", "17 Completed r3 completed was=Errored\n"
					     "! ABC1/17/3 was=Errored ocd" }),
	/* a recent end is kept until no report can be late for it */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "row 18 Errored r1", NULL },
		   { "list@10 17 Completed", TOLD("Completed", "completed") }, { "list@90 ", NULL },
		   { "show",
		     "17 Completed r2 ended completed ocd\n18 Errored r1 ended errored ocd" },
		   { "list@91 ", NULL }, { "show", "18 Errored r1 ended errored ocd" }),
};

START_TEST(end)
{
	merge_script_run(cases[_i].steps, cases[_i].count);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *ends = tcase_create("ends");

	tcase_add_loop_test(ends, end, 0, (int)CBX_COUNT(cases));
	suite_add_tcase(suite, ends);
}
