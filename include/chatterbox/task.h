/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/task.h - a piece of work that is due again and again, and the scheduler that runs it
 *
 * The proposal's Task and TaskScheduler, for the host's own tasks; it needs no engine, and an
 * engine's tasks are not in it ("each app will have its own scheduler"). The rules are those of
 * contract 2.1: the scheduler ticks once a second on a monotonic clock; a task is due `interval`
 * seconds after the start of its last run; missed runs are not made up; due tasks run one after
 * another, in the thread that ticks, in the order they were added.
 *
 * A scheduler and its tasks belong to one thread at a time. While a task runs it may do anything to
 * its scheduler: a task that it removes does not run any more, one that it adds runs at the next
 * tick at the earliest, after a pause no other one runs. Handles are counted: *_ref() takes a
 * reference and returns the handle, *_unref() takes NULL too, gives one back and returns NULL.
 * Handing in NULL where this is not allowed is a mistake of the caller: it is asserted.
 *
 * Times are nanoseconds of the scheduler's clock.
 */
#ifndef CHATTERBOX_TASK_H
#define CHATTERBOX_TASK_H

#include <chatterbox/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Milliseconds after which a pause ends by itself: OCD's default of pausedTimeOut */
#define CHATTERBOX_PAUSED_TIMEOUT 600000

struct chatterbox_task;
struct chatterbox_scheduler;

/** struct chatterbox_clock - where a scheduler's time comes from */
struct chatterbox_clock {
	/** 1 */
	uint32_t version;
	/** handed to now() */
	void *user;
	/** Nanoseconds of a clock that never goes back. Called in the scheduler's thread. */
	uint64_t (*now)(void *user);
};

/**
 * chatterbox_task_new() - a task that is in no scheduler yet
 * @interval: seconds, 0 (due at every tick) to 1e9
 * @perform: the work; called with @user in the thread that ticks
 * @user: handed to @perform; it must live as long as the task may run
 * @name: copied
 * @out: the task; give it back with chatterbox_task_unref()
 *
 * Return: 0, -EINVAL for an interval that is none, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_task_new(double interval, void (*perform)(void *user), void *user,
				       const char *name, struct chatterbox_task **out);
/**
 * chatterbox_task_ref() - take a reference
 * @task: task
 *
 * Any thread. Return: @task.
 */
CHATTERBOX_API struct chatterbox_task *chatterbox_task_ref(struct chatterbox_task *task);
/**
 * chatterbox_task_unref() - give a reference back
 * @task: task, or NULL
 *
 * Any thread. A scheduler holds a reference of its own. Return: NULL.
 */
CHATTERBOX_API struct chatterbox_task *chatterbox_task_unref(struct chatterbox_task *task);
/**
 * chatterbox_task_get_name() - what the task is called
 * @task: task
 *
 * Return: borrowed, lives as long as the task.
 */
CHATTERBOX_API const char *chatterbox_task_get_name(const struct chatterbox_task *task);
/**
 * chatterbox_task_run() - run it now, in this thread
 * @task: task, in a scheduler or not
 *
 * It runs whether it is due or not, and also while its scheduler is paused. Its last run starts
 * now, so it is due an interval later.
 */
CHATTERBOX_API void chatterbox_task_run(struct chatterbox_task *task);
/**
 * chatterbox_task_get_interval() - how often it is due
 * @task: task
 *
 * Return: seconds.
 */
CHATTERBOX_API double chatterbox_task_get_interval(const struct chatterbox_task *task);
/**
 * chatterbox_task_set_interval() - change at run time how often it is due
 * @task: task; may be the one that is running
 * @seconds: 0 (due at every tick) to 1e9
 *
 * It holds from the start of the last run: a shorter interval may make the task due at once.
 * Return: 0, or -EINVAL; then nothing changes.
 */
CHATTERBOX_API int chatterbox_task_set_interval(struct chatterbox_task *task, double seconds);
/**
 * chatterbox_task_get_last_ran() - when its last run started
 * @task: task
 *
 * Adding it to a scheduler and chatterbox_scheduler_start() count as a run, so that a task is
 * due an interval later. Return: ns of its scheduler's clock (of the system's monotonic one, if it
 * ran without a scheduler); 0 = never.
 */
CHATTERBOX_API uint64_t chatterbox_task_get_last_ran(const struct chatterbox_task *task);
/**
 * chatterbox_task_get_next_due() - when it is due again
 * @task: task
 *
 * The first tick at or after that time runs it; one that comes up to 0.1 s earlier counts as on
 * time. Return: ns, last_ran + interval; UINT64_MAX when it
 * is in no scheduler.
 */
CHATTERBOX_API uint64_t chatterbox_task_get_next_due(const struct chatterbox_task *task);

/**
 * chatterbox_scheduler_new() - a scheduler without tasks
 * @clock: copied; NULL = the system's monotonic clock
 * @out: the scheduler; give it back with chatterbox_scheduler_unref()
 *
 * Return: 0, -EINVAL for a clock of another version, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_scheduler_new(const struct chatterbox_clock *clock,
					    struct chatterbox_scheduler **out);
/**
 * chatterbox_scheduler_ref() - take a reference
 * @scheduler: scheduler
 *
 * Any thread. Return: @scheduler.
 */
CHATTERBOX_API struct chatterbox_scheduler *chatterbox_scheduler_ref(
	struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_unref() - give a reference back
 * @scheduler: scheduler, or NULL
 *
 * With the last one its tasks are removed: that one belongs into the scheduler's thread, and may be
 * given back inside a task. Return: NULL.
 */
CHATTERBOX_API struct chatterbox_scheduler *chatterbox_scheduler_unref(
	struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_add() - the proposal's addTask
 * @scheduler: scheduler; takes a reference of @task
 * @task: task; its last_ran becomes now
 *
 * Return: 0, or -EBUSY when @task is in a scheduler already.
 */
CHATTERBOX_API int chatterbox_scheduler_add(struct chatterbox_scheduler *scheduler,
					    struct chatterbox_task *task);
/**
 * chatterbox_scheduler_remove() - the proposal's removeTask
 * @scheduler: scheduler; gives its reference of @task back
 * @task: task; may be the one that is running
 *
 * Return: 0, or -ENOENT when @task is not in @scheduler.
 */
CHATTERBOX_API int chatterbox_scheduler_remove(struct chatterbox_scheduler *scheduler,
					       struct chatterbox_task *task);
/**
 * chatterbox_scheduler_count() - how many tasks it has: the proposal's taskList
 * @scheduler: scheduler
 *
 * Return: the number.
 */
CHATTERBOX_API size_t chatterbox_scheduler_count(const struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_at() - one of its tasks
 * @scheduler: scheduler
 * @index: below the count, in the order they were added
 *
 * Return: borrowed; NULL past the end.
 */
CHATTERBOX_API struct chatterbox_task *chatterbox_scheduler_at(
	const struct chatterbox_scheduler *scheduler, size_t index);
/**
 * chatterbox_scheduler_get_running() - how many tasks are under way: the proposal's count
 * @scheduler: scheduler
 *
 * Return: 0, or 1 inside a task; more only where tasks run each other.
 */
CHATTERBOX_API unsigned chatterbox_scheduler_get_running(
	const struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_start() - everything begins now
 * @scheduler: scheduler
 *
 * Every task's last_ran becomes now, and the next tick is in a second (without it the first one is
 * at once). It starts no thread: the host goes on calling chatterbox_scheduler_tick().
 */
CHATTERBOX_API void chatterbox_scheduler_start(struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_tick() - run what is due
 * @scheduler: scheduler
 *
 * Call it at chatterbox_scheduler_get_next_tick(), or as often as you like: it does nothing before
 * that time, while it is paused, and inside a task. Return: how many tasks ran.
 */
CHATTERBOX_API unsigned chatterbox_scheduler_tick(struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_get_next_tick() - when to call chatterbox_scheduler_tick() again
 * @scheduler: scheduler
 *
 * Return: ns, at most a second ahead.
 */
CHATTERBOX_API uint64_t
chatterbox_scheduler_get_next_tick(const struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_pause() - no task runs any more until the pause ends
 * @scheduler: scheduler
 * @timeout_ms: when it ends by itself, the proposal's pausedTimeOut; 0 = CHATTERBOX_PAUSED_TIMEOUT
 *
 * A pause while it is paused begins a new one. Tasks that were due meanwhile run once, at the first
 * tick after it.
 */
CHATTERBOX_API void chatterbox_scheduler_pause(struct chatterbox_scheduler *scheduler,
					       uint64_t timeout_ms);
/**
 * chatterbox_scheduler_resume() - end a pause now
 * @scheduler: scheduler; need not be paused
 */
CHATTERBOX_API void chatterbox_scheduler_resume(struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_is_paused() - is it paused, and is the pause not over?
 * @scheduler: scheduler
 *
 * Return: whether.
 */
CHATTERBOX_API bool chatterbox_scheduler_is_paused(struct chatterbox_scheduler *scheduler);
/**
 * chatterbox_scheduler_get_paused_until() - when the pause ends by itself: the proposal's
 * pausedTimer
 * @scheduler: scheduler
 *
 * Return: ns; 0 = it is not paused.
 */
CHATTERBOX_API uint64_t
chatterbox_scheduler_get_paused_until(struct chatterbox_scheduler *scheduler);

#ifdef __cplusplus
}
#endif
#endif
