// SPDX-License-Identifier: MIT
/*
 * server.c - starts and stops libmicrohttpd
 *
 * Decides the limits that keep a slow or hostile client from harming the others: memory, number
 * and idleness of connections here, the total time in deadline.c. And that TLS is 1.2 or later.
 */
#include "server.h"

#include "auth.h"
#include "cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONNECTIONS 512U
#define CONNECTIONS_PER_IP 128U
#define CONNECTION_MEMORY ((size_t)8192)
#define IDLE_SECONDS 15U
#define WORK_QUEUE 64
#define PEM_MAX 65536
#define TLS_PRIORITIES "SECURE128:-VERS-TLS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Paths and parameters are decoded by our own, stricter reading */
static size_t keep_escapes(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

enum cbd_access cbd_http_access(struct cbd_http *http, bool writes, const char *header)
{
	const char *token = cbd_auth_bearer(header);
	bool reader;
	bool writer;
	bool locked;

	pthread_mutex_lock(&http->lock);
	/* both, always: the time taken does not tell which one came near */
	reader = token && cbd_auth_equal(http->read_token, token);
	writer = token && cbd_auth_equal(http->token, token);
	locked = writes ? *http->token : *http->read_token;
	pthread_mutex_unlock(&http->lock);
	/* who may write may read */
	if (writer || (reader && !writes))
		return CBD_ACCESS_BY_TOKEN;
	if (locked)
		return token ? CBD_ACCESS_WRONG_TOKEN : CBD_ACCESS_NO_TOKEN;
	return !writes || (http->demo && http->listener.loopback) ? CBD_ACCESS_OPEN
								  : CBD_ACCESS_CLOSED;
}

int cbd_http_reload(struct cbd_http *http, const struct cbd_http_settings *settings)
{
	char *token = strdup(settings->token ? settings->token : "");
	char *read_token = strdup(settings->read_token ? settings->read_token : "");

	if (!token || !read_token) {
		free(token);
		free(read_token);
		return -ENOMEM;
	}
	pthread_mutex_lock(&http->lock);
	free(http->token);
	free(http->read_token);
	http->token = token;
	http->read_token = read_token;
	pthread_mutex_unlock(&http->lock);
	return 0;
}

/* A whole PEM file; NULL with @error */
static char *read_pem(const char *key, const char *path, char error[CHATTERBOX_ERROR_TEXT])
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = fopen(path, "re");

	if (file) {
		text = calloc(1, PEM_MAX);
		len = text ? fread(text, 1, PEM_MAX - 1, file) : 0;
		fclose(file);
	}
	if (len)
		return text;
	snprintf(error, CHATTERBOX_ERROR_TEXT, "%s: can't read %s: %s", key, path,
		 file ? "it is empty" : strerror(errno));
	free(text);
	return NULL;
}

static int start_daemon(struct cbd_http *http, char *cert, char *key)
{
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 (cert ? MHD_USE_TLS : 0U);

	http->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, cbd_request_handle, http, MHD_OPTION_LISTEN_SOCKET,
		http->listener.fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_PER_IP,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		cbd_request_completed, http, MHD_OPTION_NOTIFY_CONNECTION, cbd_connection_changed,
		http, MHD_OPTION_ARRAY, cert ? tls : none, MHD_OPTION_END);
	return http->daemon ? 0 : -EIO;
}

static int start_with_tls(struct cbd_http *http, const struct cbd_http_settings *settings,
			  char error[CHATTERBOX_ERROR_TEXT])
{
	bool tls = settings->tls_cert && *settings->tls_cert;
	cbd_auto(cbd_freep) char *cert = NULL;
	cbd_auto(cbd_freep) char *key = NULL;
	int result;

	if (tls) {
		cert = read_pem("http_server.tls.cert", settings->tls_cert, error);
		key = cert ? read_pem("http_server.tls.key", settings->tls_key, error) : NULL;
		if (!key)
			return CHATTERBOX_E_CONFIG;
	}
	result = start_daemon(http, cert, key);
	if (key)
		explicit_bzero(key, strlen(key));
	if (result < 0)
		snprintf(error, CHATTERBOX_ERROR_TEXT, "http_server%s",
			 tls ? ".tls: this certificate and key can't be used"
			     : ": libmicrohttpd can't start");
	return result;
}

static void warn(struct cbd_http *http, const char *message)
{
	if (http->log)
		http->log(http->log_user, CHATTERBOX_LOG_WARN, NULL, 0, message);
}

static int listen_somewhere(struct cbd_http *http, const struct cbd_http_settings *settings,
			    char error[CHATTERBOX_ERROR_TEXT])
{
	int result = cbd_listen(settings->host, settings->port, &http->listener, error);

	if (result == -EADDRINUSE && settings->any_port)
		result = cbd_listen(settings->host, 0, &http->listener, error);
	if (!result && !http->listener.loopback && !*http->read_token)
		warn(http, "http_server.host: other machines can read everything here: "
			   "set http_server.read_token");
	return result;
}

int cbd_http_start(struct chatterbox *box, const struct cbd_http_settings *settings,
		   struct cbd_http **out, char error[CHATTERBOX_ERROR_TEXT])
{
	cbd_auto(cbd_http_stopp) struct cbd_http *http = calloc(1, sizeof(*http));
	int result;

	snprintf(error, CHATTERBOX_ERROR_TEXT, "http_server: out of memory");
	if (!http)
		return -ENOMEM;
	pthread_mutex_init(&http->lock, NULL);
	http->listener.fd = -1;
	http->box = chatterbox_ref(box);
	http->log = settings->log;
	http->log_user = settings->log_user;
	http->demo = settings->demo;
	result = cbd_http_reload(http, settings);
	if (!result)
		result = cbd_worker_new(WORK_QUEUE, &http->worker);
	if (!result)
		result = cbd_calls_new(&http->calls);
	if (!result)
		result = cbd_deadlines_new(&http->deadlines);
	if (!result)
		result = listen_somewhere(http, settings, error);
	if (!result)
		result = start_with_tls(http, settings, error);
	if (result < 0)
		return result;
	*out = cbd_steal(http);
	return 0;
}

void cbd_http_tick(struct cbd_http *http)
{
	cbd_deadlines_enforce(http->deadlines, cbd_monotonic_ms());
}

unsigned cbd_http_port(const struct cbd_http *http)
{
	return http->listener.port;
}

void cbd_http_stopp(struct cbd_http **slot)
{
	struct cbd_http *http = *slot;

	if (!http)
		return;
	/* these first: a suspended connection must be resumed before libmicrohttpd stops */
	if (http->worker)
		cbd_worker_stop(http->worker);
	if (http->calls)
		cbd_calls_stop(http->calls);
	if (http->daemon)
		MHD_stop_daemon(http->daemon); /* closes the listening socket too */
	cbd_worker_freep(&http->worker);
	cbd_calls_freep(&http->calls);
	cbd_deadlines_freep(&http->deadlines);
	chatterbox_unref(http->box);
	pthread_mutex_destroy(&http->lock);
	free(http->token);
	free(http->read_token);
	free(http);
	*slot = NULL;
}
