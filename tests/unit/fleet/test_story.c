// SPDX-License-Identifier: MIT
/* The fleet of --demo is as lively after an hour as at first, and everything in it happens. */
#include "fleet/status.h"
#include "fleet/story.h"
#include "unit.h"

#include <string.h>

#define WINDOW_MS 120000
#define WINDOWS 30 /* an hour */

struct window {
	unsigned begun, changes, ended, errored, left, returned, codes;
	unsigned live, offline, stuck, ocd;
};

struct story {
	struct window windows[WINDOWS + 1];
	struct window *now;
};

static void on_status(void *user, const struct cbx_fleet_system *system,
		      const struct cbx_fleet_job *job, const char *from, const char *to,
		      int64_t when)
{
	struct story *story = user;
	struct window *now = story->now;

	(void)system;
	(void)when;
	now->begun += !from;
	now->changes++;
	now->ended += !to || !cbx_fleet_phase_is_live(job->phase);
	if (job->phase == CBX_FLEET_ERRORED) {
		now->errored++;
		now->codes |= 1u << (strlen(cbx_fleet_error_code(job)) % 32);
	}
}

static void on_system(void *user, const struct cbx_fleet_system *system, int64_t when)
{
	struct story *story = user;

	(void)when;
	story->now->left += !system->is_online;
	story->now->returned += system->is_online;
}

static void look(const struct cbx_fleet_world *world, struct window *window)
{
	size_t i;
	size_t k;

	for (i = 0; i < cbx_fleet_world_count(world); i++) {
		const struct cbx_fleet_system *system = cbx_fleet_world_system(world, i);

		window->live += (unsigned)system->live;
		window->offline += !system->is_online;
		window->stuck += system->is_stuck;
		for (k = 0; k < system->job_count; k++)
			window->ocd += cbx_fleet_phase_is_live(system->jobs[k].phase) &&
				       !system->jobs[k].is_user;
	}
}

/* 200 systems for an hour; windows[0] is the start itself, windows[1] the first two minutes */
static void play(struct story *story)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_rules rules;
	int i;

	memset(story, 0, sizeof(*story));
	story->now = &story->windows[0];
	cbx_fleet_rules_story(&rules);
	rules.systems = 200;
	rules.seed = 1; /* that of --demo */
	rules.watch = (struct cbx_fleet_watch){ story, on_status, on_system };
	ck_assert_int_eq(cbx_fleet_world_new(&rules, &world), 0);
	look(world, &story->windows[0]);
	for (i = 1; i <= WINDOWS; i++) {
		story->now = &story->windows[i];
		cbx_fleet_world_advance(world, (int64_t)i * WINDOW_MS);
		look(world, story->now);
	}
}

START_TEST(it_is_as_lively_after_an_hour)
{
	struct story story;
	const struct window *first = &story.windows[1];
	int i;

	play(&story);
	for (i = 1; i <= WINDOWS; i++) {
		const struct window *now = &story.windows[i];

		ck_assert_uint_gt(now->live, story.windows[0].live * 3 / 4);
		ck_assert_uint_lt(now->live, story.windows[0].live * 4 / 3);
		ck_assert_uint_gt(now->changes, first->changes * 2 / 3);
		ck_assert_uint_lt(now->changes, first->changes * 3 / 2);
		ck_assert_uint_gt(now->ocd, now->live / 2);
		ck_assert_uint_lt(now->ocd, now->live);
		ck_assert_uint_gt(now->errored, 0);
		ck_assert_uint_gt(now->left + now->returned, 0);
	}
}
END_TEST

START_TEST(something_is_wrong_from_the_first_second)
{
	struct story story;
	struct window all = { 0 };
	int i;

	play(&story);
	ck_assert_uint_gt(story.windows[0].offline, 0);
	ck_assert_uint_gt(story.windows[0].stuck, 0);
	for (i = 1; i <= WINDOWS; i++) {
		all.codes |= story.windows[i].codes;
		all.stuck += story.windows[i].stuck > 0;
		all.offline += story.windows[i].offline > 0;
	}
	ck_assert_int_ge(__builtin_popcount(all.codes), 4);
	ck_assert_uint_gt(all.stuck, WINDOWS / 2);
	ck_assert_uint_eq(all.offline, WINDOWS);
}
END_TEST

START_TEST(jobs_of_a_stuck_system_stand_still_and_say_that_they_run)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	const struct cbx_fleet_system *system;
	struct cbx_text text = { 0 };
	struct cbx_fleet_rules rules;
	double before;

	cbx_fleet_rules_init(&rules);
	memset(&rules.rates, 0, sizeof(rules.rates));
	rules.rates.progress = 1;
	rules.rates.begin = 1000;
	rules.rates.resume = 1000;
	rules.stuck_share = 1;
	rules.systems = 1;
	ck_assert_int_eq(cbx_fleet_world_new(&rules, &world), 0);
	system = cbx_fleet_world_system(world, 0);
	before = system->jobs[0].progress;
	cbx_fleet_world_advance(world, 3600000);
	ck_assert_int_eq(system->jobs[0].phase, CBX_FLEET_RUNNING);
	ck_assert_double_eq(cbx_fleet_progress(system, &system->jobs[0], 3600000), before);
	cbx_fleet_status_write(&text, system, &system->jobs[0], 3600000);
	ck_assert_ptr_nonnull(strstr(text.bytes, "\"download_speed\":\"0K\""));
	cbx_text_free(&text);
}
END_TEST

START_TEST(a_broken_file_fails_at_several_systems)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_rules rules;
	size_t systems = 0;
	size_t i;
	size_t k;

	cbx_fleet_rules_story(&rules);
	rules.systems = 50;
	ck_assert_int_eq(cbx_fleet_world_new(&rules, &world), 0);
	cbx_fleet_world_break_file(world, 3, 7);
	for (i = 0; i < cbx_fleet_world_count(world); i++) {
		const struct cbx_fleet_system *system = cbx_fleet_world_system(world, i);
		size_t failed = 0;

		for (k = 0; k < system->job_count; k++) {
			struct cbx_text text = { 0 };

			cbx_fleet_status_write(&text, system, &system->jobs[k], 0);
			failed += strstr(text.bytes, "\"status\":\"Errored\"") &&
				  strstr(text.bytes, "\"error_file\":\"title-1003.flac\"");
			cbx_text_free(&text);
		}
		ck_assert_uint_le(failed, 1);
		systems += failed;
	}
	ck_assert_uint_eq(systems, 7);
}
END_TEST

UNIT_TESTS(a_broken_file_fails_at_several_systems, it_is_as_lively_after_an_hour,
	   something_is_wrong_from_the_first_second,
	   jobs_of_a_stuck_system_stand_still_and_say_that_they_run)
