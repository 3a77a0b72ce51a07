// SPDX-License-Identifier: MIT
/* read.c - what a follower reads from a memory store: which systems have jobs, and recent events */
#include "adapter/memory_state/store.h"

#include <stdio.h>
#include <string.h>

int cbx_memory_store_read_active(struct cbx_memory_store *store, cbx_score_fn each, void *user)
{
	struct cbx_memory_system *system;
	int result;

	for (system = store->systems; system; system = system->hh.next) {
		if (!system->active)
			continue;
		result = each(user, system->name, system->changed_ms);
		if (result)
			return result;
	}
	return 0;
}

static bool is_lost(const struct cbx_memory_store *store, const char *position)
{
	char at[CBX_STREAM_POSITION];

	if (!strcmp(position, "0-0"))
		return false;
	if (!store->oldest)
		return true;
	cbx_memory_store_entry(store->oldest, at);
	if (cbx_stream_position_compare(position, at) < 0)
		return true;
	cbx_memory_store_entry(store->newest, at);
	return cbx_stream_position_compare(position, at) > 0;
}

int cbx_memory_store_read_events(struct cbx_memory_store *store, char position[CBX_STREAM_POSITION],
				 size_t most, cbx_stream_fn each, void *user)
{
	const struct cbx_memory_event *event;
	char at[CBX_STREAM_POSITION] = "0-0";
	int result = 0;

	if (!*position) {
		if (store->newest)
			cbx_memory_store_entry(store->newest, at);
		memcpy(position, at, sizeof(at));
		return 0;
	}
	if (is_lost(store, position))
		return 1;
	/* most reads: nothing came, and there may be many */
	if (store->newest && cbx_memory_store_entry(store->newest, at).at && !strcmp(at, position))
		return 0;
	for (event = store->oldest; event && most && !result; event = event->next) {
		struct cbx_stream_entry entry = cbx_memory_store_entry(event, at);

		if (cbx_stream_position_compare(at, position) <= 0)
			continue;
		result = each(user, &entry);
		memcpy(position, at, sizeof(at));
		most--;
	}
	return result;
}
