// SPDX-License-Identifier: MIT
/* history.c - job_history: the rows of a batch are written with one statement, and read by an index
 */
#include "adapter/sqlite/internal.h"

#include "port/clearing.h"

#define INSERT                                                                                \
	"insert into job_history (system, job_id, revision, at, status, previous_status, "    \
	"origin, source, reason, percent_completed) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, " \
	"?9, ?10)"

struct writing {
	struct sqlite *self;
	sqlite3_stmt *insert; /* made for the first row */
	int64_t now;
};

static int add_row(void *user, const struct cbx_history_row *row)
{
	struct writing *writing = user;
	sqlite3_stmt *s;
	int r = writing->insert ? 0 : cbx_sqlite_prepare(writing->self, INSERT, &writing->insert);

	if (r)
		return r;
	s = writing->insert;
	cbx_sqlite_bind_text(s, 1, row->system);
	cbx_sqlite_bind_count(s, 2, row->job_id);
	cbx_sqlite_bind_count(s, 3, row->revision);
	sqlite3_bind_int64(s, 4, row->at_ms ? row->at_ms : writing->now);
	cbx_sqlite_bind_text(s, 5, row->status);
	cbx_sqlite_bind_text(s, 6, row->previous_status);
	cbx_sqlite_bind_text(s, 7, row->origin);
	cbx_sqlite_bind_text(s, 8, row->source);
	cbx_sqlite_bind_text(s, 9, row->reason);
	cbx_sqlite_bind_text(s, 10, row->percent_completed);
	return cbx_sqlite_run(writing->self, s);
}

int cbx_sqlite_write_history(struct sqlite *self, const struct cbx_batch *batch)
{
	struct writing writing = { .self = self, .now = cbx_wall(self->clock) };
	int r = cbx_history_of_batch(&self->sql, batch, add_row, &writing);

	sqlite3_finalize(writing.insert);
	return r;
}

#define COLUMNS                                                                               \
	"id, system, job_id, revision, at, status, previous_status, origin, source, reason, " \
	"percent_completed"
#define PAGE(where)                                                                            \
	"select " COLUMNS " from job_history where system = ?1 and (?2 = 0 or id < ?2) " where \
	"order by id desc limit ?3"
#define BEFORE                                                                           \
	"select " COLUMNS " from job_history where system = ?1 and (?2 < 0 or job_id = " \
	"?2) and (" SQL_ORDER_MS("at") ", id) < (?3, ?4) order by " SQL_ORDER_MS(        \
		"at") " desc, id desc limit ?5"
#define LAST_TURNS                                                                          \
	"select " COLUMNS " from job_history where id in (select max(id) from job_history " \
	"where job_id is null group by system) order by system"
#define NEW_TURNS "select " COLUMNS " from job_history where job_id is null and id > ?1 order by id"

static int give_rows(struct sqlite *self, sqlite3_stmt *s, cbx_history_fn each, void *user)
{
	int r;

	while ((r = cbx_sqlite_step(self, s)) > 0) {
		const struct cbx_history_row row = {
			.id = sqlite3_column_int64(s, 0),
			.system = cbx_sqlite_text(s, 1),
			.job_id = cbx_sqlite_count(s, 2),
			.revision = cbx_sqlite_count(s, 3),
			.at_ms = cbx_sqlite_time(self, s, 4),
			.status = cbx_sqlite_text(s, 5),
			.previous_status = cbx_sqlite_text(s, 6),
			.origin = cbx_sqlite_text(s, 7),
			.source = cbx_sqlite_text(s, 8),
			.reason = cbx_sqlite_text(s, 9),
			.percent_completed = cbx_sqlite_text(s, 10),
		};

		r = each(user, &row);
		if (r)
			return r;
	}
	return r;
}

static int sqlite_page(struct cbx_sql *sql, const char *system, int64_t job_id, int64_t before_id,
		       size_t limit, cbx_history_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(
		self, job_id == CBX_NO_COUNT ? PAGE("") : PAGE("and job_id = ?4 "), &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, system);
	sqlite3_bind_int64(s, 2, before_id);
	sqlite3_bind_int64(s, 3, (int64_t)limit);
	if (job_id != CBX_NO_COUNT)
		sqlite3_bind_int64(s, 4, job_id);
	return give_rows(self, s, each, user);
}

static int sqlite_before(struct cbx_sql *sql, const char *system, int64_t job_id,
			 const struct cbx_before *before, size_t limit, cbx_history_fn each,
			 void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare_before(self, BEFORE, system, job_id, before, limit, &s);

	return r ? r : give_rows(self, s, each, user);
}

static int sqlite_turns(struct cbx_sql *sql, int64_t after_id, cbx_history_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, after_id ? NEW_TURNS : LAST_TURNS, &s);

	if (r)
		return r;
	if (after_id)
		sqlite3_bind_int64(s, 1, after_id);
	return give_rows(self, s, each, user);
}

/* A system's last turn is not followed by another */
#define IS_FOLLOWED                                                                      \
	"(h.job_id is not null or exists (select 1 from job_history n where n.system = " \
	"h.system and n.job_id is null and n.id > h.id))"
#define EXPIRE(also)                                                                         \
	"delete from job_history where id in (select h.id from job_history h where h.at <= " \
	"?1 " also "order by h.at limit ?2)"

static int sqlite_expire(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
			 size_t limit, int64_t *removed)
{
	return cbx_sqlite_expire(sql, guard,
				 older_than ? EXPIRE("and " IS_FOLLOWED " ") : EXPIRE(""),
				 older_than, limit, removed);
}

const struct cbx_history_ops cbx_sqlite_history_ops = {
	.page = sqlite_page,
	.before = sqlite_before,
	.turns = sqlite_turns,
	.expire = sqlite_expire,
};
