// SPDX-License-Identifier: MIT
/* Answers that leave a job out while something in them can't be read (contract 1.8): what
 * is garbled protects the job that it may be about, and no other one. */
#include "road_world.h"

#include <stdio.h>
#include <string.h>

#define LIST "{\"verb\":{\"event\":\"job_list\"},\"object\":{\"jobs\":["
#define BAD_TEXT(system, id) "{\"system\":\"" system "\",\"job_id\":" id ",\"status\":5}"
#define BAD_ID(system) "{\"system\":\"" system "\",\"job_id\":\"x\",\"status\":\"Running\"}"
#define RUNS(id) "{\"system\":\"ABC1\",\"job_id\":" id ",\"status\":\"Running\"}"

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "17 Running", "ocd", 1);
	world_insert("ABC1", "18 Running", "ocd", 1);
	world_insert("XYZ", "17 Running", "ocd", 1);
	hdms_system(&world.hdms, "ABC1", "");
	hdms_system(&world.hdms, "XYZ", "17 Running");
	world_lead();
}

/* A discovery whose first question, of ABC1 alone or of both, is answered with this */
static void discover(const char *jobs)
{
	world_pass(1);
	snprintf(world.hdms.next, sizeof(world.hdms.next), LIST "%s]}}", jobs);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
}

static void expect_vanished(const char *jobs)
{
	world_expect("select coalesce(group_concat(job, ' '), '') from (select system || '/' || "
		     "job_id as job from completed_jobs order by job)",
		     jobs);
}

START_TEST(a_rejected_status_is_there_and_its_neighbours_vanish)
{
	int n;

	for (n = 0; n < 12; n++)
		discover(BAD_TEXT("ABC1", "17"));
	ck_assert_double_eq(world_count(world.counters.decode_rejects, "status", NULL), 12);
	expect_vanished("ABC1/18");
}
END_TEST

/* Garbled in two successive answers, with what stands before and after them */
/* Garbled in two successive answers, with what stands before and after them */
START_TEST(a_job_whose_status_is_rejected_lives)
{
	static const char *const rejected[] = { BAD_ID("ABC1"), BAD_TEXT("", "17"), "{}", "5" };
	char answer[256];

	snprintf(answer, sizeof(answer), RUNS("18") ",%s", rejected[_i]);
	discover(RUNS("18"));
	discover(answer);
	discover(answer);
	discover(RUNS("18"));
	expect_vanished("");
	discover(RUNS("18"));
	expect_vanished("ABC1/17");
}
END_TEST

START_TEST(a_stranger_keeps_nothing_alive_for_ever)
{
	int n;

	for (n = 0; n < 9; n++)
		discover(RUNS("18") "," BAD_ID("ABC1"));
	expect_vanished("");
	discover(RUNS("18") "," BAD_ID("ABC1"));
	expect_vanished("ABC1/17");
}
END_TEST

/* Two systems in one request: jobs 17 of neither are in the answer, but this is; who vanishes? */
static const struct {
	const char *rejected, *vanished;
} batches[] = {
	{ "", "ABC1/17 XYZ/17" },
	{ "," BAD_TEXT("ABC1", "17"), "XYZ/17" },
	{ "," BAD_TEXT("XYZ", "17"), "ABC1/17" },
	{ "," BAD_ID("ABC1"), "XYZ/17" },
	{ "," BAD_ID("XYZ"), "ABC1/17" },
	{ ",{\"job_id\":17}", "" },
	{ ",{\"job_id\":99}", "ABC1/17 XYZ/17" },
	{ ",{}", "" },
	{ "," BAD_ID("OTHER") "," BAD_TEXT("OTHER", "17"), "ABC1/17 XYZ/17" },
};

START_TEST(in_a_batch_it_protects_its_own_system_only)
{
	char answer[512];
	int n;

	world.settings->systems_per_request = 2;
	snprintf(answer, sizeof(answer),
		 RUNS("18") "%s],\"systems\":[\"ABC1\",\"XYZ\"],\"offline\":[",
		 batches[_i].rejected);
	for (n = 0; n < 3; n++)
		discover(answer);
	hdms_expect(&world.hdms, "job_list ABC1 XYZ\njob_list ABC1 XYZ\njob_list ABC1 XYZ\n");
	expect_vanished(batches[_i].vanished);
}
END_TEST

static void refuse_poison(void)
{
	world_run("create trigger no_insert before insert on status_monitor when new.status = "
		  "'Poison' begin select raise(abort, 'no'); end");
}

/* SQL refuses a neighbour in the batch, and what was heard is merged again: it is one answer */
START_TEST(an_answer_that_is_merged_again_counts_once)
{
	refuse_poison();
	hdms_system(&world.hdms, "XYZ", "17 Running; 19 Poison");
	discover(RUNS("18"));
	expect_vanished("");
	discover(RUNS("18"));
	expect_vanished("ABC1/17");
}
END_TEST

/* SQL refuses a part of it, when 18 is one answer away from its end: 18 stands in the other part */
START_TEST(a_part_of_an_answer_proves_no_absence)
{
	int n;

	refuse_poison();
	for (n = 0; n < 9; n++)
		discover(RUNS("17") "," BAD_ID("ABC1"));
	hdms_system(&world.hdms, "ABC1", "16 Running; 17 Running; 18 Paused; 19 Poison");
	world_pass(1);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	world_expect_jobs("ABC1/16 Running r1 live user\nABC1/17 Running r1 live ocd\n"
			  "ABC1/18 Paused r2 live ocd\nXYZ/17 Running r1 live ocd\n");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_rejected_status_is_there_and_its_neighbours_vanish,
		a_stranger_keeps_nothing_alive_for_ever,
		an_answer_that_is_merged_again_counts_once,
		a_part_of_an_answer_proves_no_absence,
	};
	TCase *tcase = tcase_create("absence");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_job_whose_status_is_rejected_lives, 0, 4);
	tcase_add_loop_test(tcase, in_a_batch_it_protects_its_own_system_only, 0,
			    (int)CBX_COUNT(batches));
	suite_add_tcase(suite, tcase);
}
