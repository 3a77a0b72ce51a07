// SPDX-License-Identifier: MIT
/*
 * touch.c - what others do to the fleet: ask, command, unplug, start, break a file
 *
 * In the modes for benchmarks, asking moves a fixed share of each system's jobs by a fixed step, so
 * that every round finds the same number of changed jobs.
 */
#include "fleet/life.h"

#include <assert.h>
#include <chatterbox/error.h>
#include <math.h>
#include <string.h>

/* Of the slots 0..n, n * share move, spread evenly */
static bool moves(const struct cbx_fleet_world *world, const struct cbx_fleet_job *job)
{
	double share = world->rules.step_share;

	return floor((job->slot + 1) * share) > floor(job->slot * share);
}

static void step(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		 struct cbx_fleet_job *job)
{
	if (job->phase != CBX_FLEET_RUNNING)
		return;
	job->progress += world->rules.step_percent;
	if (job->progress < 100)
		return;
	cbx_life_turn(world, system, job, CBX_FLEET_COMPLETED);
	cbx_life_start(world, system, CBX_FLEET_RUNNING, 0); /* without memory there is no job */
	cbx_life_plan(world, system);
}

static void flip(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		 struct cbx_fleet_job *job)
{
	if (cbx_fleet_phase_is_live(job->phase))
		cbx_life_turn(world, system, job,
			      job->phase == CBX_FLEET_RUNNING ? CBX_FLEET_PAUSED
							      : CBX_FLEET_RUNNING);
}

void cbx_fleet_world_ask(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			 size_t place)
{
	struct cbx_fleet_job *job = &system->jobs[place];

	assert(place < system->job_count);
	if (world->rules.mode == CBX_FLEET_STEP && moves(world, job))
		step(world, system, job);
	else if (world->rules.mode == CBX_FLEET_FLIP && moves(world, job))
		flip(world, system, job);
}

void cbx_fleet_world_command(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			     size_t place, enum cbx_fleet_command command)
{
	static const enum cbx_fleet_phase wanted[] = {
		[CBX_FLEET_PAUSE] = CBX_FLEET_PAUSED,
		[CBX_FLEET_RESUME] = CBX_FLEET_RUNNING,
		[CBX_FLEET_KILL] = CBX_FLEET_KILLED,
	};
	struct cbx_fleet_job *job = &system->jobs[place];

	assert(place < system->job_count && cbx_fleet_phase_is_live(job->phase));
	/* a queued job that is resumed stays queued */
	if (job->phase == wanted[command] ||
	    (command == CBX_FLEET_RESUME && job->phase == CBX_FLEET_QUEUED))
		return;
	cbx_life_turn(world, system, job, wanted[command]);
	cbx_life_plan(world, system);
}

void cbx_fleet_world_set_online(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
				bool online)
{
	if (system->is_online == online)
		return;
	cbx_life_set_online(world, system, online);
	cbx_life_plan(world, system);
}

int cbx_fleet_world_start_job(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	int error;

	if (system->live >= world->rules.jobs_per_system)
		return CHATTERBOX_E_FULL;
	error = cbx_life_start(world, system, CBX_FLEET_QUEUED, 0);
	if (!error)
		cbx_life_plan(world, system);
	return error;
}

static bool fail_with(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		      unsigned number)
{
	size_t i;

	for (i = 0; system->is_online && i < system->job_count; i++) {
		struct cbx_fleet_job *job = &system->jobs[i];

		if (job->phase != CBX_FLEET_RUNNING || job->is_tonights)
			continue;
		job->bad_file = number;
		cbx_life_turn(world, system, job, CBX_FLEET_ERRORED);
		cbx_life_plan(world, system);
		return true;
	}
	return false;
}

void cbx_fleet_world_break_file(struct cbx_fleet_world *world, unsigned number, size_t systems)
{
	size_t count = cbx_fleet_world_count(world);
	size_t i;

	for (i = 0; i < count && systems; i++) {
		const char *name = cbx_fleet_world_system(world, (i + number * 97) % count)->name;

		systems -=
			fail_with(world, cbx_fleet_world_find(world, name, strlen(name)), number);
	}
}
