// SPDX-License-Identifier: MIT
/*
 * life.c - what happens to the jobs of a system, and when
 *
 * What happens by chance has a rate. The rates of a system are summed up to draw the time until the
 * next such event, and their shares of the sum decide which one it is. This may be drawn again
 * after every change, since chance has no memory. What is certain (a job completes, an ended one is
 * forgotten) has its time in the job.
 */
#include "fleet/life.h"
#include "common/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *cbx_fleet_phase_text(enum cbx_fleet_phase phase)
{
	switch (phase) {
	case CBX_FLEET_QUEUED:
		return "Queued";
	case CBX_FLEET_RUNNING:
		return "Running";
	case CBX_FLEET_PAUSED:
		return "Paused";
	case CBX_FLEET_COMPLETED:
		return "Completed";
	case CBX_FLEET_ERRORED:
		return "Errored";
	case CBX_FLEET_KILLED:
		return "Killed";
	case CBX_FLEET_VANISHED:
		return NULL;
	}
	return NULL;
}

/* The transitions of a job: from where, how often, to where */
static const struct turn {
	enum cbx_fleet_phase from;
	enum cbx_fleet_phase to;
	size_t rate; /* offset in the rates */
} turns[] = {
#define RATE(name) offsetof(struct cbx_fleet_rates, name)
	{ CBX_FLEET_QUEUED, CBX_FLEET_RUNNING, RATE(begin) },
	{ CBX_FLEET_QUEUED, CBX_FLEET_KILLED, RATE(kill) },
	{ CBX_FLEET_QUEUED, CBX_FLEET_VANISHED, RATE(vanish) },
	{ CBX_FLEET_RUNNING, CBX_FLEET_PAUSED, RATE(pause) },
	{ CBX_FLEET_RUNNING, CBX_FLEET_ERRORED, RATE(fail) },
	{ CBX_FLEET_RUNNING, CBX_FLEET_KILLED, RATE(kill) },
	{ CBX_FLEET_RUNNING, CBX_FLEET_VANISHED, RATE(vanish) },
	{ CBX_FLEET_PAUSED, CBX_FLEET_RUNNING, RATE(resume) },
	{ CBX_FLEET_PAUSED, CBX_FLEET_KILLED, RATE(kill) },
	{ CBX_FLEET_PAUSED, CBX_FLEET_VANISHED, RATE(vanish) },
#undef RATE
};

static double turn_rate(const struct cbx_fleet_world *world, const struct turn *turn)
{
	double rate;

	memcpy(&rate, (const char *)&world->rules.rates + turn->rate, sizeof(rate));
	return rate;
}

static double start_rate(const struct cbx_fleet_world *world, const struct cbx_fleet_system *system)
{
	return system->live < world->rules.jobs_per_system ? world->rules.rates.start : 0;
}

static double offline_rate(const struct cbx_fleet_world *world,
			   const struct cbx_fleet_system *system)
{
	return system->is_steady ? 0 : world->rules.rates.offline;
}

static bool may_turn(const struct turn *turn, const struct cbx_fleet_job *job)
{
	return turn->from == job->phase && !job->is_tonights;
}

static double stuck_rate(const struct cbx_fleet_world *world, const struct cbx_fleet_system *system)
{
	if (system->is_steady)
		return 0;
	return system->is_stuck ? world->rules.rates.unstick : world->rules.rates.stick;
}

/* The sum of the rates of everything that can happen to the system by chance */
static double chance_rate(const struct cbx_fleet_world *world,
			  const struct cbx_fleet_system *system)
{
	double sum = start_rate(world, system);
	size_t i;
	size_t k;

	if (world->rules.mode != CBX_FLEET_LIVE)
		return 0;
	if (!system->is_online)
		return system->is_steady ? 0 : world->rules.rates.online;
	sum += offline_rate(world, system) + stuck_rate(world, system);
	for (i = 0; i < system->job_count; i++)
		for (k = 0; k < CBX_COUNT(turns); k++)
			if (may_turn(&turns[k], &system->jobs[i]))
				sum += turn_rate(world, &turns[k]);
	return sum;
}

double cbx_fleet_progress(const struct cbx_fleet_system *system, const struct cbx_fleet_job *job,
			  int64_t now)
{
	double progress = job->progress;

	if (job->phase != CBX_FLEET_RUNNING || !system->is_online || system->is_stuck)
		return progress;
	progress += job->pace * (double)(now - job->since) / 1000;
	/* only a completed job is at 100 */
	return progress > 99.9 ? 99.9 : progress;
}

/* When the certain event of the job comes */
static int64_t end_of(const struct cbx_fleet_world *world, const struct cbx_fleet_system *system,
		      const struct cbx_fleet_job *job)
{
	if (!system->is_online)
		return CBX_NEVER;
	if (!cbx_fleet_phase_is_live(job->phase))
		return world->now + world->rules.linger;
	if (job->phase != CBX_FLEET_RUNNING || job->pace <= 0 || system->is_stuck)
		return CBX_NEVER;
	return world->now + (int64_t)ceil((100 - job->progress) / job->pace * 1000) + 1;
}

static void forget(struct cbx_fleet_system *system, const struct cbx_fleet_job *job)
{
	size_t place = (size_t)(job - system->jobs);

	system->job_count--;
	memmove(system->jobs + place, system->jobs + place + 1,
		(system->job_count - place) * sizeof(*system->jobs));
}

void cbx_life_turn(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		   struct cbx_fleet_job *job, enum cbx_fleet_phase to)
{
	const struct cbx_fleet_watch *watch = &world->rules.watch;
	enum cbx_fleet_phase from = job->phase;

	job->progress = cbx_fleet_progress(system, job, world->now);
	if (to == CBX_FLEET_COMPLETED)
		job->progress = 100;
	job->since = world->now;
	job->phase = to;
	job->end_at = end_of(world, system, job);
	if (!cbx_fleet_phase_is_live(to))
		system->live--;
	if (watch->on_status)
		watch->on_status(watch->user, system, job, cbx_fleet_phase_text(from),
				 cbx_fleet_phase_text(to), world->now);
	if (to == CBX_FLEET_VANISHED)
		forget(system, job);
}

/* What the jobs did until now is settled by the old state, what they will do by the new one */
static void set_state(struct cbx_fleet_world *world, struct cbx_fleet_system *system, bool online,
		      bool stuck)
{
	size_t i;

	for (i = 0; i < system->job_count; i++) {
		struct cbx_fleet_job *job = &system->jobs[i];

		job->progress = cbx_fleet_progress(system, job, world->now);
		job->since = world->now;
	}
	system->is_online = online;
	system->is_stuck = stuck;
	/* an ended job keeps the time at which it is forgotten while its system stays online */
	for (i = 0; i < system->job_count; i++)
		if (system->jobs[i].end_at == CBX_NEVER || !online ||
		    cbx_fleet_phase_is_live(system->jobs[i].phase))
			system->jobs[i].end_at = end_of(world, system, &system->jobs[i]);
}

void cbx_life_set_stuck(struct cbx_fleet_world *world, struct cbx_fleet_system *system, bool stuck)
{
	set_state(world, system, system->is_online, stuck);
}

void cbx_life_set_online(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			 bool online)
{
	const struct cbx_fleet_watch *watch = &world->rules.watch;

	set_state(world, system, online, system->is_stuck);
	if (watch->on_system)
		watch->on_system(watch->user, system, world->now);
}

static bool is_taken(const struct cbx_fleet_system *system, unsigned slot)
{
	size_t i;

	for (i = 0; i < system->job_count; i++)
		if (system->jobs[i].slot == slot && cbx_fleet_phase_is_live(system->jobs[i].phase))
			return true;
	return false;
}

/* There is one: no job is started beyond the number in the rules */
static unsigned free_slot(const struct cbx_fleet_world *world,
			  const struct cbx_fleet_system *system)
{
	unsigned slot = (unsigned)system->live;

	while (is_taken(system, slot))
		slot = (slot + 1) % world->rules.jobs_per_system;
	return slot;
}

static void draw_job(const struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		     struct cbx_fleet_job *job)
{
	static const char *const of_users[] = { "topup", "upload" };
	static const char *const of_ocd[] = { "activation", "update", "topup", "cull" };
	struct cbx_random *random = &system->random;
	double factor = 0.5 + cbx_random_unit(random);

	job->is_user = cbx_random_unit(random) < world->rules.user_share;
	job->luck = (uint32_t)cbx_random_next(random);
	job->code = job->luck % world->rules.codes;
	job->type = job->is_user ? of_users[job->luck % CBX_COUNT(of_users)]
				 : of_ocd[job->luck % CBX_COUNT(of_ocd)];
	job->total_files = (uint32_t)cbx_random_between(random, 10, 400);
	job->speed = (uint32_t)cbx_random_between(random, 80, 2400);
	job->pace = world->rules.mode == CBX_FLEET_LIVE ? world->rules.rates.progress * factor : 0;
}

/* Room for one more, which begins now and is not counted yet; NULL: without memory */
static struct cbx_fleet_job *new_job(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
				     enum cbx_fleet_phase phase, double progress)
{
	struct cbx_fleet_job *job;

	if (cbx_grow(system->jobs, system->job_capacity, system->job_count + 1))
		return NULL;
	job = &system->jobs[system->job_count];
	*job = (struct cbx_fleet_job){
		.id = system->next_id++,
		.since = world->now,
		.progress = progress,
		.phase = phase,
		.slot = free_slot(world, system),
	};
	draw_job(world, system, job);
	return job;
}

static void begin_job(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		      struct cbx_fleet_job *job)
{
	const struct cbx_fleet_watch *watch = &world->rules.watch;

	job->end_at = end_of(world, system, job);
	system->job_count++;
	system->live++;
	if (watch->on_status)
		watch->on_status(watch->user, system, job, NULL, cbx_fleet_phase_text(job->phase),
				 world->now);
}

int cbx_life_start(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		   enum cbx_fleet_phase phase, double progress)
{
	struct cbx_fleet_job *job = new_job(world, system, phase, progress);

	if (!job)
		return -ENOMEM;
	begin_job(world, system, job);
	return 0;
}

int cbx_life_start_tonights(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			    enum cbx_fleet_phase phase, double progress, double pace)
{
	struct cbx_fleet_job *job = new_job(world, system, phase, progress);

	if (!job)
		return -ENOMEM;
	job->is_tonights = true;
	job->is_user = false;
	job->type = "activation";
	job->pace = pace;
	job->code = 0;
	begin_job(world, system, job);
	return 0;
}

static void end_what_is_due(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	size_t i = 0;

	while (i < system->job_count) {
		struct cbx_fleet_job *job = &system->jobs[i];

		if (job->end_at > world->now)
			i++;
		else if (cbx_fleet_phase_is_live(job->phase))
			cbx_life_turn(world, system, job, CBX_FLEET_COMPLETED);
		else
			forget(system, job);
	}
}

/* Does the transition that a drawn share falls on; false when it is beyond the last one */
static bool turn_a_job(struct cbx_fleet_world *world, struct cbx_fleet_system *system, double left)
{
	size_t i;
	size_t k;

	for (i = 0; i < system->job_count; i++) {
		for (k = 0; k < CBX_COUNT(turns); k++) {
			if (!may_turn(&turns[k], &system->jobs[i]))
				continue;
			left -= turn_rate(world, &turns[k]);
			if (left >= 0)
				continue;
			cbx_life_turn(world, system, &system->jobs[i], turns[k].to);
			return true;
		}
	}
	return false;
}

static void happen_by_chance(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	double left = cbx_random_unit(&system->random) * chance_rate(world, system);

	if (!system->is_online) {
		cbx_life_set_online(world, system, true);
		return;
	}
	left -= offline_rate(world, system);
	if (left < 0) {
		cbx_life_set_online(world, system, false);
		return;
	}
	left -= stuck_rate(world, system);
	if (left < 0) {
		cbx_life_set_stuck(world, system, !system->is_stuck);
		return;
	}
	left -= start_rate(world, system);
	if (left < 0)
		cbx_life_start(world, system, CBX_FLEET_QUEUED,
			       0); /* without memory there is no job */
	else
		turn_a_job(world, system, left);
}

void cbx_life_plan(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	int64_t wait = cbx_random_wait(&system->random, chance_rate(world, system));
	int64_t certain = CBX_NEVER;
	size_t i;

	for (i = 0; i < system->job_count; i++)
		if (system->jobs[i].end_at < certain)
			certain = system->jobs[i].end_at;
	system->is_chance = wait != CBX_NEVER && world->now + wait < certain;
	system->due.at = system->is_chance ? world->now + wait : certain;
	cbx_agenda_move(&world->agenda, &system->due);
}

void cbx_life_happen(struct cbx_fleet_world *world, struct cbx_fleet_system *system)
{
	world->now = system->due.at;
	if (system->is_chance)
		happen_by_chance(world, system);
	else
		end_what_is_due(world, system);
	cbx_life_plan(world, system);
}
