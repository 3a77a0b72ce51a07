/* SPDX-License-Identifier: MIT */
/* router.h - which route a path means; pure */
#ifndef CBD_ROUTER_H
#define CBD_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#define CBD_ROUTE_PARAMS 2
#define CBD_ROUTE_PARAM_SIZE 256

struct cbd_request;
struct cbd_member;

struct cbd_route {
	const char *pattern; /* "/api/v1/jobs/{system}/{job_id}"; also its label in the metrics */
	bool reads;          /* needs http_server.read_token when that is set */
	void (*answer)(struct cbd_request *request);
	/* May wait for a server: then the answer is made in the worker's thread. NULL = never. */
	bool (*blocks)(const struct cbd_request *request);
	const char *const *query; /* names of the query parameters it takes, NULL at the end */
	const char *writes;       /* its method; it needs http_server.token. NULL = GET and HEAD */
	const struct cbd_member *body; /* what its body takes; NULL = a body is ignored */
};

struct cbd_match {
	const struct cbd_route *route;
	char params[CBD_ROUTE_PARAMS]
		   [CBD_ROUTE_PARAM_SIZE]; /* what stood for each {name}, decoded */
};

/* What it may be asked with, as in the header Allow */
const char *cbd_route_methods(const struct cbd_route *route);
bool cbd_route_takes(const struct cbd_route *route, const char *method);
/* @path: as it came, percent-encoded. Return: 0, -ENOENT, -EILSEQ for bad percent-encoding. */
int cbd_router_match(const struct cbd_route *routes, size_t count, const char *path,
		     struct cbd_match *out);

#endif
