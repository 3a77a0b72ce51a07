/* SPDX-License-Identifier: MIT */
/*
 * log.h - log lines to stdout or a file, which is opened again on SIGHUP
 *
 * Any thread may log and never waits: a thread writes the lines (log_writer.h). Only the main
 * thread opens and frees. If lines can't be written, that is reported on stderr, once until it
 * works again, and the lines are lost and counted.
 */
#ifndef CBD_LOG_H
#define CBD_LOG_H

#include <chatterbox/log.h>
#include <stdbool.h>
#include <stdint.h>

struct cbd_log;

struct cbd_log_settings {
	const char *name;  /* of the application */
	const char *level; /* "info" */
	const char *path;  /* "" = stdout */
	bool pretty;
};

int cbd_log_new(const struct cbd_log_settings *settings, struct cbd_log **out);
/* Writes what is left, for at most a second */
void cbd_log_freep(struct cbd_log **log);
/* Waits at most @ms until all lines are written; false when some are left. Any thread. */
bool cbd_log_flush(struct cbd_log *log, int ms);
/* How many lines were lost; @user is the struct cbd_log. Any thread. */
uint64_t cbd_log_dropped(void *user);
/* Takes over settings and opens the path again (it may have been rotated); keeps the old file if
 * that fails */
void cbd_log_reopen(struct cbd_log *log, const struct cbd_log_settings *settings);

/* A chatterbox_log_fn; @user is the struct cbd_log */
void cbd_log_sink(void *user, enum chatterbox_log_level level,
		  const struct chatterbox_log_field *fields, size_t count, const char *message);
/* One line without fields */
void cbd_log_say(struct cbd_log *log, enum chatterbox_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
