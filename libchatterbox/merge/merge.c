// SPDX-License-Identifier: MIT
/*
 * merge.c - what a reported status changes: nothing, progress, a transition or an end (contract
 * 1.5, 1.6, 1.7)
 *
 * A report that changes nothing that readers see only updates the private times of the shared
 * record, in place. Everything else makes a new record.
 */
#include "merge/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000

/* How a job was before a transition */
enum before { WAS_LIVE, WAS_ERRORED, WAS_COMPLETED };

/* Applies a transition: first report, another text, an end or a return to life */
static int apply_transition(struct merge *m, struct cbx_job *job, const char *previous,
			    enum before before)
{
	struct cbx_change *change = NULL;
	enum cbx_row_table table = CBX_IN_MONITOR;
	int result;

	if (job->kind == CBX_COMPLETED || job->kind == CBX_KILLED)
		table = CBX_IN_COMPLETED;
	job->phase = cbx_kind_is_end(job->kind) ? CBX_ENDED : CBX_LIVE;
	job->inferred = false;
	result = cbx_merge_transition(m, job, table, previous, &change);
	if (result < 0)
		return result;
	change->returned = before == WAS_COMPLETED && table == CBX_IN_MONITOR;
	if (before != WAS_LIVE && job->phase == CBX_LIVE)
		change->reason = "returned";
	if (job->kind == CBX_ERRORED) {
		change->reason = change->error_code = job->status->error_code ?: "errored";
		change->error_message = job->status->error_message ?: job->status->text;
	}
	return cbx_merge_put(m, job);
}

/* The time for job->reported_at: status answers don't count, or a round would leave out every job
 * that the last one asked about */
static uint64_t reported_at(const struct merge *m)
{
	return m->report->kind == CBX_STATUS_ANSWER ? 0 : m->report->at;
}

/* What the status says of progress. When a push waited nobody knows when it was sent: the next
 * report shows how much has been done by then. */
static void apply_progress(const struct merge *m, const struct cbx_job *known, struct cbx_job *job)
{
	const struct cbx_report *report = m->report;
	bool lived = known && known->phase == CBX_LIVE;
	bool waited = report->until > report->at;
	uint64_t at = waited ? report->until : report->at;
	uint64_t age = m->rules->now > at ? m->rules->now - at : 0;

	if (!lived)
		job->figures = (struct cbx_figures){ 0 };
	cbx_figures_count(&job->figures, lived && known->kind == CBX_RUNNING, at);
	if (!waited)
		cbx_figures_report(&job->figures, lived ? known->status : NULL, job->status,
				   m->rules->wall_ms - (int64_t)(age / NS_PER_MS));
}

/* A copy of the known record with this status in it, or a new record */
static int next_record(struct merge *m, const struct cbx_job *known, struct cbx_status *status,
		       struct cbx_job **out)
{
	struct cbx_job *job = NULL;
	int result = known ? cbx_job_copy(known, &job) : cbx_job_new(status, &job);

	if (result < 0)
		return result;
	if (known) {
		cbx_status_unref(job->status);
		job->status = cbx_status_ref(status);
	} else {
		job->first_seen_ms = m->rules->db_ms;
	}
	job->kind = cbx_kind_of(&m->rules->keys, status->text);
	apply_progress(m, known, job);
	cbx_merge_applied(m->report, job);
	job->reported_at = reported_at(m);
	job->applied_db_ms = m->rules->db_ms;
	cbx_merge_seen(job);
	*out = job;
	return 0;
}

/* Is the job now in another group of the system's `status` events? */
static bool has_moved(const struct cbx_status *from, const struct cbx_status *to)
{
	if (!from->job_type || !to->job_type)
		return from->job_type != to->job_type;
	return strcmp(from->job_type, to->job_type) != 0;
}

/* A number that differs from job to job, and is the same in each process */
static uint64_t number_of(const struct cbx_status *status)
{
	uint64_t number = (uint64_t)status->job_id;
	const char *c;

	for (c = status->system; *c; c++)
		number = (number ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return number ^ number >> 31;
}

/* Once in each period, when it begins, unless the row was written in the half before. The periods
 * of each job begin at another time, or the rows of a fleet that was found or loaded at once would
 * all be written at once, again and again. */
static bool checkpoint_is_due(const struct cbx_merge_rules *rules, const struct cbx_job *job)
{
	uint64_t period = rules->checkpoint;
	uint64_t from = job->recorded_at + period / 2;
	uint64_t offset;

	if (!period || rules->now < from)
		return !period;
	offset = number_of(job->status) % period;
	return (rules->now + offset) / period != (from + offset) / period;
}

/* Applies a status to a live job: progress, another text, or its end */
static int apply_to_live(struct merge *m, struct cbx_job *known, struct cbx_status *status)
{
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	bool moved = has_moved(known->status, status);
	struct cbx_change *change;
	int result;

	if (cbx_status_equal(known->status, status)) {
		cbx_merge_applied(m->report, known);
		known->reported_at = reported_at(m);
		known->applied_db_ms = m->rules->db_ms;
		cbx_merge_seen(known);
		return 0;
	}
	result = next_record(m, known, status, &job);
	if (result < 0)
		return result;
	if (strcmp(known->status->text, status->text)) {
		job->revision++;
		return apply_transition(m, job, known->status->text, WAS_LIVE);
	}
	m->counts->progressed++;
	m->regrouped = m->regrouped || moved;
	if (checkpoint_is_due(m->rules, job) || moved) {
		job->recorded_at = m->rules->now;
		change = cbx_batch_add_change(m->batch);
		if (!change)
			return -ENOMEM;
		change->job = cbx_job_ref(job);
		change->table = CBX_IN_MONITOR;
		change->checkpoint = !moved;
	}
	return cbx_merge_put(m, job);
}

/* What is remembered of an end, from the list's own record or from completed_jobs */
struct end {
	const char *text;
	int64_t revision;
	bool inferred;
	bool in_completed;
};

/* Applies a status to a job that has ended */
static int apply_to_ended(struct merge *m, struct cbx_job *known, const struct cbx_past *past,
			  const struct end *end, struct cbx_status *status)
{
	enum cbx_kind kind = cbx_kind_of(&m->rules->keys, status->text);
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	int result;

	/* an end that is reported again changes nothing, unless it corrects an inferred one */
	if (cbx_kind_is_end(kind) && (!end->inferred || !strcmp(end->text, status->text)))
		return 0;
	if (!cbx_kind_is_end(kind) && m->report->kind == CBX_PUSH) {
		m->counts->ask = true;
		return 0;
	}
	result = next_record(m, known, status, &job);
	if (result < 0)
		return result;
	job->revision = end->revision + 1;
	if (past) {
		if (past->origin == CBX_OCD)
			job->origin = CBX_OCD;
		if (!known)
			job->first_seen_ms = past->started_ms;
	}
	return apply_transition(m, job, end->text, end->in_completed ? WAS_COMPLETED : WAS_ERRORED);
}

/* Applies the first report of a job, which OCD's row announced or nobody knew of */
static int apply_first(struct merge *m, struct cbx_job *known, const struct cbx_past *past,
		       struct cbx_status *status)
{
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	int result = next_record(m, known, status, &job);

	if (result < 0)
		return result;
	/* a row whose status could not be read has a revision already */
	job->revision = known ? known->revision + 1 : 1;
	if (past && past->ended)
		job->revision = past->revision + 1;
	if (past && past->origin == CBX_OCD)
		job->origin = CBX_OCD;
	return apply_transition(m, job, past && past->ended ? past->status : NULL,
				past && past->ended ? WAS_COMPLETED : WAS_LIVE);
}

/* Is the status older than the last one applied to the job, or may it be? Of pushes that waited for
 * a new connection only the order among themselves is known. But an end that waited is never late
 * for a job that lives: nothing follows an end, and without it the job would vanish, which makes a
 * false Killed of it. */
static bool is_late(const struct merge *m, const struct cbx_job *known,
		    const struct cbx_status *status)
{
	const struct cbx_report *report = m->report;

	if (report->kind != CBX_PUSH)
		return known->applied_at > report->at;
	if (report->until > report->at && known->phase == CBX_LIVE &&
	    cbx_kind_is_end(cbx_kind_of(&m->rules->keys, status->text)))
		return false;
	return known->applied_since > report->at;
}

/* Applies one reported status, unless a later one has been applied */
static int apply_status(struct merge *m, struct cbx_status *status)
{
	struct cbx_job *known = cbx_merge_find(m, status->job_id);
	const struct cbx_past *past = NULL;
	struct end end;

	if (known && is_late(m, known, status)) {
		m->counts->late++;
		return 0;
	}
	if (known && known->phase == CBX_LIVE)
		return apply_to_live(m, known, status);
	past = m->find_past(m->user, m->report->system, status->job_id);
	if (known && known->phase == CBX_ENDED) {
		end = (struct end){ known->status->text, known->revision, known->inferred,
				    known->kind != CBX_ERRORED };
		return apply_to_ended(m, known, past, &end, status);
	}
	if (!known && past && past->ended) {
		end = (struct end){ past->status, past->revision, past->inferred, true };
		return apply_to_ended(m, NULL, past, &end, status);
	}
	return apply_first(m, known, past, status);
}

bool cbx_merge_needs_past(const struct cbx_job_list *last, int64_t job_id)
{
	const struct cbx_job *job = cbx_job_list_find(last, job_id);

	return !job || job->phase != CBX_LIVE;
}

/* The next list begins as a copy of the last one, without ends so old that no report can be late
 * for them */
static int begin(struct merge *m)
{
	size_t i;

	if (!m->last || !m->last->count)
		return 0;
	m->capacity = m->last->count + 4;
	m->jobs = calloc(m->capacity, sizeof(*m->jobs));
	if (!m->jobs)
		return -ENOMEM;
	for (i = 0; i < m->last->count; i++) {
		struct cbx_job *job = m->last->jobs[i];

		if (job->phase == CBX_ENDED && job->kind != CBX_ERRORED &&
		    m->rules->now - job->applied_at > m->rules->keep_ended &&
		    m->rules->now > job->applied_at) {
			m->changed = true;
			continue;
		}
		m->jobs[m->count++] = cbx_job_ref(job);
	}
	return 0;
}

static int run(struct merge *m)
{
	size_t i;
	int result = begin(m);

	for (i = 0; !result && i < m->report->count; i++)
		result = apply_status(m, m->report->statuses[i]);
	if (!result && m->report->kind == CBX_OFFLINE_EXPIRY)
		result = cbx_merge_offline_expired(m);
	if (!result)
		result = cbx_merge_vanished(m);
	if (!result)
		result = cbx_merge_system_events(m);
	return result;
}

int cbx_merge(const struct cbx_merge_rules *rules, struct cbx_job_list *last,
	      const struct cbx_report *report, cbx_past_fn find_past, void *user,
	      struct cbx_batch *batch, struct cbx_merge_counts *counts, struct cbx_job_list **next)
{
	struct merge m = { .rules = rules,
			   .report = report,
			   .find_past = find_past,
			   .user = user,
			   .batch = batch,
			   .counts = counts,
			   .last = last,
			   .first_change = batch->change_count };
	struct cbx_job_list *list = NULL;
	int result = run(&m);
	size_t i;

	if (!result && m.changed && m.count)
		result = cbx_job_list_new(m.jobs, m.count, &list);
	else if (!result && !m.changed && last)
		list = cbx_job_list_ref(last);
	for (i = 0; i < m.count; i++)
		cbx_job_unref(m.jobs[i]);
	free(m.jobs);
	if (result < 0)
		return result;
	*next = list;
	return 0;
}
