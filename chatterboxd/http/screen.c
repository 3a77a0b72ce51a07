// SPDX-License-Identifier: MIT
/*
 * screen.c - refuses requests that can be refused without asking the library
 *
 * It checks in this order: length, path, method, token, type and length of the body, parameters.
 * Where writes are open without a token, they are still refused to pages of other sites, which a
 * browser on this machine may be showing.
 */
#include "auth.h"
#include "cors.h"
#include "exchange.h"
#include "problem.h"
#include "query.h"
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum cbd_access {
	CBD_ACCESS_BY_TOKEN,
	CBD_ACCESS_OPEN,        /* to all */
	CBD_ACCESS_NO_TOKEN,    /* one is needed */
	CBD_ACCESS_WRONG_TOKEN, /* a token was given, but not the right one */
	CBD_ACCESS_CLOSED,      /* to all */
};

static const char *header_of(const struct cbd_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static void refuse_method(struct cbd_request *request)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "this path takes %s", request->match.methods);
	cbd_answer_problem(request, 405, detail);
}

/* Without an Origin it is not from a browser, or from a page of this server */
static bool comes_from_elsewhere(const struct cbd_request *request)
{
	const char *origin = header_of(request, MHD_HTTP_HEADER_ORIGIN);
	const char *host = header_of(request, MHD_HTTP_HEADER_HOST);
	const char *authority = origin ? strstr(origin, "://") : NULL;

	if (!origin)
		return false;
	return !authority || !host || strcasecmp(authority + 3, host) != 0;
}

static enum cbd_access access_of(struct cbd_http *http, bool writes, const char *header)
{
	const char *token = cbd_auth_bearer(header);
	bool reader;
	bool writer;
	bool locked;

	pthread_mutex_lock(&http->lock);
	/* always both, so that the time taken does not show which one was close */
	reader = token && cbd_auth_equal(http->read_token, token);
	writer = token && cbd_auth_equal(http->token, token);
	locked = writes ? *http->token : *http->read_token;
	pthread_mutex_unlock(&http->lock);
	/* who may write may read */
	if (writer || (reader && !writes))
		return CBD_ACCESS_BY_TOKEN;
	if (locked)
		return token ? CBD_ACCESS_WRONG_TOKEN : CBD_ACCESS_NO_TOKEN;
	return !writes || (http->demo && http->listener.loopback) ? CBD_ACCESS_OPEN
								  : CBD_ACCESS_CLOSED;
}

static void check_access(struct cbd_request *request)
{
	bool writes = request->match.route->writes;
	enum cbd_access access =
		access_of(request->http, writes, header_of(request, MHD_HTTP_HEADER_AUTHORIZATION));

	request->by_token = access == CBD_ACCESS_BY_TOKEN;
	request->answer.challenge =
		access == CBD_ACCESS_NO_TOKEN || access == CBD_ACCESS_WRONG_TOKEN;
	if (access == CBD_ACCESS_CLOSED)
		cbd_answer_problem(request, 403, "writing is closed: http_server.token is not set");
	else if (access == CBD_ACCESS_NO_TOKEN)
		cbd_answer_problem(request, 401,
				   writes ? "writing needs Authorization: Bearer <token>"
					  : "reading needs Authorization: Bearer <token>");
	else if (access == CBD_ACCESS_WRONG_TOKEN)
		cbd_answer_problem(request, 401,
				   writes ? "this token does not open http_server.token"
					  : "this token does not open http_server.read_token");
	else if (access == CBD_ACCESS_OPEN && writes && comes_from_elsewhere(request))
		cbd_answer_problem(request, 403,
				   "without a token no other site's page may write here");
}

/* Ignores parameters such as charset */
static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t len = strcspn(type, "; \t");

	return len == sizeof(json) - 1 && !strncasecmp(type, json, len);
}

static void check_body(struct cbd_request *request)
{
	const char *type = header_of(request, MHD_HTTP_HEADER_CONTENT_TYPE);
	bool chunked = header_of(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
	unsigned long long len = cbd_request_length(request->connection);

	if (len > CBD_BODY_MAX)
		cbd_answer_problem(request, 413, CBD_BODY_TOO_LONG);
	else if ((len || chunked) && type && !is_json(type))
		cbd_answer_problem(request, 415, "a body has to be application/json");
}

unsigned long long cbd_request_length(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length ? strtoull(length, NULL, 10) : 0;
}

static void check_query(struct cbd_request *request)
{
	char error[CHATTERBOX_ERROR_TEXT] = "";
	int result = cbd_query_read(request->connection, request->match.route->query,
				    &request->query, error);

	if (result < 0)
		cbd_answer_problem(request, cbd_problem_code(result), error);
}

static enum MHD_Result add_length(void *arg, enum MHD_ValueKind kind, const char *key,
				  size_t key_len, const char *value, size_t value_len)
{
	size_t *sum = arg;

	(void)kind;
	(void)key;
	/* with the two bytes of "?=", "&=" or ": ", and the line end */
	*sum += key_len + 2 + (value ? value_len : 0) + 2;
	return MHD_YES;
}

/* What is longer than libmicrohttpd's memory gets libmicrohttpd's own refusal, which is not JSON */
static void check_length(struct cbd_request *request)
{
	size_t target = strlen(request->path);
	size_t headers = 0;

	MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, add_length,
				    &target);
	MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, add_length, &headers);
	if (target > CBD_TARGET_MAX)
		cbd_answer_problem(request, 414, "path and parameters may have 4096 bytes at most");
	else if (headers > CBD_HEADERS_MAX)
		cbd_answer_problem(request, 431, "all headers may have 8192 bytes at most");
}

/* What follows http_server.base_path, which begins with a /; NULL when the path is not below it */
static const char *below_base(const struct cbd_request *request)
{
	size_t len = strlen(request->http->base);

	return !strncmp(request->path, request->http->base, len) && request->path[len] == '/'
		       ? request->path + len
		       : NULL;
}

/* Relative links of the page need the / behind the prefix */
static void redirect(struct cbd_request *request)
{
	cbd_answer_problem(request, 308, "the page is below this path");
	request->answer.location = request->http->base_slash;
}

void cbd_request_screen(struct cbd_request *request)
{
	const char *path = below_base(request);
	int result = path ? cbd_router_match(cbd_routes, cbd_route_count, path, request->method,
					     &request->match)
			  : -ENOENT;
	const struct cbd_route *route = request->match.route;

	check_length(request);
	if (request->answer.code)
		return;
	if (!path && *request->path && !strcmp(request->path, request->http->base))
		return redirect(request);
	if (result == -EILSEQ)
		return cbd_answer_problem(request, 400, "path: bad percent-encoding or no UTF-8");
	if (result < 0)
		return cbd_answer_problem(request, 404, "there is nothing at this path");
	if (cbd_cors_preflight(request))
		return cbd_answer_text(request, 204, "text/plain; charset=utf-8", strdup(""));
	if (!cbd_route_takes(route, request->method))
		return refuse_method(request);
	if (route->reads || route->writes)
		check_access(request);
	if (!request->answer.code && route->body)
		check_body(request);
	if (!request->answer.code && (route->reads || route->writes))
		check_query(request);
}
