// SPDX-License-Identifier: MIT
/*
 * log.c - writes log lines, one write(2) each
 *
 * Decides what a broken log does: nothing to the daemon. A path that can't be opened leaves the
 * place that worked before (at start: stdout); a failing write loses that line. Both are said on
 * stderr when they begin, not for every line.
 */
#include "log.h"

#include "common/cleanup.h"
#include "log_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct cbd_log {
	pthread_mutex_t lock; /* of everything below */
	int fd;
	bool owned; /* fd is a file of ours, not stdout */
	bool pretty;
	bool colour;
	bool broken; /* the last write failed, and that was said */
	char name[128];
	char hostname[256];
	atomic_int level; /* read without the lock: most lines end there */
};

/* The descriptor for @path, -1 (said on stderr) when it can't be opened */
static int open_path(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);

	if (fd < 0)
		fprintf(stderr, "chatterboxd: error: log.path: can't open %s: %s\n", path,
			strerror(errno));
	return fd;
}

void cbd_log_reopen(struct cbd_log *log, const struct cbd_log_settings *settings)
{
	const char *no_color = getenv("NO_COLOR");
	bool file = settings->path && *settings->path;
	int fd = file ? open_path(settings->path) : STDOUT_FILENO;

	pthread_mutex_lock(&log->lock);
	if (fd >= 0) {
		if (log->owned)
			close(log->fd);
		log->fd = fd;
		log->owned = file;
		log->broken = false;
	}
	log->pretty = settings->pretty;
	log->colour = isatty(log->fd) && !(no_color && *no_color);
	atomic_store(&log->level, cbd_log_level_parse(settings->level));
	pthread_mutex_unlock(&log->lock);
}

int cbd_log_new(const struct cbd_log_settings *settings, struct cbd_log **out)
{
	struct cbd_log *log = calloc(1, sizeof(*log));

	if (!log)
		return -ENOMEM;
	pthread_mutex_init(&log->lock, NULL);
	log->fd = STDOUT_FILENO;
	/* chatterbox.app_name takes a restart: a reload must not change half of it */
	snprintf(log->name, sizeof(log->name), "%s", settings->name);
	if (gethostname(log->hostname, sizeof(log->hostname) - 1))
		snprintf(log->hostname, sizeof(log->hostname), "localhost");
	cbd_log_reopen(log, settings);
	*out = log;
	return 0;
}

void cbd_log_freep(struct cbd_log **log)
{
	if (!*log)
		return;
	if ((*log)->owned)
		close((*log)->fd);
	pthread_mutex_destroy(&(*log)->lock);
	free(*log);
	*log = NULL;
}

/* With the lock held. A write that was cut short (a signal, a disk just full) is carried on. */
static void write_line(struct cbd_log *log, const char *line, size_t len)
{
	while (len) {
		ssize_t done = write(log->fd, line, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			if (!log->broken)
				fprintf(stderr, "chatterboxd: error: can't write the log: %s\n",
					strerror(errno));
			log->broken = true;
			return;
		}
		line += done;
		len -= (size_t)done;
	}
	log->broken = false;
}

void cbd_log_sink(void *user, enum chatterbox_log_level level,
		  const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	struct cbd_log *log = user;
	struct cbd_log_line line = { .hostname = log->hostname,
				     .pid = (int)getpid(),
				     .level = level,
				     .fields = fields,
				     .count = count,
				     .message = message };
	cbx_auto(cbx_freep) char *text = NULL;
	int len;

	if ((int)level < atomic_load(&log->level))
		return;
	clock_gettime(CLOCK_REALTIME, &line.time);
	pthread_mutex_lock(&log->lock);
	line.name = log->name;
	len = log->pretty ? cbd_log_line_pretty(&line, log->colour, &text)
			  : cbd_log_line_bunyan(&line, &text);
	if (len > 0)
		write_line(log, text, (size_t)len);
	pthread_mutex_unlock(&log->lock);
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
