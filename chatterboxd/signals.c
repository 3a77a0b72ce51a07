// SPDX-License-Identifier: MIT
/*
 * signals.c - how the daemon receives signals
 *
 * A second SIGTERM or SIGINT ends a stop that takes too long, but not within a second of the first:
 * timeout(1) and some shells send a signal twice.
 */
#include "signals.h"

#include "common/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>

static struct timespec stopping_since;
static void (*on_second)(void);

int cbd_signals_open(int *fd)
{
	sigset_t watched;
	int opened;

	sigemptyset(&watched);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGHUP);
	sigprocmask(SIG_BLOCK, &watched, NULL);
	signal(SIGPIPE, SIG_IGN);
	opened = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (opened < 0)
		return -errno;
	*fd = opened;
	return 0;
}

int cbd_signals_take(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static void at_once(int number)
{
	struct timespec now;
	long long since;

	clock_gettime(CLOCK_MONOTONIC, &now);
	since = (now.tv_sec - stopping_since.tv_sec) * 1000LL +
		(now.tv_nsec - stopping_since.tv_nsec) / 1000000;
	if (since < 1000)
		return;
	on_second();
	signal(number, SIG_DFL);
	raise(number);
}

void cbd_signals_release(void (*cleanup)(void))
{
	struct sigaction action = { .sa_handler = at_once, .sa_flags = SA_RESTART };
	sigset_t both;

	on_second = cleanup;
	clock_gettime(CLOCK_MONOTONIC, &stopping_since);
	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
}
