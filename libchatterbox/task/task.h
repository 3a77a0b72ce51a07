/* SPDX-License-Identifier: MIT */
/*
 * task.h - a task that is due at each interval, and the scheduler that runs tasks
 *
 * The proposal's Task and TaskScheduler (contract 2.1): the scheduler ticks once a second on the
 * monotonic clock. A task is due an interval after the start of its last run; missed runs
 * are not made up for; tasks that are due run one after another, in the order in which they were
 * added. They belong to one thread.
 *
 * While it runs, a task may do anything to its scheduler: a task that it removes does not run any
 * more, one that it adds runs at the next tick at the earliest, and after a pause no other task
 * runs.
 */
#ifndef CBX_TASK_TASK_H
#define CBX_TASK_TASK_H

#include "port/clock.h"

#include <stdbool.h>

struct cbx_task {
	const char *name;
	uint64_t interval_ns; /* may be changed at any time */
	void (*perform)(void *user);
	void *user;
	uint64_t last_ran; /* now() at the start of its last run, or when it was added */
	struct cbx_task *next;
	uint64_t added_at_beat;
	bool wanted; /* run at the next tick, whatever the interval says */
};

struct cbx_task_scheduler {
	struct cbx_clock *clock;
	struct cbx_task *tasks;
	struct cbx_task *upcoming; /* the next one that the current tick will look at */
	unsigned running;          /* tasks running: 0 or 1, more only by cbx_task_run() */
	bool ticking;
	uint64_t beat; /* counts the ticks */
	uint64_t last_tick;
	uint64_t paused_until; /* 0 = not paused */
};

void cbx_task_scheduler_init(struct cbx_task_scheduler *scheduler, struct cbx_clock *clock);
/* Borrowed until removed; last_ran becomes now */
void cbx_task_add(struct cbx_task_scheduler *scheduler, struct cbx_task *task);
void cbx_task_remove(struct cbx_task_scheduler *scheduler, struct cbx_task *task);
/* Starts counting now: for every task, and for the ticks */
void cbx_task_start(struct cbx_task_scheduler *scheduler);
/* Runs it now, due or not, paused or not; last_ran becomes now */
void cbx_task_run(struct cbx_task_scheduler *scheduler, struct cbx_task *task);
/* Runs what is due, if a second has passed since the last tick; returns how many tasks ran. Does
 * nothing when a task calls it. */
unsigned cbx_task_tick(struct cbx_task_scheduler *scheduler);
/* When the next tick is */
uint64_t cbx_task_next_tick(const struct cbx_task_scheduler *scheduler);
/* No task runs until resume, or until @timeout_ns have passed */
void cbx_task_pause(struct cbx_task_scheduler *scheduler, uint64_t timeout_ns);
void cbx_task_resume(struct cbx_task_scheduler *scheduler);
bool cbx_task_is_paused(struct cbx_task_scheduler *scheduler);
/* When its interval makes it due; UINT64_MAX when that is beyond all time */
uint64_t cbx_task_next_due(const struct cbx_task *task);

#endif
