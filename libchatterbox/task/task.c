// SPDX-License-Identifier: MIT
/* task.c - runs tasks when they are due, counted from the start of their last run */
#include "task/task.h"

#include <stddef.h>

/* Ticks jitter: without some grace a task of 1 s would sometimes run only every second tick */
#define GRACE (CBX_SECOND / 10)

void cbx_task_scheduler_init(struct cbx_task_scheduler *scheduler, struct cbx_clock *clock)
{
	/* the first tick is due at once, so that what runs at start does not wait a second */
	*scheduler = (struct cbx_task_scheduler){ .clock = clock,
						  .last_tick = cbx_now(clock) - CBX_SECOND };
}

void cbx_task_add(struct cbx_task_scheduler *scheduler, struct cbx_task *task)
{
	struct cbx_task **at = &scheduler->tasks;

	while (*at)
		at = &(*at)->next;
	task->next = NULL;
	task->added_at_beat = scheduler->beat;
	task->last_ran = cbx_now(scheduler->clock);
	*at = task;
}

void cbx_task_remove(struct cbx_task_scheduler *scheduler, struct cbx_task *task)
{
	struct cbx_task **at;

	for (at = &scheduler->tasks; *at; at = &(*at)->next) {
		if (*at != task)
			continue;
		if (scheduler->upcoming == task)
			scheduler->upcoming = task->next;
		*at = task->next;
		task->next = NULL;
		return;
	}
}

void cbx_task_start(struct cbx_task_scheduler *scheduler)
{
	uint64_t now = cbx_now(scheduler->clock);
	struct cbx_task *task;

	for (task = scheduler->tasks; task; task = task->next)
		task->last_ran = now;
	scheduler->last_tick = now;
}

uint64_t cbx_task_next_due(const struct cbx_task *task)
{
	uint64_t most = UINT64_MAX - task->last_ran;

	return task->interval_ns > most ? UINT64_MAX : task->last_ran + task->interval_ns;
}

static bool is_due(const struct cbx_task *task, uint64_t now)
{
	return task->wanted || now + GRACE >= cbx_task_next_due(task);
}

uint64_t cbx_task_next_tick(const struct cbx_task_scheduler *scheduler)
{
	return scheduler->last_tick + CBX_SECOND;
}

void cbx_task_run(struct cbx_task_scheduler *scheduler, struct cbx_task *task)
{
	task->last_ran = cbx_now(scheduler->clock);
	task->wanted = false;
	scheduler->running++;
	/* it may have freed itself: do not touch it afterwards */
	task->perform(task->user);
	scheduler->running--;
}

/* One pass along the list. A task removed meanwhile is removed from `upcoming`, too. */
static unsigned run_due(struct cbx_task_scheduler *scheduler)
{
	struct cbx_task *task;
	unsigned ran = 0;

	scheduler->ticking = true;
	scheduler->beat++;
	for (task = scheduler->tasks; task; task = scheduler->upcoming) {
		scheduler->upcoming = task->next;
		if (cbx_task_is_paused(scheduler))
			break;
		if (task->added_at_beat == scheduler->beat ||
		    !is_due(task, cbx_now(scheduler->clock)))
			continue;
		cbx_task_run(scheduler, task);
		ran++;
	}
	scheduler->upcoming = NULL;
	scheduler->ticking = false;
	return ran;
}

unsigned cbx_task_tick(struct cbx_task_scheduler *scheduler)
{
	uint64_t now = cbx_now(scheduler->clock);

	if (scheduler->ticking || now - scheduler->last_tick < CBX_SECOND)
		return 0;
	/* ticks stay on whole seconds unless a run took longer than one */
	scheduler->last_tick += CBX_SECOND;
	if (now - scheduler->last_tick >= CBX_SECOND)
		scheduler->last_tick = now;
	return run_due(scheduler);
}

void cbx_task_pause(struct cbx_task_scheduler *scheduler, uint64_t timeout_ns)
{
	uint64_t now = cbx_now(scheduler->clock);

	scheduler->paused_until = timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
}

void cbx_task_resume(struct cbx_task_scheduler *scheduler)
{
	scheduler->paused_until = 0;
}

bool cbx_task_is_paused(struct cbx_task_scheduler *scheduler)
{
	if (scheduler->paused_until && cbx_now(scheduler->clock) >= scheduler->paused_until)
		scheduler->paused_until = 0;
	return scheduler->paused_until != 0;
}
