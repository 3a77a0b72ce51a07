/* SPDX-License-Identifier: MIT */
/*
 * world.h - a simulated fleet: systems that run jobs, go offline and come back
 *
 * Pure: no I/O and no clock. Time is what cbx_fleet_world_advance() is given, in simulated
 * milliseconds. Each system has its own random numbers, and everything happens at its own time: the
 * same seed plays the same fleet, however time is divided and whoever asks. A world belongs to one
 * thread.
 *
 * A job is Queued, Running or Paused, in any order, and ends Completed, Errored or Killed. An ended
 * job is reported for a while and then forgotten. A job may also vanish without an end. While a
 * system is offline its jobs stand still; while it is stuck they do too, though it answers.
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
	CBX_FLEET_VANISHED, /* never the phase of a job that can be seen */
};

/* "Queued", "Running", ...; NULL for vanished */
const char *cbx_fleet_phase_text(enum cbx_fleet_phase phase);

static inline bool cbx_fleet_phase_is_live(enum cbx_fleet_phase phase)
{
	return phase <= CBX_FLEET_PAUSED;
}

enum cbx_fleet_mode {
	CBX_FLEET_LIVE,
	CBX_FLEET_FROZEN, /* all jobs run, and nothing changes except by commands */
	CBX_FLEET_STEP,   /* nothing changes except by asking: see step_share */
	CBX_FLEET_FLIP,   /* as step, but jobs switch between Running and Paused */
};

struct cbx_fleet_job {
	int64_t id;     /* 1, 2, 3, ... within the system */
	int64_t since;  /* when the progress below was true */
	int64_t end_at; /* running: when it completes; ended: when it is forgotten */
	double progress;
	double pace; /* percent per second */
	const char *type;
	enum cbx_fleet_phase phase;
	uint32_t total_files;
	uint32_t speed;    /* KiB/s */
	uint32_t luck;     /* other random properties: file names, the error it ends with */
	unsigned slot;     /* 0..jobs_per_system-1, free again after its end */
	bool is_user;      /* a user started it, not OCD */
	unsigned code;     /* which error it ends with */
	unsigned bad_file; /* the number of the file that it failed with; 0 = none */
	bool is_tonights;  /* of the list that is activated next; no chance meets it */
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
	bool is_stuck;  /* its jobs say that they run, and none gets further */
	bool is_chance; /* due by chance, not because a job completes or is forgotten */
	bool is_steady; /* neither leaves nor returns nor gets stuck by chance */
	unsigned list;  /* the number of the list that is activated next; 0 = none */
	char name[72];
};

/* Callbacks for a test or the fleet; members may be NULL. Called in the order of time, from inside
 * the call that makes it happen; they must not change the world. */
struct cbx_fleet_watch {
	void *user;
	/* @from NULL: the job is new; @to NULL: it vanished. @when: simulated ms. */
	void (*on_status)(void *user, const struct cbx_fleet_system *system,
			  const struct cbx_fleet_job *job, const char *from, const char *to,
			  int64_t when);
	void (*on_system)(void *user, const struct cbx_fleet_system *system, int64_t when);
};

/* How often each thing happens, per simulated second and job (or system) */
struct cbx_fleet_rates {
	double start;    /* a system with a free slot: a new job, queued */
	double begin;    /* a queued job runs */
	double progress; /* percent of a running job; each job has 0.5 to 1.5 times that */
	double pause;
	double resume;
	double fail;
	double kill;
	double vanish;
	double offline;
	double online;
	double stick;
	double unstick;
};

#define CBX_FLEET_CODES 24

struct cbx_fleet_rules {
	unsigned systems; /* 1..1 000 000 */
	unsigned jobs_per_system;
	uint64_t seed;
	const char *name; /* with one %u or %0Nu: the system's number, from 1 */
	enum cbx_fleet_mode mode;
	double step_percent;  /* CBX_FLEET_STEP: how far a job moves when asked about */
	double step_share;    /* of each system's jobs: those that move when asked about */
	double user_share;    /* of the jobs: started by a user */
	double offline_share; /* of the systems: offline at first */
	double stuck_share;   /* of the systems: stuck at first */
	double first_share;   /* of the slots: hold a job at first */
	int64_t linger;       /* ms for which an ended job is reported */
	bool has_lists;       /* some systems have a list that is activated: see tonight.h */
	unsigned codes;       /* how many error codes there are, up to CBX_FLEET_CODES */
	struct cbx_fleet_rates rates;
	struct cbx_fleet_watch watch; /* also called for the first jobs */
};

/* A lively fleet: 500 systems with 4 jobs each, which take a minute or two */
void cbx_fleet_rules_init(struct cbx_fleet_rules *rules);

/* -EINVAL: a rule is out of range, or its name is not a pattern of valid system names; -ENOMEM */
int cbx_fleet_world_new(const struct cbx_fleet_rules *rules, struct cbx_fleet_world **out);
void cbx_fleet_world_free(struct cbx_fleet_world *world);
CBX_DEFINE_CLEANUP(struct cbx_fleet_world *, cbx_fleet_world_free)

/* Lets everything happen that is due until @to_ms, which never goes back */
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
/* The index of a job in system->jobs, -1 when absent */
ptrdiff_t cbx_fleet_find_job(const struct cbx_fleet_system *system, int64_t job_id);
/* Percent in [0,100] at @now */
double cbx_fleet_progress(const struct cbx_fleet_system *system, const struct cbx_fleet_job *job,
			  int64_t now);

/* Somebody asks about the job at this index: moves it, in the modes step and flip. It may end, and
 * a new job be added, so pointers into system->jobs become invalid. */
void cbx_fleet_world_ask(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			 size_t place);

enum cbx_fleet_command { CBX_FLEET_PAUSE, CBX_FLEET_RESUME, CBX_FLEET_KILL };

/* Pauses, resumes or kills the job at this index, which must be live; does nothing if it is already
 * so */
void cbx_fleet_world_command(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			     size_t place, enum cbx_fleet_command command);
/* Takes a system offline or back online */
void cbx_fleet_world_set_online(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
				bool online);
/* A file is broken at its source: a running job fails with it at so many systems, at most. @number:
 * of the file, from 1; it decides which systems. */
void cbx_fleet_world_break_file(struct cbx_fleet_world *world, unsigned number, size_t systems);
/* A new queued job, if there is a free slot: 0, CHATTERBOX_E_FULL or -ENOMEM */
int cbx_fleet_world_start_job(struct cbx_fleet_world *world, struct cbx_fleet_system *system);

#endif
