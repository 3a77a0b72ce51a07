// SPDX-License-Identifier: MIT
/* What one reported status changes (contract 1): the first one, another text, progress, nothing,
 * too late. */
#include "merge_script.h"
#include "status_texts.h"
#include "unit.h"

static const struct merge_case cases[] = {
	/* the first report of a job that nobody announced: revision 1, no previous status */
	MERGE_CASE({ "list@10 17 Running 42%", "17 Running r1 monitor\n! ABC1/17/1 user" },
		   { "show", "17 Running r1 live running user" }),
	MERGE_CASE({ "push@10 17 Paused", "17 Paused r1 monitor\n! ABC1/17/1 user\n"
					  "! status {\"system_id\":\"ABC1\",\"paused\":true}" }),
	/* any other text is live, neither running nor paused */
	MERGE_CASE({ "list@10 17 Queued", "17 Queued r1 monitor\n! ABC1/17/1 user" },
		   { "show", "17 Queued r1 live other user" }),
	/* a row that OCD inserted: revision 0 until it is reported, even with an equal text */
	MERGE_CASE({ "row 17 Running r0", NULL }, { "show", "17 Running r0 unheard running ocd" },
		   { "list@10 17 Running", "17 Running r1 monitor\n! ABC1/17/1 ocd" },
		   { "show", "17 Running r1 live running ocd" }),
	MERGE_CASE({ "row 17 Started r0", NULL },
		   { "status@10 17: 17 Running", "17 Running r1 monitor\n! ABC1/17/1 ocd" }),
	MERGE_CASE({ "row 17 Running r0", NULL },
		   { "push@10 17 Running", "17 Running r1 monitor\n! ABC1/17/1 ocd" }),
	/* revision 0 never vanishes, is not live, and silence says nothing of it */
	MERGE_CASE({ "row 17 Running r0", NULL }, { "list@10 ", NULL }, { "list@20 ", NULL },
		   { "status@30 17: ", NULL }, { "silence@90 80", NULL },
		   { "show", "17 Running r0 unheard running ocd" }),
	/* a change of the text: one more, with the previous status, origin kept */
	MERGE_CASE({ "row 17 Running r3", NULL },
		   { "list@10 17 Paused",
		     "17 Paused r4 monitor was=Running\n! ABC1/17/4 was=Running ocd\n"
		     "! status {\"system_id\":\"ABC1\",\"paused\":true}" },
		   { "push@11 17 Running",
		     "17 Running r5 monitor was=Paused\n! ABC1/17/5 was=Paused ocd\n"
		     "! status {\"system_id\":\"ABC1\",\"paused\":false}" }),
	/* the text counts exactly as reported, whatever kind it is */
	MERGE_CASE({ "row 17 Running r3 user", NULL },
		   { "list@10 17 RUNNING",
		     "17 RUNNING r4 monitor was=Running\n! ABC1/17/4 was=Running user" }),
	/* an equal status: nothing */
	MERGE_CASE({ "list@10 17 Running 42% 3/10", "17 Running r1 monitor\n! ABC1/17/1 user" },
		   { "list@20 17 Running 42% 3/10", NULL }, { "push@30 17 Running 42% 3/10", NULL },
		   { "show", "17 Running r1 live running user" }),
	/* progress: no event; a checkpoint once in a period, when is told by test_checkpoint.c */
	MERGE_CASE({ "list@10 17 Running 1%", "17 Running r1 monitor\n! ABC1/17/1 user" },
		   { "list@20 17 Running 2%", NULL }, { "push@30 17 Running 2% x=1", NULL },
		   { "list@5420 17 Running 6%", "17 Running r1 progress" },
		   { "list@5430 17 Running 7%", NULL }),
	/* several jobs in one answer, in any order */
	MERGE_CASE({ "list@10 19 Running; 17 Running; 18 Queued",
		     "19 Running r1 monitor\n17 Running r1 monitor\n18 Queued r1 monitor\n"
		     "! ABC1/19/1 user\n! ABC1/17/1 user\n! ABC1/18/1 user" },
		   { "show", "17 Running r1 live running user\n18 Queued r1 live other user\n"
			     "19 Running r1 live running user" }),
	/* two reports in one batch: the second one meets what the first one made */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "+list@10 17 Paused", NULL },
		   { "push@11 17 Running",
		     "17 Paused r2 monitor was=Running\n17 Running r3 monitor was=Paused\n"
		     "! ABC1/17/2 was=Running ocd\n"
		     "! status {\"system_id\":\"ABC1\",\"paused\":true}\n"
		     "! ABC1/17/3 was=Paused ocd\n"
		     "! status {\"system_id\":\"ABC1\",\"paused\":false}" }),
	/* late: an answer counts from its question, which is older than the push */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "push@20 17 Queued",
		     "17 Queued r2 monitor was=Running\n! ABC1/17/2 was=Running ocd" },
		   { "now 25", NULL }, { "list@19 17 Running", "late 1" },
		   { "show", "17 Queued r2 live other ocd" }),
	/* an equal push makes an older answer late as well */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "push@20 17 Running", NULL },
		   { "list@19 17 Paused", "late 1" }),
	/* a push older than an answer's question */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@20 17 Running 2%", NULL },
		   { "push@19 17 Paused", "late 1" }, { "push@20 17 Running 3%", NULL }),
	/* one that waited is late for an answer that may be younger, and never for one that waited
	 * before it; an answer is late if it may be older */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@25 17 Running 2%", NULL },
		   { "push@20-30 17 Paused", "late 1" }, { "push@20-30 17 Queued", "late 1" },
		   { "show", "17 Running r1 live running ocd" }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "push@20-30 17 Queued",
		     "17 Queued r2 monitor was=Running\n! ABC1/17/2 was=Running ocd" },
		   { "push@20-31 17 Running",
		     "17 Running r3 monitor was=Queued\n! ABC1/17/3 was=Queued ocd" },
		   { "now 40", NULL }, { "list@29 17 Queued", "late 1" },
		   { "list@32 17 Running 3%", NULL }, { "push@33 17 Running 4%", NULL }),
	/* an end that waited is not late for a job that lives; it is for one that has ended */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "list@25 17 Running 2%", NULL },
		   { "push@20-30 17 Completed", "17 Completed r2 completed was=Running\n"
						"! ABC1/17/2 was=Running ocd" },
		   { "now 40", NULL }, { "list@29 17 Running", "late 1" },
		   { "push@20-30 17 Killed", "late 1" },
		   { "show", "17 Completed r2 ended completed ocd" }),
	/* only the status of that job is late */
	MERGE_CASE({ "row 17 Running r1", NULL }, { "row 18 Running r1", NULL },
		   { "push@20 17 Running", NULL },
		   { "list@19 17 Paused; 18 Queued",
		     "18 Queued r2 monitor was=Running\n! ABC1/18/2 was=Running ocd\nlate 1" }),
	/* late reports of a job that has ended: completed, errored, vanished, long offline */
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "push@20 17 Completed", "17 Completed r2 completed was=Running\n"
					     "! ABC1/17/2 was=Running ocd" },
		   { "now 25", NULL }, { "list@19 17 Running", "late 1" },
		   { "show", "17 Completed r2 ended completed ocd" }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "push@20 17 Errored", "17 Errored r2 monitor was=Running "
					   "error=errored:Errored\n! ABC1/17/2 was=Running ocd" },
		   { "list@19 17 Running", "late 1" }),
	MERGE_CASE({ "row 17 Running r1", NULL },
		   { "silence@90 80",
		     "17 Errored r2 monitor was=Running error=system_offline:the system is offline "
		     "and the job was not reported for too long\n! ABC1/17/2 was=Running ocd" },
		   { "list@89 17 Running", "late 1" }),
};

START_TEST(reported_status)
{
	merge_script_run(cases[_i].steps, cases[_i].count);
}
END_TEST

START_TEST(transitions_are_counted)
{
	static const struct merge_step steps[] = {
		{ "list@10 1 Running; 2 Paused; 3 Queued; 4 Done; 5 Failed; 6 Canceled",
		  "1 Running r1 monitor\n2 Paused r1 monitor\n3 Queued r1 monitor\n"
		  "4 Done r1 completed\n5 Failed r1 monitor error=errored:Failed\n"
		  "6 Canceled r1 completed\n! ABC1/1/1 user\n! ABC1/2/1 user\n! ABC1/3/1 user\n"
		  "! ABC1/4/1 user\n! ABC1/5/1 user\n! ABC1/6/1 user\n"
		  "! user_job_errors [{\"system\":\"ABC1\",\"job_id\":5,\"code\":\"errored\","
		  "\"message\":\"Failed\",\"time\":\"2026-11-23T18:00:10.000Z\"}]" },
		{ "list@20 1 Paused; 2 Paused; 3 Queued 5%",
		  "1 Paused r2 monitor was=Running\n! ABC1/1/2 was=Running user" },
	};
	static const uint64_t counts[] = {
		[CBX_OTHER] = 1,     [CBX_RUNNING] = 1, [CBX_PAUSED] = 2,
		[CBX_COMPLETED] = 1, [CBX_ERRORED] = 1, [CBX_KILLED] = 1,
	};
	size_t i;

	merge_script_run(steps, CBX_COUNT(steps));
	for (i = 0; i < CBX_COUNT(counts); i++)
		ck_assert_uint_eq(merge_script_counts.transitions[i], counts[i]);
	ck_assert_uint_eq(merge_script_counts.progressed, 1);
}
END_TEST

START_TEST(sql_is_asked_only_about_jobs_that_are_not_live)
{
	static const struct {
		enum cbx_phase phase;
		bool needed;
	} rows[] = { { CBX_LIVE, false }, { CBX_ENDED, true }, { CBX_UNREPORTED, true } };
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = status_of("ABC1", "17 Running");
	size_t i;

	ck_assert(cbx_merge_needs_past(NULL, 17));
	for (i = 0; i < CBX_COUNT(rows); i++) {
		struct cbx_job_list *list = NULL;
		struct cbx_job *job = NULL;

		ck_assert_int_eq(cbx_job_new(status, &job), 0);
		job->phase = rows[i].phase;
		ck_assert_int_eq(cbx_job_list_new(&job, 1, &list), 0);
		ck_assert_int_eq(cbx_merge_needs_past(list, 17), rows[i].needed);
		ck_assert(cbx_merge_needs_past(list, 18));
		cbx_job_list_unref(list);
		cbx_job_unref(job);
	}
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("statuses");

	tcase_add_loop_test(tcase, reported_status, 0, (int)CBX_COUNT(cases));
	tcase_add_test(tcase, transitions_are_counted);
	tcase_add_test(tcase, sql_is_asked_only_about_jobs_that_are_not_live);
	suite_add_tcase(suite, tcase);
}
