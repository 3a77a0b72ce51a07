// SPDX-License-Identifier: MIT
/*
 * store.c - the content of a memory store, with the rules that scripts enforce in Redis
 *
 * As with the guards of contract 2.5 and 4.1, a write applies if its number is at least the stored
 * one and its epoch is the newest. The numbers and the newest epoch are kept as long as the store
 * lives (Redis forgets them after a day), since there are only as many as systems. The stream is
 * trimmed exactly.
 */
#include "adapter/memory_state/store.h"

#include "common/text.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int cbx_memory_store_new(struct cbx_clock *clock, struct cbx_memory_store **out)
{
	struct cbx_memory_store *store = calloc(1, sizeof(*store));

	if (!store)
		return -ENOMEM;
	store->clock = clock;
	atomic_init(&store->refs, 1);
	pthread_mutex_init(&store->lock, NULL);
	*out = store;
	return 0;
}

struct cbx_memory_store *cbx_memory_store_ref(struct cbx_memory_store *store)
{
	atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
	return store;
}

static void system_free(struct cbx_memory_system *system)
{
	cbx_memory_fields_clear(&system->jobs);
	cbx_memory_fields_clear(&system->figures);
	free(system->name);
	free(system);
}
CBX_DEFINE_CLEANUP(struct cbx_memory_system *, system_free)

static void event_free(struct cbx_memory_event *event)
{
	free(event->name);
	free(event->id);
	free(event->params);
	free(event->previous_status);
	free(event);
}
CBX_DEFINE_CLEANUP(struct cbx_memory_event *, event_free)

static void drop_oldest(struct cbx_memory_store *store)
{
	struct cbx_memory_event *event = store->oldest;

	store->oldest = event->next;
	if (!store->oldest)
		store->newest = NULL;
	store->event_count--;
	event_free(event);
}

void cbx_memory_store_clear(struct cbx_memory_store *store)
{
	while (store->systems) {
		struct cbx_memory_system *system = store->systems;

		HASH_DEL(store->systems, system);
		system_free(system);
	}
	cbx_memory_fields_clear(&store->hashes[CBX_ONLINE_SYSTEMS]);
	cbx_memory_fields_clear(&store->hashes[CBX_INTERNAL_SYSTEMS]);
	while (store->oldest)
		drop_oldest(store);
	free(cbx_steal(store->jobs_data));
	store->jobs_data_len = 0;
	free(cbx_steal(store->interval));
	store->mark = (struct cbx_memory_mark){ 0 };
	store->newest_epoch = 0;
}

void cbx_memory_store_unref(struct cbx_memory_store *store)
{
	if (!store || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
		return;
	cbx_memory_store_clear(store);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

struct cbx_memory_system *cbx_memory_store_find(struct cbx_memory_store *store, const char *name)
{
	struct cbx_memory_system *system = NULL;

	HASH_FIND_STR(store->systems, name, system);
	return system;
}

static int find_or_add(struct cbx_memory_store *store, const char *name,
		       struct cbx_memory_system **out)
{
	cbx_auto(system_freep) struct cbx_memory_system *system = NULL;

	*out = cbx_memory_store_find(store, name);
	if (*out)
		return 0;
	system = calloc(1, sizeof(*system));
	if (!system)
		return -ENOMEM;
	system->name = strdup(name);
	if (!system->name)
		return -ENOMEM;
	if (cbx_hash_add(store->systems, system->name, strlen(system->name), system) < 0)
		return -ENOMEM;
	*out = cbx_steal(system);
	return 0;
}

static int apply_delta(struct cbx_memory_system *system, const struct cbx_state_write *write)
{
	int error = cbx_memory_fields_write(&system->jobs, write->fields, write->field_count);
	size_t i;

	for (i = 0; !error && i < write->field_count; i++)
		if (!write->fields[i].value)
			error = cbx_memory_fields_write(&system->figures, &write->fields[i], 1);
	if (error)
		return error;
	return cbx_memory_fields_write(&system->figures, write->figures, write->figure_count);
}

static int apply(struct cbx_memory_system *system, const struct cbx_state_write *write)
{
	struct cbx_memory_field *jobs = NULL;
	struct cbx_memory_field *figures = NULL;
	int error = 0;

	if (!write->whole && write->live)
		return apply_delta(system, write);
	if (write->live)
		error = cbx_memory_fields_write(&jobs, write->fields, write->field_count);
	if (write->live && !error)
		error = cbx_memory_fields_write(&figures, write->figures, write->figure_count);
	if (error) {
		cbx_memory_fields_clear(&jobs);
		cbx_memory_fields_clear(&figures);
		return error;
	}
	cbx_memory_fields_clear(&system->jobs);
	cbx_memory_fields_clear(&system->figures);
	system->jobs = jobs;
	system->figures = figures;
	return 0;
}

bool cbx_memory_store_fences(struct cbx_memory_store *store, int64_t epoch, int64_t *newer)
{
	if (epoch == CBX_NO_EPOCH)
		return false;
	if (store->newest_epoch > epoch) {
		*newer = store->newest_epoch;
		return true;
	}
	store->newest_epoch = epoch;
	return false;
}

int64_t cbx_memory_store_mark(struct cbx_memory_store *store, char database[CBX_DATABASE_ID])
{
	if (cbx_now(store->clock) >= store->mark.until)
		store->mark = (struct cbx_memory_mark){ 0 };
	memcpy(database, store->mark.database, CBX_DATABASE_ID);
	return store->mark.epoch;
}

int cbx_memory_store_set_mark(struct cbx_memory_store *store, struct cbx_state *state,
			      int64_t epoch, const struct cbx_mark *mark)
{
	int64_t said = cbx_memory_store_mark(store, state->database);

	state->database_ms = -1;
	if (*state->database && *mark->database && strcmp(state->database, mark->database) != 0)
		return 2;
	state->database[0] = '\0';
	if (cbx_memory_store_fences(store, epoch, &state->newer))
		return 1;
	store->mark.epoch = mark->whole ? epoch : said;
	store->mark.until = cbx_now(store->clock) + mark->seconds * CBX_SECOND;
	snprintf(store->mark.database, CBX_DATABASE_ID, "%s", mark->database);
	return 0;
}

int cbx_memory_store_write(struct cbx_memory_store *store, struct cbx_state *state,
			   struct cbx_state_write *write)
{
	struct cbx_memory_system *system;
	int64_t epoch = (int64_t)(write->number >> 32);
	int error;

	assert(write->number < (uint64_t)1 << 53);
	write->applied = false;
	error = find_or_add(store, write->system, &system);
	if (error)
		return error;
	if (epoch < store->newest_epoch) {
		state->newer = store->newest_epoch;
		return 0;
	}
	if (write->number < system->number) {
		if ((int64_t)(system->number >> 32) > state->stored)
			state->stored = (int64_t)(system->number >> 32);
		return 0;
	}
	error = apply(system, write);
	if (error)
		return error;
	system->number = write->number;
	store->newest_epoch = epoch;
	write->applied = true;
	if (!write->live) {
		system->active = false;
	} else if (write->scored) {
		system->active = true;
		system->changed_ms = write->changed_ms;
	}
	return 0;
}

struct cbx_stream_entry cbx_memory_store_entry(const struct cbx_memory_event *event,
					       char at[CBX_STREAM_POSITION])
{
	snprintf(at, CBX_STREAM_POSITION, "%llu-0", (unsigned long long)event->number);
	return (struct cbx_stream_entry){ .name = event->name,
					  .id = event->id,
					  .params = event->params,
					  .params_len = event->params_len,
					  .previous_status = event->previous_status,
					  .at = at };
}

/* Like Redis by time: a position of an earlier process must not fit into this one's stream */
static uint64_t next_number(uint64_t last)
{
	struct timespec now;
	uint64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	return ms > last ? ms : last + 1;
}

int cbx_memory_store_append(struct cbx_memory_store *store, const struct cbx_stream_entry *entry,
			    size_t max_length)
{
	cbx_auto(event_freep) struct cbx_memory_event *event = calloc(1, sizeof(*event));

	if (!event)
		return -ENOMEM;
	event->name = strdup(entry->name);
	event->id = strdup(entry->id);
	event->params = cbx_strndup(entry->params, entry->params_len);
	event->params_len = entry->params_len;
	if (entry->previous_status)
		event->previous_status = strdup(entry->previous_status);
	if (!event->name || !event->id || !event->params ||
	    (entry->previous_status && !event->previous_status))
		return -ENOMEM;
	store->last_event = next_number(store->last_event);
	event->number = store->last_event;
	if (store->newest)
		store->newest->next = event;
	else
		store->oldest = event;
	store->newest = cbx_steal(event);
	store->event_count++;
	while (store->event_count > max_length)
		drop_oldest(store);
	return 0;
}
