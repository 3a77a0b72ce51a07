// SPDX-License-Identifier: MIT
/*
 * flight.c - the queue between who gives lines and who writes them, and what is done about lost
 * ones
 *
 * A line that is lost takes all others with it up to the next state, since nothing follows from
 * them any more. They are lost when the disk is slower than what comes (the queue is bounded), or
 * can't be written to; then it is tried again each minute.
 */
#include "adapter/flight/flight.h"

#include "adapter/flight/anonymous.h"
#include "adapter/flight/file.h"
#include "base/thread.h"
#include "common/cleanup.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define QUEUE_BYTES ((size_t)64 << 20)
#define PORTION ((size_t)256 << 10)
#define TRY_AGAIN (60 * CBX_SECOND)

struct item {
	struct item *next;
	char *bytes;
	size_t len;
	bool state;
};

struct flight {
	struct cbx_flight flight;
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_metric *lines;
	const char *version;
	struct cbx_flight_file file;
	uint64_t limit;
	bool anonymous;
	struct cbx_anonymous_key key;
	struct cbx_thread thread;

	pthread_mutex_t lock; /* of the next ones */
	pthread_cond_t changed;
	struct item *first, **last;
	size_t queued;   /* bytes */
	uint64_t missed; /* lines that there was no room for, since the last state */
	bool losing;     /* until the next state */
	bool stop;

	/* the thread's */
	struct cbx_text text; /* what is written next */
	uint64_t pending;     /* lines in it */
	uint64_t lost;        /* lines since the last state that was written */
	uint64_t began;       /* size of the file after its first state */
	uint64_t retry_at;    /* 0: the file can be written to */
	bool asked;           /* for a state that has not come yet */
	bool full;            /* a state alone is more than the limit: for good */
};

static struct flight *of(struct cbx_flight *flight)
{
	return (struct flight *)(void *)flight;
}

static uint64_t count_lines(const char *bytes, size_t len)
{
	const char *end = bytes + len;
	uint64_t count = 0;

	while (bytes < end && (bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		bytes++;
		count++;
	}
	return count;
}

/* --- any thread: the queue --- */

static void put(struct cbx_flight *base, struct cbx_text *lines, bool state)
{
	struct flight *self = of(base);
	struct item *item = calloc(1, sizeof(*item));
	uint64_t count = lines->failed ? 1 : count_lines(lines->bytes, lines->len);
	bool ok = item && !cbx_text_take(lines, &item->bytes, &item->len);

	cbx_text_free(lines);
	pthread_mutex_lock(&self->lock);
	self->losing = self->losing && !state;
	if (!ok || self->queued > QUEUE_BYTES || self->losing) {
		self->losing = true;
		self->missed += count;
	} else {
		item->state = state;
		self->queued += item->len;
		*self->last = cbx_steal(item);
		self->last = &(*self->last)->next;
		pthread_cond_signal(&self->changed);
	}
	pthread_mutex_unlock(&self->lock);
	if (item)
		free(item->bytes);
	free(item);
}

/* --- the thread: the file --- */

static void count(struct flight *self, const char *outcome, uint64_t lines)
{
	if (lines)
		cbx_metric_add(self->lines, outcome, NULL, (double)lines);
}

static void lose(struct flight *self, uint64_t lines)
{
	self->lost += lines;
	count(self, "dropped", lines);
}

static void fail(struct flight *self, int error)
{
	bool first = !self->retry_at;

	self->retry_at = cbx_now(self->clock) + TRY_AGAIN;
	if (first)
		cbx_error(
			self->log, CBX_FIELDS({ "error", strerror(-error) }),
			"the recording %s can't be written: %s; all else goes on, and it is tried "
			"again every 60 s",
			self->file.path, strerror(-error));
}

static void note_success(struct flight *self)
{
	if (self->retry_at)
		cbx_info(self->log, CBX_NO_FIELDS, "the recording %s can be written again",
			 self->file.path);
	self->retry_at = 0;
}

/* Writes what is there. False: it is lost. */
static bool flush(struct flight *self)
{
	int result = self->text.failed ? -ENOMEM : cbx_flight_file_write(&self->file, &self->text);

	if (result < 0) {
		lose(self, self->pending);
		cbx_flight_file_close(&self->file);
		fail(self, result);
	} else if (self->text.len) {
		count(self, "written", self->pending);
		note_success(self);
	}
	cbx_text_clear(&self->text);
	self->text.failed = false;
	self->pending = 0;
	return !result;
}

static void add(struct flight *self, const char *line, size_t len)
{
	if (self->anonymous)
		cbx_anonymise(&self->key, line, len, &self->text);
	else
		cbx_text_add(&self->text, line, len);
	self->pending++;
}

static void put_header(struct flight *self)
{
	cbx_text_printf(&self->text,
			"{\"chatterbox_recording\":1,\"version\":\"%s\",\"anonymous\":%s}\n",
			self->version, self->anonymous ? "true" : "false");
}

static bool write_lines(struct flight *self, const struct item *item)
{
	const char *at = item->bytes;
	const char *end = item->bytes + item->len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline + 1 : end;

		add(self, at, (size_t)(next - at));
		at = next;
		if (self->text.len >= PORTION && !flush(self)) {
			lose(self, count_lines(at, (size_t)(end - at)));
			return false;
		}
	}
	return true;
}

/* --- the thread: where a state begins something new --- */

static void give_up(struct flight *self)
{
	self->full = true;
	cbx_text_puts(&self->text, "{\"what\":\"end\",\"why\":\"limit\"}\n");
	flush(self);
	cbx_flight_file_close(&self->file);
	cbx_error(self->log, CBX_NO_FIELDS,
		  "the recording %s ends: what is known of the jobs alone takes %llu bytes, more "
		  "than "
		  "half of chatterbox.record.limit",
		  self->file.path, (unsigned long long)self->file.size);
}

static int open_for(struct flight *self)
{
	int result = 0;

	if (self->file.fd < 0)
		result = cbx_flight_file_open(&self->file);
	else if (self->file.size >= self->limit / 2)
		result = cbx_flight_file_turn_over(&self->file);
	if (result < 0)
		fail(self, result);
	return result;
}

static void write_state(struct flight *self, const struct item *item)
{
	self->asked = false;
	if (!flush(self) || open_for(self) < 0) {
		lose(self, count_lines(item->bytes, item->len));
		return;
	}
	if (!self->file.size)
		put_header(self);
	else if (self->lost)
		cbx_text_printf(&self->text, "{\"what\":\"gap\",\"lines\":%llu}\n",
				(unsigned long long)self->lost);
	if (!write_lines(self, item) || !flush(self))
		return;
	self->lost = 0;
	if (self->file.size >= self->limit / 2 && self->file.regular)
		give_up(self);
}

static void take(struct flight *self, const struct item *item)
{
	if (self->full)
		count(self, "dropped", count_lines(item->bytes, item->len));
	else if (item->state)
		write_state(self, item);
	else if (self->file.fd < 0 || self->lost)
		lose(self, count_lines(item->bytes, item->len));
	else
		write_lines(self, item);
}

static void ask_for_state(struct flight *self)
{
	bool may_try = !self->retry_at || cbx_now(self->clock) >= self->retry_at;
	bool is_long =
		self->file.fd >= 0 && self->file.regular && self->file.size >= self->limit / 2;

	if (self->full || self->asked || !((self->lost && may_try) || is_long))
		return;
	self->asked = true;
	self->flight.wants_state = true;
}

/* The next of the queue, all of it; NULL: nothing came for a second, or it is the end */
static struct item *wait_for_items(struct flight *self, bool *stop)
{
	struct timespec until;
	struct item *items;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_mutex_lock(&self->lock);
	if (!self->first && !self->stop)
		pthread_cond_timedwait(&self->changed, &self->lock, &until);
	items = cbx_steal(self->first);
	self->last = &self->first;
	self->queued = 0;
	if (self->missed)
		self->asked = false; /* it may have been a state */
	lose(self, self->missed);
	self->missed = 0;
	if (self->losing)
		self->lost = self->lost ?: 1;
	*stop = self->stop;
	pthread_mutex_unlock(&self->lock);
	return items;
}

static void *run(void *user)
{
	struct flight *self = user;
	bool stop = false;

	while (!stop) {
		struct item *item = wait_for_items(self, &stop);
		bool ended = stop && !item;

		while (item) {
			struct item *next = item->next;

			take(self, item);
			free(item->bytes);
			free(item);
			item = next;
		}
		if (self->file.fd >= 0 && self->pending)
			flush(self);
		ask_for_state(self);
		stop = ended;
	}
	return NULL;
}

static void free_flight(struct cbx_flight *base)
{
	struct flight *self = of(base);

	pthread_mutex_lock(&self->lock);
	self->stop = true;
	pthread_cond_signal(&self->changed);
	pthread_mutex_unlock(&self->lock);
	cbx_thread_join(&self->thread);
	if (self->file.fd >= 0 && !self->lost) {
		cbx_text_puts(&self->text, "{\"what\":\"end\",\"why\":\"stopped\"}\n");
		flush(self);
	}
	cbx_flight_file_free(&self->file);
	cbx_text_free(&self->text);
	pthread_cond_destroy(&self->changed);
	pthread_mutex_destroy(&self->lock);
	explicit_bzero(&self->key, sizeof(self->key));
	free(self);
}

static const struct cbx_flight_ops ops = { .put = put, .free = free_flight };

int cbx_flight_new(const struct cbx_flight_options *options, struct cbx_flight **out)
{
	struct flight *self = calloc(1, sizeof(*self));
	int result;

	if (!self)
		return -ENOMEM;
	self->flight.ops = &ops;
	self->flight.wants_state = self->asked = true;
	self->clock = options->clock;
	self->log = options->log;
	self->lines = options->lines;
	self->version = options->version;
	self->limit = options->limit;
	self->anonymous = options->anonymous;
	self->last = &self->first;
	pthread_mutex_init(&self->lock, NULL);
	pthread_cond_init(&self->changed, NULL);
	result = cbx_flight_file_init(&self->file, options->path);
	if (!result && getrandom(&self->key, sizeof(self->key), 0) != (ssize_t)sizeof(self->key))
		result = -EIO;
	if (!result)
		result = cbx_thread_start(&self->thread, "cbx-flight", run, self);
	if (result < 0)
		free_flight(&self->flight);
	else
		*out = &self->flight;
	return result;
}
