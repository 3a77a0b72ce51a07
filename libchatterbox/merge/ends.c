// SPDX-License-Identifier: MIT
/*
 * ends.c - ends that nobody reported: vanished jobs, and jobs of systems that are offline too long
 * (contract 1.8)
 *
 * A job has vanished when two answers in a row leave it out. A rejected status counts as present:
 * if its job_id can be read it is that job; if not, it may be any job of its system, so such an
 * answer proves nothing, neither alone nor together with the one before or after it. Otherwise a
 * live job would end because its own status was malformed. Ten answers in a row that leave a job
 * out are proof whatever else they hold, so that a status which is malformed for good does not keep
 * all jobs of its system alive for ever.
 */
#include "merge/internal.h"

#include <stdlib.h>

/* A job has vanished after so many answers in a row that leave it out */
#define ANSWERS_MISSING 2
/* The same when some of them held a rejected status that may have been this job's */
#define ANSWERS_UNSEEN 10

static bool holds(const int64_t *ids, size_t count, int64_t job_id)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ids[middle] == job_id)
			return true;
		if (ids[middle] < job_id)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* A copy of @job that has ended with the status @text */
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
	cbx_merge_applied(m->report, ended);
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
	result = cbx_merge_transition(m, ended, CBX_IN_COMPLETED, job->status->text, &change);
	if (result < 0)
		return result;
	change->source = "inferred";
	change->reason = "vanished";
	if (!full) {
		change->error_code = "vanished";
		change->error_message = "the system no longer knows the job";
	}
	return cbx_merge_put(m, ended);
}

void cbx_merge_seen(struct cbx_job *job)
{
	job->unseen = 0;
	job->missing = 0;
}

void cbx_merge_applied(const struct cbx_report *report, struct cbx_job *job)
{
	/* answers to what was asked while it may have been on its way are late, pushes behind it
	 * are not */
	job->applied_at = report->until > report->at ? report->until : report->at;
	if (job->applied_since < report->at)
		job->applied_since = report->at;
}

/* Counts that the answer leaves the job out, and says whether that was once too often */
static bool has_vanished(const struct cbx_report *report, struct cbx_job *job)
{
	/* an answer whose transaction failed may be merged again, but counts once */
	if (job->unseen_at < report->at) {
		job->unseen_at = report->at;
		job->unseen++;
		job->missing = report->absence == CBX_IS_MISSING ? job->missing + 1 : 0;
	}
	return job->missing >= ANSWERS_MISSING || job->unseen >= ANSWERS_UNSEEN;
}

/* Should the answer hold the job, and has no newer report been applied to it? */
static bool should_hold(const struct cbx_report *report, const struct cbx_job *job)
{
	/* equal: this very answer was applied to it; later: a push was */
	if (job->phase != CBX_LIVE || job->applied_at >= report->at)
		return false;
	return report->kind == CBX_LIST_ANSWER ||
	       holds(report->named, report->named_count, job->status->job_id);
}

int cbx_merge_vanished(struct merge *m)
{
	const struct cbx_report *report = m->report;
	size_t i;
	int result;

	if ((report->kind != CBX_LIST_ANSWER && report->kind != CBX_STATUS_ANSWER) ||
	    report->absence == CBX_NO_ABSENCE)
		return 0;
	for (i = 0; i < m->count; i++) {
		struct cbx_job *job = m->jobs[i];

		if (!should_hold(report, job))
			continue;
		if (holds(report->rejected, report->rejected_count, job->status->job_id)) {
			cbx_merge_seen(job);
			continue;
		}
		if (!has_vanished(report, job))
			continue;
		result = vanish(m, job);
		if (result < 0)
			return result;
	}
	return 0;
}

bool cbx_merge_has_expired(const struct cbx_job_list *list, int64_t expired_before_ms)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->jobs[i]->phase == CBX_LIVE &&
		    list->jobs[i]->applied_db_ms <= expired_before_ms)
			return true;
	return false;
}

int cbx_merge_offline_expired(struct merge *m)
{
	size_t i;
	int result;

	for (i = 0; i < m->count; i++) {
		cbx_auto(cbx_job_unrefp) struct cbx_job *ended = NULL;
		struct cbx_job *job = m->jobs[i];
		struct cbx_change *change = NULL;

		if (job->phase != CBX_LIVE || job->applied_db_ms > m->report->expired_before_ms ||
		    holds(m->report->rejected, m->report->rejected_count, job->status->job_id))
			continue;
		result = ended_copy(m, job, m->rules->keys.errored, CBX_ERRORED, &ended);
		if (result < 0)
			return result;
		result = cbx_merge_transition(m, ended, CBX_IN_MONITOR, job->status->text, &change);
		if (result < 0)
			return result;
		change->source = "inferred";
		change->reason = change->error_code = "system_offline";
		change->error_message =
			"the system is offline and the job was not reported for too long";
		result = cbx_merge_put(m, ended);
		if (result < 0)
			return result;
	}
	return 0;
}
