// SPDX-License-Identifier: MIT
/*
 * routes.c - the routes of contract 6.2, and what each asks the library
 *
 * There is no job logic here: a route turns its parameters into a call, and the result into an
 * answer. Routes that may wait for the database are answered by the worker.
 */
#include "common/cleanup.h"
#include "exchange.h"
#include "problem.h"
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define JSON "application/json"
#define PLAIN "text/plain; charset=utf-8"
#define PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

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

static void answer_job(struct cbd_request *request)
{
	int64_t id = cbd_number_of(request->match.params[1]);
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
	int64_t id = cbd_number_of(request->match.params[1]);
	struct chatterbox_jobs *jobs = NULL;
	bool live;

	if (id < 0)
		return false;
	if (chatterbox_live_jobs(request->box, &jobs) < 0)
		return true;
	live = chatterbox_jobs_find(jobs, request->match.params[0], id);
	chatterbox_jobs_unref(jobs);
	return !live || !chatterbox_leads(request->box);
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

/* Adds the figures of the daemon's log, of which the library knows nothing. They come first, since
 * the library's end with OpenMetrics' end mark. NULL when out of memory, or when @rest is. */
static char *with_own_figures(const struct cbd_request *request, char *rest)
{
	const struct cbd_http *http = request->http;
	const char *name = "chatterbox_log_lines_dropped_total";
	/* OpenMetrics names the family without the suffix */
	int family = (int)strlen(name) - (request->openmetrics ? (int)strlen("_total") : 0);
	char *text = NULL;

	if (rest && asprintf(&text,
			     "# HELP %.*s Log lines that could not be written.\n"
			     "# TYPE %.*s counter\n%s %" PRIu64 "\n%s",
			     family, name, family, name, name,
			     http->log_dropped ? http->log_dropped(http->log_user) : 0, rest) < 0)
		text = NULL;
	free(rest);
	return text;
}

static void answer_metrics(struct cbd_request *request)
{
	bool openmetrics = request->openmetrics;
	char *text = NULL;

	/* if it fails, the text stays NULL and the answer is a 500 */
	(void)chatterbox_metrics_text(request->box, openmetrics, &text);
	request->answer.vary = true;
	cbd_answer_text(request, 200, openmetrics ? OPENMETRICS : PROMETHEUS,
			with_own_figures(request, text));
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
static const char *const errors_query[] = { "system", "limit", "cursor", NULL };
static const char *const page_query[] = { "limit", "cursor", NULL };

/* A read that may block or takes parameters */
#define READ(path, answered_by, may_block, parameters)                                            \
	{                                                                                         \
		.pattern = (path), .reads = true, .answer = (answered_by), .blocks = (may_block), \
		.query = (parameters)                                                             \
	}
/* A route open to everybody */
#define OPEN(path, answered_by)                            \
	{                                                  \
		.pattern = (path), .answer = (answered_by) \
	}
#define WRITE(method, path, answered_by, takes)                                                 \
	{                                                                                       \
		.pattern = (path), .answer = (answered_by), .writes = (method), .body = (takes) \
	}

const struct cbd_route cbd_routes[] = {
	OPEN("/", answer_asset),
	OPEN("/app.js", answer_asset),
	OPEN("/style.css", answer_asset),
	OPEN("/favicon.svg", answer_asset),
	OPEN("/openapi.json", answer_asset),
	OPEN("/livez", answer_live),
	OPEN("/readyz", answer_ready),
	READ("/metrics", answer_metrics, NULL, NULL),
	READ("/api/v1/jobs", answer_jobs, NULL, jobs_query),
	READ("/api/v1/jobs/{system}/{job_id}", answer_job, job_blocks, NULL),
	READ("/api/v1/systems", answer_systems, NULL, page_query),
	READ("/api/v1/systems/{system}", answer_system, system_blocks, NULL),
	READ("/api/v1/summary", answer_summary, NULL, NULL),
	READ("/api/v1/errors", cbd_order_errors, NULL, errors_query),
	WRITE("DELETE", "/api/v1/errors/{id}", cbd_order_remove_error, NULL),
	WRITE("POST", "/api/v1/poll", cbd_order_poll, cbd_order_poll_body),
	WRITE("PUT", "/api/v1/interval", cbd_order_interval, cbd_order_interval_body),
	WRITE("POST", "/api/v1/pause", cbd_order_pause, cbd_order_pause_body),
	WRITE("POST", "/api/v1/resume", cbd_order_resume, cbd_order_no_body),
	WRITE("POST", "/api/v1/jobs/{system}/{job_id}/pause", cbd_order_job_pause,
	      cbd_order_no_body),
	WRITE("POST", "/api/v1/jobs/{system}/{job_id}/resume", cbd_order_job_resume,
	      cbd_order_no_body),
	WRITE("POST", "/api/v1/jobs/{system}/{job_id}/kill", cbd_order_job_kill, cbd_order_no_body),
};
const size_t cbd_route_count = CBX_COUNT(cbd_routes);
