/* SPDX-License-Identifier: MIT */
/* patience.h - limits a stop to chatterbox.shutdown_timeout */
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

/* From now on the process has so many seconds; @log may be NULL and must outlive it. If there is no
 * descriptor or thread for it there is no limit. */
void cbd_patience_begin(struct cbd_patience *patience, struct cbd_log *log, long seconds);
void cbd_patience_end(struct cbd_patience *patience);

#endif
