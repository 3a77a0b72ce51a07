// SPDX-License-Identifier: MIT
/*
 * merge_ends.c - decides the ends that nobody told: vanished jobs, and those of systems long
 * offline
 *
 * A vanished job has completed when it was full, else it was killed, with an error of code
 * `vanished`; a later end word corrects either (CONTRACT 1, Vanished, Offline).
 */
#include "flow/merge_internal.h"

#include <stdlib.h>

static bool is_named(const struct cbx_report *report, int64_t job_id)
{
	size_t low = 0;
	size_t high = report->named_count;

	if (report->kind == CBX_LIST_ANSWER)
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (report->named[middle] == job_id)
			return true;
		if (report->named[middle] < job_id)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* A copy of @job that ended with @text */
static int ended_copy(struct merge *m, struct cbx_job *job, const char *text, enum cbx_kind kind,
		      struct cbx_job **out)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	struct cbx_job *ended = NULL;
	int result = cbx_status_with_text(job->status, text, &status);

	if (result < 0)
		return result;
	result = cbx_job_copy(job, &ended);
	if (result < 0)
		return result;
	cbx_status_unref(ended->status);
	ended->status = cbx_steal(status);
	ended->kind = kind;
	ended->phase = CBX_ENDED;
	ended->inferred = true;
	ended->word_at = m->report->at;
	ended->revision++;
	*out = ended;
	return 0;
}

static int vanish(struct merge *m, struct cbx_job *job)
{
	bool full = cbx_status_is_full(job->status);
	cbx_auto(cbx_job_unrefp) struct cbx_job *ended = NULL;
	struct cbx_change *change = NULL;
	int result;

	result = ended_copy(m, job, full ? m->rules->keys.completed : m->rules->keys.killed,
			    full ? CBX_COMPLETED : CBX_KILLED, &ended);
	if (result < 0)
		return result;
	result = merge_tell(m, ended, CBX_IN_COMPLETED, job->status->text, &change);
	if (result < 0)
		return result;
	if (!full) {
		change->error_code = "vanished";
		change->error_message = "the system no longer knows the job";
	}
	return merge_put(m, ended);
}

int merge_vanished(struct merge *m)
{
	size_t i;
	int result;

	if (m->report->kind != CBX_LIST_ANSWER && m->report->kind != CBX_STATUS_ANSWER)
		return 0;
	/* a job whose status was rejected may be one of those that seem to be missing */
	if (m->report->incomplete)
		return 0;
	for (i = 0; i < m->count; i++) {
		struct cbx_job *job = m->jobs[i];

		/* an equal word_at is a word of this very answer; a later one came by a push */
		if (job->phase != CBX_LIVE || job->word_at >= m->report->at ||
		    !is_named(m->report, job->status->job_id))
			continue;
		if (++job->missing < 2)
			continue;
		result = vanish(m, job);
		if (result < 0)
			return result;
	}
	return 0;
}

bool cbx_merge_has_silent(const struct cbx_job_list *list, int64_t silent_before_ms)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->jobs[i]->phase == CBX_LIVE &&
		    list->jobs[i]->word_db_ms <= silent_before_ms)
			return true;
	return false;
}

int merge_silent(struct merge *m)
{
	size_t i;
	int result;

	for (i = 0; i < m->count; i++) {
		cbx_auto(cbx_job_unrefp) struct cbx_job *ended = NULL;
		struct cbx_job *job = m->jobs[i];
		struct cbx_change *change = NULL;

		if (job->phase != CBX_LIVE || job->word_db_ms > m->report->silent_before_ms)
			continue;
		result = ended_copy(m, job, m->rules->keys.errored, CBX_ERRORED, &ended);
		if (result < 0)
			return result;
		result = merge_tell(m, ended, CBX_IN_MONITOR, job->status->text, &change);
		if (result < 0)
			return result;
		change->error_code = "system_offline";
		change->error_message = "the system is offline and nobody heard of the job";
		result = merge_put(m, ended);
		if (result < 0)
			return result;
	}
	return 0;
}
