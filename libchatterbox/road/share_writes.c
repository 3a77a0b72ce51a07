// SPDX-License-Identifier: MIT
/*
 * share_writes.c - the hashes of jobs: what differs, in one call, each under its number
 *
 * Decides what is done when a hash's own guard holds a write off (contract 4.1).
 */
#include "road/share_internal.h"

#include <errno.h>
#include <stdlib.h>

void share_writes_free(struct share_writes *w)
{
	free(w->all);
	free(w->fields);
	free(w->ids);
}

bool share_writes_begin(struct share_writes *w, size_t systems, size_t fields)
{
	w->capacity = systems;
	w->field_capacity = w->id_capacity = fields;
	w->all = calloc(systems + 1, sizeof(*w->all));
	w->fields = calloc(fields + 1, sizeof(*w->fields));
	w->ids = calloc(fields + 1, sizeof(*w->ids));
	return w->all && w->fields && w->ids;
}

static void add_field(struct share_writes *w, int64_t job_id, const struct cbx_status *status)
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
static void add_differences(struct share_writes *w, const struct cbx_job_list *before,
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
	return ((uint64_t)flow->epoch << 32) | (++flow->share_next & 0xffffffffU);
}

void share_add_write(struct cbx_flow *flow, struct share_writes *w, const char *system,
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

/* Hashes that their own guards hold off: the database was reset, and an earlier life of this epoch
 * wrote them, or somebody set a guard by hand. When everything is written anew the lease decides
 * (claim.c), else they stay as they are. */
static int stored_above(struct cbx_flow *flow, const struct cbx_state_write *held, size_t count)
{
	if (held->whole && flow->state->stored < CBX_EPOCH_RAISE_END) {
		flow->state->newer = flow->state->stored;
		return cbx_flow_held(flow, flow->epoch);
	}
	cbx_warn(flow->log, CBX_FIELDS({ "server", "redis" }, { "system", held->system }),
		 "%zu hashes carry a newer write guard than epoch %lld: not written; if no other "
		 "instance leads, delete the keys %s:rev:*",
		 count, (long long)flow->epoch, flow->settings->app_name);
	return 0;
}

int share_write_jobs(struct cbx_flow *flow, struct share_writes *w)
{
	int result = flow->state->ops->write_jobs(flow->state, w->all, w->count);
	const struct cbx_state_write *held = NULL;
	size_t count = 0;
	size_t i;

	if (result)
		return result;
	if (flow->state->newer)
		return cbx_flow_held(flow, flow->epoch);
	for (i = 0; i < w->count; i++)
		if (!w->all[i].applied)
			held = &w->all[i], count++;
	return held ? stored_above(flow, held, count) : 0;
}
