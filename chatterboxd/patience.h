/* SPDX-License-Identifier: MIT */
/* patience.h - a stop takes chatterbox.shutdown_timeout at most */
#ifndef CBD_PATIENCE_H
#define CBD_PATIENCE_H

#include <pthread.h>
#include <stdbool.h>

struct cbd_log;

struct cbd_patience {
	struct cbd_log *log;
	long seconds;
	pthread_t thread;
	int ended; /* eventfd */
	bool waits;
};

/* From now on the process has so many seconds; @log may be NULL and must outlive it. Without a
 * descriptor or a thread there is no limit. */
void cbd_patience_begin(struct cbd_patience *patience, struct cbd_log *log, long seconds);
void cbd_patience_end(struct cbd_patience *patience);

#endif
