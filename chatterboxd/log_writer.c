// SPDX-License-Identifier: MIT
/*
 * log_writer.c - the thread that writes log lines, with a queue of one mebibyte
 *
 * A line is lost when the queue is full, or when the destination refuses it (a full disk, a pipe
 * whose reader is gone). As soon as lines are written again, the number of lost ones is written as
 * a line of its own.
 *
 * A file is opened non-blocking, since that descriptor is ours alone. stdout is shared with others,
 * so writes to it are never longer than what a ready pipe takes without blocking.
 */
#include "log_writer.h"

#include "common/cleanup.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>

#define QUEUE_BYTES ((size_t)1024 * 1024)
#define OPEN_PATIENCE_MS 250
#define END_PATIENCE_MS 1000

struct line {
	STAILQ_ENTRY(line) next;
	size_t len;
	char *text;
};

struct cbd_log_writer {
	pthread_t thread;
	pthread_mutex_t lock; /* of everything below, down to `wake` */
	pthread_cond_t moved; /* something was written, opened or given up */
	STAILQ_HEAD(, line) lines;
	size_t bytes;
	char *path;   /* to be opened, NULL = nothing */
	bool urgent;  /* even if there are lines in the queue */
	bool opening; /* it is being opened */
	bool stop;
	bool ended;
	uint64_t untold;
	int wake; /* eventfd: there is something to do */
	atomic_bool terminal;
	_Atomic uint64_t dropped;
	/* the thread's own */
	int fd;
	bool owned;   /* a file of ours, not stdout */
	bool broken;  /* the last write failed, which was reported */
	bool torn;    /* it failed in the middle of a line */
	size_t begun; /* bytes of the first line already written */
	cbd_log_loss_fn loss;
	void *user;
};

/* --- the queue, with the lock held --- */

static bool append(struct cbd_log_writer *writer, char *text, size_t len)
{
	struct line *line = NULL;

	if (writer->bytes + len <= QUEUE_BYTES)
		line = malloc(sizeof(*line));
	if (!line) {
		free(text);
		return false;
	}
	*line = (struct line){ .len = len, .text = text };
	STAILQ_INSERT_TAIL(&writer->lines, line, next);
	writer->bytes += len;
	return true;
}

static void remove_first(struct cbd_log_writer *writer)
{
	struct line *line = STAILQ_FIRST(&writer->lines);

	STAILQ_REMOVE_HEAD(&writer->lines, next);
	writer->bytes -= line->len;
	free(line->text);
	free(line);
	writer->begun = 0;
	pthread_cond_broadcast(&writer->moved);
}

static void count_lost(struct cbd_log_writer *writer)
{
	writer->dropped++;
	writer->untold++;
}

static void tell_lost(struct cbd_log_writer *writer)
{
	char *text = NULL;
	int len;

	if (!writer->untold)
		return;
	len = writer->loss(writer->user, writer->untold, &text);
	if (len > 0 && append(writer, text, (size_t)len))
		writer->untold = 0;
}

void cbd_log_writer_put(struct cbd_log_writer *writer, char *text, size_t len)
{
	pthread_mutex_lock(&writer->lock);
	/* lines are missing here; while there is room for few more, the loss would be reported in
	 * pieces */
	if (writer->bytes < QUEUE_BYTES / 2 && !writer->broken)
		tell_lost(writer);
	if (!text || !append(writer, text, len))
		count_lost(writer);
	pthread_mutex_unlock(&writer->lock);
	eventfd_write(writer->wake, 1);
}

/* --- the thread --- */

/* A FIFO that nobody reads yet is opened for reading, too, so that it keeps the first lines */
static int open_path(const char *path)
{
	const int flags = O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, O_WRONLY | flags, 0640);

	if (fd < 0 && errno == ENXIO)
		fd = open(path, O_RDWR | flags, 0640);
	if (fd < 0)
		cbd_say(STDERR_FILENO, "chatterboxd: error: log.path: can't open %s: %s", path,
			strerror(errno));
	return fd;
}

static void open_place(struct cbd_log_writer *writer)
{
	cbx_auto(cbx_freep) char *path = cbx_steal(writer->path);
	int fd;

	writer->urgent = false;
	writer->opening = true;
	pthread_mutex_unlock(&writer->lock);
	fd = *path ? open_path(path) : STDOUT_FILENO;
	if (fd >= 0) {
		if (writer->owned)
			close(writer->fd);
		writer->fd = fd;
		writer->owned = *path;
		writer->begun = 0;
		writer->torn = false;
	}
	pthread_mutex_lock(&writer->lock);
	writer->opening = false;
	if (fd >= 0)
		writer->broken = false;
	atomic_store(&writer->terminal, isatty(writer->fd));
	pthread_cond_broadcast(&writer->moved);
}

/* Waits until the destination takes something (true), or something else is to be done. @place: -1 =
 * none. */
static bool await(struct cbd_log_writer *writer, int place)
{
	struct pollfd fds[] = { { .fd = place, .events = POLLOUT },
				{ .fd = writer->wake, .events = POLLIN } };
	eventfd_t count;

	pthread_mutex_unlock(&writer->lock);
	poll(fds, CBX_COUNT(fds), -1);
	if (fds[1].revents)
		eventfd_read(writer->wake, &count);
	pthread_mutex_lock(&writer->lock);
	return fds[0].revents != 0;
}

/* Bytes written, 0 when the destination takes nothing now, or -errno */
static ssize_t write_piece(struct cbd_log_writer *writer, const char *bytes, size_t len)
{
	ssize_t done;

	if (!writer->owned && len > PIPE_BUF)
		len = PIPE_BUF;
	do {
		done = write(writer->fd, bytes, len);
	} while (done < 0 && errno == EINTR);
	if (done < 0)
		return errno == EAGAIN ? 0 : -errno;
	return done ? done : -EIO;
}

/* Called and left with the lock held. The first line stays in the queue until it is written or
 * lost. */
static void write_first(struct cbd_log_writer *writer)
{
	struct line *line = STAILQ_FIRST(&writer->lines);
	ssize_t done;

	pthread_mutex_unlock(&writer->lock);
	if (writer->torn && write_piece(writer, "\n", 1) == 1)
		writer->torn = false;
	done = write_piece(writer, line->text + writer->begun, line->len - writer->begun);
	if (done < 0 && !writer->broken)
		cbd_say(STDERR_FILENO, "chatterboxd: error: can't write the log: %s",
			strerror((int)-done));
	pthread_mutex_lock(&writer->lock);
	writer->broken = done < 0;
	if (done < 0) {
		writer->torn = writer->torn || writer->begun;
		count_lost(writer);
		remove_first(writer);
		return;
	}
	writer->begun += (size_t)done;
	if (writer->begun == line->len)
		remove_first(writer);
}

/* Does one thing; called and left with the lock held. False at the end. */
static bool turn(struct cbd_log_writer *writer)
{
	bool any;

	if (STAILQ_EMPTY(&writer->lines) && !writer->broken)
		tell_lost(writer);
	any = !STAILQ_EMPTY(&writer->lines);
	if (any && !writer->urgent && await(writer, writer->fd))
		write_first(writer);
	else if (writer->path)
		open_place(writer);
	else if (writer->stop)
		return false;
	else if (!any)
		await(writer, -1);
	return true;
}

static void *run(void *user)
{
	struct cbd_log_writer *writer = user;

	pthread_mutex_lock(&writer->lock);
	while (turn(writer))
		continue;
	writer->ended = true;
	pthread_cond_broadcast(&writer->moved);
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* --- the main thread's side --- */

/* Call with the lock held: waits until @done returns true, at most @ms */
static bool wait_for(struct cbd_log_writer *writer, bool (*done)(const struct cbd_log_writer *),
		     int ms)
{
	struct timespec until;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!done(writer) && !error)
		error = pthread_cond_timedwait(&writer->moved, &writer->lock, &until);
	return done(writer);
}

static bool is_open(const struct cbd_log_writer *writer)
{
	return !writer->path && !writer->opening;
}

static bool is_flushed(const struct cbd_log_writer *writer)
{
	return STAILQ_EMPTY(&writer->lines) && is_open(writer);
}

static bool has_ended(const struct cbd_log_writer *writer)
{
	return writer->ended;
}

int cbd_log_writer_open(struct cbd_log_writer *writer, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	pthread_mutex_lock(&writer->lock);
	free(writer->path);
	writer->path = copy;
	eventfd_write(writer->wake, 1);
	if (!wait_for(writer, is_open, OPEN_PATIENCE_MS)) {
		writer->urgent = writer->path != NULL;
		eventfd_write(writer->wake, 1);
		wait_for(writer, is_open, OPEN_PATIENCE_MS);
	}
	pthread_mutex_unlock(&writer->lock);
	return 0;
}

bool cbd_log_writer_flush(struct cbd_log_writer *writer, int ms)
{
	bool flushed;

	pthread_mutex_lock(&writer->lock);
	flushed = wait_for(writer, is_flushed, ms);
	pthread_mutex_unlock(&writer->lock);
	return flushed;
}

bool cbd_log_writer_on_terminal(struct cbd_log_writer *writer)
{
	return atomic_load(&writer->terminal);
}

uint64_t cbd_log_writer_dropped(struct cbd_log_writer *writer)
{
	return atomic_load(&writer->dropped);
}

static void destroy(struct cbd_log_writer *writer)
{
	while (!STAILQ_EMPTY(&writer->lines))
		remove_first(writer);
	if (writer->owned)
		close(writer->fd);
	if (writer->wake >= 0)
		close(writer->wake);
	free(writer->path);
	pthread_cond_destroy(&writer->moved);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

static int start(struct cbd_log_writer *writer)
{
	sigset_t all;
	sigset_t old;
	int error;

	/* signals are for the main thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&writer->thread, NULL, run, writer);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -error;
}

int cbd_log_writer_new(cbd_log_loss_fn loss, void *user, struct cbd_log_writer **out)
{
	struct cbd_log_writer *writer = calloc(1, sizeof(*writer));
	pthread_condattr_t monotonic;
	int result;

	if (!writer)
		return -ENOMEM;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->moved, &monotonic);
	pthread_condattr_destroy(&monotonic);
	STAILQ_INIT(&writer->lines);
	writer->fd = STDOUT_FILENO;
	writer->loss = loss;
	writer->user = user;
	atomic_store(&writer->terminal, isatty(STDOUT_FILENO));
	writer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	result = writer->wake < 0 ? -errno : start(writer);
	if (result < 0)
		destroy(writer);
	else
		*out = writer;
	return result;
}

bool cbd_log_writer_end(struct cbd_log_writer *writer)
{
	bool ended;

	pthread_mutex_lock(&writer->lock);
	wait_for(writer, is_flushed, END_PATIENCE_MS);
	writer->stop = true;
	eventfd_write(writer->wake, 1);
	ended = wait_for(writer, has_ended, OPEN_PATIENCE_MS);
	pthread_mutex_unlock(&writer->lock);
	if (!ended) {
		pthread_detach(writer->thread);
		return false;
	}
	pthread_join(writer->thread, NULL);
	destroy(writer);
	return true;
}
