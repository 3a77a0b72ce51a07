// SPDX-License-Identifier: MIT
/*
 * The log follows its settings, keeps lines whole, and survives a file that can't be written and a
 * pipe that nobody reads.
 */
#include "log.h"
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char directory[64];
static char path[96];

static void begin(void)
{
	snprintf(directory, sizeof(directory), "/tmp/chatterbox-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/log", directory);
}

static void end(void)
{
	unlink(path);
	rmdir(directory);
}

static struct cbd_log_settings settings_of(const char *level, const char *to)
{
	return (struct cbd_log_settings){ .name = "app", .level = level, .path = to };
}

static bool flushed(struct cbd_log *log)
{
	return cbd_log_flush(log, 5000);
}

/* How many lines the file holds, each of them JSON */
static int lines_in(const char *file)
{
	FILE *in = fopen(file, "r");
	char line[4096];
	int count = 0;

	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in)) {
		json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		ck_assert_msg(json != NULL, "no JSON: %s", line);
		json_decref(json);
		count++;
	}
	fclose(in);
	return count;
}

START_TEST(a_rotated_file_is_opened_anew)
{
	struct cbd_log_settings settings = settings_of("info", path);
	struct cbd_log *log = NULL;
	char rotated[128];
	struct stat st;

	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	cbd_log_say(log, CHATTERBOX_LOG_INFO, "one");
	cbd_log_say(log, CHATTERBOX_LOG_DEBUG, "hidden");
	ck_assert(flushed(log));
	ck_assert_int_eq(lines_in(path), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07, 0); /* not for everybody */
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	ck_assert_int_eq(rename(path, rotated), 0);
	cbd_log_say(log, CHATTERBOX_LOG_INFO, "two");
	settings.level = "debug";
	cbd_log_reopen(log, &settings);
	cbd_log_say(log, CHATTERBOX_LOG_DEBUG, "three");
	ck_assert(flushed(log));
	ck_assert_int_eq(lines_in(rotated), 2);
	ck_assert_int_eq(lines_in(path), 1);
	cbd_log_freep(&log);
	unlink(rotated);
}
END_TEST

START_TEST(a_bad_path_keeps_the_old_place)
{
	struct cbd_log_settings settings = settings_of("info", path);
	struct cbd_log *log = NULL;

	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	settings.path = "/nonexistent/log";
	cbd_log_reopen(log, &settings);
	cbd_log_say(log, CHATTERBOX_LOG_INFO, "still here");
	ck_assert(flushed(log));
	ck_assert_int_eq(lines_in(path), 1);
	cbd_log_freep(&log);
}
END_TEST

START_TEST(a_full_disk_loses_lines_and_nothing_else)
{
	struct cbd_log_settings settings = settings_of("info", "/dev/full");
	struct cbd_log *log = NULL;

	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	cbd_log_say(log, CHATTERBOX_LOG_INFO, "lost");
	cbd_log_say(log, CHATTERBOX_LOG_INFO, "lost too");
	settings.path = path;
	cbd_log_reopen(log, &settings);
	cbd_log_say(log, CHATTERBOX_LOG_INFO, "kept");
	ck_assert(flushed(log));
	ck_assert_uint_eq(cbd_log_dropped(log), 2);
	ck_assert_int_eq(lines_in(path), 2); /* how many were lost, too */
	cbd_log_freep(&log);
}
END_TEST

#define THREADS 4
#define LINES 500

static void *chatter(void *log)
{
	const struct chatterbox_log_field field = { "text", "a\nb" };
	int i;

	for (i = 0; i < LINES; i++)
		cbd_log_sink(log, CHATTERBOX_LOG_INFO, &field, 1, "hello");
	return NULL;
}

START_TEST(lines_of_several_threads_stay_whole)
{
	struct cbd_log_settings settings = settings_of("info", path);
	struct cbd_log *log = NULL;
	pthread_t threads[THREADS];
	int i;

	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, log), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert(flushed(log));
	ck_assert_int_eq(lines_in(path), THREADS * LINES);
	cbd_log_freep(&log);
}
END_TEST

#define MANY 30000 /* lines: more than a pipe and the queue hold */

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void say_many(struct cbd_log *log)
{
	uint64_t begun = monotonic_ms();
	int i;

	for (i = 0; i < MANY; i++)
		cbd_log_say(log, CHATTERBOX_LOG_INFO, "line %d, which nobody reads for now", i);
	ck_assert_uint_lt(monotonic_ms() - begun, 5000);
	ck_assert_uint_gt(cbd_log_dropped(log), MANY / 2);
}

/* Reads lines until one tells of lost ones; what it says must complete the number of those written
 */
static void read_until_loss(int fd, uint64_t lost)
{
	FILE *in = fdopen(fd, "r");
	char line[4096];
	unsigned read = 0;
	const char *said = NULL;

	ck_assert_ptr_nonnull(in);
	while (!said && fgets(line, sizeof(line), in)) {
		json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		ck_assert_msg(json != NULL, "no JSON: %s", line);
		said = json_string_value(json_object_get(json, "dropped"));
		if (said)
			ck_assert_uint_eq(strtoul(said, NULL, 10), lost);
		read++;
		json_decref(json);
	}
	ck_assert_ptr_nonnull(said);
	ck_assert_uint_eq(read - 1 + lost, MANY);
	fclose(in);
}

START_TEST(a_fifo_that_nobody_reads_holds_nobody_up)
{
	struct cbd_log_settings settings = settings_of("info", path);
	struct cbd_log *log = NULL;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	say_many(log);
	ck_assert(!cbd_log_flush(log, 10));
	read_until_loss(open(path, O_RDONLY), cbd_log_dropped(log));
	cbd_log_freep(&log);
}
END_TEST

START_TEST(a_full_stdout_holds_nobody_up)
{
	struct cbd_log_settings settings = settings_of("info", "");
	struct cbd_log *log = NULL;
	int kept = dup(STDOUT_FILENO);
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	say_many(log);
	/* it is shared with others, who may want to wait */
	ck_assert(!(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK));
	read_until_loss(fds[0], cbd_log_dropped(log));
	cbd_log_freep(&log);
	ck_assert_int_eq(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	close(kept);
	close(fds[1]);
}
END_TEST

START_TEST(another_place_is_taken_while_the_old_one_is_stuck)
{
	struct cbd_log_settings settings = settings_of("info", path);
	struct cbd_log *log = NULL;
	char other[128];
	uint64_t begun = monotonic_ms();

	snprintf(other, sizeof(other), "%s.1", path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	say_many(log);
	settings.path = other;
	cbd_log_reopen(log, &settings);
	ck_assert(flushed(log));
	ck_assert_int_gt(lines_in(other), 1);
	cbd_log_freep(&log);
	ck_assert_uint_lt(monotonic_ms() - begun, 10000);
	unlink(other);
}
END_TEST

START_TEST(the_end_does_not_wait_for_a_reader)
{
	struct cbd_log_settings settings = settings_of("info", path);
	struct cbd_log *log = NULL;
	uint64_t begun;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	say_many(log);
	begun = monotonic_ms();
	cbd_log_freep(&log);
	ck_assert_uint_lt(monotonic_ms() - begun, 3000);
}
END_TEST

START_TEST(the_end_writes_what_is_left)
{
	struct cbd_log_settings settings = settings_of("info", path);
	struct cbd_log *log = NULL;
	int i;

	ck_assert_int_eq(cbd_log_new(&settings, &log), 0);
	for (i = 0; i < 1000; i++)
		cbd_log_say(log, CHATTERBOX_LOG_INFO, "%d", i);
	cbd_log_freep(&log);
	ck_assert_int_eq(lines_in(path), 1000);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("log");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_rotated_file_is_opened_anew);
	tcase_add_test(tcase, a_bad_path_keeps_the_old_place);
	tcase_add_test(tcase, a_full_disk_loses_lines_and_nothing_else);
	tcase_add_test(tcase, lines_of_several_threads_stay_whole);
	tcase_add_test(tcase, a_fifo_that_nobody_reads_holds_nobody_up);
	tcase_add_test(tcase, a_full_stdout_holds_nobody_up);
	tcase_add_test(tcase, another_place_is_taken_while_the_old_one_is_stuck);
	tcase_add_test(tcase, the_end_does_not_wait_for_a_reader);
	tcase_add_test(tcase, the_end_writes_what_is_left);
	suite_add_tcase(suite, tcase);
}
