// SPDX-License-Identifier: MIT
/* faults_state.c - a plan of failures before the calls of a connection to the shared state */
#include "faults.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <stdlib.h>

struct wrapped {
	struct faults *plan;
	const struct cbx_state_ops *ops;
};

static const struct cbx_state_ops *inner(struct cbx_state *state)
{
	return ((struct wrapped *)faults_find(state))->ops;
}

static int hit(struct cbx_state *state, const char *call)
{
	struct wrapped *self = faults_find(state);
	int error = faults_hit(self->plan, call);

	if (error) {
		snprintf(state->error, sizeof(state->error), "%s was planned to fail", call);
		if (error == CHATTERBOX_E_DOWN)
			self->ops->disconnect(state);
	}
	return error;
}

#define CALL(name, params, args)                                \
	static int call_##name params                           \
	{                                                       \
		int error = hit(state, #name);                  \
                                                                \
		return error ? error : inner(state)->name args; \
	}

CALL(connect, (struct cbx_state * state, uint64_t deadline), (state, deadline))
CALL(ping, (struct cbx_state * state), (state))
CALL(read_epoch, (struct cbx_state * state, int64_t *epoch), (state, epoch))
CALL(write_mark, (struct cbx_state * state, int64_t epoch, const struct cbx_mark *mark),
     (state, epoch, mark))
CALL(claim, (struct cbx_state * state, int64_t epoch), (state, epoch))
CALL(write_jobs, (struct cbx_state * state, struct cbx_state_write *writes, size_t count),
     (state, writes, count))
CALL(list_systems, (struct cbx_state * state, cbx_field_fn each, void *user), (state, each, user))
CALL(count,
     (struct cbx_state * state, const char *const *systems, size_t count,
      struct cbx_hash_sizes *fields, struct cbx_state_sizes *sizes),
     (state, systems, count, fields, sizes))
CALL(read_jobs,
     (struct cbx_state * state, const char *const *systems, size_t count, cbx_field_fn each,
      cbx_field_fn figure, void *user),
     (state, systems, count, each, figure, user))
CALL(write_systems,
     (struct cbx_state * state, int64_t epoch, enum cbx_state_hash hash,
      const struct cbx_field *fields, size_t count),
     (state, epoch, hash, fields, count))
CALL(read_systems,
     (struct cbx_state * state, enum cbx_state_hash hash, cbx_field_fn each, void *user),
     (state, hash, each, user))
CALL(drop_systems,
     (struct cbx_state * state, int64_t epoch, enum cbx_state_hash hash,
      const struct cbx_field *fields, size_t count, size_t *removed),
     (state, epoch, hash, fields, count, removed))
CALL(write_jobs_data, (struct cbx_state * state, int64_t epoch, const char *json, size_t len),
     (state, epoch, json, len))
CALL(read_jobs_data, (struct cbx_state * state, char *out, size_t size), (state, out, size))
CALL(append_events,
     (struct cbx_state * state, int64_t epoch, const struct cbx_stream_entry *entries, size_t count,
      int64_t max_length),
     (state, epoch, entries, count, max_length))
CALL(read_active, (struct cbx_state * state, cbx_score_fn each, void *user), (state, each, user))
CALL(read_events,
     (struct cbx_state * state, char position[CBX_STREAM_POSITION], size_t most, cbx_stream_fn each,
      void *user),
     (state, position, most, each, user))
CALL(read_interval, (struct cbx_state * state, char *out, size_t size), (state, out, size))

static void call_disconnect(struct cbx_state *state)
{
	inner(state)->disconnect(state);
}

static bool call_is_up(struct cbx_state *state)
{
	return inner(state)->is_up(state);
}

static void call_free(struct cbx_state *state)
{
	struct wrapped *self = faults_forget(state);

	self->ops->free(state);
	free(self);
}

static const struct cbx_state_ops all = {
	.connect = call_connect,
	.disconnect = call_disconnect,
	.is_up = call_is_up,
	.ping = call_ping,
	.read_epoch = call_read_epoch,
	.write_mark = call_write_mark,
	.claim = call_claim,
	.write_jobs = call_write_jobs,
	.list_systems = call_list_systems,
	.count = call_count,
	.read_jobs = call_read_jobs,
	.write_systems = call_write_systems,
	.read_systems = call_read_systems,
	.drop_systems = call_drop_systems,
	.write_jobs_data = call_write_jobs_data,
	.read_jobs_data = call_read_jobs_data,
	.append_events = call_append_events,
	.read_active = call_read_active,
	.read_events = call_read_events,
	.read_interval = call_read_interval,
	.free = call_free,
};

void faults_of_state(struct cbx_state *state, struct faults *plan)
{
	struct wrapped *self = calloc(1, sizeof(*self));

	*self = (struct wrapped){ plan, state->ops };
	faults_keep(state, self);
	state->ops = &all;
}
