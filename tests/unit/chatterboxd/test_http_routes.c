// SPDX-License-Identifier: MIT
/*
 * Each route of the HTTP server and each refusal: code, type, body, headers, and what is counted.
 */
#include "http_fixture.h"

static const struct {
	const char *path;
	int code;
	const char *type;
	const char *body; /* how it begins */
	const char *counted;
} answers[] = {
	{ "/", 200, "text/html; charset=utf-8", "<!doctype html>", "/ 200" },
	{ "/web/app.js", 200, "text/javascript; charset=utf-8", "// SPDX", "/web/{file} 200" },
	{ "/web/base.css", 200, "text/css; charset=utf-8", "/* SPDX", "/web/{file} 200" },
	{ "/web/favicon.svg", 200, "image/svg+xml", "<svg", "/web/{file} 200" },
	{ "/web/none.js", 404, "application/problem+json", "{", "/web/{file} 404" },
	{ "/openapi.json", 200, "application/json", "{\n  \"openapi\": \"3.1",
	  "/openapi.json 200" },
	{ "/livez", 200, "text/plain; charset=utf-8", "redis up\n", "/livez 200" },
	{ "/readyz", 200, "text/plain; charset=utf-8", "redis up\n", "/readyz 200" },
	{ "/leaderz", 200, "text/plain; charset=utf-8", "this instance leads\n", "/leaderz 200" },
	{ "/readyz?verbose", 200, "text/plain; charset=utf-8", "redis up\n", "/readyz 200" },
	{ "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "up 1", "/metrics 200" },
	{ "/api/v1/jobs", 200, "application/json", "{\"jobs\":", "/api/v1/jobs 200" },
	{ "/api/v1/jobs/LIVE/1", 200, "application/json", "{\"job\":\"live\"}",
	  "/api/v1/jobs/{system}/{job_id} 200" },
	{ "/api/v1/jobs/LIVE/2", 200, "application/json", "{\"job\":\"ended\"}",
	  "/api/v1/jobs/{system}/{job_id} 200" },
	{ "/api/v1/systems", 200, "application/json", "{\"systems\":", "/api/v1/systems 200" },
	{ "/api/v1/systems/LIVE", 200, "application/json",
	  "{\"systemID\":", "/api/v1/systems/{system} 200" },
	{ "/api/v1/summary", 200, "application/json", "{\"job_count\":", "/api/v1/summary 200" },
	{ "/api/v1/series?name=live_jobs&minutes=1", 200, "application/json",
	  "{\"step\":10,\"from\":\"", "/api/v1/series 200" },
};

START_TEST(each_route_answers)
{
	char type[128];

	ask("GET", answers[_i].path, "");
	ck_assert_int_eq(reply.code, answers[_i].code);
	snprintf(type, sizeof(type), "Content-Type: %s\r\n", answers[_i].type);
	ck_assert_ptr_nonnull(strstr(reply.head, type));
	ck_assert_ptr_nonnull(strstr(reply.head, "X-Content-Type-Options: nosniff\r\n"));
	ck_assert_ptr_nonnull(strstr(reply.head, "Content-Security-Policy: default-src 'none'"));
	ck_assert_int_eq(strncmp(reply.body, answers[_i].body, strlen(answers[_i].body)), 0);
	check_counted(answers[_i].counted);
	if (!strncmp(answers[_i].path, "/api/", 5))
		ck_assert_ptr_nonnull(strstr(reply.head, "Cache-Control: private, no-cache\r\n"));
	/* HEAD: the same without its body */
	ask("HEAD", answers[_i].path, "");
	ck_assert_int_eq(reply.code, answers[_i].code);
	ck_assert_ptr_nonnull(strstr(reply.head, type));
	ck_assert_str_eq(reply.body, "");
}
END_TEST

static const struct {
	const char *method;
	const char *path;
	int code;
	const char *detail;
	const char *instance;
	const char *counted;
} refusals[] = {
	{ "GET", "/nothing?a=1", 404, "nothing at this path", "/nothing", "unmatched 404" },
	{ "GET", "/api/v1/jobs/", 404, "nothing", "/api/v1/jobs/", "unmatched 404" },
	{ "GET", "/api/v1/jobs/A", 404, "nothing", "/api/v1/jobs/A", "unmatched 404" },
	{ "POST", "/nothing", 404, "nothing", "/nothing", "unmatched 404" },
	{ "GET", "/api/v1/jobs/%zz/1", 400, "percent", "/api/v1/jobs/%zz/1", "unmatched 400" },
	{ "GET", "/api/v1/systems/%00", 400, "percent", "/api/v1/systems/%00", "unmatched 400" },
	{ "GET", "/api/v1/systems/%ff", 400, "UTF-8", "/api/v1/systems/%ff", "unmatched 400" },
	{ "GET", "/api/v1/jobs/LIVE/x", 404, "no such", "/api/v1/jobs/LIVE/x",
	  "/api/v1/jobs/{system}/{job_id} 404" },
	{ "GET", "/api/v1/jobs/LIVE/9007199254740992", 404, "no such",
	  "/api/v1/jobs/LIVE/9007199254740992", "/api/v1/jobs/{system}/{job_id} 404" },
	{ "GET", "/api/v1/jobs/GONE/1", 404, "no such", "/api/v1/jobs/GONE/1",
	  "/api/v1/jobs/{system}/{job_id} 404" },
	{ "GET", "/api/v1/jobs/LIVE/3", 503, "down", "/api/v1/jobs/LIVE/3",
	  "/api/v1/jobs/{system}/{job_id} 503" },
	{ "GET", "/api/v1/jobs?limit=0", 400, "limit", "/api/v1/jobs", "/api/v1/jobs 400" },
	{ "GET", "/api/v1/jobs?cursor=%zz", 400, "cursor", "/api/v1/jobs", "/api/v1/jobs 400" },
	{ "GET", "/api/v1/jobs?system=&q=a", 400, "system: is empty", "/api/v1/jobs",
	  "/api/v1/jobs 400" },
	{ "GET", "/api/v1/jobs?system=A&system=B", 400, "system: is given twice", "/api/v1/jobs",
	  "/api/v1/jobs 400" },
	{ "GET", "/api/v1/jobs?limit", 400, "limit: is empty", "/api/v1/jobs", "/api/v1/jobs 400" },
	{ "GET", "/api/v1/jobs?q=%ff", 400, "q:", "/api/v1/jobs", "/api/v1/jobs 400" },
	{ "GET", "/api/v1/jobs?statsu=Running", 400,
	  "takes system, status, job_type, origin, q, kind, stalled, stale, sort, state, detail, "
	  "limit, cursor",
	  "/api/v1/jobs", "/api/v1/jobs 400" },
	{ "GET", "/api/v1/series?minutes=61", 400, "minutes: takes an integer 1..60",
	  "/api/v1/series", "/api/v1/series 400" },
	{ "GET", "/api/v1/summary?x", 400, "this path takes none", "/api/v1/summary",
	  "/api/v1/summary 400" },
	{ "POST", "/api/v1/jobs", 405, "GET, HEAD", "/api/v1/jobs", "/api/v1/jobs 405" },
	{ "OPTIONS", "/", 405, "GET, HEAD", "/", "/ 405" },
	{ "BREW", "/livez", 405, "GET, HEAD", "/livez", "/livez 405" },
};

START_TEST(each_refusal_is_a_problem)
{
	ask(refusals[_i].method, refusals[_i].path, "");
	check_problem(refusals[_i].code, refusals[_i].detail, refusals[_i].instance);
	check_counted(refusals[_i].counted);
	if (refusals[_i].code == 405)
		ck_assert_ptr_nonnull(strstr(reply.head, "Allow: GET, HEAD\r\n"));
	if (refusals[_i].code == 503)
		ck_assert_ptr_nonnull(strstr(reply.head, "Retry-After: "));
}
END_TEST

START_TEST(who_stands_by_does_not_lead)
{
	box->stands_by = true;
	ask("GET", "/leaderz", "");
	ck_assert_int_eq(reply.code, 503);
	ck_assert_str_eq(reply.body, "this instance does not lead\n");
}
END_TEST

START_TEST(parameters_are_decoded_once)
{
	ask("GET", "/api/v1/jobs?q=a%2Bb+%22c%2522&limit=7", "");
	ck_assert_int_eq(reply.code, 200);
	ck_assert_str_eq(box->params, "{\"q\":\"a+b \\\"c%22\",\"limit\":\"7\"}");
	ask("GET", "/api/v1/jobs", "");
	ck_assert_str_eq(box->params, "{}");
	ask("GET", "/api/v1/systems/a%20%C3%A9%2Fb+", "");
	ck_assert_str_eq(box->params, "{\"system\":\"a \xc3\xa9/b+\"}");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("http_routes");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, each_route_answers, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_loop_test(tcase, each_refusal_is_a_problem, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(tcase, parameters_are_decoded_once);
	tcase_add_test(tcase, who_stands_by_does_not_lead);
	suite_add_tcase(suite, tcase);
}
