/* SPDX-License-Identifier: MIT */
/*
 * http.h - the daemon's HTTP server
 *
 * It has libmicrohttpd's own thread and a worker's; these functions are for the main thread.
 */
#ifndef CBD_HTTP_H
#define CBD_HTTP_H

#include <chatterbox/chatterbox.h>
#include <stdbool.h>
#include <stdint.h>

#define CBD_ORIGINS 257

struct cbd_http;

struct cbd_http_settings {
	const char *host;
	unsigned port;
	bool any_port;     /* if the port is taken, take any free one */
	bool demo;         /* writes are open without a token, if only this machine can connect */
	const char *token; /* "" or NULL = writes are refused */
	const char *read_token;           /* "" or NULL = reads are open */
	const char *base_path;            /* "" or NULL, or "/a/b": before the path of each route */
	const char *origins[CBD_ORIGINS]; /* whose pages may read; NULL at the end */
	const char *tls_cert;             /* paths of PEM files; "" or NULL = no TLS */
	const char *tls_key;
	chatterbox_log_fn log;
	void *log_user;
	uint64_t (*log_dropped)(void *log_user); /* number of lost lines; NULL = there are none */
	int64_t heartbeat_ms; /* of live events, and how long one may be behind; 0 = by contract */
	int64_t patience_ms;
};

/* Return: 0, or a negative value with one line in @error that names the key; -EADDRINUSE and
 * -EADDRNOTAVAIL may pass. */
int cbd_http_start(struct chatterbox *box, const struct cbd_http_settings *settings,
		   struct cbd_http **out, char error[CHATTERBOX_ERROR_TEXT]);
/* Takes over tokens, origins, certificate and key; everything else needs a restart. Return: as
 * above; then nothing has changed. */
int cbd_http_reload(struct cbd_http *http, const struct cbd_http_settings *settings,
		    char error[CHATTERBOX_ERROR_TEXT]);
/* Any thread: says what became of a reload, for /metrics */
void cbd_http_reloaded(struct cbd_http *http, bool success);
/* An event of the engine, for those who follow */
void cbd_http_event(struct cbd_http *http, const struct chatterbox_event *event);
/* When it is due or cbd_http_fd() is readable: closes connections that take too long, notes the
 * figures for the series, reads live events. Return: in how many ms it is due again. */
int cbd_http_tick(struct cbd_http *http);
int cbd_http_fd(const struct cbd_http *http);
unsigned cbd_http_port(const struct cbd_http *http);
void cbd_http_stopp(struct cbd_http **http);

#endif
