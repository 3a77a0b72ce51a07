// SPDX-License-Identifier: MIT
/*
 * job.c - the record of one job, and the list of one system's jobs
 *
 * Both are reference counted and shared with readers: to change one, make a copy. Readers therefore
 * need no lock.
 */
#include "domain/active_jobs.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>

int cbx_job_new(struct cbx_status *status, struct cbx_job **out)
{
	struct cbx_job *job = calloc(1, sizeof(*job));

	if (!job)
		return -ENOMEM;
	atomic_init(&job->refs, 1);
	job->status = cbx_status_ref(status);
	*out = job;
	return 0;
}

int cbx_job_copy(const struct cbx_job *job, struct cbx_job **out)
{
	struct cbx_job *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	/* member by member, since other threads may be counting references */
	*copy = (struct cbx_job){
		.status = cbx_status_ref(job->status),
		.kind = job->kind,
		.origin = job->origin,
		.phase = job->phase,
		.revision = job->revision,
		.applied_at = job->applied_at,
		.applied_since = job->applied_since,
		.reported_at = job->reported_at,
		.recorded_at = job->recorded_at,
		.applied_db_ms = job->applied_db_ms,
		.first_seen_ms = job->first_seen_ms,
		.updated_ms = job->updated_ms,
		.unseen_at = job->unseen_at,
		.unseen = job->unseen,
		.missing = job->missing,
		.inferred = job->inferred,
		.figures = job->figures,
	};
	atomic_init(&copy->refs, 1);
	*out = copy;
	return 0;
}

struct cbx_job *cbx_job_ref(struct cbx_job *job)
{
	atomic_fetch_add_explicit(&job->refs, 1, memory_order_relaxed);
	return job;
}

void cbx_job_unref(struct cbx_job *job)
{
	if (!job || atomic_fetch_sub_explicit(&job->refs, 1, memory_order_acq_rel) != 1)
		return;
	cbx_status_unref(job->status);
	free(job);
}

int cbx_job_list_new(struct cbx_job *const *jobs, size_t count, struct cbx_job_list **out)
{
	struct cbx_job_list *list = malloc(sizeof(*list) + count * sizeof(list->jobs[0]));
	size_t i;

	if (!list)
		return -ENOMEM;
	atomic_init(&list->refs, 1);
	list->count = count;
	list->live = 0;
	list->figured = 0;
	for (i = 0; i < count; i++) {
		assert(!i || jobs[i - 1]->status->job_id < jobs[i]->status->job_id);
		list->jobs[i] = cbx_job_ref(jobs[i]);
		list->live += jobs[i]->phase == CBX_LIVE;
		list->figured +=
			jobs[i]->phase == CBX_LIVE && cbx_figures_are_shared(&jobs[i]->figures);
	}
	*out = list;
	return 0;
}

struct cbx_job_list *cbx_job_list_ref(struct cbx_job_list *list)
{
	atomic_fetch_add_explicit(&list->refs, 1, memory_order_relaxed);
	return list;
}

void cbx_job_list_unref(struct cbx_job_list *list)
{
	size_t i;

	if (!list || atomic_fetch_sub_explicit(&list->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (i = 0; i < list->count; i++)
		cbx_job_unref(list->jobs[i]);
	free(list);
}

struct cbx_job *cbx_job_list_find(const struct cbx_job_list *list, int64_t job_id)
{
	size_t low = 0;
	size_t high = list ? list->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int64_t id = list->jobs[middle]->status->job_id;

		if (id == job_id)
			return list->jobs[middle];
		if (id < job_id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

size_t cbx_job_list_write_live(const struct cbx_job_list *list, size_t count, struct cbx_text *out)
{
	size_t i;

	for (i = 0; list && i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];

		if (job->phase != CBX_LIVE)
			continue;
		if (count++)
			cbx_text_putc(out, ',');
		cbx_text_add(out, job->status->json, job->status->json_len);
	}
	return count;
}
