/* SPDX-License-Identifier: MIT */
/* server.h - the HTTP server's own state, shared by server.c and request.c */
#ifndef CBD_SERVER_H
#define CBD_SERVER_H

#include "deadline.h"
#include "http.h"
#include "listen.h"
#include "worker.h"

#include <microhttpd.h>
#include <pthread.h>

struct cbd_http {
	struct MHD_Daemon *daemon;
	struct cbd_worker *worker;
	struct cbd_deadlines *deadlines;
	struct chatterbox *box;
	struct cbd_listener listener;
	chatterbox_log_fn log;
	void *log_user;
	pthread_mutex_t lock; /* of the tokens, which SIGHUP changes */
	char *token;
	char *read_token;
};

/* @header: the Authorization header or NULL. @given: there was a token, but a wrong one. */
bool cbd_http_may_read(struct cbd_http *http, const char *header, bool *given);

/* libmicrohttpd's callbacks (request.c) */
enum MHD_Result cbd_request_handle(void *http, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **request);
void cbd_request_completed(void *http, struct MHD_Connection *connection, void **request,
			   enum MHD_RequestTerminationCode why);
void cbd_connection_changed(void *http, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode what);

#endif
