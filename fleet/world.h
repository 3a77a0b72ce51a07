/* SPDX-License-Identifier: MIT */
/*
 * world.h - a simulated fleet: systems that run jobs, go offline and come back
 *
 * Pure: no I/O and no clock; time is what cbx_fleet_world_advance() is given, in simulated
 * milliseconds. Each system has its own chance, and things happen at their own time: the same seed
 * plays the same fleet however finely the time is cut and whoever asks. One thread owns a world.
 *
 * A job walks Queued, Running, Paused in any order of these, and ends Completed, Errored or Killed;
 * an ended one is told for a while and then forgotten. A job may also vanish without an end. While
 * a system is offline its jobs stand still.
 */
#ifndef CBX_FLEET_WORLD_H
#define CBX_FLEET_WORLD_H

#include "common/cleanup.h"
#include "fleet/agenda.h"
#include "fleet/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cbx_fleet_phase {
	CBX_FLEET_QUEUED,
	CBX_FLEET_RUNNING,
	CBX_FLEET_PAUSED,
	CBX_FLEET_COMPLETED,
	CBX_FLEET_ERRORED,
	CBX_FLEET_KILLED,
	CBX_FLEET_VANISHED, /* never of a job that can be seen */
};

/* "Queued", "Running", ...; NULL for vanished */
const char *cbx_fleet_phase_text(enum cbx_fleet_phase phase);

static inline bool cbx_fleet_phase_is_live(enum cbx_fleet_phase phase)
{
	return phase <= CBX_FLEET_PAUSED;
}

enum cbx_fleet_mode {
	CBX_FLEET_LIVE,
	CBX_FLEET_FROZEN, /* all jobs run and nothing changes but by command */
	CBX_FLEET_STEP,   /* nothing changes but by asking: see step_share */
	CBX_FLEET_FLIP,   /* as step, but the jobs that move change between Running and Paused */
};

struct cbx_fleet_job {
	int64_t id;     /* 1, 2, 3, ... within the system */
	int64_t since;  /* when the progress below was true */
	int64_t end_at; /* running: when it completes; ended: when it is forgotten */
	double progress;
	double pace; /* percent a second */
	const char *type;
	enum cbx_fleet_phase phase;
	uint32_t total_files;
	uint32_t speed; /* KiB/s */
	uint32_t luck;  /* what else is random about it: file names, the error it ends with */
	unsigned slot;  /* 0..jobs_per_system-1, free again when it ends */
	bool is_user;   /* a user started it, not OCD */
};

struct cbx_fleet_world;

struct cbx_fleet_system {
	struct cbx_due due; /* when something happens to it next */
	struct cbx_random random;
	struct cbx_fleet_job *jobs; /* by id ascending, ended ones too */
	size_t job_count;
	size_t job_capacity;
	size_t live;
	int64_t next_id;
	bool is_online;
	bool is_chance; /* due by chance, not because a job completes or is forgotten */
	char name[72];
};

/* What a test or the fleet wants to hear of; members may be NULL. Called in the order of time,
 * from inside the call that makes it happen; it must not change the world. */
struct cbx_fleet_watch {
	void *user;
	/* @from NULL: the job is new; @to NULL: it vanished. @when: simulated ms. */
	void (*on_status)(void *user, const struct cbx_fleet_system *system,
			  const struct cbx_fleet_job *job, const char *from, const char *to,
			  int64_t when);
	void (*on_system)(void *user, const struct cbx_fleet_system *system, int64_t when);
};

/* How often, a simulated second: of each job (system) to which it can happen */
struct cbx_fleet_rates {
	double start;    /* of a system with a free slot: a new job, queued */
	double begin;    /* a queued job runs */
	double progress; /* percent of a running job; each job has 0.5 to 1.5 times that */
	double pause;
	double resume;
	double fail;
	double kill;
	double vanish;
	double offline;
	double online;
};

struct cbx_fleet_rules {
	unsigned systems; /* 1..1 000 000 */
	unsigned jobs_per_system;
	uint64_t seed;
	const char *name; /* with one %u or %0Nu: the system's number, from 1 */
	enum cbx_fleet_mode mode;
	double step_percent;  /* CBX_FLEET_STEP: how far an asked job moves */
	double step_share;    /* of each system's jobs: those that move when asked */
	double user_share;    /* of the jobs: started by a user */
	double offline_share; /* of the systems: offline at first */
	int64_t linger;       /* ms that an ended job is told */
	struct cbx_fleet_rates rates;
	struct cbx_fleet_watch watch; /* hears of the first jobs too */
};

/* A lively fleet: 500 systems of 4 jobs that take a minute or two each */
void cbx_fleet_rules_init(struct cbx_fleet_rules *rules);

/* -EINVAL: a rule is out of range, or its name is no pattern of valid system names; -ENOMEM */
int cbx_fleet_world_new(const struct cbx_fleet_rules *rules, struct cbx_fleet_world **out);
void cbx_fleet_world_free(struct cbx_fleet_world *world);
CBX_DEFINE_CLEANUP(struct cbx_fleet_world *, cbx_fleet_world_free)

/* Lets everything happen that is due until @to_ms (which never goes back) */
void cbx_fleet_world_advance(struct cbx_fleet_world *world, int64_t to_ms);
int64_t cbx_fleet_world_now(const struct cbx_fleet_world *world);
/* When something happens next by itself; CBX_NEVER */
int64_t cbx_fleet_world_next(const struct cbx_fleet_world *world);

size_t cbx_fleet_world_count(const struct cbx_fleet_world *world);
const struct cbx_fleet_system *cbx_fleet_world_system(const struct cbx_fleet_world *world,
						      size_t index);
/* Borrowed; NULL when there is none of that name */
struct cbx_fleet_system *cbx_fleet_world_find(const struct cbx_fleet_world *world, const char *name,
					      size_t len);
/* The place of a job in system->jobs, -1 when absent */
ptrdiff_t cbx_fleet_find_job(const struct cbx_fleet_system *system, int64_t job_id);
/* Percent in [0,100] at @now */
double cbx_fleet_progress(const struct cbx_fleet_system *system, const struct cbx_fleet_job *job,
			  int64_t now);

/* Somebody asks about the job at this place: moves it in the modes step and flip. It may end, and
 * a new job be appended: pointers into system->jobs are stale afterwards. */
void cbx_fleet_world_ask(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			 size_t place);

enum cbx_fleet_command { CBX_FLEET_PAUSE, CBX_FLEET_RESUME, CBX_FLEET_KILL };

/* The job at this place, which must be live, is paused, resumed or killed; if it is already so,
 * nothing happens */
void cbx_fleet_world_command(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			     size_t place, enum cbx_fleet_command command);
/* Takes a system off the net or back: what chance does, by hand */
void cbx_fleet_world_set_online(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
				bool online);
/* A new queued job, if there is a free slot: 0, CHATTERBOX_E_FULL or -ENOMEM */
int cbx_fleet_world_start_job(struct cbx_fleet_world *world, struct cbx_fleet_system *system);

#endif
