/* SPDX-License-Identifier: MIT */
/* patience.h - a stop takes chatterbox.shutdown_timeout at most */
#ifndef CBD_PATIENCE_H
#define CBD_PATIENCE_H

#include <time.h>

struct cbd_log;

struct cbd_patience {
	struct cbd_log *log;
	timer_t timer;
	int armed;
};

/* From now on the process has so many seconds; @log may be NULL and must outlive it */
void cbd_patience_begin(struct cbd_patience *patience, struct cbd_log *log, long seconds);
void cbd_patience_end(struct cbd_patience *patience);

#endif
