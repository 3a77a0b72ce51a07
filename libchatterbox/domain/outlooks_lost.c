// SPDX-License-Identifier: MIT
/* outlooks_lost.c - jobs that vanished: no list of a system holds them any more, and still they are
 * waited for */
#include "domain/outlooks_internal.h"

#include <errno.h>
#include <string.h>

static struct cbx_lost_job **find_lost(struct cbx_outlook_system *system, int64_t job_id)
{
	struct cbx_lost_job **at = &system->lost;

	while (*at && (*at)->job_id != job_id)
		at = &(*at)->next;
	return at;
}

int cbx_outlooks_lose(struct cbx_outlooks *outlooks, const char *name,
		      const struct cbx_lost_job *job)
{
	struct cbx_outlook_system *system = cbx_outlooks_get_system(outlooks, name);
	struct cbx_lost_job **at = system ? find_lost(system, job->job_id) : NULL;
	struct cbx_lost_job *copy;

	if (!at)
		return -ENOMEM;
	/* what is known of it already is more than a row says */
	if (*at) {
		(*at)->read = outlooks->lost_read;
		return 0;
	}
	copy = malloc(sizeof(*copy));
	if (!copy) {
		cbx_outlooks_drop_if_empty(outlooks, system);
		return -ENOMEM;
	}
	*copy = *job;
	copy->next = NULL;
	copy->read = outlooks->lost_read;
	*at = copy;
	cbx_outlooks_touch(outlooks, name);
	return 0;
}

static void drop_lost_at(struct cbx_outlooks *outlooks, struct cbx_outlook_system *system,
			 struct cbx_lost_job **at)
{
	struct cbx_lost_job *job = *at;

	*at = job->next;
	free(job);
	cbx_outlooks_touch_system(outlooks, system);
}

void cbx_outlooks_find(struct cbx_outlooks *outlooks, const char *name, int64_t job_id)
{
	struct cbx_outlook_system *system = cbx_outlooks_find_system(outlooks, name);
	struct cbx_lost_job **at = system ? find_lost(system, job_id) : NULL;

	if (!at || !*at)
		return;
	drop_lost_at(outlooks, system, at);
	cbx_outlooks_drop_if_empty(outlooks, system);
}

void cbx_outlooks_lost_begin(struct cbx_outlooks *outlooks)
{
	outlooks->lost_read++;
}

void cbx_outlooks_lost_end(struct cbx_outlooks *outlooks)
{
	struct cbx_outlook_system *system;
	struct cbx_outlook_system *next;

	HASH_ITER (hh, outlooks->systems, system, next) {
		struct cbx_lost_job **at = &system->lost;

		while (*at)
			if ((*at)->read != outlooks->lost_read)
				drop_lost_at(outlooks, system, at);
			else
				at = &(*at)->next;
		cbx_outlooks_drop_if_empty(outlooks, system);
	}
}
