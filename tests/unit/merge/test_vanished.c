// SPDX-License-Identifier: MIT
/* Ends that nobody reported (contract 1.8): which jobs are missing, since when, and how they end.
 */
#include "merge_script.h"
#include "status_texts.h"
#include "unit.h"

#define EVENT "\n! ABC1/17/2 was=Running ocd"
#define KILLED                                                                              \
	"17 Killed r2 completed was=Running error=vanished:the system no longer knows the " \
	"job" EVENT
#define KILLED_18                                                                           \
	"18 Killed r2 completed was=Running error=vanished:the system no longer knows the " \
	"job\n! ABC1/18/2 was=Running ocd"
#define COMPLETED "17 Completed r2 completed was=Running" EVENT
#define OFFLINE \
	" error=system_offline:the system is offline and the job was not reported for too long"

static const struct merge_case cases[] = {
	/* missing from two successive answers that should have held it */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@10 ", NULL }, { "list@20 ", KILLED },
		   { "list@30 ", NULL }, { "show", "17 Killed r2 ended killed ocd" }),
	MERGE_CASE({ "row 17 Running r1", NULL }, { "status@10 17: ", NULL },
		   { "status@20 16,17,18: ", KILLED }),
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@10 ", NULL },
		   { "status@20 17: ", KILLED }),
	/* an answer to job_status that did not name it says nothing of it */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "row 18 Running r1", NULL },
		   { "status@10 18: 18 Running", NULL }, { "status@20 18: 18 Running", NULL },
		   { "status@30 16,18,20: 18 Running", NULL }, { "status@40 : ", NULL },
		   { "list@50 18 Running", NULL }, { "status@60 18: 18 Running", NULL },
		   { "list@70 18 Running", KILLED }),
	/* nor does a push */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "push@10 18 Errored c=x",
		     "18 Errored r1 monitor error=x:Errored\n! ABC1/18/1 user\n"
		     "! user_job_errors [{\"system\":\"ABC1\",\"job_id\":18,\"code\":\"x\","
		     "\"message\":\"Errored\",\"time\":\"2026-11-23T18:00:10.000Z\"}]" },
		   { "push@20 ", NULL }, { "push@30 ", NULL }),
	/* a report in between restarts the count: equal, progress, or another text */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@1 ", NULL },
		   { "list@2 17 Running", NULL }, { "list@3 ", NULL },
		   { "push@4 17 Running", NULL }, { "list@5 ", NULL },
		   { "list@6 17 Running 5%", NULL }, { "list@7 ", NULL }, { "list@8 ", KILLED }),
	/* pushed meanwhile: an answer asked before that does not miss it */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@10 ", NULL },
		   { "push@25 17 Running", NULL }, { "list@20 ", NULL }, { "list@24 ", NULL },
		   { "list@30 ", NULL }, { "list@40 ", KILLED }),
	/* its status was rejected: it is there, and the count begins anew */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "row 18 Running r1", NULL },
		   { "list@10 ", NULL }, { "list@20 | 17 19", KILLED_18 }, { "list@30 ", NULL },
		   { "status@40 17: | 17", NULL }, { "list@50 ", NULL }, { "list@60 ", KILLED }),
	/* a status whose job_id can't be read may be the job: not in two answers, before or after
	 */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@10 | ?", NULL }, { "list@20 | ?", NULL },
		   { "list@30 ", NULL }, { "status@40 17: | ?", NULL }, { "list@50 ", NULL },
		   { "list@60 ", KILLED }),
	/* such a status in each answer: at the tenth that leaves the job out, or in every second */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@1 | ?", NULL }, { "list@2 | ?", NULL },
		   { "list@3 | ?", NULL }, { "list@4 | ?", NULL }, { "list@5 | ?", NULL },
		   { "list@6 | 9 ?", NULL }, { "list@7 | ?", NULL }, { "list@8 | ?", NULL },
		   { "list@9 | ?", NULL }, { "list@10 | ?", KILLED }, { "list@11 | ?", NULL }),
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@1 ", NULL }, { "list@2 | ?", NULL },
		   { "list@3 ", NULL }, { "list@4 | ?", NULL }, { "list@5 ", NULL },
		   { "list@6 | ?", NULL }, { "list@7 ", NULL }, { "list@8 | ?", NULL },
		   { "list@9 ", NULL }, { "list@10 | ?", KILLED }),
	/* and a report in between, or its own rejected status, restarts that count, too */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@1 | ?", NULL }, { "list@2 | ?", NULL },
		   { "list@3 | ?", NULL }, { "list@4 | ?", NULL }, { "list@5 | 17 ?", NULL },
		   { "list@6 | ?", NULL }, { "list@7 | ?", NULL }, { "list@8 | ?", NULL },
		   { "list@9 | ?", NULL }, { "list@10 | ?", NULL }, { "list@11 | ?", NULL },
		   { "push@12 17 Running", NULL }, { "list@13 | ?", NULL }, { "list@14 ", NULL },
		   { "list@15 ", KILLED }),
	/* one answer that is merged twice, or one asked before it, is no other answer */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@10 ", NULL }, { "list@10 ", NULL },
		   { "list@9 ", NULL }, { "list@20 ", KILLED }),
	/* percent 100, or everything downloaded: it has completed */
	MERGE_CASE({ "row 17 Running 100% r1", NULL }, { "list@10 ", NULL },
		   { "list@20 ", COMPLETED }),
	MERGE_CASE({ "row 17 Running 10/10 r1", NULL }, { "list@10 ", NULL },
		   { "list@20 ", COMPLETED }),
	MERGE_CASE({ "row 17 Running 99.9% 9/10 r1", NULL }, { "list@10 ", NULL },
		   { "list@20 ", KILLED }),
	MERGE_CASE({ "row 17 Running 0/0 r1", NULL }, { "list@10 ", NULL }, { "list@20 ", KILLED }),
	/* only live jobs vanish */
	MERGE_CASE({ "row 17 Errored r2", NULL }, { "row 18 Running r0", NULL },
		   { "list@10 ", NULL }, { "list@20 ", NULL }, { "list@30 ", NULL }),
	/* each by itself, in one answer */
	MERGE_CASE({ "row 17 Running r1 user", NULL }, { "row 18 Paused 100% r5", NULL },
		   { "row 19 Running r1", NULL }, { "list@10 19 Running", NULL },
		   { "list@20 19 Running",
		     "17 Killed r2 completed was=Running error=vanished:the system no longer knows "
		     "the job\n18 Completed r6 completed was=Paused\n! ABC1/17/2 was=Running user\n"
		     "! ABC1/18/6 was=Paused ocd" }),
	/* not reported for too long: errored, and it stays; at the limit and beyond it, not before
	 */
	MERGE_CASE(
		{ "list@10 17 Running; 18 Running",
		  "17 Running r1 monitor\n18 Running r1 monitor\n! ABC1/17/1 user\n"
		  "! ABC1/18/1 user" },
		{ "push@20 18 Running", NULL }, { "silence@30 9", NULL },
		{ "silence@31 10",
		  "17 Errored r2 monitor was=Running" OFFLINE "\n! ABC1/17/2 was=Running user\n"
		  "! user_job_errors [{\"system\":\"ABC1\",\"job_id\":17,"
		  "\"code\":\"system_offline\",\"message\":\"the system is offline and the "
		  "job was not reported for too long\",\"time\":\"2026-11-23T18:00:31.000Z\"}]" },
		{ "silence@32 10", NULL },
		{ "show", "17 Errored r2 ended errored user\n18 Running r1 live running user" }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "silence@90 80", "17 Errored r2 monitor was=Running" OFFLINE EVENT },
		   { "list@95 17 Running", "17 Running r3 monitor was=Errored\n"
					   "! ABC1/17/3 was=Errored ocd" }),
};

START_TEST(end)
{
	merge_script_run(cases[_i].steps, cases[_i].count);
}
END_TEST

START_TEST(expired_is_a_live_job_without_a_report_since)
{
	static const struct {
		enum cbx_phase phase;
		int64_t applied_db_ms;
		bool expired;
	} rows[] = {
		{ CBX_LIVE, 1000, true },   { CBX_LIVE, 2000, true },
		{ CBX_LIVE, 2001, false },  { CBX_UNREPORTED, 1000, false },
		{ CBX_ENDED, 1000, false },
	};
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = status_of("ABC1", "17 Running");
	struct cbx_job_list *list = NULL;
	struct cbx_job *job = NULL;

	ck_assert_int_eq(cbx_job_new(status, &job), 0);
	ck_assert_int_eq(cbx_job_list_new(&job, 1, &list), 0);
	job->phase = rows[_i].phase;
	job->applied_db_ms = rows[_i].applied_db_ms;
	ck_assert_int_eq(cbx_merge_has_expired(list, 2000), rows[_i].expired);
	cbx_job_list_unref(list);
	cbx_job_unref(job);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *ends = tcase_create("ends");

	tcase_add_loop_test(ends, end, 0, (int)CBX_COUNT(cases));
	tcase_add_loop_test(ends, expired_is_a_live_job_without_a_report_since, 0, 5);
	suite_add_tcase(suite, ends);
}
