/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/config.h - the configuration of contract 8.1: file, environment, options, defaults
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

/** enum chatterbox_problem_kind - how grave a problem of the configuration is */
enum chatterbox_problem_kind {
	CHATTERBOX_PROBLEM_WARNING, /* it works in spite of it */
	CHATTERBOX_PROBLEM_ERROR,   /* no engine is made with it */
};

/**
 * chatterbox_problem_kind_to_string() - its name
 * @kind: kind
 *
 * Any thread. Return: "warning" or "error", static; "unknown" for a number that is none of the
 * enum's.
 */
CHATTERBOX_API const char *chatterbox_problem_kind_to_string(enum chatterbox_problem_kind kind);

/**
 * chatterbox_config_new() - a config with every default
 * @out: the config; give it back with chatterbox_config_unref()
 *
 * Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_config_new(struct chatterbox_config **out);
/**
 * chatterbox_config_ref() - take a reference
 * @config: config
 *
 * Return: @config.
 */
CHATTERBOX_API struct chatterbox_config *chatterbox_config_ref(struct chatterbox_config *config);
/**
 * chatterbox_config_unref() - give a reference back
 * @config: config, or NULL
 *
 * Return: NULL.
 */
CHATTERBOX_API struct chatterbox_config *chatterbox_config_unref(struct chatterbox_config *config);

/**
 * chatterbox_config_find_file() - which file to load
 * @option: of --config, or NULL
 * @variable: the value of $CHATTERBOX_CONFIG, or NULL
 *
 * Return: the first that is given, else /etc/chatterbox/chatterbox.json if it exists, else NULL.
 */
CHATTERBOX_API const char *chatterbox_config_find_file(const char *option, const char *variable);
/**
 * chatterbox_config_load_file() - lay a JSON file over what is there
 * @config: config
 * @path: the file
 *
 * Return: 0, also when it has problems (see chatterbox_config_problem_at()); a file that can't be
 * read or is no JSON object is a problem of kind error and CHATTERBOX_E_CONFIG; -ENOMEM.
 */
CHATTERBOX_API int chatterbox_config_load_file(struct chatterbox_config *config, const char *path);
/**
 * chatterbox_config_load_text() - lay what could be a file's content over what is there
 * @config: config
 * @json: a JSON object, as a file's
 * @name: what problems call it, as they call a file by its path
 *
 * For settings that a host has in memory. It ranks as a file; of two the later wins.
 * Return: 0, also when it has problems (see chatterbox_config_problem_at()); what is no JSON object
 * is a problem of kind error and CHATTERBOX_E_CONFIG; -ENOMEM.
 */
CHATTERBOX_API int chatterbox_config_load_text(struct chatterbox_config *config, const char *json,
					       const char *name);
/**
 * chatterbox_config_load_environment() - lay NLCONF_<SECTION>__<KEY> variables over what is there
 * @config: config
 * @environment: as environ(7): NAME=value texts, NULL at the end
 *
 * A variable wins over a file, also over the members of "chatterbox" there. Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_config_load_environment(struct chatterbox_config *config,
						      char *const *environment);
/**
 * chatterbox_config_set() - one value by its path
 * @config: config
 * @path: "log.level" or "chatterbox.store"
 * @value: parsed as JSON where it parses and the key wants that, else text
 * @source: where it comes from, for --print-config: "--log-level"
 *
 * It wins over files and variables. Return: 0, also when it has problems; -ENOMEM.
 */
CHATTERBOX_API int chatterbox_config_set(struct chatterbox_config *config, const char *path,
					 const char *value, const char *source);
/**
 * chatterbox_config_use_embedded() - the embedded profile, as option --demo: store and bus in
 * memory, SQLite
 * @config: config
 * @sqlite_path: the database file
 *
 * Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_config_use_embedded(struct chatterbox_config *config,
						  const char *sqlite_path);

/**
 * chatterbox_config_check() - can an engine be made with it?
 * @config: config
 * @error: the first problem of kind error; may be NULL
 *
 * Return: 0, or CHATTERBOX_E_CONFIG when there is a problem of kind error.
 */
CHATTERBOX_API int chatterbox_config_check(const struct chatterbox_config *config,
					   struct chatterbox_error *error);
/**
 * chatterbox_config_problem_count() - how many problems were found so far
 * @config: config
 *
 * Return: the number, of both kinds.
 */
CHATTERBOX_API size_t chatterbox_config_problem_count(const struct chatterbox_config *config);
/**
 * chatterbox_config_problem_at() - one problem, in one line
 * @config: config
 * @index: below the count
 * @kind: NULL, or where to put how grave it is
 *
 * "chatterbox.lease.ttl: got \"ten\", takes an integer 1..3600 (s) (from file …)"
 * Return: borrowed until the next call that fills @config; NULL past the end.
 */
CHATTERBOX_API const char *chatterbox_config_problem_at(const struct chatterbox_config *config,
							size_t index,
							enum chatterbox_problem_kind *kind);
/**
 * chatterbox_config_to_json() - every effective value and where it came from, secrets as "***"
 * @config: config
 * @text: allocated, free() it: JSON, an object by path:
 * {"log.level":{"value":"info","from":"default"}}
 *
 * Unset is null; from is "default", "file PATH", "environment NAME" or "option NAME".
 * Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_config_to_json(const struct chatterbox_config *config, char **text);
/**
 * chatterbox_config_compare() - the keys whose effective values differ
 * @old: as it was
 * @now: as it is
 * @each: called for each of them, may be NULL; its restart says that a SIGHUP is not enough
 * @user: handed to @each
 *
 * Return: how many.
 */
CHATTERBOX_API int chatterbox_config_compare(
	const struct chatterbox_config *old, const struct chatterbox_config *now,
	void (*each)(void *user, const char *path, bool restart), void *user);

/* Effective values by the plain path, "redis.host" and never "chatterbox.redis.host", after the
 * overlay of chatterbox.*: texts are borrowed until the next call that fills @config. A path that
 * chatterbox.json(5) does not name, or one of another type, is a mistake of the caller: it is
 * asserted. */

/**
 * chatterbox_config_get_text() - a text, a name or a choice
 * @config: config
 * @path: of the key
 *
 * Return: borrowed; NULL = unset, which only keys without a default can be.
 */
CHATTERBOX_API const char *chatterbox_config_get_text(const struct chatterbox_config *config,
						      const char *path);
/**
 * chatterbox_config_get_integer() - a number, in the key's own unit
 * @config: config
 * @path: of the key; of a duration ("rmq_rpc.rpc_timeout") too
 *
 * Return: the number; a duration in ms.
 */
CHATTERBOX_API int64_t chatterbox_config_get_integer(const struct chatterbox_config *config,
						     const char *path);
/**
 * chatterbox_config_get_flag() - a yes or no
 * @config: config
 * @path: of the key
 *
 * Return: whether it is on.
 */
CHATTERBOX_API bool chatterbox_config_get_flag(const struct chatterbox_config *config,
					       const char *path);
/**
 * chatterbox_config_list_count() - how many texts a list has
 * @config: config
 * @path: "chatterbox.rmq_rpc.event_queue_bindings.default"
 *
 * Return: the number.
 */
CHATTERBOX_API size_t chatterbox_config_list_count(const struct chatterbox_config *config,
						   const char *path);
/**
 * chatterbox_config_list_at() - one text of a list
 * @config: config
 * @path: of the key
 * @index: below the count
 *
 * Return: borrowed.
 */
CHATTERBOX_API const char *chatterbox_config_list_at(const struct chatterbox_config *config,
						     const char *path, size_t index);

#ifdef __cplusplus
}
#endif
#endif
