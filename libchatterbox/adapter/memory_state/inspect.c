// SPDX-License-Identifier: MIT
/* inspect.c - lets a host read a memory store, and write what OCD would write */
#include "adapter/memory_state/store.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

int cbx_memory_store_set_interval(struct cbx_memory_store *store, const char *text)
{
	cbx_auto(cbx_freep) char *copy = text ? strdup(text) : NULL;
	char *old;

	if (text && !copy)
		return -ENOMEM;
	pthread_mutex_lock(&store->lock);
	old = store->interval;
	store->interval = cbx_steal(copy);
	pthread_mutex_unlock(&store->lock);
	free(old);
	return 0;
}

bool cbx_memory_store_is_active(struct cbx_memory_store *store, const char *system,
				int64_t *changed_ms)
{
	struct cbx_memory_system *found;
	bool active;

	pthread_mutex_lock(&store->lock);
	found = cbx_memory_store_find(store, system);
	active = found && found->active;
	if (active)
		*changed_ms = found->changed_ms;
	pthread_mutex_unlock(&store->lock);
	return active;
}

int cbx_memory_store_jobs_data(struct cbx_memory_store *store, char **out)
{
	char *copy;

	pthread_mutex_lock(&store->lock);
	copy = cbx_strndup(store->jobs_data, store->jobs_data_len);
	pthread_mutex_unlock(&store->lock);
	if (!copy)
		return -ENOMEM;
	*out = copy;
	return 0;
}

int cbx_memory_store_events(struct cbx_memory_store *store, cbx_stream_fn each, void *user)
{
	struct cbx_memory_event *event;
	int result = 0;

	pthread_mutex_lock(&store->lock);
	for (event = store->oldest; event && !result; event = event->next) {
		char at[CBX_STREAM_POSITION];
		struct cbx_stream_entry entry = cbx_memory_store_entry(event, at);

		result = each(user, &entry);
	}
	pthread_mutex_unlock(&store->lock);
	return result;
}
