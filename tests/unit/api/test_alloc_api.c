// SPDX-License-Identifier: MIT
/* test_alloc_api.c - memory runs out in the answers of the job API, and in what hosts make */
#include "alloc_faults.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "controller/job_api.h"
#include "decode/decode.h"
#include "unit.h"

#include <chatterbox/task.h>
#include <errno.h>
#include <string.h>

#define JOBS 20

/* A view with twenty jobs of one system, and what is asked of it */
struct desk {
	struct cbx_active_jobs *jobs;
	struct cbx_systems *systems;
	struct cbx_view view;
	json_t *params;
	struct cbx_text out;
	char *answer;
	struct cbx_metrics *metrics;
	struct cbx_metric *family;
};

static void add_jobs(struct desk *desk)
{
	struct cbx_job *jobs[JOBS];
	struct cbx_job_list *list = NULL;
	struct cbx_system_entry *entry;
	size_t i;

	for (i = 0; i < JOBS; i++) {
		struct cbx_status *status = NULL;
		char text[128];
		int n = snprintf(text, sizeof(text),
				 "{\"system\":\"ABC1\",\"job_id\":%zu,\"status\":\"Running\","
				 "\"job_type\":\"a long enough type\"}",
				 i);

		ck_assert_int_eq(cbx_decode_status(text, (size_t)n, &status), 0);
		ck_assert_int_eq(cbx_job_new(status, &jobs[i]), 0);
		jobs[i]->kind = CBX_RUNNING;
		jobs[i]->phase = CBX_LIVE;
		cbx_status_unref(status);
	}
	ck_assert_int_eq(cbx_job_list_new(jobs, JOBS, &list), 0);
	ck_assert_int_eq(cbx_active_jobs_set(desk->jobs, "ABC1", list), 0);
	cbx_job_list_unref(list);
	for (i = 0; i < JOBS; i++)
		cbx_job_unref(jobs[i]);
	entry = cbx_systems_get(desk->systems, "ABC1");
	ck_assert_int_eq(cbx_systems_set(desk->systems, entry, CBX_ONLINE, 1, true), 0);
}

static void *set_up(void)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	ck_assert_int_eq(cbx_active_jobs_new(&desk->jobs), 0);
	ck_assert_int_eq(cbx_systems_new(&desk->systems), 0);
	add_jobs(desk);
	ck_assert_int_eq(cbx_active_jobs_freeze(desk->jobs, &desk->view.jobs), 0);
	ck_assert_int_eq(cbx_systems_freeze(desk->systems, &desk->view.systems), 0);
	desk->params = json_pack("{s:s, s:i}", "status", "running", "limit", 15);
	ck_assert_int_eq(cbx_metrics_new(&desk->metrics), 0);
	desk->family = cbx_metrics_add(desk->metrics, CBX_COUNTER, "x_total", "x", "kind", NULL);
	return desk;
}

static void tear_down(void *fixture)
{
	struct desk *desk = fixture;

	cbx_snapshot_unref(desk->view.jobs);
	cbx_system_list_unref(desk->view.systems);
	cbx_active_jobs_free(desk->jobs);
	cbx_systems_free(desk->systems);
	json_decref(desk->params);
	cbx_text_free(&desk->out);
	free(desk->answer);
	cbx_metrics_free(desk->metrics);
	free(desk);
}

static int take(struct desk *desk, int result)
{
	int error = cbx_text_take(&desk->out, &desk->answer, NULL);

	return result < 0 ? result : error;
}

static int page_of_jobs(void *fixture)
{
	struct desk *desk = fixture;
	char error[CBX_API_ERROR] = "";

	return take(desk, cbx_job_api_jobs(&desk->view, desk->params, false, &desk->out, error));
}

static int page_of_systems(void *fixture)
{
	struct desk *desk = fixture;
	char error[CBX_API_ERROR] = "";

	return take(desk, cbx_job_api_systems(&desk->view, desk->params, &desk->out, error));
}

static int one_system(void *fixture)
{
	struct desk *desk = fixture;
	char error[CBX_API_ERROR] = "";

	return take(desk, cbx_job_api_system(&desk->view, "ABC1", &desk->out, error));
}

static int summary(void *fixture)
{
	struct desk *desk = fixture;
	const struct cbx_summary_facts facts = { .role = "leader", .leader = "me" };

	cbx_job_api_summary(&desk->view, &facts, &desk->out);
	return take(desk, 0);
}

static void no_answer(void *fixture)
{
	ck_assert_ptr_null(((struct desk *)fixture)->answer);
}

static void whole_answer(void *fixture)
{
	const char *answer = ((struct desk *)fixture)->answer;
	json_t *json = json_loads(answer, 0, NULL);

	ck_assert_msg(json_is_object(json), "%s", answer);
	json_decref(json);
}

static void whole_page(void *fixture)
{
	json_t *json = json_loads(((struct desk *)fixture)->answer, 0, NULL);

	ck_assert_uint_eq(json_array_size(json_object_get(json, "jobs")), 15);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "total")), JOBS);
	ck_assert(json_is_string(json_object_get(json, "next")));
	json_decref(json);
}

/* A sample that can't be taken is lost, and nothing else */
static int figures(void *fixture)
{
	struct desk *desk = fixture;

	cbx_metric_add(desk->family, "a", NULL, 1);
	cbx_metric_add(desk->family, "b", NULL, 1);
	cbx_metrics_render(desk->metrics, true, &desk->out);
	return take(desk, 0);
}

static int make_mailbox(void *fixture)
{
	struct cbx_mailbox *box = NULL;
	int result = cbx_mailbox_new(8, &box);

	(void)fixture;
	if (!result)
		cbx_mailbox_free(box, NULL);
	return result;
}

static int make_task(void *fixture)
{
	struct chatterbox_scheduler *scheduler = NULL;
	struct chatterbox_task *task = NULL;
	int result = chatterbox_task_new(1, free, NULL, "task", &task);

	(void)fixture;
	if (!result)
		result = chatterbox_scheduler_new(NULL, &scheduler);
	if (!result)
		result = chatterbox_scheduler_add(scheduler, task);
	chatterbox_scheduler_unref(scheduler);
	chatterbox_task_unref(task);
	return result;
}

static const struct alloc_case cases[] = {
	{ "jobs", set_up, page_of_jobs, no_answer, whole_page, tear_down, NULL },
	{ "systems", set_up, page_of_systems, no_answer, whole_answer, tear_down, NULL },
	{ "a system", set_up, one_system, no_answer, whole_answer, tear_down, NULL },
	{ "a summary", set_up, summary, no_answer, whole_answer, tear_down, NULL },
	{ "figures", set_up, figures, no_answer, NULL, tear_down, NULL },
	{ "a mailbox", NULL, make_mailbox, NULL, NULL, NULL, NULL },
	{ "a task", NULL, make_task, NULL, NULL, NULL, NULL },
};

START_TEST(answers_survive)
{
	ck_assert_uint_gt(alloc_faults_sweep(&cases[_i]), 0);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_api");

	tcase_add_loop_test(tcase, answers_survive, 0, (int)CBX_COUNT(cases));
	suite_add_tcase(suite, tcase);
}
