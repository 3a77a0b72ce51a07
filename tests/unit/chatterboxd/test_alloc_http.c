// SPDX-License-Identifier: MIT
/*
 * test_alloc_http.c - memory runs out between an HTTP request and its answer
 *
 * A request is answered as ever, or by a problem that is whole, or its connection is closed; never
 * by a part of an answer, never as if it had asked for something else. The next one is answered as
 * ever.
 */
#include "alloc_faults.h"
#include "common/cleanup.h"
#include "fake_engine.h"
#include "fake_mhd.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define MOST 1000
#define TOKEN "s3cr3t-t0k3n"

static const struct {
	const char *method, *path;
	const char *name, *value; /* a parameter */
	const char *token;
	const char *body;
	unsigned code;
} requests[] = {
	{ "GET", "/", NULL, NULL, NULL, "", 200 },
	{ "GET", "/readyz", NULL, NULL, NULL, "", 200 },
	{ "GET", "/metrics", NULL, NULL, NULL, "", 200 },
	{ "GET", "/api/v1/jobs", "status", "Running%20", NULL, "", 200 },
	{ "GET", "/api/v1/jobs", "limit", "0", NULL, "", 400 },
	{ "GET", "/api/v1/jobs", "status", "%", NULL, "", 400 },
	{ "GET", "/api/v1/jobs/LIVE/1", NULL, NULL, NULL, "", 200 },
	/* by the worker, which has memory */
	{ "GET", "/api/v1/jobs/LIVE/2", NULL, NULL, NULL, "", 200 },
	{ "GET", "/api/v1/systems", "limit", "5", NULL, "", 200 },
	{ "GET", "/api/v1/summary", NULL, NULL, NULL, "", 200 },
	{ "GET", "/api/v1/series", "minutes", "5", NULL, "", 200 },
	{ "GET", "/api/v1/series", "minutes", "0", NULL, "", 400 },
	{ "GET", "/api/v1/events", "name", "status%2Cjobs_data", NULL, "", 200 },
	{ "GET", "/api/v1/events", "since", "5-0", NULL, "", 200 },
	{ "GET", "/api/v1/events", "name", "nothing", NULL, "", 400 },
	{ "GET", "/api/v1/errors", "system", "LIVE", NULL, "", 200 },
	{ "GET", "/api/v1/jobs/LIVE/1/history", "limit", "5", NULL, "", 200 },
	{ "GET", "/api/v1/nothing", NULL, NULL, NULL, "", 404 },
	{ "PUT", "/api/v1/jobs", NULL, NULL, NULL, "", 405 },
	{ "DELETE", "/api/v1/errors/5", NULL, NULL, TOKEN, "", 404 },
	{ "POST", "/api/v1/poll", NULL, NULL, TOKEN, "{\"discovery\":true}", 202 },
	{ "POST", "/api/v1/poll", NULL, NULL, "another", "{\"discovery\":true}", 401 },
	{ "PUT", "/api/v1/interval", NULL, NULL, TOKEN, "{\"seconds\":60}", 200 },
	{ "PUT", "/api/v1/interval", NULL, NULL, TOKEN, "{\"seconds\":", 400 },
	{ "POST", "/api/v1/pause", NULL, NULL, TOKEN, "{\"seconds\":null}", 200 },
	{ "POST", "/api/v1/jobs/LIVE/1/pause", NULL, NULL, TOKEN, "", 200 },
	{ "POST", "/api/v1/jobs/LIVE/x/kill", NULL, NULL, TOKEN, "", 404 },
};

static struct chatterbox *box;
static struct cbd_http http;

static void set_up(void)
{
	struct cbd_hub_settings hub = { .most = 4, .heartbeat_ms = 15000, .patience_ms = 30000 };

	box = fake_engine_new();
	http = (struct cbd_http){ .box = box,
				  .base = (char *)(uintptr_t) "",
				  .base_slash = (char *)(uintptr_t) "/",
				  .origins = (char *)(uintptr_t) "https://noc.example\n",
				  .token = (char *)(uintptr_t)TOKEN,
				  .read_token = (char *)(uintptr_t) "" };
	pthread_mutex_init(&http.lock, NULL);
	ck_assert_int_eq(cbd_worker_new(8, &http.worker), 0);
	ck_assert_int_eq(cbd_calls_new(&http.calls), 0);
	ck_assert_int_eq(cbd_counts_new(cbd_route_count + 1, &http.counts), 0);
	ck_assert_int_eq(cbd_deadlines_new(&http.deadlines), 0);
	ck_assert_int_eq(cbd_series_new(&http.series), 0);
	ck_assert_int_eq(cbd_hub_new(&hub, &http.hub), 0);
}

static void tear_down(void)
{
	cbd_worker_freep(&http.worker);
	cbd_calls_freep(&http.calls);
	cbd_counts_freep(&http.counts);
	cbd_deadlines_freep(&http.deadlines);
	cbd_series_freep(&http.series);
	cbd_hub_freep(&http.hub);
	pthread_mutex_destroy(&http.lock);
	chatterbox_unref(box);
}

static bool serve(int i, struct MHD_Connection *connection)
{
	static char authorization[64];
	static char value[64];

	*connection = (struct MHD_Connection){ 0 };
	snprintf(authorization, sizeof(authorization), "Bearer %s", requests[i].token ?: "");
	if (requests[i].token)
		connection->headers[connection->header_count++] =
			(struct fake_pair){ (char *)(uintptr_t) "Authorization", authorization };
	snprintf(value, sizeof(value), "%s", requests[i].value ?: "");
	if (requests[i].name)
		connection->query[connection->query_count++] =
			(struct fake_pair){ (char *)(uintptr_t)requests[i].name, value };
	box->params[0] = '\0';
	return fake_mhd_serve(&http, connection, requests[i].method, requests[i].path,
			      requests[i].body, strlen(requests[i].body), 5);
}

static bool is_same(const struct MHD_Connection *a, const struct MHD_Connection *b)
{
	static const char end[] = "chatterbox_sse_subscribers 0\n";
	const size_t len = strlen(end);

	if (a->code != b->code)
		return false;
	/* figures grow with each request: they have to be whole */
	if (a->response->len > len && !memcmp(a->response->body, "up 1\n", 5))
		return !memcmp(a->response->body + a->response->len - len, end, len);
	return a->response->len == b->response->len &&
	       !memcmp(a->response->body, b->response->body, a->response->len);
}

/* A whole one: of the lack of memory, or the usual one in other words (jansson's) */
static void expect_problem(const struct MHD_Connection *connection, unsigned usual)
{
	json_t *problem =
		json_loadb(connection->response->body, connection->response->len, 0, NULL);

	ck_assert_msg(connection->code == 500 || (usual >= 400 && connection->code == usual),
		      "%u %.*s", connection->code, (int)connection->response->len,
		      connection->response->body);
	ck_assert(connection->response->is_json);
	ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), connection->code);
	json_decref(problem);
}

/* The request with its @nth allocation failing; false when it makes fewer than that */
static bool play(int i, unsigned long nth, bool persistent)
{
	struct MHD_Connection usual;
	struct MHD_Connection connection;
	char params[sizeof(box->params)];
	unsigned long failed;
	size_t leaked;
	bool open;

	alloc_faults_begin();
	ck_assert(serve(i, &usual));
	ck_assert_uint_eq(usual.code, requests[i].code);
	memcpy(params, box->params, sizeof(params));
	alloc_faults_arm(nth, persistent);
	open = serve(i, &connection);
	failed = alloc_faults_disarm();
	ck_assert(open || failed);
	ck_assert_uint_eq(connection.answers, open);
	ck_assert_int_eq(connection.suspended, 0);
	/* what was asked of the engine is what was meant */
	ck_assert(!box->params[0] || !strcmp(box->params, params));
	if (open && !is_same(&connection, &usual)) {
		ck_assert(failed);
		expect_problem(&connection, usual.code);
	}
	fake_mhd_forget(&connection);
	ck_assert(serve(i, &connection));
	ck_assert(is_same(&connection, &usual));
	fake_mhd_forget(&connection);
	fake_mhd_forget(&usual);
	leaked = alloc_faults_end();
	ck_assert_msg(!leaked, "%s, allocation %lu: %zu blocks leaked", requests[i].path, nth,
		      leaked);
	return failed > 0;
}

START_TEST(a_request_survives)
{
	unsigned long n = 1;
	unsigned long persistent = 1;

	while (n < MOST && play(_i, n, false))
		n++;
	while (persistent < MOST && play(_i, persistent, true))
		persistent++;
	ck_assert_uint_lt(n, MOST);
	ck_assert_uint_lt(persistent, MOST);
	/* at least the connection's deadline, the request, its path and the answer */
	ck_assert_uint_gt(n, 4);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_http");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_request_survives, 0, (int)CBX_COUNT(requests));
	suite_add_tcase(suite, tcase);
}
