// SPDX-License-Identifier: MIT
/* orders.c - what chatterbox was told to do: one statement writes what is new, and what became of
 * the rest */
#include "adapter/postgres/internal.h"

#include "domain/status.h"

/* clang-format off */
#define WRITE                                                                                      \
	"insert into orders (key, at, system, job_id, event, door, who, outcome, detail) "         \
	"select k.key, now() - k.age_ms * interval '1 millisecond', k.system, k.job_id, k.event, " \
	"k.door, k.who, k.outcome, k.detail from unnest($1::text[], $2::bigint[], $3::text[], "    \
	"$4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) with "          \
	"ordinality as k(key, age_ms, system, job_id, event, door, who, outcome, detail, place) "  \
	"order by k.place on conflict (key) do update set "                                        \
	"outcome = coalesce(excluded.outcome, orders.outcome)"
#define PAGE                                                                                       \
	"select id, " SQL_MS("at") " as at, system, job_id, event, door, who, outcome, detail "    \
	"from orders where (system = $1 and ($2::bigint < 0 or job_id is null or job_id = $2) "    \
	"or system is null and (detail is null or detail not like '%\"ids\"%')) and "              \
	"(" SQL_ORDER_MS("at") ", id) < ($3::bigint, $4::bigint) "                                 \
	"order by " SQL_ORDER_MS("at") " desc, id desc limit $5::bigint"
#define EXPIRE                                                                                     \
	"delete from orders where id = any(array(select id from orders where "                     \
	"at <= now() - $1::bigint * interval '1 second' order by at limit $2::bigint))"
/* clang-format on */

static int postgres_write(struct cbx_sql *sql, const struct cbx_guard *guard,
			  const struct cbx_order_row *rows, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r;

	if (!count)
		return 0;
	for (i = 0; i < count; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, rows[i].key);
		cbx_pg_array_count(&arrays, rows[i].age_ms);
		cbx_pg_array_text(&arrays, rows[i].system);
		cbx_pg_array_count(&arrays, rows[i].job_id);
		cbx_pg_array_text(&arrays, rows[i].event);
		cbx_pg_array_text(&arrays, rows[i].door);
		cbx_pg_array_text(&arrays, rows[i].who);
		cbx_pg_array_text(&arrays, rows[i].outcome);
		cbx_pg_array_text(&arrays, rows[i].detail);
	}
	r = cbx_pg_array_args(&arrays, &args);
	return r ? r : cbx_pg_write(cbx_pg_of(sql), guard, WRITE, &args, NULL);
}

static int give_rows(struct postgres *self, const PGresult *result, cbx_order_fn each, void *user)
{
	int i;
	int r = 0;

	for (i = 0; !r && i < PQntuples(result); i++) {
		const struct cbx_order_row row = {
			.id = cbx_pg_int(result, i, 0),
			.at_ms = cbx_pg_time(self, result, i, 1),
			.system = cbx_pg_text(result, i, 2),
			.job_id = cbx_pg_count(result, i, 3),
			.event = cbx_pg_text(result, i, 4),
			.door = cbx_pg_text(result, i, 5),
			.who = cbx_pg_text(result, i, 6),
			.outcome = cbx_pg_text(result, i, 7),
			.detail = cbx_pg_text(result, i, 8),
		};

		r = each(user, &row);
	}
	return r;
}

static int postgres_page(struct cbx_sql *sql, const char *system, int64_t job_id,
			 const struct cbx_before *before, size_t limit, cbx_order_fn each,
			 void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_read_before(cbx_pg_of(sql), PAGE, system, job_id, before, limit, &result);

	return r ? r : give_rows(cbx_pg_of(sql), result, each, user);
}

static int postgres_expire(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
			   size_t limit, int64_t *removed)
{
	return cbx_pg_expire(sql, guard, EXPIRE, older_than, limit, removed);
}

const struct cbx_orders_ops cbx_pg_orders_ops = {
	.write = postgres_write,
	.page = postgres_page,
	.expire = postgres_expire,
};
