// SPDX-License-Identifier: MIT
/*
 * schema.c - the tables in PostgreSQL, column by column (contract 5.2)
 *
 * This list is what migrations create, what they add to existing tables, and what check_schema()
 * requires. completed_jobs.inferred is our own column: an end that was inferred, not reported, may
 * be corrected later.
 */
#include "adapter/postgres/schema.h"

#include "common/cleanup.h"

/* clang-format off */
static const struct cbx_column columns[] = {
	{ "status_monitor", "system", "text", "not null", CBX_PG_WRITTEN },
	{ "status_monitor", "job_id", "bigint", "not null", CBX_PG_WRITTEN },
	{ "status_monitor", "job_type", "text", "", CBX_PG_WRITTEN },
	{ "status_monitor", "status", "text", "not null default ''", CBX_PG_WRITTEN },
	{ "status_monitor", "percent_completed", "text", "", CBX_PG_WRITTEN },
	{ "status_monitor", "downloaded", "bigint", "", CBX_PG_WRITTEN },
	{ "status_monitor", "total_files", "bigint", "", CBX_PG_WRITTEN },
	{ "status_monitor", "download_speed", "text", "", CBX_PG_WRITTEN },
	{ "status_monitor", "origin", "text", "not null default 'ocd'", CBX_PG_WRITTEN },
	{ "status_monitor", "revision", "bigint", "not null default 0", CBX_PG_WRITTEN },
	{ "status_monitor", "created_at", "timestamptz", "default now()", CBX_PG_WRITTEN },
	{ "status_monitor", "updated_at", "timestamptz", "default now()", CBX_PG_WRITTEN },

	{ "completed_jobs", "system", "text", "not null", CBX_PG_WRITTEN },
	{ "completed_jobs", "job_id", "bigint", "not null", CBX_PG_WRITTEN },
	{ "completed_jobs", "job_type", "text", "", CBX_PG_WRITTEN },
	{ "completed_jobs", "status", "text", "", CBX_PG_WRITTEN },
	{ "completed_jobs", "downloaded", "bigint", "", CBX_PG_WRITTEN },
	{ "completed_jobs", "total_files", "bigint", "", CBX_PG_WRITTEN },
	{ "completed_jobs", "origin", "text", "", CBX_PG_WRITTEN },
	{ "completed_jobs", "revision", "bigint", "not null default 0", CBX_PG_WRITTEN },
	{ "completed_jobs", "started_at", "timestamptz", "", CBX_PG_WRITTEN },
	{ "completed_jobs", "completed_at", "timestamptz", "", CBX_PG_WRITTEN },
	{ "completed_jobs", "inferred", "boolean", "not null default false", CBX_PG_WRITTEN },

	{ "scheduled_jobs", "id", "bigserial", "primary key", CBX_PG_OTHERS },
	{ "scheduled_jobs", "system", "text", "not null default ''", CBX_PG_READ },
	{ "scheduled_jobs", "job_id", "bigint", "", CBX_PG_READ },
	{ "scheduled_jobs", "job_type", "text", "", CBX_PG_OTHERS },
	{ "scheduled_jobs", "scheduled_for", "timestamptz", "", CBX_PG_OTHERS },
	{ "scheduled_jobs", "info", "jsonb", "", CBX_PG_OTHERS },
	{ "scheduled_jobs", "created_at", "timestamptz", "default now()", CBX_PG_OTHERS },

	{ "server_conf", "name", "text", "primary key", CBX_PG_WRITTEN },
	{ "server_conf", "info", "text", "", CBX_PG_JSON },
	{ "server_conf", "updated_at", "timestamptz", "default now()", CBX_PG_WRITTEN },

	{ "errors", "id", "bigserial", "primary key", CBX_PG_READ },
	{ "errors", "system", "text", "", CBX_PG_WRITTEN },
	{ "errors", "job_id", "bigint", "", CBX_PG_WRITTEN },
	{ "errors", "job_type", "text", "", CBX_PG_WRITTEN },
	{ "errors", "code", "text", "", CBX_PG_WRITTEN },
	{ "errors", "message", "text", "", CBX_PG_WRITTEN },
	{ "errors", "origin", "text", "", CBX_PG_WRITTEN },
	{ "errors", "occurrences", "integer", "default 1", CBX_PG_WRITTEN },
	{ "errors", "first_seen", "timestamptz", "default now()", CBX_PG_WRITTEN },
	{ "errors", "last_seen", "timestamptz", "default now()", CBX_PG_WRITTEN },
	{ "errors", "incident", "bigint", "", CBX_PG_WRITTEN },

	{ "recently_checked", "system", "text", "primary key", CBX_PG_WRITTEN },
	{ "recently_checked", "checked_at", "timestamptz", "", CBX_PG_WRITTEN },

	{ "list_activation_schedule", "system", "text", "not null", CBX_PG_READ },
	{ "list_activation_schedule", "list_id", "text", "not null", CBX_PG_OTHERS },
	{ "list_activation_schedule", "activate_at", "timestamptz", "", CBX_PG_READ },

	{ "content_server_access", "system", "text", "primary key", CBX_PG_WRITTEN },
	{ "content_server_access", "access", "text", "", CBX_PG_WRITTEN },
	{ "content_server_access", "checked_at", "timestamptz", "", CBX_PG_WRITTEN },
	{ "content_server_access", "error", "text", "", CBX_PG_WRITTEN },

	{ "outbox", "id", "bigserial", "primary key", CBX_PG_OWN },
	{ "outbox", "key", "text", "not null", CBX_PG_OWN },
	{ "outbox", "name", "text", "", CBX_PG_OWN },
	{ "outbox", "message_id", "text", "unique", CBX_PG_OWN },
	{ "outbox", "previous_status", "text", "", CBX_PG_OWN },
	{ "outbox", "origin", "text", "", CBX_PG_OWN },
	{ "outbox", "payload", "text", "", CBX_PG_OWN },
	{ "outbox", "created_at", "timestamptz", "default now()", CBX_PG_OWN },
	{ "outbox", "confirmed_at", "timestamptz", "", CBX_PG_OWN },
	{ "outbox", "streamed_at", "timestamptz", "", CBX_PG_OWN },

	{ "lease", "name", "text", "primary key", CBX_PG_OWN },
	{ "lease", "holder", "text", "", CBX_PG_OWN },
	{ "lease", "epoch", "bigint", "", CBX_PG_OWN },
	{ "lease", "expires_at", "timestamptz", "", CBX_PG_OWN },

	{ "push_log", "id", "bigint", "primary key", CBX_PG_OWN },
	{ "push_log", "connection", "bigint", "", CBX_PG_OWN },
	{ "push_log", "identities", "text", "", CBX_PG_OWN },

	{ "job_history", "id", "bigserial", "primary key", CBX_PG_OWN },
	{ "job_history", "system", "text", "not null", CBX_PG_OWN },
	{ "job_history", "job_id", "bigint", "", CBX_PG_OWN },
	{ "job_history", "revision", "bigint", "", CBX_PG_OWN },
	{ "job_history", "at", "timestamptz", "", CBX_PG_OWN },
	{ "job_history", "status", "text", "", CBX_PG_OWN },
	{ "job_history", "previous_status", "text", "", CBX_PG_OWN },
	{ "job_history", "origin", "text", "", CBX_PG_OWN },
	{ "job_history", "source", "text", "", CBX_PG_OWN },
	{ "job_history", "reason", "text", "", CBX_PG_OWN },
	{ "job_history", "percent_completed", "text", "", CBX_PG_OWN },

	{ "orders", "id", "bigserial", "primary key", CBX_PG_OWN },
	{ "orders", "key", "text", "unique", CBX_PG_OWN },
	{ "orders", "at", "timestamptz", "", CBX_PG_OWN },
	{ "orders", "system", "text", "", CBX_PG_OWN },
	{ "orders", "job_id", "bigint", "", CBX_PG_OWN },
	{ "orders", "event", "text", "", CBX_PG_OWN },
	{ "orders", "door", "text", "", CBX_PG_OWN },
	{ "orders", "who", "text", "", CBX_PG_OWN },
	{ "orders", "outcome", "text", "", CBX_PG_OWN },
	{ "orders", "detail", "text", "", CBX_PG_OWN },

	{ "incidents", "id", "bigserial", "primary key", CBX_PG_OWN },
	{ "incidents", "kind", "text", "", CBX_PG_OWN },
	{ "incidents", "key", "text", "", CBX_PG_OWN },
	{ "incidents", "opened_at", "timestamptz", "", CBX_PG_OWN },
	{ "incidents", "updated_at", "timestamptz", "", CBX_PG_OWN },
	{ "incidents", "closed_at", "timestamptz", "", CBX_PG_OWN },
	{ "incidents", "systems", "integer", "", CBX_PG_OWN },
	{ "incidents", "jobs", "integer", "", CBX_PG_OWN },
	{ "incidents", "title", "text", "", CBX_PG_OWN },
	{ "incidents", "sample", "jsonb", "", CBX_PG_OWN },
	{ "incidents", "told", "integer", "", CBX_PG_OWN },

	{ "incident_members", "incident", "bigint", "not null", CBX_PG_OWN },
	{ "incident_members", "system", "text", "not null", CBX_PG_OWN },
	{ "incident_members", "job_id", "bigint", "not null", CBX_PG_OWN },
	{ "incident_members", "code", "text", "", CBX_PG_OWN },
	{ "outlook", "system", "text", "not null", CBX_PG_OWN },
	{ "outlook", "list_id", "text", "not null", CBX_PG_OWN },
	{ "outlook", "state", "text", "not null default ''", CBX_PG_OWN },
	{ "outlook", "since", "timestamptz", "", CBX_PG_OWN },
};

/* What follows the columns in a new table. fillfactor leaves room in the pages of tables whose rows
 * change in columns without an index (progress, confirmed_at); the outbox is a queue and is
 * vacuumed often. */
static const struct cbx_table tables[] = {
	{ "status_monitor", ", primary key (system, job_id)) with (fillfactor = 80", "system, job_id" },
	{ "completed_jobs", ", primary key (system, job_id)", "system, job_id" },
	{ "scheduled_jobs", "", NULL },
	{ "server_conf", "", "name" },
	{ "errors", ", unique nulls not distinct (system, job_id, code)", "system, job_id, code" },
	{ "recently_checked", "", "system" },
	{ "list_activation_schedule", ", primary key (system, list_id)", NULL },
	{ "content_server_access", "", "system" },
	{ "outbox", ") with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,"
	  " autovacuum_analyze_scale_factor = 0.1", NULL },
	{ "lease", "", NULL },
	{ "push_log", "", NULL },
	{ "job_history", "", NULL },
	{ "orders", "", NULL },
	{ "incidents", "", NULL },
	{ "incident_members", ", primary key (incident, system, job_id)", NULL },
	{ "outlook", ", primary key (system, list_id)", NULL },
};
/* clang-format on */

const struct cbx_column *cbx_pg_columns(size_t *count)
{
	*count = CBX_COUNT(columns);
	return columns;
}

const struct cbx_table *cbx_pg_tables(size_t *count)
{
	*count = CBX_COUNT(tables);
	return tables;
}
