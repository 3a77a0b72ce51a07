/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - one request and its answer, as the routes see them
 *
 * A request is made in MHD's thread when its headers are there, answered in that thread or in the
 * worker's, never in both at once, and freed when MHD has done with it.
 */
#ifndef CBD_EXCHANGE_H
#define CBD_EXCHANGE_H

#include "asset.h"
#include "router.h"
#include "worker.h"

#include <chatterbox/chatterbox.h>
#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;
struct cbd_http;

struct cbd_answer {
	unsigned code; /* 0 = there is none yet */
	const char *type;
	char *body;                    /* allocated, or NULL */
	const struct cbd_asset *asset; /* instead of a body */
	bool challenge;                /* with WWW-Authenticate */
	bool vary;                     /* the answer depends on Accept */
};

struct cbd_request {
	struct cbd_work work;
	struct cbd_http *http;
	struct MHD_Connection *connection;
	struct chatterbox *box; /* borrowed from http */
	struct cbd_match match; /* its route is NULL when nothing matched */
	char *path;             /* as it came */
	const char *method;
	char *query;      /* JSON object of the parameters that the route takes, or NULL */
	bool openmetrics; /* what Accept asks for */
	int64_t started_ms;
	struct cbd_answer answer;
};

/* The routes, and the room in which they are answered (routes.c) */
extern const struct cbd_route cbd_routes[];
extern const size_t cbd_route_count;

/* Sets the answer. @body is taken over; NULL becomes a 500. */
void cbd_answer_text(struct cbd_request *request, unsigned code, const char *type, char *body);
void cbd_answer_problem(struct cbd_request *request, unsigned code, const char *detail);

#endif
