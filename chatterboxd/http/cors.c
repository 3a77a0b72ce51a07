// SPDX-License-Identifier: MIT
/*
 * cors.c - lets pages of other origins read, and only read
 *
 * A token is a header that the page sets itself; cookies are not used, so credentials are not
 * allowed.
 */
#include "cors.h"

#include "exchange.h"
#include "server.h"

#include <string.h>
#include <strings.h>

#define REQUESTS "Authorization, If-None-Match, Last-Event-ID"
#define ANSWERS "ETag, Retry-After, Chatterbox-Stream"
#define FRESH_SECONDS "600"

const char *cbd_cors_find(const char *origins, const char *origin, size_t *len)
{
	while (origins && *origins) {
		*len = strcspn(origins, "\n");
		if ((*len == 1 && *origins == '*') ||
		    (strlen(origin) == *len && !strncasecmp(origins, origin, *len)))
			return origins;
		origins += *len + (origins[*len] == '\n');
	}
	return NULL;
}

static const char *header_of(const struct cbd_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* Copies the origin as the list spells it; "" when it may not read */
static void origin_of(const struct cbd_request *request, char out[CBD_ORIGIN])
{
	struct cbd_http *http = request->http;
	const char *origin = header_of(request, MHD_HTTP_HEADER_ORIGIN);
	const char *found = NULL;
	size_t len = 0;

	out[0] = '\0';
	if (!origin || !request->match.route || request->match.route->writes)
		return;
	pthread_mutex_lock(&http->lock);
	found = cbd_cors_find(http->origins, origin, &len);
	if (found && len < CBD_ORIGIN) {
		memcpy(out, found, len);
		out[len] = '\0';
	}
	pthread_mutex_unlock(&http->lock);
}

bool cbd_cors_preflight(const struct cbd_request *request)
{
	const char *wanted = header_of(request, "Access-Control-Request-Method");
	char origin[CBD_ORIGIN];

	if (strcmp(request->method, "OPTIONS") != 0 || !wanted ||
	    (strcmp(wanted, "GET") != 0 && strcmp(wanted, "HEAD") != 0))
		return false;
	origin_of(request, origin);
	return *origin;
}

void cbd_cors_add(const struct cbd_request *request, struct MHD_Response *response)
{
	char origin[CBD_ORIGIN];

	origin_of(request, origin);
	if (!*origin)
		return;
	MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
	MHD_add_response_header(response, "Access-Control-Expose-Headers", ANSWERS);
	if (strcmp(request->method, "OPTIONS") != 0)
		return;
	MHD_add_response_header(response, "Access-Control-Allow-Methods", "GET, HEAD");
	MHD_add_response_header(response, "Access-Control-Allow-Headers", REQUESTS);
	MHD_add_response_header(response, "Access-Control-Max-Age", FRESH_SECONDS);
}
