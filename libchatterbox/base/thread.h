/* SPDX-License-Identifier: MIT */
/*
 * thread.h - a thread as this library wants them: all signals blocked, a 16 MiB stack, a name
 *
 * The stack is for librabbitmq, whose reading of nested header tables recurses (fault 11).
 */
#ifndef CBX_BASE_THREAD_H
#define CBX_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

struct cbx_thread {
	pthread_t id;
	bool running;
};

/* @name: at most 15 bytes */
int cbx_thread_start(struct cbx_thread *thread, const char *name, void *(*run)(void *), void *arg);
void cbx_thread_join(struct cbx_thread *thread); /* does nothing when it was not started */

#endif
