// SPDX-License-Identifier: MIT
/* thread.c - starts threads with all signals blocked, so that the host gets them */
#include "base/thread.h"

#include <signal.h>

int cbx_thread_start(struct cbx_thread *thread, const char *name, void *(*run)(void *), void *arg)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t old;
	int error;

	error = pthread_attr_init(&attributes);
	if (error)
		return -error;
	pthread_attr_setstacksize(&attributes, 16 * 1024 * 1024);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread->id, &attributes, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	if (error)
		return -error;
	pthread_setname_np(thread->id, name);
	thread->running = true;
	return 0;
}

void cbx_thread_join(struct cbx_thread *thread)
{
	if (!thread->running)
		return;
	pthread_join(thread->id, NULL);
	thread->running = false;
}
