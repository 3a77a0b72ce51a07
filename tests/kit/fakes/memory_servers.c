// SPDX-License-Identifier: MIT
/* memory_servers.c - reaches into the memory store and the memory broker, under their locks */
#include "memory_servers.h"

#include "adapter/memory_bus/broker.h"
#include "adapter/memory_state/store.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>

void cbx_memory_store_flush(struct cbx_memory_store *store)
{
	pthread_mutex_lock(&store->lock);
	cbx_memory_store_clear(store);
	pthread_mutex_unlock(&store->lock);
}

void cbx_memory_store_expire_epoch(struct cbx_memory_store *store)
{
	pthread_mutex_lock(&store->lock);
	store->newest_epoch = 0;
	pthread_mutex_unlock(&store->lock);
}

static void delete_fields(struct cbx_memory_field **table, const char *field)
{
	if (field)
		cbx_memory_fields_write(table, &(struct cbx_field){ .name = field }, 1);
	else
		cbx_memory_fields_clear(table);
}

static void delete_members(struct cbx_memory_store *store, const char *member)
{
	struct cbx_memory_system *system;

	for (system = store->systems; system; system = system->hh.next)
		if (!member || !strcmp(system->name, member))
			system->active = false;
}

void cbx_memory_store_delete(struct cbx_memory_store *store, const char *key, const char *field)
{
	pthread_mutex_lock(&store->lock);
	if (!strncmp(key, "jobs:", 5))
		delete_fields(&cbx_memory_store_find(store, key + 5)->jobs, field);
	else if (!strncmp(key, "figures:", 8))
		delete_fields(&cbx_memory_store_find(store, key + 8)->figures, field);
	else if (!strcmp(key, "online_systems"))
		delete_fields(&store->hashes[CBX_ONLINE_SYSTEMS], field);
	else if (!strcmp(key, "active_systems"))
		delete_members(store, field);
	else if (!strcmp(key, "jobs_data"))
		free(cbx_steal(store->jobs_data));
	else if (!strcmp(key, "state"))
		store->mark.until = 0;
	else if (!strcmp(key, "rev"))
		store->newest_epoch = 0;
	else
		abort();
	pthread_mutex_unlock(&store->lock);
}

void cbx_memory_store_expire(struct cbx_memory_store *store)
{
	struct cbx_memory_system *system;

	cbx_memory_store_expire_epoch(store);
	pthread_mutex_lock(&store->lock);
	for (system = store->systems; system; system = system->hh.next)
		system->number = 0;
	pthread_mutex_unlock(&store->lock);
}

void cbx_memory_store_stop(struct cbx_memory_store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopped = true;
	store->life++;
	pthread_mutex_unlock(&store->lock);
}

void cbx_memory_store_start(struct cbx_memory_store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopped = false;
	pthread_mutex_unlock(&store->lock);
}

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

static void drop_transient(struct cbx_queue *queue)
{
	struct cbx_queued *queued = TAILQ_FIRST(&queue->messages);

	while (queued) {
		struct cbx_queued *next = TAILQ_NEXT(queued, link);

		if (!queued->content->event.message.persistent) {
			TAILQ_REMOVE(&queue->messages, queued, link);
			queue->count--;
			cbx_queued_free(queued);
		}
		queued = next;
	}
}

void cbx_memory_broker_stop(struct cbx_memory_broker *broker)
{
	struct cbx_memory_bus *connection;
	struct cbx_queue *queue = NULL;
	struct cbx_queue *next = NULL;

	pthread_mutex_lock(&broker->lock);
	broker->running = false;
	while ((connection = LIST_FIRST(&broker->connections)))
		cbx_broker_detach(connection);
	HASH_ITER (hh, broker->queues, queue, next)
		drop_transient(queue);
	pthread_mutex_unlock(&broker->lock);
}

void cbx_memory_broker_start(struct cbx_memory_broker *broker)
{
	pthread_mutex_lock(&broker->lock);
	broker->running = true;
	pthread_mutex_unlock(&broker->lock);
}

void cbx_memory_broker_delete_queue(struct cbx_memory_broker *broker, const char *name)
{
	struct cbx_queue *queue;

	pthread_mutex_lock(&broker->lock);
	queue = cbx_queue_find(broker, name);
	if (queue)
		cbx_queue_delete(broker, queue);
	pthread_mutex_unlock(&broker->lock);
}
