// SPDX-License-Identifier: MIT
/* answer.c - sets the answer to a request, in any thread, and sends it with its headers in
 * libmicrohttpd's thread */
#include "common/cleanup.h"
#include "cors.h"
#include "exchange.h"
#include "problem.h"
#include "server.h"

#include <stdio.h>
#include <string.h>

#define API_POLICY "default-src 'none'; frame-ancestors 'none'"
#define PAGE_POLICY                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define OUT_OF_MEMORY                                                                   \
	"{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500," \
	"\"detail\":\"out of memory\"}"

void cbd_answer_text(struct cbd_request *request, unsigned code, const char *type, char *body)
{
	request->answer.code = body ? code : 500;
	request->answer.type = type;
	request->answer.body = body;
}

void cbd_answer_json(struct cbd_request *request, unsigned code, const char *json)
{
	cbd_answer_text(request, code, "application/json", strdup(json));
}

static void answer_failure(struct cbd_request *request, unsigned code, const char *detail,
			   const char *reason)
{
	cbd_answer_text(request, code, "application/problem+json",
			cbd_problem_json(code, detail, request->path, reason));
}

void cbd_answer_problem(struct cbd_request *request, unsigned code, const char *detail)
{
	answer_failure(request, code, detail, "");
}

void cbd_answer_error(struct cbd_request *request, const struct chatterbox_error *error)
{
	answer_failure(request, cbd_problem_code_of(error), error->text, error->reason);
}

static bool is_unchanged(const struct cbd_request *request)
{
	const char *known = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_IF_NONE_MATCH);

	return cbd_etag_is_known(known, request->answer.etag);
}

/* What a page asks for again and again: lists, and what else is read as JSON */
static bool may_come_again(const struct cbd_request *request)
{
	const struct cbd_route *route = request->match.route;

	return request->answer.code == 200 && route && route->reads &&
	       !strcmp(request->answer.type, "application/json");
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
	/* what has a tag is kept by its reader alone, and asked for again each time */
	header(response, "Cache-Control",
	       answer->asset   ? "no-cache"
	       : *answer->etag ? "private, no-cache"
			       : "no-store");
	if (*answer->etag)
		header(response, "ETag", answer->etag);
	if (answer->zipped && answer->code != 304)
		header(response, "Content-Encoding", "gzip");
	if (answer->location)
		header(response, "Location", answer->location);
	if (answer->code == 405)
		header(response, "Allow", request->match.methods);
	if (answer->code == 503)
		header(response, "Retry-After", "5");
	if (answer->challenge)
		header(response, "WWW-Authenticate", "Bearer realm=\"chatterbox\"");
	if (*answer->position)
		header(response, "Chatterbox-Stream", answer->position);
	header(response, "Vary",
	       answer->vary ? "Accept, Accept-Encoding, Origin" : "Accept-Encoding, Origin");
	cbd_cors_add(request, response);
}

static struct MHD_Response *lasting(const void *bytes, size_t len)
{
	return MHD_create_response_from_buffer(len, (void *)(uintptr_t)bytes,
					       MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *unchanged(struct cbd_request *request)
{
	request->answer.code = 304;
	return lasting(NULL, 0);
}

static struct MHD_Response *build_asset(struct cbd_request *request)
{
	struct cbd_answer *answer = &request->answer;
	const struct cbd_asset *asset = answer->asset;

	answer->zipped = request->gzip && asset->zipped;
	snprintf(answer->etag, sizeof(answer->etag), "%s",
		 answer->zipped ? asset->zipped_etag : asset->etag);
	if (is_unchanged(request))
		return unchanged(request);
	return answer->zipped ? lasting(asset->zipped, asset->zipped_len)
			      : lasting(asset->bytes, asset->len);
}

static struct MHD_Response *build_text(struct cbd_request *request)
{
	struct cbd_answer *answer = &request->answer;
	struct MHD_Response *response;
	size_t len = strlen(answer->body);
	size_t zipped_len = 0;
	char *zipped = NULL;
	bool tagged = may_come_again(request);

	answer->zipped = request->gzip && len > CBD_GZIP_LEAST;
	if (tagged)
		cbd_etag(answer->body, len, answer->zipped, answer->etag);
	if (tagged && is_unchanged(request))
		return unchanged(request);
	if (answer->zipped)
		zipped = cbd_gzip(answer->body, len, &zipped_len);
	if (zipped) {
		free(answer->body);
		answer->body = zipped;
		len = zipped_len;
	} else if (answer->zipped) {
		answer->zipped = false;
		if (tagged)
			cbd_etag(answer->body, len, false, answer->etag);
	}
	response = MHD_create_response_from_buffer(len, answer->body, MHD_RESPMEM_MUST_FREE);
	if (response)
		answer->body = NULL;
	return response;
}

static struct MHD_Response *build(struct cbd_request *request)
{
	struct cbd_answer *answer = &request->answer;
	struct MHD_Response *response;

	if (answer->asset)
		return build_asset(request);
	if (answer->stream) {
		response = cbd_subscriber_response(answer->stream);
		if (response)
			answer->stream = NULL;
		return response;
	}
	if (answer->body)
		return build_text(request);
	answer->type = "application/problem+json";
	return lasting(OUT_OF_MEMORY, strlen(OUT_OF_MEMORY));
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

	cbd_counts_add(http->counts, route, request->answer.code);
	snprintf(code, sizeof(code), "%u", request->answer.code);
	snprintf(ms, sizeof(ms), "%lld", (long long)(cbd_monotonic_ms() - request->started_ms));
	if (http->log)
		http->log(http->log_user, CHATTERBOX_LOG_DEBUG, fields, CBX_COUNT(fields),
			  "http request");
}

/* A quiet stream is no dead connection */
static void let_it_last(struct cbd_request *request)
{
	cbd_connection_allow(request->http, request->connection, -1);
	cbd_connection_streams(request->http, request->connection, true);
	MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
}

enum MHD_Result cbd_request_send(struct cbd_request *request)
{
	bool streams = request->answer.stream;
	struct MHD_Response *response = build(request);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_headers(request, response);
	result = MHD_queue_response(request->connection, request->answer.code, response);
	MHD_destroy_response(response);
	cbd_connection_allow(request->http, request->connection, CBD_DEADLINE_ANSWER_MS);
	if (streams)
		let_it_last(request);
	tell(request);
	return result;
}
