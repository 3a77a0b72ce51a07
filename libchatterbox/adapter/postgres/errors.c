// SPDX-License-Identifier: MIT
/*
 * errors.c - upserts rows of the table errors
 *
 * A statement can't write a row twice, so entries with the same system, job and code are counted
 * here and written as one, with the last message. Null equals null, as in the table.
 */
#include "adapter/postgres/internal.h"

#include <errno.h>
#include <string.h>

#define CHUNK 1000

struct entry {
	const struct cbx_error_row *row;
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

/* Null comes last, as in an index */
static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcmp(a, b);
}

static int compare_key(const struct entry *x, const struct entry *y)
{
	int order = compare_text(x->row->system, y->row->system);

	if (order)
		return order;
	if (x->row->job_id != y->row->job_id)
		return x->row->job_id < y->row->job_id ? -1 : 1;
	return compare_text(x->row->code, y->row->code);
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
		const struct cbx_error_row *row = entries[i].row;

		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, row->system);
		cbx_pg_array_count(&arrays, row->job_id);
		cbx_pg_array_text(&arrays, row->job_type);
		cbx_pg_array_text(&arrays, row->code);
		cbx_pg_array_text(&arrays, row->message);
		cbx_pg_array_text(&arrays, row->origin);
		cbx_pg_array_int(&arrays, entries[i].times);
	}
	r = cbx_pg_array_args(&arrays, &args);
	return r ? r : cbx_pg_query(self, UPSERT, &args, NULL);
}

int cbx_pg_upsert_errors(struct postgres *self, const struct cbx_error_row *rows, size_t count)
{
	cbx_auto(cbx_freep) struct entry *entries = calloc(count + 1, sizeof(*entries));
	size_t i;
	int r = 0;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		entries[i] = (struct entry){ &rows[i], i, 1 };
	count = count_up(entries, count);
	for (i = 0; i < count && !r; i += CHUNK)
		r = write_chunk(self, entries + i, count - i < CHUNK ? count - i : CHUNK);
	return r;
}

static struct cbx_error_row error_of(const struct cbx_change *change)
{
	const struct cbx_job *job = change->job;

	return (struct cbx_error_row){
		.system = job->status->system,
		.job_id = job->status->job_id,
		.job_type = job->status->job_type,
		.code = change->error_code,
		.message = change->error_message,
		.origin = cbx_origin_name(job->origin),
	};
}

int cbx_pg_write_errors(struct postgres *self, const struct cbx_batch *batch)
{
	cbx_auto(cbx_freep) struct cbx_error_row *rows =
		calloc(batch->change_count + 1, sizeof(*rows));
	size_t count = 0;
	size_t i;

	if (!rows)
		return -ENOMEM;
	for (i = 0; i < batch->change_count; i++)
		if (batch->changes[i].error_code)
			rows[count++] = error_of(&batch->changes[i]);
	return cbx_pg_upsert_errors(self, rows, count);
}
