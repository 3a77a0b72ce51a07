/* SPDX-License-Identifier: MIT */
/*
 * fake_mhd.h - libmicrohttpd, as far as the daemon calls it with a request, without any socket
 *
 * It is found before the library's own. A connection keeps what it was answered.
 */
#ifndef CBX_TESTS_FAKE_MHD_H
#define CBX_TESTS_FAKE_MHD_H

#include "http/exchange.h"
#include "http/server.h"

#define FAKE_MHD_PAIRS 16

/* A header, or a parameter, whose value may be NULL */
struct fake_pair {
	char *name, *value;
};

struct MHD_Connection {
	struct fake_pair headers[FAKE_MHD_PAIRS], query[FAKE_MHD_PAIRS];
	size_t header_count, query_count;
	union MHD_ConnectionInfo info;
	int suspended;
	unsigned code;
	unsigned answers;
	struct MHD_Response *response; /* the first one that was queued */
};

struct MHD_Response {
	unsigned refs;
	char *body;
	size_t len;
	bool owned;
	void (*free_stream)(void *stream); /* NULL: it is no stream */
	void *stream;
	bool is_json;
	bool is_split; /* by a line's end in a header */
};

/* As libmicrohttpd's thread: a connection comes, the handler is called until there is an answer,
 * with the body in pieces of so many bytes, and the connection goes. False: the handler has closed
 * it. */
bool fake_mhd_serve(struct cbd_http *http, struct MHD_Connection *connection, const char *method,
		    const char *path, const char *body, size_t len, size_t piece);
/* Frees the answer */
void fake_mhd_forget(struct MHD_Connection *connection);

#endif
