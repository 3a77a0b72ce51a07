// SPDX-License-Identifier: MIT
/*
 * share_whole.c - everything written anew, when the shared state is empty, foreign or doubtful
 *
 * Decides that it is claimed first and marked last: until the marker is there, nobody takes the
 * state for whole.
 */
#include "road/share_internal.h"
#include "tell/tell.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_CHUNK 256

/* Names of hashes whose system has no live job here */
struct stale {
	struct cbx_flow *flow;
	char **names;
	size_t count, capacity;
};

static int note_stale(void *user, const char *key, const struct cbx_field *field)
{
	struct stale *stale = user;
	const struct cbx_job_list *list = cbx_active_jobs_get(stale->flow->jobs, key);

	(void)field;
	if (list && list->live)
		return 0;
	if (stale->count == stale->capacity) {
		size_t capacity = stale->capacity ? stale->capacity * 2 : 16;
		char **names = reallocarray(stale->names, capacity, sizeof(*names));

		if (!names)
			return -ENOMEM;
		stale->names = names;
		stale->capacity = capacity;
	}
	stale->names[stale->count] = strdup(key);
	return stale->names[stale->count++] ? 0 : -ENOMEM;
}

static int note_listed(void *user, const char *system, int64_t ms)
{
	(void)ms;
	return note_stale(user, system, NULL);
}

/* The index as well: who was cut off between a hash and its index left a name without a hash */
static int drop_stale(struct cbx_flow *flow)
{
	struct stale stale = { .flow = flow };
	struct share_writes w = { 0 };
	size_t i;
	int result = flow->state->ops->list_systems(flow->state, note_stale, &stale);

	if (!result)
		result = flow->state->ops->read_active(flow->state, note_listed, &stale);
	if (!result && !share_writes_begin(&w, stale.count, 0))
		result = -ENOMEM;
	for (i = 0; !result && i < stale.count; i++)
		share_add_write(flow, &w, stale.names[i], NULL, NULL, true);
	if (!result && w.count)
		result = share_write_jobs(flow, &w);
	for (i = 0; i < stale.count; i++)
		free(stale.names[i]);
	free(stale.names);
	share_writes_free(&w);
	return result;
}

static int share_chunk(struct cbx_flow *flow, const struct cbx_snapshot *snapshot, size_t first,
		       size_t last)
{
	struct share_writes w = { 0 };
	size_t fields = 0;
	size_t i;
	int result = -ENOMEM;

	for (i = first; i < last; i++)
		fields += snapshot->entries[i].list->count;
	if (share_writes_begin(&w, last - first, fields)) {
		for (i = first; i < last; i++)
			share_add_write(flow, &w, snapshot->entries[i].system, NULL,
					snapshot->entries[i].list, true);
		result = share_write_jobs(flow, &w);
	}
	share_writes_free(&w);
	return result;
}

/* As the Job Send Status Task told them last: its next run is up to a minute away */
static int share_figures(struct cbx_flow *flow)
{
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };

	if (!flow->announced)
		return 0;
	cbx_jobs_data_json(&flow->announced_totals, false, &data);
	if (data.failed)
		return -ENOMEM;
	return flow->state->ops->write_jobs_data(flow->state, flow->epoch, data.bytes, data.len);
}

static int share_everything(struct cbx_flow *flow)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	int result = cbx_active_jobs_freeze(flow->jobs, &snapshot);
	size_t first;

	if (!result)
		result = drop_stale(flow);
	for (first = 0; !result && first < snapshot->count; first += WHOLE_CHUNK)
		result = share_chunk(flow, snapshot, first,
				     first + WHOLE_CHUNK < snapshot->count ? first + WHOLE_CHUNK
									   : snapshot->count);
	if (!result)
		result = share_systems(flow, true);
	if (!result)
		result = share_figures(flow);
	/* the marker comes last: until it is there, nobody takes the state for whole */
	if (!result)
		result = flow->state->ops->write_epoch(flow->state, flow->epoch);
	return result > 0 ? cbx_flow_held(flow, flow->epoch) : result;
}

int cbx_flow_share_check(struct cbx_flow *flow)
{
	int64_t epoch = 0;
	int result;

	if (!cbx_flow_leads(flow) || !flow->state_link.up ||
	    cbx_now(flow->clock) < flow->share_retry_at)
		return CHATTERBOX_E_DOWN;
	result = flow->state->ops->read_epoch(flow->state, &epoch);
	if (result < 0)
		return share_failed(flow, result);
	if (epoch == flow->epoch && !flow->share_whole)
		return 0;
	result = cbx_flow_claim(flow, flow->epoch);
	if (!result)
		result = share_everything(flow);
	if (result < 0)
		return share_failed(flow, result);
	flow->share_whole = false;
	cbx_info(flow->log, CBX_NO_FIELDS, "the shared state is written anew (epoch %lld)",
		 (long long)flow->epoch);
	return 0;
}
