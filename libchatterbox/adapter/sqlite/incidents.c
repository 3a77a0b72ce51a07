// SPDX-License-Identifier: MIT
/* incidents.c - incidents and their members: written together with what is told of them */
#include "adapter/sqlite/internal.h"

#define COLUMNS \
	"id, kind, key, title, sample, opened_at, updated_at, closed_at, systems, jobs, told"

static int give_row(struct sqlite *self, sqlite3_stmt *s, cbx_incident_fn each, void *user)
{
	const struct cbx_incident_row row = {
		.id = sqlite3_column_int64(s, 0),
		.kind = cbx_sqlite_text(s, 1),
		.key = cbx_sqlite_text(s, 2),
		.title = cbx_sqlite_text(s, 3),
		.sample = cbx_sqlite_text(s, 4),
		.opened_ms = cbx_sqlite_time(self, s, 5),
		.updated_ms = cbx_sqlite_time(self, s, 6),
		.closed_ms = cbx_sqlite_time(self, s, 7),
		.systems = sqlite3_column_int64(s, 8),
		.jobs = sqlite3_column_int64(s, 9),
		.told = sqlite3_column_int64(s, 10),
	};

	return each(user, &row);
}

static int sqlite_page(struct cbx_sql *sql, bool open, int64_t before_id, size_t limit,
		       cbx_incident_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self,
				   "select " COLUMNS
				   " from incidents where (?1 = 0 or closed_at is "
				   "null) and (?2 = 0 or id < ?2) order by id desc limit ?3",
				   &s);

	if (r)
		return r;
	sqlite3_bind_int(s, 1, open);
	sqlite3_bind_int64(s, 2, before_id);
	sqlite3_bind_int64(s, 3, (int64_t)limit);
	while ((r = cbx_sqlite_step(self, s)) > 0) {
		r = give_row(self, s, each, user);
		if (r)
			break;
	}
	return r;
}

static int sqlite_find(struct cbx_sql *sql, int64_t id, cbx_incident_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, "select " COLUMNS " from incidents where id = ?1", &s);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, id);
	r = cbx_sqlite_step(self, s);
	if (r <= 0)
		return r ? r : 1;
	return give_row(self, s, each, user);
}

static int give_members(struct sqlite *self, sqlite3_stmt *s, cbx_incident_member_fn each,
			void *user)
{
	int r;

	while ((r = cbx_sqlite_step(self, s)) > 0) {
		const struct cbx_incident_member member = {
			.system = cbx_sqlite_text(s, 0),
			.job_id = sqlite3_column_int64(s, 1),
			.code = cbx_sqlite_text(s, 2),
		};

		r = each(user, &member);
		if (r)
			break;
	}
	return r;
}

static int sqlite_members(struct cbx_sql *sql, int64_t id, const struct cbx_incident_place *after,
			  size_t limit, cbx_incident_member_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(
		self,
		"select system, job_id, code from incident_members where incident "
		"= ?1 and (system, job_id) > (?2, ?3) order by system, job_id "
		"limit ?4",
		&s);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, id);
	cbx_sqlite_bind_text(s, 2, after->system);
	sqlite3_bind_int64(s, 3, after->job_id);
	sqlite3_bind_int64(s, 4, (int64_t)limit);
	return give_members(self, s, each, user);
}

#define LOOSE                                                                              \
	"select e.id, e.system, e.job_id, e.job_type, e.code, e.message, e.origin, "       \
	"ifnull(e.occurrences, 1), e.first_seen, e.last_seen, ifnull(e.incident, 0) from " \
	"errors e left join incidents i on i.id = e.incident where e.last_seen >= ?1 and " \
	"(i.id is null or i.closed_at < e.last_seen) order by e.last_seen, e.id limit ?2"

static int sqlite_loose(struct cbx_sql *sql, int64_t since_ms, size_t limit, cbx_error_fn each,
			void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, LOOSE, &s);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, since_ms);
	sqlite3_bind_int64(s, 2, (int64_t)limit);
	while ((r = cbx_sqlite_step(self, s)) > 0) {
		r = cbx_sqlite_give_error(self, s, each, user);
		if (r)
			break;
	}
	return r;
}

/* autoincrement remembers the largest id that was ever given; this counts it up beforehand */
static int count_up(struct sqlite *self, int64_t *id)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_exec(self,
				"insert into sqlite_sequence (name, seq) select 'incidents', 0 "
				"where not exists (select 1 from sqlite_sequence where name = "
				"'incidents')");

	if (!r)
		r = cbx_sqlite_exec(self, "update sqlite_sequence set seq = seq + 1 where name = "
					  "'incidents'");
	if (!r)
		r = cbx_sqlite_prepare(
			self, "select seq from sqlite_sequence where name = 'incidents'", &s);
	if (!r)
		r = cbx_sqlite_step(self, s);
	if (r > 0)
		*id = sqlite3_column_int64(s, 0);
	return r < 0 ? r : 0;
}

static int sqlite_reserve(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t *id)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_begin(self, guard);

	return r ? r : cbx_sqlite_end(self, count_up(self, id));
}

#define UPSERT                                                                               \
	"insert into incidents (" COLUMNS                                                    \
	") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "                           \
	"on conflict (id) do update set title = excluded.title, updated_at = "               \
	"excluded.updated_at, "                                                              \
	"closed_at = excluded.closed_at, systems = excluded.systems, jobs = excluded.jobs, " \
	"told = excluded.told"

static int write_row(struct sqlite *self, const struct cbx_incident_row *row)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, UPSERT, &s);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, row->id);
	cbx_sqlite_bind_text(s, 2, row->kind);
	cbx_sqlite_bind_text(s, 3, row->key);
	cbx_sqlite_bind_text(s, 4, row->title);
	cbx_sqlite_bind_text(s, 5, row->sample);
	sqlite3_bind_int64(s, 6, row->opened_ms);
	sqlite3_bind_int64(s, 7, row->updated_ms);
	cbx_sqlite_bind_count(s, 8, row->closed_ms ? row->closed_ms : CBX_NO_COUNT);
	sqlite3_bind_int64(s, 9, row->systems);
	sqlite3_bind_int64(s, 10, row->jobs);
	sqlite3_bind_int64(s, 11, row->told);
	return cbx_sqlite_run(self, s);
}

struct statements {
	sqlite3_stmt *member, *error;
};

static int write_member(struct sqlite *self, const struct statements *s, int64_t id,
			const struct cbx_incident_member *member)
{
	int r;

	sqlite3_bind_int64(s->member, 1, id);
	cbx_sqlite_bind_text(s->member, 2, member->system);
	sqlite3_bind_int64(s->member, 3, member->job_id);
	cbx_sqlite_bind_text(s->member, 4, member->code);
	r = cbx_sqlite_run(self, s->member);
	if (r || !member->code)
		return r;
	sqlite3_bind_int64(s->error, 1, id);
	cbx_sqlite_bind_text(s->error, 2, member->system);
	cbx_sqlite_bind_count(s->error, 3, member->job_id);
	cbx_sqlite_bind_text(s->error, 4, member->code);
	return cbx_sqlite_run(self, s->error);
}

static int write_members(struct sqlite *self, const struct cbx_incident_write *write)
{
	struct statements s = { 0 };
	size_t i;
	int r = cbx_sqlite_prepare(self,
				   "insert into incident_members (incident, system, job_id, code) "
				   "values (?1, ?2, ?3, ?4) on conflict (incident, system, job_id) "
				   "do update set code = excluded.code",
				   &s.member);

	if (!r)
		r = cbx_sqlite_prepare(self,
				       "update errors set incident = ?1 where ifnull(system, '') = "
				       "ifnull(?2, '') and ifnull(job_id, -1) = ifnull(?3, -1) and "
				       "ifnull(code, '') = ifnull(?4, '')",
				       &s.error);
	for (i = 0; i < write->member_count && !r; i++)
		r = write_member(self, &s, write->row.id, &write->members[i]);
	sqlite3_finalize(s.member);
	sqlite3_finalize(s.error);
	return r;
}

static int sqlite_write(struct cbx_sql *sql, const struct cbx_guard *guard,
			const struct cbx_incident_write *writes, size_t count,
			const struct cbx_batch *events)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	size_t i;
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	for (i = 0; i < count && !r; i++) {
		r = write_row(self, &writes[i].row);
		if (!r)
			r = write_members(self, &writes[i]);
	}
	if (!r)
		r = cbx_sqlite_write_events(self, events);
	return cbx_sqlite_end(self, r);
}

#define OLD "select id from incidents where closed_at <= ?1 order by id limit ?2"

static int sqlite_expire(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
			 size_t limit, int64_t *removed)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int64_t gone = 0;
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = cbx_sqlite_delete_old(self, "delete from incident_members where incident in (" OLD ")",
				  older_than, limit, &gone);
	if (!r)
		r = cbx_sqlite_delete_old(self, "delete from incidents where id in (" OLD ")",
					  older_than, limit, &gone);
	r = cbx_sqlite_end(self, r);
	if (!r)
		*removed = gone;
	return r;
}

const struct cbx_incidents_ops cbx_sqlite_incidents_ops = {
	.page = sqlite_page,
	.find = sqlite_find,
	.members = sqlite_members,
	.loose = sqlite_loose,
	.reserve = sqlite_reserve,
	.write = sqlite_write,
	.expire = sqlite_expire,
};
