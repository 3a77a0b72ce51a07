/* SPDX-License-Identifier: MIT */
/* router.h - finds the route that a path means; pure */
#ifndef CBD_ROUTER_H
#define CBD_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CBD_ROUTE_PARAMS 2
#define CBD_ROUTE_PARAM_SIZE 256

struct cbd_request;
struct cbd_member;

struct cbd_route {
	const char *pattern; /* "/api/v1/jobs/{system}/{job_id}"; also the label in the metrics */
	bool reads;          /* needs http_server.read_token, if that is set */
	void (*answer)(struct cbd_request *request);
	/* May it wait for a server? Then the worker's thread makes the answer. NULL = never. */
	bool (*blocks)(const struct cbd_request *request);
	bool lists_jobs;          /* so it says up to which event */
	const char *const *query; /* names of its query parameters, NULL at the end */
	const char *writes;       /* its method; it needs http_server.token. NULL = GET and HEAD */
	const struct cbd_member *body; /* members of its body; NULL = a body is ignored */
};

struct cbd_match {
	const struct cbd_route *route;
	char methods[32]; /* of all routes at this path, as in the header Allow */
	char params[CBD_ROUTE_PARAMS][CBD_ROUTE_PARAM_SIZE]; /* the value of each {name}, decoded */
};

bool cbd_route_takes(const struct cbd_route *route, const char *method);
/* The route of this path that takes @method; if none does, one that does not. @path: as received,
 * percent-encoded. Return: 0, -ENOENT, -EILSEQ for bad percent-encoding. */
int cbd_router_match(const struct cbd_route *routes, size_t count, const char *path,
		     const char *method, struct cbd_match *out);

/* The number of a job or an error in a path: digits only, below 2^53; -1 for anything else */
int64_t cbd_number_of(const char *text);

#endif
