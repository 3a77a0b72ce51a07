// SPDX-License-Identifier: MIT
/*
 * world.c - all systems of the fleet, and their time
 *
 * Only what is due is touched: 10 000 systems cost nothing while nothing happens to them, since the
 * progress of a running job is computed when somebody reads it.
 */
#include "fleet/world.h"
#include "base/read.h"
#include "fleet/life.h"
#include "fleet/tonight.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cbx_fleet_rules_init(struct cbx_fleet_rules *rules)
{
	*rules = (struct cbx_fleet_rules){
		.systems = 500,
		.jobs_per_system = 4,
		.seed = 1,
		.name = "NL-HDMS-%06u",
		.mode = CBX_FLEET_LIVE,
		.step_percent = 1,
		.step_share = 0.5,
		.user_share = 0.3,
		.first_share = 1,
		.linger = 60000,
		.codes = 5,
		.rates = {
			.start = 0.1,
			.begin = 0.2,
			.progress = 1,
			.pause = 0.005,
			.resume = 0.05,
			.fail = 0.001,
			.kill = 0.0005,
			.vanish = 0.0002,
			.offline = 0.0002,
			.online = 0.02,
		},
	};
}

/* The parts of the pattern: prefix, %, width, u, suffix */
struct pattern {
	const char *prefix;
	size_t prefix_len;
	int width;
	const char *suffix;
};

static bool read_pattern(const char *text, struct pattern *out)
{
	const char *percent = strchr(text, '%');
	const char *p;

	if (!percent)
		return false;
	*out = (struct pattern){ .prefix = text, .prefix_len = (size_t)(percent - text) };
	for (p = percent + 1; *p >= '0' && *p <= '9' && out->width < 100; p++)
		out->width = out->width * 10 + (*p - '0');
	if (*p != 'u' || strchr(p, '%') || out->width > 20)
		return false;
	out->suffix = p + 1;
	return true;
}

static int name_system(const struct pattern *pattern, size_t number,
		       struct cbx_fleet_system *system)
{
	const char *name = system->name;
	size_t len;
	int wrote;

	wrote = snprintf(system->name, sizeof(system->name), "%.*s%0*zu%s",
			 (int)pattern->prefix_len, pattern->prefix, pattern->width, number,
			 pattern->suffix);
	if (wrote < 0 || (size_t)wrote >= sizeof(system->name))
		return -EINVAL;
	len = (size_t)wrote;
	/* a name that is trimmed somewhere would be another name there */
	return cbx_system_name(&name, &len) && len == (size_t)wrote ? 0 : -EINVAL;
}

/* Certain things draw nothing, so that a rule that is left alone plays the same fleet as ever */
static bool draws(struct cbx_fleet_system *system, double share)
{
	return share >= 1 || (share > 0 && cbx_random_unit(&system->random) < share);
}

static int first_jobs(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	bool is_live = world->rules.mode == CBX_FLEET_LIVE;
	size_t i;
	int error;

	for (i = system->live; i < world->rules.jobs_per_system; i++) {
		double progress;
		double draw;
		enum cbx_fleet_phase phase = CBX_FLEET_RUNNING;

		if (!draws(system, world->rules.first_share))
			continue;
		progress = cbx_random_unit(&system->random) * 95;
		draw = cbx_random_unit(&system->random);
		if (is_live && draw < 0.1)
			phase = CBX_FLEET_QUEUED;
		else if (is_live && draw < 0.2)
			phase = CBX_FLEET_PAUSED;
		error = cbx_life_start(world, system, phase,
				       phase == CBX_FLEET_QUEUED ? 0 : progress);
		if (error)
			return error;
	}
	return 0;
}

static int found_system(struct cbx_fleet_world *world, const struct pattern *pattern, size_t index)
{
	struct cbx_fleet_system *system = &world->systems[index];
	int error;

	system->due = (struct cbx_due){ .at = CBX_NEVER, .order = index };
	system->next_id = 1;
	cbx_random_seed(&system->random, world->rules.seed, index);
	system->is_online = cbx_random_unit(&system->random) >= world->rules.offline_share;
	system->is_stuck = draws(system, world->rules.stuck_share);
	error = name_system(pattern, index + 1, system);
	if (!error && world->rules.has_lists)
		error = cbx_tonight_play(world, system, index);
	if (!error)
		error = first_jobs(world, system);
	if (!error)
		error = cbx_agenda_add(&world->agenda, &system->due);
	if (!error)
		cbx_life_plan(world, system);
	return error;
}

static bool is_sane(const struct cbx_fleet_rules *rules)
{
	const struct cbx_fleet_rates *r = &rules->rates;
	const double rates[] = { r->start, r->begin,   r->progress,        r->pause,   r->resume,
				 r->fail,  r->kill,    r->vanish,          r->offline, r->online,
				 r->stick, r->unstick, rules->step_percent };
	size_t i;

	/* written so that NaN is refused, too */
	for (i = 0; i < CBX_COUNT(rates); i++)
		if (!(rates[i] >= 0 && rates[i] <= 1e6))
			return false;
	return rules->systems >= 1 && rules->systems <= 1000000 &&
	       rules->jobs_per_system <= 10000 && rules->name && rules->linger >= 0 &&
	       rules->codes >= 1 && rules->codes <= CBX_FLEET_CODES && rules->step_share >= 0 &&
	       rules->step_share <= 1;
}

int cbx_fleet_world_new(const struct cbx_fleet_rules *rules, struct cbx_fleet_world **out)
{
	cbx_auto(cbx_fleet_world_freep) struct cbx_fleet_world *world = NULL;
	struct pattern pattern;
	size_t i;
	int error;

	if (!is_sane(rules) || !read_pattern(rules->name, &pattern))
		return -EINVAL;
	world = calloc(1, sizeof(*world));
	if (!world)
		return -ENOMEM;
	world->rules = *rules;
	world->systems = calloc(rules->systems, sizeof(*world->systems));
	world->pattern = strdup(rules->name);
	if (!world->systems || !world->pattern)
		return -ENOMEM;
	for (i = 0; i < rules->systems; i++) {
		error = found_system(world, &pattern, i);
		if (error)
			return error;
	}
	*out = cbx_steal(world);
	return 0;
}

void cbx_fleet_world_free(struct cbx_fleet_world *world)
{
	size_t i;

	if (!world)
		return;
	for (i = 0; world->systems && i < world->rules.systems; i++)
		free(world->systems[i].jobs);
	free(world->systems);
	free(world->pattern);
	cbx_agenda_clear(&world->agenda);
	free(world);
}

int64_t cbx_fleet_world_next(const struct cbx_fleet_world *world)
{
	const struct cbx_due *first = cbx_agenda_first(&world->agenda);

	return first ? first->at : CBX_NEVER;
}

void cbx_fleet_world_advance(struct cbx_fleet_world *world, int64_t to_ms)
{
	struct cbx_due *first;

	while ((first = cbx_agenda_first(&world->agenda)) && first->at <= to_ms)
		cbx_life_happen(world, &world->systems[first->order]);
	if (to_ms > world->now)
		world->now = to_ms;
}

int64_t cbx_fleet_world_now(const struct cbx_fleet_world *world)
{
	return world->now;
}

size_t cbx_fleet_world_count(const struct cbx_fleet_world *world)
{
	return world->rules.systems;
}

const struct cbx_fleet_system *cbx_fleet_world_system(const struct cbx_fleet_world *world,
						      size_t index)
{
	return index < world->rules.systems ? &world->systems[index] : NULL;
}

struct cbx_fleet_system *cbx_fleet_world_find(const struct cbx_fleet_world *world, const char *name,
					      size_t len)
{
	struct pattern pattern;
	struct cbx_fleet_system *system;
	int64_t number;
	size_t digits;

	/* the number in the name is the index: no table is needed */
	if (!read_pattern(world->pattern, &pattern) ||
	    len <= pattern.prefix_len + strlen(pattern.suffix))
		return NULL;
	digits = len - pattern.prefix_len - strlen(pattern.suffix);
	if (!cbx_parse_count(name + pattern.prefix_len, digits, &number) || number < 1 ||
	    number > (int64_t)world->rules.systems)
		return NULL;
	system = &world->systems[number - 1];
	return strlen(system->name) == len && !memcmp(system->name, name, len) ? system : NULL;
}

ptrdiff_t cbx_fleet_find_job(const struct cbx_fleet_system *system, int64_t job_id)
{
	size_t low = 0;
	size_t high = system->job_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (system->jobs[middle].id == job_id)
			return (ptrdiff_t)middle;
		if (system->jobs[middle].id < job_id)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}
