// SPDX-License-Identifier: MIT
/* Systems at which the downloads came to stand still are found, though their jobs are looked at
 * only when one can have stalled (contract 9.3) */
#include "road_world.h"

#include <stdio.h>
#include <string.h>

#define SYSTEMS 10
#define ROWS                                                                           \
	"select coalesce(group_concat(kind || ' ' || systems || ' ' || (closed_at is " \
	"null), ', '), '') from incidents"

static struct cbx_incident_keeper *keeper(void)
{
	return &world.poller.incidents;
}

static void turn(void)
{
	world_pass(1);
	cbx_incident_keeper_turn(keeper());
}

static struct cbx_system_entry *entry_of(int system)
{
	char name[32];
	struct cbx_system_entry *entry;

	snprintf(name, sizeof(name), "ABC%d", system);
	entry = cbx_systems_get(road->systems, name);
	ck_assert_ptr_nonnull(entry);
	return entry;
}

static void round_ends(void)
{
	road->last_cycle.finished_ms++;
	turn();
}

static void run_job(int system)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	const char *name = entry_of(system)->system->name;
	struct cbx_status_parts parts;

	cbx_status_parts_init(&parts);
	parts.system = name;
	parts.system_len = strlen(name);
	parts.job_id = 17;
	parts.text = "Running";
	parts.text_len = strlen("Running");
	parts.percent_text = "42";
	parts.percent_len = 2;
	ck_assert_int_eq(cbx_status_new(&parts, &status), 0);
	ck_assert_int_eq(cbx_job_new(status, &job), 0);
	job->kind = CBX_RUNNING;
	job->phase = CBX_LIVE;
	job->figures.counted_at = cbx_now(road->clock);
	ck_assert_int_eq(cbx_active_jobs_put(road->jobs, name, job), 0);
}

static void set_up(void)
{
	int i;

	world_set_up();
	world_lead();
	cbx_incident_keeper_init(keeper(), road);
	turn();
	for (i = 1; i <= SYSTEMS; i++)
		run_job(i);
	round_ends();
}

static void tear_down(void)
{
	cbx_incident_keeper_close(keeper());
	world_tear_down();
}

START_TEST(systems_that_stand_still_are_one_incident)
{
	int i;

	world_pass(890);
	round_ends();
	world_expect(ROWS, "");
	world_pass(20);
	round_ends();
	turn();
	world_expect(ROWS, "stall 10 1");
	world_expect("select count(*) from incident_members where job_id = 17", "10");
	/* what stood still before is no news to who takes over */
	world_run("delete from incidents");
	for (i = 1; i <= SYSTEMS; i++)
		entry_of(i)->stands = false;
	cbx_incident_keeper_close(keeper());
	turn();
	round_ends();
	turn();
	world_expect(ROWS, "");
}
END_TEST

static struct cbx_job *copy_of(int system)
{
	struct cbx_job *job = NULL;

	ck_assert_int_eq(
		cbx_job_copy(cbx_job_list_find(cbx_active_jobs_get(road->jobs,
								   entry_of(system)->system->name),
					       17),
			     &job),
		0);
	return job;
}

static void turn_job(int system, enum cbx_kind kind)
{
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = copy_of(system);

	cbx_figures_count(&job->figures, job->kind == CBX_RUNNING, cbx_now(road->clock));
	job->kind = kind;
	ck_assert_int_eq(cbx_active_jobs_put(road->jobs, entry_of(system)->system->name, job), 0);
}

static void turn_jobs(enum cbx_kind kind)
{
	int i;

	for (i = 1; i <= SYSTEMS; i++)
		turn_job(i, kind);
}

/* Rounds each 10 s, the last of them so many seconds later */
static void rounds_for(int seconds)
{
	for (; seconds > 0; seconds -= 10) {
		world_pass(9);
		round_ends();
	}
}

/* Its jobs are looked at only when one can have stalled; a pause puts that off, and no more */
START_TEST(what_resumes_after_a_pause_and_then_stands_still_is_found)
{
	rounds_for(600);
	turn_jobs(CBX_PAUSED);
	rounds_for(3000);
	turn_jobs(CBX_RUNNING);
	rounds_for(280);
	world_expect(ROWS, "");
	rounds_for(40);
	turn();
	world_expect(ROWS, "stall 10 1");
}
END_TEST

START_TEST(a_lower_stall_after_holds_at_the_next_look)
{
	struct cbx_settings *before = road->settings;

	rounds_for(100);
	world_expect(ROWS, "");
	world_reload("stall_after", "60");
	cbx_settings_take(world.poller.settings, &road->settings);
	ck_assert_ptr_ne(road->settings, before);
	round_ends();
	turn();
	world_expect(ROWS, "stall 10 1");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("stalls");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, systems_that_stand_still_are_one_incident);
	tcase_add_test(tcase, what_resumes_after_a_pause_and_then_stands_still_is_found);
	tcase_add_test(tcase, a_lower_stall_after_holds_at_the_next_look);
	suite_add_tcase(suite, tcase);
}
