// SPDX-License-Identifier: MIT
/*
 * memory_state.c - the state port over a memory store, for the embedded profile
 *
 * A connection behaves like one to a server: it is lost when the store stops, even if the store is
 * back before the next call, and stays lost until connect().
 */
#include "adapter/memory_state/store.h"

#include "common/text.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct memory_state {
	struct cbx_state base;
	struct cbx_memory_store *store;
	bool up;
	uint64_t life;
};

static struct memory_state *self(struct cbx_state *state)
{
	return (struct memory_state *)state;
}

static void unlockp(struct cbx_memory_store **store)
{
	if (*store)
		pthread_mutex_unlock(&(*store)->lock);
}

/* Locks the store; NULL when the connection is lost */
static struct cbx_memory_store *enter(struct cbx_state *state)
{
	struct memory_state *me = self(state);

	pthread_mutex_lock(&me->store->lock);
	if (me->up && !me->store->stopped && me->life == me->store->life)
		return me->store;
	me->up = false;
	pthread_mutex_unlock(&me->store->lock);
	snprintf(state->error, sizeof(state->error), "memory: not connected");
	return NULL;
}

#define ENTER(state)                                                     \
	cbx_auto(unlockp) struct cbx_memory_store *store = enter(state); \
	if (!store)                                                      \
	return CHATTERBOX_E_DOWN

static int memory_connect(struct cbx_state *state, uint64_t deadline)
{
	struct memory_state *me = self(state);

	(void)deadline;
	pthread_mutex_lock(&me->store->lock);
	me->up = !me->store->stopped;
	me->life = me->store->life;
	pthread_mutex_unlock(&me->store->lock);
	if (me->up)
		return 0;
	snprintf(state->error, sizeof(state->error), "memory: the store is stopped");
	return CHATTERBOX_E_DOWN;
}

static void memory_disconnect(struct cbx_state *state)
{
	self(state)->up = false;
}

static bool memory_is_up(struct cbx_state *state)
{
	return self(state)->up;
}

static int memory_ping(struct cbx_state *state)
{
	ENTER(state);
	return 0;
}

static int memory_read_epoch(struct cbx_state *state, int64_t *epoch)
{
	ENTER(state);
	*epoch = cbx_memory_store_mark(store, state->database);
	state->database_ms = -1;
	if (*state->database)
		state->database_ms =
			(int64_t)((store->mark.until - cbx_now(store->clock)) / CBX_MS);
	return 0;
}

static int memory_write_mark(struct cbx_state *state, int64_t epoch, const struct cbx_mark *mark)
{
	ENTER(state);
	return cbx_memory_store_set_mark(store, state, epoch, mark);
}

static int memory_claim(struct cbx_state *state, int64_t epoch)
{
	ENTER(state);
	return cbx_memory_store_fences(store, epoch, &state->newer);
}

static int memory_write_jobs(struct cbx_state *state, struct cbx_state_write *writes, size_t count)
{
	size_t i;
	int error;

	ENTER(state);
	state->newer = state->stored = 0;
	for (i = 0; i < count; i++) {
		error = cbx_memory_store_write(store, state, &writes[i]);
		if (error)
			return error;
	}
	return 0;
}

static int memory_list_systems(struct cbx_state *state, cbx_field_fn each, void *user)
{
	struct cbx_memory_system *system;
	int result;

	ENTER(state);
	for (system = store->systems; system; system = system->hh.next) {
		if (!system->jobs)
			continue;
		result = each(user, system->name, NULL);
		if (result)
			return result;
	}
	return 0;
}

static int memory_count(struct cbx_state *state, const char *const *systems, size_t count,
			struct cbx_hash_sizes *fields, struct cbx_state_sizes *sizes)
{
	struct cbx_memory_system *system;
	size_t i;

	ENTER(state);
	*sizes = (struct cbx_state_sizes){ .online = HASH_COUNT(store->hashes[CBX_ONLINE_SYSTEMS]),
					   .jobs_data = store->jobs_data != NULL,
					   .rev = store->newest_epoch > 0 };
	for (system = store->systems; system; system = system->hh.next)
		sizes->active += system->active;
	for (i = 0; i < count; i++) {
		system = cbx_memory_store_find(store, systems[i]);
		fields[i] = (struct cbx_hash_sizes){ 0 };
		if (system)
			fields[i] = (struct cbx_hash_sizes){ HASH_COUNT(system->jobs),
							     HASH_COUNT(system->figures) };
	}
	return 0;
}

static int memory_read_jobs(struct cbx_state *state, const char *const *systems, size_t count,
			    cbx_field_fn each, cbx_field_fn figure, void *user)
{
	struct cbx_memory_system *system;
	size_t i;
	int result = 0;

	ENTER(state);
	for (i = 0; i < count; i++) {
		system = cbx_memory_store_find(store, systems[i]);
		if (!system)
			continue;
		if (figure)
			result = cbx_memory_fields_each(system->figures, systems[i], figure, user);
		if (!result)
			result = cbx_memory_fields_each(system->jobs, systems[i], each, user);
		if (result)
			return result;
	}
	return 0;
}

static int memory_write_systems(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
				const struct cbx_field *fields, size_t count)
{
	ENTER(state);
	if (count && cbx_memory_store_fences(store, epoch, &state->newer))
		return 1;
	return cbx_memory_fields_write(&store->hashes[hash], fields, count);
}

static int memory_read_systems(struct cbx_state *state, enum cbx_state_hash hash, cbx_field_fn each,
			       void *user)
{
	ENTER(state);
	return cbx_memory_fields_each(store->hashes[hash], NULL, each, user);
}

static int memory_drop_systems(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
			       const struct cbx_field *fields, size_t count, size_t *removed)
{
	ENTER(state);
	if (count && cbx_memory_store_fences(store, epoch, &state->newer))
		return 1;
	*removed = cbx_memory_fields_drop(&store->hashes[hash], fields, count);
	return 0;
}

static int memory_write_jobs_data(struct cbx_state *state, int64_t epoch, const char *json,
				  size_t len)
{
	char *copy;

	ENTER(state);
	if (cbx_memory_store_fences(store, epoch, &state->newer))
		return 1;
	copy = cbx_strndup(json, len);
	if (!copy)
		return -ENOMEM;
	free(store->jobs_data);
	store->jobs_data = copy;
	store->jobs_data_len = len;
	return 0;
}

static int memory_append_events(struct cbx_state *state, int64_t epoch,
				const struct cbx_stream_entry *entries, size_t count,
				int64_t max_length)
{
	size_t i;
	int error;

	ENTER(state);
	if (count && cbx_memory_store_fences(store, epoch, &state->newer))
		return 1;
	for (i = 0; i < count; i++) {
		error = cbx_memory_store_append(store, &entries[i], (size_t)max_length);
		if (error)
			return error;
	}
	return 0;
}

static int memory_read_active(struct cbx_state *state, cbx_score_fn each, void *user)
{
	ENTER(state);
	return cbx_memory_store_read_active(store, each, user);
}

static int memory_read_events(struct cbx_state *state, char position[CBX_STREAM_POSITION],
			      size_t most, cbx_stream_fn each, void *user)
{
	ENTER(state);
	return cbx_memory_store_read_events(store, position, most, each, user);
}

/* @text may be NULL */
static int give_text(struct cbx_state *state, const char *text, char *out, size_t size)
{
	size_t len = text ? strlen(text) : 0;

	if (len >= size) {
		snprintf(state->error, sizeof(state->error), "memory: a text is too long");
		return CHATTERBOX_E_REFUSED;
	}
	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
	return 0;
}

static int memory_read_jobs_data(struct cbx_state *state, char *out, size_t size)
{
	ENTER(state);
	return give_text(state, store->jobs_data, out, size);
}

static int memory_read_interval(struct cbx_state *state, char *out, size_t size)
{
	ENTER(state);
	return give_text(state, store->interval, out, size);
}

static void memory_free(struct cbx_state *state)
{
	cbx_memory_store_unref(self(state)->store);
	free(state);
}

static const struct cbx_state_ops memory_ops = {
	.connect = memory_connect,
	.disconnect = memory_disconnect,
	.is_up = memory_is_up,
	.ping = memory_ping,
	.read_epoch = memory_read_epoch,
	.write_mark = memory_write_mark,
	.claim = memory_claim,
	.write_jobs = memory_write_jobs,
	.list_systems = memory_list_systems,
	.count = memory_count,
	.read_jobs = memory_read_jobs,
	.write_systems = memory_write_systems,
	.read_systems = memory_read_systems,
	.drop_systems = memory_drop_systems,
	.write_jobs_data = memory_write_jobs_data,
	.read_jobs_data = memory_read_jobs_data,
	.append_events = memory_append_events,
	.read_active = memory_read_active,
	.read_events = memory_read_events,
	.read_interval = memory_read_interval,
	.free = memory_free,
};

int cbx_memory_state_new(struct cbx_memory_store *store, struct cbx_state **out)
{
	struct memory_state *me = calloc(1, sizeof(*me));

	if (!me)
		return -ENOMEM;
	me->base.ops = &memory_ops;
	snprintf(me->base.where, sizeof(me->base.where), "memory");
	me->store = cbx_memory_store_ref(store);
	*out = &me->base;
	return 0;
}
