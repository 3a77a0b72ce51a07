// SPDX-License-Identifier: MIT
/*
 * changes.c - writes a batch's changes in chunks, as arrays for unnest()
 *
 * Jobs are sorted by key, and each chunk first locks its existing rows in that order, so that two
 * writers can't deadlock. Rows that others hold locked are not waited for: they become faults. Of
 * several changes of one job the last one is written. If a row is ahead of its change, the whole
 * transaction ends. A row that is silently not written (a trigger that returns null) is refused.
 *
 * A row that OCD inserted under a name with white space around it goes when that job is first
 * recorded: the row of the trimmed name takes over its origin and age in the same statement. Until
 * then readers (rows.c) see it under its trimmed name.
 */
#include "adapter/postgres/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 1000

/* A job's table and status after the batch */
struct last {
	const struct cbx_job *job;
	enum cbx_row_table table;
	bool returned;
	size_t at;
};

static int compare(const void *a, const void *b)
{
	const struct last *x = a;
	const struct last *y = b;
	int order = strcmp(x->job->status->system, y->job->status->system);

	if (order)
		return order;
	if (x->job->status->job_id != y->job->status->job_id)
		return x->job->status->job_id < y->job->status->job_id ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static bool is_same_job(const struct last *a, const struct last *b)
{
	return a->job->status->job_id == b->job->status->job_id &&
	       !strcmp(a->job->status->system, b->job->status->system);
}

/* Sorts by key and keeps the last change of each job, since a statement can write a row only once;
 * returns how many are left */
static size_t keep_last(struct last *jobs, size_t count)
{
	size_t kept = 0;
	size_t i;

	qsort(jobs, count, sizeof(*jobs), compare);
	for (i = 0; i < count; i++) {
		if (kept && is_same_job(&jobs[kept - 1], &jobs[i])) {
			jobs[i].returned |= jobs[kept - 1].returned;
			kept--;
		}
		jobs[kept++] = jobs[i];
	}
	return kept;
}

#define KEYS "unnest($1::text[], $2::bigint[], $3::bigint[]) as k(system, job_id, revision)"

/* What keeps these rows from being written: the position in k, the revision (null: it is locked) */
#define LOCK                                                                                 \
	"with locked as materialized (select s.system, s.job_id, s.revision from " KEYS " "  \
	"join status_monitor s on s.system = k.system and s.job_id = k.job_id "              \
	"order by s.system collate \"C\", s.job_id for update of s skip locked) "            \
	"select k.at, l.revision from unnest($1::text[], $2::bigint[], $3::bigint[]) with "  \
	"ordinality as k(system, job_id, revision, at) join status_monitor s on s.system = " \
	"k.system and s.job_id = k.job_id left join locked l on l.system = k.system and "    \
	"l.job_id = k.job_id where l.system is null or l.revision > k.revision"
#define AHEAD_IN(table)                                                                     \
	"select max(t.revision) from " KEYS " join " table " t on t.system = k.system and " \
	"t.job_id = k.job_id and t.revision > k.revision"

/* The rows with untrimmed names of the jobs in k; they are deleted */
#define TWINS                                                                                     \
	"twin as (delete from status_monitor p using k where " SQL_PADDED("p.") " and " SQL_TRIM( \
		"p.system") " = k.system and p.job_id = k.job_id "                                \
			    "returning k.system, k.job_id, p.origin, "                            \
			    "p.created_at)"
#define HERITAGE(from)                                                                             \
	"left join (select system, job_id, bool_or(origin = 'ocd') as is_ocd, min(created_at) as " \
	"created_at from " from " group by 1, 2) h using (system, job_id) "
#define ORIGIN "case when h.is_ocd then 'ocd' else k.origin end"
#define KEEP_OCD(table) \
	"origin = case when " table ".origin = 'ocd' then 'ocd' else excluded.origin end, "

/* clang-format off */
#define MONITOR                                                                                    \
	"with k as (select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], "     \
	"$5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[]) as "         \
	"k(system, job_id, revision, job_type, status, downloaded, total_files, origin, percent, " \
	"speed)), " TWINS " "                                                                      \
	"insert into status_monitor (system, job_id, job_type, status, percent_completed, "        \
	"downloaded, total_files, download_speed, origin, revision, created_at, updated_at"        \
	CBX_PG_STAMPS ") select k.system, k.job_id, k.job_type, k.status, k.percent, "             \
	SQL_COUNT("k.downloaded", "status_monitor", "downloaded") ", "                             \
	SQL_COUNT("k.total_files", "status_monitor", "total_files") ", "                           \
	"k.speed, " ORIGIN ", k.revision, coalesce(h.created_at, now()), now()" CBX_PG_STAMPED     \
	" from k " HERITAGE("twin") "on conflict (system, job_id) do update set "                  \
	"job_type = excluded.job_type, status = excluded.status, "                                 \
	"percent_completed = excluded.percent_completed, "                                         \
	"downloaded = excluded.downloaded, total_files = excluded.total_files, "                   \
	"download_speed = excluded.download_speed, " KEEP_OCD("status_monitor")                    \
	"revision = excluded.revision, updated_at = excluded.updated_at" CBX_PG_STAMP_ANEW         \
	" where status_monitor.revision <= excluded.revision"

#define COMPLETED                                                                                  \
	"with k as (select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], "     \
	"$5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::boolean[]) as "                   \
	"k(system, job_id, revision, job_type, status, downloaded, total_files, origin, "          \
	"inferred)), " TWINS ", "                                                                  \
	"gone as (delete from status_monitor s using k where s.system = k.system and "             \
	"s.job_id = k.job_id returning k.system, k.job_id, s.origin, s.created_at) "               \
	"insert into completed_jobs (system, job_id, job_type, status, downloaded, total_files, "  \
	"origin, revision, started_at, completed_at, inferred" CBX_PG_STAMPS ") "                  \
	"select k.system, k.job_id, k.job_type, k.status, "                                        \
	SQL_COUNT("k.downloaded", "completed_jobs", "downloaded") ", "                             \
	SQL_COUNT("k.total_files", "completed_jobs", "total_files") ", " ORIGIN ", k.revision, "   \
	"h.created_at, now(), k.inferred" CBX_PG_STAMPED " from k "                                \
	HERITAGE("(select * from gone union all select * from twin) g")                            \
	"on conflict (system, job_id) do update set job_type = excluded.job_type, "                \
	"status = excluded.status, downloaded = excluded.downloaded, "                             \
	"total_files = excluded.total_files, " KEEP_OCD("completed_jobs")                          \
	"revision = excluded.revision, "                                                           \
	"started_at = coalesce(excluded.started_at, completed_jobs.started_at), "                  \
	"completed_at = excluded.completed_at, inferred = excluded.inferred" CBX_PG_STAMP_ANEW     \
	" where completed_jobs.revision <= excluded.revision"
/* clang-format on */

#define RETURNED                                                                             \
	"with k as (select * from " KEYS "), gone as (delete from completed_jobs c using k " \
	"where c.system = k.system and c.job_id = k.job_id and c.revision <= k.revision) "   \
	"select max(c.revision) from k join completed_jobs c on c.system = k.system and "    \
	"c.job_id = k.job_id and c.revision > k.revision"

static void add_key(struct cbx_pg_arrays *arrays, const struct cbx_job *job)
{
	cbx_pg_array_row(arrays);
	cbx_pg_array_text(arrays, job->status->system);
	cbx_pg_array_int(arrays, job->status->job_id);
	cbx_pg_array_int(arrays, job->revision);
}

/* The columns that both tables have */
static void add_job(struct cbx_pg_arrays *arrays, const struct cbx_job *job)
{
	const struct cbx_status *status = job->status;

	add_key(arrays, job);
	cbx_pg_array_text(arrays, status->job_type);
	cbx_pg_array_text(arrays, status->text);
	cbx_pg_array_count(arrays, status->downloaded);
	cbx_pg_array_count(arrays, status->total_files);
	cbx_pg_array_text(arrays, cbx_origin_name(job->origin));
}

static int refuse(struct postgres *self, const char *why)
{
	/* no_data */
	cbx_pg_say(self, "02000", why);
	return CHATTERBOX_E_REFUSED;
}

/* A row of which the database knows this revision, where a lower one should be written */
static int judge_ahead(struct postgres *self, int64_t revision)
{
	return revision < CBX_REVISION_END
		       ? cbx_pg_fenced(self, "a row has a newer revision")
		       : refuse(self, "a row has a revision that none of ours can have");
}

/* The first column is the newest revision that is ahead */
static int check_ahead(struct postgres *self, struct cbx_pg_arrays *arrays, const char *text)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r = arrays->rows ? cbx_pg_array_args(arrays, &args) : 0;

	if (!r && arrays->rows)
		r = cbx_pg_query(self, text, &args, &result);
	if (!r && result && cbx_pg_text(result, 0, 0))
		r = judge_ahead(self, cbx_pg_int(result, 0, 0));
	return r;
}

/* The statement must write every row */
static int run_upsert(struct postgres *self, struct cbx_pg_arrays *arrays, const char *table,
		      const char *text)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r = arrays->rows ? cbx_pg_array_args(arrays, &args) : 0;

	if (!r && arrays->rows)
		r = cbx_pg_write_stamped(self, table, text, &args, &result);
	if (!r && result && strtoull(PQcmdTuples(result), NULL, 10) != arrays->rows)
		return 1;
	return r;
}

static void add_keys(struct cbx_pg_arrays *arrays, const struct last *jobs, size_t count,
		     enum cbx_row_table table)
{
	size_t i;

	cbx_pg_arrays_clear(arrays);
	for (i = 0; i < count; i++)
		if (jobs[i].table == table)
			add_key(arrays, jobs[i].job);
}

/* Some rows were not written: because they are ahead, or because somebody's code left them out */
static int judge_missing(struct postgres *self, struct cbx_pg_arrays *arrays,
			 const struct last *jobs, size_t count, enum cbx_row_table table)
{
	int r;

	add_keys(arrays, jobs, count, table);
	r = check_ahead(self, arrays,
			table == CBX_IN_MONITOR ? AHEAD_IN("status_monitor")
						: AHEAD_IN("completed_jobs"));
	return r ? r : refuse(self, "a row was not written, without an error: is there a trigger?");
}

static int write_monitor(struct postgres *self, struct cbx_pg_arrays *arrays,
			 const struct last *jobs, size_t count)
{
	size_t i;
	int r;

	cbx_pg_arrays_clear(arrays);
	for (i = 0; i < count; i++) {
		if (jobs[i].table != CBX_IN_MONITOR)
			continue;
		add_job(arrays, jobs[i].job);
		cbx_pg_array_text(arrays, jobs[i].job->status->percent_text);
		cbx_pg_array_text(arrays, jobs[i].job->status->speed_text);
	}
	r = run_upsert(self, arrays, "status_monitor", MONITOR);
	return r == 1 ? judge_missing(self, arrays, jobs, count, CBX_IN_MONITOR) : r;
}

static int write_completed(struct postgres *self, struct cbx_pg_arrays *arrays,
			   const struct last *jobs, size_t count)
{
	size_t i;
	int r;

	cbx_pg_arrays_clear(arrays);
	for (i = 0; i < count; i++) {
		if (jobs[i].table != CBX_IN_COMPLETED)
			continue;
		add_job(arrays, jobs[i].job);
		cbx_pg_array_text(arrays, jobs[i].job->inferred ? "t" : "f");
	}
	r = run_upsert(self, arrays, "completed_jobs", COMPLETED);
	return r == 1 ? judge_missing(self, arrays, jobs, count, CBX_IN_COMPLETED) : r;
}

static int drop_returned(struct postgres *self, struct cbx_pg_arrays *arrays,
			 const struct last *jobs, size_t count)
{
	size_t i;

	cbx_pg_arrays_clear(arrays);
	for (i = 0; i < count; i++)
		if (jobs[i].returned && jobs[i].table == CBX_IN_MONITOR)
			add_key(arrays, jobs[i].job);
	return check_ahead(self, arrays, RETURNED);
}

/* Locks the rows that are there; those that are locked become faults: 1 = there are some */
static int lock_rows(struct postgres *self, struct cbx_pg_arrays *arrays, const struct last *jobs)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	size_t faults = self->sql.fault_count;
	struct cbx_pg_args args = { 0 };
	int r = cbx_pg_array_args(arrays, &args);
	int i;

	if (!r)
		r = cbx_pg_query(self, LOCK, &args, &result);
	for (i = 0; !r && i < PQntuples(result); i++) {
		const struct last *job = &jobs[cbx_pg_int(result, i, 0) - 1];

		if (cbx_pg_text(result, i, 1))
			r = judge_ahead(self, cbx_pg_int(result, i, 1));
		else
			r = cbx_sql_add_fault(&self->sql, job->at, false);
	}
	if (r || self->sql.fault_count == faults)
		return r;
	cbx_pg_say(self, "", "others hold the row locked");
	return 1;
}

static int write_locked(struct postgres *self, struct cbx_pg_arrays *arrays,
			const struct last *jobs, size_t count)
{
	int r = write_monitor(self, arrays, jobs, count);

	if (!r)
		r = write_completed(self, arrays, jobs, count);
	if (!r)
		r = drop_returned(self, arrays, jobs, count);
	return r;
}

/* 1: rows are locked, and have become faults */
static int write_chunk(struct postgres *self, const void *items, size_t from, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	const struct last *jobs = (const struct last *)items + from;
	size_t i;
	int r;

	for (i = 0; i < count; i++)
		add_key(&arrays, jobs[i].job);
	r = lock_rows(self, &arrays, jobs);
	/* what is waited for here is the table, not rows */
	self->at_rows = r != CHATTERBOX_E_TIMEOUT;
	return r ? r : write_locked(self, &arrays, jobs, count);
}

static int add_fault(struct postgres *self, const void *items, size_t at, bool refused)
{
	return cbx_sql_add_fault(&self->sql, ((const struct last *)items)[at].at, refused);
}

static int write_chunks(struct postgres *self, const struct last *jobs, size_t count, bool around)
{
	struct cbx_pg_search search = { .write = write_chunk, .fault = add_fault, .items = jobs };
	size_t i;
	int r = 0;

	for (i = 0; i < count && !r; i += CHUNK) {
		size_t some = count - i < CHUNK ? count - i : CHUNK;

		r = around ? cbx_pg_write_around(self, &search, i, some)
			   : write_chunk(self, jobs, i, some);
	}
	return r;
}

int cbx_pg_write_changes(struct postgres *self, const struct cbx_batch *batch, bool around)
{
	cbx_auto(cbx_freep) struct last *jobs = calloc(batch->change_count + 1, sizeof(*jobs));
	size_t count;
	size_t i;
	int r;

	if (!jobs)
		return -ENOMEM;
	for (i = 0; i < batch->change_count; i++)
		jobs[i] = (struct last){ batch->changes[i].job, batch->changes[i].table,
					 batch->changes[i].returned, i };
	count = keep_last(jobs, batch->change_count);
	r = write_chunks(self, jobs, count, around);
	return r == 1 ? -EBADMSG : r;
}
