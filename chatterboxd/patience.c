// SPDX-License-Identifier: MIT
/*
 * patience.c - ends the process when its stop takes longer than chatterbox.shutdown_timeout
 *
 * A server that neither answers nor goes away can hold up each thread until its own deadline.
 * Decides that such a stop ends with 0 all the same: what is recorded is told by whoever leads
 * next, only the lease can't be given back and runs out by itself.
 */
#include "patience.h"

#include "log.h"

#include <signal.h>
#include <unistd.h>

static void expire(union sigval value)
{
	struct cbd_patience *patience = value.sival_ptr;

	if (patience->log)
		cbd_log_say(patience->log, CHATTERBOX_LOG_WARN,
			    "not stopped within chatterbox.shutdown_timeout: what is under way is "
			    "abandoned, the lease runs out by itself");
	_exit(0);
}

void cbd_patience_begin(struct cbd_patience *patience, struct cbd_log *log, long seconds)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD,
				  .sigev_notify_function = expire,
				  .sigev_value.sival_ptr = patience };
	struct itimerspec when = { .it_value.tv_sec = seconds };

	patience->log = log;
	patience->armed = !timer_create(CLOCK_MONOTONIC, &event, &patience->timer);
	if (patience->armed)
		timer_settime(patience->timer, 0, &when, NULL);
}

void cbd_patience_end(struct cbd_patience *patience)
{
	if (patience->armed)
		timer_delete(patience->timer);
	patience->armed = 0;
}
