// SPDX-License-Identifier: MIT
/*
 * changes.c - writes a batch's changes, each into the table in which its job is now
 *
 * If OCD inserted a row under a name with white space around it, the first record of that job
 * writes the row of the trimmed name, takes over the other row's origin and age, and deletes it, in
 * one transaction. Until then readers see it under its trimmed name.
 */
#include "adapter/sqlite/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The statements of one record(), prepared once for all its changes */
struct record {
	struct sqlite *self;
	int64_t now;
	sqlite3_stmt *twin;
	sqlite3_stmt *monitor;
	sqlite3_stmt *end;
	sqlite3_stmt *completed;
	sqlite3_stmt *error;
};

/* What the row of an untrimmed name leaves to the trimmed one */
struct heritage {
	bool is_ocd;
	int64_t created; /* ms, -1 = none */
};

#define TWIN                                                                 \
	"delete from status_monitor where " SQL_PADDED("") " and " SQL_TRIM( \
		"system") " = ?1 and job_id = ?2 returning origin, created_at"

#define MONITOR                                                                               \
	"insert into status_monitor (system, job_id, job_type, status, percent_completed, "   \
	"downloaded, total_files, download_speed, origin, revision, created_at, updated_at) " \
	"values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?12, ?11) "                         \
	"on conflict (system, job_id) do update set job_type = excluded.job_type, "           \
	"status = excluded.status, percent_completed = excluded.percent_completed, "          \
	"downloaded = excluded.downloaded, total_files = excluded.total_files, "              \
	"download_speed = excluded.download_speed, origin = case when origin = 'ocd' "        \
	"then 'ocd' else excluded.origin end, revision = excluded.revision, "                 \
	"updated_at = excluded.updated_at where revision <= excluded.revision"

#define END                                                                                \
	"delete from status_monitor where system = ?1 and job_id = ?2 and revision <= ?3 " \
	"returning origin, created_at"

#define COMPLETED                                                                                 \
	"insert into completed_jobs (system, job_id, job_type, status, downloaded, total_files, " \
	"origin, revision, started_at, completed_at, inferred) "                                  \
	"values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "                                  \
	"on conflict (system, job_id) do update set job_type = excluded.job_type, "               \
	"status = excluded.status, downloaded = excluded.downloaded, "                            \
	"total_files = excluded.total_files, origin = case when origin = 'ocd' then 'ocd' "       \
	"else excluded.origin end, revision = excluded.revision, "                                \
	"started_at = coalesce(excluded.started_at, started_at), "                                \
	"completed_at = excluded.completed_at, inferred = excluded.inferred "                     \
	"where revision <= excluded.revision"

#define ERROR                                                                                   \
	"insert into errors (system, job_id, job_type, code, message, origin, occurrences, "    \
	"first_seen, last_seen) values (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7) "                    \
	"on conflict (ifnull(system, ''), ifnull(job_id, -1), ifnull(code, '')) do update set " \
	"occurrences = coalesce(occurrences, 0) + 1, last_seen = excluded.last_seen, "          \
	"message = excluded.message, job_type = excluded.job_type, origin = excluded.origin"

int cbx_sqlite_prepare_error(struct sqlite *self, sqlite3_stmt **out)
{
	return cbx_sqlite_prepare(self, ERROR, out);
}

int cbx_sqlite_write_error(struct sqlite *self, sqlite3_stmt *s, const struct cbx_error_row *row,
			   int64_t now)
{
	cbx_sqlite_bind_text(s, 1, row->system);
	cbx_sqlite_bind_count(s, 2, row->job_id);
	cbx_sqlite_bind_text(s, 3, row->job_type);
	cbx_sqlite_bind_text(s, 4, row->code);
	cbx_sqlite_bind_text(s, 5, row->message);
	cbx_sqlite_bind_text(s, 6, row->origin);
	sqlite3_bind_int64(s, 7, now);
	return cbx_sqlite_run(self, s);
}

static int record_init(struct record *record)
{
	struct sqlite *self = record->self;
	int r = cbx_sqlite_prepare(self, TWIN, &record->twin);

	if (!r)
		r = cbx_sqlite_prepare(self, MONITOR, &record->monitor);
	if (!r)
		r = cbx_sqlite_prepare(self, END, &record->end);
	if (!r)
		r = cbx_sqlite_prepare(self, COMPLETED, &record->completed);
	if (!r)
		r = cbx_sqlite_prepare_error(self, &record->error);
	return r;
}

static void record_close(struct record *record)
{
	sqlite3_finalize(record->twin);
	sqlite3_finalize(record->monitor);
	sqlite3_finalize(record->end);
	sqlite3_finalize(record->completed);
	sqlite3_finalize(record->error);
}

/* Runs a delete that returns its rows, and keeps what they said */
static int inherit(struct record *record, sqlite3_stmt *statement, struct heritage *heritage)
{
	int r;

	while ((r = cbx_sqlite_step(record->self, statement)) > 0) {
		const char *origin = cbx_sqlite_text(statement, 0);

		if (origin && !strcmp(origin, "ocd"))
			heritage->is_ocd = true;
		if (sqlite3_column_type(statement, 1) != SQLITE_NULL)
			heritage->created = sqlite3_column_int64(statement, 1);
	}
	sqlite3_reset(statement);
	return r;
}

static const char *origin_of(const struct cbx_job *job, const struct heritage *heritage)
{
	return heritage->is_ocd ? "ocd" : cbx_origin_name(job->origin);
}

static void bind_key(sqlite3_stmt *s, const struct cbx_job *job)
{
	cbx_sqlite_bind_text(s, 1, job->status->system);
	sqlite3_bind_int64(s, 2, job->status->job_id);
}

#define NEWEST_IN(table) \
	"select revision from " table " where system = ?1 and job_id = ?2 and revision > ?3"

/* Is there a row of that job that is ahead of it? One that none of ours can be is refused. */
static int check_ahead(struct record *record, const char *text, const struct cbx_job *job)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(record->self, text, &s);

	if (r)
		return r;
	bind_key(s, job);
	sqlite3_bind_int64(s, 3, job->revision);
	r = cbx_sqlite_step(record->self, s);
	if (r <= 0)
		return r;
	return sqlite3_column_int64(s, 0) < CBX_REVISION_END
		       ? cbx_sqlite_fenced(record->self, "a row has a newer revision")
		       : cbx_sqlite_refused(record->self,
					    "a row has a revision that none of ours can have");
}

/* A row was not written: it is ahead, or somebody's trigger left it out */
static int judge_missing(struct record *record, const char *text, const struct cbx_job *job)
{
	int r = check_ahead(record, text, job);

	return r ? r
		 : cbx_sqlite_refused(
			   record->self,
			   "a row was not written, without an error: is there a trigger?");
}

static int write_monitor(struct record *record, const struct cbx_job *job,
			 const struct heritage *heritage)
{
	const struct cbx_status *status = job->status;
	sqlite3_stmt *s = record->monitor;
	int r;

	bind_key(s, job);
	cbx_sqlite_bind_text(s, 3, status->job_type);
	cbx_sqlite_bind_text(s, 4, status->text);
	cbx_sqlite_bind_text(s, 5, status->percent_text);
	cbx_sqlite_bind_count(s, 6, status->downloaded);
	cbx_sqlite_bind_count(s, 7, status->total_files);
	cbx_sqlite_bind_text(s, 8, status->speed_text);
	cbx_sqlite_bind_text(s, 9, origin_of(job, heritage));
	sqlite3_bind_int64(s, 10, job->revision);
	sqlite3_bind_int64(s, 11, record->now);
	sqlite3_bind_int64(s, 12, heritage->created >= 0 ? heritage->created : record->now);
	r = cbx_sqlite_run(record->self, s);
	return r || sqlite3_changes(record->self->db)
		       ? r
		       : judge_missing(record, NEWEST_IN("status_monitor"), job);
}

static int end_monitor(struct record *record, const struct cbx_job *job, struct heritage *heritage)
{
	sqlite3_stmt *s = record->end;

	bind_key(s, job);
	sqlite3_bind_int64(s, 3, job->revision);
	return inherit(record, s, heritage);
}

static int write_completed(struct record *record, const struct cbx_job *job,
			   struct heritage *heritage)
{
	const struct cbx_status *status = job->status;
	sqlite3_stmt *s = record->completed;
	int r = end_monitor(record, job, heritage);

	if (!r)
		r = check_ahead(record, NEWEST_IN("status_monitor"), job);
	if (r)
		return r;
	bind_key(s, job);
	cbx_sqlite_bind_text(s, 3, status->job_type);
	cbx_sqlite_bind_text(s, 4, status->text);
	cbx_sqlite_bind_count(s, 5, status->downloaded);
	cbx_sqlite_bind_count(s, 6, status->total_files);
	cbx_sqlite_bind_text(s, 7, origin_of(job, heritage));
	sqlite3_bind_int64(s, 8, job->revision);
	cbx_sqlite_bind_count(s, 9, heritage->created);
	sqlite3_bind_int64(s, 10, record->now);
	sqlite3_bind_int64(s, 11, job->inferred);
	r = cbx_sqlite_run(record->self, s);
	return r || sqlite3_changes(record->self->db)
		       ? r
		       : judge_missing(record, NEWEST_IN("completed_jobs"), job);
}

static int drop_completed(struct record *record, const struct cbx_job *job)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(record->self,
				   "delete from completed_jobs where system = ?1 and job_id = ?2 "
				   "and revision <= ?3",
				   &s);

	if (r)
		return r;
	bind_key(s, job);
	sqlite3_bind_int64(s, 3, job->revision);
	r = cbx_sqlite_run(record->self, s);
	return r ? r : check_ahead(record, NEWEST_IN("completed_jobs"), job);
}

static int write_error(struct record *record, const struct cbx_change *change)
{
	const struct cbx_error_row row = cbx_error_of_change(change);

	return cbx_sqlite_write_error(record->self, record->error, &row, record->now);
}

static int write_change(struct record *record, const struct cbx_change *change)
{
	struct heritage heritage = { .created = -1 };
	const struct cbx_job *job = change->job;
	int r;

	bind_key(record->twin, job);
	r = inherit(record, record->twin, &heritage);
	if (!r && change->table == CBX_IN_MONITOR)
		r = write_monitor(record, job, &heritage);
	else if (!r)
		r = write_completed(record, job, &heritage);
	if (!r && change->returned && change->table == CBX_IN_MONITOR)
		r = drop_completed(record, job);
	if (!r && change->error_code)
		r = write_error(record, change);
	return r;
}

/* A constraint, trigger or type refuses a value for good */
static bool refuses_a_value(const struct sqlite *self, int r)
{
	int code = self->db ? sqlite3_errcode(self->db) & 0xff : SQLITE_OK;

	return r == -EBADMSG ||
	       (r == CHATTERBOX_E_REFUSED &&
		(code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG));
}

/* Writes what can be written; the rest becomes faults */
static int write_around(struct record *record, const struct cbx_batch *batch, size_t i)
{
	struct sqlite *self = record->self;
	int r = cbx_sqlite_exec(self, "savepoint around");

	if (r)
		return r;
	r = write_change(record, &batch->changes[i]);
	if (!r)
		return cbx_sqlite_exec(self, "release around");
	if (!refuses_a_value(self, r))
		return r;
	r = cbx_sql_add_fault(&self->sql, i, true);
	/* without the helper, which would overwrite the text about what went wrong */
	sqlite3_exec(self->db, "rollback to around; release around", NULL, NULL, NULL);
	return r;
}

int cbx_sqlite_write_changes(struct sqlite *self, const struct cbx_batch *batch)
{
	struct record record = { .self = self, .now = cbx_wall(self->clock) };
	size_t i;
	int r = record_init(&record);

	self->sql.fault_count = 0;
	for (i = 0; i < batch->change_count && !r; i++)
		r = write_around(&record, batch, i);
	record_close(&record);
	return r;
}
