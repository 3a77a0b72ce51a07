/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/config.h - the configuration of CONTRACT 8: file, environment, options, defaults
 *
 * A config is filled from its sources in their order of precedence (defaults are there from the
 * start; then a file, the environment, options), then checked. Problems are collected, not printed:
 * each names the key's path, what it got and what it takes. A config belongs to one thread at a
 * time; it is counted.
 */
#ifndef CHATTERBOX_CONFIG_H
#define CHATTERBOX_CONFIG_H

#include <chatterbox/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chatterbox_config;

enum chatterbox_problem_kind { CHATTERBOX_PROBLEM_WARNING, CHATTERBOX_PROBLEM_ERROR };

CHATTERBOX_API int chatterbox_config_new(struct chatterbox_config **out);
CHATTERBOX_API struct chatterbox_config *chatterbox_config_ref(struct chatterbox_config *config);
/** Return: NULL. */
CHATTERBOX_API struct chatterbox_config *chatterbox_config_unref(struct chatterbox_config *config);

/**
 * chatterbox_config_load_file() - lay a JSON file over what is there
 *
 * Return: 0, also when it has problems (see chatterbox_config_problem()); a file that can't be read or
 * is no JSON is a problem of kind error and CHATTERBOX_E_CONFIG.
 */
CHATTERBOX_API int chatterbox_config_load_file(struct chatterbox_config *config, const char *path);
/**
 * chatterbox_config_load_environment() - lay NLCONF_<SECTION>__<KEY> variables over what is there
 * @environment: as environ(7): NAME=value texts, NULL at the end
 */
CHATTERBOX_API int chatterbox_config_load_environment(struct chatterbox_config *config,
						      char *const *environment);
/**
 * chatterbox_config_set() - one value by its path, "log.level" or "chatterbox.store"
 * @value: parsed as JSON where it parses, else text
 * @source: where it comes from, for --print-config: "--log-level"
 */
CHATTERBOX_API int chatterbox_config_set(struct chatterbox_config *config, const char *path,
					 const char *value, const char *source);

/** chatterbox_config_check() - 0, or CHATTERBOX_E_CONFIG when there is a problem of kind error */
CHATTERBOX_API int chatterbox_config_check(const struct chatterbox_config *config);
CHATTERBOX_API size_t chatterbox_config_problem_count(const struct chatterbox_config *config);
/** One line, borrowed: "chatterbox.lease.ttl: got \"ten\", takes an integer 1..3600 (from …)" */
CHATTERBOX_API const char *chatterbox_config_problem(const struct chatterbox_config *config,
						     size_t index,
						     enum chatterbox_problem_kind *kind);
/**
 * chatterbox_config_print() - every effective value and where it came from, secrets as "***"
 * @text: allocated, free() it: JSON, an object by path: {"log.level":{"value":"info","from":"default"}}
 */
CHATTERBOX_API int chatterbox_config_print(const struct chatterbox_config *config, char **text);

/* Effective values by path, after the overlay of chatterbox.*: texts are borrowed. A path that
 * CONTRACT 8 does not name, or one of another type, is a mistake of the caller: it is asserted. */
CHATTERBOX_API const char *chatterbox_config_text(const struct chatterbox_config *config,
						  const char *path);
CHATTERBOX_API int64_t chatterbox_config_integer(const struct chatterbox_config *config,
						 const char *path);
CHATTERBOX_API bool chatterbox_config_flag(const struct chatterbox_config *config,
					   const char *path);

#ifdef __cplusplus
}
#endif
#endif
