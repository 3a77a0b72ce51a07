// SPDX-License-Identifier: MIT
/*
 * share.c - writes the shared state after the commit (CONTRACT 4)
 *
 * It is a cache: a write that fails is never an error of the round. It only means that everything
 * is written anew, when the server is back and says whose state it holds.
 */
#include "base/sabotage.h"
#include "flow/batch.h"
#include "flow/tell.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_CHUNK 256

/* Writes being gathered, and the field arrays they point into */
struct writes {
	struct cbx_state_write *all;
	size_t count, capacity;
	struct cbx_field *fields;
	size_t field_count, field_capacity;
	char (*ids)[24];
	size_t id_capacity;
	bool failed;
};

static void writes_free(struct writes *w)
{
	free(w->all);
	free(w->fields);
	free(w->ids);
}

/* Room for one more write with up to @fields fields: nothing moves while a chunk is gathered */
static bool writes_begin(struct writes *w, size_t systems, size_t fields)
{
	w->capacity = systems;
	w->field_capacity = w->id_capacity = fields;
	w->all = calloc(systems + 1, sizeof(*w->all));
	w->fields = calloc(fields + 1, sizeof(*w->fields));
	w->ids = calloc(fields + 1, sizeof(*w->ids));
	return w->all && w->fields && w->ids;
}

static void add_field(struct writes *w, int64_t job_id, const struct cbx_status *status)
{
	struct cbx_field *field = &w->fields[w->field_count];
	char *id = w->ids[w->field_count];
	char digits[24];
	size_t n = 0;
	size_t i;

	/* job ids are never negative */
	do {
		digits[n++] = (char)('0' + job_id % 10);
		job_id /= 10;
	} while (job_id);
	for (i = 0; i < n; i++)
		id[i] = digits[n - 1 - i];
	id[n] = '\0';
	*field = (struct cbx_field){ .name = id };
	if (status) {
		field->value = status->json;
		field->value_len = status->json_len;
	}
	w->field_count++;
}

static const struct cbx_status *shown(const struct cbx_job *job)
{
	return job && job->phase == CBX_LIVE ? job->status : NULL;
}

/* Fields that differ between two lists of one system, both sorted by job_id */
static void add_differences(struct writes *w, const struct cbx_job_list *before,
			    const struct cbx_job_list *after)
{
	size_t i = 0;
	size_t k = 0;
	size_t n = before ? before->count : 0;
	size_t m = after ? after->count : 0;

	while (i < n || k < m) {
		int64_t left = i < n ? before->jobs[i]->status->job_id : INT64_MAX;
		int64_t right = k < m ? after->jobs[k]->status->job_id : INT64_MAX;
		int64_t id = left < right ? left : right;
		const struct cbx_status *was = shown(left == id ? before->jobs[i++] : NULL);
		const struct cbx_status *is = shown(right == id ? after->jobs[k++] : NULL);

		if (was != is)
			add_field(w, id, is);
	}
}

/* Above those of every earlier leader */
static uint64_t next_number(struct cbx_flow *flow)
{
	if (cbx_sabotage("no-rev-guard"))
		return 1ULL << 52;
	return ((uint64_t)flow->epoch << 32) | (++flow->share_next & 0xffffffffU);
}

static void add_write(struct cbx_flow *flow, struct writes *w, const char *system,
		      const struct cbx_job_list *before, const struct cbx_job_list *after,
		      bool whole)
{
	size_t first = w->field_count;
	struct cbx_state_write *write = &w->all[w->count];

	add_differences(w, whole ? NULL : before, after);
	if (!whole && w->field_count == first)
		return;
	*write = (struct cbx_state_write){
		.system = system,
		.number = next_number(flow),
		.whole = whole,
		.live = after && after->live,
		.changed_ms = cbx_wall(flow->clock),
		.scored = true,
		.fields = w->fields + first,
		.field_count = w->field_count - first,
	};
	w->count++;
}

static size_t list_count(const struct cbx_job_list *list)
{
	return list ? list->count : 0;
}

/* A failure of the shared state: the link notes it, and everything is to be written anew. That a
 * write was held off is no failure of the server. */
static int failed(struct cbx_flow *flow, int error)
{
	if (error == CHATTERBOX_E_FENCED)
		return error;
	flow->share_whole = true;
	flow->share_retry_at = cbx_now(flow->clock) + CBX_SHARE_RETRY;
	cbx_link_lost(&flow->state_link, error);
	return error;
}

static int write_jobs(struct cbx_flow *flow, struct writes *w)
{
	int result = flow->state->ops->write_jobs(flow->state, w->all, w->count);
	size_t i;

	for (i = 0; !result && i < w->count; i++)
		if (!w->all[i].applied)
			result = cbx_flow_held(flow, flow->epoch);
	return result;
}

static int share_touched(struct cbx_flow *flow)
{
	const struct cbx_touched *touched;
	struct writes w = { 0 };
	size_t systems = 0;
	size_t fields = 0;
	int result = 0;

	for (touched = flow->batch.touched; touched; touched = touched->hh.next) {
		systems++;
		fields += list_count(touched->before) + list_count(touched->after);
	}
	if (!systems)
		return 0;
	if (!writes_begin(&w, systems, fields)) {
		writes_free(&w);
		return -ENOMEM;
	}
	for (touched = flow->batch.touched; touched; touched = touched->hh.next)
		add_write(flow, &w, touched->system, touched->before, touched->after, false);
	if (w.count)
		result = write_jobs(flow, &w);
	writes_free(&w);
	return result;
}

/* Systems whose state changed since they were last written; @all = every known one */
static int share_systems(struct cbx_flow *flow, bool all)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(flow->systems);
	size_t count = cbx_systems_count(flow->systems);
	cbx_auto(cbx_freep) struct cbx_field *fields = calloc(count + 1, sizeof(*fields));
	cbx_auto(cbx_freep) size_t *offsets = calloc(count + 1, sizeof(*offsets));
	cbx_auto(cbx_text_free) struct cbx_text json = { 0 };
	size_t n = 0;
	size_t i;
	int result = 0;

	if (!entries || !fields || !offsets)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		/* who was never heard of has nothing to show */
		if (!(entries[i]->dirty || all) || !entries[i]->system->last_check_ms)
			continue;
		fields[n].name = entries[i]->system->name;
		offsets[n] = json.len;
		cbx_system_json(entries[i]->system, &json);
		fields[n].value_len = json.len - offsets[n];
		n++;
	}
	if (json.failed)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		fields[i].value = json.bytes + offsets[i];
	if (n)
		result = flow->state->ops->write_systems(flow->state, flow->epoch,
							 CBX_ONLINE_SYSTEMS, fields, n);
	if (result)
		return result < 0 ? result : cbx_flow_held(flow, flow->epoch);
	for (i = 0; i < count; i++)
		entries[i]->dirty = false;
	flow->systems_dirty = false;
	return 0;
}

void cbx_flow_share(struct cbx_flow *flow)
{
	int result;

	if (!cbx_flow_leads(flow) || flow->share_whole || !flow->state_link.up) {
		flow->share_whole = true;
		flow->systems_dirty = false;
		return;
	}
	result = share_touched(flow);
	if (!result && flow->systems_dirty)
		result = share_systems(flow, false);
	if (result < 0)
		failed(flow, result);
}

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
	struct writes w = { 0 };
	size_t i;
	int result = flow->state->ops->list_systems(flow->state, note_stale, &stale);

	if (!result)
		result = flow->state->ops->read_active(flow->state, note_listed, &stale);
	if (!result && !writes_begin(&w, stale.count, 0))
		result = -ENOMEM;
	for (i = 0; !result && i < stale.count; i++)
		add_write(flow, &w, stale.names[i], NULL, NULL, true);
	if (!result && w.count)
		result = write_jobs(flow, &w);
	for (i = 0; i < stale.count; i++)
		free(stale.names[i]);
	free(stale.names);
	writes_free(&w);
	return result;
}

static int share_chunk(struct cbx_flow *flow, const struct cbx_snapshot *snapshot, size_t first,
		       size_t last)
{
	struct writes w = { 0 };
	size_t fields = 0;
	size_t i;
	int result = -ENOMEM;

	for (i = first; i < last; i++)
		fields += snapshot->entries[i].list->count;
	if (writes_begin(&w, last - first, fields)) {
		for (i = first; i < last; i++)
			add_write(flow, &w, snapshot->entries[i].system, NULL,
				  snapshot->entries[i].list, true);
		result = write_jobs(flow, &w);
	}
	writes_free(&w);
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
		return failed(flow, result);
	if (cbx_sabotage("no-rebuild"))
		flow->share_whole = false;
	if ((epoch == flow->epoch || cbx_sabotage("no-rebuild")) && !flow->share_whole)
		return 0;
	result = cbx_flow_claim(flow, flow->epoch);
	if (!result)
		result = share_everything(flow);
	if (result < 0)
		return failed(flow, result);
	flow->share_whole = false;
	cbx_info(flow->log, CBX_NO_FIELDS, "the shared state is written anew (epoch %lld)",
		 (long long)flow->epoch);
	return 0;
}
