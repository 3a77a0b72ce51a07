/* SPDX-License-Identifier: MIT */
/*
 * http.h - the daemon's HTTP server, as main sees it
 *
 * It runs in libmicrohttpd's own thread and one worker's; all of this is for main's thread.
 */
#ifndef CBD_HTTP_H
#define CBD_HTTP_H

#include <chatterbox/chatterbox.h>
#include <stdbool.h>
#include <stdint.h>

struct cbd_http;

struct cbd_http_settings {
	const char *host;
	unsigned port;
	bool any_port; /* when the port is taken, take a free one */
	bool demo;     /* without a token writes are open, when only this machine can reach it */
	const char *token;      /* "" or NULL = writing is closed */
	const char *read_token; /* "" or NULL = reading is open */
	const char *tls_cert;   /* paths of PEM files, "" or NULL = plain HTTP */
	const char *tls_key;
	chatterbox_log_fn log;
	void *log_user;
	uint64_t (*log_dropped)(void *log_user); /* lines that were lost; NULL = none ever */
};

/* Return: 0, or a negative value with one line in @error that names the key. */
int cbd_http_start(struct chatterbox *box, const struct cbd_http_settings *settings,
		   struct cbd_http **out, char error[CHATTERBOX_ERROR_TEXT]);
/* Take over the tokens, and read the certificate and its key anew; the rest needs a restart.
 * Return: as above; then nothing has changed. */
int cbd_http_reload(struct cbd_http *http, const struct cbd_http_settings *settings,
		    char error[CHATTERBOX_ERROR_TEXT]);
/* Once a second: drop clients that take too long */
void cbd_http_tick(struct cbd_http *http);
unsigned cbd_http_port(const struct cbd_http *http);
void cbd_http_stopp(struct cbd_http **http);

#endif
