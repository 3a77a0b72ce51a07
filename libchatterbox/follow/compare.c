// SPDX-License-Identifier: MIT
/*
 * compare.c - whose hash is to be read: by the scores in active_systems
 *
 * Scores are compared for equality, never for order: a clock that is set back hides nothing.
 */
#include "follow/follow.h"

#include <errno.h>
#include <string.h>

void cbx_follow_mark(struct cbx_follow *follow, struct cbx_system_entry *entry)
{
	follow->stale += !entry->stale;
	entry->stale = true;
}

static int note_score(void *user, const char *system, int64_t ms)
{
	struct cbx_follow *follow = user;
	struct cbx_system_entry *entry;
	const char *name = system;
	size_t len = strlen(system);

	if (!cbx_system_name(&name, &len) || len != strlen(system))
		return 0;
	entry = cbx_systems_get(follow->systems, system);
	if (!entry)
		return -ENOMEM;
	entry->listed = true;
	if (entry->shared_ms != ms)
		cbx_follow_mark(follow, entry);
	entry->shared_ms = ms;
	return 0;
}

int cbx_follow_compare(struct cbx_follow *follow)
{
	struct cbx_state *state = follow->flow->state;
	struct cbx_system_entry *const *entries;
	size_t i;
	int result = state->ops->read_active(state, note_score, follow);

	if (result < 0)
		return result;
	entries = cbx_systems_all(follow->systems);
	if (!entries)
		return -ENOMEM;
	for (i = 0; i < cbx_systems_count(follow->systems); i++) {
		struct cbx_system_entry *entry = entries[i];

		if (!entry->listed && entry->shared_ms) {
			entry->shared_ms = 0;
			cbx_follow_mark(follow, entry);
		}
		entry->listed = false;
	}
	return 0;
}
