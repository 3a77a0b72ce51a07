/* SPDX-License-Identifier: MIT */
/* server.h - the state of the HTTP server, shared by server.c and request.c */
#ifndef CBD_SERVER_H
#define CBD_SERVER_H

#include "calls.h"
#include "count.h"
#include "deadline.h"
#include "http.h"
#include "listen.h"
#include "series.h"
#include "sse/hub.h"
#include "worker.h"

#include <microhttpd.h>
#include <pthread.h>

/* Limits of a request: path with parameters; all headers. libmicrohttpd has more memory per
 * connection than both, so that we get to say what was too long. */
#define CBD_TARGET_MAX ((size_t)4096)
#define CBD_HEADERS_MAX ((size_t)8192)
#define CBD_ORIGIN 256
/* Besides streams of events, which have a number of their own */
#define CBD_CONNECTIONS 512U
#define CBD_CONNECTION_MEMORY ((size_t)32768)

struct cbd_http {
	struct MHD_Daemon *daemons[CBD_SOCKETS]; /* one for each listening socket */
	struct cbd_worker *worker;
	struct cbd_calls *calls;
	struct cbd_counts *counts;
	struct cbd_deadlines *deadlines;
	int64_t enforce_at_ms; /* the main thread's */
	struct cbd_series *series;
	struct cbd_hub *hub;
	struct chatterbox *box;
	struct cbd_listener listener;
	chatterbox_log_fn log;
	void *log_user;
	uint64_t (*log_dropped)(void *log_user); /* NULL: none ever */
	bool demo;
	bool tls;
	_Atomic bool reload_failed; /* the last one */
	char *base;                 /* the prefix of all paths, "" or "/a/b"; never changes */
	char *base_slash;           /* with a / at its end */
	pthread_mutex_t lock;       /* of what SIGHUP changes: */
	char *origins;              /* those whose pages may read, one a line */
	char *token;
	char *read_token;
};

/* connection.c: the connection has so much time from now on; negative = no limit */
void cbd_connection_allow(struct cbd_http *http, struct MHD_Connection *connection, int64_t ms);
/* Says whether the client is waited for, or we are */
void cbd_connection_client_waits(struct cbd_http *http, struct MHD_Connection *connection,
				 bool waits);
/* It is a stream of events now, or not any more */
void cbd_connection_streams(struct cbd_http *http, struct MHD_Connection *connection, bool streams);
/* connection.c: libmicrohttpd's callback when one is opened or closed */
void cbd_connection_changed(void *http, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode what);
/* screen.c: the Content-Length, 0 if there is none */
unsigned long long cbd_request_length(struct MHD_Connection *connection);
/* series_route.c: main's thread, about once a second */
void cbd_series_sample(struct cbd_http *http, int64_t monotonic_ms);
/* answer.c: sends the answer that was set */
enum MHD_Result cbd_request_send(struct cbd_request *request);

/* request.c: libmicrohttpd's callbacks */
enum MHD_Result cbd_request_handle(void *http, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **request);
void cbd_request_completed(void *http, struct MHD_Connection *connection, void **request,
			   enum MHD_RequestTerminationCode why);

#endif
