/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - one request and its answer, as the routes see them
 *
 * A request is created in libmicrohttpd's thread when its headers have come; it is answered in that
 * thread, in the worker's, or in main's, but never in two at once; and freed when
 * libmicrohttpd is done with it.
 */
#ifndef CBD_EXCHANGE_H
#define CBD_EXCHANGE_H

#include "asset.h"
#include "body.h"
#include "encode.h"
#include "router.h"
#include "sse/frame.h"
#include "worker.h"

#include <chatterbox/chatterbox.h>
#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;
struct cbd_http;
struct cbd_subscriber;

struct cbd_answer {
	unsigned code; /* 0 = not answered yet */
	const char *type;
	char *body;                       /* allocated, or NULL */
	const struct cbd_asset *asset;    /* instead of a body */
	struct cbd_subscriber *stream;    /* instead of a body: events, as they come */
	char position[CBD_POSITION_TEXT]; /* a list holds every event up to there; "" = no list */
	const char *location;             /* of a redirection, or NULL */
	char etag[CBD_ETAG];              /* "" = it has none */
	bool zipped;
	bool challenge; /* with WWW-Authenticate */
	bool vary;      /* the answer depends on Accept */
};

struct cbd_request {
	struct cbd_work work;
	struct cbd_http *http;
	struct MHD_Connection *connection;
	struct chatterbox *box; /* borrowed from http */
	struct cbd_match match; /* its route is NULL when nothing matched */
	char *path;             /* as received */
	const char *method;
	char *query; /* JSON object of the parameters, or NULL */
	struct cbd_body body;
	json_t *params;   /* what the body says, or NULL */
	bool openmetrics; /* what Accept asks for */
	bool gzip;        /* is accepted */
	bool by_token;    /* it came with a token that opens what it asks for */
	bool waits;       /* for the answer of a call, which will set the answer */
	int64_t started_ms;
	struct cbd_answer answer;
};

/* The routes (routes.c) */
extern const struct cbd_route cbd_routes[];
extern const size_t cbd_route_count;

/* metrics.c */
void cbd_answer_metrics(struct cbd_request *request);
/* series_route.c */
void cbd_answer_series(struct cbd_request *request);

/* screen.c: checks everything that can be refused without asking the library; sets the answer if so
 */
void cbd_request_screen(struct cbd_request *request);

/* stream.c: live events */
void cbd_stream_events(struct cbd_request *request);

/* orders.c: routes that change something, and others that wait for a call */
void cbd_order_poll(struct cbd_request *request);
void cbd_order_interval(struct cbd_request *request);
void cbd_order_pause(struct cbd_request *request);
void cbd_order_resume(struct cbd_request *request);
void cbd_order_job_pause(struct cbd_request *request);
void cbd_order_job_resume(struct cbd_request *request);
void cbd_order_job_kill(struct cbd_request *request);
void cbd_order_errors(struct cbd_request *request);
void cbd_order_remove_error(struct cbd_request *request);
void cbd_order_remove_errors(struct cbd_request *request);
void cbd_order_pause_all(struct cbd_request *request);
void cbd_order_resume_all(struct cbd_request *request);
void cbd_order_clean_up(struct cbd_request *request);
extern const struct cbd_member cbd_order_poll_body[];
extern const struct cbd_member cbd_order_interval_body[];
extern const struct cbd_member cbd_order_pause_body[];
extern const struct cbd_member cbd_order_all_body[];
extern const struct cbd_member cbd_order_clean_up_body[];
extern const struct cbd_member cbd_order_no_body[];

/* history.c */
void cbd_history_of_job(struct cbd_request *request);
/* incidents.c */
void cbd_incidents(struct cbd_request *request);
void cbd_incident(struct cbd_request *request);
void cbd_incident_clean_up(struct cbd_request *request);
extern const struct cbd_member cbd_incident_clean_up_body[];
void cbd_history_of_system(struct cbd_request *request);
void cbd_explain_job(struct cbd_request *request);
void cbd_explain_system(struct cbd_request *request);

/* asker.c: who asks, as it stands in the table orders; a name of a token and a class of addresses
 */
#define CBD_ASKER 64
void cbd_asker_write(const struct cbd_request *request, char out[CBD_ASKER]);

/* outlook.c */
void cbd_answer_outlook(struct cbd_request *request);

/* These set the answer. @body is taken over; NULL becomes a 500. */
void cbd_answer_text(struct cbd_request *request, unsigned code, const char *type, char *body);
void cbd_answer_json(struct cbd_request *request, unsigned code, const char *json);
void cbd_answer_problem(struct cbd_request *request, unsigned code, const char *detail);
/* By an error of the library */
void cbd_answer_error(struct cbd_request *request, const struct chatterbox_error *error);

#endif
