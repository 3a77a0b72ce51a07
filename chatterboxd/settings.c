// SPDX-License-Identifier: MIT
/*
 * settings.c - reads the configuration from all its sources, reports its problems, and rereads it
 *
 * A demo only reads a file that was named explicitly: it has to work the same on a machine that is
 * configured for real servers.
 */
#include "settings.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "demo.h"
#include "say.h"
#include "service.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_FILE "/etc/chatterbox/chatterbox.json"

int cbd_exit_code(int error)
{
	switch (error) {
	case CHATTERBOX_E_DOWN:
	case CHATTERBOX_E_TIMEOUT:
		return CBD_EXIT_UNAVAILABLE;
	case CHATTERBOX_E_CONFIG:
	case CHATTERBOX_E_SCHEMA:
		return CBD_EXIT_CONFIG;
	default:
		return error < 0 ? CBD_EXIT_INTERNAL : CBD_EXIT_OK;
	}
}

static const char *file_of(const struct cbd_options *options)
{
	const char *named = getenv("CHATTERBOX_CONFIG");

	if (options->config)
		return options->config;
	if (options->demo)
		return NULL;
	if (named && *named)
		return named;
	return access(DEFAULT_FILE, F_OK) ? NULL : DEFAULT_FILE;
}

/* Has nobody set this value? */
static bool is_default(const struct chatterbox_config *config, const char *path)
{
	cbx_auto(cbx_freep) char *text = NULL;
	const char *from;
	json_t *all = NULL;
	bool found;

	if (chatterbox_config_to_json(config, &text) < 0 ||
	    cbx_json_read(text, strlen(text), &all, NULL) < 0)
		return false;
	from = json_string_value(json_object_get(json_object_get(all, path), "from"));
	found = from && !strcmp(from, "default");
	json_decref(all);
	return found;
}

/* A fleet that moves faster than a real one, whose jobs take minutes */
static const struct {
	const char *key, *value;
} of_demo[] = {
	{ "check_job_status_time", "1" },
	{ "time_till_next_check", "10" },
	{ "stall_after", "60" },
	{ "outlook.horizon", "1800" },
	{ "outlook.ignore_types", "[\"cull\",\"topup\",\"upload\"]" },
};

/* The embedded profile, and some convenient values that nobody has set otherwise */
static int apply_demo(struct chatterbox_config *config, const char *sqlite_path)
{
	int result = chatterbox_config_use_embedded(config, sqlite_path);
	size_t i;

	for (i = 0; !result && i < CBX_COUNT(of_demo); i++)
		if (is_default(config, of_demo[i].key))
			result = chatterbox_config_set(config, of_demo[i].key, of_demo[i].value,
						       "--demo");
	if (!result && isatty(STDOUT_FILENO) && is_default(config, "log.pretty"))
		result = chatterbox_config_set(config, "log.pretty", "true", "--demo");
	return result;
}

static int apply_sources(struct chatterbox_config *config, const struct cbd_options *options,
			 const char *sqlite_path)
{
	const char *file = file_of(options);
	int result = file ? chatterbox_config_load_file(config, file) : 0;

	/* a file that can't be read is one of the problems, and reported with the others */
	if (!result || result == CHATTERBOX_E_CONFIG)
		result = chatterbox_config_load_environment(config, environ);
	if (!result && options->demo)
		result = apply_demo(config, sqlite_path);
	if (!result && options->log_level)
		result = chatterbox_config_set(config, "log.level", options->log_level,
					       "--log-level");
	if (!result && options->record)
		result = chatterbox_config_set(config, "chatterbox.record.path", options->record,
					       "--record");
	if (!result && options->record_anonymous)
		result = chatterbox_config_set(config, "chatterbox.record.anonymous", "true",
					       "--record-anonymous");
	return result;
}

static void report(const struct chatterbox_config *config, bool waits)
{
	size_t count = chatterbox_config_problem_count(config);
	size_t i;

	for (i = 0; i < count; i++) {
		enum chatterbox_problem_kind kind = CHATTERBOX_PROBLEM_ERROR;
		const char *text = chatterbox_config_problem_at(config, i, &kind);
		const char *name = chatterbox_problem_kind_to_string(kind);

		/* a daemon must not block; a check on request shows everything */
		if (waits)
			fprintf(stderr, "chatterboxd: %s: %s\n", name, text);
		else
			cbd_say(STDERR_FILENO, "chatterboxd: %s: %s", name, text);
	}
}

int cbd_settings_read(const struct cbd_options *options, const char *sqlite_path,
		      struct chatterbox_config **out)
{
	cbx_auto(cbd_config_unrefp) struct chatterbox_config *config = NULL;
	int result = chatterbox_config_new(&config);

	if (result < 0)
		return result;
	result = apply_sources(config, options, sqlite_path);
	report(config, options->mode != CBD_RUN);
	if (result < 0 && result != CHATTERBOX_E_CONFIG)
		return result;
	result = chatterbox_config_check(config, NULL);
	*out = cbx_steal(config);
	return result;
}

int cbd_settings_show(const struct cbd_options *options, const char *sqlite_path)
{
	cbx_auto(cbd_config_unrefp) struct chatterbox_config *config = NULL;
	cbx_auto(cbx_freep) char *text = NULL;
	int result = cbd_settings_read(options, sqlite_path, &config);

	if (!config)
		return cbd_exit_code(result);
	if (options->mode == CBD_CHECK_CONFIG && !result)
		puts("ok");
	if (options->mode == CBD_PRINT_CONFIG && !chatterbox_config_to_json(config, &text))
		puts(text);
	return cbd_exit_code(result);
}

struct cbd_log_settings cbd_settings_log(const struct chatterbox_config *config)
{
	return (struct cbd_log_settings){
		.name = chatterbox_config_get_text(config, "chatterbox.app_name"),
		.level = chatterbox_config_get_text(config, "log.level"),
		.path = chatterbox_config_get_text(config, "log.path"),
		.pretty = chatterbox_config_get_flag(config, "log.pretty"),
	};
}

struct cbd_http_settings cbd_settings_http(const struct chatterbox_config *config,
					   const struct cbd_options *options, struct cbd_log *log)
{
	bool tls = chatterbox_config_get_flag(config, "http_server.tls");
	struct cbd_http_settings settings = {
		.host = chatterbox_config_get_text(config, "http_server.host"),
		.port = (unsigned)chatterbox_config_get_integer(config, "http_server.port"),
		.any_port = options->demo && is_default(config, "http_server.port"),
		.demo = options->demo,
		.token = chatterbox_config_get_text(config, "http_server.token"),
		.read_token = chatterbox_config_get_text(config, "http_server.read_token"),
		.base_path = chatterbox_config_get_text(config, "http_server.base_path"),
		.tls_cert = tls ? chatterbox_config_get_text(config, "http_server.tls.cert") : NULL,
		.tls_key = tls ? chatterbox_config_get_text(config, "http_server.tls.key") : NULL,
		.log = cbd_log_sink,
		.log_user = log,
		.log_dropped = cbd_log_dropped,
	};
	size_t count = chatterbox_config_list_count(config, "http_server.cors_origins");
	size_t i;

	for (i = 0; i < count && i < CBD_ORIGINS - 1; i++)
		settings.origins[i] =
			chatterbox_config_list_at(config, "http_server.cors_origins", i);
	return settings;
}

void cbd_settings_log_problems(const struct chatterbox_config *config, struct cbd_log *log)
{
	size_t count = chatterbox_config_problem_count(config);
	size_t i;

	for (i = 0; i < count; i++) {
		enum chatterbox_problem_kind kind = CHATTERBOX_PROBLEM_ERROR;
		const char *text = chatterbox_config_problem_at(config, i, &kind);

		cbd_log_say(log,
			    kind == CHATTERBOX_PROBLEM_ERROR ? CHATTERBOX_LOG_ERROR
							     : CHATTERBOX_LOG_WARN,
			    "configuration: %s", text);
	}
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
		cbd_settings_log_problems(config, service->log);
	snprintf(error.text, sizeof(error.text), "%s", chatterbox_strerror(result));
	if (!result)
		result = take_over(service, config, &error);
	/* a rotated log is opened anew in either case */
	log = cbd_settings_log(result < 0 ? service->config : config);
	cbd_log_reopen(service->log, &log);
	cbd_http_reloaded(service->http, result >= 0);
	if (result < 0) {
		cbd_log_say(service->log, CHATTERBOX_LOG_ERROR,
			    "configuration refused, the old one stays: %s", error.text);
		return;
	}
	chatterbox_config_unref(service->config);
	service->config = cbx_steal(config);
	cbd_log_say(service->log, CHATTERBOX_LOG_INFO, "configuration reread");
}
