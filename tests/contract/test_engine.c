// SPDX-License-Identifier: MIT
/* The engine by its public calls, on the embedded profile with a fleet behind it: what it tells has
 * no gap and no repetition, over restarts too; two of them in one process; two on one database. */
#include "engine_kit.h"

#include <errno.h>

#include <string.h>

#define SYSTEMS 40

static struct engine_home home;
static struct engine_journal journal;
static long long passed; /* see has_moved() */

static void set_up(void)
{
	passed = 1;
	engine_home_open(&home);
}

static void tear_down(void)
{
	engine_journal_free(&journal);
	engine_home_close(&home);
}

static size_t live(struct chatterbox *box)
{
	struct chatterbox_jobs *jobs = NULL;
	size_t count;

	ck_assert_int_eq(chatterbox_get_jobs(box, NULL, &jobs), 0);
	count = chatterbox_jobs_count(jobs);
	chatterbox_jobs_unref(jobs);
	return count;
}

static bool has_jobs(struct engine_host *host)
{
	return live(host->box) > 0;
}

/* A job has got past this revision: things move */
static bool has_moved(struct engine_host *host)
{
	struct chatterbox_jobs *jobs = NULL;
	bool moved = false;
	size_t i;

	ck_assert_int_eq(chatterbox_get_jobs(host->box, NULL, &jobs), 0);
	for (i = 0; i < chatterbox_jobs_count(jobs); i++)
		moved = moved || chatterbox_job_get_revision(chatterbox_jobs_at(jobs, i)) > passed;
	chatterbox_jobs_unref(jobs);
	return moved;
}

static bool is_leader(struct engine_host *host)
{
	char *role = engine_summary(host->box, "role");
	bool leads = !strcmp(role, "leader");

	free(role);
	return leads;
}

/* The records of a run: it starts, jobs move, it stops; what it told is in the journal then */
static void play(uint64_t seed)
{
	struct chatterbox *box = engine_make(&home);
	struct engine_host host;

	engine_begin(&host, box, SYSTEMS, seed);
	engine_wait(&host, engine_is_told_ready);
	engine_wait(&host, has_jobs);
	engine_wait(&host, has_moved);
	chatterbox_stop(box);
	ck_assert_uint_eq(host.ready, 1);
	ck_assert_uint_eq(host.failed, 0);
	engine_journal_take(&journal, box);
	engine_end(&host);
}

START_TEST(what_is_told_has_no_gap)
{
	play(1);
	ck_assert_uint_gt(journal.count, SYSTEMS);
	engine_journal_check(&journal);
	ck_assert_int_gt(engine_journal_top(&journal), 1);
}
END_TEST

START_TEST(a_restart_goes_on_and_repeats_nothing)
{
	play(1);
	passed = engine_journal_top(&journal);
	play(2); /* other statuses of the same jobs */
	play(2);
	engine_journal_check(&journal);
	ck_assert_int_gt(engine_journal_top(&journal), passed);
}
END_TEST

START_TEST(a_restart_without_news_tells_nothing)
{
	struct chatterbox *box;
	struct engine_host host;
	size_t before;

	play(1);
	before = journal.count;
	/* nobody answers: what is known is shown, and no event comes of it */
	box = engine_make(&home);
	engine_begin(&host, box, 0, 0);
	engine_wait(&host, engine_is_told_ready);
	engine_wait(&host, has_jobs);
	chatterbox_stop(box);
	ck_assert_uint_gt(live(box), 0); /* reads go on after the stop */
	engine_journal_take(&journal, box);
	engine_end(&host);
	engine_journal_check(&journal);
	ck_assert_uint_ge(journal.count, before);
}
END_TEST

START_TEST(two_engines_in_one_process)
{
	struct engine_home other;
	struct chatterbox *one;
	struct chatterbox *two;
	struct engine_host hosts[2];
	struct engine_journal second = { 0 };

	engine_home_open(&other);
	one = engine_make(&home);
	two = engine_make(&other);
	engine_begin(&hosts[0], one, SYSTEMS, 1);
	engine_begin(&hosts[1], two, SYSTEMS / 2, 2);
	engine_wait(&hosts[0], has_moved);
	engine_wait(&hosts[1], has_moved);
	ck_assert(is_leader(&hosts[0]) && is_leader(&hosts[1]));
	chatterbox_stop(one);
	chatterbox_stop(two);
	engine_journal_take(&journal, one);
	engine_journal_take(&second, two);
	engine_journal_check(&journal);
	engine_journal_check(&second);
	engine_end(&hosts[0]);
	engine_end(&hosts[1]);
	engine_journal_free(&second);
	engine_home_close(&other);
}
END_TEST

START_TEST(of_two_on_one_database_one_leads)
{
	struct chatterbox *boxes[2];
	struct engine_host hosts[2];
	struct chatterbox_error error;
	char *first;
	char *second;

	boxes[0] = engine_make(&home);
	engine_begin(&hosts[0], boxes[0], SYSTEMS, 1);
	engine_wait(&hosts[0], is_leader);
	boxes[1] = engine_make(&home);
	engine_begin(&hosts[1], boxes[1], SYSTEMS, 1);
	engine_wait(&hosts[1], engine_is_told_ready);
	ck_assert(!is_leader(&hosts[1]) && is_leader(&hosts[0]));
	first = engine_summary(boxes[0], "leader");
	second = engine_summary(boxes[1], "leader");
	ck_assert_str_eq(first, second);
	ck_assert_int_eq(chatterbox_update_database(boxes[1], NULL, NULL, &error),
			 CHATTERBOX_E_STANDBY);
	ck_assert_ptr_nonnull(strstr(error.text, first));
	ck_assert_int_eq(chatterbox_update_database(boxes[0], NULL, NULL, &error), 0);
	free(first);
	free(second);
	engine_wait(&hosts[0], has_moved);
	/* a clean stop hands it over at once, and the revisions go on */
	chatterbox_stop(boxes[0]);
	engine_wait(&hosts[1], is_leader);
	engine_wait(&hosts[1], has_moved);
	chatterbox_stop(boxes[1]);
	engine_journal_take(&journal, boxes[0]);
	engine_journal_take(&journal, boxes[1]);
	engine_journal_check(&journal);
	engine_end(&hosts[0]);
	engine_end(&hosts[1]);
}
END_TEST

START_TEST(an_engine_that_was_never_started)
{
	struct chatterbox *box = engine_make(&home);
	bool ready = true;
	char *text = NULL;

	ck_assert_uint_eq(live(box), 0);
	ck_assert_int_eq(chatterbox_get_health(box, &ready, NULL, &text), 0);
	ck_assert(!ready);
	free(text);
	chatterbox_stop(box);
	chatterbox_unref(box);
}
END_TEST

START_TEST(a_fleet_needs_a_memory_bus_and_a_number)
{
	struct chatterbox *box = engine_make(&home);

	struct chatterbox *other = NULL;
	struct chatterbox_config *config = NULL;
	struct cbx_demo_options options = { .systems = 0 };
	struct cbx_demo *demo = NULL;

	ck_assert_int_eq(cbx_demo_start(box, &options, &demo), -EINVAL);
	options.systems = 100001;
	ck_assert_int_eq(cbx_demo_start(box, &options, &demo), -EINVAL);
	options.systems = 3;
	ck_assert_int_eq(cbx_demo_start(box, &options, &demo), 0);
	cbx_demo_stopp(&demo);
	chatterbox_unref(box);
	ck_assert_int_eq(chatterbox_config_new(&config), 0);
	ck_assert_int_eq(chatterbox_new(config, NULL, NULL, &other, NULL), 0);
	ck_assert_int_eq(cbx_demo_start(other, &options, &demo), -EINVAL);
	chatterbox_unref(other);
	chatterbox_config_unref(config);
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, what_is_told_has_no_gap, a_restart_goes_on_and_repeats_nothing,
		a_restart_without_news_tells_nothing, two_engines_in_one_process,
		of_two_on_one_database_one_leads, an_engine_that_was_never_started,
		a_fleet_needs_a_memory_bus_and_a_number)
