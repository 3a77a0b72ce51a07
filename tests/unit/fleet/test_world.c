// SPDX-License-Identifier: MIT
/* The simulated fleet plays the same seed the same way, walks legally, and obeys its rates. */
#include "common/cleanup.h"
#include "fleet/world.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <string.h>

/* What a transcript adds up to */
struct received {
	uint64_t hash;
	unsigned starts, turns, ends, vanished, online, offline, illegal, backwards;
	unsigned to[CBX_FLEET_VANISHED + 1];
	unsigned of_users;
	int64_t last;
};

static void mix(struct received *received, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	while (len--)
		received->hash = (received->hash ^ *p++) * 0x100000001b3ULL;
}

static bool is_legal(const char *from, const char *to)
{
	static const char *const walks[][2] = {
		{ "Queued", "Running" },    { "Queued", "Paused" },   { "Queued", "Killed" },
		{ "Running", "Paused" },    { "Running", "Errored" }, { "Running", "Killed" },
		{ "Running", "Completed" }, { "Paused", "Running" },  { "Paused", "Killed" },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(walks); i++)
		if (!strcmp(walks[i][0], from) && !strcmp(walks[i][1], to))
			return true;
	/* live ones vanish */
	return !strcmp(to, "vanished") &&
	       (!strcmp(from, "Queued") || !strcmp(from, "Running") || !strcmp(from, "Paused"));
}

static void on_status(void *user, const struct cbx_fleet_system *system,
		      const struct cbx_fleet_job *job, const char *from, const char *to,
		      int64_t when)
{
	struct received *received = user;
	const char *text = to ? to : "vanished";

	mix(received, system->name, strlen(system->name));
	mix(received, &job->id, sizeof(job->id));
	mix(received, text, strlen(text));
	mix(received, &when, sizeof(when));
	received->backwards += when < received->last;
	received->last = when;
	received->to[job->phase]++;
	if (from) {
		received->turns++;
		received->illegal += !is_legal(from, text);
	} else {
		received->starts++;
		received->of_users += job->is_user;
	}
	received->vanished += !to;
	received->ends += to && !cbx_fleet_phase_is_live(job->phase);
}

static void on_system(void *user, const struct cbx_fleet_system *system, int64_t when)
{
	struct received *received = user;

	mix(received, system->name, strlen(system->name));
	mix(received, &when, sizeof(when));
	if (system->is_online)
		received->online++;
	else
		received->offline++;
}

static void lively(struct cbx_fleet_rules *rules, struct received *received)
{
	*received = (struct received){ .hash = 0xcbf29ce484222325ULL };
	cbx_fleet_rules_init(rules);
	rules->systems = 50;
	rules->rates.progress = 5;
	rules->rates.vanish = 0.002;
	rules->rates.offline = 0.005;
	rules->watch = (struct cbx_fleet_watch){ received, on_status, on_system };
}

static struct cbx_fleet_world *found(const struct cbx_fleet_rules *rules)
{
	struct cbx_fleet_world *world = NULL;

	ck_assert_int_eq(cbx_fleet_world_new(rules, &world), 0);
	return world;
}

static uint64_t play(const struct cbx_fleet_rules *rules, struct received *received, int64_t step)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = found(rules);
	int64_t t;

	for (t = step; t <= 600000; t += step)
		cbx_fleet_world_advance(world, t);
	return received->hash;
}

START_TEST(same_seed_plays_the_same_however_time_is_cut)
{
	struct cbx_fleet_rules rules;
	struct received received;
	uint64_t first;

	lively(&rules, &received);
	first = play(&rules, &received, 1000);
	ck_assert_uint_gt(received.turns, 1000);
	lively(&rules, &received);
	ck_assert_uint_eq(play(&rules, &received, 600000), first);
	lively(&rules, &received);
	ck_assert_uint_eq(play(&rules, &received, 75), first);
	lively(&rules, &received);
	rules.seed++;
	ck_assert_uint_ne(play(&rules, &received, 1000), first);
}
END_TEST

START_TEST(every_walk_is_legal_and_every_phase_is_reached)
{
	struct cbx_fleet_rules rules;
	struct received received;
	int phase;

	lively(&rules, &received);
	play(&rules, &received, 1000);
	ck_assert_uint_eq(received.illegal, 0);
	ck_assert_uint_eq(received.backwards, 0);
	for (phase = CBX_FLEET_QUEUED; phase <= CBX_FLEET_VANISHED; phase++)
		ck_assert_msg(received.to[phase] > 0, "nobody came to %d", phase);
	ck_assert_uint_gt(received.online, 0);
	ck_assert_uint_ge(received.offline, received.online);
}
END_TEST

/* A rate that is zero never happens; one that is not, about as often as it says */
static const struct {
	const char *name;
	size_t offset;
	enum cbx_fleet_phase to;
} rate_cases[] = {
	{ "pause", offsetof(struct cbx_fleet_rates, pause), CBX_FLEET_PAUSED },
	{ "fail", offsetof(struct cbx_fleet_rates, fail), CBX_FLEET_ERRORED },
	{ "kill", offsetof(struct cbx_fleet_rates, kill), CBX_FLEET_KILLED },
	{ "vanish", offsetof(struct cbx_fleet_rates, vanish), CBX_FLEET_VANISHED },
};

START_TEST(rates_shape_the_world)
{
	struct cbx_fleet_world *world;
	struct cbx_fleet_rules rules;
	struct received received;
	double rate = 0.01;
	unsigned before;

	lively(&rules, &received);
	rules.systems = 500;
	memset(&rules.rates, 0, sizeof(rules.rates));
	memcpy((char *)&rules.rates + rate_cases[_i].offset, &rate, sizeof(rate));
	world = found(&rules);
	before = received.to[rate_cases[_i].to];
	cbx_fleet_world_advance(world, 10000);
	/* 500 systems x 4 jobs x at least 0.8 of them running x 10 s x 0.01, and some spread */
	ck_assert_uint_gt(received.to[rate_cases[_i].to] - before, 110);
	ck_assert_uint_lt(received.to[rate_cases[_i].to] - before, 260);
	ck_assert_uint_eq(received.turns, received.to[rate_cases[_i].to] - before);
	cbx_fleet_world_free(world);
}
END_TEST

START_TEST(progress_completes_and_slots_are_filled_again)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_rules rules;
	struct received received;
	size_t live = 0;
	size_t i;

	lively(&rules, &received);
	memset(&rules.rates, 0, sizeof(rules.rates));
	rules.rates.progress = 10;
	rules.rates.begin = 1;
	rules.rates.start = 1;
	rules.rates.resume = 1;
	rules.user_share = 0.25;
	world = found(&rules);
	cbx_fleet_world_advance(world, 300000);
	for (i = 0; i < cbx_fleet_world_count(world); i++)
		live += cbx_fleet_world_system(world, i)->live;
	ck_assert_uint_gt(received.to[CBX_FLEET_COMPLETED], 50 * 4 * 5);
	ck_assert_uint_eq(received.starts, received.ends + live);
	ck_assert_uint_gt(live, 50 * 4 / 2);
	ck_assert_double_eq_tol((double)received.of_users / received.starts, 0.25, 0.03);
}
END_TEST

START_TEST(ended_jobs_are_told_for_a_while_and_then_forgotten)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_system *system;
	struct cbx_fleet_rules rules;
	struct received received;

	lively(&rules, &received);
	rules.mode = CBX_FLEET_FROZEN;
	world = found(&rules);
	system = cbx_fleet_world_find(world, "NL-HDMS-000007", 14);
	cbx_fleet_world_command(world, system, 1, CBX_FLEET_KILL);
	ck_assert_uint_eq(system->live, 3);
	ck_assert_int_eq(cbx_fleet_world_next(world), 60000);
	cbx_fleet_world_advance(world, 59999);
	ck_assert_int_eq(cbx_fleet_find_job(system, 2), 1);
	cbx_fleet_world_advance(world, 60000);
	ck_assert_int_eq(cbx_fleet_find_job(system, 2), -1);
	ck_assert_int_eq(cbx_fleet_find_job(system, 3), 1);
	ck_assert_uint_eq(system->job_count, 3);
}
END_TEST

START_TEST(a_frozen_world_changes_only_by_command)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_system *system;
	struct cbx_fleet_rules rules;
	struct received received;
	double before;
	size_t i;

	lively(&rules, &received);
	rules.mode = CBX_FLEET_FROZEN;
	world = found(&rules);
	system = cbx_fleet_world_find(world, "NL-HDMS-000001", 14);
	before = cbx_fleet_progress(system, &system->jobs[0], 0);
	for (i = 0; i < 1000; i++)
		cbx_fleet_world_ask(world, system, i % 4);
	cbx_fleet_world_advance(world, 1000000000);
	ck_assert_double_eq(cbx_fleet_progress(system, &system->jobs[0], 1000000000), before);
	ck_assert_uint_eq(received.turns + received.online + received.offline, 0);
	cbx_fleet_world_command(world, system, 0, CBX_FLEET_PAUSE);
	cbx_fleet_world_command(world, system, 0, CBX_FLEET_PAUSE);
	cbx_fleet_world_command(world, system, 0, CBX_FLEET_RESUME);
	ck_assert_uint_eq(received.turns, 2);
}
END_TEST

START_TEST(asking_moves_the_set_share_of_jobs)
{
	static const struct {
		enum cbx_fleet_mode mode;
		double share;
		unsigned moving;
	} cases[] = {
		{ CBX_FLEET_STEP, 0.5, 2 },  { CBX_FLEET_STEP, 1, 4 },   { CBX_FLEET_STEP, 0, 0 },
		{ CBX_FLEET_STEP, 0.25, 1 }, { CBX_FLEET_FLIP, 0.5, 2 },
	};
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_system *system;
	struct cbx_fleet_rules rules;
	unsigned moved = 0;
	struct received received;
	size_t i;

	lively(&rules, &received);
	rules.mode = cases[_i].mode;
	rules.step_share = cases[_i].share;
	world = found(&rules);
	system = cbx_fleet_world_find(world, "NL-HDMS-000050", 14);
	for (i = 0; i < 4; i++) {
		double before = system->jobs[i].progress;

		cbx_fleet_world_ask(world, system, i);
		if (rules.mode == CBX_FLEET_STEP)
			moved += system->jobs[i].progress == before + 1;
		else
			moved += system->jobs[i].phase == CBX_FLEET_PAUSED;
	}
	ck_assert_uint_eq(moved, cases[_i].moving);
}
END_TEST

START_TEST(steps_complete_a_job_and_the_next_one_moves_in_its_place)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_system *system;
	struct cbx_fleet_rules rules;
	struct received received;

	lively(&rules, &received);
	rules.mode = CBX_FLEET_STEP;
	rules.step_percent = 100;
	world = found(&rules);
	system = cbx_fleet_world_find(world, "NL-HDMS-000002", 14);
	cbx_fleet_world_ask(world, system, 1);
	ck_assert_int_eq(system->jobs[1].phase, CBX_FLEET_COMPLETED);
	ck_assert_uint_eq(system->job_count, 5);
	ck_assert_uint_eq(system->live, 4);
	ck_assert_int_eq(system->jobs[4].id, 5);
	ck_assert_uint_eq(system->jobs[4].slot, system->jobs[1].slot);
	ck_assert_double_eq(system->jobs[4].progress, 0);
}
END_TEST

START_TEST(jobs_of_an_offline_system_stand_still)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_system *system;
	struct cbx_fleet_rules rules;
	struct received received;
	double progress;

	lively(&rules, &received);
	memset(&rules.rates, 0, sizeof(rules.rates));
	rules.rates.progress = 1;
	rules.systems = 1;
	world = found(&rules);
	system = cbx_fleet_world_find(world, "NL-HDMS-000001", 14);
	cbx_fleet_world_advance(world, 2000);
	cbx_fleet_world_set_online(world, system, false);
	cbx_fleet_world_set_online(world, system, false);
	progress = cbx_fleet_progress(system, &system->jobs[0], 2000);
	ck_assert_int_eq(cbx_fleet_world_next(world), CBX_NEVER);
	cbx_fleet_world_advance(world, 1000000);
	ck_assert_double_eq(cbx_fleet_progress(system, &system->jobs[0], 1000000), progress);
	cbx_fleet_world_set_online(world, system, true);
	ck_assert_double_eq(cbx_fleet_progress(system, &system->jobs[0], 1000000), progress);
	ck_assert_uint_eq(received.online, 1);
	ck_assert_uint_eq(received.offline, 1);
	cbx_fleet_world_advance(world, 2000000);
	ck_assert_uint_gt(received.to[CBX_FLEET_COMPLETED], 0);
}
END_TEST

START_TEST(names_are_found_and_others_are_not)
{
	static const char *const strangers[] = { "",      "B",     "B0",     "B00x",
						 "B3x",   "B004x", "B-1x",   "B 1x",
						 "B001y", "C001x", "B0001x", "B1x" };
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_rules rules;
	struct received received;
	size_t i;

	lively(&rules, &received);
	rules.systems = 3;
	rules.name = "B%03ux";
	world = found(&rules);
	for (i = 0; i < CBX_COUNT(strangers); i++)
		ck_assert_ptr_null(cbx_fleet_world_find(world, strangers[i], strlen(strangers[i])));
	for (i = 0; i < 3; i++) {
		const char *name = cbx_fleet_world_system(world, i)->name;

		ck_assert_ptr_eq(cbx_fleet_world_find(world, name, strlen(name)),
				 cbx_fleet_world_system(world, i));
	}
	ck_assert_str_eq(cbx_fleet_world_system(world, 2)->name, "B003x");
	ck_assert_ptr_null(cbx_fleet_world_system(world, 3));
}
END_TEST

START_TEST(bad_rules_are_refused)
{
	static const char *const names[] = { "",     "%",    "%s",   "%d",    "%u%u", "a/%u",
					     " A%u", "A%u ", "%99u", "A%-3u", "A%" };
	struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_rules rules;
	struct received received;

	lively(&rules, &received);
	if (_i < (int)CBX_COUNT(names))
		rules.name = names[_i];
	else if (_i == (int)CBX_COUNT(names))
		rules.systems = 0;
	else if (_i == (int)CBX_COUNT(names) + 1)
		rules.rates.fail = -1;
	else
		rules.step_share = 1.5;
	ck_assert_int_eq(cbx_fleet_world_new(&rules, &world), -EINVAL);
	ck_assert_ptr_null(world);
}
END_TEST

START_TEST(a_full_system_starts_no_job)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct cbx_fleet_system *system;
	struct cbx_fleet_rules rules;
	struct received received;

	lively(&rules, &received);
	rules.mode = CBX_FLEET_FROZEN;
	world = found(&rules);
	system = cbx_fleet_world_find(world, "NL-HDMS-000001", 14);
	ck_assert_int_eq(cbx_fleet_world_start_job(world, system), CHATTERBOX_E_FULL);
	cbx_fleet_world_command(world, system, 3, CBX_FLEET_KILL);
	ck_assert_int_eq(cbx_fleet_world_start_job(world, system), 0);
	ck_assert_int_eq(system->jobs[4].phase, CBX_FLEET_QUEUED);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("fleet_world");

	tcase_add_test(tcase, same_seed_plays_the_same_however_time_is_cut);
	tcase_add_test(tcase, every_walk_is_legal_and_every_phase_is_reached);
	tcase_add_loop_test(tcase, rates_shape_the_world, 0, CBX_COUNT(rate_cases));
	tcase_add_test(tcase, progress_completes_and_slots_are_filled_again);
	tcase_add_test(tcase, ended_jobs_are_told_for_a_while_and_then_forgotten);
	tcase_add_test(tcase, a_frozen_world_changes_only_by_command);
	tcase_add_loop_test(tcase, asking_moves_the_set_share_of_jobs, 0, 5);
	tcase_add_test(tcase, steps_complete_a_job_and_the_next_one_moves_in_its_place);
	tcase_add_test(tcase, jobs_of_an_offline_system_stand_still);
	tcase_add_test(tcase, names_are_found_and_others_are_not);
	tcase_add_loop_test(tcase, bad_rules_are_refused, 0, 14);
	tcase_add_test(tcase, a_full_system_starts_no_job);
	suite_add_tcase(suite, tcase);
}
