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
static const struct cbx_column columns[] = {
	{ "status_monitor", "system", "text", "not null", 0 },
	{ "status_monitor", "job_id", "integer", "not null", 0 },
	{ "status_monitor", "job_type", "text", "", 0 },
	{ "status_monitor", "status", "text", "not null default ''", 0 },
	{ "status_monitor", "percent_completed", "text", "", 0 },
	{ "status_monitor", "downloaded", "integer", "", 0 },
	{ "status_monitor", "total_files", "integer", "", 0 },
	{ "status_monitor", "download_speed", "text", "", 0 },
	{ "status_monitor", "origin", "text", "not null default 'ocd'", 0 },
	{ "status_monitor", "revision", "integer", "not null default 0", 0 },
	{ "status_monitor", "created_at", "integer", "default " NOW_MS, 0 },
	{ "status_monitor", "updated_at", "integer", "default " NOW_MS, 0 },

	{ "completed_jobs", "system", "text", "not null", 0 },
	{ "completed_jobs", "job_id", "integer", "not null", 0 },
	{ "completed_jobs", "job_type", "text", "", 0 },
	{ "completed_jobs", "status", "text", "", 0 },
	{ "completed_jobs", "downloaded", "integer", "", 0 },
	{ "completed_jobs", "total_files", "integer", "", 0 },
	{ "completed_jobs", "origin", "text", "", 0 },
	{ "completed_jobs", "revision", "integer", "not null default 0", 0 },
	{ "completed_jobs", "started_at", "integer", "", 0 },
	{ "completed_jobs", "completed_at", "integer", "", 0 },
	{ "completed_jobs", "inferred", "integer", "not null default 0", 0 },

	{ "scheduled_jobs", "id", "integer", "primary key autoincrement", 0 },
	{ "scheduled_jobs", "system", "text", "not null default ''", 0 },
	{ "scheduled_jobs", "job_id", "integer", "", 0 },
	{ "scheduled_jobs", "job_type", "text", "", 0 },
	{ "scheduled_jobs", "scheduled_for", "integer", "", 0 },
	{ "scheduled_jobs", "info", "text", "", 0 },
	{ "scheduled_jobs", "created_at", "integer", "default " NOW_MS, 0 },

	{ "server_conf", "name", "text", "primary key not null", 0 },
	{ "server_conf", "info", "text", "", 0 },
	{ "server_conf", "updated_at", "integer", "default " NOW_MS, 0 },

	{ "errors", "id", "integer", "primary key autoincrement", 0 },
	{ "errors", "system", "text", "", 0 },
	{ "errors", "job_id", "integer", "", 0 },
	{ "errors", "job_type", "text", "", 0 },
	{ "errors", "code", "text", "", 0 },
	{ "errors", "message", "text", "", 0 },
	{ "errors", "origin", "text", "", 0 },
	{ "errors", "occurrences", "integer", "default 1", 0 },
	{ "errors", "first_seen", "integer", "default " NOW_MS, 0 },
	{ "errors", "last_seen", "integer", "default " NOW_MS, 0 },
	{ "errors", "incident", "integer", "", 0 },

	{ "recently_checked", "system", "text", "primary key not null", 0 },
	{ "recently_checked", "checked_at", "integer", "", 0 },

	{ "list_activation_schedule", "system", "text", "not null", 0 },
	{ "list_activation_schedule", "list_id", "text", "not null", 0 },
	{ "list_activation_schedule", "activate_at", "integer", "", 0 },

	{ "content_server_access", "system", "text", "primary key not null", 0 },
	{ "content_server_access", "access", "text", "", 0 },
	{ "content_server_access", "checked_at", "integer", "", 0 },
	{ "content_server_access", "error", "text", "", 0 },

	/* autoincrement: an id is never used twice, since message ids contain it */
	{ "outbox", "id", "integer", "primary key autoincrement", 0 },
	{ "outbox", "key", "text", "not null", 0 },
	{ "outbox", "name", "text", "", 0 },
	{ "outbox", "message_id", "text", "unique", 0 },
	{ "outbox", "previous_status", "text", "", 0 },
	{ "outbox", "origin", "text", "", 0 },
	{ "outbox", "payload", "text", "", 0 },
	{ "outbox", "created_at", "integer", "default " NOW_MS, 0 },
	{ "outbox", "confirmed_at", "integer", "", 0 },
	{ "outbox", "streamed_at", "integer", "", 0 },

	{ "lease", "name", "text", "primary key not null", 0 },
	{ "lease", "holder", "text", "", 0 },
	{ "lease", "epoch", "integer", "", 0 },
	{ "lease", "expires_at", "integer", "", 0 },

	{ "push_log", "id", "integer", "primary key", 0 },
	{ "push_log", "connection", "integer", "", 0 },
	{ "push_log", "identities", "text", "", 0 },

	{ "job_history", "id", "integer", "primary key autoincrement", 0 },
	{ "job_history", "system", "text", "not null", 0 },
	{ "job_history", "job_id", "integer", "", 0 },
	{ "job_history", "revision", "integer", "", 0 },
	{ "job_history", "at", "integer", "", 0 },
	{ "job_history", "status", "text", "", 0 },
	{ "job_history", "previous_status", "text", "", 0 },
	{ "job_history", "origin", "text", "", 0 },
	{ "job_history", "source", "text", "", 0 },
	{ "job_history", "reason", "text", "", 0 },
	{ "job_history", "percent_completed", "text", "", 0 },

	{ "orders", "id", "integer", "primary key autoincrement", 0 },
	{ "orders", "key", "text", "unique", 0 },
	{ "orders", "at", "integer", "", 0 },
	{ "orders", "system", "text", "", 0 },
	{ "orders", "job_id", "integer", "", 0 },
	{ "orders", "event", "text", "", 0 },
	{ "orders", "door", "text", "", 0 },
	{ "orders", "who", "text", "", 0 },
	{ "orders", "outcome", "text", "", 0 },
	{ "orders", "detail", "text", "", 0 },

	{ "incidents", "id", "integer", "primary key autoincrement", 0 },
	{ "incidents", "kind", "text", "", 0 },
	{ "incidents", "key", "text", "", 0 },
	{ "incidents", "opened_at", "integer", "", 0 },
	{ "incidents", "updated_at", "integer", "", 0 },
	{ "incidents", "closed_at", "integer", "", 0 },
	{ "incidents", "systems", "integer", "", 0 },
	{ "incidents", "jobs", "integer", "", 0 },
	{ "incidents", "title", "text", "", 0 },
	{ "incidents", "sample", "text", "", 0 },
	{ "incidents", "told", "integer", "", 0 },

	{ "incident_members", "incident", "integer", "not null", 0 },
	{ "incident_members", "system", "text", "not null", 0 },
	{ "incident_members", "job_id", "integer", "not null", 0 },
	{ "incident_members", "code", "text", "", 0 },
	{ "outlook", "system", "text", "not null", 0 },
	{ "outlook", "list_id", "text", "not null", 0 },
	{ "outlook", "state", "text", "not null default ''", 0 },
	{ "outlook", "since", "integer", "", 0 },
};

/* What follows the columns in a table that is created */
static const struct cbx_table tables[] = {
	{ "status_monitor", ", primary key (system, job_id)", NULL },
	{ "completed_jobs", ", primary key (system, job_id)", NULL },
	{ "scheduled_jobs", "", NULL },
	{ "server_conf", "", NULL },
	{ "errors", "", NULL },
	{ "recently_checked", "", NULL },
	{ "list_activation_schedule", ", primary key (system, list_id)", NULL },
	{ "content_server_access", "", NULL },
	{ "outbox", "", NULL },
	{ "lease", "", NULL },
	{ "push_log", "", NULL },
	{ "job_history", "", NULL },
	{ "orders", "", NULL },
	{ "incidents", "", NULL },
	{ "incident_members", ", primary key (incident, system, job_id)", NULL },
	{ "outlook", ", primary key (system, list_id)", NULL },
};
/* clang-format on */

const struct cbx_column *cbx_sqlite_columns(size_t *count)
{
	*count = CBX_COUNT(columns);
	return columns;
}

const struct cbx_table *cbx_sqlite_tables(size_t *count)
{
	*count = CBX_COUNT(tables);
	return tables;
}
