/* SPDX-License-Identifier: MIT */
/* log_line.h - the format of a log line: Bunyan's JSON, or a form for people */
#ifndef CBD_LOG_LINE_H
#define CBD_LOG_LINE_H

#include <chatterbox/log.h>
#include <stdbool.h>
#include <time.h>

struct cbd_log_line {
	const char *name;
	const char *hostname;
	int pid;
	enum chatterbox_log_level level;
	const struct chatterbox_log_field *fields;
	size_t count;
	const char *message;
	struct timespec time;
};

/* "TRACE" .. "FATAL" */
const char *cbd_log_level_name(enum chatterbox_log_level level);
/* "info" -> 30; 0 when there is no such level */
int cbd_log_level_parse(const char *text);

/* Both write an allocated line with its newline to @text and return its length, or -ENOMEM.
 * Whatever the texts contain, the result is one line of valid UTF-8 without control characters. */
int cbd_log_line_bunyan(const struct cbd_log_line *line, char **text);
/* @colour: with escape sequences for a terminal */
int cbd_log_line_pretty(const struct cbd_log_line *line, bool colour, char **text);

#endif
