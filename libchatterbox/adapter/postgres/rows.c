// SPDX-License-Identifier: MIT
/*
 * rows.c - reads status_monitor and completed_jobs
 *
 * If OCD wrote a job's system with white space around it, readers see one row under the trimmed
 * name: the trimmed row if there is one, with origin ocd if either says so. A row whose name or
 * number contract 1.1 does not allow is skipped.
 */
#include "adapter/postgres/internal.h"
#include "base/read.h"

#include <string.h>

#define TWIN_OF(system)                                                                      \
	"status_monitor t where " SQL_PADDED("t.") " and " SQL_TRIM("t.system") " = " system \
										" and t.job_id = "

/* Errored because its system was offline too long: nobody reported that end */
#define WAS_INFERRED                                                                          \
	"exists (select 1 from errors e where e.system = s.cbx_name and e.job_id = s.job_id " \
	"and e.code = 'system_offline' and e.last_seen >= s.updated_at) "

/* clang-format off */
#define MONITOR_ROWS                                                                             \
	"select s.cbx_name, s.job_id, s.job_type::text, coalesce(s.status::text, ''), "          \
	"s.percent_completed::text, s.downloaded, s.total_files, s.download_speed::text, "       \
	"case when s.origin = 'ocd' or exists (select 1 from " TWIN_OF("s.cbx_name") "s.job_id " \
	"and t.origin = 'ocd') then 'ocd' else 'user' end, s.revision, "                         \
	SQL_MS("s.created_at") " as created_at, " SQL_MS("s.updated_at") " as updated_at, "      \
	WAS_INFERRED "from (select *, " SQL_TRIM("system") " as cbx_name from status_monitor) s where "
/* clang-format on */
#define FIRST_ONLY                                                                    \
	"(s.system = s.cbx_name or not exists (select 1 from status_monitor t where " \
	"t.system = s.cbx_name and t.job_id = s.job_id)) "
#define IN_ORDER "order by s.cbx_name collate \"C\", s.job_id, s.revision desc"
#define ONE_JOB                                                                              \
	"((s.system = $1 and s.job_id = $2::bigint) or (" SQL_PADDED("s.") " and " SQL_TRIM( \
		"s.system") " = $1 and s.job_id = $2::bigint)) and "

/* clang-format off */
#define COMPLETED_ROWS                                                                       \
	"select c.system::text, c.job_id, c.job_type::text, c.status::text, null, "          \
	"c.downloaded, c.total_files, null, c.origin::text, c.revision, "                    \
	SQL_MS("c.started_at") " as started_at, " SQL_MS("c.completed_at")                   \
	" as completed_at, c.inferred from completed_jobs c "
/* clang-format on */
#define KEYS "unnest($1::text[], $2::bigint[]) as k(system, job_id)"

static bool is_same_job(const PGresult *a, int i, const PGresult *b, int k)
{
	return !strcmp(PQgetvalue(a, i, 0), PQgetvalue(b, k, 0)) &&
	       !strcmp(PQgetvalue(a, i, 1), PQgetvalue(b, k, 1));
}

/* Is row @i valid, and not another untrimmed one of the job before it? */
static bool is_news(const PGresult *result, int i, const PGresult *previous)
{
	const char *name = cbx_pg_text(result, i, 0);
	int64_t job_id = cbx_pg_int(result, i, 1);
	size_t len = name ? strlen(name) : 0;

	if (!name || PQgetisnull(result, i, 1) || !cbx_system_name(&name, &len) || job_id < 0 ||
	    job_id >= (int64_t)1 << 53)
		return false;
	if (i)
		return !is_same_job(result, i - 1, result, i);
	return !previous || !is_same_job(previous, PQntuples(previous) - 1, result, i);
}

static int give_row(struct postgres *self, const PGresult *result, int i, cbx_row_fn each,
		    void *user)
{
	const char *origin = cbx_pg_text(result, i, 8);
	const char *inferred = cbx_pg_text(result, i, 12);
	struct cbx_row row = {
		.system = cbx_pg_text(result, i, 0),
		.job_id = cbx_pg_int(result, i, 1),
		.job_type = cbx_pg_text(result, i, 2),
		.status = cbx_pg_text(result, i, 3),
		.percent_completed = cbx_pg_text(result, i, 4),
		.downloaded = cbx_pg_count(result, i, 5),
		.total_files = cbx_pg_count(result, i, 6),
		.download_speed = cbx_pg_text(result, i, 7),
		.origin = origin && !strcmp(origin, "ocd") ? "ocd" : "user",
		.revision = cbx_pg_int(result, i, 9),
		.started_ms = cbx_pg_time(self, result, i, 10),
		.updated_ms = cbx_pg_time(self, result, i, 11),
		.inferred = inferred && *inferred == 't',
	};

	return each(user, &row);
}

struct rows {
	cbx_row_fn each;
	void *user;
};

static int give_page(struct postgres *self, const PGresult *page, const PGresult *previous,
		     void *user)
{
	const struct rows *rows = user;
	int r = 0;
	int i;

	for (i = 0; i < PQntuples(page) && !r; i++)
		if (is_news(page, i, previous))
			r = give_row(self, page, i, rows->each, rows->user);
	return r;
}

static int give_rows(struct postgres *self, const PGresult *result, cbx_row_fn each, void *user)
{
	struct rows rows = { each, user };

	return give_page(self, result, NULL, &rows);
}

static int read_rows(struct cbx_sql *sql, const char *text, cbx_row_fn each, void *user)
{
	struct rows rows = { each, user };

	return cbx_pg_read_pages(cbx_pg_of(sql), text, give_page, &rows);
}

int cbx_pg_monitored(struct cbx_sql *sql, cbx_row_fn each, void *user)
{
	return read_rows(sql, MONITOR_ROWS FIRST_ONLY IN_ORDER, each, user);
}

int cbx_pg_unreported(struct cbx_sql *sql, cbx_row_fn each, void *user)
{
	return read_rows(sql, MONITOR_ROWS "s.revision = 0 and " FIRST_ONLY IN_ORDER, each, user);
}

/* cbx_pg_read(), or one that runs inside a transaction */
typedef int (*run_fn)(struct postgres *self, const char *text, const struct cbx_pg_args *args,
		      PGresult **out);

static int read_keys(struct postgres *self, run_fn run, const char *text,
		     const struct cbx_job_key *keys, size_t count, PGresult **out)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	int r = cbx_pg_array_keys(&arrays, keys, count, &args);

	return r ? r : run(self, text, &args, out);
}

#define OCD_JOBS                                                                                  \
	"select k.system, k.job_id from " KEYS " where exists (select 1 from status_monitor s "   \
	"where s.system = k.system and s.job_id = k.job_id and s.origin = 'ocd') or exists "      \
	"(select 1 from " TWIN_OF(                                                                \
		"k.system") "k.job_id and t.origin = 'ocd') or exists "                           \
			    "(select 1 from scheduled_jobs c where " SQL_TRIM(                    \
				    "c.system") " = k.system and "                                \
						"c.job_id = k.job_id) order by k.system collate " \
						"\"C\", k.job_id"

int cbx_pg_ocd_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		    cbx_row_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = count ? read_keys(cbx_pg_of(sql), cbx_pg_read, OCD_JOBS, keys, count, &result) : 0;
	int i;

	for (i = 0; !r && i < PQntuples(result); i++) {
		struct cbx_row row = { .system = cbx_pg_text(result, i, 0),
				       .job_id = cbx_pg_int(result, i, 1) };

		r = each(user, &row);
	}
	return r;
}

#define KEEP_OCD                                                                                 \
	"update status_monitor set origin = 'ocd'" CBX_PG_STAMP_ANEW                             \
	" where (system, job_id) in (select s.system, "                                          \
	"s.job_id from status_monitor s join " KEYS " on s.system = k.system and s.job_id = "    \
	"k.job_id where s.origin <> 'ocd' order by s.system collate \"C\", s.job_id for update " \
	"of s skip locked)"

static int write_monitor(struct postgres *self, const char *text, const struct cbx_pg_args *args,
			 PGresult **out)
{
	return cbx_pg_write_stamped(self, "status_monitor", text, args, out);
}

static int keep_some(struct postgres *self, const void *items, size_t from, size_t count)
{
	return read_keys(self, write_monitor, KEEP_OCD, (const struct cbx_job_key *)items + from,
			 count, NULL);
}

/* A row that can't be written now is left out: its job's next record writes it */
static int leave_out(struct postgres *self, const void *items, size_t at, bool refused)
{
	(void)self;
	(void)items;
	(void)at;
	(void)refused;
	return 0;
}

int cbx_pg_keep_ocd(struct cbx_sql *sql, const struct cbx_guard *guard,
		    const struct cbx_job_key *keys, size_t count)
{
	struct postgres *self = cbx_pg_of(sql);
	struct cbx_pg_search search = { .write = keep_some, .fault = leave_out, .items = keys };
	int r = count ? cbx_pg_begin_record(self, guard, true, NULL) : 0;

	if (r || !count)
		return r;
	sql->fault_count = 0;
	self->at_rows = true;
	return cbx_pg_end(self, cbx_pg_write_around(self, &search, 0, count));
}

/* Rows for the given keys, ordered by columns 0 and 1 */
static int give_keys(struct postgres *self, run_fn run, const char *text,
		     const struct cbx_job_key *keys, size_t count, cbx_row_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r;

	if (!count)
		return 0;
	r = read_keys(self, run, text, keys, count, &result);
	return r ? r : give_rows(self, result, each, user);
}

int cbx_pg_completed(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		     cbx_row_fn each, void *user)
{
	return give_keys(cbx_pg_of(sql), cbx_pg_read,
			 COMPLETED_ROWS "join " KEYS " on k.system = c.system and "
					"k.job_id = c.job_id order by "
					"c.system collate \"C\", c.job_id",
			 keys, count, each, user);
}

/* Two joins, so that each can use its index */
#define OF_KEYS                                                                             \
	"(s.system, s.job_id) in (select m.system, m.job_id from " KEYS " join "            \
	"status_monitor m on m.system = k.system and m.job_id = k.job_id union all select " \
	"m.system, m.job_id from " KEYS " join status_monitor m on " SQL_PADDED(            \
		"m.") " and " SQL_TRIM("m.system") " = k.system and m.job_id = k.job_id) and "
#define NOT_BEHIND                                                                    \
	"not exists (select 1 from completed_jobs c where c.system = s.cbx_name and " \
	"c.job_id = s.job_id and c.revision > s.revision) and "

int cbx_pg_of_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		   cbx_row_fn each, void *user)
{
	return give_keys(cbx_pg_of(sql), cbx_pg_read, MONITOR_ROWS OF_KEYS FIRST_ONLY IN_ORDER,
			 keys, count, each, user);
}

int cbx_pg_clearable(struct postgres *self, const struct cbx_job_key *keys, size_t count,
		     cbx_row_fn each, void *user)
{
	return give_keys(self, cbx_pg_query, MONITOR_ROWS OF_KEYS NOT_BEHIND FIRST_ONLY IN_ORDER,
			 keys, count, each, user);
}

int cbx_pg_find_job(struct cbx_sql *sql, const char *system, int64_t job_id, cbx_row_fn each,
		    void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_text(&args, system);
	cbx_pg_arg_int(&args, job_id);
	r = cbx_pg_read(cbx_pg_of(sql), MONITOR_ROWS ONE_JOB FIRST_ONLY IN_ORDER, &args, &result);
	if (r)
		return r;
	if (!PQntuples(result)) {
		PQclear(cbx_steal(result));
		r = cbx_pg_read(cbx_pg_of(sql),
				COMPLETED_ROWS "where c.system = $1 and c.job_id = $2::bigint",
				&args, &result);
	}
	if (r)
		return r;
	return PQntuples(result) ? give_rows(cbx_pg_of(sql), result, each, user) : 1;
}

/* In the collation "C" only ASCII has a case */
#define LOWER(text) "lower(" text " collate \"C\")"
#define HAS_TEXT                                                                            \
	LOWER("s.status::text")                                                             \
	" in (" LOWER("$1::text") ", " LOWER("$2::text") ", " LOWER("$3::text") ", " LOWER( \
		"$4::text") ") and "

int cbx_pg_jobs_with(struct cbx_sql *sql, const struct cbx_kind_texts *texts, cbx_row_fn each,
		     void *user)
{
	struct rows rows = { each, user };
	struct cbx_pg_args args = { 0 };
	size_t i;

	for (i = 0; i < CBX_KIND_TEXTS; i++)
		cbx_pg_arg_text(&args, texts->texts[i]);
	return cbx_pg_read_pages_of(cbx_pg_of(sql), MONITOR_ROWS HAS_TEXT FIRST_ONLY IN_ORDER,
				    &args, give_page, &rows);
}

/* clang-format off */
#define FIRST_TIME "timestamptz '0001-01-01 00:00:00+00 BC'"
#define NO_TIME_FROM "timestamptz '10000-01-01 00:00:00+00'"
#define ENDED_MS                                                                              \
	"case when c.completed_at >= " FIRST_TIME " and c.completed_at < " NO_TIME_FROM       \
	" then (extract(epoch from c.completed_at) * 1000)::bigint else 0 end"
#define IS_AFTER_PLACE                                                                        \
	"(" ENDED_MS " < $1::bigint or (" ENDED_MS " = $1::bigint and "                       \
	"(c.system::text collate \"C\", c.job_id) > ($2::text collate \"C\", $3::bigint))) "
/* The order is of no column, but that of completed_at comes near. So the index first says between
 * which times the page is, a ms more on both sides, and only what is there is sorted. Those
 * without a time stand where 1970 begins. */
#define BEFORE                                                                                \
	"case when $1::bigint < 253402300800000 then to_timestamp((greatest($1::bigint, "     \
	"-62167219200000) + 1) / 1000.0) else " NO_TIME_FROM " end"
#define WITH_PAGE                                                                             \
	"with page as materialized (select coalesce((select c.completed_at from "             \
	"completed_jobs c where c.completed_at >= " FIRST_TIME " and c.completed_at < "       \
	BEFORE " and " IS_AFTER_PLACE "order by c.completed_at desc offset $4::bigint "       \
	"limit 1) - interval '1 ms', " FIRST_TIME ") as begins) "
#define BEGINS "(select begins from page)"
#define OF_PAGE                                                                               \
	"where ((c.completed_at >= " BEGINS " and c.completed_at < " BEFORE ") or ("          \
	BEGINS " <= to_timestamp(0) and (c.completed_at is null or c.completed_at < "         \
	FIRST_TIME " or c.completed_at >= " NO_TIME_FROM "))) and " IS_AFTER_PLACE            \
	"order by " ENDED_MS " desc, c.system::text collate \"C\", c.job_id limit $4::bigint"
/* clang-format on */

struct ended {
	struct rows rows;
	size_t read;
};

static int give_ended(struct postgres *self, const PGresult *page, const PGresult *previous,
		      void *user)
{
	struct ended *ended = user;

	ended->read += (size_t)PQntuples(page);
	return give_page(self, page, previous, &ended->rows);
}

int cbx_pg_ended_jobs(struct cbx_sql *sql, const struct cbx_ended_place *place, size_t limit,
		      cbx_row_fn each, void *user)
{
	struct ended ended = { .rows = { each, user } };
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_int(&args, place->ended_ms);
	cbx_pg_arg_text(&args, place->system);
	cbx_pg_arg_int(&args, place->job_id);
	cbx_pg_arg_int(&args, (int64_t)limit);
	r = cbx_pg_read_pages_of(cbx_pg_of(sql), WITH_PAGE COMPLETED_ROWS OF_PAGE, &args,
				 give_ended, &ended);
	return r ? r : ended.read == limit;
}
