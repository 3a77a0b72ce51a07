// SPDX-License-Identifier: MIT
/*
 * rows.c - reads status_monitor and completed_jobs
 *
 * If OCD wrote a job's system with white space around it, readers see one row under the trimmed
 * name: the trimmed row if there is one, with origin ocd if either says so. A row whose name or
 * number contract 1.1 does not allow is skipped.
 */
#include "adapter/sqlite/internal.h"
#include "base/read.h"

#include <stdio.h>
#include <string.h>

#define TWIN_OF(row)                                                                      \
	"status_monitor t where " SQL_PADDED("t.") " and " SQL_TRIM("t.system") " = " row \
										" and t.job_id = "

/* Errored because its system was offline too long: nobody reported that end */
#define WAS_INFERRED                                                                     \
	"exists (select 1 from errors e where e.system = " SQL_TRIM(                     \
		"s.system") " and e.job_id = "                                           \
			    "s.job_id and e.code = 'system_offline' and e.last_seen >= " \
			    "s.updated_at) "

#define MONITOR_ROWS                                                                              \
	"select " SQL_TRIM(                                                                       \
		"s.system") " as cbx_name, s.job_id, s.job_type, s.status, s.percent_completed, " \
			    "s.downloaded, s.total_files, s.download_speed, "                     \
			    "case when s.origin = 'ocd' or exists (select 1 from " TWIN_OF(       \
				    SQL_TRIM("s.system")) "s.job_id and t.origin = 'ocd') "       \
							  "then 'ocd' else 'user' end, "          \
							  "s.revision, s.created_at, "            \
							  "s.updated_at, " WAS_INFERRED           \
							  "from status_monitor s where "
#define FIRST_ONLY                                                                  \
	"(s.system = " SQL_TRIM(                                                    \
		"s.system") " or not exists (select 1 from status_monitor t where " \
			    "t.system = " SQL_TRIM("s.system") " and t.job_id = s.job_id)) "
#define IN_ORDER "order by cbx_name, s.job_id, s.revision desc"
#define ONE_JOB                                                                      \
	"((s.system = ?1 and s.job_id = ?2) or (" SQL_PADDED("s.") " and " SQL_TRIM( \
		"s.system") " = ?1 and s.job_id = ?2)) and "

#define NOT_BEHIND                                                                          \
	"not exists (select 1 from completed_jobs c where c.system = ?1 and c.job_id = ?2 " \
	"and c.revision > s.revision) and "

#define COMPLETED                                                                                \
	"select system, job_id, job_type, status, null, downloaded, total_files, null, origin, " \
	"revision, started_at, completed_at, inferred from completed_jobs "
#define COMPLETED_ROWS COMPLETED "where system = ?1 and job_id = ?2"

/* The last row passed on, to recognise another untrimmed one of the same job */
struct last {
	char system[65];
	int64_t job_id;
};

static bool is_news(sqlite3_stmt *s, struct last *last)
{
	const char *name = cbx_sqlite_text(s, 0);
	int64_t job_id = sqlite3_column_int64(s, 1);
	size_t len = name ? strlen(name) : 0;

	if (!name || !cbx_system_name(&name, &len) || job_id < 0 || job_id >= (int64_t)1 << 53)
		return false;
	if (job_id == last->job_id && !strcmp(name, last->system))
		return false;
	snprintf(last->system, sizeof(last->system), "%s", name);
	last->job_id = job_id;
	return true;
}

static int give_row(struct sqlite *self, sqlite3_stmt *s, cbx_row_fn each, void *user)
{
	const char *origin = cbx_sqlite_text(s, 8);
	struct cbx_row row = {
		.system = cbx_sqlite_text(s, 0),
		.job_id = sqlite3_column_int64(s, 1),
		.job_type = cbx_sqlite_text(s, 2),
		.status = cbx_sqlite_text(s, 3),
		.percent_completed = cbx_sqlite_text(s, 4),
		.downloaded = cbx_sqlite_count(s, 5),
		.total_files = cbx_sqlite_count(s, 6),
		.download_speed = cbx_sqlite_text(s, 7),
		.origin = origin && !strcmp(origin, "ocd") ? "ocd" : "user",
		.revision = sqlite3_column_int64(s, 9),
		.started_ms = cbx_sqlite_time(self, s, 10),
		.updated_ms = cbx_sqlite_time(self, s, 11),
		.inferred = sqlite3_column_int64(s, 12) != 0,
	};

	return each(user, &row);
}

/* *given counts the rows passed on */
static int each_row(struct sqlite *self, sqlite3_stmt *s, cbx_row_fn each, void *user,
		    size_t *given)
{
	struct last last = { .job_id = -1 };
	int r;

	while ((r = cbx_sqlite_step(self, s)) > 0) {
		if (!is_news(s, &last))
			continue;
		(*given)++;
		r = give_row(self, s, each, user);
		if (r)
			break;
	}
	sqlite3_reset(s);
	return r;
}

static int all_rows(struct sqlite *self, const char *text, cbx_row_fn each, void *user)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t given = 0;
	int r = cbx_sqlite_prepare(self, text, &s);

	return r ? r : each_row(self, s, each, user, &given);
}

int cbx_sqlite_monitored(struct cbx_sql *sql, cbx_row_fn each, void *user)
{
	return all_rows(cbx_sqlite_of(sql), MONITOR_ROWS FIRST_ONLY IN_ORDER, each, user);
}

int cbx_sqlite_unreported(struct cbx_sql *sql, cbx_row_fn each, void *user)
{
	return all_rows(cbx_sqlite_of(sql), MONITOR_ROWS "s.revision = 0 and " FIRST_ONLY IN_ORDER,
			each, user);
}

int cbx_sqlite_ocd_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			cbx_row_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t i;
	int r = cbx_sqlite_prepare(
		self,
		"select 1 where exists (select 1 from status_monitor where system = ?1 and "
		"job_id = ?2 and origin = 'ocd') or exists (select 1 from " TWIN_OF(
			"?1") "?2 and t.origin = 'ocd') or exists (select 1 from "
			      "scheduled_jobs where " SQL_TRIM("system") " = ?1 and job_id = ?2)",
		&s);

	for (i = 0; i < count && !r; i++) {
		struct cbx_row row = { .system = keys[i].system, .job_id = keys[i].job_id };

		cbx_sqlite_bind_text(s, 1, keys[i].system);
		sqlite3_bind_int64(s, 2, keys[i].job_id);
		r = cbx_sqlite_step(self, s);
		if (r > 0)
			r = each(user, &row);
		sqlite3_reset(s);
	}
	return r;
}

int cbx_sqlite_keep_ocd(struct cbx_sql *sql, const struct cbx_guard *guard,
			const struct cbx_job_key *keys, size_t count)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t i;
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = cbx_sqlite_prepare(self,
			       "update status_monitor set origin = 'ocd' where system = ?1 and "
			       "job_id = ?2",
			       &s);
	for (i = 0; i < count && !r; i++) {
		cbx_sqlite_bind_text(s, 1, keys[i].system);
		sqlite3_bind_int64(s, 2, keys[i].job_id);
		r = cbx_sqlite_run(self, s);
		/* a row that somebody's trigger guards: its job's next record writes it */
		if (r == CHATTERBOX_E_REFUSED)
			r = 0;
	}
	return cbx_sqlite_end(self, r);
}

static int each_key(struct cbx_sql *sql, const char *text, const struct cbx_job_key *keys,
		    size_t count, cbx_row_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t given = 0;
	size_t i;
	int r = cbx_sqlite_prepare(self, text, &s);

	for (i = 0; i < count && !r; i++) {
		cbx_sqlite_bind_text(s, 1, keys[i].system);
		sqlite3_bind_int64(s, 2, keys[i].job_id);
		r = each_row(self, s, each, user, &given);
	}
	return r;
}

int cbx_sqlite_completed(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			 cbx_row_fn each, void *user)
{
	return each_key(sql, COMPLETED_ROWS, keys, count, each, user);
}

int cbx_sqlite_of_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		       cbx_row_fn each, void *user)
{
	return each_key(sql, MONITOR_ROWS ONE_JOB FIRST_ONLY IN_ORDER, keys, count, each, user);
}

int cbx_sqlite_clearable(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
			 cbx_row_fn each, void *user)
{
	return each_key(sql, MONITOR_ROWS ONE_JOB NOT_BEHIND FIRST_ONLY IN_ORDER, keys, count, each,
			user);
}

static int find_in(struct sqlite *self, const char *text, const struct cbx_job_key *key,
		   cbx_row_fn each, void *user, size_t *given)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, text, &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, key->system);
	sqlite3_bind_int64(s, 2, key->job_id);
	return each_row(self, s, each, user, given);
}

int cbx_sqlite_find_job(struct cbx_sql *sql, const char *system, int64_t job_id, cbx_row_fn each,
			void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	const struct cbx_job_key key = { system, job_id };
	size_t given = 0;
	int r = find_in(self, MONITOR_ROWS ONE_JOB FIRST_ONLY IN_ORDER, &key, each, user, &given);

	if (!r && !given)
		r = find_in(self, COMPLETED_ROWS, &key, each, user, &given);
	return r || given ? r : 1;
}

/* SQLite's lower() and cbx_kind_of() know the case of ASCII alone */
#define HAS_TEXT "lower(s.status) in (lower(?1), lower(?2), lower(?3), lower(?4)) and "

int cbx_sqlite_jobs_with(struct cbx_sql *sql, const struct cbx_kind_texts *texts, cbx_row_fn each,
			 void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t given = 0;
	int i;
	int r = cbx_sqlite_prepare(self, MONITOR_ROWS HAS_TEXT FIRST_ONLY IN_ORDER, &s);

	for (i = 0; i < CBX_KIND_TEXTS && !r; i++)
		cbx_sqlite_bind_text(s, i + 1, texts->texts[i]);
	return r ? r : each_row(self, s, each, user, &given);
}

/* By the index completed_jobs_ended, whose first column it names */
#define AFTER_PLACE                                                           \
	"where " CBX_SQLITE_ENDED_MS " <= ?1 and (" CBX_SQLITE_ENDED_MS       \
	" < ?1 or (system, job_id) > (?2, ?3)) order by " CBX_SQLITE_ENDED_MS \
	" desc, system, job_id limit ?4"

int cbx_sqlite_ended_jobs(struct cbx_sql *sql, const struct cbx_ended_place *place, size_t limit,
			  cbx_row_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	struct last last = { .job_id = -1 };
	size_t read = 0;
	int r = cbx_sqlite_prepare(self, COMPLETED AFTER_PLACE, &s);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, place->ended_ms);
	cbx_sqlite_bind_text(s, 2, place->system);
	sqlite3_bind_int64(s, 3, place->job_id);
	sqlite3_bind_int64(s, 4, (int64_t)limit);
	while ((r = cbx_sqlite_step(self, s)) > 0) {
		read++;
		r = is_news(s, &last) ? give_row(self, s, each, user) : 0;
		if (r)
			return r;
	}
	return r ? r : read == limit;
}
