// SPDX-License-Identifier: MIT
/*
 * events.c - writes a batch's events into the outbox, in order
 *
 * The id is drawn before the row is written, so that the message id can contain it. If a message id
 * exists already, that event was recorded by another instance, and this one should not be writing.
 */
#include "adapter/postgres/internal.h"

#include <string.h>

#define CHUNK_ROWS 1000
#define CHUNK_BYTES (4 << 20)

#define INSERT                                                                                   \
	"insert into outbox (id, key, name, message_id, previous_status, origin, payload) "      \
	"select n.id, n.key, n.name, coalesce(n.message_id, n.key || '/' || n.tag || '/' || "    \
	"n.id), n.previous_status, n.origin, n.payload from (select nextval((select "            \
	"pg_get_serial_sequence('outbox', 'id'))::regclass) as id, k.* from (select * from "     \
	"unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "        \
	"$7::text[]) with ordinality as k(key, name, message_id, tag, previous_status, origin, " \
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
