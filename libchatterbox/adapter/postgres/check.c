// SPDX-License-Identifier: MIT
/*
 * check.c - checks that tables which others may have made can be used
 *
 * Columns are read from pg_attribute. Unique keys and the rights to read and write are checked by
 * explaining statements like those that will be run. A column that we don't know, that must be
 * given and has no default would make every insert fail, so it is an error, too; so is a missing
 * right. Neither goes away by itself.
 */
#include "adapter/postgres/internal.h"
#include "adapter/postgres/schema.h"
#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct { const char *text, *what; } keys[] = {
	{ "explain insert into status_monitor (system, job_id, job_type, status, "
	  "percent_completed, downloaded, total_files, download_speed, origin, revision, "
	  "created_at, updated_at) values (default, default, default, default, default, "
	  "default, default, default, default, default, default, default) on conflict "
	  "(system, job_id) do update set job_type = excluded.job_type, status = "
	  "excluded.status, percent_completed = excluded.percent_completed, downloaded = "
	  "excluded.downloaded, total_files = excluded.total_files, download_speed = "
	  "excluded.download_speed, origin = excluded.origin, revision = "
	  "excluded.revision, updated_at = excluded.updated_at",
	  "status_monitor (system, job_id)" },
	{ "explain insert into completed_jobs (system, job_id, job_type, status, "
	  "downloaded, total_files, origin, revision, started_at, completed_at, inferred) "
	  "values (default, default, default, default, default, default, default, "
	  "default, default, default, default) on conflict (system, job_id) do update set "
	  "job_type = excluded.job_type, status = excluded.status, downloaded = "
	  "excluded.downloaded, total_files = excluded.total_files, origin = "
	  "excluded.origin, revision = excluded.revision, started_at = "
	  "excluded.started_at, completed_at = excluded.completed_at, inferred = "
	  "excluded.inferred",
	  "completed_jobs (system, job_id)" },
	{ "explain insert into errors (system, job_id, job_type, code, message, origin, "
	  "occurrences, first_seen, last_seen) values (default, default, default, "
	  "default, default, default, default, default, default) on conflict (system, "
	  "job_id, code) do update set occurrences = excluded.occurrences, last_seen = "
	  "excluded.last_seen, message = excluded.message, job_type = excluded.job_type, "
	  "origin = excluded.origin",
	  "errors (system, job_id, code)" },
	{ "explain insert into server_conf (name, info, updated_at) values (default, "
	  "default, default) on conflict (name) do update set info = excluded.info, "
	  "updated_at = excluded.updated_at",
	  "server_conf (name)" },
	{ "explain insert into recently_checked (system, checked_at) values (default, "
	  "default) on conflict (system) do update set checked_at = excluded.checked_at",
	  "recently_checked (system)" },
	{ "explain insert into content_server_access (system, access, checked_at, error) "
	  "values (default, default, default, default) on conflict (system) do update set "
	  "access = excluded.access, checked_at = excluded.checked_at, error = "
	  "excluded.error",
	  "content_server_access (system)" },
	{ "explain insert into lease (name, holder, epoch, expires_at) values (default, "
	  "default, default, default) on conflict (name) do update set holder = "
	  "excluded.holder, epoch = excluded.epoch, expires_at = excluded.expires_at",
	  "lease (name)" },
	{ "explain insert into outbox (key, name, message_id, previous_status, origin, "
	  "payload) values (default, default, default, default, default, default) on "
	  "conflict (message_id) do nothing",
	  "outbox (message_id)" },
	{ "explain update outbox set confirmed_at = now(), streamed_at = now()",
	  "outbox" },
	{ "explain delete from outbox",
	  "outbox" },
	{ "explain delete from status_monitor",
	  "status_monitor" },
	{ "explain insert into push_log (id, connection, identities) values (default, "
	  "default, default) on conflict (id) do nothing",
	  "push_log (id)" },
	{ "explain delete from push_log",
	  "push_log" },
	{ "explain insert into outlook (system, list_id, state, since) values (default, default, "
	  "default, default) on conflict (system, list_id) do update set state = "
	  "excluded.state, since = excluded.since",
	  "outlook (system, list_id)" },
	{ "explain delete from outlook",
	  "outlook" },
	{ "explain insert into job_history (system, job_id, revision, at, status, "
	  "previous_status, origin, source, reason, percent_completed) values (default, "
	  "default, default, default, default, default, default, default, default, default)",
	  "job_history" },
	{ "explain delete from job_history",
	  "job_history" },
	{ "explain insert into orders (key, at, system, job_id, event, door, who, outcome, "
	  "detail) values (default, default, default, default, default, default, default, "
	  "default, default) on conflict (key) do update set outcome = excluded.outcome",
	  "orders (key)" },
	{ "explain delete from orders",
	  "orders" },
	{ "explain select system, job_id, job_type, status, downloaded, total_files, origin, "
	  "revision, started_at, completed_at, inferred from completed_jobs",
	  "completed_jobs" },
	{ "explain delete from completed_jobs",
	  "completed_jobs" },
	{ "explain delete from errors",
	  "errors" },
	{ "explain update errors set incident = null",
	  "errors" },
	{ "explain insert into incidents (id, kind, key, opened_at, updated_at, closed_at, "
	  "systems, jobs, title, sample, told) values (default, default, default, default, "
	  "default, default, default, default, default, default, default) on conflict (id) do "
	  "update set updated_at = excluded.updated_at, closed_at = excluded.closed_at, systems "
	  "= excluded.systems, jobs = excluded.jobs, title = excluded.title, told = "
	  "excluded.told",
	  "incidents (id)" },
	{ "explain delete from incidents",
	  "incidents" },
	{ "explain insert into incident_members (incident, system, job_id, code) values "
	  "(default, default, default, default) on conflict (incident, system, job_id) do update "
	  "set code = excluded.code",
	  "incident_members (incident, system, job_id)" },
	{ "explain delete from incident_members",
	  "incident_members" },
	{ "explain select system, job_id from scheduled_jobs",
	  "scheduled_jobs" },
	{ "explain select system, list_id, activate_at from list_activation_schedule",
	  "list_activation_schedule" },
};

/* Columns that our rows don't give and nothing fills: neither a default nor a trigger */
#define UNFILLED                                                                                 \
	"select t.name || '.' || a.attname from unnest(array['status_monitor', "                 \
	"'completed_jobs', 'server_conf', 'errors', 'recently_checked', "                        \
	"'content_server_access']) as t(name) "                                                  \
	"join pg_attribute a on a.attrelid = to_regclass(t.name) "                               \
	"join pg_type y on y.oid = a.atttypid "                                                  \
	"where a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef "        \
	"and a.attidentity = '' and y.typdefault is null and not (y.typname like 'timestamp%' "  \
	"and a.attname in ('createdAt', 'updatedAt', 'created_at', 'updated_at')) "              \
	"and t.name || '.' || a.attname <> all ($1::text[]) and not exists (select 1 from "      \
	"pg_trigger g where g.tgrelid = a.attrelid and not g.tgisinternal and g.tgtype & 7 = 7) " \
	"order by 1 limit 1"

/* Sequences whose next value the role may not take; an identity column needs no right */
#define UNCOUNTED                                                                                \
	"select t.name || '.' || a.attname from unnest(array['status_monitor', "                 \
	"'completed_jobs', 'server_conf', 'errors', 'recently_checked', "                        \
	"'content_server_access', 'outbox', 'job_history', 'orders', 'incidents']) as t(name) " \
	"join pg_attribute a on a.attrelid = to_regclass(t.name) and a.attnum > 0 "              \
	"where not a.attisdropped and a.attidentity = '' and not has_sequence_privilege("        \
	"pg_get_serial_sequence(t.name, a.attname), 'usage, update') order by 1 limit 1"
/* clang-format on */

static int check_key(struct postgres *self, const char *text, const char *what)
{
	int r = cbx_pg_query(self, text, NULL, NULL);

	/* invalid_column_reference */
	if (r != CHATTERBOX_E_REFUSED || strcmp(self->sqlstate, "42P10") != 0)
		return r;
	snprintf(self->sql.error, sizeof(self->sql.error), "postgresql %s: %s is no unique key",
		 self->sql.where, what);
	return CHATTERBOX_E_SCHEMA;
}

/* @query returns what is wrong, or nothing */
static int check_none(struct postgres *self, const char *query, const struct cbx_pg_args *args,
		      const char *why)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	int r = cbx_pg_query(self, query, args, &result);

	if (r || !PQntuples(result))
		return r;
	snprintf(self->sql.error, sizeof(self->sql.error), "postgresql %s: %s %s", self->sql.where,
		 cbx_pg_text(result, 0, 0), why);
	return CHATTERBOX_E_SCHEMA;
}

static int check_unfilled(struct postgres *self, const struct cbx_column *columns, size_t count)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	struct cbx_pg_args args = { 0 };
	char name[128];
	size_t i;
	int r;

	for (i = 0; i < count; i++) {
		if (!strcmp(columns[i].type, "bigserial"))
			continue;
		snprintf(name, sizeof(name), "%s.%s", columns[i].table, columns[i].name);
		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, name);
	}
	r = cbx_pg_array_args(&arrays, &args);
	return r ? r
		 : check_none(
			   self, UNFILLED, &args,
			   "is not null and has no default: chatterbox has nothing to put there");
}

static int check_all(struct postgres *self)
{
	const struct cbx_column *columns;
	size_t count;
	size_t i;
	int r;

	columns = cbx_pg_columns(&count);
	r = cbx_pg_check_columns(self, columns, count);
	if (!r)
		r = check_unfilled(self, columns, count);
	for (i = 0; i < CBX_COUNT(keys) && !r; i++)
		r = check_key(self, keys[i].text, keys[i].what);
	return r ? r
		 : check_none(self, UNCOUNTED, NULL,
			      "counts by a sequence that the role may not use");
}

int cbx_pg_lacks_right(const struct postgres *self, int r)
{
	/* insufficient_privilege */
	return r == CHATTERBOX_E_REFUSED && !strcmp(self->sqlstate, "42501") ? CHATTERBOX_E_SCHEMA
									     : r;
}

int cbx_pg_check_encoding(struct postgres *self)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	const char *name;
	int r = cbx_pg_query(self, "show server_encoding", NULL, &result);

	if (r)
		return r;
	name = cbx_pg_text(result, 0, 0);
	if (name && !strcmp(name, "UTF8"))
		return 0;
	snprintf(self->sql.error, sizeof(self->sql.error),
		 "postgresql %s: the database's encoding is %s, which can't hold what systems say; "
		 "make one with encoding 'UTF8'",
		 self->sql.where, name ?: "unknown");
	return CHATTERBOX_E_SCHEMA;
}

int cbx_pg_check_schema(struct cbx_sql *sql)
{
	struct postgres *self = cbx_pg_of(sql);
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	r = cbx_pg_check_encoding(self);
	return cbx_pg_end(self, r ? r : cbx_pg_lacks_right(self, check_all(self)));
}

/* The statements of check_key() by one question */
static int check_keys(struct postgres *self)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	size_t i;

	for (i = 0; i < CBX_COUNT(keys); i++)
		cbx_text_printf(&text, "%s; ", keys[i].text);
	return text.failed ? -ENOMEM : cbx_pg_script(self, text.bytes);
}

/* Its last refusal was about the server as a whole: no room, a failing disk, a broken file */
static bool is_server_wide(const char *sqlstate)
{
	return !strncmp(sqlstate, "53", 2) || !strncmp(sqlstate, "58", 2) ||
	       !strncmp(sqlstate, "XX", 2);
}

static int look(struct postgres *self)
{
	const struct cbx_column *columns;
	size_t count;
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	columns = cbx_pg_columns(&count);
	r = cbx_pg_check_columns(self, columns, count);
	if (!r)
		r = check_keys(self);
	cbx_pg_rollback(self);
	return r;
}

static void advise(struct postgres *self, const char *advice)
{
	size_t len = strlen(self->sql.error);

	snprintf(self->sql.error + len, sizeof(self->sql.error) - len, " (%s)", advice);
}

int cbx_pg_examine(struct cbx_sql *sql, bool refused)
{
	struct postgres *self = cbx_pg_of(sql);
	int r;

	if (refused && is_server_wide(self->sqlstate))
		return CHATTERBOX_E_REFUSED;
	r = look(self);
	if (cbx_pg_lacks_right(self, r) == CHATTERBOX_E_SCHEMA && r != CHATTERBOX_E_SCHEMA)
		advise(self, "give the role its rights again, see docs/sql/roles.sql");
	else if (r == CHATTERBOX_E_SCHEMA)
		advise(self, "bring it back; chatterboxd --migrate adds what is absent");
	return r == CHATTERBOX_E_SCHEMA ? CHATTERBOX_E_REFUSED : r;
}
