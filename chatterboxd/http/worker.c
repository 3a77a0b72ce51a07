// SPDX-License-Identifier: MIT
/*
 * worker.c - a thread with a bounded queue
 *
 * A full queue refuses at once: if the database hangs, a client is better told so than kept waiting
 * behind sixty others.
 */
#include "worker.h"

#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

struct cbd_worker {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool running; /* the thread is to be joined */
	bool stopping;
	size_t capacity;
	size_t count;
	struct cbd_work *head;
	struct cbd_work **tail;
};

/* Call with the lock held */
static struct cbd_work *take(struct cbd_worker *worker)
{
	struct cbd_work *work = worker->head;

	if (!work)
		return NULL;
	worker->head = work->next;
	if (!worker->head)
		worker->tail = &worker->head;
	worker->count--;
	return work;
}

static void *run(void *arg)
{
	struct cbd_worker *worker = arg;

	pthread_mutex_lock(&worker->lock);
	while (!worker->stopping) {
		struct cbd_work *work = take(worker);

		if (!work) {
			pthread_cond_wait(&worker->wake, &worker->lock);
			continue;
		}
		pthread_mutex_unlock(&worker->lock);
		work->run(work, false);
		pthread_mutex_lock(&worker->lock);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

static int start_thread(struct cbd_worker *worker)
{
	sigset_t all;
	sigset_t old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error)
		return -error;
	pthread_setname_np(worker->thread, "http-worker");
	worker->running = true;
	return 0;
}

int cbd_worker_new(size_t capacity, struct cbd_worker **out)
{
	cbx_auto(cbd_worker_freep) struct cbd_worker *worker = calloc(1, sizeof(*worker));
	int result;

	if (!worker)
		return -ENOMEM;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->wake, NULL);
	worker->capacity = capacity;
	worker->tail = &worker->head;
	result = start_thread(worker);
	if (result < 0)
		return result;
	*out = cbx_steal(worker);
	return 0;
}

int cbd_worker_put(struct cbd_worker *worker, struct cbd_work *work)
{
	int result = CHATTERBOX_E_FULL;

	pthread_mutex_lock(&worker->lock);
	if (!worker->stopping && worker->count < worker->capacity) {
		work->next = NULL;
		*worker->tail = work;
		worker->tail = &work->next;
		worker->count++;
		pthread_cond_signal(&worker->wake);
		result = 0;
	}
	pthread_mutex_unlock(&worker->lock);
	return result;
}

void cbd_worker_stop(struct cbd_worker *worker)
{
	struct cbd_work *work;

	pthread_mutex_lock(&worker->lock);
	worker->stopping = true;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
	if (worker->running)
		pthread_join(worker->thread, NULL);
	worker->running = false;
	/* nobody else uses the queue any more */
	while ((work = take(worker)))
		work->run(work, true);
}

void cbd_worker_freep(struct cbd_worker **worker)
{
	if (!*worker)
		return;
	cbd_worker_stop(*worker);
	pthread_cond_destroy(&(*worker)->wake);
	pthread_mutex_destroy(&(*worker)->lock);
	free(*worker);
	*worker = NULL;
}
