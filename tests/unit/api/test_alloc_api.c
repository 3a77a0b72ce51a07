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
struct worker {
	struct cbx_active_jobs *jobs;
	struct cbx_systems *systems;
	struct cbx_snapshot snapshot;
	json_t *params, *no_params;
	struct cbx_text out;
	char *answer;
	struct cbx_metrics *metrics;
	struct cbx_metric *family;
};

static void add_jobs(struct worker *worker)
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
	ck_assert_int_eq(cbx_active_jobs_set(worker->jobs, "ABC1", list), 0);
	cbx_job_list_unref(list);
	for (i = 0; i < JOBS; i++)
		cbx_job_unref(jobs[i]);
	entry = cbx_systems_get(worker->systems, "ABC1");
	ck_assert_int_eq(cbx_systems_set(worker->systems, entry, CBX_ONLINE, 1, true), 0);
}

static void *set_up(void)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	ck_assert_int_eq(cbx_active_jobs_new(&worker->jobs), 0);
	ck_assert_int_eq(cbx_systems_new(&worker->systems), 0);
	add_jobs(worker);
	ck_assert_int_eq(cbx_active_jobs_freeze(worker->jobs, &worker->snapshot.jobs), 0);
	ck_assert_int_eq(cbx_systems_freeze(worker->systems, &worker->snapshot.systems), 0);
	worker->no_params = json_object();
	worker->params =
		json_pack("{s:s, s:i, s:i}", "status", "running", "limit", 15, "detail", 1);
	ck_assert_int_eq(cbx_metrics_new(&worker->metrics), 0);
	worker->family =
		cbx_metrics_add(worker->metrics, CBX_COUNTER, "x_total", "x", "kind", NULL);
	return worker;
}

static void tear_down(void *fixture)
{
	struct worker *worker = fixture;

	cbx_frozen_jobs_unref(worker->snapshot.jobs);
	cbx_system_list_unref(worker->snapshot.systems);
	cbx_active_jobs_free(worker->jobs);
	cbx_systems_free(worker->systems);
	json_decref(worker->params);
	json_decref(worker->no_params);
	cbx_text_free(&worker->out);
	free(worker->answer);
	cbx_metrics_free(worker->metrics);
	free(worker);
}

static int take(struct worker *worker, int result)
{
	if (result < 0) {
		cbx_text_free(&worker->out);
		return result;
	}
	return cbx_text_take(&worker->out, &worker->answer, NULL);
}

static int page_of_jobs(void *fixture)
{
	struct worker *worker = fixture;
	const struct cbx_moment moment = { .stall_after = 1, .stale_after = 1 };
	char error[CBX_API_ERROR] = "";

	return take(worker, cbx_job_api_jobs(&worker->snapshot, worker->params, &moment,
					     &worker->out, error));
}

static int page_of_systems(void *fixture)
{
	struct worker *worker = fixture;
	char error[CBX_API_ERROR] = "";

	return take(worker,
		    cbx_job_api_systems(&worker->snapshot, worker->no_params, &worker->out, error));
}

static int one_system(void *fixture)
{
	struct worker *worker = fixture;
	char error[CBX_API_ERROR] = "";

	return take(worker, cbx_job_api_system(&worker->snapshot, "ABC1", &worker->out, error));
}

static int summary(void *fixture)
{
	struct worker *worker = fixture;
	const struct cbx_summary_facts facts = { .role = "leader", .leader = "me" };

	cbx_job_api_summary(&worker->snapshot, &facts, &worker->out);
	return take(worker, 0);
}

static void no_answer(void *fixture)
{
	ck_assert_ptr_null(((struct worker *)fixture)->answer);
}

static void whole_answer(void *fixture)
{
	const char *answer = ((struct worker *)fixture)->answer;
	json_t *json = json_loads(answer, 0, NULL);

	ck_assert_msg(json_is_object(json), "%s", answer);
	json_decref(json);
}

static void whole_page(void *fixture)
{
	json_t *json = json_loads(((struct worker *)fixture)->answer, 0, NULL);

	ck_assert_uint_eq(json_array_size(json_object_get(json, "jobs")), 15);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "total")), JOBS);
	ck_assert(json_is_string(json_object_get(json, "next")));
	json_decref(json);
}

/* A sample that can't be taken is lost, and nothing else */
static int figures(void *fixture)
{
	struct worker *worker = fixture;

	cbx_metric_add(worker->family, "a", NULL, 1);
	cbx_metric_add(worker->family, "b", NULL, 1);
	cbx_metrics_render(worker->metrics, true, &worker->out);
	return take(worker, 0);
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

ALLOC_SWEEPS(answers_survive, cases)
