// SPDX-License-Identifier: MIT
/*
 * watch.c - a descriptor is readable: JavaScript's thread learns of it by a thread of our own
 *
 * Node's loop is libuv's, and whoever polls in it has to link libuv and to have its headers, which
 * the headers of Node-API do not bring. So a small thread polls, and calls a thread-safe function;
 * then it waits until JavaScript's thread has taken what there was. Node would run a function that
 * is called again at once up to a thousand times in one turn of its loop, so whoever is flooded
 * says by addon_watch_resume(), in a later turn, when to go on.
 */
#include "addon.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct addon_watch {
	int fd;
	int turn; /* an eventfd: JavaScript's thread has been there, or we are to stop */
	atomic_bool stop;
	pthread_t thread;
	napi_threadsafe_function call;
	bool (*ready)(napi_env env, void *user);
	void *user;
};

static void wait_for_turn(struct addon_watch *watch)
{
	uint64_t count;

	while (read(watch->turn, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

void addon_watch_resume(struct addon_watch *watch)
{
	uint64_t one = 1;

	while (write(watch->turn, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *run(void *user)
{
	struct addon_watch *watch = user;
	/* a peer wants to be emptied before anybody waits for it */
	bool is_ready = true;

	while (!watch->stop) {
		struct pollfd fds[] = { { .fd = watch->fd, .events = POLLIN },
					{ .fd = watch->turn, .events = POLLIN } };

		if (is_ready && napi_call_threadsafe_function(watch->call, NULL,
							      napi_tsfn_nonblocking) != napi_ok)
			break; /* the environment is ending */
		if (is_ready)
			wait_for_turn(watch);
		is_ready = !watch->stop && poll(fds, 2, -1) > 0 && fds[0].revents;
	}
	return NULL;
}

/* In JavaScript's thread; @env is NULL when the environment is ending */
static void be_ready(napi_env env, napi_value function, void *context, void *data)
{
	struct addon_watch *watch = context;

	(void)function;
	(void)data;
	if (!env || watch->stop)
		return;
	/* it is freed later, in be_gone() */
	if (watch->ready(env, watch->user) && !watch->stop)
		addon_watch_resume(watch);
}

static void be_gone(napi_env env, void *data, void *hint)
{
	struct addon_watch *watch = data;

	(void)env;
	(void)hint;
	close(watch->turn);
	free(watch);
}

static int start_thread(struct addon_watch *watch)
{
	sigset_t all;
	sigset_t before;
	int result;

	/* signals are Node's affair */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = -pthread_create(&watch->thread, NULL, run, watch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

int addon_watch_start(napi_env env, int fd, bool (*ready)(napi_env env, void *user), void *user,
		      struct addon_watch **out)
{
	struct addon_watch *watch = calloc(1, sizeof(*watch));
	int result;

	if (!watch)
		return -ENOMEM;
	*watch = (struct addon_watch){ .fd = fd, .ready = ready, .user = user };
	watch->turn = eventfd(0, EFD_CLOEXEC);
	if (watch->turn < 0) {
		result = -errno;
		free(watch);
		return result;
	}
	if (napi_create_threadsafe_function(env, NULL, NULL, addon_string(env, "chatterbox"), 0, 1,
					    watch, be_gone, watch, be_ready,
					    &watch->call) != napi_ok) {
		be_gone(env, watch, NULL);
		return -ENOMEM;
	}
	result = start_thread(watch);
	if (result < 0)
		napi_release_threadsafe_function(watch->call, napi_tsfn_abort);
	else
		*out = watch;
	return result;
}

void addon_watch_stop(struct addon_watch *watch)
{
	if (!watch)
		return;
	watch->stop = true;
	addon_watch_resume(watch);
	pthread_join(watch->thread, NULL);
	/* frees it, in a later turn of the loop */
	napi_release_threadsafe_function(watch->call, napi_tsfn_abort);
}

void addon_watch_keep(napi_env env, struct addon_watch *watch, bool running)
{
	if (watch && running)
		napi_ref_threadsafe_function(env, watch->call);
	else if (watch)
		napi_unref_threadsafe_function(env, watch->call);
}
