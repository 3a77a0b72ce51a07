// SPDX-License-Identifier: MIT
/*
 * For each route that writes: what it asks of the library, what becomes of the answer, what is
 * refused.
 */
#include "http_fixture.h"

#include <errno.h>

static const struct {
	const char *method;
	const char *path;
	const char *body; /* NULL = none */
	const char *call;
	const char *params;
	const char *counted;
} orders[] = {
	{ "PUT", "/api/v1/interval", "{\"seconds\":600}", "set_interval", "600",
	  "/api/v1/interval 200" },
	{ "POST", "/api/v1/pause", "{\"seconds\":5}", "pause_tasks", "5", "/api/v1/pause 200" },
	{ "POST", "/api/v1/pause", NULL, "pause_tasks", "0", "/api/v1/pause 200" },
	{ "POST", "/api/v1/resume", "{}", "resume_tasks", "", "/api/v1/resume 200" },
	{ "POST", "/api/v1/jobs/a%2Fb%22/17/pause", NULL, "pause_job", "a/b\" 17",
	  "/api/v1/jobs/{system}/{job_id}/pause 200" },
	{ "POST", "/api/v1/jobs/A/0/resume", "{}", "resume_job", "A 0",
	  "/api/v1/jobs/{system}/{job_id}/resume 200" },
	{ "POST", "/api/v1/jobs/A/9007199254740991/kill", "", "kill_job", "A 9007199254740991",
	  "/api/v1/jobs/{system}/{job_id}/kill 200" },
	{ "POST", "/api/v1/jobs/pause_all", NULL, "pause_jobs", "-", "/api/v1/jobs/pause_all 200" },
	{ "POST", "/api/v1/jobs/resume_all", "{\"system\":\"A\"}", "resume_jobs", "A",
	  "/api/v1/jobs/resume_all 200" },
	{ "POST", "/api/v1/clean_up", NULL, "errors_clean_up", "- 0", "/api/v1/clean_up 200" },
	{ "POST", "/api/v1/clean_up", "{\"system\":\"A\",\"older_than\":60,\"dry_run\":false}",
	  "errors_clean_up", "A 60", "/api/v1/clean_up 200" },
	{ "POST", "/api/v1/clean_up", "{\"system\":\"A\",\"dry_run\":true}", "dry_run",
	  "{\"system\":\"A\",\"dry_run\":true}", "/api/v1/clean_up 200" },
	{ "DELETE", "/api/v1/errors?system=A%20B", NULL, "errors_remove", "A B 0 0",
	  "/api/v1/errors 200" },
	{ "GET", "/api/v1/errors?system=A%20B&limit=7&cursor=e9", NULL, "errors",
	  "{\"system\":\"A B\",\"limit\":\"7\",\"cursor\":\"e9\"}", "/api/v1/errors 200" },
	{ "GET", "/api/v1/systems/A%2FB/history?limit=7", NULL, "history",
	  "{\"limit\":\"7\",\"system\":\"A/B\"}", "/api/v1/systems/{system}/history 200" },
	{ "GET", "/api/v1/explain/A%2FB?limit=7", NULL, "explain",
	  "{\"limit\":\"7\",\"system\":\"A/B\"}", "/api/v1/explain/{system} 200" },
	{ "GET", "/api/v1/explain/A/17?cursor=x1.1.1", NULL, "explain",
	  "{\"cursor\":\"x1.1.1\",\"system\":\"A\",\"job_id\":17}",
	  "/api/v1/explain/{system}/{job_id} 200" },
	{ "GET", "/api/v1/outlook?state=late&within=60", NULL, "outlook",
	  "{\"state\":\"late\",\"within\":\"60\"}", "/api/v1/outlook 200" },
	{ "GET", "/api/v1/jobs/A/17/history?cursor=h9", NULL, "history",
	  "{\"cursor\":\"h9\",\"system\":\"A\",\"job_id\":17}",
	  "/api/v1/jobs/{system}/{job_id}/history 200" },
};

START_TEST(each_order_becomes_a_call)
{
	if (orders[_i].body)
		ask_with(orders[_i].method, orders[_i].path, orders[_i].body);
	else
		ask(orders[_i].method, orders[_i].path, "");
	ck_assert_int_eq(reply.code, 200);
	ck_assert_ptr_nonnull(strstr(reply.head, "Content-Type: application/json\r\n"));
	ck_assert_str_eq(reply.body, "{\"ok\":true}");
	ck_assert_str_eq(box->order, orders[_i].call);
	ck_assert_str_eq(box->params, orders[_i].params);
	ck_assert(box->by_http);
	ck_assert_str_eq(box->who, "no token, loopback");
	check_counted(orders[_i].counted);
}
END_TEST

static const struct {
	struct chatterbox_error error;
	int code;
} failures[] = {
	{ { -EINVAL, CHATTERBOX_SERVER_NONE, "", "seconds: takes an integer 1..86400" }, 400 },
	{ { CHATTERBOX_E_UNKNOWN, CHATTERBOX_SERVER_NONE, "", "no live job 1" }, 404 },
	{ { CHATTERBOX_E_STANDBY, CHATTERBOX_SERVER_NONE, "", "the leader is host:1" }, 409 },
	{ { CHATTERBOX_E_REFUSED, CHATTERBOX_SERVER_NL_HDMS, "job_locked", "it is locked" }, 502 },
	{ { CHATTERBOX_E_REFUSED, CHATTERBOX_SERVER_SQL, "", "permission denied" }, 500 },
	{ { CHATTERBOX_E_DOWN, CHATTERBOX_SERVER_RMQ, "", "RabbitMQ is down" }, 503 },
	{ { CHATTERBOX_E_FULL, CHATTERBOX_SERVER_NONE, "", "too many calls wait" }, 503 },
	{ { CHATTERBOX_E_TIMEOUT, CHATTERBOX_SERVER_NL_HDMS, "", "nobody answered" }, 504 },
	{ { -ENOMEM, CHATTERBOX_SERVER_NONE, "", "out of memory" }, 500 },
};

START_TEST(each_failure_is_a_problem)
{
	const struct chatterbox_error *error = &failures[_i].error;
	json_t *problem;

	box->failure = *error;
	ask("POST", "/api/v1/jobs/A/1/kill", "");
	check_problem_with(failures[_i].code, error->text, "/api/v1/jobs/A/1/kill",
			   *error->reason ? 1 : 0);
	problem = json_loads(reply.body, 0, NULL);
	if (*error->reason)
		ck_assert_str_eq(json_string_value(json_object_get(problem, "code")),
				 error->reason);
	json_decref(problem);
}
END_TEST

START_TEST(explain_without_sql_is_a_503)
{
	box->failure = (struct chatterbox_error){ CHATTERBOX_E_DOWN, CHATTERBOX_SERVER_SQL, "",
						  "the database: is away" };
	ask("GET", "/api/v1/explain/A/17", "");
	check_problem(503, "the database: is away", "/api/v1/explain/A/17");
	ask("GET", "/api/v1/explain/A", "");
	check_problem(503, "the database: is away", "/api/v1/explain/A");
}
END_TEST

START_TEST(a_call_that_is_refused_is_a_500)
{
	box->refusal = -ENOMEM;
	ask("POST", "/api/v1/resume", "");
	check_problem(500, "refused", "/api/v1/resume");
	box->refusal = 0;
	ask("POST", "/api/v1/resume", "");
	ck_assert_int_eq(reply.code, 200);
}
END_TEST

static const struct {
	const char *method;
	const char *path;
	const char *headers; /* and what follows them */
	int code;
	const char *detail;
} refusals[] = {
#define JSON_OF(length) "Content-Type: application/json\r\nContent-Length: " length "\r\n\r\n"
	{ "PUT", "/api/v1/interval", "", 400, "seconds: is missing" },
	{ "PUT", "/api/v1/interval", JSON_OF("15") "{\"seconds\":\"5\"}", 400, "seconds: takes" },
	{ "PUT", "/api/v1/interval", JSON_OF("7") "seconds", 400, "body: takes a JSON object" },
	{ "POST", "/api/v1/poll", JSON_OF("15") "{\"discovery\":1}", 400, "discovery: takes" },
	{ "POST", "/api/v1/pause", JSON_OF("13") "{\"second\":55}", 400, "it takes seconds" },
	{ "POST", "/api/v1/jobs/A/1/kill", JSON_OF("9") "{\"now\":1}", 400, "it takes none" },
	{ "PUT", "/api/v1/interval", "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415,
	  "application/json" },
	{ "PUT", "/api/v1/interval",
	  "Content-Type: application/jsonx\r\nContent-Length: 2\r\n\r\n{}", 415,
	  "application/json" },
	{ "PUT", "/api/v1/interval",
	  "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", 415,
	  "application/json" },
	{ "PUT", "/api/v1/interval", JSON_OF("1048577") "{", 413, "65536" },
	{ "POST", "/api/v1/jobs/A/x/kill", "", 404, "no such" },
	{ "POST", "/api/v1/jobs/A/9007199254740992/kill", "", 404, "no such" },
	{ "POST", "/api/v1/jobs/%ff/1/kill", "", 400, "UTF-8" },
	{ "POST", "/api/v1/jobs/A/1/explode", "", 404, "nothing" },
	{ "DELETE", "/api/v1/errors/x", "", 404, "no error" },
	{ "DELETE", "/api/v1/errors/-1", "", 404, "no error" },
	{ "GET", "/api/v1/jobs/A/x/history", "", 404, "no such system or job" },
	{ "POST", "/api/v1/systems/A/history", "", 405, "GET, HEAD" },
	{ "GET", "/api/v1/systems/A/history?system=B", "", 400, "limit, cursor" },
	{ "GET", "/api/v1/errors/1", "", 405, "DELETE" },
	{ "GET", "/api/v1/interval", "", 405, "PUT" },
	{ "HEAD", "/api/v1/poll", "", 405, "" },
	{ "PUT", "/api/v1/errors", "", 405, "GET, HEAD, DELETE" },
	{ "DELETE", "/api/v1/errors", "", 400, "system: is missing" },
	{ "DELETE", "/api/v1/errors?systen=A", "", 400, "this path takes system" },
	{ "POST", "/api/v1/resume?now=1", "", 400, "this path takes none" },
	{ "POST", "/api/v1/clean_up", JSON_OF("12") "{\"system\":7}", 400, "system: takes a text" },
	{ "PUT", "/api/v1/jobs/A/1/kill", "", 405, "POST" },
	{ "GET", "/api/v1/errors?cursor=%zz", "", 400, "cursor" },
};

START_TEST(each_refusal_asks_nothing)
{
	char path[128];

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(refusals[_i].path, "?"),
		 refusals[_i].path);
	ask(refusals[_i].method, refusals[_i].path, refusals[_i].headers);
	if (*refusals[_i].detail)
		check_problem(refusals[_i].code, refusals[_i].detail, path);
	ck_assert_int_eq(reply.code, refusals[_i].code);
	ck_assert_str_eq(box->order, "");
	if (refusals[_i].code == 405)
		ck_assert_ptr_nonnull(strstr(reply.head, "Allow: "));
}
END_TEST

static const struct {
	size_t len;
	bool chunked;
	int code;
} lengths[] = {
	{ 65536, false, 200 }, { 65537, false, 413 }, { 1048576, false, 413 },
	{ 65536, true, 200 },  { 65537, true, 413 },  { 1048576, true, 413 },
};

static char request[1100000];

/* Longer than the connection's own memory, with a Content-Length and in a chunk */
START_TEST(a_long_body_is_taken_up_to_its_limit)
{
	static const char body[] = "{\"seconds\":5}";
	size_t len = lengths[_i].len;
	int fd = http_connect(port);
	int used = snprintf(request, sizeof(request),
			    "PUT /api/v1/interval HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			    "Content-Type: application/json; charset=utf-8\r\n");

	if (lengths[_i].chunked)
		used += snprintf(request + used, sizeof(request) - (size_t)used,
				 "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", len);
	else
		used += snprintf(request + used, sizeof(request) - (size_t)used,
				 "Content-Length: %zu\r\n\r\n", len);
	used += snprintf(request + used, sizeof(request) - (size_t)used, "%s%*s%s", body,
			 (int)(len - strlen(body)), "", lengths[_i].chunked ? "\r\n0\r\n\r\n" : "");
	ck_assert_int_eq(write(fd, request, (size_t)used), used);
	ck_assert(http_read(fd, &reply));
	close(fd);
	ck_assert_int_eq(reply.code, lengths[_i].code);
	ck_assert_str_eq(box->params, reply.code == 200 ? "5" : "");
}
END_TEST

START_TEST(a_poll_is_accepted)
{
	ask("POST", "/api/v1/poll", "");
	ck_assert_int_eq(reply.code, 202);
	ck_assert_str_eq(reply.body, "{\"ok\":true}");
	ck_assert_str_eq(box->order, "poll_jobs");
	ask_with("POST", "/api/v1/poll", "{\"discovery\":true}");
	ck_assert_int_eq(reply.code, 202);
	ck_assert_str_eq(box->order, "update_database");
	box->failure = (struct chatterbox_error){ CHATTERBOX_E_FULL, 0, "", "try again" };
	ask("POST", "/api/v1/poll", "");
	check_problem(503, "try again", "/api/v1/poll");
	box->failure =
		(struct chatterbox_error){ CHATTERBOX_E_STANDBY, 0, "", "the leader is host:1" };
	ask("POST", "/api/v1/poll", "");
	check_problem(409, "the leader is host:1", "/api/v1/poll");
}
END_TEST

START_TEST(a_pause_of_no_time_is_refused)
{
	ask_with("POST", "/api/v1/pause", "{\"seconds\":0}");
	check_problem(400, "seconds: takes", "/api/v1/pause");
	ck_assert_str_eq(box->order, "");
}
END_TEST

START_TEST(an_error_is_removed_or_not_there)
{
	box->answer = "{\"removed\":1}";
	box->answer_result = 1;
	ask("DELETE", "/api/v1/errors/12", "");
	ck_assert_int_eq(reply.code, 200);
	ck_assert_str_eq(reply.body, "{\"removed\":1}");
	ck_assert_str_eq(box->order, "errors_remove");
	ck_assert_str_eq(box->params, "- 1 12");
	box->answer = "{\"removed\":0}";
	box->answer_result = 0;
	ask("DELETE", "/api/v1/errors/12", "");
	check_problem(404, "no error", "/api/v1/errors/12");
}
END_TEST

static void start_demo(void)
{
	start_with(NULL, NULL, true);
}

UNIT_SUITE(suite)
{
	TCase *open = tcase_create("open");

	tcase_add_checked_fixture(open, start_demo, stop);
	tcase_set_timeout(open, 60);
	tcase_add_loop_test(open, each_order_becomes_a_call, 0, sizeof(orders) / sizeof(orders[0]));
	tcase_add_loop_test(open, each_failure_is_a_problem, 0,
			    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(open, explain_without_sql_is_a_503);
	tcase_add_test(open, a_call_that_is_refused_is_a_500);
	tcase_add_loop_test(open, each_refusal_asks_nothing, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_loop_test(open, a_long_body_is_taken_up_to_its_limit, 0,
			    sizeof(lengths) / sizeof(lengths[0]));
	tcase_add_test(open, a_poll_is_accepted);
	tcase_add_test(open, a_pause_of_no_time_is_refused);
	tcase_add_test(open, an_error_is_removed_or_not_there);
	suite_add_tcase(suite, open);
}
