// SPDX-License-Identifier: MIT
/* incidents.c - incidents and their members: written together with what is told of them */
#include "adapter/postgres/internal.h"

#define CHUNK 1000

/* clang-format off */
#define ROWS                                                                                      \
	"select id, kind, key, title, sample::text, " SQL_MS("opened_at") ", "                    \
	SQL_MS("updated_at") ", " SQL_MS("closed_at") ", systems, jobs, told from incidents "
/* clang-format on */

static int give_rows(struct postgres *self, const PGresult *result, cbx_incident_fn each,
		     void *user)
{
	int r = 0;
	int i;

	for (i = 0; !r && i < PQntuples(result); i++) {
		const struct cbx_incident_row row = {
			.id = cbx_pg_int(result, i, 0),
			.kind = cbx_pg_text(result, i, 1),
			.key = cbx_pg_text(result, i, 2),
			.title = cbx_pg_text(result, i, 3),
			.sample = cbx_pg_text(result, i, 4),
			.opened_ms = cbx_pg_time(self, result, i, 5),
			.updated_ms = cbx_pg_time(self, result, i, 6),
			.closed_ms = cbx_pg_time(self, result, i, 7),
			.systems = cbx_pg_int(result, i, 8),
			.jobs = cbx_pg_int(result, i, 9),
			.told = cbx_pg_int(result, i, 10),
		};

		r = each(user, &row);
	}
	return r;
}

static int postgres_page(struct cbx_sql *sql, bool open, int64_t before_id, size_t limit,
			 cbx_incident_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_int(&args, before_id);
	cbx_pg_arg_int(&args, (int64_t)limit);
	r = cbx_pg_read(cbx_pg_of(sql),
			open ? ROWS "where closed_at is null and ($1::bigint = 0 or id < $1) order "
				    "by id desc limit $2::bigint"
			     : ROWS "where ($1::bigint = 0 or id < $1) order by id desc limit "
				    "$2::bigint",
			&args, &result);
	return r ? r : give_rows(cbx_pg_of(sql), result, each, user);
}

static int postgres_find(struct cbx_sql *sql, int64_t id, cbx_incident_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_int(&args, id);
	r = cbx_pg_read(cbx_pg_of(sql), ROWS "where id = $1::bigint", &args, &result);
	if (r)
		return r;
	return PQntuples(result) ? give_rows(cbx_pg_of(sql), result, each, user) : 1;
}

#define MEMBERS                                                                              \
	"select system, job_id, code from incident_members where incident = $1::bigint and " \
	"(system collate \"C\", job_id) > ($2::text collate \"C\", $3::bigint) order by "    \
	"system collate \"C\", job_id limit $4::bigint"

static int postgres_members(struct cbx_sql *sql, int64_t id, const struct cbx_incident_place *after,
			    size_t limit, cbx_incident_member_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int i;
	int r;

	cbx_pg_arg_int(&args, id);
	cbx_pg_arg_text(&args, after->system);
	cbx_pg_arg_int(&args, after->job_id);
	cbx_pg_arg_int(&args, (int64_t)limit);
	r = cbx_pg_read(cbx_pg_of(sql), MEMBERS, &args, &result);
	for (i = 0; !r && i < PQntuples(result); i++) {
		const struct cbx_incident_member member = {
			.system = cbx_pg_text(result, i, 0),
			.job_id = cbx_pg_int(result, i, 1),
			.code = cbx_pg_text(result, i, 2),
		};

		r = each(user, &member);
	}
	return r;
}

/* clang-format off */
#define LOOSE                                                                                     \
	"select e.id, e.system::text, e.job_id, e.job_type::text, e.code::text, e.message, "      \
	"e.origin::text, coalesce(e.occurrences, 1), " SQL_MS("e.first_seen") ", "                \
	SQL_MS("e.last_seen") ", e.incident from errors e left join incidents i on i.id = "       \
	"e.incident where e.last_seen >= to_timestamp($1::bigint / 1000.0) and "                  \
	"isfinite(e.last_seen) and (i.id is null or i.closed_at < e.last_seen) "                  \
	"order by e.last_seen, e.id limit $2::bigint"
/* clang-format on */

static int postgres_loose(struct cbx_sql *sql, int64_t since_ms, size_t limit, cbx_error_fn each,
			  void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int i;
	int r;

	cbx_pg_arg_int(&args, since_ms);
	cbx_pg_arg_int(&args, (int64_t)limit);
	r = cbx_pg_read(cbx_pg_of(sql), LOOSE, &args, &result);
	for (i = 0; !r && i < PQntuples(result); i++)
		r = cbx_pg_give_error(cbx_pg_of(sql), result, i, each, user);
	return r;
}

static int postgres_reserve(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t *id)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_write(cbx_pg_of(sql), guard,
			     "select nextval((select pg_get_serial_sequence('incidents', "
			     "'id'))::regclass)",
			     NULL, &result);

	if (!r)
		*id = cbx_pg_int(result, 0, 0);
	return r;
}

#define UPSERT                                                                                    \
	"insert into incidents (id, kind, key, title, sample, opened_at, updated_at, closed_at, " \
	"systems, jobs, told) values ($1::bigint, $2::text, $3::text, $4::text, $5::jsonb, "      \
	"to_timestamp($6::bigint / 1000.0), to_timestamp($7::bigint / 1000.0), "                  \
	"to_timestamp(nullif($8::bigint, 0) / 1000.0), $9::integer, $10::integer, $11::integer) " \
	"on conflict (id) do update set title = excluded.title, updated_at = "                    \
	"excluded.updated_at, "                                                                   \
	"closed_at = excluded.closed_at, systems = excluded.systems, jobs = excluded.jobs, "      \
	"told = excluded.told"

static int write_row(struct postgres *self, const struct cbx_incident_row *row)
{
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_int(&args, row->id);
	cbx_pg_arg_text(&args, row->kind);
	cbx_pg_arg_text(&args, row->key);
	cbx_pg_arg_text(&args, row->title);
	cbx_pg_arg_text(&args, row->sample);
	cbx_pg_arg_int(&args, row->opened_ms);
	cbx_pg_arg_int(&args, row->updated_ms);
	cbx_pg_arg_int(&args, row->closed_ms);
	cbx_pg_arg_int(&args, row->systems);
	cbx_pg_arg_int(&args, row->jobs);
	cbx_pg_arg_int(&args, row->told);
	return cbx_pg_query(self, UPSERT, &args, NULL);
}

#define ADD_MEMBERS                                                                          \
	"insert into incident_members (incident, system, job_id, code) select distinct on "  \
	"(k.incident, k.system, k.job_id) k.incident, k.system, k.job_id, k.code from "      \
	"unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[]) with ordinality as "     \
	"k(incident, system, job_id, code, place) order by k.incident, k.system, k.job_id, " \
	"k.place desc on conflict (incident, system, job_id) do update set code = excluded.code"

/* Which incident an error belongs to is a help, and a row that others hold locked stays as it is */
#define MARK_ERRORS                                                                              \
	"with k as (select distinct * from unnest($1::bigint[], $2::text[], $3::bigint[], "      \
	"$4::text[]) as u(incident, system, job_id, code)), mine as materialized (select e.id, " \
	"k.incident from errors e join k on e.system = k.system and e.code = k.code and "        \
	"e.job_id is not distinct from nullif(k.job_id, -1) order by e.id for update of e skip " \
	"locked) update errors e set incident = m.incident from mine m where e.id = m.id"

static int write_members(struct postgres *self, int64_t id,
			 const struct cbx_incident_member *members, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_int(&arrays, id);
		cbx_pg_array_text(&arrays, members[i].system);
		cbx_pg_array_int(&arrays, members[i].job_id);
		cbx_pg_array_text(&arrays, members[i].code);
	}
	r = cbx_pg_array_args(&arrays, &args);
	if (!r)
		r = cbx_pg_query(self, ADD_MEMBERS, &args, NULL);
	return r ? r : cbx_pg_query(self, MARK_ERRORS, &args, NULL);
}

static int write_one(struct postgres *self, const struct cbx_incident_write *write)
{
	size_t i;
	int r = write_row(self, &write->row);

	for (i = 0; i < write->member_count && !r; i += CHUNK)
		r = write_members(self, write->row.id, write->members + i,
				  write->member_count - i < CHUNK ? write->member_count - i
								  : CHUNK);
	return r;
}

static int postgres_write(struct cbx_sql *sql, const struct cbx_guard *guard,
			  const struct cbx_incident_write *writes, size_t count,
			  const struct cbx_batch *events)
{
	struct postgres *self = cbx_pg_of(sql);
	size_t i;
	int r = cbx_pg_begin(self, guard, NULL);

	if (r)
		return r;
	for (i = 0; i < count && !r; i++)
		r = write_one(self, &writes[i]);
	if (!r)
		r = cbx_pg_write_events(self, events);
	return cbx_pg_end(self, r);
}

#define EXPIRE                                                                                    \
	"with old as (select id from incidents where closed_at <= now() - $1::bigint * interval " \
	"'1 second' order by id limit $2::bigint), members as (delete from incident_members m "   \
	"using old where m.incident = old.id) delete from incidents i using old where i.id = "    \
	"old.id"

static int postgres_expire(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
			   size_t limit, int64_t *removed)
{
	return cbx_pg_expire(sql, guard, EXPIRE, older_than, limit, removed);
}

const struct cbx_incidents_ops cbx_pg_incidents_ops = {
	.page = postgres_page,
	.find = postgres_find,
	.members = postgres_members,
	.loose = postgres_loose,
	.reserve = postgres_reserve,
	.write = postgres_write,
	.expire = postgres_expire,
};
