// SPDX-License-Identifier: MIT
/*
 * public_task.c - the scheduler as a public API: counted handles around the structures of task.h
 *
 * A scheduler holds references to its tasks, and so does whatever is running, so that a task may
 * remove itself or drop its scheduler while it runs.
 */
#include "common/cleanup.h"
#include "task/task.h"

#include <assert.h>
#include <chatterbox/task.h>
#include <errno.h>
#include <string.h>

#define CLOCK_VERSION 1
#define LONGEST 1e9 /* seconds: fits 64 bits in ns, and is longer than any host waits */

struct chatterbox_task {
	struct cbx_task inner;
	_Atomic unsigned refs;
	void (*perform)(void *user);
	void *user;
	struct chatterbox_scheduler *scheduler; /* borrowed; NULL = not in one */
	char name[];
};

struct chatterbox_scheduler {
	struct cbx_task_scheduler inner;
	_Atomic unsigned refs;
	struct cbx_clock clock; /* used when the caller gave one */
	struct chatterbox_clock given;
};

static bool is_interval(double seconds)
{
	return seconds >= 0 && seconds <= LONGEST;
}

static void perform(void *user)
{
	struct chatterbox_task *task = chatterbox_task_ref(user);

	task->perform(task->user);
	chatterbox_task_unref(task);
}

int chatterbox_task_new(double interval, void (*work)(void *user), void *user, const char *name,
			struct chatterbox_task **out)
{
	struct chatterbox_task *task;
	size_t len;

	assert(work && name && out);
	if (!is_interval(interval))
		return -EINVAL;
	len = strlen(name);
	task = calloc(1, sizeof(*task) + len + 1);
	if (!task)
		return -ENOMEM;
	task->refs = 1;
	task->perform = work;
	task->user = user;
	memcpy(task->name, name, len);
	task->inner = (struct cbx_task){ .name = task->name,
					 .interval_ns = cbx_ns(interval),
					 .perform = perform,
					 .user = task };
	*out = task;
	return 0;
}

struct chatterbox_task *chatterbox_task_ref(struct chatterbox_task *task)
{
	assert(task);
	task->refs++;
	return task;
}

struct chatterbox_task *chatterbox_task_unref(struct chatterbox_task *task)
{
	if (task && --task->refs == 0)
		free(task);
	return NULL;
}

const char *chatterbox_task_get_name(const struct chatterbox_task *task)
{
	assert(task);
	return task->name;
}

void chatterbox_task_run(struct chatterbox_task *task)
{
	struct chatterbox_scheduler *scheduler;

	assert(task);
	if (!task->scheduler) {
		task->inner.last_ran = cbx_now(cbx_system_clock());
		perform(task);
		return;
	}
	scheduler = chatterbox_scheduler_ref(task->scheduler);
	cbx_task_run(&scheduler->inner, &task->inner);
	chatterbox_scheduler_unref(scheduler);
}

double chatterbox_task_get_interval(const struct chatterbox_task *task)
{
	assert(task);
	return cbx_seconds(task->inner.interval_ns);
}

int chatterbox_task_set_interval(struct chatterbox_task *task, double seconds)
{
	assert(task);
	if (!is_interval(seconds))
		return -EINVAL;
	task->inner.interval_ns = cbx_ns(seconds);
	return 0;
}

uint64_t chatterbox_task_get_last_ran(const struct chatterbox_task *task)
{
	assert(task);
	return task->inner.last_ran;
}

uint64_t chatterbox_task_get_next_due(const struct chatterbox_task *task)
{
	assert(task);
	return task->scheduler ? cbx_task_next_due(&task->inner) : UINT64_MAX;
}

static uint64_t given_now(struct cbx_clock *clock)
{
	struct chatterbox_scheduler *scheduler =
		(void *)((char *)clock - offsetof(struct chatterbox_scheduler, clock));

	return scheduler->given.now(scheduler->given.user);
}

/* There is no need of a time of day here */
static const struct cbx_clock_ops given_ops = { .now = given_now };

int chatterbox_scheduler_new(const struct chatterbox_clock *clock,
			     struct chatterbox_scheduler **out)
{
	struct chatterbox_scheduler *scheduler;

	assert(out && (!clock || clock->now));
	if (clock && clock->version != CLOCK_VERSION)
		return -EINVAL;
	scheduler = calloc(1, sizeof(*scheduler));
	if (!scheduler)
		return -ENOMEM;
	scheduler->refs = 1;
	scheduler->clock.ops = &given_ops;
	if (clock)
		scheduler->given = *clock;
	cbx_task_scheduler_init(&scheduler->inner, clock ? &scheduler->clock : cbx_system_clock());
	*out = scheduler;
	return 0;
}

struct chatterbox_scheduler *chatterbox_scheduler_ref(struct chatterbox_scheduler *scheduler)
{
	assert(scheduler);
	scheduler->refs++;
	return scheduler;
}

struct chatterbox_scheduler *chatterbox_scheduler_unref(struct chatterbox_scheduler *scheduler)
{
	if (!scheduler || --scheduler->refs > 0)
		return NULL;
	while (scheduler->inner.tasks)
		chatterbox_scheduler_remove(scheduler, scheduler->inner.tasks->user);
	free(scheduler);
	return NULL;
}

int chatterbox_scheduler_add(struct chatterbox_scheduler *scheduler, struct chatterbox_task *task)
{
	assert(scheduler && task);
	if (task->scheduler)
		return -EBUSY;
	task->scheduler = scheduler;
	cbx_task_add(&scheduler->inner, &chatterbox_task_ref(task)->inner);
	return 0;
}

int chatterbox_scheduler_remove(struct chatterbox_scheduler *scheduler,
				struct chatterbox_task *task)
{
	assert(scheduler && task);
	if (task->scheduler != scheduler)
		return -ENOENT;
	task->scheduler = NULL;
	cbx_task_remove(&scheduler->inner, &task->inner);
	chatterbox_task_unref(task);
	return 0;
}

size_t chatterbox_scheduler_count(const struct chatterbox_scheduler *scheduler)
{
	const struct cbx_task *task;
	size_t count = 0;

	assert(scheduler);
	for (task = scheduler->inner.tasks; task; task = task->next)
		count++;
	return count;
}

struct chatterbox_task *chatterbox_scheduler_at(const struct chatterbox_scheduler *scheduler,
						size_t index)
{
	const struct cbx_task *task;

	assert(scheduler);
	for (task = scheduler->inner.tasks; task && index; task = task->next)
		index--;
	return task ? task->user : NULL;
}

unsigned chatterbox_scheduler_get_running(const struct chatterbox_scheduler *scheduler)
{
	assert(scheduler);
	return scheduler->inner.running;
}

void chatterbox_scheduler_start(struct chatterbox_scheduler *scheduler)
{
	assert(scheduler);
	cbx_task_start(&scheduler->inner);
}

unsigned chatterbox_scheduler_tick(struct chatterbox_scheduler *scheduler)
{
	unsigned ran;

	chatterbox_scheduler_ref(scheduler);
	ran = cbx_task_tick(&scheduler->inner);
	chatterbox_scheduler_unref(scheduler);
	return ran;
}

uint64_t chatterbox_scheduler_get_next_tick(const struct chatterbox_scheduler *scheduler)
{
	assert(scheduler);
	return cbx_task_next_tick(&scheduler->inner);
}

void chatterbox_scheduler_pause(struct chatterbox_scheduler *scheduler, uint64_t timeout_ms)
{
	assert(scheduler);
	uint64_t ms = timeout_ms ? timeout_ms : CHATTERBOX_PAUSED_TIMEOUT;

	cbx_task_pause(&scheduler->inner, ms > UINT64_MAX / CBX_MS ? UINT64_MAX : ms * CBX_MS);
}

void chatterbox_scheduler_resume(struct chatterbox_scheduler *scheduler)
{
	assert(scheduler);
	cbx_task_resume(&scheduler->inner);
}

bool chatterbox_scheduler_is_paused(struct chatterbox_scheduler *scheduler)
{
	assert(scheduler);
	return cbx_task_is_paused(&scheduler->inner);
}

uint64_t chatterbox_scheduler_get_paused_until(struct chatterbox_scheduler *scheduler)
{
	return chatterbox_scheduler_is_paused(scheduler) ? scheduler->inner.paused_until : 0;
}
