// SPDX-License-Identifier: MIT
/*
 * routes.c - the routes of contract 6.2, and what each asks the library
 *
 * There is no job logic here: a route turns its parameters into a call, and the result into an
 * answer. Routes that may wait for the database are answered by the worker.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "exchange.h"
#include "problem.h"
#include "server.h"

#include <stdio.h>
#include <string.h>

#define JSON "application/json"
#define PLAIN "text/plain; charset=utf-8"

/* A document of the library, in this thread */
static void answer_topic(struct cbd_request *request, enum chatterbox_topic topic,
			 const char *params)
{
	struct chatterbox_error error;
	char *json = NULL;

	if (chatterbox_query(request->box, topic, params, NULL, NULL, &json, &error) < 0)
		cbd_answer_error(request, &error);
	else
		cbd_answer_text(request, 200, JSON, json);
}

static void answer_jobs(struct cbd_request *request)
{
	answer_topic(request, CHATTERBOX_TOPIC_JOBS, request->query);
}

/* Those that have ended are in SQL */
static bool jobs_block(const struct cbd_request *request)
{
	cbx_auto(json_decrefp) json_t *query = NULL;
	const char *state = NULL;

	if (cbx_json_read(request->query, strlen(request->query), &query, NULL) < 0)
		return true;
	state = json_string_value(json_object_get(query, "state"));
	return state && *state && strcmp(state, "live") != 0;
}

/* Takes the object over */
static void answer_params(struct cbd_request *request, enum chatterbox_topic topic, json_t *object)
{
	cbx_auto(cbx_freep) char *params = object ? cbx_json_text(object) : NULL;

	json_decref(object);
	if (params)
		answer_topic(request, topic, params);
	else
		cbd_answer_problem(request, 500, "out of memory");
}

static void answer_job(struct cbd_request *request)
{
	int64_t id = cbd_number_of(request->match.params[1]);

	if (id < 0)
		cbd_answer_problem(request, 404, chatterbox_strerror(CHATTERBOX_E_UNKNOWN));
	else
		answer_params(request, CHATTERBOX_TOPIC_JOB,
			      json_pack("{s:s, s:I}", "system", request->match.params[0], "job_id",
					(json_int_t)id));
}

static bool job_blocks(const struct cbd_request *request)
{
	int64_t id = cbd_number_of(request->match.params[1]);
	struct chatterbox_jobs *jobs = NULL;
	bool live;

	if (id < 0)
		return false;
	if (chatterbox_get_jobs(request->box, request->match.params[0], &jobs) < 0)
		return true;
	live = chatterbox_jobs_find(jobs, request->match.params[0], id);
	chatterbox_jobs_unref(jobs);
	return !live || chatterbox_get_role(request->box) != CHATTERBOX_ROLE_LEADER;
}

static void answer_systems(struct cbd_request *request)
{
	answer_topic(request, CHATTERBOX_TOPIC_SYSTEMS, request->query);
}

static void answer_system(struct cbd_request *request)
{
	answer_params(request, CHATTERBOX_TOPIC_SYSTEM,
		      json_pack("{s:s}", "system", request->match.params[0]));
}

static void answer_summary(struct cbd_request *request)
{
	answer_topic(request, CHATTERBOX_TOPIC_SUMMARY, NULL);
}

static void answer_live(struct cbd_request *request)
{
	char *text = NULL;
	bool alive = false;
	int result = chatterbox_get_health(request->box, NULL, &alive, &text);

	cbd_answer_text(request, !result && alive ? 200 : 503, PLAIN, text);
}

static void answer_ready(struct cbd_request *request)
{
	char *text = NULL;
	bool ready = false;
	int result = chatterbox_get_health(request->box, &ready, NULL, &text);

	cbd_answer_text(request, !result && ready ? 200 : 503, PLAIN, text);
}

static void answer_leads(struct cbd_request *request)
{
	bool leads = chatterbox_get_role(request->box) == CHATTERBOX_ROLE_LEADER;

	cbd_answer_text(request, leads ? 200 : 503, PLAIN,
			strdup(leads ? "this instance leads\n" : "this instance does not lead\n"));
}

static bool find_asset(struct cbd_request *request, const char *path)
{
	size_t i;

	for (i = 0; i < cbd_asset_count; i++)
		if (!strcmp(cbd_assets[i].path, path)) {
			request->answer.code = 200;
			request->answer.type = cbd_assets[i].type;
			request->answer.asset = &cbd_assets[i];
			return true;
		}
	return false;
}

static void answer_asset(struct cbd_request *request)
{
	find_asset(request, request->match.route->pattern);
}

/* A file of the page: one route for all of them, so that the metrics have one row */
static void answer_web(struct cbd_request *request)
{
	char path[CBD_ROUTE_PARAM_SIZE + sizeof("/web/")];

	snprintf(path, sizeof(path), "/web/%s", request->match.params[0]);
	if (!find_asset(request, path))
		cbd_answer_problem(request, 404, "the page has no such file");
}

static const char *const jobs_query[] = { "system", "status",  "job_type", "origin", "q",
					  "kind",   "stalled", "stale",    "sort",   "state",
					  "detail", "limit",   "cursor",   NULL };
static const char *const events_query[] = { "name", "system", "since", NULL };
static const char *const errors_query[] = { "system", "limit", "cursor", NULL };
static const char *const incidents_query[] = { "open", "limit", "cursor", NULL };
static const char *const outlook_query[] = { "state", "system", "list", "within",
					     "limit", "cursor", NULL };
static const char *const system_query[] = { "system", NULL };
static const char *const series_query[] = { "name", "minutes", NULL };
static const char *const page_query[] = { "limit", "cursor", NULL };
static const char *const systems_query[] = { "status", "q", "limit", "cursor", NULL };

/* A read that may block or takes parameters */
#define READ(path, answered_by, may_block, parameters)                                            \
	{                                                                                         \
		.pattern = (path), .reads = true, .answer = (answered_by), .blocks = (may_block), \
		.query = (parameters)                                                             \
	}
/* A read of jobs */
#define LIST(path, answered_by, may_block, parameters)                                         \
	{                                                                                      \
		.pattern = (path), .reads = true, .answer = (answered_by), .lists_jobs = true, \
		.blocks = (may_block), .query = (parameters)                                   \
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
	OPEN("/web/{file}", answer_web),
	OPEN("/openapi.json", answer_asset),
	OPEN("/livez", answer_live),
	OPEN("/readyz", answer_ready),
	OPEN("/leaderz", answer_leads),
	READ("/metrics", cbd_answer_metrics, NULL, NULL),
	LIST("/api/v1/jobs", answer_jobs, jobs_block, jobs_query),
	READ("/api/v1/jobs/{system}/{job_id}", answer_job, job_blocks, NULL),
	READ("/api/v1/jobs/{system}/{job_id}/history", cbd_history_of_job, NULL, page_query),
	READ("/api/v1/systems", answer_systems, NULL, systems_query),
	LIST("/api/v1/systems/{system}", answer_system, NULL, NULL),
	READ("/api/v1/systems/{system}/history", cbd_history_of_system, NULL, page_query),
	READ("/api/v1/explain/{system}", cbd_explain_system, NULL, page_query),
	READ("/api/v1/explain/{system}/{job_id}", cbd_explain_job, NULL, page_query),
	READ("/api/v1/summary", answer_summary, NULL, NULL),
	READ("/api/v1/series", cbd_answer_series, NULL, series_query),
	READ("/api/v1/events", cbd_stream_events, NULL, events_query),
	READ("/api/v1/outlook", cbd_answer_outlook, NULL, outlook_query),
	READ("/api/v1/errors", cbd_order_errors, NULL, errors_query),
	READ("/api/v1/incidents", cbd_incidents, NULL, incidents_query),
	READ("/api/v1/incidents/{id}", cbd_incident, NULL, page_query),
	{ .pattern = "/api/v1/errors",
	  .answer = cbd_order_remove_errors,
	  .writes = "DELETE",
	  .query = system_query },
	WRITE("DELETE", "/api/v1/errors/{id}", cbd_order_remove_error, NULL),
	WRITE("POST", "/api/v1/clean_up", cbd_order_clean_up, cbd_order_clean_up_body),
	WRITE("POST", "/api/v1/incidents/{id}/clean_up", cbd_incident_clean_up,
	      cbd_incident_clean_up_body),
	WRITE("POST", "/api/v1/jobs/pause_all", cbd_order_pause_all, cbd_order_all_body),
	WRITE("POST", "/api/v1/jobs/resume_all", cbd_order_resume_all, cbd_order_all_body),
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
