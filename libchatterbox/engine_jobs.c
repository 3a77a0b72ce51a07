// SPDX-License-Identifier: MIT
/* engine_jobs.c - the public list of live jobs: a view, with an index over it */
#include "engine_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct chatterbox_jobs {
	_Atomic unsigned refs;
	struct cbx_view *view;
	size_t count;
	const struct cbx_job *jobs[];
};

/* A public job is the record itself */
static const struct cbx_job *inner(const struct chatterbox_job *job)
{
	return (const struct cbx_job *)(const void *)job;
}

static const struct chatterbox_job *outer(const struct cbx_job *job)
{
	return (const struct chatterbox_job *)(const void *)job;
}

static void fill(struct chatterbox_jobs *jobs, const struct cbx_snapshot *snapshot)
{
	size_t i;
	size_t k;

	for (i = 0; i < snapshot->count; i++)
		for (k = 0; k < snapshot->entries[i].list->count; k++)
			if (snapshot->entries[i].list->jobs[k]->phase == CBX_LIVE)
				jobs->jobs[jobs->count++] = snapshot->entries[i].list->jobs[k];
}

int chatterbox_live_jobs(struct chatterbox *box, struct chatterbox_jobs **out)
{
	cbx_auto(cbx_view_unrefp) struct cbx_view *view = cbx_window_look(&box->window);
	size_t live = view ? (size_t)view->jobs->totals.live : 0;
	struct chatterbox_jobs *jobs = calloc(1, sizeof(*jobs) + live * sizeof(jobs->jobs[0]));

	if (!jobs)
		return -ENOMEM;
	jobs->refs = 1;
	if (view)
		fill(jobs, view->jobs);
	jobs->view = cbx_steal(view);
	*out = jobs;
	return 0;
}

struct chatterbox_jobs *chatterbox_jobs_ref(struct chatterbox_jobs *jobs)
{
	jobs->refs++;
	return jobs;
}

struct chatterbox_jobs *chatterbox_jobs_unref(struct chatterbox_jobs *jobs)
{
	if (!jobs || --jobs->refs > 0)
		return NULL;
	cbx_view_unref(jobs->view);
	free(jobs);
	return NULL;
}

size_t chatterbox_jobs_count(const struct chatterbox_jobs *jobs)
{
	return jobs->count;
}

const struct chatterbox_job *chatterbox_jobs_at(const struct chatterbox_jobs *jobs, size_t index)
{
	assert(index < jobs->count);
	return outer(jobs->jobs[index]);
}

const struct chatterbox_job *chatterbox_jobs_find(const struct chatterbox_jobs *jobs,
						  const char *system, int64_t job_id)
{
	const struct cbx_job *job;

	if (!jobs->view)
		return NULL;
	job = cbx_job_list_find(cbx_snapshot_find(jobs->view->jobs, system), job_id);
	return job && job->phase == CBX_LIVE ? outer(job) : NULL;
}

const char *chatterbox_job_system(const struct chatterbox_job *job)
{
	return inner(job)->status->system;
}

int64_t chatterbox_job_id(const struct chatterbox_job *job)
{
	return inner(job)->status->job_id;
}

const char *chatterbox_job_status(const struct chatterbox_job *job)
{
	return inner(job)->status->text;
}

const char *chatterbox_job_kind(const struct chatterbox_job *job)
{
	return cbx_kind_name(inner(job)->kind);
}

const char *chatterbox_job_origin(const struct chatterbox_job *job)
{
	return cbx_origin_name(inner(job)->origin);
}

int64_t chatterbox_job_revision(const struct chatterbox_job *job)
{
	return inner(job)->revision;
}

const char *chatterbox_job_json(const struct chatterbox_job *job, size_t *len)
{
	if (len)
		*len = inner(job)->status->json_len;
	return inner(job)->status->json;
}
