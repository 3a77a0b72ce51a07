// SPDX-License-Identifier: MIT
/*
 * outbox.c - events that wait to be published
 *
 * The heads are found like this: among the oldest WINDOW waiting rows, the first of each key is
 * that key's head. Only if the window is full and holds too few keys are heads looked up key by
 * key, in the index (key, id). There is no cursor over ids.
 */
#include "adapter/sqlite/internal.h"

#include <errno.h>
#include <stdio.h>

#define WINDOW "4096"
#define WINDOW_ROWS 4096

#define ROW "o.id, o.key, o.name, o.message_id, o.previous_status, o.origin, o.payload "
/* ?2: a JSON array of the keys that are left out */
#define WITHOUT(key) " and " key " not in (select value from json_each(?2)) "
#define WAITING(side)                                                                   \
	"(select key, id from outbox where " side " is null" WITHOUT("key") "order by " \
									    "id limit " WINDOW ")"

/* Rows and keys in the window */
#define LOOK(side) "select count(*), count(distinct key) from " WAITING(side)

#define FIRST_OF_WINDOW(side)                                                   \
	"select " ROW "from outbox o join (select min(id) as id from " WAITING( \
		side) " group by key) h on h.id = o.id order by o.id limit ?1"

#define KEY_BY_KEY(side)                                                                           \
	"with recursive k(key) as (select * from (select key from outbox where " side              \
	" is null order by key limit 1) union all select (select p.key from outbox p where "       \
	"p.key > k.key and p." side " is null order by p.key limit 1) from k "                     \
	"where k.key is not null) select " ROW "from k join outbox o on o.id = (select p.id from " \
	"outbox p where p.key = k.key and p." side                                                 \
	" is null order by p.id limit 1)" WITHOUT("k.key") "order by o.id limit ?1"

static const struct {
	const char *look;
	const char *first_of_window;
	const char *key_by_key;
	const char *mark;
} texts[] = {
	[CBX_TO_BROKER] = { LOOK("confirmed_at"), FIRST_OF_WINDOW("confirmed_at"),
			    KEY_BY_KEY("confirmed_at"),
			    "update outbox set confirmed_at = coalesce(confirmed_at, ?2) "
			    "where id = ?1" },
	[CBX_TO_STREAM] = { LOOK("streamed_at"), FIRST_OF_WINDOW("streamed_at"),
			    KEY_BY_KEY("streamed_at"),
			    "update outbox set streamed_at = coalesce(streamed_at, ?2) "
			    "where id = ?1" },
};

static int write_event(struct sqlite *self, sqlite3_stmt *s, const struct cbx_event *event)
{
	int r;

	cbx_sqlite_bind_text(s, 1, event->key);
	cbx_sqlite_bind_text(s, 2, event->name);
	cbx_sqlite_bind_text(s, 3, event->message_id);
	cbx_sqlite_bind_text(s, 4, event->previous_status);
	cbx_sqlite_bind_text(s, 5, event->origin);
	cbx_sqlite_bind_text(s, 6, event->payload);
	sqlite3_bind_int64(s, 7, cbx_wall(self->clock));
	r = cbx_sqlite_run(self, s);
	if (r && self->db && sqlite3_extended_errcode(self->db) == SQLITE_CONSTRAINT_UNIQUE)
		return cbx_sqlite_fenced(self, "an event of that message_id is recorded already");
	return r;
}

static int name_event(struct sqlite *self, sqlite3_stmt *s, const struct cbx_event *event)
{
	cbx_sqlite_bind_text(s, 1, event->tag);
	sqlite3_bind_int64(s, 2, sqlite3_last_insert_rowid(self->db));
	return cbx_sqlite_run(self, s);
}

int cbx_sqlite_write_events(struct sqlite *self, const struct cbx_batch *batch)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *insert = NULL;
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *name = NULL;
	size_t i;
	int r = cbx_sqlite_prepare(self,
				   "insert into outbox (key, name, message_id, previous_status, "
				   "origin, payload, created_at) "
				   "values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
				   &insert);

	if (!r)
		r = cbx_sqlite_prepare(self,
				       "update outbox set message_id = key || '/' || "
				       "ifnull(?1 || '/', '') || id where id = ?2",
				       &name);
	for (i = 0; i < batch->event_count && !r; i++) {
		r = write_event(self, insert, &batch->events[i]);
		if (!r && !batch->events[i].message_id)
			r = name_event(self, name, &batch->events[i]);
	}
	return r;
}

/* Does the window hold enough heads, or all of them? */
static int look(struct sqlite *self, const struct cbx_outbox_wish *wish, const char *without,
		bool *enough)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, texts[wish->side].look, &s);

	if (r < 0)
		return r;
	cbx_sqlite_bind_text(s, 2, without);
	r = cbx_sqlite_step(self, s);
	if (r < 0)
		return r;
	*enough = sqlite3_column_int64(s, 0) < WINDOW_ROWS ||
		  sqlite3_column_int64(s, 1) >= (int64_t)wish->limit;
	return 0;
}

/* Passes the rows of @s on, up to @limit or CBX_OUTBOX_BYTES; *more = there was another one */
static int give_rows(struct sqlite *self, sqlite3_stmt *s, size_t limit, cbx_outbox_fn each,
		     void *user, bool *more)
{
	size_t bytes = 0;
	int r;

	*more = false;

	while ((r = cbx_sqlite_step(self, s)) > 0) {
		struct cbx_outbox_row row = {
			.id = sqlite3_column_int64(s, 0),
			.key = cbx_sqlite_text(s, 1),
			.name = cbx_sqlite_text(s, 2),
			.message_id = cbx_sqlite_text(s, 3),
			.previous_status = cbx_sqlite_text(s, 4),
			.origin = cbx_sqlite_text(s, 5),
			.payload = cbx_sqlite_text(s, 6),
		};

		if (!limit-- || bytes >= CBX_OUTBOX_BYTES) {
			*more = true;
			return 0;
		}
		r = each(user, &row);
		if (r)
			break;
		bytes += (size_t)sqlite3_column_bytes(s, 6);
	}
	return r;
}

static int write_without(const struct cbx_outbox_wish *wish, struct cbx_text *out)
{
	size_t i;

	cbx_text_putc(out, '[');
	for (i = 0; i < wish->without_count; i++) {
		if (i)
			cbx_text_putc(out, ',');
		cbx_text_json_string(out, wish->without[i]);
	}
	cbx_text_putc(out, ']');
	return out->failed ? -ENOMEM : 0;
}

static int sqlite_heads(struct cbx_sql *sql, const struct cbx_outbox_wish *wish, cbx_outbox_fn each,
			void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(cbx_text_free) struct cbx_text without = { 0 };
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	bool enough = false;
	bool more;
	int r = write_without(wish, &without);

	if (!r)
		r = look(self, wish, without.bytes, &enough);
	if (!r)
		r = cbx_sqlite_prepare(self,
				       enough ? texts[wish->side].first_of_window
					      : texts[wish->side].key_by_key,
				       &s);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)wish->limit);
	cbx_sqlite_bind_text(s, 2, without.bytes);
	return give_rows(self, s, wish->limit, each, user, &more);
}

static int sqlite_unstreamed(struct cbx_sql *sql, size_t limit, cbx_outbox_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	bool more = false;
	int r = cbx_sqlite_prepare(self,
				   "select " ROW "from outbox o where o.streamed_at is null "
				   "order by o.id",
				   &s);

	if (!r)
		r = give_rows(self, s, limit, each, user, &more);
	return r ? r : more;
}

static int mark(struct sqlite *self, enum cbx_outbox_side side, const int64_t *ids, size_t count)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *update = NULL;
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *drop = NULL;
	size_t i;
	int r = cbx_sqlite_prepare(self, texts[side].mark, &update);

	if (!r)
		r = cbx_sqlite_prepare(self,
				       "delete from outbox where id = ?1 and confirmed_at is not "
				       "null and streamed_at is not null",
				       &drop);
	for (i = 0; i < count && !r; i++) {
		sqlite3_bind_int64(update, 1, ids[i]);
		sqlite3_bind_int64(update, 2, cbx_wall(self->clock));
		sqlite3_bind_int64(drop, 1, ids[i]);
		r = cbx_sqlite_run(self, update);
		if (!r)
			r = cbx_sqlite_run(self, drop);
	}
	return r;
}

static int sqlite_told(struct cbx_sql *sql, const struct cbx_guard *guard,
		       enum cbx_outbox_side side, const int64_t *ids, size_t count)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_begin(self, guard);

	return r ? r : cbx_sqlite_end(self, mark(self, side, ids, count));
}

static int sqlite_pending(struct cbx_sql *sql, int64_t *rows, double *oldest_seconds)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int64_t age = 0;
	int r = cbx_sqlite_prepare(self, "select count(*), min(created_at) from outbox", &s);

	if (!r)
		r = cbx_sqlite_step(self, s);
	if (r < 0)
		return r;
	if (sqlite3_column_type(s, 1) != SQLITE_NULL)
		age = cbx_wall(self->clock) - sqlite3_column_int64(s, 1);
	*rows = sqlite3_column_int64(s, 0);
	*oldest_seconds = age > 0 ? (double)age / 1000.0 : 0;
	return 0;
}

const struct cbx_outbox_ops cbx_sqlite_outbox_ops = {
	.heads = sqlite_heads,
	.told = sqlite_told,
	.unstreamed = sqlite_unstreamed,
	.pending = sqlite_pending,
};
