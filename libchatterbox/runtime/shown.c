// SPDX-License-Identifier: MIT
/* shown.c - one batch at a time: open from before its commit until readers see it */
#include "runtime/shown.h"

#include <time.h>

void cbx_shown_init(struct cbx_shown *shown)
{
	pthread_condattr_t attributes;

	*shown = (struct cbx_shown){ 0 };
	pthread_mutex_init(&shown->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&shown->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

void cbx_shown_close(struct cbx_shown *shown)
{
	pthread_cond_destroy(&shown->changed);
	pthread_mutex_destroy(&shown->lock);
}

void cbx_shown_open(struct cbx_shown *shown)
{
	if (!shown)
		return;
	pthread_mutex_lock(&shown->lock);
	shown->open = true;
	pthread_mutex_unlock(&shown->lock);
}

void cbx_shown_end(struct cbx_shown *shown, int64_t whole)
{
	if (!shown)
		return;
	pthread_mutex_lock(&shown->lock);
	shown->batches += shown->open;
	shown->open = false;
	shown->whole = whole;
	pthread_cond_broadcast(&shown->changed);
	pthread_mutex_unlock(&shown->lock);
}

bool cbx_shown_wait(struct cbx_shown *shown, int ms, int64_t *whole)
{
	struct timespec until;
	uint64_t batches;
	int result = 0;
	bool all;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&shown->lock);
	/* the next batch may be open when we wake: what was committed before is shown all the same
	 */
	batches = shown->batches;
	while (shown->open && shown->batches == batches && !result)
		result = pthread_cond_timedwait(&shown->changed, &shown->lock, &until);
	all = !shown->open || shown->batches != batches;
	*whole = shown->whole;
	pthread_mutex_unlock(&shown->lock);
	return all;
}
