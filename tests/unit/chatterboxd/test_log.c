// SPDX-License-Identifier: MIT
/* The log follows its settings, survives a place that can't be written, and keeps lines whole. */
#include "log.h"
#include "unit.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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
	ck_assert_int_eq(lines_in(path), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07, 0); /* not for everybody */
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	ck_assert_int_eq(rename(path, rotated), 0);
	cbd_log_say(log, CHATTERBOX_LOG_INFO, "two");
	settings.level = "debug";
	cbd_log_reopen(log, &settings);
	cbd_log_say(log, CHATTERBOX_LOG_DEBUG, "three");
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
	ck_assert_int_eq(lines_in(path), 1);
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
	ck_assert_int_eq(lines_in(path), THREADS * LINES);
	cbd_log_freep(&log);
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
	suite_add_tcase(suite, tcase);
}
