// SPDX-License-Identifier: MIT
/*
 * outbox.c - writes the events of a batch, in order, and reads those that wait to be published
 *
 * The id is drawn before the row is written, so that the message id can contain it. If a message id
 * exists already, that event was recorded by another instance, and this one should not be writing.
 *
 * The heads are found like this: among the oldest WINDOW waiting rows, the first of each key is
 * that key's head. Only if the window is full and holds too few keys are heads looked up key by
 * key, in the index (key, id). There is no cursor over ids, so a row with a low id that is
 * committed late is found, too.
 */
#include "adapter/postgres/internal.h"

#include <string.h>

#define WINDOW "4096"
#define WINDOW_ROWS 4096

#define ROW "o.id, o.key, o.name, o.message_id, o.previous_status, o.origin, o.payload"
/* so that large payloads don't pile up in memory: rows that begin within so many bytes */
#define BEFORE "sum(octet_length(o.payload)) over (order by o.id) - octet_length(o.payload)"
#define FITTING(column)                                                                         \
	"select * from (select " ROW ", " column ", " BEFORE " as before from h join outbox o " \
	"on o.id = h.id) t where before < $2 order by id"

/* Keys that are left out */
#define WITHOUT(key)                                                                           \
	" and not exists (select 1 from unnest($3::text[]) as without(key) where without.key " \
	"= " key ")"

#define FIRST_OF_WINDOW(side, without)                                                      \
	"with w as materialized (select key, id from outbox where " side " is null" without \
	" order by id limit " WINDOW "), "                                                  \
	"h as materialized (select min(id) as id from w group by key order by 1 limit "     \
	"$1) " FITTING("(select count(*) from w)")

#define KEY_BY_KEY(side, without)                                                              \
	"with recursive k(key) as ((select key from outbox where " side                        \
	" is null order by key limit 1) union all select (select p.key from outbox p where "   \
	"p.key > k.key and p." side " is null order by p.key limit 1) from k "                 \
	"where k.key is not null), "                                                           \
	"h as materialized (select (select p.id from outbox p where p.key = k.key and p." side \
	" is null order by p.key, p.id limit 1) as id from k where k.key is not null" without  \
	" order by 1 limit $1) " FITTING("0")

/* as FITTING(); one more than asked for shows that there are more */
#define UNSTREAMED                                                                 \
	"with h as materialized (select id from outbox where streamed_at is null " \
	"order by id limit $1) " FITTING("(select count(*) from h)")

#define LOCK "select id from outbox where id = any($1::bigint[]) order by id for update"
#define MARK(side) \
	"update outbox set " side " = now() where id = any($1::bigint[]) and " side " is null"
#define DROP                                                                                \
	"delete from outbox where id = any($1::bigint[]) and confirmed_at is not null and " \
	"streamed_at is not null"

/* [1]: without some keys */
#define TEXTS(side)                                                                              \
	{                                                                                        \
		{ FIRST_OF_WINDOW(side, ""), FIRST_OF_WINDOW(side, WITHOUT("outbox.key")) },     \
			{ KEY_BY_KEY(side, ""), KEY_BY_KEY(side, WITHOUT("k.key")) }, MARK(side) \
	}

static const struct {
	const char *first_of_window[2];
	const char *key_by_key[2];
	const char *mark;
} texts[] = {
	[CBX_TO_BROKER] = TEXTS("confirmed_at"),
	[CBX_TO_STREAM] = TEXTS("streamed_at"),
};

static int give_rows(const PGresult *result, size_t limit, cbx_outbox_fn each, void *user)
{
	int r = 0;
	int i;

	for (i = 0; i < PQntuples(result) && (size_t)i < limit && !r; i++) {
		struct cbx_outbox_row row = {
			.id = cbx_pg_int(result, i, 0),
			.key = cbx_pg_text(result, i, 1),
			.name = cbx_pg_text(result, i, 2),
			.message_id = cbx_pg_text(result, i, 3),
			.previous_status = cbx_pg_text(result, i, 4),
			.origin = cbx_pg_text(result, i, 5),
			.payload = cbx_pg_text(result, i, 6),
		};

		r = each(user, &row);
	}
	return r;
}

/* The server's estimate of a queue's size is always out of date, and a full scan never right */
static int read_by_index(struct postgres *self, const char *text, const struct cbx_pg_args *args,
			 PGresult **out)
{
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	r = cbx_pg_query(self, "set local enable_seqscan = off", NULL, NULL);
	if (!r)
		r = cbx_pg_query(self, text, args, out);
	return cbx_pg_end(self, r);
}

static int postgres_heads(struct cbx_sql *sql, const struct cbx_outbox_wish *wish,
			  cbx_outbox_fn each, void *user)
{
	struct postgres *self = cbx_pg_of(sql);
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays without = { 0 };
	cbx_auto(PQclearp) PGresult *result = NULL;
	bool some = wish->without_count > 0;
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r = 0;

	cbx_pg_arg_int(&args, (int64_t)wish->limit);
	cbx_pg_arg_int(&args, CBX_OUTBOX_BYTES);
	for (i = 0; i < wish->without_count; i++) {
		cbx_pg_array_row(&without);
		cbx_pg_array_text(&without, wish->without[i]);
	}
	if (some)
		r = cbx_pg_array_args(&without, &args);
	if (!r)
		r = read_by_index(self, texts[wish->side].first_of_window[some], &args, &result);
	if (r)
		return r;
	if (PQntuples(result) && (size_t)PQntuples(result) < wish->limit &&
	    cbx_pg_int(result, 0, 7) == WINDOW_ROWS) {
		PQclear(cbx_steal(result));
		r = read_by_index(self, texts[wish->side].key_by_key[some], &args, &result);
	}
	return r ? r : give_rows(result, wish->limit, each, user);
}

static int postgres_unstreamed(struct cbx_sql *sql, size_t limit, cbx_outbox_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_int(&args, (int64_t)limit + 1);
	cbx_pg_arg_int(&args, CBX_OUTBOX_BYTES);
	r = read_by_index(cbx_pg_of(sql), UNSTREAMED, &args, &result);
	if (!r)
		r = give_rows(result, limit, each, user);
	if (r || !PQntuples(result))
		return r;
	return cbx_pg_int(result, 0, 7) > (int64_t)limit ||
	       cbx_pg_int(result, 0, 7) > PQntuples(result);
}

static int mark(struct postgres *self, enum cbx_outbox_side side, const struct cbx_pg_args *ids)
{
	/* both sides may mark the same rows at once; the second to lock them sees the first one's
	 * mark */
	int r = cbx_pg_query(self, LOCK, ids, NULL);

	if (!r)
		r = cbx_pg_query(self, texts[side].mark, ids, NULL);
	if (!r)
		r = cbx_pg_query(self, DROP, ids, NULL);
	return r;
}

static int postgres_told(struct cbx_sql *sql, const struct cbx_guard *guard,
			 enum cbx_outbox_side side, const int64_t *ids, size_t count)
{
	struct postgres *self = cbx_pg_of(sql);
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	int r = cbx_pg_begin(self, guard, NULL);

	if (r)
		return r;
	if (count)
		r = cbx_pg_array_ids(&arrays, ids, count, &args);
	if (!r && count)
		r = mark(self, side, &args);
	return cbx_pg_end(self, r);
}

static int postgres_pending(struct cbx_sql *sql, int64_t *rows, double *oldest_seconds)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int64_t ms;
	int r = cbx_pg_read(cbx_pg_of(sql),
			    "select count(*), (extract(epoch from now() - min(created_at) filter "
			    "(where isfinite(created_at))) * 1000)::bigint from outbox",
			    NULL, &result);

	if (r)
		return r;
	ms = cbx_pg_int(result, 0, 1);
	*rows = cbx_pg_int(result, 0, 0);
	*oldest_seconds = ms > 0 ? (double)ms / 1000.0 : 0;
	return 0;
}

const struct cbx_outbox_ops cbx_pg_outbox_ops = {
	.heads = postgres_heads,
	.told = postgres_told,
	.unstreamed = postgres_unstreamed,
	.pending = postgres_pending,
};

#define CHUNK_ROWS 1000
#define CHUNK_BYTES (512 << 10) /* on a slow line, too */

#define INSERT                                                                                    \
	"insert into outbox (id, key, name, message_id, previous_status, origin, payload) "       \
	"select n.id, n.key, n.name, coalesce(n.message_id, n.key || '/' || coalesce(n.tag || "   \
	"'/', '') || n.id), n.previous_status, n.origin, n.payload from (select nextval((select " \
	"pg_get_serial_sequence('outbox', 'id'))::regclass) as id, k.* from (select * from "      \
	"unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "         \
	"$7::text[]) with ordinality as k(key, name, message_id, tag, previous_status, origin, "  \
	"payload, at) order by at) k) n"

static int write_chunk(struct postgres *self, struct cbx_pg_arrays *arrays)
{
	struct cbx_pg_args args = { 0 };
	int r = cbx_pg_array_args(arrays, &args);

	if (!r)
		r = cbx_pg_query(self, INSERT, &args, NULL);
	if (r == CHATTERBOX_E_REFUSED && !strcmp(self->sqlstate, "23505"))
		return CHATTERBOX_E_FENCED;
	return r;
}

static void add_event(struct cbx_pg_arrays *arrays, const struct cbx_event *event)
{
	cbx_pg_array_row(arrays);
	cbx_pg_array_text(arrays, event->key);
	cbx_pg_array_text(arrays, event->name);
	cbx_pg_array_text(arrays, event->message_id);
	cbx_pg_array_text(arrays, event->tag);
	cbx_pg_array_text(arrays, event->previous_status);
	cbx_pg_array_text(arrays, event->origin);
	cbx_pg_array_text(arrays, event->payload);
}

int cbx_pg_write_events(struct postgres *self, const struct cbx_batch *batch)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < batch->event_count && !r; i++) {
		add_event(&arrays, &batch->events[i]);
		if (arrays.rows < CHUNK_ROWS && arrays.bytes < CHUNK_BYTES &&
		    i + 1 < batch->event_count)
			continue;
		r = write_chunk(self, &arrays);
		cbx_pg_arrays_clear(&arrays);
	}
	return r;
}
