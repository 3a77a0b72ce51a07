// SPDX-License-Identifier: MIT
/*
 * log_line.c - formats a message and its fields as one line
 *
 * Control characters are escaped and invalid UTF-8 becomes U+FFFD, so that neither a log reader nor
 * a terminal can be misled by what a system or server sent. A field named like one of Bunyan's own
 * gets a leading underscore.
 */
#include "log_line.h"

#include "common/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	enum chatterbox_log_level level;
	const char *name;
	const char *colour;
} levels[] = {
	{ CHATTERBOX_LOG_TRACE, "TRACE", "\033[37m" },
	{ CHATTERBOX_LOG_DEBUG, "DEBUG", "\033[33m" },
	{ CHATTERBOX_LOG_INFO, "INFO", "\033[36m" },
	{ CHATTERBOX_LOG_WARN, "WARN", "\033[35m" },
	{ CHATTERBOX_LOG_ERROR, "ERROR", "\033[31m" },
	{ CHATTERBOX_LOG_FATAL, "FATAL", "\033[7m" },
};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static size_t level_index(enum chatterbox_log_level level)
{
	size_t i = LEVELS - 1;

	while (i && level < levels[i].level)
		i--;
	return i;
}

const char *cbd_log_level_name(enum chatterbox_log_level level)
{
	return levels[level_index(level)].name;
}

int cbd_log_level_parse(const char *text)
{
	size_t i;

	for (i = 0; i < LEVELS; i++)
		if (!strcasecmp(text, levels[i].name))
			return (int)levels[i].level;
	return 0;
}

static void put_escape(FILE *out, uint32_t code)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt";
	const char *s;

	for (s = shorts; *s; s += 2)
		if ((unsigned char)*s == code) {
			fprintf(out, "\\%c", s[1]);
			return;
		}
	fprintf(out, "\\u%04x", code);
}

/* @quoted: inside a JSON string, where quotes and backslashes are escaped, too */
static void put_text(FILE *out, const char *text, bool quoted)
{
	size_t left = strlen(text);
	uint32_t code = 0;
	size_t step;

	for (; left; text += step, left -= step) {
		step = cbx_utf8_next(text, left, &code);
		if (!step) {
			fputs("\xef\xbf\xbd", out);
			step = 1;
		} else if (cbx_utf8_control(code)) {
			put_escape(out, code);
		} else {
			if (quoted && (code == '"' || code == '\\'))
				fputc('\\', out);
			fwrite(text, 1, step, out);
		}
	}
}

static void put_json(FILE *out, const char *before, const char *text)
{
	fputs(before, out);
	fputc('"', out);
	put_text(out, text, true);
	fputc('"', out);
}

static bool is_bunyans(const char *name)
{
	static const char *const names[] = {
		"name", "hostname", "pid", "level", "msg", "time", "v"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void time_text(const struct timespec *time, char out[40])
{
	struct tm tm;
	size_t len;

	if (!gmtime_r(&time->tv_sec, &tm))
		memset(&tm, 0, sizeof(tm));
	len = strftime(out, 30, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, 40 - len, ".%03uZ", (unsigned)(time->tv_nsec / 1000000) % 1000);
}

static int finish(FILE *out, char **bytes, const size_t *len, char **text)
{
	bool failed = ferror(out);

	if (fclose(out) || failed) {
		free(*bytes);
		return -ENOMEM;
	}
	*text = *bytes;
	return (int)*len;
}

int cbd_log_line_bunyan(const struct cbd_log_line *line, char **text)
{
	char time[40];
	char *bytes = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&bytes, &len);
	size_t i;

	if (!out)
		return -ENOMEM;
	time_text(&line->time, time);
	put_json(out, "{\"name\":", line->name);
	put_json(out, ",\"hostname\":", line->hostname);
	fprintf(out, ",\"pid\":%d,\"level\":%d", line->pid, (int)line->level);
	for (i = 0; i < line->count; i++) {
		fputs(is_bunyans(line->fields[i].name) ? ",\"_" : ",\"", out);
		put_text(out, line->fields[i].name, true);
		put_json(out, "\":", line->fields[i].value ? line->fields[i].value : "");
	}
	put_json(out, ",\"msg\":", line->message);
	put_json(out, ",\"time\":", time);
	fputs(",\"v\":0}\n", out);
	return finish(out, &bytes, &len, text);
}

int cbd_log_line_pretty(const struct cbd_log_line *line, bool colour, char **text)
{
	size_t level = level_index(line->level);
	char time[40];
	char *bytes = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&bytes, &len);
	size_t i;

	if (!out)
		return -ENOMEM;
	time_text(&line->time, time);
	fprintf(out, "[%s] %s%s%s: ", time, colour ? levels[level].colour : "", levels[level].name,
		colour ? "\033[0m" : "");
	put_text(out, line->name, false);
	fprintf(out, "/%d on ", line->pid);
	put_text(out, line->hostname, false);
	fputs(": ", out);
	put_text(out, line->message, false);
	for (i = 0; i < line->count; i++) {
		fputs(i ? ", " : " (", out);
		put_text(out, line->fields[i].name, false);
		fputc('=', out);
		put_text(out, line->fields[i].value ? line->fields[i].value : "", false);
	}
	fputs(line->count ? ")\n" : "\n", out);
	return finish(out, &bytes, &len, text);
}
