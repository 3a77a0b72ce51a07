/* SPDX-License-Identifier: MIT */
/*
 * worker.h - a thread for what may block, with a bounded queue
 *
 * struct cbd_work is embedded in what it is about. It is run exactly once: by the thread, or, if
 * the worker is stopped before, by the stopping thread with @abandoned set.
 */
#ifndef CBD_WORKER_H
#define CBD_WORKER_H

#include <stdbool.h>
#include <stddef.h>

struct cbd_work {
	void (*run)(struct cbd_work *work, bool abandoned);
	struct cbd_work *next;
};

struct cbd_worker;

int cbd_worker_new(size_t capacity, struct cbd_worker **out);
/* Any thread. 0, or CHATTERBOX_E_FULL when the queue is full or the worker stops; it is not run
 * then. */
int cbd_worker_put(struct cbd_worker *worker, struct cbd_work *work);
/* Waits for the running work and abandons the rest */
void cbd_worker_stop(struct cbd_worker *worker);
void cbd_worker_freep(struct cbd_worker **worker);

#endif
