// SPDX-License-Identifier: MIT
/*
 * access.c - which systems reach their content servers, as their jobs say
 */
#include "adapter/postgres/internal.h"

/* A statement writes a row once: of each system the last one is written */
/* clang-format off */
#define ACCESS                                                                               \
	"insert into content_server_access (system, access, checked_at, error" CBX_PG_STAMPS \
	") select k.system, k.access, now(), "                                               \
	SQL_CUT("k.error", "content_server_access", "error") CBX_PG_STAMPED                  \
	" from (select distinct on (n.system collate \"C\") n.* from unnest($1::text[], "    \
	"$2::text[], $3::text[]) with ordinality as n(system, access, error, at) "           \
	"order by n.system collate \"C\", n.at desc) k on conflict (system) do update set "  \
	"access = excluded.access, checked_at = excluded.checked_at, error = excluded.error" \
	CBX_PG_STAMP_ANEW
/* clang-format on */

static int write_access_rows(struct postgres *self, const void *items, size_t from, size_t count)
{
	const struct cbx_access_row *rows = (const struct cbx_access_row *)items + from;
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, rows[i].system);
		cbx_pg_array_text(&arrays, rows[i].access);
		cbx_pg_array_text(&arrays, rows[i].error);
	}
	r = cbx_pg_array_args(&arrays, &args);
	return r ? r : cbx_pg_write_stamped(self, "content_server_access", ACCESS, &args, NULL);
}

/* What can't be written now is left out: the system's next job says it again */
static int leave_out(struct postgres *self, const void *items, size_t at, bool refused)
{
	(void)refused;
	cbx_debug(self->log, CBX_FIELDS({ "server", "sql" }, { "error", self->sql.error }),
		  "content_server_access is not written for %s",
		  ((const struct cbx_access_row *)items)[at].system);
	return 0;
}

int cbx_pg_write_access(struct cbx_sql *sql, const struct cbx_guard *guard,
			const struct cbx_access_row *rows, size_t count)
{
	struct postgres *self = cbx_pg_of(sql);
	struct cbx_pg_search search = { .write = write_access_rows,
					.fault = leave_out,
					.items = rows };
	int r = cbx_pg_begin_record(self, guard, true, NULL);

	if (r)
		return r;
	sql->fault_count = 0;
	self->at_rows = true;
	return cbx_pg_end(self, cbx_pg_write_around(self, &search, 0, count));
}
