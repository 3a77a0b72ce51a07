/* SPDX-License-Identifier: MIT */
/* outlooks_internal.h - the table of outlooks, for its own files */
#ifndef CBX_DOMAIN_OUTLOOKS_INTERNAL_H
#define CBX_DOMAIN_OUTLOOKS_INTERNAL_H

#include "base/hash.h"
#include "domain/outlooks.h"

#include <stdlib.h>

struct cbx_outlook_system {
	UT_hash_handle hh;
	struct cbx_outlook_entry *entries;
	struct cbx_lost_job *lost;
	char name[];
};

struct cbx_outlooks {
	struct cbx_outlook_system *systems;
	struct cbx_outlook_entry **all; /* soonest first, while it is sorted */
	size_t count, capacity;
	bool sorted;
	unsigned read, lost_read;
	size_t waiting;
	struct cbx_outlook_list *frozen; /* counted; NULL: it has to be made */
};

/* NULL when it is not there */
struct cbx_outlook_system *cbx_outlooks_find_system(const struct cbx_outlooks *outlooks,
						    const char *name);
/* Made when it is new; NULL = out of memory */
struct cbx_outlook_system *cbx_outlooks_get_system(struct cbx_outlooks *outlooks, const char *name);
/* One without entries and lost jobs goes */
void cbx_outlooks_drop_if_empty(struct cbx_outlooks *outlooks, struct cbx_outlook_system *system);

static inline void cbx_outlook_system_clear_lost(struct cbx_outlook_system *system)
{
	struct cbx_lost_job *job;

	while ((job = system->lost)) {
		system->lost = job->next;
		free(job);
	}
}

#endif
