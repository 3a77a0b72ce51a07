// SPDX-License-Identifier: MIT
/*
 * patience.c - ends the process if stopping takes longer than chatterbox.shutdown_timeout
 *
 * A server that neither answers nor closes can delay each thread until its own deadline. Such a
 * stop still ends with exit code 0: whatever is recorded will be published by the next leader; only
 * the lease can't be given back and has to expire.
 */
#include "patience.h"

#include "log.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *wait_and_end(void *user)
{
	struct cbd_patience *patience = user;
	struct pollfd ended = { .fd = patience->ended, .events = POLLIN };
	sigset_t all;

	/* signals are for the main thread: none may interrupt the wait */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	if (poll(&ended, 1, (int)(patience->seconds * 1000)))
		return NULL;
	if (patience->log) {
		cbd_log_say(patience->log, CHATTERBOX_LOG_WARN,
			    "not stopped within chatterbox.shutdown_timeout: what is under way is "
			    "abandoned, the lease will expire by itself");
		cbd_log_flush(patience->log, 500);
	}
	_exit(0);
}

void cbd_patience_begin(struct cbd_patience *patience, struct cbd_log *log, long seconds)
{
	*patience = (struct cbd_patience){ .log = log, .seconds = seconds };
	patience->ended = eventfd(0, EFD_CLOEXEC);
	if (patience->ended < 0)
		return;
	patience->waits = !pthread_create(&patience->thread, NULL, wait_and_end, patience);
	if (!patience->waits)
		close(patience->ended);
}

void cbd_patience_end(struct cbd_patience *patience)
{
	if (!patience->waits)
		return;
	eventfd_write(patience->ended, 1);
	pthread_join(patience->thread, NULL);
	close(patience->ended);
	patience->waits = false;
}
