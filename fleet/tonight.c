// SPDX-License-Identifier: MIT
/* tonight.c - decides which systems of the demo will have their list in time, and which will not */
#include "fleet/tonight.h"

#include "fleet/life.h"

#define SYSTEMS_PER_LIST 3
#define LISTS 17
#define FIRST_LIST 101
#define KINDS 33 /* systems with a list, after which it begins anew */
#define MINUTE_MS 60000

static const enum cbx_tonight troubles[KINDS] = {
	[1] = CBX_TONIGHT_PAUSED,  [3] = CBX_TONIGHT_SLOW,  [5] = CBX_TONIGHT_OVERDUE,
	[9] = CBX_TONIGHT_FAILED,  [13] = CBX_TONIGHT_AWAY, [18] = CBX_TONIGHT_STUCK,
	[23] = CBX_TONIGHT_PAUSED,
};

enum cbx_tonight cbx_tonight_of(size_t index)
{
	size_t number = index / SYSTEMS_PER_LIST;

	if (index % SYSTEMS_PER_LIST)
		return CBX_TONIGHT_NONE;
	if (troubles[number % KINDS])
		return troubles[number % KINDS];
	return number % 5 == 2 ? CBX_TONIGHT_LOADING : CBX_TONIGHT_READY;
}

/* Near enough that a trouble is one, and far enough to be looked at for a while */
int64_t cbx_tonight_activates_ms(size_t index)
{
	int64_t seconds = (int64_t)(index * 7919);

	switch (cbx_tonight_of(index)) {
	case CBX_TONIGHT_OVERDUE:
		return 45000;
	case CBX_TONIGHT_PAUSED:
	case CBX_TONIGHT_FAILED:
	case CBX_TONIGHT_AWAY:
	case CBX_TONIGHT_STUCK:
	case CBX_TONIGHT_SLOW:
		return 20 * (int64_t)MINUTE_MS + seconds % 480 * 1000;
	case CBX_TONIGHT_LOADING:
		return 150 * (int64_t)MINUTE_MS + seconds % 12000 * 1000;
	case CBX_TONIGHT_READY:
	case CBX_TONIGHT_NONE:
		break;
	}
	return 10 * (int64_t)MINUTE_MS + seconds % 21000 * 1000;
}

static int fail_tonight(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	int result = cbx_life_start_tonights(world, system, CBX_FLEET_RUNNING, 71, 0.02);

	if (!result)
		cbx_life_turn(world, system, &system->jobs[system->job_count - 1],
			      CBX_FLEET_ERRORED);
	return result;
}

/* Percent of the job, and how many it makes a second */
static int load(struct cbx_fleet_world *world, struct cbx_fleet_system *system, size_t index)
{
	double progress = 20 + (double)(index * 13 % 50);

	return cbx_life_start_tonights(world, system, CBX_FLEET_RUNNING, progress,
				       (100 - progress) / (1200 + (double)(index * 97 % 1200)));
}

static int begin_steady(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	system->is_steady = system->is_online = true;
	return cbx_life_start_tonights(world, system, CBX_FLEET_RUNNING, 34, 0.02);
}

int cbx_tonight_play(struct cbx_fleet_world *world, struct cbx_fleet_system *system, size_t index)
{
	enum cbx_tonight kind = cbx_tonight_of(index);

	if (kind == CBX_TONIGHT_NONE || !world->rules.jobs_per_system)
		return 0;
	system->list = FIRST_LIST + (unsigned)(index % LISTS);
	switch (kind) {
	case CBX_TONIGHT_LOADING:
		return load(world, system, index);
	case CBX_TONIGHT_PAUSED:
		return cbx_life_start_tonights(world, system, CBX_FLEET_PAUSED, 58, 0.02);
	case CBX_TONIGHT_FAILED:
		return fail_tonight(world, system);
	case CBX_TONIGHT_SLOW:
	case CBX_TONIGHT_OVERDUE:
		return cbx_life_start_tonights(world, system, CBX_FLEET_RUNNING, 22, 0.012);
	case CBX_TONIGHT_AWAY:
		return begin_steady(world, system);
	case CBX_TONIGHT_STUCK:
		system->is_stuck = true;
		return begin_steady(world, system);
	case CBX_TONIGHT_READY:
	case CBX_TONIGHT_NONE:
		break;
	}
	return 0;
}
