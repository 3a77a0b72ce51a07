/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/log.h - how the library speaks: through one callback, never to a file of its own
 */
#ifndef CHATTERBOX_LOG_H
#define CHATTERBOX_LOG_H

#include <chatterbox/error.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bunyan's levels, by their numbers */
enum chatterbox_log_level {
	CHATTERBOX_LOG_TRACE = 10,
	CHATTERBOX_LOG_DEBUG = 20,
	CHATTERBOX_LOG_INFO = 30,
	CHATTERBOX_LOG_WARN = 40,
	CHATTERBOX_LOG_ERROR = 50,
	CHATTERBOX_LOG_FATAL = 60,
};

/**
 * chatterbox_log_level_to_string() - its name
 * @level: level
 *
 * Any thread. Return: "trace", "debug", "info", "warn", "error" or "fatal", static; "unknown" for a
 * number that is none of the enum's.
 */
CHATTERBOX_API const char *chatterbox_log_level_to_string(enum chatterbox_log_level level);

/* One field of a log line: UTF-8 text, never a secret */
struct chatterbox_log_field {
	const char *name;  /* "system", "error", ... */
	const char *value; /* its text */
};

/**
 * chatterbox_log_fn - receives each log line of an engine
 * @user: what the host gave with it
 * @level: how grave
 * @fields: what belongs to the line, valid during the call
 * @count: how many fields
 * @message: the line, valid during the call
 *
 * Called from any of the library's threads, also at the same time: it must be thread-safe and
 * must not call back into the library.
 */
typedef void (*chatterbox_log_fn)(void *user, enum chatterbox_log_level level,
				  const struct chatterbox_log_field *fields, size_t count,
				  const char *message);

#ifdef __cplusplus
}
#endif
#endif
