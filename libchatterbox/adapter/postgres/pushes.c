// SPDX-License-Identifier: MIT
/*
 * pushes.c - remembers which pushes were recorded, in the transaction that records them
 *
 * Ids continue from the newest row, without a sequence: a transaction that is rolled back uses
 * none, so the last CBX_PUSH_LOG ids are that many pushes. The guard makes sure that there is one
 * writer.
 */
#include "adapter/postgres/internal.h"

#define CHUNK_BYTES (512 << 10) /* on a slow line, too */

#define WRITE                                                                                     \
	"with fresh as (insert into push_log (id, connection, identities) select l.last + k.at, " \
	"k.connection, k.identities from (select coalesce(max(id), 0) as last from push_log) l, " \
	"unnest($1::bigint[], $2::text[]) with ordinality as k(connection, identities, at) "      \
	"returning id) delete from push_log where id <= (select max(id) from fresh) - $3::bigint"

static int write_chunk(struct postgres *self, struct cbx_pg_arrays *arrays)
{
	struct cbx_pg_args args = { 0 };
	int r = cbx_pg_array_args(arrays, &args);

	if (r)
		return r;
	cbx_pg_arg_int(&args, CBX_PUSH_LOG);
	return cbx_pg_query(self, WRITE, &args, NULL);
}

int cbx_pg_write_pushes(struct postgres *self, const struct cbx_batch *batch)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < batch->push_count && !r; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_int(&arrays, batch->pushes[i].connection);
		cbx_pg_array_text(&arrays, batch->pushes[i].identities);
		if (arrays.bytes < CHUNK_BYTES && i + 1 < batch->push_count)
			continue;
		r = write_chunk(self, &arrays);
		cbx_pg_arrays_clear(&arrays);
	}
	return r;
}

struct pushes {
	cbx_push_fn each;
	void *user;
};

static int give_pushes(struct postgres *self, const PGresult *page, const PGresult *previous,
		       void *user)
{
	const struct pushes *pushes = user;
	int r = 0;
	int i;

	(void)self;
	(void)previous;
	for (i = 0; !r && i < PQntuples(page); i++)
		r = pushes->each(pushes->user, cbx_pg_int(page, i, 0), cbx_pg_text(page, i, 1));
	return r;
}

int cbx_pg_pushes(struct cbx_sql *sql, cbx_push_fn each, void *user)
{
	struct pushes pushes = { each, user };

	return cbx_pg_read_pages(
		cbx_pg_of(sql),
		"select connection, coalesce(identities, '') from push_log order by id",
		give_pushes, &pushes);
}
