// SPDX-License-Identifier: MIT
/*
 * log.c - formats log lines and hands them to the thread that writes them
 *
 * A log that fails does not stop the daemon. If a path can't be opened, the old destination is kept
 * (stdout at the start); if the destination takes nothing, lines are lost and counted. Both are
 * reported on stderr when they begin, not for every line.
 */
#include "log.h"

#include "common/cleanup.h"
#include "log_line.h"
#include "log_writer.h"
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct cbd_log {
	struct cbd_log_writer *writer;
	char name[128];
	char hostname[256];
	atomic_int level;
	atomic_bool pretty;
	atomic_bool colour;
};

static int make_line(struct cbd_log *log, struct cbd_log_line *line, char **text)
{
	line->name = log->name;
	line->hostname = log->hostname;
	line->pid = (int)getpid();
	clock_gettime(CLOCK_REALTIME, &line->time);
	return atomic_load(&log->pretty)
		       ? cbd_log_line_pretty(line, atomic_load(&log->colour), text)
		       : cbd_log_line_bunyan(line, text);
}

/* Callback of the writer, when lines are written again */
static int make_loss(void *user, uint64_t lines, char **text)
{
	char number[24];
	char message[64];
	const struct chatterbox_log_field field = { "dropped", number };
	struct cbd_log_line line = {
		.level = CHATTERBOX_LOG_WARN, .fields = &field, .count = 1, .message = message
	};

	snprintf(number, sizeof(number), "%llu", (unsigned long long)lines);
	snprintf(message, sizeof(message), "%s log line%s could not be written", number,
		 lines == 1 ? "" : "s");
	return make_line(user, &line, text);
}

void cbd_log_reopen(struct cbd_log *log, const struct cbd_log_settings *settings)
{
	const char *no_color = getenv("NO_COLOR");

	if (cbd_log_writer_open(log->writer, settings->path ? settings->path : "") < 0)
		cbd_say(STDERR_FILENO, "chatterboxd: error: log.path: out of memory");
	atomic_store(&log->pretty, settings->pretty);
	atomic_store(&log->colour,
		     cbd_log_writer_on_terminal(log->writer) && !(no_color && *no_color));
	atomic_store(&log->level, cbd_log_level_parse(settings->level));
}

int cbd_log_new(const struct cbd_log_settings *settings, struct cbd_log **out)
{
	struct cbd_log *log = calloc(1, sizeof(*log));
	int result;

	if (!log)
		return -ENOMEM;
	/* chatterbox.app_name needs a restart: a reload must not change half of it */
	snprintf(log->name, sizeof(log->name), "%s", settings->name);
	if (gethostname(log->hostname, sizeof(log->hostname) - 1))
		snprintf(log->hostname, sizeof(log->hostname), "localhost");
	result = cbd_log_writer_new(make_loss, log, &log->writer);
	if (result < 0) {
		free(log);
		return result;
	}
	cbd_log_reopen(log, settings);
	*out = log;
	return 0;
}

void cbd_log_freep(struct cbd_log **log)
{
	if (!*log)
		return;
	/* a writer that hangs still uses what is in it */
	if (cbd_log_writer_end((*log)->writer))
		free(*log);
	*log = NULL;
}

bool cbd_log_flush(struct cbd_log *log, int ms)
{
	return cbd_log_writer_flush(log->writer, ms);
}

uint64_t cbd_log_dropped(void *user)
{
	struct cbd_log *log = user;

	return cbd_log_writer_dropped(log->writer);
}

void cbd_log_sink(void *user, enum chatterbox_log_level level,
		  const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	struct cbd_log *log = user;
	struct cbd_log_line line = {
		.level = level, .fields = fields, .count = count, .message = message
	};
	char *text = NULL;
	int len;

	if ((int)level < atomic_load(&log->level))
		return;
	len = make_line(log, &line, &text);
	cbd_log_writer_put(log->writer, len > 0 ? text : NULL, len > 0 ? (size_t)len : 0);
}

void cbd_log_say(struct cbd_log *log, enum chatterbox_log_level level, const char *format, ...)
{
	char message[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	cbd_log_sink(log, level, NULL, 0, message);
}
