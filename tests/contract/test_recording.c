// SPDX-License-Identifier: MIT
/* The story of --demo, recorded by a whole engine and its threads, and played again (contract 8.3)
 */
#include "engine_kit.h"
#include "play.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SYSTEMS 400

static struct engine_home home;
static char path[128], before[144];

static void set_up(void)
{
	engine_home_open(&home);
	snprintf(path, sizeof(path), "%s/flight", home.directory);
	snprintf(before, sizeof(before), "%s.1", path);
}

static void tear_down(void)
{
	unlink(path);
	unlink(before);
	engine_home_close(&home);
}

static void begin(struct engine_host *host, const char *anonymous)
{
	struct chatterbox_config *config = NULL;
	struct chatterbox *box = NULL;

	ck_assert_int_eq(chatterbox_config_new(&config), 0);
	ck_assert_int_eq(chatterbox_config_use_embedded(config, home.path), 0);
	ck_assert_int_eq(chatterbox_config_set(config, "check_job_status_time", "1", "test"), 0);
	ck_assert_int_eq(chatterbox_config_set(config, "time_till_next_check", "2", "test"), 0);
	ck_assert_int_eq(chatterbox_config_set(config, "chatterbox.record.path", path, "test"), 0);
	ck_assert_int_eq(
		chatterbox_config_set(config, "chatterbox.record.anonymous", anonymous, "test"), 0);
	ck_assert_int_eq(chatterbox_new(config, NULL, NULL, &box, NULL), 0);
	chatterbox_config_unref(config);
	engine_begin(host, box, 0, 0);
	ck_assert_int_eq(cbx_demo_start(box,
					&(struct cbx_demo_options){ .systems = SYSTEMS,
								    .seed = 7,
								    .sqlite_path = home.path },
					&host->fleet),
			 0);
}

/* free() it */
static char *content(void)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "r");

	if (file && getdelim(&bytes, &size, '\0', file) < 0)
		*bytes = '\0';
	if (file)
		fclose(file);
	return bytes;
}

/* What happens to the story's jobs within seconds */
static bool has_lives(void)
{
	static const char *const lives[] = {
		"\"event\":\"update_job_status\",\"previous_status\":\"Running\"",
		"\"status\":\"Completed\"",
		"\"status\":\"Paused\"",
		"\"what\":\"push\"",
		"\"what\":\"row\"",
		"\"event\":\"status\"",
		"\"event\":\"user_job_errors\"",
	};
	char *bytes = content();
	size_t i;

	for (i = 0; bytes && i < CBX_COUNT(lives); i++)
		if (!strstr(bytes, lives[i]))
			break;
	free(bytes);
	return bytes && i == CBX_COUNT(lives);
}

static void await_lives(struct engine_host *host)
{
	struct cbx_clock *clock = cbx_system_clock();
	uint64_t deadline = cbx_now(clock) + 120 * CBX_SECOND;

	while (!has_lives()) {
		ck_assert_msg(cbx_now(clock) < deadline, "the story does not go on");
		chatterbox_dispatch(host->box);
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
}

static void expect_agreement(uint64_t least)
{
	FILE *file = fopen(path, "r");
	struct replay_play play;
	int result;

	ck_assert_ptr_nonnull(file);
	replay_play_init(&play, file, "flight", stderr);
	result = replay_play_run(&play);
	ck_assert_msg(!result && !play.facts.differ, "%s", play.source.error);
	ck_assert_msg(play.facts.agreed >= least, "only %llu events",
		      (unsigned long long)play.facts.agreed);
	ck_assert(play.ended);
	replay_play_close(&play);
	fclose(file);
}

START_TEST(the_story_is_told_again)
{
	struct engine_host host;

	begin(&host, "false");
	await_lives(&host);
	engine_end(&host);
	expect_agreement(100);
}
END_TEST

START_TEST(without_names_too)
{
	struct engine_host host;
	char *bytes;

	begin(&host, "true");
	await_lives(&host);
	engine_end(&host);
	bytes = content();
	ck_assert_ptr_null(strstr(bytes, "NL-HDMS"));
	ck_assert_ptr_null(strstr(bytes, "track-"));
	free(bytes);
	expect_agreement(100);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("recording");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 200);
	tcase_add_test(tcase, the_story_is_told_again);
	tcase_add_test(tcase, without_names_too);
	suite_add_tcase(suite, tcase);
}
