// SPDX-License-Identifier: MIT
/* outlook.c - reads what outlooks and causes need, and writes what was told of outlooks */
#include "adapter/sqlite/internal.h"

#include "base/read.h"
#include "domain/outlook.h"
#include "port/outlook.h"

#include <stdio.h>
#include <string.h>

/* a time that is no number is none that can be compared, and is counted where it is read */
#define SCHEDULE                                                                                 \
	"select " SQL_TRIM("system") ", " SQL_TRIM(                                              \
		"list_id") ", activate_at, null from "                                           \
			   "list_activation_schedule where typeof(activate_at) <> 'integer' or " \
			   "activate_at > ?1 "                                                   \
			   "order by 1, 2"
#define TOLD "select system, list_id, since, state from outlook order by 1, 2"
#define OPEN_ERRORS                                                                              \
	"select system, job_id, job_type, code, first_seen from errors where code = 'vanished' " \
	"or substr(code, 1, 4) = 'disk' or substr(code, 1, 14) = 'content_server'"
#define DENIED "select system from content_server_access where access = 'denied'"
#define TELL                                                                              \
	"insert into outlook (system, list_id, state, since) values (?1, ?2, ?3, ?4) on " \
	"conflict (system, list_id) do update set state = excluded.state, since = "       \
	"excluded.since"
#define FORGET "delete from outlook where system = ?1 and list_id = ?2"

static bool take_name(sqlite3_stmt *s, char out[CBX_LIST_ID + 1])
{
	const char *name = cbx_sqlite_text(s, 0);
	size_t len = name ? strlen(name) : 0;

	if (!name || !cbx_system_name(&name, &len))
		return false;
	snprintf(out, CBX_LIST_ID + 1, "%.*s", (int)len, name);
	return true;
}

static int give_rows(struct sqlite *self, sqlite3_stmt *s, cbx_outlook_row_fn each, void *user)
{
	char name[CBX_LIST_ID + 1];
	int r;

	while ((r = cbx_sqlite_step(self, s)) > 0) {
		const struct cbx_outlook_row row = { .system = name,
						     .at_ms = cbx_sqlite_time(self, s, 2),
						     .list_id = cbx_sqlite_text(s, 1),
						     .state = cbx_sqlite_text(s, 3) };

		if (!row.at_ms || !row.list_id || !take_name(s, name) ||
		    !cbx_list_id_is_valid(row.list_id, strlen(row.list_id)))
			continue;
		r = each(user, &row);
		if (r)
			break;
	}
	return r;
}

static int sqlite_schedule(struct cbx_sql *sql, int64_t keep_s, cbx_outlook_row_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, SCHEDULE, &s);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, cbx_wall(self->clock) - keep_s * 1000);
	return give_rows(self, s, each, user);
}

static int sqlite_told(struct cbx_sql *sql, cbx_outlook_row_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, TOLD, &s);

	return r ? r : give_rows(self, s, each, user);
}

static int sqlite_open_errors(struct cbx_sql *sql, cbx_error_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	char name[CBX_LIST_ID + 1];
	int r = cbx_sqlite_prepare(self, OPEN_ERRORS, &s);

	while (!r && (r = cbx_sqlite_step(self, s)) > 0) {
		const struct cbx_error_row row = {
			.system = name,
			.job_id = cbx_sqlite_count(s, 1),
			.job_type = cbx_sqlite_text(s, 2),
			.code = cbx_sqlite_text(s, 3),
			.first_seen_ms = cbx_sqlite_time(self, s, 4),
		};

		r = take_name(s, name) ? each(user, &row) : 0;
	}
	return r;
}

static int sqlite_denied(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	char name[CBX_LIST_ID + 1];
	int r = cbx_sqlite_prepare(self, DENIED, &s);

	while (!r && (r = cbx_sqlite_step(self, s)) > 0)
		r = take_name(s, name) ? each(user, name, 0) : 0;
	return r;
}

const struct cbx_outlook_ops cbx_sqlite_outlook_ops = {
	.schedule = sqlite_schedule,
	.told = sqlite_told,
	.open_errors = sqlite_open_errors,
	.denied = sqlite_denied,
};

static int write_one(struct sqlite *self, const struct cbx_outlook_change *told)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, told->state ? TELL : FORGET, &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, told->system);
	cbx_sqlite_bind_text(s, 2, told->list_id);
	if (told->state) {
		cbx_sqlite_bind_text(s, 3, told->state);
		sqlite3_bind_int64(s, 4, told->since_ms);
	}
	return cbx_sqlite_run(self, s);
}

int cbx_sqlite_write_told(struct sqlite *self, const struct cbx_batch *batch)
{
	size_t i;
	int r = 0;

	for (i = 0; i < batch->told_count && !r; i++)
		r = write_one(self, &batch->told[i]);
	return r;
}
