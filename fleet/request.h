/* SPDX-License-Identifier: MIT */
/* request.h - a parsed request to nl-hdms, shared by request.c and answer.c */
#ifndef CBX_FLEET_REQUEST_H
#define CBX_FLEET_REQUEST_H

#include "fleet/answer.h"

#include <jansson.h>

enum cbx_fleet_event {
	CBX_FLEET_JOB_STATUS,
	CBX_FLEET_JOB_LIST,
	CBX_FLEET_JOB_PAUSE,
	CBX_FLEET_JOB_RESUME,
	CBX_FLEET_JOB_KILL,
	CBX_FLEET_EVENTS,
};

/* One system of the request */
struct cbx_fleet_ask {
	struct cbx_fleet_system *system;
	int64_t *jobs; /* NULL: all of them */
	size_t job_count;
};

struct cbx_fleet_request {
	json_t *root;
	json_t *id; /* borrowed from the root; NULL when absent */
	enum cbx_fleet_envelope envelope;
	enum cbx_fleet_event event;
	struct cbx_fleet_ask *asks;
	size_t count;
	const char *code; /* why it is refused; NULL when it is not; static */
	const char *message;
};

const char *cbx_fleet_event_name(enum cbx_fleet_event event);
/* Fills @request, which must be zeroed; a bad one has a code. Return: 0, -ENOMEM. */
int cbx_fleet_request_read(struct cbx_fleet_request *request, const struct cbx_fleet_world *world,
			   const char *body, size_t len, enum cbx_fleet_envelope envelope);
void cbx_fleet_request_clear(struct cbx_fleet_request *request);

#endif
