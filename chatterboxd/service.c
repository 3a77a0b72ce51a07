// SPDX-License-Identifier: MIT
/*
 * service.c - starts and stops the parts of the daemon
 *
 * HTTP listens before the engine starts, so that /readyz can say what is missing, and stops after
 * it, so that it still answers while the last round ends.
 */
#include "service.h"

#include "common/cleanup.h"
#include "demo.h"
#include "fleet/demo.h"
#include "http/listen.h"
#include "patience.h"
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEMO_SEED 1
#define CBD_ADDRESS 640

void cbd_service_complain(struct cbd_service *service, const char *text)
{
	cbd_say(STDERR_FILENO, "chatterboxd: error: %s", text);
	if (service->log)
		cbd_log_say(service->log, CHATTERBOX_LOG_FATAL, "%s", text);
}

int cbd_service_open(struct cbd_service *service, const struct cbd_options *options)
{
	struct cbd_log_settings settings;
	struct chatterbox_error error = { 0 };
	int result;

	service->options = options;
	result = cbd_settings_read(options, cbd_demo_sqlite_path(), &service->config);
	if (result < 0)
		return cbd_exit_code(result);
	settings = cbd_settings_log(service->config);
	result = cbd_log_new(&settings, &service->log);
	if (!result)
		cbd_settings_log_problems(service->config, service->log);
	if (!result)
		result = chatterbox_new(service->config, cbd_log_sink, service->log, &service->box,
					&error);
	if (result < 0)
		cbd_service_complain(service,
				     *error.text ? error.text : chatterbox_strerror(result));
	return cbd_exit_code(result);
}

/* "http://127.0.0.1:3041/", with the prefix, to be opened on this machine */
static void address_text(const struct cbd_http_settings *settings, unsigned port,
			 char text[CBD_ADDRESS])
{
	const char *host = settings->host;
	bool any = !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
	bool v6 = !any && strchr(host, ':') && *host != '[';

	snprintf(text, CBD_ADDRESS, "%s://%s%s%s:%u%s/", settings->tls_cert ? "https" : "http",
		 v6 ? "[" : "", any ? "localhost" : host, v6 ? "]" : "", port,
		 settings->base_path ? settings->base_path : "");
}

static void announce(struct cbd_service *service, const struct cbd_http_settings *settings)
{
	char address[CBD_ADDRESS];

	address_text(settings, cbd_http_port(service->http), address);
	cbd_log_say(service->log, CHATTERBOX_LOG_INFO, "chatterboxd %s listens at %s",
		    chatterbox_version(), address);
	if (!service->options->demo)
		return;
	cbd_log_flush(service->log, 100); /* what follows should come after these lines */
	cbd_say(STDOUT_FILENO, "chatterbox demo: %u simulated systems, dashboard at %s",
		service->options->demo, address);
}

/* An address that is in use, or not there yet, is like a server that is down. All else but a lack
 * of memory is cured by changing the key that the error names. */
static int judge_listening(struct cbd_service *service, int result, bool patient, const char *error)
{
	bool passes = result == -EADDRINUSE || result == -EADDRNOTAVAIL;

	if (passes && patient) {
		if (!service->waits)
			cbd_log_say(service->log, CHATTERBOX_LOG_WARN, "%s; waiting for it", error);
		service->waits = true;
		return CBD_SERVICE_WAITS;
	}
	cbd_service_complain(service, error);
	if (passes)
		return CBD_EXIT_UNAVAILABLE;
	return result == -ENOMEM ? CBD_EXIT_INTERNAL : CBD_EXIT_CONFIG;
}

int cbd_service_listen(struct cbd_service *service, bool patient)
{
	struct cbd_http_settings settings =
		cbd_settings_http(service->config, service->options, service->log);
	char error[CHATTERBOX_ERROR_TEXT] = "";
	int result = cbd_http_start(service->box, &settings, &service->http, error);

	if (result < 0)
		return judge_listening(service, result, patient, error);
	announce(service, &settings);
	return 0;
}

static int start_fleet(struct cbd_service *service)
{
	const struct cbx_demo_options options = {
		.systems = service->options->demo,
		.seed = DEMO_SEED,
		.request_exchange =
			chatterbox_config_get_text(service->config, "rmq_rpc.request_exchange"),
		.event_exchange =
			chatterbox_config_get_text(service->config, "rmq_rpc.event_exchange"),
		.sqlite_path = cbd_demo_sqlite_path(),
		.log = cbd_log_sink,
		.log_user = service->log,
	};
	int result = cbx_demo_start(service->box, &options, &service->fleet);

	if (result < 0)
		cbd_service_complain(service, chatterbox_strerror(result));
	return result;
}

int cbd_service_start(struct cbd_service *service, const struct chatterbox_observer *observer)
{
	struct chatterbox_error error;
	/* first, so that the engine finds what OCD has written */
	int result = service->options->demo ? start_fleet(service) : 0;

	if (result < 0)
		return cbd_exit_code(result);
	result = chatterbox_start(service->box, observer, &error);
	if (result < 0)
		cbd_service_complain(service, error.text);
	return cbd_exit_code(result);
}

int cbd_service_migrate(struct cbd_service *service)
{
	struct chatterbox_error error;
	int applied = 0;
	int result = chatterbox_migrate(service->box, &applied, &error);

	if (result < 0)
		cbd_service_complain(service, error.text);
	else
		printf("%d migration%s applied\n", applied, applied == 1 ? "" : "s");
	return cbd_exit_code(result);
}

/* Is the address to listen on free? */
static int check_address(struct cbd_service *service)
{
	struct cbd_http_settings settings =
		cbd_settings_http(service->config, service->options, service->log);
	char error[CHATTERBOX_ERROR_TEXT] = "";
	struct cbd_listener listener = { 0 };
	int result = cbd_listen(settings.host, settings.port, &listener, error);

	cbd_listener_close(&listener);
	if (result < 0)
		printf("http: NOT AS NEEDED: %s\n", error);
	else
		printf("http %s:%u: ok\n", settings.host, settings.port);
	if (result == -EADDRINUSE || result == -EADDRNOTAVAIL)
		return CBD_EXIT_UNAVAILABLE;
	return result < 0 ? CBD_EXIT_CONFIG : CBD_EXIT_OK;
}

int cbd_service_check(struct cbd_service *service)
{
	cbx_auto(cbx_freep) char *report = NULL;
	int code = cbd_exit_code(chatterbox_check_servers(service->box, &report, NULL));
	int address;

	if (report)
		fputs(report, stdout);
	address = check_address(service);
	/* a server that is down comes first: it may be why something seems to be missing */
	if (!code || (code == CBD_EXIT_CONFIG && address == CBD_EXIT_UNAVAILABLE))
		code = address;
	return code;
}

void cbd_service_closep(struct cbd_service *service)
{
	struct cbd_patience patience = { 0 };

	if (service->box) {
		cbd_patience_begin(&patience, service->log,
				   (long)chatterbox_config_get_integer(
					   service->config, "chatterbox.shutdown_timeout"));
		chatterbox_stop(service->box);
		/* requests that wait for what the engine was about get their answers */
		chatterbox_dispatch(service->box);
	}
	cbx_demo_stopp(&service->fleet);
	cbd_http_stopp(&service->http);
	service->box = chatterbox_unref(service->box);
	cbd_patience_end(&patience);
	cbd_log_freep(&service->log);
	cbd_config_unrefp(&service->config);
	cbd_demo_end();
}
