// SPDX-License-Identifier: MIT
/*
 * request.c - the life of a request: screened, answered here or by the worker, sent, counted
 *
 * Decides the order of refusals: unknown path, method, token, parameters. A request that may wait
 * for a server suspends its connection, so that libmicrohttpd's one thread never waits.
 */
#include "accept.h"
#include "cleanup.h"
#include "exchange.h"
#include "problem.h"
#include "query.h"
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define METHODS "GET, HEAD"
#define API_POLICY "default-src 'none'; frame-ancestors 'none'"
#define PAGE_POLICY                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define OUT_OF_MEMORY                                                                   \
	"{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500," \
	"\"detail\":\"out of memory\"}"

static struct cbd_deadline *deadline_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void cbd_connection_changed(void *arg, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct cbd_http *http = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		cbd_deadline_remove(http->deadlines, *context);
	else if (info)
		*context = cbd_deadline_add(http->deadlines, info->connect_fd,
					    cbd_monotonic_ms() + CBD_DEADLINE_REQUEST_MS);
}

static void request_free(struct cbd_request *request)
{
	free(request->path);
	free(request->query);
	free(request->answer.body);
	free(request);
}

void cbd_request_completed(void *arg, struct MHD_Connection *connection, void **slot,
			   enum MHD_RequestTerminationCode why)
{
	struct cbd_http *http = arg;

	(void)why;
	if (*slot)
		request_free(*slot);
	*slot = NULL;
	cbd_deadline_move(http->deadlines, deadline_of(connection),
			  cbd_monotonic_ms() + CBD_DEADLINE_REQUEST_MS);
}

/* Everything that can be refused before the library is asked */
static void screen(struct cbd_request *request)
{
	const char *authorization = MHD_lookup_connection_value(
		request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	int result = cbd_router_match(cbd_routes, cbd_route_count, request->path, &request->match);
	char error[CHATTERBOX_ERROR_TEXT] = "";
	bool given;

	if (result == -EILSEQ)
		return cbd_answer_problem(request, 400, "path: bad percent-encoding or no UTF-8");
	if (result < 0)
		return cbd_answer_problem(request, 404, "there is nothing at this path");
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		return cbd_answer_problem(request, 405, "this path takes " METHODS);
	if (request->match.route->reads &&
	    !cbd_http_may_read(request->http, authorization, &given)) {
		request->answer.challenge = true;
		return cbd_answer_problem(request, 401,
					  given ? "this token does not open http_server.read_token"
						: "reading needs Authorization: Bearer <token>");
	}
	if (!request->match.route->query)
		return;
	result = cbd_query_read(request->connection, request->match.route->query, &request->query,
				error);
	if (result < 0)
		cbd_answer_problem(request, cbd_problem_code(result), error);
}

static void work(struct cbd_work *work, bool abandoned)
{
	/* work is the first member */
	struct cbd_request *request = (struct cbd_request *)(void *)work;
	struct MHD_Connection *connection = request->connection;

	if (abandoned)
		cbd_answer_problem(request, 503, "chatterboxd is stopping");
	else
		request->match.route->answer(request);
	/* from here on the request is libmicrohttpd's thread's again */
	MHD_resume_connection(connection);
}

static struct cbd_request *request_new(struct cbd_http *http, struct MHD_Connection *connection,
				       const char *url, const char *method)
{
	struct cbd_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->work.run = work;
	request->http = http;
	request->connection = connection;
	request->box = http->box;
	request->method = method;
	request->started_ms = cbd_monotonic_ms();
	request->openmetrics = cbd_accept_openmetrics(
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	request->path = strdup(url);
	if (!request->path) {
		free(request);
		return NULL;
	}
	return request;
}

static bool is_unchanged(const struct cbd_request *request)
{
	const struct cbd_asset *asset = request->answer.asset;
	const char *known = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_IF_NONE_MATCH);

	return asset && known && strstr(known, asset->etag);
}

static void header(struct MHD_Response *response, const char *name, const char *value)
{
	MHD_add_response_header(response, name, value);
}

static void add_headers(const struct cbd_request *request, struct MHD_Response *response)
{
	const struct cbd_answer *answer = &request->answer;

	header(response, "Content-Type", answer->type);
	header(response, "X-Content-Type-Options", "nosniff");
	header(response, "Referrer-Policy", "no-referrer");
	header(response, "Content-Security-Policy", answer->asset ? PAGE_POLICY : API_POLICY);
	header(response, "Cache-Control", answer->asset ? "no-cache" : "no-store");
	if (answer->asset)
		header(response, "ETag", answer->asset->etag);
	if (answer->code == 405)
		header(response, "Allow", METHODS);
	if (answer->code == 503)
		header(response, "Retry-After", "5");
	if (answer->challenge)
		header(response, "WWW-Authenticate", "Bearer realm=\"chatterbox\"");
	if (answer->vary)
		header(response, "Vary", "Accept");
}

static struct MHD_Response *build(struct cbd_request *request)
{
	struct cbd_answer *answer = &request->answer;
	struct MHD_Response *response;

	if (is_unchanged(request)) {
		answer->code = 304;
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	}
	if (answer->asset)
		return MHD_create_response_from_buffer(answer->asset->len,
						       (void *)(uintptr_t)answer->asset->bytes,
						       MHD_RESPMEM_PERSISTENT);
	if (!answer->body) {
		answer->type = "application/problem+json";
		return MHD_create_response_from_buffer(strlen(OUT_OF_MEMORY),
						       (void *)(uintptr_t)OUT_OF_MEMORY,
						       MHD_RESPMEM_PERSISTENT);
	}
	response = MHD_create_response_from_buffer(strlen(answer->body), answer->body,
						   MHD_RESPMEM_MUST_FREE);
	if (response)
		answer->body = NULL;
	return response;
}

static void tell(const struct cbd_request *request)
{
	const struct cbd_http *http = request->http;
	const char *route = request->match.route ? request->match.route->pattern : "unmatched";
	char code[16];
	char ms[32];
	const struct chatterbox_log_field fields[] = { { "method", request->method },
						       { "path", request->path },
						       { "code", code },
						       { "ms", ms } };

	chatterbox_http_count(http->box, route, (int)request->answer.code);
	snprintf(code, sizeof(code), "%u", request->answer.code);
	snprintf(ms, sizeof(ms), "%lld", (long long)(cbd_monotonic_ms() - request->started_ms));
	if (http->log)
		http->log(http->log_user, CHATTERBOX_LOG_DEBUG, fields, CBD_COUNT(fields),
			  "http request");
}

static enum MHD_Result send_answer(struct cbd_request *request)
{
	struct MHD_Response *response = build(request);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_headers(request, response);
	result = MHD_queue_response(request->connection, request->answer.code, response);
	MHD_destroy_response(response);
	cbd_deadline_move(request->http->deadlines, deadline_of(request->connection),
			  cbd_monotonic_ms() + CBD_DEADLINE_ANSWER_MS);
	tell(request);
	return result;
}

/* Leaves the connection alone until the worker has answered */
static enum MHD_Result hand_over(struct cbd_request *request)
{
	MHD_suspend_connection(request->connection);
	if (cbd_worker_put(request->http->worker, &request->work) < 0) {
		cbd_answer_problem(request, 503, "too many questions wait for the database");
		MHD_resume_connection(request->connection);
	}
	return MHD_YES;
}

enum MHD_Result cbd_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **slot)
{
	struct cbd_request *request = *slot;
	const struct cbd_route *route;

	(void)version;
	(void)upload;
	if (!request) {
		request = request_new(arg, connection, url, method);
		*slot = request;
		if (!request)
			return MHD_NO;
		screen(request);
		/* refused before its body is read; the others get their answer in the next call */
		return request->answer.code == 405 ? send_answer(request) : MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (request->answer.code)
		return send_answer(request);
	route = request->match.route;
	if (route->blocks && route->blocks(request))
		return hand_over(request);
	route->answer(request);
	return send_answer(request);
}
