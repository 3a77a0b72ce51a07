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
#include "patience.h"
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEMO_SEED 1

void cbd_service_complain(struct cbd_service *service, const char *text)
{
	cbd_say(STDERR_FILENO, "chatterboxd: error: %s", text);
	if (service->log)
		cbd_log_say(service->log, CHATTERBOX_LOG_FATAL, "%s", text);
}

static void log_problems(struct cbd_service *service, const struct chatterbox_config *config)
{
	size_t count = chatterbox_config_problem_count(config);
	size_t i;

	for (i = 0; i < count; i++) {
		enum chatterbox_problem_kind kind = CHATTERBOX_PROBLEM_ERROR;
		const char *text = chatterbox_config_problem_at(config, i, &kind);

		cbd_log_say(service->log,
			    kind == CHATTERBOX_PROBLEM_ERROR ? CHATTERBOX_LOG_ERROR
							     : CHATTERBOX_LOG_WARN,
			    "configuration: %s", text);
	}
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
		log_problems(service, service->config);
	if (!result)
		result = chatterbox_new(service->config, cbd_log_sink, service->log, &service->box,
					&error);
	if (result < 0)
		cbd_service_complain(service,
				     *error.text ? error.text : chatterbox_strerror(result));
	return cbd_exit_code(result);
}

/* "http://127.0.0.1:3041/", to be opened on this machine */
static void address_text(const struct cbd_http_settings *settings, unsigned port, char text[320])
{
	const char *host = settings->host;
	bool any = !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
	bool v6 = !any && strchr(host, ':');

	snprintf(text, 320, "%s://%s%s%s:%u/", settings->tls_cert ? "https" : "http", v6 ? "[" : "",
		 any ? "localhost" : host, v6 ? "]" : "", port);
}

static int start_http(struct cbd_service *service)
{
	struct cbd_http_settings settings =
		cbd_settings_http(service->config, service->options, service->log);
	char error[CHATTERBOX_ERROR_TEXT] = "";
	char address[320];
	int result = cbd_http_start(service->box, &settings, &service->http, error);

	if (result < 0) {
		cbd_service_complain(service, error);
		/* everything but a lack of memory is cured by changing the key that the error names
		 */
		return result == -ENOMEM ? CBD_EXIT_INTERNAL : CBD_EXIT_CONFIG;
	}
	address_text(&settings, cbd_http_port(service->http), address);
	cbd_log_say(service->log, CHATTERBOX_LOG_INFO, "chatterboxd %s listens at %s",
		    chatterbox_version(), address);
	if (service->options->demo) {
		cbd_log_flush(service->log, 100); /* what follows should come after these lines */
		cbd_say(STDOUT_FILENO, "chatterbox demo: %u simulated systems, dashboard at %s",
			service->options->demo, address);
	}
	return 0;
}

int cbd_service_start(struct cbd_service *service, const struct chatterbox_observer *observer)
{
	int code = start_http(service);
	struct chatterbox_error error;
	int result;

	if (code)
		return code;
	result = chatterbox_start(service->box, observer, &error);
	if (result < 0)
		cbd_service_complain(service, error.text);
	if (!result && service->options->demo) {
		result = chatterbox_fleet_start(service->box, service->options->demo, DEMO_SEED);
		if (result < 0)
			cbd_service_complain(service, chatterbox_strerror(result));
	}
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

/* Return: 0 when the new configuration is in force */
static int take_over(struct cbd_service *service, struct chatterbox_config *config,
		     struct chatterbox_error *error)
{
	struct cbd_http_settings http = cbd_settings_http(config, service->options, service->log);
	/* first, since its files may be wrong; the engine only takes what has been checked */
	int result = cbd_http_reload(service->http, &http, error->text);

	return result < 0 ? result : chatterbox_reload(service->box, config, error);
}

void cbd_service_reload(struct cbd_service *service)
{
	cbx_auto(cbd_config_unrefp) struct chatterbox_config *config = NULL;
	struct chatterbox_error error;
	int result = cbd_settings_read(service->options, cbd_demo_sqlite_path(), &config);
	struct cbd_log_settings log;

	if (config)
		log_problems(service, config);
	snprintf(error.text, sizeof(error.text), "%s", chatterbox_strerror(result));
	if (!result)
		result = take_over(service, config, &error);
	/* a rotated log is opened anew in either case */
	log = cbd_settings_log(result < 0 ? service->config : config);
	cbd_log_reopen(service->log, &log);
	if (result < 0) {
		cbd_log_say(service->log, CHATTERBOX_LOG_ERROR,
			    "configuration refused, the old one stays: %s", error.text);
		return;
	}
	chatterbox_config_unref(service->config);
	service->config = cbx_steal(config);
	cbd_log_say(service->log, CHATTERBOX_LOG_INFO, "configuration reread");
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
	cbd_http_stopp(&service->http);
	service->box = chatterbox_unref(service->box);
	cbd_patience_end(&patience);
	cbd_log_freep(&service->log);
	cbd_config_unrefp(&service->config);
	cbd_demo_end();
}
