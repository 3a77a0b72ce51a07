/* SPDX-License-Identifier: MIT */
/* settings.h - the configuration from all its sources, and the daemon's own settings in it */
#ifndef CBD_SETTINGS_H
#define CBD_SETTINGS_H

#include "http/http.h"
#include "log.h"
#include "options.h"

#include <chatterbox/config.h>

/* Exit codes (contract 8.3), by sysexits.h where it has them */
enum cbd_exit {
	CBD_EXIT_OK = 0,
	CBD_EXIT_UNAVAILABLE = 69,
	CBD_EXIT_INTERNAL = 70,
	CBD_EXIT_CONFIG = 78,
};

/* The exit code for a negative return value of the library */
int cbd_exit_code(int error);

/* Reads the configuration: file, environment, options. @sqlite_path: of the demo, or NULL. Problems
 * are printed on stderr, one per line. Return: 0; CHATTERBOX_E_CONFIG when it has errors, though
 * @out is written then, too; -ENOMEM. */
int cbd_settings_read(const struct cbd_options *options, const char *sqlite_path,
		      struct chatterbox_config **out);
/* The same problems, into the log */
void cbd_settings_log_problems(const struct chatterbox_config *config, struct cbd_log *log);
/* --check-config and --print-config, on stdout. Return: the exit code. */
int cbd_settings_show(const struct cbd_options *options, const char *sqlite_path);

static inline void cbd_config_unrefp(struct chatterbox_config **config)
{
	*config = chatterbox_config_unref(*config);
}

/* Borrowed from @config */
struct cbd_log_settings cbd_settings_log(const struct chatterbox_config *config);
struct cbd_http_settings cbd_settings_http(const struct chatterbox_config *config,
					   const struct cbd_options *options, struct cbd_log *log);

#endif
