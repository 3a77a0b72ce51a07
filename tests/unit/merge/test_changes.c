// SPDX-License-Identifier: MIT
/* The events about a system (contract 3.3): `status` of its groups, `user_job_errors`; and origins.
 */
#include "merge_script.h"
#include "unit.h"

#define STATUS(paused, more) "\n! status {\"system_id\":\"ABC1\",\"paused\":" paused more "}"
#define MUSIC ",\"job_type\":\"Music\""
#define TURN(id, revision, to, from)                                                               \
	id " " to " r" revision " monitor was=" from "\n! ABC1/" id "/" revision " was=" from " o" \
	   "cd"

static const struct merge_case cases[] = {
	/* paused when it has a live job and all its live ones are paused */
	MERGE_CASE({ "row 17 Running r1 t=Music", NULL }),
	MERGE_CASE({ "row 17 Running t=Music r1", NULL }, { "row 18 Running t=Music r1", NULL },
		   { "push@10 17 Paused t=Music", TURN("17", "2", "Paused", "Running") },
		   { "push@11 18 Paused t=Music",
		     TURN("18", "2", "Paused", "Running") STATUS("true", MUSIC) },
		   { "push@12 17 Queued t=Music",
		     TURN("17", "3", "Queued", "Paused") STATUS("false", MUSIC) },
		   { "push@13 18 Running t=Music", TURN("18", "3", "Running", "Paused") }),
	/* a group first seen unpaused tells nothing, one first seen paused does */
	MERGE_CASE({ "list@10 17 Running t=Music", "17 Running r1 monitor\n! ABC1/17/1 user" },
		   { "list@20 17 Running t=Music; 18 Paused t=Film",
		     "18 Paused r1 monitor\n! ABC1/18/1 user" STATUS("true",
								     ",\"job_type\":\"Film\"") }),
	/* absent job_type is a group of its own */
	MERGE_CASE({ "row 17 Paused t=Music r1", NULL }, { "row 18 Running r1", NULL },
		   { "push@10 18 Paused", TURN("18", "2", "Paused", "Running") STATUS("true", "") },
		   { "push@11 17 Running t=Music",
		     TURN("17", "2", "Running", "Paused") STATUS("false", MUSIC) }),
	/* jobs that nobody has heard of, or that have ended, are in no group */
	MERGE_CASE({ "row 17 Running t=Music r1", NULL }, { "row 18 Running t=Music r0", NULL },
		   { "row 19 Errored t=Music r2", NULL },
		   { "push@10 17 Paused t=Music",
		     TURN("17", "2", "Paused", "Running") STATUS("true", MUSIC) }),
	/* the one that ran ends: those that are left are all paused; the last one ends: not paused
	 */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "row 18 Paused r1", NULL },
		   { "push@10 17 Completed", "17 Completed r2 completed was=Running\n"
					     "! ABC1/17/2 was=Running ocd" STATUS("true", "") },
		   { "push@11 18 Killed", "18 Killed r2 completed was=Paused\n"
					  "! ABC1/18/2 was=Paused ocd" STATUS("false", "") }),
	/* a vanished one counts as well */
	MERGE_CASE({ "row 17 Running 100% r1", NULL }, { "row 18 Paused r1", NULL },
		   { "list@10 18 Paused", NULL },
		   { "list@20 18 Paused", "17 Completed r2 completed was=Running\n"
					  "! ABC1/17/2 was=Running ocd" STATUS("true", "") }),
	/* the end of a paused group comes back: paused again */
	MERGE_CASE({ "row 17 Paused r1", NULL },
		   { "list@10 17 Killed", "17 Killed r2 completed was=Paused\n"
					  "! ABC1/17/2 was=Paused ocd" STATUS("false", "") },
		   { "list@20 17 Paused", "17 Paused r3 monitor was=Killed returned\n"
					  "! ABC1/17/3 was=Killed ocd" STATUS("true", "") }),
	/* a job that moves to another group takes its pause along, also without a change of text */
	MERGE_CASE(
		{ "row 17 Paused t=Music r1", NULL },
		{ "push@10 17 Paused t=Film",
		  "17 Paused r1 progress\n! status {\"system_id\":\"ABC1\",\"paused\":false" MUSIC
		  "}" STATUS("true", ",\"job_type\":\"Film\"") }),
	/* the first report of a row counts for the group that it names */
	MERGE_CASE({ "row 17 Started t=Film r0", NULL },
		   { "list@10 17 Paused t=Music", "17 Paused r1 monitor\n"
						  "! ABC1/17/1 ocd" STATUS("true", MUSIC) }),
	/* errors of users, one event a system, in the order of the report; OCD's are its own affair
	 */
	MERGE_CASE({ "row 17 Running t=Music r1 user", NULL }, { "row 18 Running r1 user", NULL },
		   { "row 19 Running r1", NULL },
		   { "list@10 18 Errored c=b m=x\"y; 19 Errored; 17 Failed t=Music c=a",
		     "18 Errored r2 monitor was=Running error=b:x\"y\n"
		     "19 Errored r2 monitor was=Running error=errored:Errored\n"
		     "17 Failed r2 monitor was=Running error=a:Failed\n"
		     "! ABC1/18/2 was=Running user\n! ABC1/19/2 was=Running ocd\n"
		     "! ABC1/17/2 was=Running user\n! user_job_errors ["
		     "{\"system\":\"ABC1\",\"job_id\":18,\"code\":\"b\",\"message\":\"x\\\"y\","
		     "\"time\":\"2026-11-23T18:00:10.000Z\"},"
		     "{\"system\":\"ABC1\",\"job_id\":17,\"job_type\":\"Music\",\"code\":\"a\","
		     "\"message\":\"Failed\",\"time\":\"2026-11-23T18:00:10.000Z\"}]" },
		   { "list@20 17 Failed t=Music c=a; 18 Errored c=b", NULL }),
	/* a killed or vanished job is no error of a user */
	MERGE_CASE({ "row 17 Running r1 user", NULL }, { "row 18 Running r1 user", NULL },
		   { "list@10 17 Killed", "17 Killed r2 completed was=Running\n"
					  "! ABC1/17/2 was=Running user" },
		   { "list@20 ", "18 Killed r2 completed was=Running error=vanished:the system no "
				 "longer knows the job\n! ABC1/18/2 was=Running user" }),
	/* origin: ocd by its row, or by scheduled_jobs; else user */
	MERGE_CASE({ "past 17 ocd", NULL },
		   { "list@10 17 Running; 18 Running",
		     "17 Running r1 monitor\n18 Running r1 monitor\n! ABC1/17/1 ocd\n"
		     "! ABC1/18/1 user" }),
	/* it may turn to ocd while it is ended, and never turns back */
	MERGE_CASE({ "row 17 Errored r2 user", NULL }, { "past 17 ocd", NULL },
		   { "list@10 17 Running", "17 Running r3 monitor was=Errored\n"
					   "! ABC1/17/3 was=Errored ocd" }),
	MERGE_CASE({ "past 17 Completed r2 user", NULL }, { "row 17 Errored r2", NULL },
		   { "list@10 17 Running", "17 Running r3 monitor was=Errored\n"
					   "! ABC1/17/3 was=Errored ocd" }),
	MERGE_CASE({ "past 17 Completed r2", NULL },
		   { "list@10 17 Running", "17 Running r3 monitor was=Completed returned\n"
					   "! ABC1/17/3 was=Completed ocd" }),
};

START_TEST(event)
{
	merge_script_run(cases[_i].steps, cases[_i].count);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *events = tcase_create("events");

	tcase_add_loop_test(events, event, 0, (int)CBX_COUNT(cases));
	suite_add_tcase(suite, events);
}
