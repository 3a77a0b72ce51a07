// SPDX-License-Identifier: MIT
/*
 * server.c - starts and stops libmicrohttpd
 *
 * Limits keep slow or hostile clients from harming others: memory, number and idle time of
 * connections here, total time in deadline.c. TLS is 1.2 or later.
 */
#include "server.h"

#include "auth.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "exchange.h"
#include "tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define SUBSCRIBERS 8192U
#define SUBSCRIBERS_AT_LEAST 128U
#define OTHER_DESCRIPTORS (CBD_CONNECTIONS + 128U)
#define IDLE_SECONDS 15U
#define HEARTBEAT_MS 15000
#define PATIENCE_MS 30000
#define WORK_QUEUE 64
#define DAYS_TO_WARN 21
/* All connections are looked at, and thousands may only listen */
#define ENFORCE_EVERY_MS 250

/* Paths and parameters are decoded by our own, stricter code */
static size_t keep_escapes(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

static void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static char *join_origins(const struct cbd_http_settings *settings)
{
	struct cbx_text text = { 0 };
	char *out = NULL;
	size_t i;

	for (i = 0; i < CBD_ORIGINS && settings->origins[i]; i++)
		cbx_text_printf(&text, "%s\n", settings->origins[i]);
	cbx_text_puts(&text, "");
	return cbx_text_take(&text, &out, NULL) < 0 ? NULL : out;
}

/* What a SIGHUP changes */
static int take_access(struct cbd_http *http, const struct cbd_http_settings *settings)
{
	char *token = strdup(settings->token ? settings->token : "");
	char *read_token = strdup(settings->read_token ? settings->read_token : "");
	char *origins = join_origins(settings);

	if (!token || !read_token || !origins) {
		secret_free(token);
		secret_free(read_token);
		free(origins);
		return -ENOMEM;
	}
	pthread_mutex_lock(&http->lock);
	secret_free(http->token);
	secret_free(http->read_token);
	free(http->origins);
	http->token = token;
	http->read_token = read_token;
	http->origins = origins;
	pthread_mutex_unlock(&http->lock);
	return 0;
}

static int take_base(struct cbd_http *http, const struct cbd_http_settings *settings)
{
	http->base = strdup(settings->base_path ? settings->base_path : "");
	if (http->base && asprintf(&http->base_slash, "%s/", http->base) < 0)
		http->base_slash = NULL;
	return http->base_slash ? 0 : -ENOMEM;
}

/* One for the socket at @i, which it owns from then on */
static int start_daemon(struct cbd_http *http, size_t i, bool tls)
{
	struct MHD_OptionItem with_tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)cbd_tls_certificate },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)CBD_TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0U);

	http->daemons[i] = MHD_start_daemon(
		flags, 0, NULL, NULL, cbd_request_handle, http, MHD_OPTION_LISTEN_SOCKET,
		http->listener.fds[i], MHD_OPTION_CONNECTION_LIMIT, CBD_CONNECTIONS + SUBSCRIBERS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CBD_CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		cbd_request_completed, http, MHD_OPTION_NOTIFY_CONNECTION, cbd_connection_changed,
		http, MHD_OPTION_ARRAY, tls ? with_tls : none, MHD_OPTION_END);
	return http->daemons[i] ? 0 : -EIO;
}

static void warn(struct cbd_http *http, const char *message)
{
	if (http->log)
		http->log(http->log_user, CHATTERBOX_LOG_WARN, NULL, 0, message);
}

static int load_tls(struct cbd_http *http, const struct cbd_http_settings *settings,
		    char error[CHATTERBOX_ERROR_TEXT])
{
	char text[CHATTERBOX_ERROR_TEXT];
	int days = 0;
	int result = cbd_tls_load(settings->tls_cert, settings->tls_key, &days, error);

	if (result < 0)
		return result;
	if (days < 0)
		snprintf(text, sizeof(text), "http_server.tls.cert: %.150s has expired",
			 settings->tls_cert);
	else
		snprintf(text, sizeof(text), "http_server.tls.cert: %.150s expires in %d days",
			 settings->tls_cert, days);
	if (days < DAYS_TO_WARN)
		warn(http, text);
	return 0;
}

static int start_with_tls(struct cbd_http *http, const struct cbd_http_settings *settings,
			  char error[CHATTERBOX_ERROR_TEXT])
{
	size_t i;
	int result;

	http->tls = settings->tls_cert && *settings->tls_cert;
	result = http->tls ? load_tls(http, settings, error) : 0;
	if (result < 0)
		return result;
	for (i = 0; i < http->listener.count && !result; i++)
		result = start_daemon(http, i, http->tls);
	if (result < 0)
		snprintf(error, CHATTERBOX_ERROR_TEXT, "http_server: libmicrohttpd can't start");
	return result;
}

/* Warns if other machines can connect */
static void warn_of_others(struct cbd_http *http, bool tls)
{
	if (!*http->read_token)
		warn(http, "http_server.host: other machines can read everything here: "
			   "set http_server.read_token");
	if (!tls && (*http->token || *http->read_token))
		warn(http, "http_server.host: tokens and answers cross the network in plain text: "
			   "set http_server.tls, or put a proxy that speaks TLS before it");
	else if (*http->read_token)
		warn(http, "http_server.host: other machines can reach this");
}

static int listen_somewhere(struct cbd_http *http, const struct cbd_http_settings *settings,
			    char error[CHATTERBOX_ERROR_TEXT])
{
	int result = cbd_listen(settings->host, settings->port, &http->listener, error);

	if (result == -EADDRINUSE && settings->any_port)
		result = cbd_listen(settings->host, 0, &http->listener, error);
	if (!result && !http->listener.loopback)
		warn_of_others(http, settings->tls_cert != NULL);
	return result;
}

/* Each takes a descriptor, of which a process has few unless it asks for more */
static size_t subscribers(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return SUBSCRIBERS_AT_LEAST;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= SUBSCRIBERS + OTHER_DESCRIPTORS)
		return SUBSCRIBERS;
	return limit.rlim_cur > OTHER_DESCRIPTORS + SUBSCRIBERS_AT_LEAST
		       ? limit.rlim_cur - OTHER_DESCRIPTORS
		       : SUBSCRIBERS_AT_LEAST;
}

static int start_hub(struct cbd_http *http, const struct cbd_http_settings *settings)
{
	const struct cbd_hub_settings hub = {
		.box = http->box,
		.log = http->log,
		.log_user = http->log_user,
		.most = subscribers(),
		.heartbeat_ms = settings->heartbeat_ms ? settings->heartbeat_ms : HEARTBEAT_MS,
		.patience_ms = settings->patience_ms ? settings->patience_ms : PATIENCE_MS,
	};

	return cbd_hub_new(&hub, &http->hub);
}

int cbd_http_start(struct chatterbox *box, const struct cbd_http_settings *settings,
		   struct cbd_http **out, char error[CHATTERBOX_ERROR_TEXT])
{
	cbx_auto(cbd_http_stopp) struct cbd_http *http = calloc(1, sizeof(*http));
	int result;

	snprintf(error, CHATTERBOX_ERROR_TEXT, "http_server: out of memory");
	if (!http)
		return -ENOMEM;
	pthread_mutex_init(&http->lock, NULL);
	http->box = chatterbox_ref(box);
	http->log = settings->log;
	http->log_user = settings->log_user;
	http->log_dropped = settings->log_dropped;
	http->demo = settings->demo;
	result = take_access(http, settings);
	if (!result)
		result = take_base(http, settings);
	if (!result)
		result = cbd_worker_new(WORK_QUEUE, &http->worker);
	if (!result)
		result = cbd_calls_new(&http->calls);
	if (!result)
		result = start_hub(http, settings);
	if (!result)
		result = cbd_counts_new(cbd_route_count + 1, &http->counts);
	if (!result)
		result = cbd_deadlines_new(&http->deadlines);
	if (!result)
		result = cbd_series_new(&http->series);
	if (!result)
		result = listen_somewhere(http, settings, error);
	if (!result)
		result = start_with_tls(http, settings, error);
	if (result < 0)
		return result;
	*out = cbx_steal(http);
	return 0;
}

int cbd_http_reload(struct cbd_http *http, const struct cbd_http_settings *settings,
		    char error[CHATTERBOX_ERROR_TEXT])
{
	int result = 0;

	snprintf(error, CHATTERBOX_ERROR_TEXT, "http_server: out of memory");
	/* turning it on or off takes a restart */
	if (http->tls && settings->tls_cert)
		result = load_tls(http, settings, error);
	return result < 0 ? result : take_access(http, settings);
}

void cbd_http_reloaded(struct cbd_http *http, bool success)
{
	http->reload_failed = !success;
}

void cbd_http_event(struct cbd_http *http, const struct chatterbox_event *event)
{
	cbd_hub_event(http->hub, event);
}

int cbd_http_tick(struct cbd_http *http)
{
	int64_t now = cbd_monotonic_ms();

	if (now >= http->enforce_at_ms) {
		cbd_deadlines_enforce(http->deadlines, now);
		http->enforce_at_ms = now + ENFORCE_EVERY_MS;
	}
	cbd_series_sample(http, now);
	return cbd_hub_tick(http->hub);
}

int cbd_http_fd(const struct cbd_http *http)
{
	return cbd_hub_fd(http->hub);
}

unsigned cbd_http_port(const struct cbd_http *http)
{
	return http->listener.port;
}

/* libmicrohttpd closes the listening sockets that it was given */
static void stop_daemons(struct cbd_http *http)
{
	size_t i;

	for (i = 0; i < http->listener.count; i++) {
		if (http->daemons[i])
			MHD_stop_daemon(http->daemons[i]);
		else
			close(http->listener.fds[i]);
	}
}

void cbd_http_stopp(struct cbd_http **slot)
{
	struct cbd_http *http = *slot;

	if (!http)
		return;
	/* first: a suspended connection must be resumed before libmicrohttpd stops */
	if (http->worker)
		cbd_worker_stop(http->worker);
	if (http->calls)
		cbd_calls_stop(http->calls);
	if (http->hub)
		cbd_hub_stop(http->hub);
	stop_daemons(http);
	if (http->tls)
		cbd_tls_unload();
	cbd_worker_freep(&http->worker);
	cbd_calls_freep(&http->calls);
	cbd_hub_freep(&http->hub);
	cbd_counts_freep(&http->counts);
	cbd_deadlines_freep(&http->deadlines);
	cbd_series_freep(&http->series);
	chatterbox_unref(http->box);
	pthread_mutex_destroy(&http->lock);
	secret_free(http->token);
	secret_free(http->read_token);
	free(http->origins);
	free(http->base);
	free(http->base_slash);
	free(http);
	*slot = NULL;
}
