// SPDX-License-Identifier: MIT
/*
 * errors.c - writes the errors rows of a batch
 *
 * One statement can't touch a row twice, so the entries of one (system, job, code) are counted
 * here and written as one, with the message of the last.
 */
#include "adapter/postgres/internal.h"

#include <errno.h>
#include <string.h>

#define CHUNK 1000

struct entry {
	const struct cbx_change *change;
	size_t at;
	int64_t times;
};

#define UPSERT                                                                                   \
	"insert into errors (system, job_id, job_type, code, message, origin, occurrences, "     \
	"first_seen, last_seen) select k.*, now(), now() from unnest($1::text[], $2::bigint[], " \
	"$3::text[], $4::text[], $5::text[], $6::text[], $7::integer[]) as k "                   \
	"on conflict (system, job_id, code) do update set "                                      \
	"occurrences = coalesce(errors.occurrences, 0) + excluded.occurrences, "                 \
	"last_seen = excluded.last_seen, message = excluded.message, "                           \
	"job_type = excluded.job_type, origin = excluded.origin"

static int compare_key(const struct entry *x, const struct entry *y)
{
	const struct cbx_status *a = x->change->job->status;
	const struct cbx_status *b = y->change->job->status;
	int order = strcmp(a->system, b->system);

	if (order)
		return order;
	if (a->job_id != b->job_id)
		return a->job_id < b->job_id ? -1 : 1;
	return strcmp(x->change->error_code, y->change->error_code);
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = compare_key(x, y);

	return order ? order : x->at < y->at ? -1 : 1;
}

static size_t count_up(struct entry *entries, size_t count)
{
	size_t kept = 0;
	size_t i;

	qsort(entries, count, sizeof(*entries), compare);
	for (i = 0; i < count; i++) {
		if (kept && !compare_key(&entries[kept - 1], &entries[i])) {
			entries[i].times += entries[kept - 1].times;
			kept--;
		}
		entries[kept++] = entries[i];
	}
	return kept;
}

static int write_chunk(struct postgres *self, const struct entry *entries, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		const struct cbx_change *change = entries[i].change;
		const struct cbx_job *job = change->job;

		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, job->status->system);
		cbx_pg_array_int(&arrays, job->status->job_id);
		cbx_pg_array_text(&arrays, job->status->job_type);
		cbx_pg_array_text(&arrays, change->error_code);
		cbx_pg_array_text(&arrays, change->error_message);
		cbx_pg_array_text(&arrays, cbx_origin_name(job->origin));
		cbx_pg_array_int(&arrays, entries[i].times);
	}
	r = cbx_pg_array_args(&arrays, &args);
	return r ? r : cbx_pg_query(self, UPSERT, &args, NULL);
}

int cbx_pg_write_errors(struct postgres *self, const struct cbx_batch *batch)
{
	cbx_auto(cbx_freep) struct entry *entries =
		calloc(batch->change_count + 1, sizeof(*entries));
	size_t count = 0;
	size_t i;
	int r = 0;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < batch->change_count; i++)
		if (batch->changes[i].error_code)
			entries[count++] = (struct entry){ &batch->changes[i], i, 1 };
	count = count_up(entries, count);
	for (i = 0; i < count && !r; i += CHUNK)
		r = write_chunk(self, entries + i, count - i < CHUNK ? count - i : CHUNK);
	return r;
}
