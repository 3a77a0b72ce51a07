/* SPDX-License-Identifier: MIT */
/*
 * log.h - where log lines go: stdout or a file, reopened on SIGHUP
 *
 * Any thread may log; opening and freeing belong to main. A place that can't be written is said
 * on stderr, once until it works again, and never stops the daemon.
 */
#ifndef CBD_LOG_H
#define CBD_LOG_H

#include <chatterbox/log.h>
#include <stdbool.h>

struct cbd_log;

struct cbd_log_settings {
	const char *name;  /* of the application */
	const char *level; /* "info" */
	const char *path;  /* "" = stdout */
	bool pretty;
};

int cbd_log_new(const struct cbd_log_settings *settings, struct cbd_log **out);
void cbd_log_freep(struct cbd_log **log);
/* Take over settings and open the path anew (a rotated file); keeps the old place if that fails */
void cbd_log_reopen(struct cbd_log *log, const struct cbd_log_settings *settings);

/* A chatterbox_log_fn; @user is the struct cbd_log */
void cbd_log_sink(void *user, enum chatterbox_log_level level,
		  const struct chatterbox_log_field *fields, size_t count, const char *message);
/* One line without fields */
void cbd_log_say(struct cbd_log *log, enum chatterbox_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
