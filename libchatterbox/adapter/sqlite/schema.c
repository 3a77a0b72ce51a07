// SPDX-License-Identifier: MIT
/*
 * schema.c - the tables in SQLite, column by column (contract 5.2); times are integers, in ms since
 * the epoch
 *
 * This list is what migrations create, what they add to existing tables, and what check_schema()
 * requires.
 */
#include "adapter/sqlite/schema.h"

#include "common/cleanup.h"

#define NOW_MS "(cast(round((julianday('now') - 2440587.5) * 86400000.0) as integer))"

/* clang-format off */
static const struct cbx_sqlite_column columns[] = {
	{ "status_monitor", "system", "text", "not null" },
	{ "status_monitor", "job_id", "integer", "not null" },
	{ "status_monitor", "job_type", "text", "" },
	{ "status_monitor", "status", "text", "not null default ''" },
	{ "status_monitor", "percent_completed", "text", "" },
	{ "status_monitor", "downloaded", "integer", "" },
	{ "status_monitor", "total_files", "integer", "" },
	{ "status_monitor", "download_speed", "text", "" },
	{ "status_monitor", "origin", "text", "not null default 'ocd'" },
	{ "status_monitor", "revision", "integer", "not null default 0" },
	{ "status_monitor", "created_at", "integer", "default " NOW_MS },
	{ "status_monitor", "updated_at", "integer", "default " NOW_MS },

	{ "completed_jobs", "system", "text", "not null" },
	{ "completed_jobs", "job_id", "integer", "not null" },
	{ "completed_jobs", "job_type", "text", "" },
	{ "completed_jobs", "status", "text", "" },
	{ "completed_jobs", "downloaded", "integer", "" },
	{ "completed_jobs", "total_files", "integer", "" },
	{ "completed_jobs", "origin", "text", "" },
	{ "completed_jobs", "revision", "integer", "not null default 0" },
	{ "completed_jobs", "started_at", "integer", "" },
	{ "completed_jobs", "completed_at", "integer", "" },
	{ "completed_jobs", "inferred", "integer", "not null default 0" },

	{ "scheduled_jobs", "id", "integer", "primary key autoincrement" },
	{ "scheduled_jobs", "system", "text", "not null default ''" },
	{ "scheduled_jobs", "job_id", "integer", "" },
	{ "scheduled_jobs", "job_type", "text", "" },
	{ "scheduled_jobs", "scheduled_for", "integer", "" },
	{ "scheduled_jobs", "info", "text", "" },
	{ "scheduled_jobs", "created_at", "integer", "default " NOW_MS },

	{ "server_conf", "name", "text", "primary key not null" },
	{ "server_conf", "info", "text", "" },
	{ "server_conf", "updated_at", "integer", "default " NOW_MS },

	{ "errors", "id", "integer", "primary key autoincrement" },
	{ "errors", "system", "text", "" },
	{ "errors", "job_id", "integer", "" },
	{ "errors", "job_type", "text", "" },
	{ "errors", "code", "text", "" },
	{ "errors", "message", "text", "" },
	{ "errors", "origin", "text", "" },
	{ "errors", "occurrences", "integer", "default 1" },
	{ "errors", "first_seen", "integer", "default " NOW_MS },
	{ "errors", "last_seen", "integer", "default " NOW_MS },

	{ "recently_checked", "system", "text", "primary key not null" },
	{ "recently_checked", "checked_at", "integer", "" },

	{ "list_activation_schedule", "system", "text", "not null" },
	{ "list_activation_schedule", "list_id", "text", "not null" },
	{ "list_activation_schedule", "activate_at", "integer", "" },

	{ "content_server_access", "system", "text", "primary key not null" },
	{ "content_server_access", "access", "text", "" },
	{ "content_server_access", "checked_at", "integer", "" },
	{ "content_server_access", "error", "text", "" },

	/* autoincrement: an id is never used twice, since message ids contain it */
	{ "outbox", "id", "integer", "primary key autoincrement" },
	{ "outbox", "key", "text", "not null" },
	{ "outbox", "name", "text", "" },
	{ "outbox", "message_id", "text", "unique" },
	{ "outbox", "previous_status", "text", "" },
	{ "outbox", "origin", "text", "" },
	{ "outbox", "payload", "text", "" },
	{ "outbox", "created_at", "integer", "default " NOW_MS },
	{ "outbox", "confirmed_at", "integer", "" },
	{ "outbox", "streamed_at", "integer", "" },

	{ "lease", "name", "text", "primary key not null" },
	{ "lease", "holder", "text", "" },
	{ "lease", "epoch", "integer", "" },
	{ "lease", "expires_at", "integer", "" },

	{ "push_log", "id", "integer", "primary key" },
	{ "push_log", "connection", "integer", "" },
	{ "push_log", "identities", "text", "" },
};

/* What follows the columns in a table that is created */
static const struct cbx_sqlite_table tables[] = {
	{ "status_monitor", ", primary key (system, job_id)" },
	{ "completed_jobs", ", primary key (system, job_id)" },
	{ "scheduled_jobs", "" },
	{ "server_conf", "" },
	{ "errors", "" },
	{ "recently_checked", "" },
	{ "list_activation_schedule", ", primary key (system, list_id)" },
	{ "content_server_access", "" },
	{ "outbox", "" },
	{ "lease", "" },
	{ "push_log", "" },
};
/* clang-format on */

const struct cbx_sqlite_column *cbx_sqlite_columns(size_t *count)
{
	*count = CBX_COUNT(columns);
	return columns;
}

const struct cbx_sqlite_table *cbx_sqlite_tables(size_t *count)
{
	*count = CBX_COUNT(tables);
	return tables;
}
