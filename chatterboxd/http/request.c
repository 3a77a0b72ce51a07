// SPDX-License-Identifier: MIT
/*
 * request.c - a request from its headers to its answer: checked, its body read, answered, sent
 *
 * A request that may wait for a server suspends its connection, so that libmicrohttpd's only thread
 * never waits: the worker, or the outcome of a call, answers it. A client that is refused may
 * finish what it has begun to send, up to a limit, so that it gets to read why.
 */
#include "accept.h"
#include "exchange.h"
#include "problem.h"
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void request_free(struct cbd_request *request)
{
	free(request->path);
	free(request->query);
	free(request->answer.body);
	if (request->answer.stream)
		cbd_subscriber_free(request->answer.stream);
	json_decref(request->params);
	cbd_body_free(&request->body);
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
	cbd_connection_allow(http, connection, CBD_DEADLINE_REQUEST_MS);
	cbd_connection_streams(http, connection, false);
	cbd_connection_client_waits(http, connection, true);
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
	/* from here on the request belongs to libmicrohttpd's thread again */
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
	request->gzip = cbd_accept_gzip(MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	request->path = strdup(url);
	if (!request->path) {
		free(request);
		return NULL;
	}
	return request;
}

/* Suspends the connection until the worker has answered */
static enum MHD_Result hand_over(struct cbd_request *request)
{
	MHD_suspend_connection(request->connection);
	if (cbd_worker_put(request->http->worker, &request->work) < 0) {
		cbd_answer_problem(request, 503, "too many questions wait for the database");
		MHD_resume_connection(request->connection);
	}
	return MHD_YES;
}

/* Too long even to be read and discarded: it has to be answered now */
static bool is_too_long(struct cbd_request *request)
{
	if (cbd_request_length(request->connection) <= CBD_BODY_DRAIN_MAX)
		return false;
	if (!request->answer.code)
		cbd_answer_problem(request, 413, CBD_BODY_TOO_LONG);
	return true;
}

static enum MHD_Result begin(struct cbd_http *http, struct MHD_Connection *connection,
			     const char *url, const char *method, void **slot)
{
	struct cbd_request *request = request_new(http, connection, url, method);

	*slot = request;
	if (!request)
		return MHD_NO;
	cbd_request_screen(request);
	cbd_connection_allow(http, connection, CBD_DEADLINE_REQUEST_MS);
	/* refused before its body is read; the others are answered in the next call */
	if (request->answer.code == 405 || request->answer.code == 414 ||
	    request->answer.code == 431 || is_too_long(request))
		return cbd_request_send(request);
	return MHD_YES;
}

/* A part of the body has come */
static enum MHD_Result take_body(struct cbd_request *request, const char *bytes, size_t len)
{
	const struct cbd_route *route = request->match.route;
	int result = 0;

	if (!request->answer.code && route->body)
		result = cbd_body_add(&request->body, bytes, len);
	else
		request->body.seen += len;
	if (result == -EFBIG)
		cbd_answer_problem(request, 413, CBD_BODY_TOO_LONG);
	else if (result < 0)
		cbd_answer_problem(request, 500, "out of memory");
	return request->body.seen > CBD_BODY_DRAIN_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result answer(struct cbd_request *request)
{
	const struct cbd_route *route = request->match.route;
	char error[CHATTERBOX_ERROR_TEXT] = "";
	int result;

	cbd_connection_client_waits(request->http, request->connection, false);
	if (!request->answer.code && route->body) {
		result = cbd_body_read(&request->body, route->body, &request->params, error);
		if (result < 0)
			cbd_answer_problem(request, cbd_problem_code(result),
					   *error ? error : "out of memory");
	}
	if (request->answer.code)
		return cbd_request_send(request);
	if (route->lists_jobs) /* before they are read */
		cbd_hub_position(request->http->hub, request->answer.position);
	if (route->blocks && route->blocks(request))
		return hand_over(request);
	route->answer(request);
	/* if it waits, another thread may be making its answer right now */
	return request->waits ? MHD_YES : cbd_request_send(request);
}

enum MHD_Result cbd_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **slot)
{
	struct cbd_request *request = *slot;
	size_t len = *upload_size;

	(void)version;
	if (!request)
		return begin(arg, connection, url, method, slot);
	*upload_size = 0;
	if (len)
		return take_body(request, upload, len);
	return answer(request);
}
