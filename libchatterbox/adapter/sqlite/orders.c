// SPDX-License-Identifier: MIT
/* orders.c - what chatterbox was told to do: a row each, which later learns what came of it */
#include "adapter/sqlite/internal.h"

#include "domain/status.h"

#define WRITE                                                                              \
	"insert into orders (key, at, system, job_id, event, door, who, outcome, detail) " \
	"values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (key) do update set "     \
	"outcome = ifnull(excluded.outcome, orders.outcome)"
#define PAGE                                                                             \
	"select id, at, system, job_id, event, door, who, outcome, detail from orders "  \
	"where (system = ?1 and (?2 < 0 or job_id is null or job_id = ?2) or system is " \
	"null and (detail is null or detail not like '%\"ids\"%')) and "                 \
	"(" SQL_ORDER_MS("at") ", id) < (?3, ?4) order by " SQL_ORDER_MS("at") " desc, " \
									       "id desc limit ?5"
#define EXPIRE                                                                              \
	"delete from orders where id in (select id from orders where at <= ?1 order by at " \
	"limit ?2)"

static int write_rows(struct sqlite *self, const struct cbx_order_row *rows, size_t count)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int64_t now = cbx_wall(self->clock);
	size_t i;
	int r = cbx_sqlite_prepare(self, WRITE, &s);

	for (i = 0; !r && i < count; i++) {
		cbx_sqlite_bind_text(s, 1, rows[i].key);
		sqlite3_bind_int64(s, 2, now - rows[i].age_ms);
		cbx_sqlite_bind_text(s, 3, rows[i].system);
		cbx_sqlite_bind_count(s, 4, rows[i].job_id);
		cbx_sqlite_bind_text(s, 5, rows[i].event);
		cbx_sqlite_bind_text(s, 6, rows[i].door);
		cbx_sqlite_bind_text(s, 7, rows[i].who);
		cbx_sqlite_bind_text(s, 8, rows[i].outcome);
		cbx_sqlite_bind_text(s, 9, rows[i].detail);
		r = cbx_sqlite_run(self, s);
	}
	return r;
}

static int sqlite_write(struct cbx_sql *sql, const struct cbx_guard *guard,
			const struct cbx_order_row *rows, size_t count)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = count ? cbx_sqlite_begin(self, guard) : 0;

	return r || !count ? r : cbx_sqlite_end(self, write_rows(self, rows, count));
}

static int give_rows(struct sqlite *self, sqlite3_stmt *s, cbx_order_fn each, void *user)
{
	int r;

	while ((r = cbx_sqlite_step(self, s)) > 0) {
		const struct cbx_order_row row = {
			.id = sqlite3_column_int64(s, 0),
			.at_ms = cbx_sqlite_time(self, s, 1),
			.system = cbx_sqlite_text(s, 2),
			.job_id = cbx_sqlite_count(s, 3),
			.event = cbx_sqlite_text(s, 4),
			.door = cbx_sqlite_text(s, 5),
			.who = cbx_sqlite_text(s, 6),
			.outcome = cbx_sqlite_text(s, 7),
			.detail = cbx_sqlite_text(s, 8),
		};

		r = each(user, &row);
		if (r)
			return r;
	}
	return r;
}

static int sqlite_page(struct cbx_sql *sql, const char *system, int64_t job_id,
		       const struct cbx_before *before, size_t limit, cbx_order_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare_before(self, PAGE, system, job_id, before, limit, &s);

	return r ? r : give_rows(self, s, each, user);
}

static int sqlite_expire(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
			 size_t limit, int64_t *removed)
{
	return cbx_sqlite_expire(sql, guard, EXPIRE, older_than, limit, removed);
}

const struct cbx_orders_ops cbx_sqlite_orders_ops = {
	.write = sqlite_write,
	.page = sqlite_page,
	.expire = sqlite_expire,
};
