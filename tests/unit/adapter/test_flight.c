// SPDX-License-Identifier: MIT
/* The recorder's files: bounded, whole lines whatever the disk does, and nobody waits for it */
#include "adapter/flight/flight.h"
#include "common/cleanup.h"
#include "fake_clock.h"
#include "metric_value.h"
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static struct place {
	char directory[64];
	char path[96];
	char before[112];
	struct fake_clock clock;
	struct cbx_log log;
	struct cbx_metrics *metrics;
	struct cbx_metric *lines;
	pthread_mutex_t lock;
	char said[512]; /* the last line of the log */
	unsigned errors;
	struct cbx_flight *flight;
} place;

static void note(void *user, enum chatterbox_log_level level,
		 const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	(void)user;
	(void)fields;
	(void)count;
	pthread_mutex_lock(&place.lock);
	snprintf(place.said, sizeof(place.said), "%s", message);
	place.errors += level >= CHATTERBOX_LOG_ERROR;
	pthread_mutex_unlock(&place.lock);
}

static void set_up(void)
{
	place = (struct place){ .log = { .sink = note }, .lock = PTHREAD_MUTEX_INITIALIZER };
	snprintf(place.directory, sizeof(place.directory), "/tmp/chatterbox-flight-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place.directory));
	snprintf(place.path, sizeof(place.path), "%s/rec", place.directory);
	snprintf(place.before, sizeof(place.before), "%s.1", place.path);
	fake_clock_init(&place.clock);
	ck_assert_int_eq(cbx_metrics_new(&place.metrics), 0);
	place.lines = cbx_metrics_add(place.metrics, CBX_COUNTER, "chatterbox_recorded_lines_total",
				      "x", "outcome", NULL);
}

static void tear_down(void)
{
	cbx_flight_free(place.flight);
	cbx_metrics_free(place.metrics);
	unlink(place.path);
	unlink(place.before);
	rmdir(place.directory);
}

static void open_at(const char *path, uint64_t limit, bool anonymous)
{
	ck_assert_int_eq(cbx_flight_new(&(struct cbx_flight_options){ .path = path,
								      .limit = limit,
								      .anonymous = anonymous,
								      .version = "9.9",
								      .clock = &place.clock.clock,
								      .log = &place.log,
								      .lines = place.lines },
					&place.flight),
			 0);
	ck_assert(place.flight->wants_state);
}

static void put(const char *lines, bool state)
{
	struct cbx_text text = { 0 };

	cbx_text_puts(&text, lines);
	if (state)
		place.flight->wants_state = false;
	place.flight->ops->put(place.flight, &text, state);
	ck_assert_ptr_null(text.bytes);
}

static double count(const char *outcome)
{
	return metric_value(place.lines, outcome, NULL);
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* The thread has dealt with so many lines */
static void await(double lines)
{
	uint64_t deadline = cbx_now(cbx_system_clock()) + 60 * CBX_SECOND;

	while (count("written") + count("dropped") < lines) {
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "%g of %g lines",
			      count("written") + count("dropped"), lines);
		nap();
	}
}

static void await_wish(void)
{
	uint64_t deadline = cbx_now(cbx_system_clock()) + 60 * CBX_SECOND;

	while (!place.flight->wants_state) {
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "no state is asked for");
		nap();
	}
}

static void end(void)
{
	cbx_flight_free(cbx_steal(place.flight));
}

/* free() it */
static char *content(const char *path)
{
	cbx_auto(cbx_freep) char *bytes = calloc(1, (1 << 22) + 1);
	FILE *file = fopen(path, "r");

	ck_assert_msg(file && bytes, "%s is not there", path);
	ck_assert_uint_lt(fread(bytes, 1, 1 << 22, file), 1 << 22);
	fclose(file);
	return cbx_steal(bytes);
}

static void expect(const char *path, const char *wanted)
{
	char *bytes = content(path);

	ck_assert_str_eq(bytes, wanted);
	free(bytes);
}

#define HEADER "{\"chatterbox_recording\":1,\"version\":\"9.9\",\"anonymous\":false}\n"
#define END "{\"what\":\"end\",\"why\":\"stopped\"}\n"
#define S "{\"what\":\"state\"}\n{\"what\":\"begin\"}\n"
#define A "{\"what\":\"push\",\"system\":\"Alpha\"}\n"

START_TEST(lines_are_in_the_file_as_they_came)
{
	struct stat about;

	open_at(place.path, 1 << 20, false);
	/* before a state nothing is of use */
	put(A, false);
	put(S, true);
	put(A, false);
	end();
	expect(place.path, HEADER S A END);
	ck_assert_double_eq(count("dropped"), 1);
	ck_assert_double_eq(count("written"), 3);
	ck_assert_int_eq(stat(place.path, &about), 0);
	ck_assert_uint_eq(about.st_mode & 0777, 0600);
}
END_TEST

START_TEST(what_was_there_is_kept)
{
	open_at(place.path, 1 << 20, false);
	put(S, true);
	end();
	open_at(place.path, 1 << 20, false);
	put(S A, true);
	end();
	expect(place.before, HEADER S END);
	expect(place.path, HEADER S A END);
}
END_TEST

START_TEST(names_are_replaced)
{
	char *bytes;

	open_at(place.path, 1 << 20, true);
	put(S A, true);
	end();
	bytes = content(place.path);
	ck_assert_ptr_nonnull(strstr(bytes, "\"anonymous\":true"));
	ck_assert_ptr_nonnull(strstr(bytes, "{\"what\":\"push\",\"system\":\"n"));
	ck_assert_ptr_null(strstr(bytes, "Alpha"));
	free(bytes);
}
END_TEST

/* Never more than the limit, and what came last is there, from a state on */
START_TEST(the_files_are_bounded)
{
	const uint64_t limit = 64 << 10;
	struct stat now;
	struct stat before;
	char line[96];
	double lines = 2;
	char *bytes;
	unsigned n;

	open_at(place.path, limit, false);
	put(S, true);
	for (n = 1; n <= 10000; n++) {
		snprintf(line, sizeof(line), "{\"what\":\"push\",\"number\":%u}\n", n);
		put(line, false);
		lines++;
		/* as the road does after each transaction */
		if (n % 20)
			continue;
		await(lines);
		if (!place.flight->wants_state)
			continue;
		put(S, true);
		lines += 2;
	}
	end();
	ck_assert_int_eq(stat(place.path, &now), 0);
	ck_assert_int_eq(stat(place.before, &before), 0);
	ck_assert_uint_le((uint64_t)(now.st_size + before.st_size), limit + limit / 8);
	bytes = content(place.path);
	ck_assert_msg(!strncmp(bytes, HEADER S, strlen(HEADER S)), "%.200s", bytes);
	ck_assert_ptr_nonnull(strstr(bytes, "\"number\":10000}\n" END));
	free(bytes);
	ck_assert_double_eq(count("dropped"), 0);
}
END_TEST

START_TEST(a_state_that_is_too_large_ends_it)
{
	struct cbx_text large = { 0 };
	char *bytes;
	unsigned n;

	for (n = 0; n < 2000; n++)
		cbx_text_puts(&large, "{\"what\":\"job\"}\n");
	open_at(place.path, 16 << 10, false);
	place.flight->ops->put(place.flight, &large, true);
	put(A, false);
	await(2001);
	end();
	bytes = content(place.path);
	ck_assert_ptr_nonnull(strstr(bytes, "{\"what\":\"end\",\"why\":\"limit\"}\n"));
	ck_assert_ptr_null(strstr(bytes, "Alpha"));
	free(bytes);
	ck_assert_uint_eq(place.errors, 1);
	ck_assert_msg(strstr(place.said, "more than half of chatterbox.record.limit") != NULL, "%s",
		      place.said);
}
END_TEST

/* A full disk costs lines, which are counted, is logged once, and is tried again each minute */
START_TEST(a_full_disk_costs_lines_and_nothing_else)
{
	open_at("/dev/full", 1 << 20, false);
	put(S, true);
	put(A, false);
	await(3);
	ck_assert_double_eq(count("written"), 0);
	ck_assert_uint_eq(place.errors, 1);
	ck_assert_msg(strstr(place.said, "No space left on device") != NULL, "%s", place.said);
	fake_clock_pass(&place.clock, 59 * CBX_SECOND);
	put(A, false);
	await(4);
	ck_assert(!place.flight->wants_state);
	fake_clock_pass(&place.clock, 2 * CBX_SECOND);
	await_wish();
	put(S, true);
	await(6);
	ck_assert_double_eq(count("written"), 0);
	ck_assert_uint_eq(place.errors, 1);
}
END_TEST

/* In the middle of a line: what is in the file ends with a whole one, and goes on behind it. The
 * limit is large enough for the files of check. */
START_TEST(a_disk_that_fills_up_leaves_whole_lines)
{
	const size_t limit = 100001;
	struct rlimit old;
	struct rlimit small;
	double lines = 2;
	char line[9000];
	char *bytes;

	memset(line, 'x', sizeof(line));
	memcpy(line, "{\"what\":\"", 9);
	strcpy(line + sizeof(line) - 4, "\"}\n");
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = limit;
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	open_at(place.path, 1 << 20, false);
	put(S, true);
	while (count("dropped") < 1 && lines < 100) {
		put(line, false);
		await(++lines);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_double_eq(count("dropped"), 1);
	ck_assert_uint_eq(place.errors, 1);
	bytes = content(place.path);
	ck_assert_uint_le(strlen(bytes), limit);
	ck_assert_uint_gt(strlen(bytes), limit - sizeof(line));
	ck_assert_str_eq(bytes + strlen(bytes) - strlen(line), line);
	free(bytes);
	fake_clock_pass(&place.clock, 61 * CBX_SECOND);
	await_wish();
	put(S, true);
	put(A, false);
	end();
	bytes = content(place.path);
	ck_assert_ptr_nonnull(strstr(bytes, "x\"}\n{\"what\":\"gap\",\"lines\":1}\n" S A END));
	free(bytes);
}
END_TEST

START_TEST(a_place_that_is_none_is_told_once)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/none/rec", place.directory);
	open_at(path, 1 << 20, false);
	put(S, true);
	put(A, false);
	await(3);
	ck_assert_uint_eq(place.errors, 1);
	ck_assert_msg(strstr(place.said, "No such file or directory") != NULL, "%s", place.said);
}
END_TEST

/* A FIFO that nobody reads holds up nobody */
START_TEST(a_fifo_is_none)
{
	ck_assert_int_eq(mkfifo(place.path, 0600), 0);
	open_at(place.path, 1 << 20, false);
	put(S, true);
	await(2);
	ck_assert_uint_eq(place.errors, 1);
}
END_TEST

/* Faster than any disk: it is bounded in memory, and a state is asked for */
START_TEST(what_comes_too_fast_is_a_gap)
{
	const size_t size = 8 << 20;
	char *body = malloc(size);
	struct cbx_text line = { 0 };
	double lines = 2;
	unsigned n;

	ck_assert_ptr_nonnull(body);
	memset(body, 'x', size);
	/* to look for names takes longer than to give a line */
	open_at("/dev/null", UINT64_MAX, true);
	put(S, true);
	for (n = 0; n < 200; n++) {
		cbx_text_add(&line, body, size);
		cbx_text_putc(&line, '\n');
		place.flight->ops->put(place.flight, &line, false);
		lines++;
	}
	free(body);
	await(lines);
	ck_assert_double_gt(count("dropped"), 0);
	await_wish();
	put(S A, true);
	await(lines + 3);
	end();
	ck_assert_double_eq(count("written") + count("dropped"), lines + 3);
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, lines_are_in_the_file_as_they_came, what_was_there_is_kept,
		names_are_replaced, the_files_are_bounded, a_state_that_is_too_large_ends_it,
		a_full_disk_costs_lines_and_nothing_else, a_disk_that_fills_up_leaves_whole_lines,
		a_place_that_is_none_is_told_once, a_fifo_is_none, what_comes_too_fast_is_a_gap)
