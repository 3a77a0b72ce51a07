// SPDX-License-Identifier: MIT
/* changes.c - builds the next list of a system, and its changes with their events */
#include "common/array.h"
#include "merge/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t position(const struct merge *m, int64_t job_id)
{
	size_t low = 0;
	size_t high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->jobs[middle]->status->job_id < job_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct cbx_job *cbx_merge_find(const struct merge *m, int64_t job_id)
{
	size_t at = position(m, job_id);

	return at < m->count && m->jobs[at]->status->job_id == job_id ? m->jobs[at] : NULL;
}

int cbx_merge_put(struct merge *m, struct cbx_job *job)
{
	size_t at = position(m, job->status->job_id);

	m->changed = true;
	if (at < m->count && m->jobs[at]->status->job_id == job->status->job_id) {
		cbx_job_unref(m->jobs[at]);
		m->jobs[at] = cbx_job_ref(job);
		return 0;
	}
	if (cbx_grow(m->jobs, m->capacity, m->count + 1) < 0)
		return -ENOMEM;
	memmove(m->jobs + at + 1, m->jobs + at, (m->count - at) * sizeof(*m->jobs));
	m->jobs[at] = cbx_job_ref(job);
	m->count++;
	return 0;
}

int cbx_merge_transition(struct merge *m, struct cbx_job *job, enum cbx_row_table table,
			 const char *previous, struct cbx_change **out)
{
	struct cbx_change *change = cbx_batch_add_change(m->batch);

	if (!change)
		return -ENOMEM;
	change->job = cbx_job_ref(job);
	change->table = table;
	change->transition = true;
	job->recorded_at = m->rules->now;
	job->updated_ms = m->rules->wall_ms;
	if (previous) {
		change->previous_status = strdup(previous);
		if (!change->previous_status)
			return -ENOMEM;
	}
	m->counts->transitions[job->kind]++;
	*out = change;
	return cbx_merge_job_event(m, job, previous);
}
