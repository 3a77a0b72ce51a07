// SPDX-License-Identifier: MIT
/*
 * errors.c - the errors role: errors, clearing of errored jobs, expiry
 *
 * A statement can't write a row twice, so entries with the same system, job and code are counted
 * here and written as one, with the last message. Null equals null, as in the table. A cleared job
 * is written by the code that records ends (changes.c), so that untrimmed rows, origins, revisions
 * and the order of locks are the same.
 */
#include "adapter/postgres/internal.h"

#include "port/clearing.h"

#include <errno.h>
#include <string.h>

#define CHUNK 1000

struct entry {
	struct cbx_error_row row;
	size_t at; /* its change, or its place among those given */
	int64_t times;
};

/* clang-format off */
#define UPSERT                                                                                   \
	"insert into errors (system, job_id, job_type, code, message, origin, occurrences, "     \
	"first_seen, last_seen" CBX_PG_STAMPS ") select k.system, k.job_id, k.job_type, k.code, " \
	SQL_CUT("k.message", "errors", "message") ", k.origin, k.occurrences, now(), now()"      \
	CBX_PG_STAMPED " from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], "         \
	"$5::text[], $6::text[], $7::integer[]) as k(system, job_id, job_type, code, message, "  \
	"origin, occurrences) on conflict (system, job_id, code) do update set "                 \
	"occurrences = coalesce(errors.occurrences, 0) + excluded.occurrences, "                 \
	"last_seen = excluded.last_seen, message = excluded.message, "                           \
	"job_type = excluded.job_type, origin = excluded.origin" CBX_PG_STAMP_ANEW
/* clang-format on */

/* Null comes last, as in an index */
static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcmp(a, b);
}

static int compare_key(const struct entry *x, const struct entry *y)
{
	int order = compare_text(x->row.system, y->row.system);

	if (order)
		return order;
	if (x->row.job_id != y->row.job_id)
		return x->row.job_id < y->row.job_id ? -1 : 1;
	return compare_text(x->row.code, y->row.code);
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = compare_key(x, y);

	return order ? order : x->at < y->at ? -1 : 1;
}

static size_t count_up(struct entry *entries, size_t count)
{
	size_t kept = 0;
	size_t i;

	qsort(entries, count, sizeof(*entries), compare);
	for (i = 0; i < count; i++) {
		if (kept && !compare_key(&entries[kept - 1], &entries[i])) {
			entries[i].times += entries[kept - 1].times;
			kept--;
		}
		entries[kept++] = entries[i];
	}
	return kept;
}

static int write_chunk(struct postgres *self, const void *items, size_t from, size_t count)
{
	const struct entry *entries = (const struct entry *)items + from;
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		const struct cbx_error_row *row = &entries[i].row;

		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, row->system);
		cbx_pg_array_count(&arrays, row->job_id);
		cbx_pg_array_text(&arrays, row->job_type);
		cbx_pg_array_text(&arrays, row->code);
		cbx_pg_array_text(&arrays, row->message);
		cbx_pg_array_text(&arrays, row->origin);
		cbx_pg_array_int(&arrays, entries[i].times);
	}
	r = cbx_pg_array_args(&arrays, &args);
	return r ? r : cbx_pg_write_stamped(self, "errors", UPSERT, &args, NULL);
}

static int add_fault(struct postgres *self, const void *items, size_t at, bool refused)
{
	return cbx_sql_add_fault(&self->sql, ((const struct entry *)items)[at].at, refused);
}

static int write_entries(struct postgres *self, struct entry *entries, size_t count, bool around)
{
	struct cbx_pg_search search = { .write = write_chunk,
					.fault = add_fault,
					.items = entries };
	size_t i;
	int r = 0;

	count = count_up(entries, count);
	for (i = 0; i < count && !r; i += CHUNK) {
		size_t some = count - i < CHUNK ? count - i : CHUNK;

		r = around ? cbx_pg_write_around(self, &search, i, some)
			   : write_chunk(self, entries, i, some);
	}
	return r;
}

int cbx_pg_write_errors(struct postgres *self, const struct cbx_batch *batch, bool around)
{
	cbx_auto(cbx_freep) struct entry *entries =
		calloc(batch->change_count + 1, sizeof(*entries));
	size_t count = 0;
	size_t i;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < batch->change_count; i++)
		if (batch->changes[i].error_code)
			entries[count++] =
				(struct entry){ cbx_error_of_change(&batch->changes[i]), i, 1 };
	self->at_rows = true;
	return write_entries(self, entries, count, around);
}

/* clang-format off */
#define PAGE                                                                                      \
	"select id, system::text, job_id, job_type::text, code::text, message::text, "            \
	"origin::text, coalesce(occurrences, 1), " SQL_MS("first_seen") " as first_seen, "        \
	SQL_MS("last_seen") " as last_seen, incident from errors where ($1::text is null or system = $1) "  \
	"and ($2::bigint = 0 or id < $2) "                                                        \
	"order by id desc limit $3::bigint"
/* clang-format on */

int cbx_pg_give_error(struct postgres *self, const PGresult *result, int i, cbx_error_fn each,
		      void *user)
{
	const struct cbx_error_row row = {
		.id = cbx_pg_int(result, i, 0),
		.system = cbx_pg_text(result, i, 1),
		.job_id = cbx_pg_count(result, i, 2),
		.job_type = cbx_pg_text(result, i, 3),
		.code = cbx_pg_text(result, i, 4),
		.message = cbx_pg_text(result, i, 5),
		.origin = cbx_pg_text(result, i, 6),
		.occurrences = cbx_pg_int(result, i, 7),
		.first_seen_ms = cbx_pg_time(self, result, i, 8),
		.last_seen_ms = cbx_pg_time(self, result, i, 9),
		.incident = cbx_pg_int(result, i, 10),
	};

	return each(user, &row);
}

static int postgres_errors_page(struct cbx_sql *sql, const char *system, int64_t before_id,
				size_t limit, cbx_error_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int i;
	int r;

	cbx_pg_arg_text(&args, system);
	cbx_pg_arg_int(&args, before_id);
	cbx_pg_arg_int(&args, (int64_t)limit);
	r = cbx_pg_read(cbx_pg_of(sql), PAGE, &args, &result);
	for (i = 0; !r && i < PQntuples(result); i++)
		r = cbx_pg_give_error(cbx_pg_of(sql), result, i, each, user);
	return r;
}

static int postgres_errors_store(struct cbx_sql *sql, const struct cbx_guard *guard,
				 const struct cbx_error_row *rows, size_t count)
{
	struct postgres *self = cbx_pg_of(sql);
	cbx_auto(cbx_freep) struct entry *entries = calloc(count + 1, sizeof(*entries));
	size_t i;
	int r;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		entries[i] = (struct entry){ rows[i], i, 1 };
	r = cbx_pg_begin(self, guard, NULL);
	return r ? r : cbx_pg_end(self, write_entries(self, entries, count, false));
}

static int remove_ids(struct cbx_sql *sql, const struct cbx_guard *guard, const int64_t *ids,
		      size_t count, int64_t *removed)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	int r = cbx_pg_array_ids(&arrays, ids, count, &args);

	return r ? r
		 : cbx_pg_write_counted(sql, guard,
					"delete from errors where id = any($1::bigint[])", &args,
					removed);
}

static int postgres_errors_remove(struct cbx_sql *sql, const struct cbx_guard *guard,
				  const int64_t *ids, size_t count, const char *system,
				  int64_t *removed)
{
	struct cbx_pg_args args = { 0 };

	if (!system)
		return remove_ids(sql, guard, ids, count, removed);
	cbx_pg_arg_text(&args, system);
	return cbx_pg_write_counted(sql, guard, "delete from errors where system = $1", &args,
				    removed);
}

/* Rows that can't be moved now stay: the next clean-up tries them again */
static int clear(struct postgres *self, const struct cbx_guard *guard,
		 struct cbx_clearing *clearing, bool writes)
{
	int r = cbx_pg_begin_record(self, guard, true, NULL);

	if (r)
		return r;
	self->sql.fault_count = 0;
	r = cbx_pg_clearable(self, clearing->keys, clearing->key_count, cbx_clearing_take,
			     clearing);
	if (!r && writes)
		r = cbx_pg_write_changes(self, &clearing->batch, true);
	if (!r && writes && self->sql.fault_count >= CBX_PG_MOST_FAULTS)
		r = CHATTERBOX_E_TIMEOUT;
	if (!r && writes)
		cbx_clearing_leave_out(clearing, &self->sql);
	if (!r && writes)
		r = cbx_pg_write_history(self, &clearing->batch);
	return cbx_pg_end(self, r);
}

/* Gives what is old enough, after it was moved if @writes */
static int find_clearable(struct cbx_sql *sql, const struct cbx_guard *guard,
			  const struct cbx_job_key *keys, size_t count, int64_t older_than,
			  bool writes, cbx_row_fn each, void *user)
{
	cbx_auto(cbx_clearing_free) struct cbx_clearing clearing = { 0 };
	int64_t now = 0;
	int r = sql->ops->now(sql, &now);

	if (!r)
		r = cbx_clearing_init(&clearing, keys, count, now, older_than);
	if (!r)
		r = clear(cbx_pg_of(sql), guard, &clearing, writes);
	return r ? r : cbx_clearing_give(&clearing, each, user);
}

static int postgres_errors_clear_jobs(struct cbx_sql *sql, const struct cbx_guard *guard,
				      const struct cbx_job_key *keys, size_t count,
				      int64_t older_than, cbx_row_fn each, void *user)
{
	return find_clearable(sql, guard, keys, count, older_than, true, each, user);
}

static int postgres_errors_clearable(struct cbx_sql *sql, const struct cbx_guard *guard,
				     const struct cbx_job_key *keys, size_t count,
				     int64_t older_than, cbx_row_fn each, void *user)
{
	return find_clearable(sql, guard, keys, count, older_than, false, each, user);
}

static int postgres_errors_count_of(struct cbx_sql *sql, const struct cbx_job_key *keys,
				    size_t count, int64_t *errors)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	*errors = 0;
	if (!count)
		return 0;
	r = cbx_pg_array_keys(&arrays, keys, count, &args);
	if (!r)
		r = cbx_pg_read(
			cbx_pg_of(sql),
			"select count(*) from unnest($1::text[], $2::bigint[]) as k(system, "
			"job_id) join errors e on e.system = k.system and e.job_id = k.job_id",
			&args, &result);
	if (!r)
		*errors = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	return r;
}

#define MOST_EXPIRED 500000 /* as many as a statement can surely delete in its time */
#define EXPIRE(table, time)                                                                       \
	"delete from " table " where ctid = any(array(select ctid from " table " where " time " " \
	"<= now() - $1::bigint * interval '1 second' limit $2::bigint for update skip locked))"

static int postgres_expire_errors(struct cbx_sql *sql, const struct cbx_guard *guard,
				  int64_t older_than, int64_t *removed)
{
	return cbx_pg_expire(sql, guard, EXPIRE("errors", "last_seen"), older_than, MOST_EXPIRED,
			     removed);
}

static int postgres_expire_completed(struct cbx_sql *sql, const struct cbx_guard *guard,
				     int64_t older_than, int64_t *removed)
{
	return cbx_pg_expire(sql, guard, EXPIRE("completed_jobs", "completed_at"), older_than,
			     MOST_EXPIRED, removed);
}

const struct cbx_errors_ops cbx_pg_errors_ops = {
	.page = postgres_errors_page,
	.store = postgres_errors_store,
	.remove = postgres_errors_remove,
	.clear_jobs = postgres_errors_clear_jobs,
	.clearable = postgres_errors_clearable,
	.count_of = postgres_errors_count_of,
	.expire_errors = postgres_expire_errors,
	.expire_completed = postgres_expire_completed,
	.write_access = cbx_pg_write_access,
};
