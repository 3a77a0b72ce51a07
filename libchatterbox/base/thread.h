/* SPDX-License-Identifier: MIT */
/*
 * thread.h - threads of the library: all signals blocked, a stack of 16 MiB, a name
 *
 * librabbitmq needs the stack: it reads nested header tables recursively (fault 11).
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
void cbx_thread_join(struct cbx_thread *thread); /* does nothing if it was not started */

#endif
