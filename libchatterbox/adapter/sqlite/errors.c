// SPDX-License-Identifier: MIT
/*
 * errors.c - the errors role: errors, clearing of errored jobs, expiry, access
 *
 * A cleared job is written by the code that records ends (changes.c), so that untrimmed rows,
 * origins and revisions are treated the same way.
 */
#include "adapter/sqlite/internal.h"
#include "port/clearing.h"

static int write_rows(struct sqlite *self, const struct cbx_error_row *rows, size_t count)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t i;
	int r = cbx_sqlite_prepare_error(self, &s);

	for (i = 0; i < count && !r; i++)
		r = cbx_sqlite_write_error(self, s, &rows[i], cbx_wall(self->clock));
	return r;
}

static int sqlite_errors_store(struct cbx_sql *sql, const struct cbx_guard *guard,
			       const struct cbx_error_row *rows, size_t count)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_begin(self, guard);

	return r ? r : cbx_sqlite_end(self, write_rows(self, rows, count));
}

#define PAGE                                                                                     \
	"select id, system, job_id, job_type, code, message, origin, coalesce(occurrences, 1), " \
	"first_seen, last_seen, ifnull(incident, 0) from errors where (?1 is null or system = "  \
	"?1) and "                                                                               \
	"(?2 = 0 or id < ?2) order by id desc limit ?3"

int cbx_sqlite_give_error(struct sqlite *self, sqlite3_stmt *s, cbx_error_fn each, void *user)
{
	const struct cbx_error_row row = {
		.id = sqlite3_column_int64(s, 0),
		.system = cbx_sqlite_text(s, 1),
		.job_id = cbx_sqlite_count(s, 2),
		.job_type = cbx_sqlite_text(s, 3),
		.code = cbx_sqlite_text(s, 4),
		.message = cbx_sqlite_text(s, 5),
		.origin = cbx_sqlite_text(s, 6),
		.occurrences = sqlite3_column_int64(s, 7),
		.first_seen_ms = cbx_sqlite_time(self, s, 8),
		.last_seen_ms = cbx_sqlite_time(self, s, 9),
		.incident = sqlite3_column_int64(s, 10),
	};

	return each(user, &row);
}

static int sqlite_errors_page(struct cbx_sql *sql, const char *system, int64_t before_id,
			      size_t limit, cbx_error_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, PAGE, &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, system);
	sqlite3_bind_int64(s, 2, before_id);
	sqlite3_bind_int64(s, 3, (int64_t)limit);
	while ((r = cbx_sqlite_step(self, s)) > 0) {
		r = cbx_sqlite_give_error(self, s, each, user);
		if (r)
			break;
	}
	return r;
}

static int remove_ids(struct sqlite *self, const int64_t *ids, size_t count, int64_t *removed)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t i;
	int r = cbx_sqlite_prepare(self, "delete from errors where id = ?1", &s);

	for (i = 0; i < count && !r; i++) {
		sqlite3_bind_int64(s, 1, ids[i]);
		r = cbx_sqlite_run(self, s);
		if (!r)
			*removed += sqlite3_changes(self->db);
	}
	return r;
}

static int remove_system(struct sqlite *self, const char *system, int64_t *removed)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, "delete from errors where system = ?1", &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, system);
	r = cbx_sqlite_run(self, s);
	if (!r)
		*removed = sqlite3_changes(self->db);
	return r;
}

static int sqlite_errors_remove(struct cbx_sql *sql, const struct cbx_guard *guard,
				const int64_t *ids, size_t count, const char *system,
				int64_t *removed)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int64_t gone = 0;
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = system ? remove_system(self, system, &gone) : remove_ids(self, ids, count, &gone);
	r = cbx_sqlite_end(self, r);
	if (!r)
		*removed = gone;
	return r;
}

static int clear(struct sqlite *self, const struct cbx_guard *guard, struct cbx_clearing *clearing,
		 bool writes)
{
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = cbx_sqlite_clearable(&self->sql, clearing->keys, clearing->key_count, cbx_clearing_take,
				 clearing);
	if (!r && writes)
		r = cbx_sqlite_write_changes(self, &clearing->batch);
	if (!r)
		cbx_clearing_leave_out(clearing, &self->sql);
	if (!r && writes)
		r = cbx_sqlite_write_history(self, &clearing->batch);
	return cbx_sqlite_end(self, r);
}

/* Gives what is old enough, after it was moved if @writes */
static int find_clearable(struct cbx_sql *sql, const struct cbx_guard *guard,
			  const struct cbx_job_key *keys, size_t count, int64_t older_than,
			  bool writes, cbx_row_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(cbx_clearing_free) struct cbx_clearing clearing = { 0 };
	int r = cbx_clearing_init(&clearing, keys, count, cbx_wall(self->clock), older_than);

	if (!r)
		r = clear(self, guard, &clearing, writes);
	return r ? r : cbx_clearing_give(&clearing, each, user);
}

static int sqlite_errors_clear_jobs(struct cbx_sql *sql, const struct cbx_guard *guard,
				    const struct cbx_job_key *keys, size_t count,
				    int64_t older_than, cbx_row_fn each, void *user)
{
	return find_clearable(sql, guard, keys, count, older_than, true, each, user);
}

static int sqlite_errors_clearable(struct cbx_sql *sql, const struct cbx_guard *guard,
				   const struct cbx_job_key *keys, size_t count, int64_t older_than,
				   cbx_row_fn each, void *user)
{
	return find_clearable(sql, guard, keys, count, older_than, false, each, user);
}

static int sqlite_errors_count_of(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
				  int64_t *errors)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t i;
	int r = cbx_sqlite_prepare(
		self, "select count(*) from errors where system = ?1 and job_id = ?2", &s);

	*errors = 0;
	for (i = 0; i < count && !r; i++) {
		cbx_sqlite_bind_text(s, 1, keys[i].system);
		sqlite3_bind_int64(s, 2, keys[i].job_id);
		r = cbx_sqlite_step(self, s);
		if (r == 1)
			*errors += sqlite3_column_int64(s, 0);
		r = r < 0 ? r : 0;
		sqlite3_reset(s);
	}
	return r;
}

#define PORTION 5000
#define EXPIRE_FOR (1 * CBX_SECOND) /* other writers wait meanwhile, for 2 s at most */
#define EXPIRE(table, time)                                                             \
	"delete from " table " where rowid in (select rowid from " table " where " time \
	" <= ?1 limit ?2)"

static int expire_portions(struct sqlite *self, const char *text, int64_t older_than, int64_t *gone)
{
	uint64_t end = cbx_now(self->clock) + EXPIRE_FOR;
	int64_t portion = PORTION;
	int r = 0;

	while (!r && portion == PORTION && cbx_now(self->clock) < end) {
		r = cbx_sqlite_delete_old(self, text, older_than, PORTION, &portion);
		*gone += r ? 0 : portion;
	}
	return r;
}

static int expire(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
		  int64_t older_than, int64_t *removed)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int64_t gone = 0;
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = cbx_sqlite_end(self, expire_portions(self, text, older_than, &gone));
	if (!r)
		*removed = gone;
	return r;
}

static int sqlite_expire_errors(struct cbx_sql *sql, const struct cbx_guard *guard,
				int64_t older_than, int64_t *removed)
{
	return expire(sql, guard, EXPIRE("errors", "last_seen"), older_than, removed);
}

static int sqlite_expire_completed(struct cbx_sql *sql, const struct cbx_guard *guard,
				   int64_t older_than, int64_t *removed)
{
	return expire(sql, guard, EXPIRE("completed_jobs", "completed_at"), older_than, removed);
}

static int write_accesses(struct sqlite *self, const struct cbx_access_row *rows, size_t count)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	size_t i;
	int r = cbx_sqlite_prepare(self,
				   "insert into content_server_access (system, access, checked_at, "
				   "error) values (?1, ?2, ?3, ?4) on conflict (system) do update "
				   "set access = excluded.access, checked_at = "
				   "excluded.checked_at, error = excluded.error",
				   &s);

	for (i = 0; i < count && !r; i++) {
		cbx_sqlite_bind_text(s, 1, rows[i].system);
		cbx_sqlite_bind_text(s, 2, rows[i].access);
		sqlite3_bind_int64(s, 3, cbx_wall(self->clock));
		cbx_sqlite_bind_text(s, 4, rows[i].error);
		r = cbx_sqlite_run(self, s);
	}
	return r;
}

static int sqlite_write_access(struct cbx_sql *sql, const struct cbx_guard *guard,
			       const struct cbx_access_row *rows, size_t count)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_begin(self, guard);

	return r ? r : cbx_sqlite_end(self, write_accesses(self, rows, count));
}

const struct cbx_errors_ops cbx_sqlite_errors_ops = {
	.page = sqlite_errors_page,
	.store = sqlite_errors_store,
	.remove = sqlite_errors_remove,
	.clear_jobs = sqlite_errors_clear_jobs,
	.clearable = sqlite_errors_clearable,
	.count_of = sqlite_errors_count_of,
	.expire_errors = sqlite_expire_errors,
	.expire_completed = sqlite_expire_completed,
	.write_access = sqlite_write_access,
};
