// SPDX-License-Identifier: MIT
/*
 * clearing.c - turns errored jobs that are cleared into changes that end them
 *
 * They become changes like any other end, so that adapters write them by the code that records;
 * only the revision does not grow.
 */
#include "port/clearing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST INT64_C(30000000000)

int64_t cbx_age_seconds(int64_t seconds)
{
	if (seconds < 0)
		return 0;
	return seconds < OLDEST ? seconds : OLDEST;
}

static int compare(const void *a, const void *b)
{
	const struct cbx_job_key *x = a;
	const struct cbx_job_key *y = b;
	int order = strcmp(x->system, y->system);

	if (order)
		return order;
	return (x->job_id > y->job_id) - (x->job_id < y->job_id);
}

int cbx_clearing_init(struct cbx_clearing *clearing, const struct cbx_job_key *keys, size_t count,
		      int64_t now_ms, int64_t older_than)
{
	struct cbx_job_key *sorted = calloc(count + 1, sizeof(*sorted));
	size_t kept = 0;
	size_t i;

	if (!sorted)
		return -ENOMEM;
	if (count)
		memcpy(sorted, keys, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	for (i = 0; i < count; i++)
		if (!kept || compare(&sorted[kept - 1], &sorted[i]))
			sorted[kept++] = sorted[i];
	*clearing = (struct cbx_clearing){ .keys = sorted, .key_count = kept };
	older_than = cbx_age_seconds(older_than);
	clearing->latest_ms = older_than ? now_ms - older_than * 1000 : INT64_MAX;
	return 0;
}

void cbx_clearing_free(struct cbx_clearing *clearing)
{
	cbx_batch_clear(&clearing->batch);
	free(cbx_steal(clearing->keys));
}

int cbx_clearing_take(void *user, const struct cbx_row *row)
{
	struct cbx_clearing *clearing = user;
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	struct cbx_change *change;
	int r;

	if (row->updated_ms > clearing->latest_ms)
		return 0;
	r = cbx_status_of_row(row, &status);
	if (!r)
		r = cbx_job_new(status, &job);
	if (r)
		return r;
	job->origin = !strcmp(row->origin, "ocd") ? CBX_OCD : CBX_USER;
	job->revision = row->revision;
	job->first_seen_ms = row->started_ms;
	job->updated_ms = row->updated_ms;
	change = cbx_batch_add_change(&clearing->batch);
	if (!change)
		return -ENOMEM;
	change->table = CBX_IN_COMPLETED;
	change->source = "clean_up";
	change->job = cbx_steal(job);
	return 0;
}

void cbx_clearing_leave_out(struct cbx_clearing *clearing, const struct cbx_sql *sql)
{
	struct cbx_batch *batch = &clearing->batch;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < sql->fault_count; i++) {
		struct cbx_change *change = &batch->changes[sql->faults[i].change];

		cbx_job_unref(change->job);
		change->job = NULL;
	}
	for (i = 0; i < batch->change_count; i++)
		if (batch->changes[i].job)
			batch->changes[kept++] = batch->changes[i];
	batch->change_count = kept;
}

int cbx_clearing_give(const struct cbx_clearing *clearing, cbx_row_fn each, void *user)
{
	size_t i;
	int r = 0;

	for (i = 0; i < clearing->batch.change_count && !r; i++) {
		const struct cbx_job *job = clearing->batch.changes[i].job;
		const struct cbx_status *status = job->status;
		const struct cbx_row row = {
			.system = status->system,
			.job_id = status->job_id,
			.job_type = status->job_type,
			.status = status->text,
			.percent_completed = status->percent_text,
			.downloaded = status->downloaded,
			.total_files = status->total_files,
			.download_speed = status->speed_text,
			.origin = cbx_origin_name(job->origin),
			.revision = job->revision,
			.started_ms = job->first_seen_ms,
			.updated_ms = job->updated_ms,
		};

		r = each(user, &row);
	}
	return r;
}
