// SPDX-License-Identifier: MIT
/*
 * history.c - job_history: one statement writes the rows of a batch, and reads go by an index
 *
 * Ids are in the order of the rows. Only who holds the lease writes, one transaction after the
 * other, so they are in the order of the changes, too.
 */
#include "adapter/postgres/internal.h"

#include "port/clearing.h"

#define CHUNK_ROWS 1000
#define CHUNK_BYTES (512 << 10) /* on a slow line, too */

#define INSERT                                                                                     \
	"insert into job_history (system, job_id, revision, at, status, previous_status, origin, " \
	"source, reason, percent_completed) select k.system, k.job_id, k.revision, "               \
	"coalesce(to_timestamp(k.at_ms / 1000.0), now()), k.status, k.previous, k.origin, "        \
	"k.source, k.reason, k.percent from unnest($1::text[], $2::bigint[], $3::bigint[], "       \
	"$4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], "               \
	"$10::text[]) with ordinality as k(system, job_id, revision, at_ms, status, previous, "    \
	"origin, source, reason, percent, place) order by k.place"

struct writing {
	struct postgres *self;
	struct cbx_pg_arrays arrays;
};

static int flush(struct writing *writing)
{
	struct cbx_pg_args args = { 0 };
	int r = writing->arrays.rows ? cbx_pg_array_args(&writing->arrays, &args) : 0;

	if (!r && writing->arrays.rows)
		r = cbx_pg_query(writing->self, INSERT, &args, NULL);
	cbx_pg_arrays_clear(&writing->arrays);
	return r;
}

static int add_row(void *user, const struct cbx_history_row *row)
{
	struct writing *writing = user;
	struct cbx_pg_arrays *arrays = &writing->arrays;

	cbx_pg_array_row(arrays);
	cbx_pg_array_text(arrays, row->system);
	cbx_pg_array_count(arrays, row->job_id);
	cbx_pg_array_count(arrays, row->revision);
	cbx_pg_array_count(arrays, row->at_ms ? row->at_ms : -1);
	cbx_pg_array_text(arrays, row->status);
	cbx_pg_array_text(arrays, row->previous_status);
	cbx_pg_array_text(arrays, row->origin);
	cbx_pg_array_text(arrays, row->source);
	cbx_pg_array_text(arrays, row->reason);
	cbx_pg_array_text(arrays, row->percent_completed);
	return arrays->rows < CHUNK_ROWS && arrays->bytes < CHUNK_BYTES ? 0 : flush(writing);
}

int cbx_pg_write_history(struct postgres *self, const struct cbx_batch *batch)
{
	struct writing writing = { .self = self };
	int r = cbx_history_of_batch(&self->sql, batch, add_row, &writing);

	if (!r)
		r = flush(&writing);
	cbx_pg_arrays_free(&writing.arrays);
	return r;
}

/* clang-format off */
#define COLUMNS                                                                                   \
	"id, system, job_id, revision, " SQL_MS("at") " as at, status, previous_status, origin, "  \
	"source, reason, percent_completed"
#define PAGE(where)                                                                               \
	"select " COLUMNS " from job_history where system = $1 and ($2::bigint = 0 or id < $2) "   \
	where "order by id desc limit $3::bigint"
#define BEFORE                                                                                    \
	"select " COLUMNS " from job_history where system = $1 and ($2::bigint < 0 or job_id = "   \
	"$2) and (" SQL_ORDER_MS("at") ", id) < ($3::bigint, $4::bigint) order by "                \
	SQL_ORDER_MS("at") " desc, id desc limit $5::bigint"
#define LAST_TURNS                                                                                \
	"select distinct on (system) " COLUMNS " from job_history where job_id is null "           \
	"order by system, id desc"
#define NEW_TURNS                                                                                 \
	"select " COLUMNS " from job_history where job_id is null and id > $1 order by id"
/* clang-format on */

static int give_rows(struct postgres *self, const PGresult *result, cbx_history_fn each, void *user)
{
	int i;
	int r = 0;

	for (i = 0; !r && i < PQntuples(result); i++) {
		const struct cbx_history_row row = {
			.id = cbx_pg_int(result, i, 0),
			.system = cbx_pg_text(result, i, 1),
			.job_id = cbx_pg_count(result, i, 2),
			.revision = cbx_pg_count(result, i, 3),
			.at_ms = cbx_pg_time(self, result, i, 4),
			.status = cbx_pg_text(result, i, 5),
			.previous_status = cbx_pg_text(result, i, 6),
			.origin = cbx_pg_text(result, i, 7),
			.source = cbx_pg_text(result, i, 8),
			.reason = cbx_pg_text(result, i, 9),
			.percent_completed = cbx_pg_text(result, i, 10),
		};

		r = each(user, &row);
	}
	return r;
}

static int read_rows(struct cbx_sql *sql, const char *text, const struct cbx_pg_args *args,
		     cbx_history_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_read(cbx_pg_of(sql), text, args, &result);

	return r ? r : give_rows(cbx_pg_of(sql), result, each, user);
}

static int postgres_page(struct cbx_sql *sql, const char *system, int64_t job_id, int64_t before_id,
			 size_t limit, cbx_history_fn each, void *user)
{
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_text(&args, system);
	cbx_pg_arg_int(&args, before_id);
	cbx_pg_arg_int(&args, (int64_t)limit);
	if (job_id == CBX_NO_COUNT)
		return read_rows(sql, PAGE(""), &args, each, user);
	cbx_pg_arg_int(&args, job_id);
	return read_rows(sql, PAGE("and job_id = $4 "), &args, each, user);
}

static int postgres_before(struct cbx_sql *sql, const char *system, int64_t job_id,
			   const struct cbx_before *before, size_t limit, cbx_history_fn each,
			   void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_read_before(cbx_pg_of(sql), BEFORE, system, job_id, before, limit, &result);

	return r ? r : give_rows(cbx_pg_of(sql), result, each, user);
}

struct turns {
	cbx_history_fn each;
	void *user;
};

static int give_page(struct postgres *self, const PGresult *page, const PGresult *previous,
		     void *user)
{
	const struct turns *turns = user;

	(void)previous;
	return give_rows(self, page, turns->each, turns->user);
}

static int postgres_turns(struct cbx_sql *sql, int64_t after_id, cbx_history_fn each, void *user)
{
	struct turns turns = { each, user };
	struct cbx_pg_args args = { 0 };

	if (!after_id)
		return cbx_pg_read_pages(cbx_pg_of(sql), LAST_TURNS, give_page, &turns);
	cbx_pg_arg_int(&args, after_id);
	return read_rows(sql, NEW_TURNS, &args, each, user);
}

/* A system's last turn is not followed by another */
#define IS_FOLLOWED                                                                      \
	"(h.job_id is not null or exists (select 1 from job_history n where n.system = " \
	"h.system and n.job_id is null and n.id > h.id))"
#define EXPIRE(also)                                                                         \
	"delete from job_history where id = any(array(select h.id from job_history h where " \
	"h.at <= now() - $1::bigint * interval '1 second' " also                             \
	"order by h.at limit $2::bigint))"

static int postgres_expire(struct cbx_sql *sql, const struct cbx_guard *guard, int64_t older_than,
			   size_t limit, int64_t *removed)
{
	return cbx_pg_expire(sql, guard, older_than ? EXPIRE("and " IS_FOLLOWED " ") : EXPIRE(""),
			     older_than, limit, removed);
}

const struct cbx_history_ops cbx_pg_history_ops = {
	.page = postgres_page,
	.before = postgres_before,
	.turns = postgres_turns,
	.expire = postgres_expire,
};
