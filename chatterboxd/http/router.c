// SPDX-License-Identifier: MIT
/*
 * router.c - compares a path with the patterns of the routes, segment by segment
 *
 * Segments are separated first and decoded afterwards, so that an encoded slash is part of a name.
 * A name longer than any name can be is not found.
 */
#include "router.h"

#include "uri.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Compares one segment: 0 = equal, -ENOENT = not, -EILSEQ */
static int compare(const char *pattern, size_t pattern_len, const char *path, size_t path_len,
		   char param[CBD_ROUTE_PARAM_SIZE])
{
	int len = cbd_uri_decode(path, path_len, param, CBD_ROUTE_PARAM_SIZE);

	if (len == -ENAMETOOLONG)
		return -ENOENT;
	if (len < 0)
		return len;
	if (*pattern == '{')
		return len ? 0 : -ENOENT;
	return (size_t)len == pattern_len && !memcmp(pattern, param, pattern_len) ? 0 : -ENOENT;
}

static int match_route(const struct cbd_route *route, const char *path, struct cbd_match *out)
{
	const char *pattern = route->pattern;
	char segment[CBD_ROUTE_PARAM_SIZE];
	size_t params = 0;

	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/");
		size_t path_len = strcspn(++path, "/");
		bool named = *pattern == '{' && params < CBD_ROUTE_PARAMS;
		int result = compare(pattern, pattern_len, path, path_len,
				     named ? out->params[params] : segment);

		if (result < 0)
			return result;
		params += named;
		pattern += pattern_len;
		path += path_len;
	}
	return *pattern || *path ? -ENOENT : 0;
}

bool cbd_route_takes(const struct cbd_route *route, const char *method)
{
	if (route->writes)
		return !strcmp(method, route->writes);
	return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

static void add_methods(const struct cbd_route *route, struct cbd_match *match)
{
	size_t len = strlen(match->methods);

	snprintf(match->methods + len, sizeof(match->methods) - len, "%s%s", len ? ", " : "",
		 route->writes ? route->writes : "GET, HEAD");
}

int cbd_router_match(const struct cbd_route *routes, size_t count, const char *path,
		     const char *method, struct cbd_match *out)
{
	struct cbd_match found = { .route = NULL };
	int worst = -ENOENT;
	size_t i;

	for (i = 0; i < count; i++) {
		struct cbd_match match = { .route = NULL };
		int result = match_route(&routes[i], path, &match);

		if (result == -EILSEQ)
			worst = result;
		if (result < 0)
			continue;
		if (!found.route || cbd_route_takes(&routes[i], method)) {
			found.route = &routes[i];
			memcpy(found.params, match.params, sizeof(found.params));
		}
		add_methods(&routes[i], &found);
	}
	if (!found.route)
		return worst;
	*out = found;
	return 0;
}

#define NUMBER_END ((int64_t)1 << 53)

int64_t cbd_number_of(const char *text)
{
	int64_t id = 0;

	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		id = id * 10 + (*text - '0');
		if (id >= NUMBER_END)
			return -1;
	}
	return id;
}
