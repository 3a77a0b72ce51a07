// SPDX-License-Identifier: MIT
/*
 * routes.c - the routes of CONTRACT 6 and what each asks the library
 *
 * No job logic here: a route turns its parameters into one call and the call's result into an
 * answer. Decides which routes may wait for the database, and so belong to the worker.
 */
#include "cleanup.h"
#include "exchange.h"
#include "problem.h"

#include <errno.h>
#include <string.h>

#define JSON "application/json"
#define PLAIN "text/plain; charset=utf-8"
#define PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

#define JOB_ID_MAX ((int64_t)1 << 53)

void cbd_answer_text(struct cbd_request *request, unsigned code, const char *type, char *body)
{
	request->answer.code = body ? code : 500;
	request->answer.type = type;
	request->answer.body = body;
}

void cbd_answer_problem(struct cbd_request *request, unsigned code, const char *detail)
{
	cbd_answer_text(request, code, "application/problem+json",
			cbd_problem_json(code, detail, request->path));
}

/* The end of each query: its JSON, or its error */
static void answer_json(struct cbd_request *request, int result, char *json, const char *error)
{
	if (result < 0)
		cbd_answer_problem(request, cbd_problem_code(result),
				   *error ? error : chatterbox_strerror(result));
	else
		cbd_answer_text(request, 200, JSON, json);
}

static void answer_jobs(struct cbd_request *request)
{
	char error[CHATTERBOX_ERROR_TEXT] = "";
	char *json = NULL;
	int result = chatterbox_jobs_query(request->box, request->query, &json, error);

	answer_json(request, result, json, error);
}

/* Digits only, below 2^53; -1 for anything else, which is no job's id */
static int64_t job_id_of(const char *text)
{
	int64_t id = 0;

	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		id = id * 10 + (*text - '0');
		if (id >= JOB_ID_MAX)
			return -1;
	}
	return id;
}

static void answer_job(struct cbd_request *request)
{
	int64_t id = job_id_of(request->match.params[1]);
	char error[CHATTERBOX_ERROR_TEXT] = "";
	char *json = NULL;
	int result = CHATTERBOX_E_UNKNOWN;

	if (id >= 0)
		result = chatterbox_job_query(request->box, request->match.params[0], id, &json,
					      error);
	answer_json(request, result, json, error);
}

static bool job_blocks(const struct cbd_request *request)
{
	int64_t id = job_id_of(request->match.params[1]);
	struct chatterbox_jobs *jobs = NULL;
	bool live;

	if (id < 0)
		return false;
	if (chatterbox_live_jobs(request->box, &jobs) < 0)
		return true;
	live = chatterbox_jobs_find(jobs, request->match.params[0], id);
	chatterbox_jobs_unref(jobs);
	return !live;
}

static void answer_systems(struct cbd_request *request)
{
	char error[CHATTERBOX_ERROR_TEXT] = "";
	char *json = NULL;
	int result = chatterbox_systems_query(request->box, request->query, &json, error);

	answer_json(request, result, json, error);
}

static void answer_system(struct cbd_request *request)
{
	char error[CHATTERBOX_ERROR_TEXT] = "";
	char *json = NULL;
	int result = chatterbox_system_query(request->box, request->match.params[0], &json, error);

	answer_json(request, result, json, error);
}

static bool system_blocks(const struct cbd_request *request)
{
	(void)request; /* its next activation is read from the database */
	return true;
}

static void answer_summary(struct cbd_request *request)
{
	char error[CHATTERBOX_ERROR_TEXT] = "";
	char *json = NULL;
	int result = chatterbox_summary_query(request->box, &json, error);

	answer_json(request, result, json, error);
}

static void answer_live(struct cbd_request *request)
{
	char *text = NULL;
	bool alive = false;
	int result = chatterbox_health(request->box, NULL, &alive, &text);

	cbd_answer_text(request, !result && alive ? 200 : 503, PLAIN, text);
}

static void answer_ready(struct cbd_request *request)
{
	char *text = NULL;
	bool ready = false;
	int result = chatterbox_health(request->box, &ready, NULL, &text);

	cbd_answer_text(request, !result && ready ? 200 : 503, PLAIN, text);
}

static void answer_metrics(struct cbd_request *request)
{
	bool openmetrics = request->openmetrics;
	char *text = NULL;

	/* on failure the text stays NULL, and the answer is a 500 */
	(void)chatterbox_metrics_text(request->box, openmetrics, &text);
	request->answer.vary = true;
	cbd_answer_text(request, 200, openmetrics ? OPENMETRICS : PROMETHEUS, text);
}

static void answer_asset(struct cbd_request *request)
{
	size_t i;

	for (i = 0; i < cbd_asset_count; i++)
		if (!strcmp(cbd_assets[i].path, request->match.route->pattern)) {
			request->answer.code = 200;
			request->answer.type = cbd_assets[i].type;
			request->answer.asset = &cbd_assets[i];
		}
}

static const char *const jobs_query[] = { "system", "status", "job_type", "origin",
					  "q",      "limit",  "cursor",   NULL };
static const char *const page_query[] = { "limit", "cursor", NULL };

const struct cbd_route cbd_routes[] = {
	{ "/", false, answer_asset, NULL, NULL },
	{ "/app.js", false, answer_asset, NULL, NULL },
	{ "/style.css", false, answer_asset, NULL, NULL },
	{ "/favicon.svg", false, answer_asset, NULL, NULL },
	{ "/openapi.json", false, answer_asset, NULL, NULL },
	{ "/livez", false, answer_live, NULL, NULL },
	{ "/readyz", false, answer_ready, NULL, NULL },
	{ "/metrics", true, answer_metrics, NULL, NULL },
	{ "/api/v1/jobs", true, answer_jobs, NULL, jobs_query },
	{ "/api/v1/jobs/{system}/{job_id}", true, answer_job, job_blocks, NULL },
	{ "/api/v1/systems", true, answer_systems, NULL, page_query },
	{ "/api/v1/systems/{system}", true, answer_system, system_blocks, NULL },
	{ "/api/v1/summary", true, answer_summary, NULL, NULL },
};
const size_t cbd_route_count = CBD_COUNT(cbd_routes);
