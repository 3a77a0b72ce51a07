/* SPDX-License-Identifier: MIT */
/*
 * log.h - logging inside the library: level, fields, one line
 *
 *	cbx_warn(log, CBX_FIELDS({ "server", "redis" }, { "error", text }), "lost %s", address);
 *	cbx_info(log, CBX_NO_FIELDS, "started");
 *
 * Any thread. Never pass a secret. A NULL sink discards.
 */
#ifndef CBX_BASE_LOG_H
#define CBX_BASE_LOG_H

#include <chatterbox/log.h>

struct cbx_log {
	chatterbox_log_fn sink;
	void *user;
	_Atomic int level; /* lines below it are not formatted */
};

struct cbx_fields {
	const struct chatterbox_log_field *fields;
	size_t count;
};

#define CBX_NO_FIELDS ((struct cbx_fields){ NULL, 0 })
#define CBX_FIELDS(...)                                                                      \
	((struct cbx_fields){ (const struct chatterbox_log_field[]){ __VA_ARGS__ },          \
			      sizeof((const struct chatterbox_log_field[]){ __VA_ARGS__ }) / \
				      sizeof(struct chatterbox_log_field) })

void cbx_log_write(const struct cbx_log *log, enum chatterbox_log_level level,
		   struct cbx_fields fields, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#define cbx_debug(log, ...) cbx_log_write((log), CHATTERBOX_LOG_DEBUG, __VA_ARGS__)
#define cbx_info(log, ...) cbx_log_write((log), CHATTERBOX_LOG_INFO, __VA_ARGS__)
#define cbx_warn(log, ...) cbx_log_write((log), CHATTERBOX_LOG_WARN, __VA_ARGS__)
#define cbx_error(log, ...) cbx_log_write((log), CHATTERBOX_LOG_ERROR, __VA_ARGS__)

#endif
