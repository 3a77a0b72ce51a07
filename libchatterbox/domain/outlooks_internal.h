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

/* A job that some list of the system may wait for */
struct cbx_candidate {
	struct cbx_waited waited;
	char list_id[CBX_LIST_ID + 1];
	bool any_list; /* nobody knows any more to which it belongs, so each list waits for it */
};

/* Memory that is kept from one judgement to the next, since most of them change nothing */
struct cbx_outlook_scratch {
	struct cbx_candidate *all;
	size_t capacity;
	struct cbx_waited *chosen;
	size_t chosen_capacity;
	int64_t *ids;
	size_t id_capacity;
	struct cbx_text reason;
};

struct cbx_outlooks {
	struct cbx_outlook_system *systems;
	struct cbx_outlook_entry **all; /* soonest first, while it is sorted */
	size_t count, capacity;
	bool sorted;
	unsigned read, lost_read;
	size_t waiting;
	int64_t look_ms; /* when one is judged next, at the earliest */
	int64_t seen_ms; /* the time when they were looked at last */
	struct cbx_outlook_scratch scratch;
	struct cbx_outlook_list *frozen; /* counted; NULL: it has to be made */
};

/* NULL when it is not there */
struct cbx_outlook_system *cbx_outlooks_find_system(const struct cbx_outlooks *outlooks,
						    const char *name);
/* Made when it is new; NULL = out of memory */
struct cbx_outlook_system *cbx_outlooks_get_system(struct cbx_outlooks *outlooks, const char *name);
/* One without entries and lost jobs goes */
void cbx_outlooks_drop_if_empty(struct cbx_outlooks *outlooks, struct cbx_outlook_system *system);

/* Something about its entries has changed */
void cbx_outlooks_touch_system(struct cbx_outlooks *outlooks, struct cbx_outlook_system *system);

/* outlook_judge.c: judges one; *changed is only set */
int cbx_outlook_entry_judge(struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
			    struct cbx_outlook_scratch *scratch, bool *changed);
void cbx_outlook_scratch_free(struct cbx_outlook_scratch *scratch);

static inline void cbx_outlook_system_clear_lost(struct cbx_outlook_system *system)
{
	struct cbx_lost_job *job;

	while ((job = system->lost)) {
		system->lost = job->next;
		free(job);
	}
}

#endif
