// SPDX-License-Identifier: MIT
/* api/jobs.c - the public list of live jobs: a view, with an index over it */
#include "base/read.h"
#include "engine/internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct chatterbox_jobs {
	_Atomic unsigned refs;
	struct cbx_snapshot *snapshot;
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

static void fill(struct chatterbox_jobs *jobs, const struct cbx_job_list *list)
{
	size_t i;

	for (i = 0; list && i < list->count; i++)
		if (list->jobs[i]->phase == CBX_LIVE)
			jobs->jobs[jobs->count++] = list->jobs[i];
}

/* Takes the view over */
static struct chatterbox_jobs *jobs_new(struct cbx_snapshot *snapshot, size_t live)
{
	struct chatterbox_jobs *jobs = calloc(1, sizeof(*jobs) + live * sizeof(jobs->jobs[0]));

	if (!jobs) {
		cbx_snapshot_unref(snapshot);
		return NULL;
	}
	jobs->refs = 1;
	jobs->snapshot = snapshot;
	return jobs;
}

static struct chatterbox_jobs *all_jobs(struct cbx_snapshot *snapshot)
{
	struct chatterbox_jobs *jobs = jobs_new(snapshot, (size_t)snapshot->jobs->totals.live);
	size_t i;

	for (i = 0; jobs && i < snapshot->jobs->count; i++)
		fill(jobs, cbx_frozen_jobs_at(snapshot->jobs, i));
	return jobs;
}

static struct chatterbox_jobs *jobs_of(struct cbx_snapshot *snapshot, const char *system)
{
	char trimmed[80];
	const struct cbx_job_list *list =
		cbx_frozen_jobs_find(snapshot->jobs, cbx_system_trim(system, trimmed));
	struct chatterbox_jobs *jobs = jobs_new(snapshot, list ? list->live : 0);

	if (jobs)
		fill(jobs, list);
	return jobs;
}

int chatterbox_get_jobs(struct chatterbox *box, const char *system, struct chatterbox_jobs **out)
{
	struct cbx_snapshot *snapshot = cbx_snapshot_slot_get(&box->slot);
	struct chatterbox_jobs *jobs = system ? jobs_of(snapshot, system) : all_jobs(snapshot);

	if (!jobs)
		return -ENOMEM;
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
	cbx_snapshot_unref(jobs->snapshot);
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
	size_t low = 0;
	size_t high = jobs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct cbx_status *status = jobs->jobs[middle]->status;
		int order = strcmp(status->system, system);

		if (!order && status->job_id == job_id)
			return outer(jobs->jobs[middle]);
		if (order < 0 || (!order && status->job_id < job_id))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int chatterbox_jobs_to_json(const struct chatterbox_jobs *jobs, char **text, size_t *len)
{
	cbx_auto(cbx_text_free) struct cbx_text out = { 0 };
	size_t written;
	size_t i;

	cbx_text_putc(&out, '[');
	for (i = 0; i < jobs->count; i++) {
		if (i)
			cbx_text_putc(&out, ',');
		cbx_text_add(&out, jobs->jobs[i]->status->json, jobs->jobs[i]->status->json_len);
	}
	cbx_text_putc(&out, ']');
	return cbx_text_take(&out, text, len ? len : &written);
}

const char *chatterbox_job_get_system(const struct chatterbox_job *job)
{
	return inner(job)->status->system;
}

int64_t chatterbox_job_get_id(const struct chatterbox_job *job)
{
	return inner(job)->status->job_id;
}

const char *chatterbox_job_get_status(const struct chatterbox_job *job)
{
	return inner(job)->status->text;
}

enum chatterbox_kind chatterbox_job_get_kind(const struct chatterbox_job *job)
{
	return (enum chatterbox_kind)inner(job)->kind;
}

enum chatterbox_origin chatterbox_job_get_origin(const struct chatterbox_job *job)
{
	return inner(job)->origin == CBX_OCD ? CHATTERBOX_ORIGIN_OCD : CHATTERBOX_ORIGIN_USER;
}

int64_t chatterbox_job_get_revision(const struct chatterbox_job *job)
{
	return inner(job)->revision;
}

const char *chatterbox_job_get_json(const struct chatterbox_job *job, size_t *len)
{
	if (len)
		*len = inner(job)->status->json_len;
	return inner(job)->status->json;
}
