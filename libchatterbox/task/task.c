// SPDX-License-Identifier: MIT
/* task.c - decides when a task is due; the last run's start counts, so a slow run is not made up */
#include "task/task.h"

#include <stddef.h>

/* A tick comes a little sooner after the last one than that came after its own: without some
 * grace a task of 1 s would now and then run only every second tick */
#define GRACE (CBX_SECOND / 10)

void cbx_task_scheduler_init(struct cbx_task_scheduler *scheduler, struct cbx_clock *clock)
{
	/* the first tick is due at once: what runs at the start shows without waiting for a second
	 */
	*scheduler = (struct cbx_task_scheduler){ .clock = clock,
						  .last_tick = cbx_now(clock) - CBX_SECOND };
}

void cbx_task_add(struct cbx_task_scheduler *scheduler, struct cbx_task *task)
{
	struct cbx_task **at = &scheduler->tasks;

	while (*at)
		at = &(*at)->next;
	task->next = NULL;
	task->last_ran = cbx_now(scheduler->clock);
	*at = task;
}

void cbx_task_remove(struct cbx_task_scheduler *scheduler, struct cbx_task *task)
{
	struct cbx_task **at;

	for (at = &scheduler->tasks; *at; at = &(*at)->next) {
		if (*at != task)
			continue;
		*at = task->next;
		return;
	}
}

bool cbx_task_is_due(const struct cbx_task *task, uint64_t now)
{
	return task->wanted ||
	       (double)(now + GRACE - task->last_ran) >= task->interval * (double)CBX_SECOND;
}

uint64_t cbx_task_next_tick(const struct cbx_task_scheduler *scheduler)
{
	return scheduler->last_tick + CBX_SECOND;
}

unsigned cbx_task_tick(struct cbx_task_scheduler *scheduler)
{
	uint64_t now = cbx_now(scheduler->clock);
	struct cbx_task *task;
	struct cbx_task *next;
	unsigned ran = 0;

	if (now - scheduler->last_tick < CBX_SECOND)
		return 0;
	/* the beat stays on whole seconds unless a run was longer than one */
	scheduler->last_tick += CBX_SECOND;
	if (now - scheduler->last_tick >= CBX_SECOND)
		scheduler->last_tick = now;
	if (cbx_task_is_paused(scheduler))
		return 0;
	for (task = scheduler->tasks; task; task = next) {
		next = task->next;
		now = cbx_now(scheduler->clock);
		if (!cbx_task_is_due(task, now))
			continue;
		task->last_ran = now;
		task->wanted = false;
		task->perform(task->user);
		ran++;
	}
	return ran;
}

void cbx_task_pause(struct cbx_task_scheduler *scheduler, uint64_t timeout_ms)
{
	scheduler->paused_until = cbx_now(scheduler->clock) + timeout_ms * CBX_MS;
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
