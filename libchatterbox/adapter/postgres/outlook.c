// SPDX-License-Identifier: MIT
/* outlook.c - reads what outlooks and causes need, and writes what was told of outlooks */
#include "adapter/postgres/internal.h"

#include "base/read.h"
#include "domain/outlook.h"
#include "port/outlook.h"

#include <stdio.h>
#include <string.h>

#define CHUNK_ROWS 1000

/* clang-format off */
#define SCHEDULE                                                                               \
	"select " SQL_TRIM("system") " collate \"C\", " SQL_TRIM("list_id::text") ", "           \
	SQL_MS("activate_at") " as activate_at, null from list_activation_schedule where "     \
	"not isfinite(activate_at) or activate_at > now() - make_interval(secs => $1::float8) " \
	"order by 1, 2"
#define TOLD                                                                                   \
	"select system, list_id, " SQL_MS("since") " as since, state from outlook order by 1, 2"
#define OPEN_ERRORS                                                                            \
	"select system, job_id, job_type, code, " SQL_MS("first_seen") " as first_seen from "    \
	"errors where code = 'vanished' or starts_with(code, 'disk') or "                      \
	"starts_with(code, 'content_server')"
#define DENIED "select system, 0 from content_server_access where access = 'denied'"
#define TELL                                                                                   \
	"insert into outlook (system, list_id, state, since) select k.system, k.list, k.state, " \
	"to_timestamp(k.since / 1000.0) from unnest($1::text[], $2::text[], $3::text[], "      \
	"$4::bigint[]) as k(system, list, state, since) where k.state is not null order by 1, 2 " \
	"on conflict (system, list_id) do update set state = excluded.state, "                 \
	"since = excluded.since"
#define FORGET                                                                                 \
	"delete from outlook o using unnest($1::text[], $2::text[], $3::text[], "              \
	"$4::bigint[]) as k(system, list, state, since) where k.state is null and "            \
	"o.system = k.system and o.list_id = k.list"
/* clang-format on */

struct reading {
	cbx_outlook_row_fn row;
	cbx_error_fn error;
	cbx_name_fn name;
	void *user;
};

/* Trimmed in place of what SQL can't trim in another encoding; false: it can't be one */
static bool take_name(const PGresult *page, int i, char out[CBX_LIST_ID + 1])
{
	const char *name = cbx_pg_text(page, i, 0);
	size_t len = name ? strlen(name) : 0;

	if (!name || !cbx_system_name(&name, &len))
		return false;
	snprintf(out, CBX_LIST_ID + 1, "%.*s", (int)len, name);
	return true;
}

static int give_rows(struct postgres *self, const PGresult *page, const PGresult *previous,
		     void *user)
{
	const struct reading *reading = user;
	char name[CBX_LIST_ID + 1];
	int i;
	int r = 0;

	(void)previous;
	for (i = 0; !r && i < PQntuples(page); i++) {
		const struct cbx_outlook_row row = { .system = name,
						     .list_id = cbx_pg_text(page, i, 1),
						     .at_ms = cbx_pg_time(self, page, i, 2),
						     .state = cbx_pg_text(page, i, 3) };

		if (!row.at_ms || !row.list_id || !take_name(page, i, name) ||
		    !cbx_list_id_is_valid(row.list_id, strlen(row.list_id)))
			continue;
		r = reading->row(reading->user, &row);
	}
	return r;
}

static int postgres_schedule(struct cbx_sql *sql, int64_t keep_s, cbx_outlook_row_fn each,
			     void *user)
{
	struct reading reading = { .row = each, .user = user };
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_int(&args, keep_s);
	return cbx_pg_read_pages_of(cbx_pg_of(sql), SCHEDULE, &args, give_rows, &reading);
}

static int postgres_told(struct cbx_sql *sql, cbx_outlook_row_fn each, void *user)
{
	struct reading reading = { .row = each, .user = user };

	return cbx_pg_read_pages(cbx_pg_of(sql), TOLD, give_rows, &reading);
}

static int give_errors(struct postgres *self, const PGresult *page, const PGresult *previous,
		       void *user)
{
	const struct reading *reading = user;
	char name[CBX_LIST_ID + 1];
	int i;
	int r = 0;

	(void)previous;
	for (i = 0; !r && i < PQntuples(page); i++) {
		const struct cbx_error_row row = {
			.system = name,
			.job_id = cbx_pg_count(page, i, 1),
			.job_type = cbx_pg_text(page, i, 2),
			.code = cbx_pg_text(page, i, 3),
			.first_seen_ms = cbx_pg_time(self, page, i, 4),
		};

		if (take_name(page, i, name))
			r = reading->error(reading->user, &row);
	}
	return r;
}

static int postgres_open_errors(struct cbx_sql *sql, cbx_error_fn each, void *user)
{
	struct reading reading = { .error = each, .user = user };

	return cbx_pg_read_pages(cbx_pg_of(sql), OPEN_ERRORS, give_errors, &reading);
}

static int give_names(struct postgres *self, const PGresult *page, const PGresult *previous,
		      void *user)
{
	const struct reading *reading = user;
	char name[CBX_LIST_ID + 1];
	int i;
	int r = 0;

	(void)self;
	(void)previous;
	for (i = 0; !r && i < PQntuples(page); i++)
		if (take_name(page, i, name))
			r = reading->name(reading->user, name, 0);
	return r;
}

static int postgres_denied(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	struct reading reading = { .name = each, .user = user };

	return cbx_pg_read_pages(cbx_pg_of(sql), DENIED, give_names, &reading);
}

const struct cbx_outlook_ops cbx_pg_outlook_ops = {
	.schedule = postgres_schedule,
	.told = postgres_told,
	.open_errors = postgres_open_errors,
	.denied = postgres_denied,
};

static int write_some(struct postgres *self, const struct cbx_outlook_change *told, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, told[i].system);
		cbx_pg_array_text(&arrays, told[i].list_id);
		cbx_pg_array_text(&arrays, told[i].state);
		cbx_pg_array_int(&arrays, told[i].since_ms);
	}
	r = cbx_pg_array_args(&arrays, &args);
	if (!r)
		r = cbx_pg_query(self, TELL, &args, NULL);
	return r ? r : cbx_pg_query(self, FORGET, &args, NULL);
}

int cbx_pg_write_told(struct postgres *self, const struct cbx_batch *batch)
{
	size_t i;
	int r = 0;

	for (i = 0; i < batch->told_count && !r; i += CHUNK_ROWS) {
		size_t left = batch->told_count - i;

		r = write_some(self, batch->told + i, left < CHUNK_ROWS ? left : CHUNK_ROWS);
	}
	return r;
}
